"""A detector as ONNX: decoded (uint8 NHWC in, one row per cell out) and, for accelerators' compilers, as bare maps."""
from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor, nn

from ..common import checkpoint
from .network import STRIDES, Detector

OPSET = 13


class Decoded(nn.Module):
    """N x A x (1 + 4 + 8): score, box and corners in input pixels, cells of stride 8 first, row by row."""

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        levels = []
        for (score, box), stride in zip(self.network(image.permute(0, 3, 1, 2).to(torch.float32)), STRIDES):
            rows, columns = score.shape[2], score.shape[3]
            x = torch.zeros_like(score) + ((torch.arange(columns) + 0.5) * stride).float().reshape(1, 1, 1, -1)
            y = torch.zeros_like(score) + ((torch.arange(rows) + 0.5) * stride).float().reshape(1, 1, -1, 1)
            box = box * float(stride)
            parts = [score.sigmoid(), x - box[:, 0:1], y - box[:, 1:2], x + box[:, 2:3], y + box[:, 3:4]]
            if self.network.corners:
                parts.append(box[:, 4:12] + torch.cat([x, y] * 4, 1))
            levels.append(torch.cat(parts, 1).flatten(2))
        return torch.cat(levels, 2).transpose(1, 2)


class Maps(nn.Module):
    """float NCHW 0…255 in; score logits and regression of every stride out."""

    def __init__(self, network: Detector) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        return tuple(part for pair in self.network(image) for part in pair)


def load_network(path: Path) -> Detector:
    """The averaged network of a checkpoint."""
    state = checkpoint.load(path)
    network = Detector(corners=state["kind"] == "plate")
    network.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in state["average"].items()})
    return network.eval()


def fold_normalisation(network: Detector) -> Detector:
    """A copy whose batch normalisations are part of the convolutions before them."""
    folded = copy.deepcopy(network).eval()
    for module in folded.modules():
        if isinstance(module, nn.Sequential) and len(module) > 1 and isinstance(module[0], nn.Conv2d) and isinstance(module[1], nn.BatchNorm2d):
            module[0] = torch.nn.utils.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return folded


def export(path: Path, out: Path, side: int = 384) -> dict[str, int]:
    """Writes `out` and `<out>_raw.onnx`. @returns how often each operator is in the raw one"""
    network = fold_normalisation(load_network(path))
    image = torch.randint(0, 256, (1, side, side, 3), dtype=torch.uint8)
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        Decoded(network), image, str(out), opset_version=OPSET, input_names=["image"], output_names=["detections"],
        dynamic_axes={"image": {0: "N", 1: "H", 2: "W"}, "detections": {0: "N", 1: "A"}}, do_constant_folding=True,
    )
    raw = out.with_name(out.stem + "_raw.onnx")
    names = [f"{part}{stride}" for stride in STRIDES for part in ("score", "reg")]
    torch.onnx.export(
        Maps(network), image.permute(0, 3, 1, 2).float(), str(raw), opset_version=OPSET, input_names=["image"], output_names=names,
        dynamic_axes={"image": {0: "N", 2: "H", 3: "W"}}, do_constant_folding=True,
    )
    import onnx

    onnx.checker.check_model(onnx.load(str(out)))
    return dict(Counter(node.op_type for node in onnx.load(str(raw)).graph.node))
