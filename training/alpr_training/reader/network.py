"""What every reader is, whatever it is made of."""
from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn


class ReaderNetwork(nn.Module):
    """Takes float pictures N x 3 x height x width with values 0…255 (RGB), gives logits N x (heads * steps) x classes.

    Normalisation is inside. Time runs left to right; with two heads the second line's steps follow the first's.
    """

    #: (width, height) of the input
    size: tuple[int, int]
    #: time steps per head
    steps: int
    heads: int = 1
    #: where in the input each time step looks: its share of the width is (step + 0.5) / steps
    aligned: bool = True

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        ...

    def after_step(self, step: int) -> None:
        """Told of every training step: for parts that join later."""


def normalise(x: Tensor) -> Tensor:
    """0…255 to about -2…2."""
    return (x - 127.5) * (1 / 64)
