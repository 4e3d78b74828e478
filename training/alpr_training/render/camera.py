"""What light, weather, lens, sensor and codec do to a plate. All work on float32 pictures 0…255, height x width x 3."""
from __future__ import annotations

import math
import random

import cv2
import numpy as np

#: Height and width of the prepared noise; pictures are never larger.
NOISE = (200, 640)


class Camera:
    """Effects at random. Fields of noise are made once and cut from at random places: making them anew would cost more than all else."""

    def __init__(self, chance: random.Random, numbers: np.random.Generator) -> None:
        self.chance = chance
        white = numbers.standard_normal((*NOISE, 3)).astype(np.float32)
        soft = cv2.GaussianBlur(white, (0, 0), 0.8)
        self._grain = [white, soft / soft.std()]
        self._clouds = [self._cloud(numbers, size) for size in (6, 10, 16, 30, 60)]

    def cloud(self, height: int, width: int) -> np.ndarray:
        """Smooth noise 0…1, height x width."""
        return self._cut(self.chance.choice(self._clouds), height, width)

    def light(self, picture: np.ndarray) -> np.ndarray:
        """Shadow edges, glare, dirt: on the plate itself."""
        chance = self.chance
        height, width = picture.shape[:2]
        x = np.arange(width, dtype=np.float32)[None] / width
        y = np.arange(height, dtype=np.float32)[:, None] / height
        if chance.random() < 0.35:
            angle = chance.uniform(0, 2 * math.pi)
            distance = (x - 0.5) * math.cos(angle) + (y - 0.5) * math.sin(angle) * 0.6 + chance.uniform(-0.25, 0.25)
            shade = np.clip(distance / chance.uniform(0.01, 0.3) + 0.5, 0, 1) * chance.uniform(0.2, 0.65)
            picture = picture * (1 - shade)[..., None]
        if chance.random() < 0.12:
            glow = ((x - chance.random()) / chance.uniform(0.05, 0.3)) ** 2 + ((y - chance.random()) / chance.uniform(0.2, 0.8)) ** 2
            picture = picture + (np.exp(-glow) * chance.uniform(30, 170))[..., None]
        if chance.random() < 0.2:
            dirt = np.clip((self.cloud(height, width) - chance.uniform(0.35, 0.75)) * 3, 0, 1) * chance.uniform(0.2, 0.75)
            mud = np.array([chance.uniform(70, 130), chance.uniform(65, 120), chance.uniform(50, 105)], np.float32)
            picture = picture * (1 - dirt[..., None]) + dirt[..., None] * mud
        return picture

    def blur(self, picture: np.ndarray, character_height: float, easy: bool) -> np.ndarray:
        """Out of focus, or moving; never more than leaves a character readable."""
        chance = self.chance
        draw = chance.random() + (0.6 if easy else 0)
        if draw < 0.45:
            return cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.2, min(2.6, 0.06 * character_height + 0.2)))
        if draw < 0.6:
            reach = int(chance.uniform(1, max(2.1, 0.11 * character_height)))
            angle = math.radians(chance.choice((0, 0, 90, chance.uniform(0, 180))))
            kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
            start = (int(reach - reach * math.cos(angle)), int(reach - reach * math.sin(angle)))
            cv2.line(kernel, start, (reach, reach), 1, 1)
            return cv2.filter2D(picture, -1, kernel / kernel.sum())
        return picture

    def sensor(self, picture: np.ndarray, easy: bool) -> np.ndarray:
        """Sharpening, infrared, white balance, exposure, grain. @returns uint8"""
        chance = self.chance
        if chance.random() < 0.12:
            picture = picture + (picture - cv2.GaussianBlur(picture, (0, 0), 1.2)) * chance.uniform(0.4, 2)
        draw = chance.random()
        if draw < 0.16:
            mix = np.array([[chance.uniform(0.1, 0.5), chance.uniform(0.2, 0.7), chance.uniform(0, 0.4)]], np.float32)
            picture = np.repeat((picture @ mix.T), 3, 2)
        elif draw < 0.7:
            spread = (0.72, 1.2) if chance.random() < 0.2 else (0.86, 1.1)
            picture = picture * np.array([chance.uniform(*spread) for _ in range(3)], np.float32)
        if chance.random() < 0.12:
            picture = 255 * np.power(np.clip(picture, 0, 255) / 255, chance.uniform(0.5, 2))
        gain, offset = self._exposure(easy)
        picture = picture * gain + offset
        if chance.random() < 0.7:
            grain = self._cut(chance.choice(self._grain), *picture.shape[:2])
            strength = chance.uniform(0.5, 4) if chance.random() < 0.8 else chance.uniform(4, 11)
            picture = picture + (grain[..., :1] if chance.random() < 0.4 else grain) * strength * min(1, gain + 0.12)
        return np.clip(picture, 0, 255).astype(np.uint8)

    def codec(self, picture: np.ndarray) -> np.ndarray:
        """JPEG, and video that was scaled, sharpened and compressed again."""
        chance = self.chance
        if chance.random() > 0.7:
            return picture
        quality = chance.randrange(28, 96)
        if chance.random() < 0.2:
            ratio = chance.uniform(1, 1.8)
            size = (int(picture.shape[1] * ratio), int(picture.shape[0] * ratio))
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
            if chance.random() < 0.5:
                halo = chance.uniform(0.3, 1.6)
                picture = cv2.addWeighted(picture, 1 + halo, cv2.GaussianBlur(picture, (0, 0), 1.3), -halo, 0)
            quality = chance.randrange(14, 45)
        _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return cv2.imdecode(packed, cv2.IMREAD_COLOR)

    def _exposure(self, easy: bool) -> tuple[float, float]:
        chance = self.chance
        draw = chance.random() * (0.5 if easy else 1)
        if draw < 0.55:
            return chance.uniform(0.65, 1.15), chance.uniform(-20, 30)
        if draw < 0.8:
            return chance.uniform(0.3, 0.8), chance.uniform(0, 100)
        if draw < 0.92:
            return chance.uniform(0.16, 0.45), chance.uniform(0, 60)
        return chance.uniform(1, 1.9), chance.uniform(-60, 60)

    def _cut(self, field: np.ndarray, height: int, width: int) -> np.ndarray:
        y = self.chance.randrange(0, max(1, NOISE[0] - height))
        x = self.chance.randrange(0, max(1, NOISE[1] - width))
        part = field[y : y + height, x : x + width]
        return part if part.shape[:2] == (height, width) else cv2.resize(field, (width, height))

    @staticmethod
    def _cloud(numbers: np.random.Generator, size: int) -> np.ndarray:
        coarse = numbers.random((NOISE[0] // size + 2, NOISE[1] // size + 2)).astype(np.float32)
        return np.clip(cv2.resize(coarse, (NOISE[1], NOISE[0]), interpolation=cv2.INTER_CUBIC), 0, 1)
