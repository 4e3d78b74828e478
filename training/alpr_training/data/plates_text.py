"""Cut-out plates with their text: `<folder>/<source>/labels.csv` with file, text, region, lines, split (shared datasets' format, and
that of crops which example flow 10 keeps for retraining)."""
from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..alphabet import fold

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class TextCrop:
    """One labelled plate; `path` is a picture of any format that OpenCV reads."""

    path: Path
    text: str
    source: str
    region: str
    lines: int
    split: str

    def load(self) -> np.ndarray | None:
        """uint8 RGB; None when the file is no picture."""
        picture = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        return None if picture is None else picture[:, :, ::-1]


def list_crops(folder: Path, split: str, characters: str, sources: set[str] | None = None) -> list[TextCrop]:
    """Crops of one split whose texts the alphabet can write.

    :param sources: names of folders; None for all
    :raises FileNotFoundError: when the folder has no labels at all
    """
    if split not in SPLITS:
        raise ValueError(f"Expected one of {', '.join(SPLITS)} for the split but received {split}")
    files = [folder / "labels.csv"] if (folder / "labels.csv").exists() else sorted(folder.glob("*/labels.csv"))
    if not files:
        raise FileNotFoundError(f"Expected labels.csv in {folder} or its folders but found none")
    crops = []
    for labels in files:
        source = labels.parent.name
        if sources is not None and source not in sources:
            continue
        with labels.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                text = _clean(row.get("text") or "")
                if (row.get("split") or "train") != split or not text or any(sign not in characters for sign in text):
                    continue
                lines = int(row.get("lines") or 1)
                crops.append(TextCrop(labels.parent / row["file"], text, source, row.get("region") or "", lines, split))
    return crops


def without_texts_of(crops: list[TextCrop], others: list[TextCrop]) -> list[TextCrop]:
    """Leaves out plates whose text stands in `others`: the same plate photographed twice must not be in two splits."""
    taken = {fold(crop.text) for crop in others}
    return [crop for crop in crops if fold(crop.text) not in taken]


def _clean(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())
