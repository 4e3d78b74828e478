"""What INT8 costs, and the calibration pictures that an accelerator's compiler wants."""
from __future__ import annotations

import argparse
import json
from pathlib import Path


def register(steps: argparse._SubParsersAction) -> None:
    reader = steps.add_parser("quantise-reader", help="accuracy of a reader in INT8 beside its own, and calibration data for a compiler")
    reader.add_argument("checkpoint", type=Path)
    reader.add_argument("datasets", type=Path)
    reader.add_argument("--split", default="test")
    reader.add_argument("--pictures", type=int, default=512, help="calibration pictures, of the training split")
    reader.add_argument("--calibration", type=Path, help="write them as one .npy (uint8 N x H x W x 3), as Hailo's compiler reads it")
    reader.set_defaults(run=_reader)
    detector = steps.add_parser("quantise-detector", help="the same for a detector")
    detector.add_argument("kind", choices=("plate", "vehicle"))
    detector.add_argument("checkpoint", type=Path)
    detector.add_argument("datasets", type=Path)
    detector.add_argument("--split", default="test")
    detector.add_argument("--side", type=int, default=512)
    detector.add_argument("--threshold", type=float, default=0.45)
    detector.add_argument("--pictures", type=int, default=256)
    detector.add_argument("--calibration", type=Path)
    detector.set_defaults(run=_detector)


def _reader(arguments: argparse.Namespace) -> None:
    import numpy as np
    import torch

    from ..data.plates_text import list_crops
    from ..quantise import calibrate, quantised
    from ..reader.evaluate import evaluate
    from ..reader.export import fold_normalisation, load_network
    from ..reader.real import straight_crop

    network, characters = load_network(arguments.checkpoint)
    folder = arguments.datasets / "plates_text"
    training = list_crops(folder, "train", characters)
    chosen = training[:: max(1, len(training) // arguments.pictures)][: arguments.pictures]
    pictures = [straight_crop(picture, network.size) for crop in chosen if (picture := crop.load()) is not None]
    _write(arguments.calibration, pictures)
    folded = fold_normalisation(network)
    stacks = [torch.from_numpy(np.stack(pictures[start : start + 32])).permute(0, 3, 1, 2).float() for start in range(0, len(pictures), 32)]
    small = quantised(folded, calibrate(folded, stacks))
    crops = list_crops(folder, arguments.split, characters)
    own, rounded = evaluate(network, crops, characters), evaluate(small, crops, characters)
    for source in sorted(own):
        print(f"{source:36} {json.dumps({'float': own[source].row(), 'int8': rounded[source].row()})}")


def _detector(arguments: argparse.Namespace) -> None:
    import numpy as np
    import torch

    from ..detector.evaluate import evaluate
    from ..detector.export import fold_normalisation, load_network
    from ..quantise import calibrate, quantised
    from .detector_commands import _scenes

    network = load_network(arguments.checkpoint)
    training = _scenes(arguments.kind, arguments.datasets, "train")
    chosen = training[:: max(1, len(training) // arguments.pictures)][: arguments.pictures]
    pictures = [_letterbox(scene.load(), arguments.side) for scene in chosen]
    _write(arguments.calibration, pictures)
    folded = fold_normalisation(network)
    stacks = (torch.from_numpy(np.stack(pictures[start : start + 4])).permute(0, 3, 1, 2).float() for start in range(0, len(pictures), 4))
    small = quantised(folded, calibrate(folded, stacks))
    scenes = _scenes(arguments.kind, arguments.datasets, arguments.split)
    own, rounded = (evaluate(one, scenes, arguments.side, arguments.threshold) for one in (network, small))
    for source in sorted(own):
        print(f"{source:36} {json.dumps({'float': own[source].row(), 'int8': rounded[source].row()})}")


def _letterbox(picture, side: int):
    import cv2
    import numpy as np

    scale = min(side / picture.shape[1], side / picture.shape[0])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    canvas = np.full((side, side, 3), 114, np.uint8)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return canvas


def _write(path: Path | None, pictures: list) -> None:
    import numpy as np

    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.stack(pictures))
