"""Characters as masks of one height, so that a plate is put together from pictures instead of being typeset anew each time."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..alphabet import LATIN, PROVINCES, SUFFIXES
from .fonts import find_fonts

# Pixels of a capital letter's height, and above and below it for strokes that overshoot.
CAP = 64
OVERSHOOT = 3
CELL = CAP + 2 * OVERSHOOT


@dataclass
class Typeface:
    """Masks (uint8, CELL rows, tight columns) by character."""

    name: str
    kind: str
    glyphs: dict[str, np.ndarray] = field(default_factory=dict)

    def has(self, text: str) -> bool:
        return all(character in self.glyphs for character in text)


def load_typefaces(folders: list[Path]) -> list[Typeface]:
    """All fonts of the table that are here and can draw their characters."""
    typefaces = []
    for font, path in find_fonts(folders):
        wanted = PROVINCES + SUFFIXES if font.kind == "chinese" else LATIN
        glyphs = draw_glyphs(path, wanted)
        if glyphs is not None:
            typefaces.append(Typeface(path.name, font.kind, glyphs))
    return typefaces


def draw_glyphs(path: Path, characters: str) -> dict[str, np.ndarray] | None:
    """Masks of the characters; None when the font lacks one."""
    chinese = characters[0] in PROVINCES
    model = "国" if chinese else "H"
    first = ImageFont.truetype(str(path), 100)
    top, bottom = _rows(first, model)
    font = ImageFont.truetype(str(path), max(8, round(100 * CAP / max(1, bottom - top))))
    top, bottom = _rows(font, model)
    missing = _mask(font, "\uffff", top, bottom)
    glyphs = {}
    for character in characters:
        mask = _mask(font, character, top, bottom)
        if mask is None or (missing is not None and mask.shape == missing.shape and np.array_equal(mask, missing)):
            return None
        glyphs[character] = mask
    return glyphs


def _rows(font: ImageFont.FreeTypeFont, character: str) -> tuple[int, int]:
    box = font.getbbox(character)
    return box[1], box[3]


def _mask(font: ImageFont.FreeTypeFont, character: str, top: int, bottom: int) -> np.ndarray | None:
    left, _, right, _ = font.getbbox(character)
    if right - left < 2:
        return None
    picture = Image.new("L", (right - left + 8, CAP * 4), 0)
    ImageDraw.Draw(picture).text((4 - left, CAP - top), character, fill=255, font=font)
    rows = np.asarray(picture)[CAP - OVERSHOOT : CAP + (bottom - top) + OVERSHOOT]
    columns = np.where(rows.max(axis=0) > 40)[0]
    if len(columns) == 0:
        return None
    mask = np.zeros((CELL, columns[-1] + 1 - columns[0]), np.uint8)
    mask[: rows.shape[0]] = rows[:CELL, columns[0] : columns[-1] + 1]
    return mask
