"""Which cells answer for which object, and what their answers cost."""
from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .boxes import decode, flatten, grid, overlap

#: Columns of a target: 0 kind (0 none, 1 object, 2 ignore), 1–4 box, 5–12 corners, 13 weight of the corners.
KIND, BOX, CORNERS, CORNER_WEIGHT, COLUMNS = 0, slice(1, 5), slice(5, 13), 13, 14
#: Square root of an object's area (px) that each stride answers for; they overlap, so that no size falls between.
PLATE_RANGES = ((0, 44), (30, 100), (70, 1e9))
VEHICLE_RANGES = ((0, 60), (40, 150), (100, 1e9))


@dataclass(frozen=True)
class LossOptions:
    ranges: tuple[tuple[float, float], ...] = PLATE_RANGES
    #: cells within so many strides of the middle may answer
    radius: float = 1.5
    #: the best so many of them do
    answers: int = 6
    score_weight: float = 1.5
    box_weight: float = 2.0
    corner_weight: float = 2.0


def detection_loss(outputs: list[tuple[Tensor, Tensor]], targets: Tensor, options: LossOptions) -> tuple[Tensor, dict[str, float]]:
    """Quality focal loss on the score (Li et al., "Generalized Focal Loss", 2020), GIoU on boxes, smooth L1 on corners.

    :param targets: N x M x COLUMNS
    """
    scores, regression, sizes = flatten(outputs)
    middles, strides, levels = grid(sizes, scores.device)
    boxes, corners = decode(regression, middles, strides)
    wanted = targets[..., BOX]
    picture, thing, cell, ignored = _assign(scores, boxes, targets, middles, strides, levels, options)
    count = max(1, len(picture))
    quality = torch.zeros_like(scores)
    box_loss = corner_loss = regression.sum() * 0
    if len(picture):
        iou, generalised = overlap(boxes[picture, cell], wanted[picture, thing])
        quality[picture, cell] = iou.detach().clamp(0.05, 1)
        box_loss = (1 - generalised).sum() / count
        if corners is not None:
            weight = targets[picture, thing, CORNER_WEIGHT]
            size = _size(wanted[picture, thing])
            off = (corners[picture, cell] - targets[picture, thing][:, CORNERS]) / size[:, None]
            each = F.smooth_l1_loss(off, torch.zeros_like(off), beta=0.04, reduction="none").mean(1)
            corner_loss = (each * weight).sum() / weight.sum().clamp(min=1)
    probability = scores.sigmoid()
    focus = (quality - probability).abs().detach() ** 2
    judged = (~ignored | (quality > 0)).float()
    score_loss = (F.binary_cross_entropy_with_logits(scores, quality, reduction="none") * focus * judged).sum() / count
    total = options.score_weight * score_loss + options.box_weight * box_loss + options.corner_weight * corner_loss
    return total, {"score": score_loss.item(), "box": box_loss.item(), "corner": float(corner_loss), "answers": count / len(scores)}


@torch.no_grad()
def _assign(scores: Tensor, boxes: Tensor, targets: Tensor, middles: Tensor, strides: Tensor, levels: Tensor, options: LossOptions):
    """@returns indices of picture, object and cell of every answer, and which cells are not judged"""
    kind, wanted = targets[..., KIND], targets[..., BOX]
    size = _size(wanted)
    low = torch.tensor([low for low, _ in options.ranges], device=scores.device)[levels]
    high = torch.tensor([float(high) for _, high in options.ranges], device=scores.device)[levels]
    centre = (wanted[..., :2] + wanted[..., 2:]) / 2
    away = (middles[None, None] - centre[:, :, None]).abs()
    near = (away <= options.radius * strides[:, None]).all(-1)
    fits = (size[..., None] >= low) & (size[..., None] < high)
    candidates = (kind == 1)[..., None] & near & fits
    inside = (middles > wanted[..., None, :2]).all(-1) & (middles < wanted[..., None, 2:]).all(-1)
    ignored = (inside & (kind == 2)[..., None]).any(1)
    picture, thing, cell = candidates.nonzero(as_tuple=True)
    if len(picture) == 0:
        return picture, thing, cell, ignored
    iou, _ = overlap(boxes[picture, cell], wanted[picture, thing])
    distance = away[picture, thing, cell].sum(-1) / strides[cell]
    merit = torch.full(candidates.shape, -1.0, device=scores.device)
    merit[picture, thing, cell] = 1 + iou + 0.5 * scores[picture, cell].sigmoid() - 0.03 * distance
    # A cell answers for one object only.
    best = merit.argmax(1, keepdim=True)
    merit = torch.where(torch.arange(merit.shape[1], device=scores.device)[None, :, None] == best, merit, torch.tensor(-1.0, device=scores.device))
    top, index = merit.topk(min(options.answers, merit.shape[2]), 2)
    picture, thing, rank = (top > 0).nonzero(as_tuple=True)
    return picture, thing, index[picture, thing, rank], ignored


def _size(boxes: Tensor) -> Tensor:
    return ((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])).clamp(min=0).sqrt()
