"""Moving pictures and points by the same projective transform."""
from __future__ import annotations

import math
import random

import cv2
import numpy as np


def random_view(chance: random.Random, centre: tuple[float, float], scale: float, target: tuple[float, float], turn: float, stretch: float, perspective: float) -> np.ndarray:
    """3 x 3: puts `centre` of the picture at `target`, `scale` times larger.

    :param turn: degrees
    :param stretch: width over height, 1 for as it is
    :param perspective: at most so much of the depth over the patch (per pixel)
    """
    angle, shear = math.radians(turn), chance.gauss(0, 0.06)
    rotate = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    size = np.array([[scale * math.sqrt(stretch), shear * scale, 0], [0, scale / math.sqrt(stretch), 0], [0, 0, 1]])
    depth = np.eye(3)
    depth[2, :2] = chance.uniform(-perspective, perspective), chance.uniform(-perspective, perspective)
    return _shift(*target) @ depth @ rotate @ size @ _shift(-centre[0], -centre[1])


def move(points: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """Points (… x 2) through the transform."""
    moved = points @ transform[:2, :2].T + transform[:2, 2]
    depth = points @ transform[2, :2] + transform[2, 2]
    return moved / depth[..., None]


def warp(picture: np.ndarray, transform: np.ndarray, size: tuple[int, int], fill: tuple[int, int, int]) -> np.ndarray:
    """The picture through the transform, `size` (width, height).

    Where it shrinks much it is shrunk by whole numbers first: a warp samples single pixels and would show patterns that no camera sees.
    """
    width, height = size
    back = np.linalg.inv(transform)
    seen = move(np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64), back)
    low = np.maximum(np.floor(seen.min(0)).astype(int) - 2, 0)
    high = np.minimum(np.ceil(seen.max(0)).astype(int) + 2, [picture.shape[1], picture.shape[0]])
    if (high - low < 4).any():
        return np.full((height, width, 3), fill, np.uint8)
    part = picture[low[1] : high[1], low[0] : high[0]]
    transform = transform @ _shift(float(low[0]), float(low[1]))
    factor = min(_shrinking(transform, size), (high - low).min() // 2)
    if factor >= 2:
        columns, rows = (high - low) // factor
        part = cv2.resize(part[: rows * factor, : columns * factor], (int(columns), int(rows)), interpolation=cv2.INTER_AREA)
        transform = transform @ np.diag([factor, factor, 1.0])
    return cv2.warpPerspective(part, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=fill)


def _shrinking(transform: np.ndarray, size: tuple[int, int]) -> int:
    """How many pixels of the picture become one in the middle, as a whole number."""
    x, y = size[0] / 2, size[1] / 2
    origin, right, down = move(np.array([[x, y], [x + 1, y], [x, y + 1]]), np.linalg.inv(transform))
    (a, b), (c, d) = right - origin, down - origin
    return int(math.sqrt(abs(a * d - b * c)) / 1.1)


def _shift(x: float, y: float) -> np.ndarray:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
