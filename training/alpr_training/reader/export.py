"""A reader as ONNX: uint8 NHWC in, normalisation inside, batch normalisation folded into the convolutions."""
from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor, nn

from ..alphabet import alphabet
from ..common import checkpoint
from .hailo import HailoLprNet
from .network import ReaderNetwork
from .registry import build_reader

OPSET = 13


class Deployed(nn.Module):
    """What goes into the file."""

    def __init__(self, network: ReaderNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image.permute(0, 3, 1, 2).to(torch.float32))


class ForCompiler(nn.Module):
    """For accelerator compilers: float NCHW 0…255 in, maps out; no cast, transpose or average for them to stumble over."""

    def __init__(self, network: ReaderNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network.maps(image) if isinstance(self.network, HailoLprNet) else self.network(image)


def load_network(path: Path) -> tuple[ReaderNetwork, str]:
    """The averaged network of a checkpoint, and its alphabet."""
    state = checkpoint.load(path)
    characters = alphabet(state["alphabet"])
    network = build_reader(state["reader"], characters)
    network.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in state["average"].items()})
    return network.eval(), characters


def fold_normalisation(network: nn.Module) -> nn.Module:
    """A copy whose batch normalisations are part of the convolutions before them."""
    folded = copy.deepcopy(network).eval()
    for module in folded.modules():
        if isinstance(module, nn.Sequential) and len(module) > 1 and isinstance(module[0], nn.Conv2d) and isinstance(module[1], nn.BatchNorm2d):
            module[0] = torch.nn.utils.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return folded


def export(path: Path, out: Path) -> dict[str, int]:
    """Writes `out` and `<out>_raw.onnx`. @returns how often each operator is in the first

    :raises RuntimeError: when the exported arithmetic differs from the network's
    """
    network, _ = load_network(path)
    folded = fold_normalisation(network)
    image = torch.randint(0, 256, (2, network.size[1], network.size[0], 3), dtype=torch.uint8)
    with torch.no_grad():
        off = float((Deployed(folded)(image) - Deployed(network)(image)).abs().max())
    if off > 1e-2:
        raise RuntimeError(f"Expected folded weights to compute the same but they are off by {off}")
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(Deployed(folded), image, out, "image", "logits")
    raw = out.with_name(out.stem + "_raw.onnx")
    _write(ForCompiler(folded), image.permute(0, 3, 1, 2).float(), raw, "image", "maps")
    import onnx

    graph = onnx.load(str(out))
    onnx.checker.check_model(graph)
    return dict(Counter(node.op_type for node in graph.graph.node))


def _write(module: nn.Module, example: Tensor, out: Path, given: str, named: str) -> None:
    torch.onnx.export(
        module.eval(), example, str(out), opset_version=OPSET, input_names=[given], output_names=[named],
        dynamic_axes={given: {0: "N"}, named: {0: "N"}}, do_constant_folding=True,
    )
