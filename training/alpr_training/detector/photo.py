"""What a camera does to a whole picture: exposure, night, infrared, blur, noise, compression; and things that look like plates."""
from __future__ import annotations

import math
import random
import string

import cv2
import numpy as np

_FACES = [cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_COMPLEX]
_SIGNS = string.ascii_letters + string.digits + " :-./"


def photograph(picture: np.ndarray, chance: random.Random, numbers: np.random.Generator) -> np.ndarray:
    """uint8 RGB in and out."""
    if chance.random() < 0.8:
        picture = _expose(picture.astype(np.float32), chance)
    picture = _blur(picture, chance)
    if chance.random() < 0.25:
        grain = numbers.standard_normal(picture.shape, np.float32) * chance.uniform(2, 16)
        picture = np.clip(picture + (grain if chance.random() < 0.5 else grain[..., :1]), 0, 255).astype(np.uint8)
    if chance.random() < 0.35:
        packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, chance.randint(18, 85)])[1]
        picture = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return picture


def distract(picture: np.ndarray, chance: random.Random) -> np.ndarray:
    """A copy with what must not be taken for a plate: writing, signs, clocks, lamps, grilles, fences."""
    picture = picture.copy()
    rows, columns = picture.shape[:2]
    for _ in range(chance.randint(1, 3)):
        colour = chance.choice([(255, 255, 255), (0, 0, 0), (255, 255, 0), tuple(chance.randrange(256) for _ in range(3))])
        x, y = chance.randint(-20, max(-19, columns - 20)), chance.randrange(rows)
        kind = chance.random()
        if kind < 0.4:
            _write(picture, _text(chance, 22), (x, y), chance.uniform(0.25, 1.1), colour, chance)
        elif kind < 0.55:
            wide, high = chance.randint(20, columns // 2), chance.randint(20, rows // 2)
            cv2.rectangle(picture, (x, y), (x + wide, y + high), colour, -1)
            other = tuple(255 - value for value in colour)
            for line in range(high // 16):
                _write(picture, _text(chance, max(4, wide // 8)), (x + 2, y + 14 + 16 * line), chance.uniform(0.2, 0.45), other, chance)
        elif kind < 0.75:
            wide = chance.randint(6, 70)
            high = max(3, int(wide / chance.uniform(1, 5)))
            if chance.random() < 0.6:
                cv2.rectangle(picture, (x, y), (x + wide, y + high), colour, -1)
            else:
                cv2.ellipse(picture, (x, y), (wide // 2 + 1, high // 2 + 1), 0, 0, 360, colour, -1)
        else:
            step, upright, length = chance.randint(2, 12), chance.random() < 0.5, chance.randint(15, max(16, columns // 3))
            for line in range(chance.randint(3, 14)):
                start = (x + line * step, y) if upright else (x, y + line * step)
                end = (start[0], y + length) if upright else (x + length, start[1])
                cv2.line(picture, start, end, colour, chance.choice((1, 1, 2)))
    return picture


def _expose(picture: np.ndarray, chance: random.Random) -> np.ndarray:
    if chance.random() < 0.6:
        picture = picture * np.array([chance.uniform(0.85, 1.15) for _ in range(3)], np.float32)
    draw = chance.random()
    picture = np.clip(picture, 0, 255)
    if draw < 0.12:
        picture = (picture / 255) ** chance.uniform(1.6, 2.8) * 255 * chance.uniform(0.5, 1)
    elif draw < 0.6:
        picture = (picture / 255) ** math.exp(chance.gauss(0, 0.35)) * 255
    mean = picture.mean()
    picture = (picture - mean) * chance.uniform(0.55, 1.35) + mean + chance.uniform(-28, 28)
    grey = picture.mean(2, keepdims=True)
    if chance.random() < 0.12:
        picture = np.repeat(grey, 3, 2)
    elif chance.random() < 0.4:
        picture = grey + (picture - grey) * chance.uniform(0.2, 1.6)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _blur(picture: np.ndarray, chance: random.Random) -> np.ndarray:
    rows, columns = picture.shape[:2]
    draw = chance.random()
    if draw < 0.22:
        return cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.4, 1.6))
    if draw < 0.32:
        size = chance.choice([3, 5, 7])
        kernel = np.zeros((size, size), np.float32)
        cv2.line(kernel, (0, chance.randrange(size)), (size - 1, chance.randrange(size)), 1, 1)
        return cv2.filter2D(picture, -1, kernel / kernel.sum())
    if draw < 0.4:
        ratio = chance.uniform(0.45, 0.8)
        small = cv2.resize(picture, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (columns, rows), interpolation=chance.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST]))
    if draw < 0.46:
        return cv2.addWeighted(picture, 1.7, cv2.GaussianBlur(picture, (0, 0), 1.5), -0.7, 0)
    return picture


def _text(chance: random.Random, longest: int) -> str:
    return "".join(chance.choice(_SIGNS) for _ in range(chance.randint(3, longest)))


def _write(picture: np.ndarray, text: str, place: tuple[int, int], size: float, colour: tuple, chance: random.Random) -> None:
    cv2.putText(picture, text, place, chance.choice(_FACES), size, colour, chance.randint(1, 2), cv2.LINE_AA)
