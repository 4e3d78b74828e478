"""LPRNet as its paper has it (Zherzdev and Gruzdev, "LPRNet: License Plate Recognition via Deep Neural Networks", 2018).

Table 1 is the location network, table 2 the small basic block, table 3 the backbone; section 3.1 the global context. What the paper
leaves open is said where it is decided.
"""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .network import ReaderNetwork, normalise


class SmallBasicBlock(nn.Module):
    """Table 2: 1x1 to a quarter of the channels, 3x1, 1x3, 1x1."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        quarter = outputs // 4
        self.block = nn.Sequential(
            _conv(inputs, quarter, 1),
            _conv(quarter, quarter, (3, 1), padding=(1, 0)),
            _conv(quarter, quarter, (1, 3), padding=(0, 1)),
            _conv(quarter, outputs, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.block(x)


class LocationNetwork(nn.Module):
    """Table 1: from the picture to the six numbers of an affine transform; starts as no transform at all.

    The table's tanh is "scaled": here by 0.5 around the identity, so that it can shift by a quarter of the plate and no further.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.pooled = nn.Sequential(nn.AvgPool2d(3, 2), nn.Conv2d(3, 32, 5, 3), nn.ReLU(inplace=True))
        self.direct = nn.Sequential(nn.Conv2d(3, 32, 5, 5), nn.ReLU(inplace=True))
        with torch.no_grad():
            features = self._features(torch.zeros(1, 3, size[1], size[0])).shape[1]
        self.first = nn.Linear(features, 32)
        self.last = nn.Linear(32, 6)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        self.dropout = nn.Dropout(0.5)

    def _features(self, x: Tensor) -> Tensor:
        # Both ways end at different sizes; they are joined at the smaller one's.
        one, other = self.pooled(x), self.direct(x)
        rows, columns = min(one.shape[2], other.shape[2]), min(one.shape[3], other.shape[3])
        joined = torch.cat([one[:, :, :rows, :columns], other[:, :, :rows, :columns]], 1)
        return joined.flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        change = torch.tanh(self.last(torch.tanh(self.first(self.dropout(self._features(x)))))) * 0.5
        identity = torch.tensor([1.0, 0, 0, 0, 1, 0], device=x.device)
        grid = F.affine_grid((identity + change).view(-1, 2, 3), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


class LprNet(ReaderNetwork):
    """94x24 in, 88 steps out (three 3-wide poolings without padding take six columns): LPRNet basic, 0.34 GFLOP in the paper's count.

    `context`, `alignment` switch what table 5 switches. Alignment joins after 5000 steps (section 3.2).
    """

    size = (94, 24)
    steps = 88
    JOIN_AFTER = 5000

    def __init__(self, classes: int, context: bool = True, alignment: bool = True) -> None:
        super().__init__(classes)
        self.location = LocationNetwork(self.size) if alignment else None
        self.aligns = False
        # Where a character shows in time is no longer known once the picture is moved.
        self.aligned = not alignment
        self.stages = nn.ModuleList(
            [
                nn.Sequential(_conv(3, 64, 3, padding=1), nn.MaxPool2d((3, 3), 1)),
                nn.Sequential(SmallBasicBlock(64, 128), nn.MaxPool2d((3, 3), (2, 1))),
                nn.Sequential(SmallBasicBlock(128, 256), SmallBasicBlock(256, 256), nn.MaxPool2d((3, 3), (2, 1)), nn.Dropout(0.5)),
                nn.Sequential(_conv(256, 256, (4, 1)), nn.Dropout(0.5), nn.Conv2d(256, classes, (1, 13), padding=(0, 6))),
            ]
        )
        self.whole = nn.Linear(classes, classes) if context else None
        self.mix = nn.Conv2d(classes * (2 if context else 1), classes, 1)

    def after_step(self, step: int) -> None:
        self.aligns = self.location is not None and step >= self.JOIN_AFTER

    def forward(self, x: Tensor) -> Tensor:
        x = normalise(x)
        if self.location is not None and (self.aligns or not self.training):
            x = self.location(x)
        for stage in self.stages:
            x = stage(x)
        if self.whole is not None:
            # Section 3.1: a fully connected layer over the backbone's output, tiled and concatenated.
            everything = self.whole(x.mean((2, 3)))
            x = torch.cat([x, everything[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[3])], 1)
        return self.mix(x).mean(2).permute(0, 2, 1)


def _conv(inputs: int, outputs: int, kernel: int | tuple[int, int], padding: int | tuple[int, int] = 0) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
