"""The LPRNet paper's table 5 with our data: what global context, augmentation, alignment, beam search and post-filtering each bring.

Every row trains the paper's network anew for the same number of steps, with CTC alone (the paper knows no labels of time steps), and reads
the same held-out crops.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..alphabet import fold
from ..data.plates_text import TextCrop
from .decode import beam_search, greedy, log_probabilities, post_filter
from .export import load_network
from .real import straight_crop

#: Formats of the mainland: province, letter, then five characters of letters and digits (six for electric vehicles).
CHINESE_TEMPLATES = [re.compile(r"[一-鿿][A-Z][A-HJ-NP-Z0-9]{5}"), re.compile(r"[一-鿿][A-Z][A-HJ-NP-Z0-9]{6}"), re.compile(r"[一-鿿][A-Z][A-HJ-NP-Z0-9]{4}[一-鿿]")]


@dataclass(frozen=True)
class Row:
    """One column of the paper's table 5: which network, trained how, decoded how."""

    name: str
    reader: str
    augment: bool
    beam: bool = False
    filtered: bool = False


ROWS = [
    Row("augmentation", "lprnet-plain", True),
    Row("augmentation, alignment", "lprnet-no-context", True),
    Row("augmentation, alignment, beam", "lprnet-no-context", True, beam=True),
    Row("context", "lprnet-no-alignment", False),
    Row("context, augmentation", "lprnet-no-alignment", True),
    Row("context, augmentation, alignment", "lprnet", True),
    Row("context, augmentation, alignment, beam", "lprnet", True, beam=True),
    Row("context, augmentation, alignment, beam, post-filtering", "lprnet", True, beam=True, filtered=True),
]


@torch.no_grad()
def accuracy(checkpoint: Path, crops: list[TextCrop], beam: bool, filtered: bool) -> float:
    """Share of crops read exactly (O as 0 and I as 1), greedily or by beam search, 0 to 1."""
    network, characters = load_network(checkpoint)
    right = total = 0
    for start in range(0, len(crops), 64):
        loaded = [(crop, picture) for crop in crops[start : start + 64] if (picture := crop.load()) is not None]
        stack = np.stack([straight_crop(picture, network.size) for _, picture in loaded])
        logits = network(torch.from_numpy(stack).permute(0, 3, 1, 2).float())
        texts = greedy(logits, characters, network.heads)
        if beam:
            found = [beam_search(steps, characters) for steps in log_probabilities(logits)]
            texts = [post_filter(candidates, CHINESE_TEMPLATES if filtered else []) for candidates in found]
        right += sum(fold(text) == fold(crop.text) for text, (crop, _) in zip(texts, loaded))
        total += len(loaded)
    return right / max(1, total)
