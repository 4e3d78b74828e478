"""One line of characters as a mask, with the middle of every character: the time steps' labels come from there."""
from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np

from .glyphs import CAP, CELL, OVERSHOOT, Typeface
from .pattern import Mark


@dataclass
class LineLook:
    """How a plate's maker sets characters; the same for all lines of a plate. Shares are of the characters' height."""

    stretch: float
    gap: float
    #: width of a cell when all characters get the same; 0 sets them by their own width
    cell: float
    blank: float
    dash: float
    seal: float
    stroke: float
    #: height of small characters, and where they stand: 0 top, 1 bottom
    small: float = 0.75
    small_at: float = 0.5
    #: their width beside what their height would give
    small_width: float = 1.0


@dataclass
class DrawnLine:
    """`mask` has `rows` of characters plus overshoot; places are columns of the mask."""

    mask: np.ndarray
    characters: list[str]
    centres: list[float]
    #: (left, width) of places for seals and emblems
    seals: list[tuple[float, float]]
    #: columns of bars from the plate's upper edge to its lower
    bars: list[float]


def random_look(chance: random.Random, american: bool) -> LineLook:
    """American plates are stamped with dies of one width more often."""
    own_width = chance.random() < (0.25 if american else 0.7)
    return LineLook(
        stretch=chance.uniform(0.8, 1.15),
        gap=chance.uniform(0.07, 0.26) if own_width else chance.uniform(0.02, 0.14),
        cell=0 if own_width else chance.uniform(0.5, 0.68),
        blank=chance.uniform(0.18, 0.6),
        dash=chance.uniform(0.2, 0.45),
        seal=chance.uniform(0.28, 0.7),
        stroke=chance.uniform(0.08, 0.16),
        small=chance.uniform(0.62, 0.88),
        small_at=chance.choice((0.0, 0.5, 0.5)),
        small_width=chance.uniform(0.65, 1.0),
    )


def draw_line(marks: list[Mark], face: Typeface, height: int, look: LineLook) -> DrawnLine:
    """Characters `height` pixels high beside each other."""
    scale = height / CAP
    rows = round(CELL * scale)
    places: list[tuple[Mark, float, float]] = []
    gaps: list[tuple[str, float, float]] = []
    x = 0.0
    for mark in marks:
        if mark.character:
            size = look.small * look.small_width if mark.small else 1
            width = face.glyphs[mark.character].shape[1] * scale * look.stretch * size
            if look.cell:
                cell = look.cell * height * look.stretch * (1.5 if mark.character > "Z" else 1) * size
                width = min(width, cell)
                places.append((mark, x + (cell - width) / 2, width))
                x += cell + look.gap * height
            else:
                places.append((mark, x, width))
                x += width + look.gap * height
        elif mark.gap == " ":
            x += look.blank * height * look.stretch
        else:
            width = {"-": look.dash, ".": 0.2, "*": look.seal, "!": 0.16}[mark.gap] * height * look.stretch
            gaps.append((mark.gap, x + look.gap * height * 0.2, width))
            x += width + look.gap * height * 1.2
    mask = np.zeros((rows, int(np.ceil(x)) + 4), np.uint8)
    for place, left, width in places:
        size = look.small if place.small else 1
        _stamp(mask, face.glyphs[place.character], round(left) + 1, max(2, round(width)), size, look.small_at)
    _draw_gaps(mask, gaps, height, look)
    seals = [(left, width) for kind, left, width in gaps if kind == "*"]
    bars = [left + width / 2 for kind, left, width in gaps if kind == "!"]
    return DrawnLine(mask, [place.character for place, _, _ in places], [1 + left + width / 2 for _, left, width in places], seals, bars)


def _stamp(mask: np.ndarray, glyph: np.ndarray, left: int, width: int, size: float, at: float) -> None:
    """:param size: share of the full height, :param at: 0 stands at the top, 1 at the bottom"""
    rows = round(mask.shape[0] * size)
    scaled = cv2.resize(glyph, (width, rows), interpolation=cv2.INTER_AREA)
    right = min(mask.shape[1], left + width)
    top = round((mask.shape[0] - rows) * at)
    part = mask[top : top + rows, left:right]
    np.maximum(part, scaled[:, : right - left], out=part)


def _draw_gaps(mask: np.ndarray, gaps: list[tuple[str, float, float]], height: int, look: LineLook) -> None:
    middle = mask.shape[0] // 2
    for kind, left, width in gaps:
        if kind == "-":
            thick = max(1, round(height * look.stroke))
            cv2.rectangle(mask, (int(left) + 1, middle - thick // 2), (int(left + width), middle + thick // 2), 255, -1)
        elif kind == ".":
            radius = max(1, int(height * look.stroke * 0.6))
            cv2.circle(mask, (int(left + width / 2), middle), radius, 255, -1, cv2.LINE_AA)


def overshoot_of(height: int) -> int:
    """Rows of the mask above the characters."""
    return round(OVERSHOOT * height / CAP)
