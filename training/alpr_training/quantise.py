"""INT8: ranges from calibration pictures, weights per output channel, activations per tensor; and what that costs in accuracy.

An accelerator's compiler does its own quantisation (Hailo's with further optimisation); this one is plain and symmetric, so what it loses is
an upper bound that is known before anybody owns a compiler. It rounds in floating point: the figures are those of INT8, the speed is not.
"""
from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Iterable

import torch
from torch import Tensor, nn

LEVELS = 127
#: Share of an activation's values that calibration keeps within range; the few beyond are clipped.
KEPT = 0.9999


@dataclass
class Ranges:
    """Largest absolute activation before and behind each convolution, by the layer's name."""

    inputs: dict[str, float]
    outputs: dict[str, float]


@torch.no_grad()
def calibrate(network: nn.Module, batches: Iterable[Tensor]) -> Ranges:
    """Runs the folded network over calibration batches (what it takes as input) and notes ranges.

    :raises ValueError: when there are no batches
    """
    ranges, hooks, seen = Ranges({}, {}), [], 0
    for name, layer in _convolutions(network):

        def note(_: nn.Module, given: tuple[Tensor, ...], result: Tensor, name: str = name) -> None:
            ranges.inputs[name] = max(ranges.inputs.get(name, 0.0), _reach(given[0]))
            ranges.outputs[name] = max(ranges.outputs.get(name, 0.0), _reach(result))

        hooks.append(layer.register_forward_hook(note))
    for batch in batches:
        network(batch)
        seen += 1
    for hook in hooks:
        hook.remove()
    if seen == 0:
        raise ValueError("Expected calibration pictures but received none")
    return ranges


def quantised(network: nn.Module, ranges: Ranges) -> nn.Module:
    """A copy that computes as INT8 does. Batch normalisation must be folded into the convolutions already."""
    result = copy.deepcopy(network).eval()
    for name, layer in _convolutions(result):
        layer.weight.data = _round_channels(layer.weight.data)
        _hook(layer, ranges.inputs[name], ranges.outputs[name])
    return result


def _hook(layer: nn.Module, given: float, result: float) -> None:
    layer.register_forward_pre_hook(lambda _, inputs: (_round(inputs[0], given),))
    layer.register_forward_hook(lambda _, __, output: _round(output, result))


def _convolutions(network: nn.Module) -> list[tuple[str, nn.Conv2d | nn.Linear]]:
    return [(name, layer) for name, layer in network.named_modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]


def _reach(values: Tensor) -> float:
    flat = values.abs().flatten()
    if flat.numel() > 200_000:
        flat = flat[:: flat.numel() // 200_000 + 1]
    return float(torch.quantile(flat.float(), KEPT))


def _round(values: Tensor, reach: float) -> Tensor:
    step = max(reach, 1e-8) / LEVELS
    return torch.clamp(torch.round(values / step), -LEVELS, LEVELS) * step


def _round_channels(weight: Tensor) -> Tensor:
    step = weight.abs().flatten(1).amax(1).clamp(min=1e-8) / LEVELS
    step = step.view(-1, *([1] * (weight.ndim - 1)))
    return torch.clamp(torch.round(weight / step), -LEVELS, LEVELS) * step
