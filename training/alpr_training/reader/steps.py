"""Labels for every time step, from where the renderer drew each character.

CTC alone leaves a network with all blanks for hours; told where characters are it reads after minutes (first networks' notes). The
steps near a character's middle get its class, what is clearly between or outside gets blank, the rest is left to CTC.
"""
from __future__ import annotations

import numpy as np

UNKNOWN = 255
BLANK = 0
#: Input columns between two blanks' claims: characters nearer than this leave no room for one.
ROOM = 0.0625


def label_steps(lines: list[tuple[list[str], list[float]]], steps: int, heads: int, characters: str) -> np.ndarray:
    """uint8 of heads * steps: class, BLANK or UNKNOWN. With one head a second line is unknown throughout.

    :param lines: characters and their middles (0…1 of the width) per line
    """
    labels = np.full(heads * steps, UNKNOWN, np.uint8)
    if heads == 1 and len(lines) > 1:
        return labels
    for head in range(heads):
        own = labels[head * steps : (head + 1) * steps]
        if head < len(lines):
            _label_line(own, *lines[head], characters)
        else:
            own[:] = BLANK
    return labels


def _label_line(labels: np.ndarray, marks: list[str], middles: list[float], characters: str) -> None:
    pitch = float(np.median(np.diff(middles))) if len(middles) > 1 else 0.125
    for left, right in zip(middles, middles[1:]):
        if right - left >= ROOM:
            _set(labels, (left + right) / 2, BLANK)
        if right - left > pitch * 1.7:
            _fill(labels, left + pitch * 0.8, right - pitch * 0.8)
    if middles:
        _fill(labels, 0, middles[0] - pitch * 0.9)
        _fill(labels, middles[-1] + pitch * 0.9, 1)
    # Wide characters claim their neighbours' steps as well.
    around = (-0.0094, 0, 0.0094) if pitch >= 0.0875 else (0,)
    for mark, middle in zip(marks, middles):
        for shift in around:
            _set(labels, middle + shift, characters.index(mark) + 1)


def _set(labels: np.ndarray, place: float, value: int) -> None:
    step = int(place * len(labels))
    if 0 <= step < len(labels):
        labels[step] = value


def _fill(labels: np.ndarray, start: float, end: float) -> None:
    first, last = max(0, int(np.ceil(start * len(labels)))), min(len(labels), int(end * len(labels)))
    if last > first:
        labels[first:last] = BLANK
