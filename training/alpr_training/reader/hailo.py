"""A reader of the shape of Hailo's LPRNet: 75 x 300 in, 5 x 19 x classes out, averaged over the five rows.

Hailo ships one that reads digits only (11 classes). This one has the same input and output, so that programs made for it (TAPPAS, our
`lprnet` manifest) take its HEF, with any alphabet.
"""
from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import Residual, conv_bn_relu
from .network import ReaderNetwork, normalise


class HailoLprNet(ReaderNetwork):
    """Four convolutions of stride 2 with padding: 75 → 38 → 19 → 10 → 5 rows, 300 → 150 → 75 → 38 → 19 columns."""

    size = (300, 75)
    steps = 19

    def __init__(self, classes: int, widths: tuple[int, int, int, int] = (32, 64, 128, 256)) -> None:
        super().__init__(classes)
        stages: list[nn.Module] = []
        inputs = 3
        for outputs in widths:
            stages += [conv_bn_relu(inputs, outputs, stride=2), Residual(outputs)]
            inputs = outputs
        self.backbone = nn.Sequential(*stages)
        self.context = conv_bn_relu(inputs, inputs, (1, 7))
        self.everything = nn.Conv2d(inputs, inputs, 1)
        self.out = nn.Conv2d(inputs, classes, 1)

    def maps(self, x: Tensor) -> Tensor:
        """What the chip gives: N x classes x 5 x 19."""
        features = self.backbone(normalise(x))
        everything = self.everything(F.avg_pool2d(features, (5, 19)))
        return self.out(F.relu(self.context(features) + everything))

    def forward(self, x: Tensor) -> Tensor:
        return self.maps(x).mean(2).permute(0, 2, 1)
