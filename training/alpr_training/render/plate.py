"""One whole plate, seen straight on and clean: background, band, words, characters, bolts, frame."""
from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np

from .glyphs import Typeface
from .line import DrawnLine, LineLook, draw_line, overshoot_of, random_look
from .pattern import fill_pattern, text_of
from .shapes import Shapes
from .styles import BLACK, Colour, Style

#: Pixels between the middles of neighbours that are printed differently on purpose: never fewer.
ROWS = (64, 72, 80)


@dataclass
class Plate:
    """`picture` includes the holder around the plate; places are its pixels."""

    picture: np.ndarray
    text: str
    style: str
    #: the plate itself: x1, y1, x2, y2
    box: tuple[int, int, int, int]
    #: its characters alone: what a tight crop still has
    text_box: tuple[float, float, float, float]
    #: per line: its characters, and their middles (x, y)
    lines: list[tuple[list[str], list[tuple[float, float]]]]
    #: height of the characters, the smaller ones where there are two kinds
    character_height: int


class PlatePress:
    """Draws random plates of random styles."""

    def __init__(self, styles: list[Style], faces: list[Typeface], shapes: Shapes, chance: random.Random) -> None:
        self.styles, self.shapes, self.chance = styles, shapes, chance
        self._weights = [style.weight for style in styles]
        latin = [face for face in faces if face.kind != "chinese"]
        chinese = [face for face in faces if face.kind == "chinese"]
        self._faces = {face.name: face for face in latin}
        self._plate_faces = [face for face in latin if face.kind == "plate"] or latin
        self._all_faces = latin
        self._chinese = chinese

    def press(self) -> Plate:
        chance = self.chance
        style = chance.choices(self.styles, self._weights)[0]
        lines = fill_pattern(chance.choice(style.patterns), style, chance)
        face = self._face(style, text_of(lines))
        paper, ink = _vary(chance.choice(style.colours), chance)
        rows = chance.choice(ROWS)
        columns = int(rows * chance.uniform(*style.aspect))
        plate = np.empty((rows, columns, 3), np.uint8)
        plate[:] = paper
        left, right, top = self._decorate(plate, style, paper, ink)
        american = "state" in style.extras
        look = random_look(chance, american)
        height = int(rows * chance.uniform(*style.height))
        tops = self._tops(rows, top, height, len(lines), style)
        self._extras(plate, style, ink, tops[0], tops[-1] + height)
        if "stacked" in style.extras and chance.random() < 0.12:
            left, right = self._stacked(plate, face, left, right, tops[0], height, ink)
        places = []
        edges = []
        for marks, y in zip(lines, tops):
            drawn = draw_line(marks, face, height, look)
            middles, reach = self._set(plate, drawn, look, height, left, right, y, ink)
            places.append((drawn.characters, middles))
            edges.append(reach)
        self._bolts(plate, ink)
        picture, (dx, dy) = self._holder(plate, american)
        moved = [(characters, [(x + dx, y + dy) for x, y in middles]) for characters, middles in places]
        text_box = (min(x1 for x1, _ in edges) + dx, tops[0] + dy, max(x2 for _, x2 in edges) + dx, tops[-1] + height + dy)
        smallest = round(height * look.small) if any(mark.small for marks in lines for mark in marks) else height
        return Plate(picture, text_of(lines), style.name, (dx, dy, dx + columns, dy + rows), text_box, moved, smallest)

    def _face(self, style: Style, text: str) -> Typeface:
        chance = self.chance
        own = [self._faces[name] for name in style.fonts if name in self._faces]
        draw = chance.random()
        if own and draw < 0.72:
            face = chance.choice(own)
        else:
            face = chance.choice(self._plate_faces if draw < 0.88 else self._all_faces)
        if face.has(text):
            return face
        # Chinese characters come from another font: put both together.
        return Typeface(face.name, face.kind, {**chance.choice(self._chinese).glyphs, **face.glyphs})

    def _decorate(self, plate: np.ndarray, style: Style, paper: Colour, ink: Colour) -> tuple[float, float, float]:
        """@returns where characters may stand: left, right, top"""
        chance, shapes = self.chance, self.shapes
        rows, columns = plate.shape[:2]
        left, right, top = columns * chance.uniform(0.015, 0.06), columns * (1 - chance.uniform(0.015, 0.06)), 0.0
        if "state" in style.extras:
            self._scenery(plate, paper)
        if style.band is None or chance.random() > style.band_share:
            return left, right, top
        blue = _near(chance.choice([(20, 50, 150), (20, 50, 150), (60, 90, 190), (15, 25, 70), (110, 130, 195)]), chance, 20)
        if style.band in ("eu", "eu2"):
            width = int(rows * chance.uniform(0.3, 0.5) * (0.7 if columns < 2.2 * rows else 1))
            self._eu_band(plate, 0, width, blue, ink)
            left = width + rows * chance.uniform(0.03, 0.2)
            if style.band == "eu2" and chance.random() < 0.8:
                self._eu_band(plate, columns - width, columns, blue, ink)
                right = columns - width - rows * chance.uniform(0.03, 0.15)
        elif style.band == "top":
            height = int(rows * chance.uniform(0.17, 0.25))
            cv2.rectangle(plate, (0, 0), (columns, height), blue, -1)
            shapes.word(plate, "city", (columns * 0.25, height * 0.2, columns * 0.75, height * 0.85), (235, 235, 235))
            top = float(height)
        elif style.band == "right-narrow":
            right = columns * 0.92
            shapes.seal(plate, columns * 0.955, rows * 0.35, rows * 0.09, ink)
            shapes.word(plate, "small", (columns * 0.92, rows * 0.55, columns * 0.985, rows * 0.72), blue)
        elif style.band == "right":
            line = int(columns * chance.uniform(0.74, 0.78))
            cv2.line(plate, (line, 0), (line, rows), ink, max(1, rows // 40))
            shapes.word(plate, "small", (columns * 0.8, rows * 0.72, columns * 0.95, rows * 0.9), ink)
        return left, right, top

    def _eu_band(self, plate: np.ndarray, x1: int, x2: int, blue: Colour, ink: Colour) -> None:
        chance = self.chance
        rows, middle, width = plate.shape[0], (x1 + x2) / 2, x2 - x1
        filled = chance.random() < 0.78
        if filled:
            cv2.rectangle(plate, (x1, 0), (x2, rows), blue, -1)
        if chance.random() < 0.6 and filled:
            cv2.circle(plate, (int(middle), int(rows * 0.33)), int(width * 0.3), (225, 205, 70), 1, cv2.LINE_AA)
        elif chance.random() < 0.7:
            self.shapes.seal(plate, middle, rows * 0.33, width * 0.25, ink)
        y = chance.uniform(0.5, 0.66)
        box = (x1 + width * 0.1, rows * y, x2 - width * 0.1, rows * (y + chance.uniform(0.18, 0.32)))
        self.shapes.word(plate, "small", box, (235, 235, 235) if filled else ink)

    def _scenery(self, plate: np.ndarray, paper: Colour) -> None:
        chance = self.chance
        rows = plate.shape[0]
        if chance.random() < 0.35:
            light = sum(paper) > 380
            other = np.array([chance.randint(90, 255) if light else chance.randint(0, 140) for _ in range(3)], np.float32)
            ramp = np.linspace(0, 1, rows, dtype=np.float32) ** chance.uniform(0.5, 3) * chance.uniform(0.2, 0.8)
            ramp = (ramp[::-1] if chance.random() < 0.5 else ramp)[:, None]
            plate[:] = (np.array(paper, np.float32) * (1 - ramp) + other * ramp)[:, None].astype(np.uint8)
        for _ in range(chance.randrange(1, 5) if chance.random() < 0.25 else 0):
            over = plate.copy()
            self.shapes.seal(over, chance.uniform(0, plate.shape[1]), chance.uniform(0.3, 1) * rows, rows * chance.uniform(0.1, 0.45), paper)
            share = chance.uniform(0.08, 0.4)
            cv2.addWeighted(plate, 1 - share, over, share, 0, plate)

    def _tops(self, rows: int, top: float, height: int, count: int, style: Style) -> list[float]:
        chance = self.chance
        if count == 1:
            middle = (top + rows) / 2 if top else rows * (style.middle + chance.uniform(-0.03, 0.03))
            return [min(max(middle - height / 2, 1), rows - height - 1)]
        free = rows - top - count * height
        between = free * chance.uniform(0.2, 0.45)
        first = top + (free - between) * chance.uniform(0.35, 0.6)
        return [first, first + height + between]

    def _extras(self, plate: np.ndarray, style: Style, ink: Colour, first: float, last: float) -> None:
        chance, shapes = self.chance, self.shapes
        rows, columns = plate.shape[:2]
        if "city" in style.extras and chance.random() < 0.8:
            bottom = first - rows * chance.uniform(0.02, 0.06)
            shapes.word(plate, "city", (columns * 0.22, bottom - rows * chance.uniform(0.09, 0.16), columns * 0.8, bottom), ink)
        if "city-below" in style.extras and chance.random() < 0.85:
            upper = last + rows * chance.uniform(0.03, 0.08)
            shapes.word(plate, "city", (columns * 0.3, upper, columns * 0.7, min(upper + rows * chance.uniform(0.09, 0.15), rows - 2)), ink)
        if "state" in style.extras and chance.random() < 0.85:
            top = rows * chance.uniform(0.02, 0.07)
            colour = chance.choice([ink, ink, (160, 30, 40), (30, 40, 120)])
            shapes.word(plate, "state", (columns * 0.2, top, columns * 0.8, min(top + rows * chance.uniform(0.13, 0.22), first - 1)), colour)
        if "slogan" in style.extras and chance.random() < 0.7:
            bottom = rows * (1 - chance.uniform(0.03, 0.07))
            shapes.word(plate, "slogan", (columns * 0.18, max(last + 2, bottom - rows * chance.uniform(0.09, 0.17)), columns * 0.82, bottom), ink)
        if "state" in style.extras:
            for x in (0.09, 0.91):
                if chance.random() < 0.4:
                    y = rows * chance.choice((0.12, 0.86))
                    box = (columns * (x - 0.06), y - rows * 0.09, columns * (x + 0.06), y + rows * 0.09)
                    cv2.rectangle(plate, (int(box[0]), int(box[1])), (int(box[2]), int(box[3])), shapes.colour(), -1)
                    shapes.word(plate, "small", (box[0] + 1, box[1] + 2, box[2] - 1, box[3] - 1), BLACK)

    def _stacked(self, plate: np.ndarray, face: Typeface, left: float, right: float, top: float, height: int, ink: Colour) -> tuple[float, float]:
        """Two small letters above each other that belong to the kind of plate, not to its number."""
        chance = self.chance
        size = int(height * chance.uniform(0.3, 0.48))
        width = int(size * 0.6)
        on_left = chance.random() < 0.5
        x = int(left + 2 if on_left else right - width - 2)
        for row in range(2):
            glyph = cv2.resize(face.glyphs[chance.choice("ABCDEFGHKLMNPRSTUVXYZ")], (width, size), interpolation=cv2.INTER_AREA)
            y = int(top + row * height * 0.52)
            part = plate[y : y + size, max(0, x) : max(0, x) + width]
            alpha = glyph[: part.shape[0], : part.shape[1], None].astype(np.float32) / 255
            part[:] = (part * (1 - alpha) + np.array(ink, np.float32) * alpha).astype(np.uint8)
        return (left + width + 4, right) if on_left else (left, right - width - 4)

    def _set(self, plate: np.ndarray, drawn: DrawnLine, look: LineLook, height: int, left: float, right: float, y: float, ink: Colour) -> tuple[list[tuple[float, float]], tuple[float, float]]:
        """Puts a line onto the plate, squeezed where it is too long. @returns the characters' middles, and where the line begins and ends"""
        chance = self.chance
        room = right - left
        mask, ratio = drawn.mask, 1.0
        wide = mask.shape[1]
        if wide > room or (chance.random() < 0.6 and wide > room * 0.55):
            target = int(room if wide > room else min(room, wide * chance.uniform(1, 1.35)))
            ratio = target / wide
            mask = cv2.resize(mask, (target, mask.shape[0]), interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR)
        x = int(left + (room - mask.shape[1]) * (0.5 if chance.random() < 0.75 else chance.random()))
        top = max(0, min(int(y - overshoot_of(height)), plate.shape[0] - mask.shape[0]))
        mask = mask[: plate.shape[0] - top, : plate.shape[1] - x]
        bold = chance.choice((-1, 0, 0, 0, 0, 1))
        if bold:
            mask = (cv2.dilate if bold > 0 else cv2.erode)(mask, np.ones((2, 2), np.uint8))
        alpha = mask.astype(np.float32) / 255 * (chance.uniform(0.75, 1) if chance.random() < 0.25 else 1)
        part = plate[top : top + mask.shape[0], x : x + mask.shape[1]]
        base = part.astype(np.float32)
        if chance.random() < 0.35:
            base += _relief(alpha, height, chance)
        part[:] = np.clip(base * (1 - alpha[..., None]) + np.array(ink, np.float32) * alpha[..., None], 0, 255).astype(np.uint8)
        for seal_left, width in drawn.seals:
            middle = x + (seal_left + width / 2) * ratio
            radius = min(width * ratio * 0.42, height * 0.24)
            if chance.random() < 0.85:
                self.shapes.seal(plate, middle, y + height * chance.choice((0.25, 0.5, 0.5)), radius * chance.uniform(0.6, 1), ink)
                if chance.random() < 0.5:
                    self.shapes.seal(plate, middle, y + height * 0.76, radius, ink)
        for bar in drawn.bars:
            column = int(x + bar * ratio)
            cv2.line(plate, (column, 0), (column, plate.shape[0]), ink, max(1, int(height * look.stroke * 0.3)))
        return [(x + centre * ratio, y + height / 2) for centre in drawn.centres], (x, x + mask.shape[1])

    def _bolts(self, plate: np.ndarray, ink: Colour) -> None:
        chance = self.chance
        rows, columns = plate.shape[:2]
        if chance.random() < 0.6:
            inset = chance.choice((0, 1, 2))
            colour = ink if chance.random() < 0.7 else (90, 90, 90)
            cv2.rectangle(plate, (inset, inset), (columns - 1 - inset, rows - 1 - inset), colour, chance.choice((1, 1, 2)))
        if chance.random() < 0.45:
            colour = chance.choice([(90, 90, 90), (40, 40, 40), (200, 200, 200), (230, 200, 60)])
            radius = max(1, int(rows * chance.uniform(0.015, 0.05)))
            for x in chance.choice([(0.22, 0.78), (0.18, 0.82), (0.3, 0.7), (0.1, 0.9)]):
                for y in (chance.uniform(0.06, 0.16), chance.uniform(0.8, 0.94))[: chance.choice((1, 2))]:
                    cv2.circle(plate, (int(columns * x), int(rows * y)), radius, colour, -1, cv2.LINE_AA)

    def _holder(self, plate: np.ndarray, american: bool) -> tuple[np.ndarray, tuple[int, int]]:
        """A frame with a dealer's name, on about half of all plates."""
        chance = self.chance
        rows, columns = plate.shape[:2]
        if chance.random() < 0.45:
            return plate, (0, 0)
        top, side, bottom = (int(rows * chance.uniform(0.02, most)) for most in (0.2 if american else 0.12, 0.12, 0.3))
        picture = np.empty((rows + top + bottom, columns + 2 * side, 3), np.uint8)
        picture[:] = _near(chance.choice([(18, 18, 20), (18, 18, 20), (30, 30, 34), (150, 150, 155), (60, 60, 64), (200, 200, 200)]), chance, 14)
        picture[top : top + rows, side : side + columns] = plate
        if bottom > rows * 0.1 and chance.random() < 0.75:
            colour = chance.choice([(220, 220, 220), (230, 200, 60), (220, 60, 50), (150, 150, 255)])
            self.shapes.word(picture, "frame", (side + columns * 0.05, top + rows + bottom * 0.15, side + columns * 0.95, top + rows + bottom * 0.88), colour)
        return picture, (side, top)


def _near(colour: Colour, chance: random.Random, spread: float) -> Colour:
    return tuple(int(min(255, max(0, value + chance.uniform(-spread, spread)))) for value in colour)  # type: ignore[return-value]


def _vary(colours: tuple[Colour, Colour], chance: random.Random) -> tuple[Colour, Colour]:
    light = chance.uniform(0.78, 1.06)
    paper = _near(tuple(min(255, value * light) for value in colours[0]), chance, 8)  # type: ignore[arg-type]
    ink = _near(colours[1], chance, 16)
    return (ink, paper) if chance.random() < 0.02 else (paper, ink)


def _relief(alpha: np.ndarray, height: int, chance: random.Random) -> np.ndarray:
    """Light and shade beside embossed characters."""
    shift = max(1, int(height * 0.04))
    shade = np.roll(np.roll(alpha, shift, 0), chance.choice((-shift, shift)), 1)
    return np.clip(shade - alpha, 0, 1)[..., None] * chance.uniform(20, 90) * chance.choice((-1, 1))
