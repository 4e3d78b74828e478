"""Finds pictures that stand in more than one split or source, by perceptual hash: a test picture that was trained on proves nothing."""
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

import cv2
import numpy as np

#: Differing bits of 256 below which two pictures count as one. Neighbouring frames of a video are at 10 to 40.
NEAR = 24
#: Pictures are compared when one of so many parts of their hashes is equal: two hashes that differ in fewer bits must share one.
PARTS = NEAR + 1


@dataclass(frozen=True)
class Leak:
    first: Path
    second: Path
    bits: int


def difference_hash(picture: np.ndarray, side: int = 16) -> np.ndarray:
    """256 bits: whether each of 16 x 17 shrunk grey pixels is brighter than its left neighbour (dHash)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.ndim == 3 else picture
    small = cv2.resize(grey, (side + 1, side), interpolation=cv2.INTER_AREA).astype(np.int16)
    return (small[:, 1:] > small[:, :-1]).flatten()


def find_leaks(train: Iterable[tuple[Path, np.ndarray]], held_out: Iterable[tuple[Path, np.ndarray]], near: int = NEAR) -> list[Leak]:
    """Pairs of a training picture and a held-out one that differ in at most `near` bits.

    :param train: paths and their hashes
    """
    tables: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in range(PARTS)]
    known = list(train)
    for index, (_, bits) in enumerate(known):
        for part, key in enumerate(_keys(bits)):
            tables[part][key].append(index)
    leaks = []
    for path, bits in held_out:
        candidates = {index for part, key in enumerate(_keys(bits)) for index in tables[part].get(key, ())}
        for index in candidates:
            distance = int(np.count_nonzero(known[index][1] != bits))
            if distance <= near:
                leaks.append(Leak(known[index][0], path, distance))
    return leaks


def hash_file(path: Path) -> np.ndarray | None:
    """None when the file is no picture, and for pictures without any structure: grey surfaces all look alike."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None or picture.std() < 4:
        return None
    return difference_hash(picture[:, :, ::-1])


def _keys(bits: np.ndarray) -> list[bytes]:
    return [np.packbits(part).tobytes() for part in np.array_split(bits, PARTS)]
