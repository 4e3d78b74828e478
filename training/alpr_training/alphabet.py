"""Which characters a reader knows, and which class each is. Class 0 is CTC's blank; character i of the alphabet is class i + 1."""
from __future__ import annotations

LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Provinces, regions and municipalities of the mainland, in the order of GB/T 2260.
PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
# What follows the number on police, training, embassy, consulate, trailer, Hong Kong and Macau plates.
SUFFIXES = "警学使领挂港澳"

ALPHABETS = {"latin": LATIN, "latin+cn": LATIN + PROVINCES + SUFFIXES, "digits": "0123456789"}


def alphabet(name: str) -> str:
    """The characters of a named alphabet.

    :raises KeyError: with the known names
    """
    if name not in ALPHABETS:
        raise KeyError(f"Expected one of {', '.join(ALPHABETS)} for the alphabet but received {name}")
    return ALPHABETS[name]


def encode(text: str, characters: str) -> list[int]:
    """Classes of a text; a ValueError names the character that the alphabet has not."""
    classes = []
    for character in text:
        position = characters.find(character)
        if position < 0:
            raise ValueError(f"Expected characters of the alphabet for a label but received {character!r} in {text!r}")
        classes.append(position + 1)
    return classes


def fold(text: str) -> str:
    """O and 0, I and 1 counted as the same: many plates draw them alike, and only the country's format tells them apart."""
    return text.replace("O", "0").replace("I", "1")
