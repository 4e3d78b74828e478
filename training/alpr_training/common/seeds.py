"""One seed for everything that is random."""
from __future__ import annotations

import random

import numpy as np


def seed_everything(seed: int) -> None:
    """Python's, NumPy's and (where it is loaded) PyTorch's generators."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    try:
        import torch
    except ImportError:
        return
    torch.manual_seed(seed)


def child_seed(seed: int, *names: object) -> int:
    """A seed for one worker or one purpose: stable between runs (unlike `hash`), different between names."""
    import zlib

    return zlib.crc32(repr((seed, *names)).encode())
