"""Every step once, in two minutes, on data drawn for it: that the pipeline runs, not that it learns much."""
from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path


def register(steps: argparse._SubParsersAction) -> None:
    smoke = steps.add_parser("smoke", help="run every step once on a drawn data set")
    smoke.add_argument("--out", type=Path, required=True)
    smoke.add_argument("--fonts", type=Path, action="append", default=[])
    smoke.add_argument("--steps", type=int, default=60)
    smoke.set_defaults(run=_smoke)


def _smoke(arguments: argparse.Namespace) -> None:
    from ..common.log import RunLog

    started, out = time.time(), arguments.out
    datasets = out / "datasets"
    draw_datasets(datasets, arguments.fonts)
    report = {"reader": _reader(arguments, datasets), "detector": _detector(arguments, datasets)}
    RunLog(out).write("smoke", seconds=time.time() - started, **report)
    (out / "report.json").write_text(json.dumps(report), encoding="utf-8")


def draw_datasets(folder: Path, fonts: list[Path], crops: int = 48, scenes: int = 18) -> None:
    """A data set in the shared format: `plates_text/us_mix_handread` and `plates_det/ro_robertlucian` (names of tier A), drawn."""
    import cv2
    import numpy as np

    from ..alphabet import LATIN
    from ..detector.paste import paste_plate
    from ..render.sample import Renderer

    renderer = Renderer(5, (160, 48), LATIN, fonts)
    text = folder / "plates_text" / "us_mix_handread"
    text.mkdir(parents=True, exist_ok=True)
    with (text / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "text", "region", "lines", "split", "note"])
        for index in range(crops):
            sample = renderer.sample(1.0)
            cv2.imwrite(str(text / f"{index}.png"), sample.picture[:, :, ::-1])
            table.writerow([f"{index}.png", sample.text, "", len(sample.lines), ("train", "train", "val", "test")[index % 4], ""])
    plates = folder / "plates_det" / "ro_robertlucian"
    plates.mkdir(parents=True, exist_ok=True)
    lines = []
    for index in range(scenes):
        picture = renderer._background(240, 320)
        drawn = renderer.press.press()
        x1, y1, x2, y2 = drawn.box
        wide, high = 120.0, 120.0 * (y2 - y1) / (x2 - x1)
        x, y = renderer.chance.uniform(10, 180), renderer.chance.uniform(10, 230 - high)
        quad = np.array([[x, y], [x + wide, y + 4], [x + wide, y + high + 4], [x, y + high]])
        paste_plate(picture, quad, drawn.picture[y1:y2, x1:x2], renderer.chance)
        cv2.imwrite(str(plates / f"{index}.png"), picture[:, :, ::-1])
        plate = {"x": x, "y": y, "w": wide, "h": high + 4, "corners": quad.tolist()}
        split = ("train", "train", "train", "val", "test", "train")[index % 6]
        lines.append(json.dumps({"file": f"{index}.png", "width": 320, "height": 240, "plates": [plate], "split": split}))
    (plates / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "vehicles" / "none").mkdir(parents=True, exist_ok=True)
    (folder / "vehicles" / "none" / "labels.jsonl").write_text("", encoding="utf-8")


def _reader(arguments: argparse.Namespace, datasets: Path) -> dict[str, object]:
    """Trains in two pieces, as a run that was cut; @returns what the exported file must give for one picture"""
    import numpy as np
    import torch

    from ..alphabet import LATIN
    from ..data.plates_text import list_crops
    from ..manifest import reader_manifest, write_manifest
    from ..reader.evaluate import evaluate
    from ..reader.export import Deployed, export, load_network
    from ..reader.train import TrainOptions, train

    folder = datasets / "plates_text"
    crops, validation = list_crops(folder, "train", LATIN), list_crops(folder, "val", LATIN)
    losses = []
    for steps in (arguments.steps // 2, arguments.steps):
        options = TrainOptions(out=arguments.out / "reader", steps=steps, batch=16, fonts=arguments.fonts, evaluate_every=1_000, save_every=20)
        checkpoint = train(options, crops, validation)
    for line in (arguments.out / "reader" / "log.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["kind"] in ("resume", "validate"):
            losses.append(entry["step"])
    onnx = arguments.out / "models" / "reader.onnx"
    operators = export(checkpoint, onnx)
    network, characters = load_network(checkpoint)
    write_manifest(onnx, reader_manifest(onnx, characters, network.size, network.heads))
    scores = evaluate(network, list_crops(folder, "test", LATIN), characters)
    picture = crops[0].load()
    assert picture is not None
    image = torch.from_numpy(np.ascontiguousarray(picture))[None]
    with torch.no_grad():
        logits = Deployed(network)(image)
    np.ascontiguousarray(picture).tofile(arguments.out / "reader-input.bin")
    logits.numpy().astype("<f4").tofile(arguments.out / "reader-output.bin")
    return {"events": losses, "operators": operators, "crops": scores["all"].crops, "shape": list(logits.shape), "bytes": checkpoint.stat().st_size}


def _detector(arguments: argparse.Namespace, datasets: Path) -> dict[str, object]:
    import numpy as np
    import torch

    from ..data.scenes import list_scenes
    from ..manifest import detector_manifest, write_manifest
    from ..detector.evaluate import evaluate
    from ..detector.export import Decoded, export, load_network
    from ..detector.train import TrainOptions, train

    folder = datasets / "plates_det"
    options = TrainOptions(
        out=arguments.out / "detector", kind="plate", stages=[(96, 12 * arguments.steps)], batch=8, plates=60, fonts=arguments.fonts,
        workers=0, validate_at=160, validate_every=100_000, save_every=200,
    )
    checkpoint = train(options, list_scenes(folder, "train", "plates"), list_scenes(folder, "val", "plates"))
    onnx = arguments.out / "models" / "plate.onnx"
    operators = export(checkpoint, onnx, 96)
    network = load_network(checkpoint)
    write_manifest(onnx, detector_manifest(onnx, network.corners))
    scores = evaluate(network, list_scenes(folder, "test", "plates"), 160, 0.45)
    picture = list_scenes(folder, "test", "plates")[0].load()[:96, :128]
    image = torch.from_numpy(np.ascontiguousarray(picture))[None]
    with torch.no_grad():
        cells = Decoded(network)(image)
    image.numpy().tofile(arguments.out / "plate-input.bin")
    cells.numpy().astype("<f4").tofile(arguments.out / "plate-output.bin")
    return {"operators": operators, "objects": scores["all"].objects, "shape": list(cells.shape), "bytes": checkpoint.stat().st_size}
