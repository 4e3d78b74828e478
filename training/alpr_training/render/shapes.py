"""Small things on plates that are no characters: seals, emblems, flags, bolts, words too small to be read."""
from __future__ import annotations

import math
import random

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pathlib import Path

from .styles import Colour

# fmt: off
WORDS = {
    "state": "ALABAMA ALASKA Arizona Arkansas California COLORADO Connecticut DELAWARE FLORIDA Georgia HAWAII IDAHO Illinois INDIANA IOWA KANSAS KENTUCKY Louisiana Maine MARYLAND MICHIGAN Minnesota MISSOURI MONTANA NEBRASKA NEVADA NewJersey NEWYORK OHIO OKLAHOMA OREGON TENNESSEE TEXAS UTAH VERMONT VIRGINIA WASHINGTON WISCONSIN WYOMING ONTARIO QUEBEC Alberta Manitoba".split(),
    "slogan": ["Sunshine", "Garden land", "Golden coast", "Land of lakes", "Great river", "Wild west", "Grand canyon", "www.state.gov", "VISIT US", "Home sweet home", "DEALER", "EXEMPT", "COLLECTOR", "In liberty", "Ocean breeze", "Big sky", "First light"],
    "city": ["SP-SAO PAULO", "RJ-RIO DE JANEIRO", "BA-SALVADOR", "MG-BELO HORIZONTE", "PR-CURITIBA", "RS-PORTO ALEGRE", "CE-FORTALEZA", "DF-BRASILIA", "BRASIL", "ARGENTINA", "COLOMBIA", "BOGOTA", "CHILE", "PERU", "MEXICO", "NSW", "VICTORIA", "NEW ZEALAND", "GAUTENG", "BUENOS AIRES"],
    "frame": ["AUTOHAUS", "www.autohaus.example", "MOTORS INC", "Dealer Sales", "GARAGE", "tel 0123 456", "Auto Centrum", "SERVICE", "Volvo", "FORD", "TOYOTA", "HONDA", "Concessionaria", "Talleres", "ALUMNI", "RACING TEAM"],
    "small": "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC 08 09 10 11 12 13 14 15 16 24 25 D F I E NL PL CZ SK GB A H SLO HR RO BG LT P B S FIN DK IRL TR UA RUS N CH BR IND 75 92 59 33 MI RM RUS UZ".split(),
}
# fmt: on


class Shapes:
    """Draws onto pictures (RGB uint8) in place."""

    def __init__(self, fonts: list[Path], chance: random.Random) -> None:
        self.chance = chance
        faces = [ImageFont.truetype(str(path), 30) for path in fonts[:10]]
        self._words = {kind: [_word(text, face) for text in texts for face in chance.sample(faces, min(3, len(faces)))] for kind, texts in WORDS.items()}

    def colour(self) -> Colour:
        return tuple(self.chance.randrange(256) for _ in range(3))  # type: ignore[return-value]

    def word(self, picture: np.ndarray, kind: str, box: tuple[float, float, float, float], colour: Colour) -> None:
        """A word that fills the height of a box (x1, y1, x2, y2), centred; boxes outside the picture are left out."""
        x1, y1, x2, y2 = (int(value) for value in box)
        height, width = y2 - y1, x2 - x1
        if height < 2 or width < 4 or x1 < 0 or y1 < 0 or x2 > picture.shape[1] or y2 > picture.shape[0]:
            return
        word = self.chance.choice(self._words[kind])
        fitted = min(width, max(2, int(word.shape[1] * height / word.shape[0] * self.chance.uniform(0.8, 1.4))))
        left = x1 + (width - fitted) // 2
        alpha = cv2.resize(word, (fitted, height), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
        alpha *= self.chance.uniform(0.6, 1)
        part = picture[y1:y2, left : left + fitted]
        part[:] = (part * (1 - alpha) + np.array(colour, np.float32) * alpha).astype(np.uint8)

    def seal(self, picture: np.ndarray, x: float, y: float, radius: float, ink: Colour) -> None:
        """Something round, star-shaped, shield-shaped or square: no two emblems of the world are alike."""
        chance = self.chance
        radius = max(2, int(radius))
        centre = (int(x), int(y))
        colour = ink if chance.random() < 0.25 else self.colour()
        kind = chance.randrange(6)
        if kind == 0:
            cv2.circle(picture, centre, radius, colour, -1, cv2.LINE_AA)
            cv2.circle(picture, centre, max(1, radius // 2), self.colour(), -1, cv2.LINE_AA)
        elif kind == 1:
            cv2.circle(picture, centre, radius, colour, max(1, radius // 4), cv2.LINE_AA)
        elif kind == 2:
            angles = np.arange(10) * math.pi / 5
            reach = np.where(np.arange(10) % 2, radius * 0.45, radius * 1.1)
            star = np.stack([x + reach * np.sin(angles), y - reach * np.cos(angles)], 1).astype(np.int32)
            cv2.fillPoly(picture, [star], colour, cv2.LINE_AA)
        elif kind == 3:
            points = np.array([[chance.uniform(-1, 1), chance.uniform(-1.3, 1.3)] for _ in range(chance.randrange(4, 9))])
            shape = (points * radius + [x, y]).astype(np.int32)
            cv2.fillPoly(picture, [cv2.convexHull(shape)], colour, cv2.LINE_AA)
        elif kind == 4:
            shield = np.array([[-0.7, -1], [0.7, -1], [0.7, 0.3], [0, 1], [-0.7, 0.3]]) * radius + [x, y]
            cv2.fillPoly(picture, [shield.astype(np.int32)], colour, cv2.LINE_AA)
        else:
            box = (x - radius * 0.9, y - radius, x + radius * 0.9, y + radius)
            cv2.rectangle(picture, (int(box[0]), int(box[1])), (int(box[2]), int(box[3])), colour, -1)
            self.word(picture, "small", (box[0] + 1, y - radius * 0.6, box[2] - 1, y + radius * 0.6), self.colour())


def _word(text: str, face: ImageFont.FreeTypeFont) -> np.ndarray:
    left, top, right, bottom = face.getbbox(text)
    picture = Image.new("L", (right - left + 4, bottom - top + 4))
    ImageDraw.Draw(picture).text((2 - left, 2 - top), text, fill=255, font=face)
    return np.asarray(picture)
