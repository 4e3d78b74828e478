"""How well a reader reads labelled crops, per source."""
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import torch

from ..alphabet import fold
from ..data.plates_text import TextCrop
from .decode import greedy
from .network import ReaderNetwork
from .real import straight_crop


@dataclass
class Score:
    """`strict`: every character right; `merged`: with O and 0, I and 1 counted as the same."""

    crops: int = 0
    strict: int = 0
    merged: int = 0
    edits: int = 0
    characters: int = 0
    wrong: list[tuple[TextCrop, str]] = field(default_factory=list)

    def row(self) -> dict[str, float]:
        count = max(1, self.crops)
        return {
            "crops": self.crops,
            "strict": round(100 * self.strict / count, 1),
            "merged": round(100 * self.merged / count, 1),
            "cer": round(100 * self.edits / max(1, self.characters), 2),
        }


@torch.no_grad()
def read_pictures(network: ReaderNetwork, pictures: list[np.ndarray], characters: str, batch: int = 64) -> list[str]:
    """Greedy texts of pictures (uint8 RGB of the network's size)."""
    network.eval()
    device = next(network.parameters()).device
    texts = []
    for start in range(0, len(pictures), batch):
        stack = torch.from_numpy(np.stack(pictures[start : start + batch])).to(device)
        logits = network(stack.permute(0, 3, 1, 2).float())
        texts += greedy(logits.float().cpu(), characters, network.heads)
    return texts


def evaluate(network: ReaderNetwork, crops: list[TextCrop], characters: str) -> dict[str, Score]:
    """Scores by source, and of all together as `all`."""
    scores: dict[str, Score] = defaultdict(Score)
    loaded = [(crop, picture) for crop in crops if (picture := crop.load()) is not None]
    texts = read_pictures(network, [straight_crop(picture, network.size) for _, picture in loaded], characters)
    for (crop, _), text in zip(loaded, texts):
        for score in (scores[crop.source], scores["all"]):
            score.crops += 1
            score.strict += text == crop.text
            score.merged += fold(text) == fold(crop.text)
            score.edits += edit_distance(fold(text), fold(crop.text))
            score.characters += len(crop.text)
            if fold(text) != fold(crop.text):
                score.wrong.append((crop, text))
    return dict(scores)


def edit_distance(one: str, other: str) -> int:
    """Insertions, deletions and substitutions from one text to the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, sign in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (sign != wanted))
    return row[-1]
