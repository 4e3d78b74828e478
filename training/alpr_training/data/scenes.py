"""Pictures with boxes: `<folder>/<source>/labels.jsonl`, one object per line (shared datasets' format)."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

#: In these sources not everything that is to be seen is boxed: what a network finds beside the boxes is not known to be wrong.
INCOMPLETE = {"ro_robertlucian", "in_dataturks", "oi_vehicles_roboflow", "oi_license_plates_roboflow", "trafficcam_topview_roboflow", "trafficcam_atl_roboflow"}


@dataclass
class Scene:
    """`quads` N x 4 x 2 (clockwise from the top left), `exact` tells whether corners are real or only the box's."""

    path: Path
    source: str
    split: str
    width: int
    height: int
    quads: np.ndarray
    exact: np.ndarray
    classes: list[str] = field(default_factory=list)
    #: everything of the kind is boxed
    complete: bool = True
    _picture: np.ndarray | None = None

    @property
    def boxes(self) -> np.ndarray:
        """N x 4: hulls of the quads."""
        if len(self.quads) == 0:
            return np.zeros((0, 4))
        return np.concatenate([self.quads.min(1), self.quads.max(1)], 1)

    def load(self) -> np.ndarray:
        """uint8 RGB, not to be written to; read once and kept.

        :raises ValueError: when the file is no picture, or not of the labelled size
        """
        if self._picture is None:
            picture = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
            if picture is None:
                raise ValueError(f"Expected a picture for {self.path} but received something else")
            if picture.shape[:2] != (self.height, self.width):
                # Labels of other pictures were trained on once; sizes told.
                raise ValueError(f"Expected {self.width} x {self.height} for {self.path} but received {picture.shape[1]} x {picture.shape[0]}")
            self._picture = np.ascontiguousarray(picture[:, :, ::-1])
        return self._picture


def preload(scenes: list[Scene], most_bytes: int = 6_000_000_000) -> None:
    """Reads pictures before worker processes are forked, which then share them: decoding them anew each time costs more than all else.

    :param most_bytes: what is above is read when it is needed, in each process
    """
    used = 0
    for scene in scenes:
        used += scene.width * scene.height * 3
        if used > most_bytes:
            return
        scene.load()


def list_scenes(folder: Path, split: str, kind: str, sources: set[str] | None = None) -> list[Scene]:
    """Scenes of one split.

    :param kind: `plates` or `objects` (vehicles), the key of the labels
    :raises FileNotFoundError: when there are no labels
    """
    files = sorted(folder.glob("*/labels.jsonl")) or ([folder / "labels.jsonl"] if (folder / "labels.jsonl").exists() else [])
    if not files:
        raise FileNotFoundError(f"Expected labels.jsonl in {folder} or its folders but found none")
    scenes = []
    for labels in files:
        source = labels.parent.name
        if sources is not None and source not in sources:
            continue
        for line in labels.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line) if line.strip() else None
            if entry is not None and (entry.get("split") or "train") == split:
                scenes.append(_scene(labels.parent, source, entry, kind))
    return scenes


def _scene(folder: Path, source: str, entry: dict, kind: str) -> Scene:
    things = entry.get(kind) or []
    quads = [_quad(thing) for thing in things]
    return Scene(
        path=folder / entry["file"], source=source, split=entry.get("split") or "train", width=entry["width"], height=entry["height"],
        quads=np.array(quads, np.float64).reshape(-1, 4, 2), exact=np.array(["corners" in thing for thing in things], bool),
        classes=[thing.get("class", "plate") for thing in things], complete=source not in INCOMPLETE,
    )


def _quad(thing: dict) -> list[list[float]]:
    if thing.get("corners"):
        return thing["corners"]
    x, y, width, height = (thing[key] for key in ("x", "y", "w", "h"))
    return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
