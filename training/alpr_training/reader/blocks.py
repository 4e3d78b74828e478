"""Parts that several networks are made of."""
from __future__ import annotations

from torch import Tensor, nn
import torch.nn.functional as F


def conv_bn_relu(inputs: int, outputs: int, kernel: int | tuple[int, int] = 3, stride: int = 1, padding: int | tuple[int, int] | None = None, relu: bool = True) -> nn.Sequential:
    """Convolution without bias, batch normalisation, ReLU."""
    sizes = (kernel, kernel) if isinstance(kernel, int) else kernel
    around = (sizes[0] // 2, sizes[1] // 2) if padding is None else padding
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, sizes, stride, around, bias=False), nn.BatchNorm2d(outputs)]
    if relu:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class Residual(nn.Module):
    """Two 3x3 convolutions beside a direct way."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv_bn_relu(channels, channels)
        self.second = conv_bn_relu(channels, channels, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))
