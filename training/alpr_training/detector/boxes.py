"""Boxes as tensors: x1, y1, x2, y2."""
from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .network import STRIDES


def grid(sizes: list[tuple[int, int]], device: torch.device | str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """Middles (N x 2, pixels), strides and levels of all cells, levels one after the other, rows first."""
    middles, strides, levels = [], [], []
    for level, ((rows, columns), stride) in enumerate(zip(sizes, STRIDES)):
        y, x = torch.meshgrid(torch.arange(rows, device=device), torch.arange(columns, device=device), indexing="ij")
        middles.append(torch.stack([(x.flatten() + 0.5) * stride, (y.flatten() + 0.5) * stride], 1))
        strides.append(torch.full((rows * columns,), float(stride), device=device))
        levels.append(torch.full((rows * columns,), level, dtype=torch.long, device=device))
    return torch.cat(middles), torch.cat(strides), torch.cat(levels)


def flatten(outputs: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, list[tuple[int, int]]]:
    """Logits N x A and regression N x A x R of all levels, and the levels' sizes."""
    scores = torch.cat([score.flatten(2) for score, _ in outputs], 2)[:, 0].float()
    boxes = torch.cat([box.flatten(2) for _, box in outputs], 2).transpose(1, 2).float()
    return scores, boxes, [(score.shape[2], score.shape[3]) for score, _ in outputs]


def decode(regression: Tensor, middles: Tensor, strides: Tensor) -> tuple[Tensor, Tensor | None]:
    """Boxes N x A x 4 and, where the network has them, corners N x A x 8, in input pixels."""
    x, y = middles[:, 0], middles[:, 1]
    left, top, right, bottom = (regression[..., index] * strides for index in range(4))
    boxes = torch.stack([x - left, y - top, x + right, y + bottom], -1)
    if regression.shape[-1] == 4:
        return boxes, None
    return boxes, regression[..., 4:] * strides[:, None] + middles.repeat(1, 4)


def overlap(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU (Rezatofighi et al., 2019) of boxes pair by pair."""
    wide = (torch.min(one[..., 2], other[..., 2]) - torch.max(one[..., 0], other[..., 0])).clamp(min=0)
    high = (torch.min(one[..., 3], other[..., 3]) - torch.max(one[..., 1], other[..., 1])).clamp(min=0)
    common = wide * high
    union = _area(one) + _area(other) - common
    iou = common / (union + 1e-6)
    hull = (torch.max(one[..., 2], other[..., 2]) - torch.min(one[..., 0], other[..., 0])) * (
        torch.max(one[..., 3], other[..., 3]) - torch.min(one[..., 1], other[..., 1])
    )
    return iou, iou - (hull - union) / (hull + 1e-6)


def iou_table(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """IoU of every box with every other."""
    if len(one) == 0 or len(other) == 0:
        return np.zeros((len(one), len(other)))
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    areas = [(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]) for boxes in (one, other)]
    return common / np.maximum(areas[0][:, None] + areas[1][None] - common, 1e-6)


def suppress(boxes: np.ndarray, scores: np.ndarray, threshold: float = 0.5) -> list[int]:
    """Greedy suppression: which boxes stay, surest first."""
    order, kept = list(np.argsort(-scores)), []
    while order:
        best = order.pop(0)
        kept.append(int(best))
        if order:
            near = iou_table(boxes[best : best + 1], boxes[order])[0]
            order = [index for index, value in zip(order, near) if value <= threshold]
    return kept


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2] - boxes[..., 0]).clamp(min=0) * (boxes[..., 3] - boxes[..., 1]).clamp(min=0)
