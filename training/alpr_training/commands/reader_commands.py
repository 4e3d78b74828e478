"""Training, measuring and exporting readers."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..alphabet import ALPHABETS, alphabet

#: Validation looks at so many crops of each source: enough to see a trend within seconds.
PER_SOURCE = 60


def register(steps: argparse._SubParsersAction) -> None:
    run = steps.add_parser("train-reader", help="train a reader, or go on with a run that was cut")
    run.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoint.pt and log.jsonl")
    run.add_argument("--datasets", type=Path, help="folder with plates_text/; without it only drawn plates are used")
    run.add_argument("--own", type=Path, action="append", default=[], help="a folder of your own crops with labels.csv; may be repeated")
    run.add_argument("--fonts", type=Path, action="append", default=[], help="further fonts; may be repeated")
    run.add_argument("--reader", default="plateflow")
    run.add_argument("--alphabet", choices=sorted(ALPHABETS), default="latin")
    run.add_argument("--steps", type=int, default=20_000)
    run.add_argument("--batch", type=int, default=64)
    run.add_argument("--rate", type=float, default=2.5e-3)
    run.add_argument("--start", type=Path, help="checkpoint to start from")
    run.add_argument("--real", type=float, default=0.15, help="share of real plates, 0 to 1")
    run.add_argument("--own-share", type=float, default=0.5, help="of the real plates, how many are your own")
    run.add_argument("--reuse", type=float, default=2.0)
    run.add_argument("--label-weight", type=float, default=4.0)
    run.add_argument("--no-augment", action="store_true")
    run.add_argument("--workers", type=int, default=1)
    run.add_argument("--threads", type=int, default=1)
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--evaluate-every", type=int, default=2_000)
    run.add_argument("--device", default="auto")
    run.set_defaults(run=_train)
    score = steps.add_parser("evaluate-reader", help="read labelled crops and compare, per source")
    score.add_argument("checkpoint", type=Path)
    score.add_argument("datasets", type=Path, help="folder with plates_text/, or one with labels.csv")
    score.add_argument("--split", default="test")
    score.set_defaults(run=_evaluate)
    drawn = steps.add_parser("evaluate-drawn", help="read drawn plates and compare, per style; what was misread goes onto a sheet")
    drawn.add_argument("checkpoint", type=Path)
    drawn.add_argument("--count", type=int, default=3_000)
    drawn.add_argument("--fonts", type=Path, action="append", default=[])
    drawn.add_argument("--sheet", type=Path, help="picture of plates that were misread: right text / what was read")
    drawn.add_argument("--on-sheet", type=int, default=36)
    drawn.set_defaults(run=_evaluate_drawn)
    out = steps.add_parser("export-reader", help="write ONNX files and a manifest")
    out.add_argument("checkpoint", type=Path)
    out.add_argument("out", type=Path)
    out.set_defaults(run=_export)


def _train(arguments: argparse.Namespace) -> None:
    from ..data.plates_text import list_crops, without_texts_of
    from ..data.tiers import TIER_A_TEXT
    from ..reader.train import TrainOptions, train

    characters = alphabet(arguments.alphabet)
    crops, validation = [], []
    if arguments.datasets is not None:
        folder = arguments.datasets / "plates_text"
        held_out = list_crops(folder, "test", characters) + list_crops(folder, "val", characters)
        crops = without_texts_of(list_crops(folder, "train", characters, TIER_A_TEXT), held_out)
        validation = _some(list_crops(folder, "val", characters))
    own = [crop for folder in arguments.own for crop in list_crops(folder, "train", characters)]
    if own:
        crops = _mixed(crops, own, arguments.own_share)
        validation += [crop for folder in arguments.own for crop in list_crops(folder, "val", characters)]
    options = TrainOptions(
        out=arguments.out, reader=arguments.reader, alphabet=arguments.alphabet, steps=arguments.steps, batch=arguments.batch,
        rate=arguments.rate, seed=arguments.seed, fonts=_fonts(arguments), start=arguments.start, real=arguments.real if crops else 0,
        reuse=arguments.reuse, workers=arguments.workers, threads=arguments.threads, label_weight=arguments.label_weight,
        augment=not arguments.no_augment, evaluate_every=arguments.evaluate_every, device=arguments.device,
    )
    print(train(options, crops, validation))


def _evaluate(arguments: argparse.Namespace) -> None:
    from ..data.plates_text import list_crops
    from ..reader.evaluate import evaluate
    from ..reader.export import load_network

    network, characters = load_network(arguments.checkpoint)
    folder = arguments.datasets / "plates_text" if (arguments.datasets / "plates_text").is_dir() else arguments.datasets
    for source, score in sorted(evaluate(network, list_crops(folder, arguments.split, characters), characters).items()):
        print(f"{source:36} {json.dumps(score.row())}")


def _evaluate_drawn(arguments: argparse.Namespace) -> None:
    from ..common.sheet import write_sheet
    from ..reader.drawn import evaluate_drawn
    from ..reader.export import load_network

    network, characters = load_network(arguments.checkpoint)
    scores = evaluate_drawn(network, characters, arguments.fonts, arguments.count)
    for style, score in sorted(scores.items()):
        print(f"{style:24} {score.samples:5} {100 * score.right / score.samples:5.1f}")
    wrong = scores["all"].wrong
    if arguments.sheet is not None and wrong:
        chosen = wrong[:: max(1, len(wrong) // arguments.on_sheet)][: arguments.on_sheet]
        captions = [f"{sample.text} / {text or '-'}".encode("ascii", "replace").decode() for sample, text in chosen]
        write_sheet(arguments.sheet, [sample.picture for sample, _ in chosen], captions)
        print(arguments.sheet)


def _export(arguments: argparse.Namespace) -> None:
    from ..manifest import reader_manifest, write_manifest
    from ..reader.export import export, load_network

    operators = export(arguments.checkpoint, arguments.out)
    network, characters = load_network(arguments.checkpoint)
    manifest = write_manifest(arguments.out, reader_manifest(arguments.out, characters, network.size, network.heads))
    print(json.dumps(operators, sort_keys=True), manifest)


def _fonts(arguments: argparse.Namespace) -> list[Path]:
    return arguments.fonts + ([arguments.datasets / "fonts"] if arguments.datasets is not None else [])


def _some(crops: list) -> list:
    by_source: dict[str, list] = {}
    for crop in crops:
        by_source.setdefault(crop.source, []).append(crop)
    return [crop for source in by_source.values() for crop in source[:: max(1, len(source) // PER_SOURCE)][:PER_SOURCE]]


def _mixed(crops: list, own: list, share: float) -> list:
    """Own plates repeated until they are `share` of all, so that a hundred of them count beside a thousand others."""
    if not crops or share >= 1:
        return own
    wanted = round(len(crops) * share / (1 - share))
    return crops + [own[index % len(own)] for index in range(wanted)]
