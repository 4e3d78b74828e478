"""Real plates as a detector would cut them, each time a little differently."""
from __future__ import annotations

import random

import cv2
import numpy as np


def vary_crop(picture: np.ndarray, size: tuple[int, int], chance: random.Random, numbers: np.random.Generator) -> np.ndarray:
    """Shift, turn, scale down, recolour, compress. @returns uint8 RGB of `size` (width, height)"""
    rows, columns = picture.shape[:2]
    margins = [chance.uniform(-0.05, 0.12) if chance.random() < 0.7 else 0 for _ in range(4)]
    if chance.random() < 0.6:
        turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), chance.gauss(0, 2.5), 1)
        shear = chance.gauss(0, 0.05)
        turn[0, 1] += shear
        turn[0, 2] -= shear * rows / 2
        picture = cv2.warpAffine(picture, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
    if chance.random() < 0.25 and rows > 22:
        ratio = chance.uniform(max(0.25, 14 / rows), 1)
        picture = cv2.resize(picture, (max(24, int(columns * ratio)), max(12, int(rows * ratio))), interpolation=cv2.INTER_AREA)
    if chance.random() < 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.3, 1.2))
    picture = _recolour(picture.astype(np.float32), chance, numbers)
    rows, columns = picture.shape[:2]
    x1, x2 = -margins[0] * columns, columns * (1 + margins[1])
    y1, y2 = -margins[2] * rows, rows * (1 + margins[3])
    across, down = size[0] / (x2 - x1), size[1] / (y2 - y1)
    fit = np.array([[across, 0, -x1 * across], [0, down, -y1 * down]])
    # Scaling down by more than half skips pixels in a warp: shrink first.
    if across < 0.5 or down < 0.5:
        shrunk = cv2.resize(picture, (max(size[0], columns // 2), max(size[1], rows // 2)), interpolation=cv2.INTER_AREA)
        fit[:, 0] *= columns / shrunk.shape[1]
        fit[:, 1] *= rows / shrunk.shape[0]
        picture = shrunk
    return cv2.warpAffine(picture, fit, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def straight_crop(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """As the program feeds it: stretched to the input, nothing else."""
    method = cv2.INTER_AREA if picture.shape[1] > size[0] else cv2.INTER_LINEAR
    return cv2.resize(picture, size, interpolation=method)


def _recolour(picture: np.ndarray, chance: random.Random, numbers: np.random.Generator) -> np.ndarray:
    if chance.random() < 0.15:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    elif chance.random() < 0.5:
        picture = picture * np.array([chance.uniform(0.8, 1.15) for _ in range(3)], np.float32)
    gain = chance.uniform(0.7, 1.2) if chance.random() < 0.8 else chance.uniform(0.2, 0.8)
    picture = picture * gain + chance.uniform(-25, 35)
    if chance.random() < 0.5:
        picture = picture + numbers.standard_normal(picture.shape).astype(np.float32) * chance.uniform(0.5, 6) * min(1, gain)
    result = np.clip(picture, 0, 255).astype(np.uint8)
    if chance.random() < 0.4:
        _, packed = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, chance.randrange(35, 96)])
        result = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return result
