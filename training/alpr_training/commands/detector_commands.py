"""Training, measuring and exporting detectors of plates and of vehicles."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

#: Validation looks at so many scenes of each source.
PER_SOURCE = 12


def register(steps: argparse._SubParsersAction) -> None:
    run = steps.add_parser("train-detector", help="train a detector, or go on with a run that was cut")
    run.add_argument("kind", choices=("plate", "vehicle"))
    run.add_argument("--out", type=Path, required=True)
    run.add_argument("--datasets", type=Path, required=True, help="folder with plates_det/ and vehicles/")
    run.add_argument("--stages", default="256:200000,384:100000", help="side:pictures, comma separated")
    run.add_argument("--fonts", type=Path, action="append", default=[])
    run.add_argument("--start", type=Path)
    run.add_argument("--batch", type=int, default=16)
    run.add_argument("--rate", type=float, default=1.5e-3)
    run.add_argument("--weights", type=json.loads, default={}, help='how often each source is drawn, as JSON: {"ro_robertlucian": 2}')
    run.add_argument("--workers", type=int, default=1)
    run.add_argument("--threads", type=int, default=1)
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--plates", type=int, default=4000)
    run.add_argument("--validate-every", type=int, default=20_000)
    run.add_argument("--device", default="auto")
    run.set_defaults(run=_train)
    score = steps.add_parser("evaluate-detector", help="recall, precision and corner error per source")
    score.add_argument("kind", choices=("plate", "vehicle"))
    score.add_argument("checkpoint", type=Path)
    score.add_argument("datasets", type=Path)
    score.add_argument("--split", default="test")
    score.add_argument("--side", type=int, default=512)
    score.add_argument("--threshold", type=float, default=0.45)
    score.set_defaults(run=_evaluate)
    sheet = steps.add_parser("sheet-detector", help="pictures as the detector is trained on, with their boxes")
    sheet.add_argument("kind", choices=("plate", "vehicle"))
    sheet.add_argument("datasets", type=Path)
    sheet.add_argument("--out", type=Path, default=Path("runs/sheet-detector.png"))
    sheet.add_argument("--seed", type=int, default=1)
    sheet.set_defaults(run=_sheet)
    out = steps.add_parser("export-detector", help="write ONNX files and a manifest")
    out.add_argument("checkpoint", type=Path)
    out.add_argument("out", type=Path)
    out.set_defaults(run=lambda arguments: print(json.dumps(_export(arguments), sort_keys=True)))


def _scenes(kind: str, datasets: Path, split: str) -> list:
    from ..data.scenes import list_scenes
    from ..data.tiers import TIER_A_PLATES, TIER_A_VEHICLES

    if kind == "vehicle":
        return list_scenes(datasets / "vehicles", split, "objects", TIER_A_VEHICLES if split == "train" else None)
    scenes = list_scenes(datasets / "plates_det", split, "plates", TIER_A_PLATES if split == "train" else None)
    if split == "train":
        # Roads whose plates are too small to be seen: what is found there is wrong.
        roads = list_scenes(datasets / "vehicles", split, "plates", {"trafficcam_topview_roboflow", "trafficcam_atl_roboflow", "trafficcam_rf100_vehicles"})
        for scene in roads:
            scene.complete = True
        scenes += roads
    return scenes


def _train(arguments: argparse.Namespace) -> None:
    from ..detector.train import TrainOptions, train

    stages = [(int(side), int(pictures)) for side, pictures in (stage.split(":") for stage in arguments.stages.split(","))]
    validation: dict[str, list] = {}
    for scene in _scenes(arguments.kind, arguments.datasets, "val"):
        validation.setdefault(scene.source, []).append(scene)
    options = TrainOptions(
        out=arguments.out, kind=arguments.kind, stages=stages, batch=arguments.batch, rate=arguments.rate, seed=arguments.seed, start=arguments.start,
        fonts=arguments.fonts + [arguments.datasets / "fonts"], weights=arguments.weights, workers=arguments.workers, threads=arguments.threads,
        plates=arguments.plates, validate_every=arguments.validate_every, device=arguments.device,
        validate_at=512 if arguments.kind == "plate" else 416, threshold=0.45 if arguments.kind == "plate" else 0.35,
    )
    print(train(options, _scenes(arguments.kind, arguments.datasets, "train"), [scene for source in validation.values() for scene in source[:PER_SOURCE]]))


def _evaluate(arguments: argparse.Namespace) -> None:
    from ..detector.evaluate import evaluate
    from ..detector.export import load_network

    scores = evaluate(load_network(arguments.checkpoint), _scenes(arguments.kind, arguments.datasets, arguments.split), arguments.side, arguments.threshold)
    for source, score in sorted(scores.items()):
        print(f"{source:36} {json.dumps(score.row())}")


def _sheet(arguments: argparse.Namespace) -> None:
    import cv2

    from ..common.sheet import write_sheet
    from ..detector.sampler import SamplerOptions, SceneSampler
    from ..detector.train import TrainOptions, draw_plates

    corners = arguments.kind == "plate"
    drawing = TrainOptions(out=Path(), kind=arguments.kind, stages=[], plates=200, fonts=[arguments.datasets / "fonts"], seed=arguments.seed)
    sampler = SceneSampler(
        _scenes(arguments.kind, arguments.datasets, "train"), draw_plates(drawing) if corners else [],
        SamplerOptions(corners=corners, widest=0.62 if corners else 1.1), arguments.seed,
    )
    pictures = []
    for _ in range(24):
        picture, targets = sampler.sample(256)
        picture = picture.copy()
        for target in targets[targets[:, 0] > 0]:
            colour = (255, 0, 0) if target[0] == 2 else (0, 255, 0) if target[13] > 0.5 else (255, 200, 0)
            cv2.polylines(picture, [target[5:13].reshape(4, 2).astype("int32")], True, colour, 1)
        pictures.append(picture)
    write_sheet(arguments.out, pictures, [""] * len(pictures), scale=1)
    print(arguments.out)


def _export(arguments: argparse.Namespace) -> dict[str, int]:
    from ..detector.export import export, load_network
    from ..manifest import detector_manifest, write_manifest

    operators = export(arguments.checkpoint, arguments.out)
    write_manifest(arguments.out, detector_manifest(arguments.out, load_network(arguments.checkpoint).corners))
    return operators
