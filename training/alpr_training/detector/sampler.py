"""Training pictures for detectors: one scene, or several in a mosaic, each seen from a random distance."""
from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..data.scenes import Scene
from .loss import BOX, COLUMNS, CORNERS, CORNER_WEIGHT, KIND
from .paste import paste_plate, replacement_quad
from .photo import distract, photograph
from .warp import move, random_view, warp

GREY = (114, 114, 114)


@dataclass
class Found:
    """An object in the picture; `clip` is the part of the picture that its scene fills."""

    quad: np.ndarray
    corner_weight: float
    clip: tuple[int, int, int, int]


@dataclass
class SamplerOptions:
    """`smallest`: px; objects below are ignored, not missed. `widest`: share of the side. `negatives`: share of scenes shown without objects."""

    corners: bool
    most: int = 40
    smallest: float = 9
    widest: float = 0.62
    negatives: float = 0.2
    mosaic: float = 0.55
    #: share of real plates that are painted over by drawn ones
    overpaint: float = 0.4
    #: share of pictures that get further drawn plates
    extra: float = 0.22
    weights: dict[str, float] = field(default_factory=dict)


class SceneSampler:
    """Endless (picture, targets); equal seeds give equal samples."""

    def __init__(self, scenes: list[Scene], plates: list[np.ndarray], options: SamplerOptions, seed: int) -> None:
        if not scenes:
            raise ValueError("Expected scenes to train on but received none")
        self.options, self.plates = options, plates
        self.chance, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self._with = [scene for scene in scenes if len(scene.quads)]
        self._without = [scene for scene in scenes if scene.complete] or scenes
        self._weight = lambda scene: options.weights.get(scene.source, 1.0)

    def sample(self, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Picture (side x side x 3 uint8) and targets (most x COLUMNS)."""
        chance = self.chance
        if chance.random() < self.options.mosaic:
            picture, found = self._mosaic(side)
        else:
            picture, found = self._piece(side, side, side)
        if chance.random() < 0.22:
            picture = self._distracted(picture, found)
        return photograph(picture, chance, self.numbers), self._targets(found)

    def _mosaic(self, side: int) -> tuple[np.ndarray, list[Found]]:
        chance = self.chance
        if chance.random() < 0.8:
            columns = [0, int(side * chance.uniform(0.3, 0.7)), side]
            rows = [0, int(side * chance.uniform(0.3, 0.7)), side]
        else:
            columns = rows = [0, side // 3, 2 * side // 3, side]
        picture, found = np.empty((side, side, 3), np.uint8), []
        for top, bottom in zip(rows, rows[1:]):
            for left, right in zip(columns, columns[1:]):
                part, inside = self._piece(right - left, bottom - top, side)
                picture[top:bottom, left:right] = part
                found += [Found(one.quad + [left, top], one.corner_weight, (left, top, right, bottom)) for one in inside]
        return picture, found

    def _piece(self, width: int, height: int, side: int) -> tuple[np.ndarray, list[Found]]:
        chance, options = self.chance, self.options
        negative = chance.random() < options.negatives or not self._with
        scene = self._pick(self._without if negative and chance.random() < 0.7 else self._with or self._without)
        view = self._background_view(scene, width, height) if negative or not len(scene.quads) else self._object_view(scene, width, height, side)
        fill = GREY if chance.random() < 0.5 else tuple(chance.randrange(256) for _ in range(3))
        picture = warp(scene.load(), view, (width, height), fill)
        clip = (0, 0, width, height)
        found = [Found(move(quad, view), 0.7 if exact else 0.1, clip) for quad, exact in zip(scene.quads, scene.exact)]
        if options.corners:
            self._overpaint(picture, found)
            if chance.random() < options.extra:
                self._add_plates(picture, found, clip, side)
        if chance.random() < 0.3:
            picture = np.ascontiguousarray(picture[:, ::-1])
            for one in found:
                one.quad = np.stack([width - one.quad[[1, 0, 3, 2], 0], one.quad[[1, 0, 3, 2], 1]], 1)
        return picture, found

    def _object_view(self, scene: Scene, width: int, height: int, side: int) -> np.ndarray:
        """An object of the scene at a random size and place; sizes evenly spread over their logarithm."""
        chance, options = self.chance, self.options
        if chance.random() < 0.16:
            return self._whole_view(scene, width, height)
        quad = scene.quads[chance.randrange(len(scene.quads))]
        broad = max(4.0, float(np.ptp(quad[:, 0])))
        largest = options.widest * min(width * 1.25, side)
        least = options.smallest + 2
        if chance.random() < 0.8:
            # Keep the scene from becoming a stamp on grey.
            least = min(max(least, broad * 0.55 * min(width, height) / max(scene.width, scene.height)), largest * 0.8)
        wanted = _log_uniform(chance, least, max(largest, least * 1.3))
        turn = chance.gauss(0, 5) if chance.random() < 0.85 else chance.uniform(-28, 28)
        target = (chance.uniform(0.08, 0.92) * width, chance.uniform(0.08, 0.92) * height)
        depth = (0.25 if chance.random() < 0.4 else 0.08) / side
        view = random_view(chance, tuple(quad.mean(0)), min(wanted / broad, 3.0), target, turn, self._stretch(), depth)
        return _filling(view, scene, quad.mean(0), width, height) if chance.random() < 0.75 else view

    def _background_view(self, scene: Scene, width: int, height: int) -> np.ndarray:
        chance = self.chance
        fills = max(width / scene.width, height / scene.height) * 1.12
        scale = min(fills * _log_uniform(chance, 1, 4), max(fills, 1.1))
        half = (width / 2 / scale, height / 2 / scale)
        centre = (chance.uniform(half[0], max(half[0], scene.width - half[0])), chance.uniform(half[1], max(half[1], scene.height - half[1])))
        return random_view(chance, centre, scale, (width / 2, height / 2), chance.gauss(0, 2.5), self._stretch(), 0.06 / width)

    def _whole_view(self, scene: Scene, width: int, height: int) -> np.ndarray:
        chance = self.chance
        zoom = chance.choice([1, 1, chance.uniform(0.8, 1.3), _log_uniform(chance, 1, 3)])
        scale = min(width / scene.width, height / scene.height) * zoom
        loose = 0.5 * (1 - 1 / max(zoom, 1))
        centre = (scene.width * chance.uniform(0.5 - loose, 0.5 + loose), scene.height * chance.uniform(0.5 - loose, 0.5 + loose))
        return random_view(chance, centre, scale, (width / 2, height / 2), chance.gauss(0, 2), self._stretch(), 0.06 / width)

    def _overpaint(self, picture: np.ndarray, found: list[Found]) -> None:
        for one in found:
            broad = np.linalg.norm(one.quad[1] - one.quad[0])
            high = np.linalg.norm(one.quad[3] - one.quad[0])
            if broad < 10 or not self.plates or self.chance.random() > self.options.overpaint:
                continue
            plate = self._plate(broad / max(high, 1))
            one.quad = replacement_quad(one.quad, plate.shape[1] / plate.shape[0], self.chance)
            one.corner_weight = 1.0
            paste_plate(picture, one.quad, plate, self.chance)

    def _add_plates(self, picture: np.ndarray, found: list[Found], clip: tuple[int, int, int, int], side: int) -> None:
        chance = self.chance
        for _ in range(chance.choice([1, 1, 2, 3]) if self.plates else 0):
            plate = chance.choice(self.plates)
            broad = _log_uniform(chance, self.options.smallest + 2, self.options.widest * min(clip[2], side))
            high = broad * plate.shape[0] / plate.shape[1]
            if high < 4:
                continue
            yaw = math.cos(chance.uniform(-1, 1)) if chance.random() < 0.5 else 1
            quad = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * [broad * yaw, high]
            nearer = chance.gauss(0, 0.07)
            quad[:, 1] *= 1 + np.array([-nearer, nearer, nearer, -nearer])
            angle = math.radians(chance.gauss(0, 7))
            quad = quad @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
            quad += [chance.uniform(0, clip[2]), chance.uniform(0, clip[3])]
            reach = max(np.ptp(quad[:, 0]), 1)
            if any(np.abs(quad.mean(0) - one.quad.mean(0)).max() < 0.6 * max(reach, np.ptp(one.quad[:, 0])) for one in found):
                continue
            paste_plate(picture, quad, plate, chance)
            found.append(Found(quad, 1.0, clip))

    def _distracted(self, picture: np.ndarray, found: list[Found]) -> np.ndarray:
        """Distractors lie beside plates, never on them."""
        keep = np.zeros(picture.shape[:2], np.uint8)
        for one in found:
            middle = one.quad.mean(0)
            cv2.fillConvexPoly(keep, ((one.quad - middle) * 1.25 + middle).astype(np.int32), 1)
        return np.where(keep[..., None] > 0, picture, distract(picture, self.chance))

    def _targets(self, found: list[Found]) -> np.ndarray:
        targets = np.zeros((self.options.most, COLUMNS), np.float32)
        row = 0
        for one in found:
            low, high = one.quad.min(0), one.quad.max(0)
            area = max(float(np.prod(high - low)), 1e-3)
            seen_low, seen_high = np.maximum(low, one.clip[:2]), np.minimum(high, one.clip[2:])
            size = seen_high - seen_low
            if (size <= 1).any() or row >= len(targets):
                continue
            seen = float(np.prod(size)) / area
            enough = seen >= (0.55 if self.options.corners else 0.25)
            large = size[0] >= self.options.smallest and size[1] >= (3 if self.options.corners else self.options.smallest * 0.7)
            targets[row, KIND] = 1 if enough and large else 2
            targets[row, BOX] = (*seen_low, *seen_high)
            targets[row, CORNERS] = one.quad.reshape(-1)
            targets[row, CORNER_WEIGHT] = one.corner_weight if seen > 0.85 else 0
            row += 1
        return targets

    def _plate(self, aspect: float) -> np.ndarray:
        """Of eight drawn plates the one whose shape fits best."""
        return min((self.chance.choice(self.plates) for _ in range(8)), key=lambda plate: abs(math.log(plate.shape[1] / plate.shape[0] / aspect)))

    def _pick(self, scenes: list[Scene]) -> Scene:
        return self.chance.choices(scenes, [self._weight(scene) for scene in scenes])[0] if self.options.weights else self.chance.choice(scenes)

    def _stretch(self) -> float:
        return math.exp(self.chance.gauss(0, 0.1))


def _filling(view: np.ndarray, scene: Scene, keep: np.ndarray, width: int, height: int) -> np.ndarray:
    """Shifts the view so that the scene covers the piece, as far as the object stays in it."""
    corners = move(np.array([[0, 0], [scene.width, 0], [scene.width, scene.height], [0, scene.height]], np.float64), view)
    place = move(keep[None].astype(np.float64), view)[0]
    shift = [0.0, 0.0]
    for axis, length in ((0, width), (1, height)):
        ordered = np.sort(corners[:, axis])
        low, high = ordered[1], ordered[2]
        if high - low >= length:
            wanted = -low if low > 0 else (length - high if high < length else 0)
        else:
            wanted = (length - high - low) / 2
        shift[axis] = min(max(wanted, 0.06 * length - place[axis]), 0.94 * length - place[axis])
    return np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1.0]]) @ view


def _log_uniform(chance: random.Random, low: float, high: float) -> float:
    return math.exp(chance.uniform(math.log(low), math.log(max(high, low))))
