"""The detector: three strides, no anchors, plate corners beside the box.

Only Conv, Relu, Add, Concat, MaxPool and nearest Resize before the decoding, so that an accelerator's compiler takes it; regression is
linear in units of the stride (no exp), which keeps ranges small for INT8.
"""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDES = (8, 16, 32)
STAGES = (16, 32, 48, 96, 128)
NECK = 48
#: Logit of a score that is right once in a hundred cells: what an untrained network should say.
PRIOR = -4.6


def conv(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
        nn.ReLU(inplace=True),
    )


class Bottleneck(nn.Module):
    """Two dense 3x3 convolutions beside a direct way: as fast per picture as depthwise ones on a CPU, and stronger."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = conv(channels, channels, 3), conv(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))


class PartialBlock(nn.Module):
    """Cross stage partial block (Wang et al., "CSPNet", 2019), with two 1x1 convolutions instead of a split."""

    def __init__(self, inputs: int, outputs: int, depth: int = 1, direct: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.left, self.right = conv(inputs, half), conv(inputs, half)
        self.inner = nn.ModuleList([Bottleneck(half) if direct else nn.Sequential(conv(half, half, 3)) for _ in range(depth)])
        self.join = conv(half * (2 + depth), outputs)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.left(x), self.right(x)]
        for block in self.inner:
            parts.append(block(parts[-1]))
        return self.join(torch.cat(parts, 1))


class PyramidPooling(nn.Module):
    """Spatial pyramid pooling by repeated 5x5 maxima (YOLOv5's SPPF)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shrink, self.join = conv(channels, channels // 2), conv(channels * 2, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.shrink(x)]
        for _ in range(3):
            parts.append(F.max_pool2d(parts[-1], 5, 1, 2))
        return self.join(torch.cat(parts, 1))


class Head(nn.Module):
    """Score and regression of one stride, each through two depthwise-separable convolutions."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()

        def tower() -> nn.Sequential:
            layers = [conv(channels, channels, 3, groups=channels), conv(channels, channels)]
            return nn.Sequential(*layers, conv(channels, channels, 3, groups=channels), conv(channels, channels))

        self.score_tower, self.box_tower = tower(), tower()
        self.score, self.box = nn.Conv2d(channels, 1, 1), nn.Conv2d(channels, outputs, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.score(self.score_tower(x)), self.box(self.box_tower(x))


class Detector(nn.Module):
    """float N x 3 x H x W (0…255 RGB, H and W multiples of 32) to (score logits, regression) per stride.

    Regression: distances left, top, right, bottom from the cell's middle, then (with corners) x and y of the four corners from
    there, clockwise from the top left; all in strides.
    """

    def __init__(self, corners: bool) -> None:
        super().__init__()
        self.corners = corners
        outputs = 12 if corners else 4
        a, b, c, d, e = STAGES
        self.stem = conv(3, a, 3, 2)
        self.stage1 = nn.Sequential(conv(a, b, 3, 2), PartialBlock(b, b, 1))
        self.stage2 = nn.Sequential(conv(b, c, 3, 2), PartialBlock(c, c, 1))
        self.stage3 = nn.Sequential(conv(c, d, 3, 2), PartialBlock(d, d, 2))
        self.stage4 = nn.Sequential(conv(d, e, 3, 2), PartialBlock(e, e, 1), PyramidPooling(e))
        self.lateral = nn.ModuleList([conv(width, NECK) for width in (c, d, e)])
        self.down_merge = nn.ModuleList([PartialBlock(NECK * 2, NECK, 1, direct=False) for _ in range(2)])
        self.shrink = nn.ModuleList([conv(NECK, NECK, 3, 2) for _ in range(2)])
        self.up_merge = nn.ModuleList([PartialBlock(NECK * 2, NECK, 1, direct=False) for _ in range(2)])
        self.heads = nn.ModuleList([Head(NECK, outputs) for _ in STRIDES])
        self._start()

    def forward(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        x = (x - 127.5) * (1 / 64)
        fine = self.stage2(self.stage1(self.stem(x)))
        middle = self.stage3(fine)
        coarse = self.lateral[2](self.stage4(middle))
        up4 = self.down_merge[0](torch.cat([self.lateral[1](middle), _double(coarse)], 1))
        up3 = self.down_merge[1](torch.cat([self.lateral[0](fine), _double(up4)], 1))
        down4 = self.up_merge[0](torch.cat([self.shrink[0](up3), up4], 1))
        down5 = self.up_merge[1](torch.cat([self.shrink[1](down4), coarse], 1))
        return [head(maps) for head, maps in zip(self.heads, (up3, down4, down5))]

    def _start(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        for head in self.heads:
            nn.init.normal_(head.score.weight, std=0.01)
            nn.init.constant_(head.score.bias, PRIOR)
            nn.init.normal_(head.box.weight, std=0.01)
            # A plate is about twice as wide as high.
            start = [2.0, 1, 2, 1] + ([-2.0, -1, 2, -1, 2, 1, -2, 1] if self.corners else [])
            with torch.no_grad():
                head.box.bias.copy_(torch.tensor(start))


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


#: Where the first networks' weights (shared/models/checkpoints/{plate,vehicle}.pt) are found under today's names.
FIRST_NAMES = {
    "s1.": "stage1.", "s2.": "stage2.", "s3.": "stage3.", "s4.": "stage4.", "l3.": "lateral.0.", "l4.": "lateral.1.",
    "l5.": "lateral.2.", "t4.": "down_merge.0.", "t3.": "down_merge.1.", "d4.": "shrink.0.", "d5.": "shrink.1.",
    "b4.": "up_merge.0.", "b5.": "up_merge.1.", "h.": "heads.",
}
FIRST_PARTS = {".p.": ".left.", ".q.": ".right.", ".o.": ".join.", ".m.": ".inner.", ".co.": ".score.", ".ro.": ".box.", ".c.": ".score_tower.", ".r.": ".box_tower."}


def from_first(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The first networks' weights under today's names."""
    renamed = {}
    for name, value in weights.items():
        new = name
        for old, today in FIRST_NAMES.items():
            if name.startswith(old):
                new = today + name[len(old) :]
                break
        for old, today in FIRST_PARTS.items():
            new = new.replace(old, today)
        if ".inner." in new:
            new = new.replace(".a.", ".first.").replace(".b.", ".second.")
        elif new.startswith("stage4.2."):
            new = new.replace(".a.", ".shrink.").replace(".b.", ".join.")
        renamed[new] = value
    return renamed
