"""A training sample for readers: a drawn plate as a detector would cut it out of a camera's picture, and where its characters are."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .camera import Camera
from .fonts import find_fonts
from .glyphs import load_typefaces
from .plate import Plate, PlatePress
from .shapes import Shapes
from .styles import styles_for

#: The largest picture that is drawn before it is scaled down to what the camera had.
LARGEST = (96, 560)
#: Shares of crops that end where the characters end, and of those with the bumper around the plate: data sets and cheap detectors cut so.
TIGHT, LOOSE = 0.1, 0.12

BESIDE = ((200, 30, 25), (120, 15, 20), (230, 140, 30), (15, 15, 18), (40, 40, 44), (230, 230, 232), (170, 172, 176), (90, 95, 100), (30, 40, 90))


@dataclass
class Sample:
    """`picture` is uint8 RGB of the asked size; `middles` are columns of it, per line, 0…1."""

    picture: np.ndarray
    text: str
    style: str
    lines: list[tuple[list[str], list[float]]]


class Renderer:
    """Endless samples; equal seeds give equal samples."""

    def __init__(self, seed: int, size: tuple[int, int], characters: str, fonts: list[Path]) -> None:
        """:param size: (width, height) of the network's input"""
        self.size = size
        self.chance = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        latin = [path for font, path in find_fonts(fonts) if font.kind != "chinese"]
        self.press = PlatePress(styles_for(characters), load_typefaces(fonts), Shapes(latin, self.chance), self.chance)
        self.camera = Camera(self.chance, self.numbers)

    def sample(self, easy: float = 0.0) -> Sample:
        """:param easy: 0…1, how many of the samples are large, sharp and straight: what training begins with"""
        is_easy = self.chance.random() < easy
        plate = self.press.press()
        warp = self._view(plate, is_easy)
        crop = self._crop(plate, warp)
        native, ratio = self._native(plate, crop, is_easy)
        rows, columns = native
        to_crop = _fit(crop, columns, rows) @ warp
        # Drawn at no less than 56 rows, then scaled down: small pictures of thin strokes come from large ones.
        drawn_rows = int(min(LARGEST[0], max(56, rows)))
        drawn_columns = int(min(LARGEST[1], max(24, drawn_rows * ratio)))
        to_drawn = np.diag([drawn_columns / columns, drawn_rows / rows, 1]) @ to_crop
        picture = self._background(drawn_rows, drawn_columns)
        picture = cv2.warpPerspective(
            plate.picture, to_drawn, (drawn_columns, drawn_rows), dst=picture, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
        )
        seen = self.camera.light(picture.astype(np.float32))
        if rows < drawn_rows:
            seen = cv2.resize(seen, (columns, rows), interpolation=cv2.INTER_AREA if self.chance.random() < 0.8 else cv2.INTER_LINEAR)
        share = plate.character_height / (crop[3] - crop[1])
        seen = self.camera.blur(seen, seen.shape[0] * share, is_easy)
        result = self.camera.codec(self.camera.sensor(seen, is_easy))
        method = self.chance.choice((cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC))
        result = cv2.resize(result, self.size, interpolation=method)
        lines = [(characters, _columns(middles, to_crop, columns)) for characters, middles in plate.lines]
        return Sample(result, plate.text, plate.style, lines)

    def _view(self, plate: Plate, easy: bool) -> np.ndarray:
        """Rotation, shear and perspective of the plate in the picture."""
        chance = self.chance
        rows, columns = plate.picture.shape[:2]
        hard = chance.random() * (0.5 if easy else 1)
        turn = math.radians(max(-16, min(16, chance.gauss(0, 2.5 if hard < 0.7 else 6))))
        shear = max(-0.35, min(0.35, chance.gauss(0, 0.04 if hard < 0.7 else 0.14)))
        squeeze = chance.uniform(0.85, 1.05) if chance.random() < 0.7 else chance.uniform(0.6, 1.1)
        corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
        turned = (corners - corners.mean(0)) * [squeeze, 1]
        turned[:, 0] += shear * turned[:, 1]
        turned = turned @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        unrest = 0.02 if chance.random() < 0.7 else 0.05
        turned += self.numbers.normal(0, 1, (4, 2)) * [unrest * columns * 0.5, unrest * rows]
        return cv2.getPerspectiveTransform(corners, turned.astype(np.float32))

    def _crop(self, plate: Plate, warp: np.ndarray) -> tuple[float, float, float, float]:
        """What a detector cuts out: mostly with a margin, sometimes loose, sometimes into the plate's edge or with the bumper around."""
        chance = self.chance
        kind = chance.random()
        if kind < TIGHT:
            left, top, right, bottom = self._seen(plate.text_box, warp)
            width, height = right - left, bottom - top
            near = [chance.uniform(0, 0.04) for _ in range(4)]
            return left - near[0] * width, top - near[1] * height * 1.5, right + near[2] * width, bottom + near[3] * height * 1.5
        left, top, right, bottom = self._seen(plate.box, warp)
        width, height = right - left, bottom - top
        if kind < TIGHT + LOOSE:
            wide = [chance.uniform(0.03, 0.6) for _ in range(4)]
            return left - wide[0] * width * 0.7, top - wide[1] * height, right + wide[2] * width * 0.7, bottom + wide[3] * height

        def margin() -> float:
            draw = chance.random()
            if draw < 0.62:
                return chance.uniform(0.02, 0.14)
            return chance.uniform(-0.035, 0.03) if draw < 0.82 else chance.uniform(0.1, 0.27)

        if chance.random() < 0.5:
            even = margin()
            margins = [even + chance.gauss(0, 0.02) for _ in range(4)]
        else:
            margins = [margin() for _ in range(4)]
        loose = chance.uniform(0, 0.25) * height if chance.random() < 0.1 else 0
        return (
            left - margins[0] * width,
            top - margins[1] * height * 1.2 - loose,
            right + margins[2] * width,
            bottom + margins[3] * height * 1.2 + loose,
        )

    @staticmethod
    def _seen(box: tuple[float, float, float, float], warp: np.ndarray) -> tuple[float, float, float, float]:
        x1, y1, x2, y2 = box
        corners = np.array([[[x1, y1], [x2, y1], [x2, y2], [x1, y2]]], np.float32)
        seen = cv2.perspectiveTransform(corners, warp)[0]
        (left, top), (right, bottom) = seen.min(0), seen.max(0)
        return left, top, right, bottom

    def _native(self, plate: Plate, crop: tuple[float, float, float, float], easy: bool) -> tuple[tuple[int, int], float]:
        """How many pixels the camera had for the crop: (rows, columns); and width over height."""
        chance = self.chance
        ratio = (crop[2] - crop[0]) / (crop[3] - crop[1])
        share = plate.character_height / (crop[3] - crop[1])
        rows = math.exp(chance.uniform(math.log(13), math.log(80))) if chance.random() < 0.85 else chance.uniform(40, 120)
        rows *= 1.6 if len(plate.lines) > 1 else 1
        if easy:
            rows = chance.uniform(44, 90)
        # Characters below six or seven pixels cannot be read by anybody.
        fewest = chance.uniform(6.5, 9.5) if chance.random() < 0.7 else chance.uniform(9, 14)
        rows = max(rows, fewest / share, 44 / ratio)
        rows = min(rows, LARGEST[0], LARGEST[1] / ratio)
        return (max(9, round(rows)), max(20, round(rows * ratio))), ratio

    def _background(self, rows: int, columns: int) -> np.ndarray:
        chance = self.chance
        base = np.array([chance.uniform(10, 235) for _ in range(3)], np.float32)
        grey = np.array([base.mean()] * 3, np.float32)
        base = base * 0.35 + grey * 0.65
        ramp = np.linspace(chance.uniform(0.5, 1.2), chance.uniform(0.5, 1.2), rows, dtype=np.float32)[:, None, None]
        picture = np.repeat(base * ramp, columns, 1) + (self.camera.cloud(rows, columns)[..., None] - 0.5) * chance.uniform(0, 90)
        picture = np.clip(picture, 0, 255).astype(np.uint8)
        for _ in range(chance.randrange(0, 5)):
            grey = chance.randrange(256)
            colour = tuple(int(min(255, max(0, grey + chance.uniform(-30, 30)))) for _ in range(3))
            y = chance.randrange(rows)
            cv2.line(picture, (0, y), (columns, y + chance.randrange(-10, 11)), colour, chance.randrange(1, 8))
        # Lamps, bumpers, grilles: what stands beside plates of loose crops.
        for _ in range(chance.randrange(0, 4)):
            colour = chance.choice(BESIDE)
            middle = (chance.randrange(columns), chance.randrange(rows))
            reach = (max(2, int(columns * chance.uniform(0.03, 0.25))), max(2, int(rows * chance.uniform(0.05, 0.4))))
            if chance.random() < 0.5:
                cv2.ellipse(picture, middle, reach, chance.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
            else:
                far = (middle[0] + reach[0], middle[1] + reach[1])
                cv2.rectangle(picture, middle, far, colour, -1)
        return picture


def _fit(crop: tuple[float, float, float, float], columns: int, rows: int) -> np.ndarray:
    x1, y1, x2, y2 = crop
    across, down = columns / (x2 - x1), rows / (y2 - y1)
    return np.array([[across, 0, -x1 * across], [0, down, -y1 * down], [0, 0, 1]])


def _columns(middles: list[tuple[float, float]], transform: np.ndarray, columns: int) -> list[float]:
    if not middles:
        return []
    seen = cv2.perspectiveTransform(np.array([middles], np.float64), transform)[0]
    return [float(x) / columns for x in seen[:, 0]]
