"""How well a detector finds, per source: recall, precision, average precision at IoU 0.5, corner error."""
from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

from ..data.scenes import Scene
from .boxes import decode, flatten, grid, iou_table, suppress
from .network import Detector

GREY = 114


@dataclass
class DetectionScore:
    """Counts at one threshold, and all detections for the average precision."""

    objects: int = 0
    hits: int = 0
    false: int = 0
    detections: list[tuple[float, bool]] = field(default_factory=list)
    #: mean distance of found corners from real ones, shares of the square root of the plate's area
    corner_errors: list[float] = field(default_factory=list)

    def row(self) -> dict[str, float]:
        found = self.hits + self.false
        return {
            "objects": self.objects,
            "recall": round(self.hits / max(1, self.objects), 3),
            "precision": round(self.hits / max(1, found), 3),
            "ap50": round(average_precision(self.detections, self.objects), 3),
            "corner": round(float(np.median(self.corner_errors)), 3) if self.corner_errors else -1.0,
        }


@torch.no_grad()
def detect(network: Detector, picture: np.ndarray, side: int, threshold: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Scores, boxes and corners in pixels of the picture, letterboxed to `side`.

    Boxes of networks with corners are the corners' hulls: several sources have loose boxes, and the distances learned that.
    """
    height, width = picture.shape[:2]
    scale = min(side / width, side / height)
    size = (round(width * scale), round(height * scale))
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    canvas = np.full((side, side, 3), GREY, np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    device = next(network.parameters()).device
    outputs = network.eval()(torch.from_numpy(canvas).to(device).permute(2, 0, 1)[None].float())
    logits, regression, sizes = flatten(outputs)
    middles, strides, _ = grid(sizes, device)
    boxes, corners = decode(regression, middles, strides)
    scores = logits.sigmoid()[0].cpu().numpy()
    likely = np.where(scores > threshold)[0]
    likely = likely[np.argsort(-scores[likely])[:300]]
    kept = likely[suppress(boxes[0].cpu().numpy()[likely], scores[likely])] if len(likely) else likely
    shift = np.array([left, top])
    found = (boxes[0].cpu().numpy()[kept].reshape(-1, 2, 2) - shift) / scale
    if corners is None:
        return scores[kept], found.reshape(-1, 4), None
    points = (corners[0].cpu().numpy()[kept].reshape(-1, 4, 2) - shift) / scale
    return scores[kept], np.concatenate([points.min(1), points.max(1)], 1), points


def evaluate(network: Detector, scenes: list[Scene], side: int, threshold: float, smallest: float = 10) -> dict[str, DetectionScore]:
    """Scores by source, and of all together as `all`.

    Objects narrower than `smallest` pixels of the network's input count neither way; nor do unknown finds where not everything is boxed.
    """
    scores: dict[str, DetectionScore] = {}
    for scene in scenes:
        certainty, boxes, points = detect(network, scene.load(), side)
        own = [scores.setdefault(name, DetectionScore()) for name in (scene.source, "all")]
        _count(own, scene, certainty, boxes, points, threshold, smallest * max(scene.width, scene.height) / side)
    return scores


def _count(scores: list[DetectionScore], scene: Scene, certainty: np.ndarray, boxes: np.ndarray, points: np.ndarray | None, threshold: float, smallest: float) -> None:
    wanted = scene.boxes
    small = (wanted[:, 2] - wanted[:, 0]) < smallest
    table, taken = iou_table(boxes, wanted), set()
    for score in scores:
        score.objects += int((~small).sum())
    for index in np.argsort(-certainty):
        match = next((int(column) for column in np.argsort(-table[index]) if table[index][column] >= 0.5 and column not in taken), -1) if len(wanted) else -1
        if match >= 0:
            taken.add(match)
            if small[match]:
                continue
        elif not scene.complete or (len(wanted) and small.any() and (table[index][small] > 0.2).any()):
            continue
        for score in scores:
            score.detections.append((float(certainty[index]), match >= 0))
            if certainty[index] >= threshold:
                score.hits += match >= 0
                score.false += match < 0
            if match >= 0 and points is not None and scene.exact[match]:
                box = wanted[match]
                size = float(np.sqrt((box[2] - box[0]) * (box[3] - box[1])))
                score.corner_errors.append(float(np.linalg.norm(points[index] - scene.quads[match], axis=1).mean()) / max(size, 1))


def average_precision(detections: list[tuple[float, bool]], objects: int) -> float:
    """Area under the precision-recall curve, precision made monotone (Pascal VOC 2010)."""
    if not detections or objects == 0:
        return 0.0
    right = np.cumsum([hit for _, hit in sorted(detections, key=lambda entry: -entry[0])])
    precision = right / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    recall = np.concatenate([[0], right / objects])
    return float((np.diff(recall) * precision).sum())
