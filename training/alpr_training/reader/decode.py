"""From logits to text: greedy, prefix beam search, and the paper's post-filtering."""
from __future__ import annotations

import math
import re
from collections import defaultdict

import numpy as np
import torch
from torch import Tensor


def greedy(logits: Tensor, characters: str, heads: int) -> list[str]:
    """The likeliest class of every step, repeats and blanks taken out; lines in a row.

    :param logits: N x (heads * steps) x classes
    """
    best = logits.argmax(-1).reshape(len(logits), heads, -1).tolist()
    return ["".join(_collapse(line, characters) for line in lines) for lines in best]


def confidences(logits: Tensor, heads: int) -> list[float]:
    """Probability of the weakest character of the greedy text, 0 where nothing is read."""
    probabilities, classes = logits.softmax(-1).max(-1)
    steps = logits.shape[1] // heads
    result = []
    for row_probabilities, row_classes in zip(probabilities.tolist(), classes.tolist()):
        weakest, found, previous = 1.0, False, 0
        strongest = 0.0
        for position, (probability, cls) in enumerate(zip(row_probabilities, row_classes)):
            if position % steps == 0:
                previous = 0
            if cls and cls == previous:
                strongest = max(strongest, probability)
            else:
                if previous:
                    weakest = min(weakest, strongest)
                strongest = probability
            found = found or cls > 0
            previous = cls
        if previous:
            weakest = min(weakest, strongest)
        result.append(weakest if found else 0.0)
    return result


def beam_search(log_probabilities: np.ndarray, characters: str, width: int = 8, top: int = 8) -> list[tuple[str, float]]:
    """Prefix beam search over one line (Hannun, "Sequence Modeling with CTC", 2017; Graves 2006 for the sums).

    :param log_probabilities: steps x classes
    :returns: texts and the logarithm of their probability, likeliest first
    """
    beams: dict[str, tuple[float, float]] = {"": (0.0, -math.inf)}
    for step in log_probabilities:
        likely = np.argsort(-step)[: width + 1]
        following: dict[str, list[float]] = defaultdict(lambda: [-math.inf, -math.inf])
        for prefix, (blank, character) in beams.items():
            total = np.logaddexp(blank, character)
            for cls in likely:
                score = float(step[cls])
                if cls == 0:
                    entry = following[prefix]
                    entry[0] = np.logaddexp(entry[0], total + score)
                    continue
                sign = characters[cls - 1]
                if prefix.endswith(sign):
                    same = following[prefix]
                    same[1] = np.logaddexp(same[1], character + score)
                    longer = following[prefix + sign]
                    longer[1] = np.logaddexp(longer[1], blank + score)
                else:
                    longer = following[prefix + sign]
                    longer[1] = np.logaddexp(longer[1], total + score)
        ranked = sorted(following.items(), key=lambda item: -np.logaddexp(*item[1]))[:width]
        beams = {prefix: (ends[0], ends[1]) for prefix, ends in ranked}
    return [(prefix, float(np.logaddexp(*ends))) for prefix, ends in beams.items()][:top]


def post_filter(candidates: list[tuple[str, float]], templates: list[re.Pattern[str]]) -> str:
    """Section 3.1 of the LPRNet paper: the first of the candidates that fits a template, else the likeliest."""
    for text, _ in candidates:
        if any(template.fullmatch(text) for template in templates):
            return text
    return candidates[0][0] if candidates else ""


def log_probabilities(logits: Tensor) -> np.ndarray:
    return torch.log_softmax(logits.float(), -1).numpy()


def _collapse(classes: list[int], characters: str) -> str:
    text, previous = "", 0
    for cls in classes:
        if cls and cls != previous:
            text += characters[cls - 1]
        previous = cls
    return text
