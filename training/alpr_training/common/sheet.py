"""Contact sheets: look at what a network is shown before it is trained on it. One wrong index was only ever found that way."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import cv2
import numpy as np


def write_sheet(path: Path, pictures: Sequence[np.ndarray], captions: Sequence[str], columns: int = 6, scale: int = 2) -> None:
    """Pictures (RGB, all of one size) in a grid with a caption (ASCII) under each, as PNG or JPEG by the path's ending."""
    if not pictures:
        raise ValueError("Expected pictures for a contact sheet but received none")
    height, width = pictures[0].shape[:2]
    cells = []
    for picture, caption in zip(pictures, captions):
        cell = np.full(((height * scale) + 16, width * scale + 4, 3), 255, np.uint8)
        cell[: height * scale, : width * scale] = cv2.resize(
            picture, (width * scale, height * scale), interpolation=cv2.INTER_NEAREST
        )
        cv2.putText(cell, caption, (2, height * scale + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (180, 0, 0), 1, cv2.LINE_AA)
        cells.append(cell)
    while len(cells) % columns:
        cells.append(np.full_like(cells[0], 255))
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows)[:, :, ::-1])
