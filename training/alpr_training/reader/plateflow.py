"""Our reader: LPRNet's idea (no recurrence, a wide convolution, global context) with strides instead of pooling and a head per line."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import conv_bn_relu
from .network import ReaderNetwork, normalise

WIDTHS = {"small": (24, 64, 96, 128, 192, 144), "medium": (32, 80, 128, 176, 256, 192)}


class PlateflowReader(ReaderNetwork):
    """48 x 160 in, 40 steps per line out. `small`: 1.0 M parameters, 0.16 GMAC (37 classes)."""

    size = (160, 48)
    steps = 40
    heads = 2

    def __init__(self, classes: int, width: str = "small") -> None:
        super().__init__(classes)
        first, second, third, fourth, column, context = WIDTHS[width]
        self.stem = conv_bn_relu(3, first, stride=2)
        self.down = conv_bn_relu(first, second, stride=2)
        self.mid = nn.Sequential(conv_bn_relu(second, third), Residual1(third))
        self.pool = nn.MaxPool2d((2, 1), (2, 1))
        self.deep = nn.Sequential(conv_bn_relu(third, fourth), Residual1(fourth))
        self.column = conv_bn_relu(fourth, column, (6, 1), padding=(0, 0))
        self.context = conv_bn_relu(column, context, (1, 13))
        self.point = nn.Conv2d(column, context, 1)
        self.everything = nn.Conv2d(column, context, 1)
        self.out = nn.Conv2d(context, classes * self.heads, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.deep(self.pool(self.mid(self.down(self.stem(normalise(x))))))
        columns = self.column(maps)
        everything = self.everything(F.avg_pool2d(columns, (1, self.steps), count_include_pad=False))
        scores = self.out(F.relu(self.context(columns) + self.point(columns) + everything)).squeeze(2)
        first, second = scores[:, : self.classes], scores[:, self.classes :]
        return torch.cat([first, second], 2).permute(0, 2, 1)


class Residual1(nn.Module):
    """One 3x3 convolution beside a direct way, added after its ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.inner = conv_bn_relu(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) + x


#: Names of the first network's weights (shared/models/checkpoints/reader.pt) as they are called here.
FIRST_NAMES = {
    "stem.": "stem.", "b1.": "down.", "b2.": "mid.0.", "b2b.": "mid.1.inner.", "b3.": "deep.0.", "b3b.": "deep.1.inner.",
    "col.": "column.", "ctx.": "context.", "pt.": "point.", "gl.": "everything.", "out.": "out.",
}


def from_first(weights: dict[str, Tensor], classes: int) -> dict[str, Tensor]:
    """The first network's weights under today's names; for a larger alphabet its 37 classes keep their places in each head."""
    renamed = {}
    for name, value in weights.items():
        for old, new in FIRST_NAMES.items():
            if name.startswith(old):
                renamed[new + name[len(old) :]] = value
                break
    known = renamed["out.weight"].shape[0] // 2
    if known < classes:
        for key, start in (("out.weight", 0.0), ("out.bias", -6.0)):
            old = renamed[key]
            grown = torch.full((2 * classes, *old.shape[1:]), start) if key == "out.bias" else torch.randn(2 * classes, *old.shape[1:]) * 0.01
            grown[:known], grown[classes : classes + known] = old[:known], old[known:]
            renamed[key] = grown
    return renamed


