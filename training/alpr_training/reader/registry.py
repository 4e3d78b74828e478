"""The readers by name."""
from __future__ import annotations

from functools import partial
from typing import Callable

from .hailo import HailoLprNet
from .lprnet import LprNet
from .network import ReaderNetwork
from .plateflow import PlateflowReader

READERS: dict[str, Callable[[int], ReaderNetwork]] = {
    "plateflow": PlateflowReader,
    "plateflow-medium": partial(PlateflowReader, width="medium"),
    "lprnet": LprNet,
    "lprnet-no-context": partial(LprNet, context=False),
    "lprnet-no-alignment": partial(LprNet, alignment=False),
    "lprnet-plain": partial(LprNet, context=False, alignment=False),
    "hailo-lprnet": HailoLprNet,
}


def build_reader(name: str, characters: str) -> ReaderNetwork:
    """A fresh reader for an alphabet.

    :raises KeyError: with the known names
    """
    if name not in READERS:
        raise KeyError(f"Expected one of {', '.join(READERS)} for the reader but received {name}")
    return READERS[name](len(characters) + 1)


def parameters_and_macs(network: ReaderNetwork) -> tuple[int, int]:
    """Parameters, and multiply-adds of convolutions for one picture."""
    import torch
    from torch import nn

    macs = 0

    def count(layer: nn.Conv2d, _: object, output: torch.Tensor) -> None:
        nonlocal macs
        macs += output[0].numel() * layer.weight[0].numel()

    hooks = [layer.register_forward_hook(count) for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    was_training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 3, network.size[1], network.size[0]))
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    return sum(parameter.numel() for parameter in network.parameters()), macs
