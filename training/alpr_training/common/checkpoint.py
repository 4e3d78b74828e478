"""Checkpoints: small enough to keep (at most 10 MB), written whole or not at all, only the newest."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

MOST_BYTES = 10_000_000


def save(path: Path, state: dict[str, Any], halves: tuple[str, ...] = ()) -> int:
    """Writes beside and renames, so that a cut-off never leaves half a file.

    :param halves: keys of state dicts that are stored as float16 (optimiser moments: only their size matters)
    :returns: bytes; a ValueError when there are more than 10 MB
    """
    stored = {key: _half(value) if key in halves else value for key, value in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    torch.save(stored, beside)
    size = beside.stat().st_size
    if size > MOST_BYTES:
        beside.unlink()
        raise ValueError(f"Expected at most {MOST_BYTES} bytes for a checkpoint but received {size}: {path}")
    os.replace(beside, path)
    return size


def load(path: Path) -> dict[str, Any]:
    """What was saved; a FileNotFoundError names the path."""
    return torch.load(path, map_location="cpu")


def load_matching(model: torch.nn.Module, weights: dict[str, torch.Tensor]) -> list[str]:
    """Takes every weight whose name and shape fit, to start a network from a relative of it.

    :returns: names of the model's weights that stayed as they were
    """
    own = model.state_dict()
    fitting = {name: value.float() for name, value in weights.items() if name in own and own[name].shape == value.shape}
    model.load_state_dict(fitting, strict=False)
    return [name for name in own if name not in fitting]


def _half(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.half() if value.is_floating_point() and value.ndim > 0 else value
    if isinstance(value, dict):
        return {key: _half(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_half(inner) for inner in value]
    return value
