"""From a pattern to what stands on the plate."""
from __future__ import annotations

import random
from dataclasses import dataclass

from .styles import GROUPS, Style

DIGITS = "0123456789"
CONSONANTS = "BCDFGHJKLMNPRSTVWXYZ"
#: Q stands on few plates of the world and looks like O: drawn as often as the others it is read too often.
RARE_Q = 0.6
#: Twins beside each other (911, 777, NN) are what CTC loses most easily; chosen plates have more of them than dice give.
TWINS = 0.08


@dataclass(frozen=True)
class Mark:
    """`character` where it is read; otherwise `gap` is what stands between: blank, `-`, `.`, `*` (a place for a seal) or `!` (a bar)."""

    character: str = ""
    gap: str = ""
    #: smaller than the others, as a region's number in a box of its own is
    small: bool = False


def fill_pattern(pattern: str, style: Style, chance: random.Random) -> list[list[Mark]]:
    """Lines of marks, drawn at random as the pattern says."""
    return [_fill_line(line, style, chance) for line in pattern.split("|")]


def text_of(lines: list[list[Mark]]) -> str:
    """What a reader should say: the characters of all lines, top to bottom."""
    return "".join(mark.character for line in lines for mark in line)


def _fill_line(line: str, style: Style, chance: random.Random) -> list[Mark]:
    marks: list[Mark] = []
    position = 0
    small = False
    while position < len(line):
        sign = line[position]
        if sign in "()":
            small = sign == "("
        elif sign == "{":
            end = line.index("}", position)
            marks += [Mark(character, small=small) for character in chance.choice(GROUPS[line[position + 1 : end]])]
            position = end
        elif sign in " -.*!":
            marks.append(Mark(gap=sign))
        elif position > 0 and line[position - 1] == sign and sign in "LDCX" and chance.random() < TWINS:
            marks.append(marks[-1])
        else:
            marks.append(Mark(_draw(sign, style, chance), small=small))
        position += 1
    return marks


def _draw(sign: str, style: Style, chance: random.Random) -> str:
    if sign == "L":
        letter = chance.choice(style.letters)
        return chance.choice(style.letters) if letter == "Q" and chance.random() < RARE_Q else letter
    if sign == "C":
        return chance.choice(CONSONANTS)
    if sign == "D":
        return chance.choice(DIGITS)
    if sign == "N":
        return chance.choice(DIGITS[1:])
    if sign == "X":
        # Fully random strings with as many O and I as there are 0 and 1 would teach a coin toss.
        return chance.choice(DIGITS + "ABCDEFGHJKLMNPRSTUVWXYZ" * 2 + "OIQ")
    return sign
