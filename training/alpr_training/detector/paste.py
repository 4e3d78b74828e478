"""Drawn plates in real pictures: real surroundings and corners that are exactly known.

This is what made the first network's corners tight: most sources have loose boxes, and a network learns the looseness.
"""
from __future__ import annotations

import random

import cv2
import numpy as np

HOLDERS = [(20, 20, 22), (35, 35, 40), (200, 200, 205), (120, 120, 125)]


def paste_plate(picture: np.ndarray, quad: np.ndarray, plate: np.ndarray, chance: random.Random) -> None:
    """Blends a plate (RGB uint8) into the picture, its corners at `quad` (4 x 2, clockwise from the top left); in place.

    Brightness follows the place's; half of the plates get a holder around them, which is not part of the quad.
    """
    outer = quad
    if chance.random() < 0.45:
        plate, outer = _with_holder(plate, quad, chance)
    wide = max(np.linalg.norm(outer[1] - outer[0]), np.linalg.norm(outer[2] - outer[3]))
    high = max(np.linalg.norm(outer[3] - outer[0]), np.linalg.norm(outer[2] - outer[1]))
    shrink = min(1.0, 1.4 * max(wide / plate.shape[1], high / plate.shape[0]))
    if shrink < 0.85:
        size = (max(2, int(plate.shape[1] * shrink)), max(2, int(plate.shape[0] * shrink)))
        plate = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    low = np.maximum(np.floor(outer.min(0)).astype(int) - 3, 0)
    upper = np.minimum(np.ceil(outer.max(0)).astype(int) + 3, [picture.shape[1], picture.shape[0]])
    if (upper - low < 3).any():
        return
    place = picture[low[1] : upper[1], low[0] : upper[0]].astype(np.float32)
    rows, columns = plate.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    transform = cv2.getPerspectiveTransform(corners, (outer - low).astype(np.float32))
    size = (int(upper[0] - low[0]), int(upper[1] - low[1]))
    lit = _light(plate.astype(np.float32), place, chance)
    moved = cv2.warpPerspective(lit, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpPerspective(np.ones((rows, columns), np.float32), transform, size, flags=cv2.INTER_LINEAR)
    if chance.random() < 0.5:
        mask = cv2.GaussianBlur(mask, (3, 3), 0)
    if chance.random() < 0.3:
        shade = np.array([[chance.uniform(0.45, 1.05) for _ in range(3)] for _ in range(2)], np.float32)
        moved *= np.minimum(cv2.resize(shade, size, interpolation=cv2.INTER_LINEAR), 1)[..., None]
    blended = place * (1 - mask[..., None]) + moved * mask[..., None]
    picture[low[1] : upper[1], low[0] : upper[0]] = np.clip(blended, 0, 255).astype(np.uint8)


def replacement_quad(quad: np.ndarray, aspect: float, chance: random.Random) -> np.ndarray:
    """Where a drawn plate of this shape covers the real one: as wide or a little wider, turned alike."""
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    old_width, old_height = np.linalg.norm(along), np.linalg.norm(down)
    width = old_width * chance.uniform(1.02, 1.2)
    height = max(width / aspect, old_height * chance.uniform(1, 1.15)) if chance.random() < 0.8 else width / aspect
    u = along / max(old_width, 1e-6)
    v = np.array([-u[1], u[0]]) * 0.5 + down / max(old_height, 1e-6) * 0.5
    turn = np.deg2rad(chance.gauss(0, 4))
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    u, v = rotate @ u * width / 2, rotate @ v * height / 2
    middle = quad.mean(0)
    corners = np.array([middle - u - v, middle + u - v, middle + u + v, middle - u + v])
    tilt = chance.gauss(0, 0.1) * width * 0.5
    corners[[1, 2], 1] += tilt
    corners[[0, 3], 1] -= tilt
    return corners + np.array([[chance.uniform(-0.03, 0.03) * height for _ in range(2)] for _ in range(4)])


def _with_holder(plate: np.ndarray, quad: np.ndarray, chance: random.Random) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = plate.shape[:2]
    edge = max(1, int(rows * chance.uniform(0.02, 0.12)))
    below = edge * (2 if chance.random() < 0.3 else 1)
    framed = cv2.copyMakeBorder(plate, edge, below, edge, edge, cv2.BORDER_CONSTANT, value=chance.choice(HOLDERS))
    inner = np.array([[edge, edge], [edge + columns, edge], [edge + columns, edge + rows], [edge, edge + rows]], np.float32)
    transform = cv2.getPerspectiveTransform(inner, quad.astype(np.float32))
    height, width = framed.shape[:2]
    hull = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float32)
    return framed, cv2.perspectiveTransform(hull, transform)[0].astype(np.float64)


def _light(plate: np.ndarray, place: np.ndarray, chance: random.Random) -> np.ndarray:
    middle, bright = float(np.median(place)), float(np.percentile(place, 97))
    wanted = chance.choice([chance.uniform(0.55, 1.1) * max(bright, 60), chance.uniform(0.9, 1.8) * max(middle, 40), chance.uniform(70, 255)])
    gain = min(wanted / (float(np.percentile(plate, 85)) + 1), 1.35)
    tint = np.array([1 + chance.uniform(-0.06, 0.06) for _ in range(3)], np.float32)
    if chance.random() < 0.5:
        mean = place.reshape(-1, 3).mean(0)
        tint = tint * (0.7 + 0.3 * mean / (mean.mean() + 1))
    lit = np.clip(plate * gain * tint + chance.uniform(0, 0.12) * middle, 0, 255)
    return lit * 0.5 + lit.mean() * 0.5 if chance.random() < 0.25 else lit
