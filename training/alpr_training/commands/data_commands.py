"""Looking at data before anything is trained on it: sheets of samples, and the check for leaks."""
from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..alphabet import ALPHABETS, alphabet


def register(steps: argparse._SubParsersAction) -> None:
    sheet = steps.add_parser("sheet", help="draw plates as the reader is trained on, with their texts")
    sheet.add_argument("--out", type=Path, default=Path("runs/sheet.png"))
    sheet.add_argument("--fonts", type=Path, action="append", default=[])
    sheet.add_argument("--alphabet", choices=sorted(ALPHABETS), default="latin")
    sheet.add_argument("--count", type=int, default=72)
    sheet.add_argument("--seed", type=int, default=1)
    sheet.set_defaults(run=_sheet)
    leaks = steps.add_parser("leaks", help="find pictures that stand in training and in validation or test")
    leaks.add_argument("datasets", type=Path)
    leaks.add_argument("--out", type=Path, help="where the list goes as JSON lines")
    leaks.set_defaults(run=_leaks)


def _sheet(arguments: argparse.Namespace) -> None:
    from ..common.sheet import write_sheet
    from ..render.sample import Renderer

    renderer = Renderer(arguments.seed, (160, 48), alphabet(arguments.alphabet), arguments.fonts)
    samples = [renderer.sample() for _ in range(arguments.count)]
    captions = [sample.text.encode("ascii", "replace").decode() for sample in samples]
    write_sheet(arguments.out, [sample.picture for sample in samples], captions)
    print(arguments.out)


def _leaks(arguments: argparse.Namespace) -> None:
    from ..data.leaks import find_leaks, hash_file
    from ..data.splits import list_pictures

    train, held_out = [], []
    for path, split in list_pictures(arguments.datasets):
        bits = hash_file(path)
        if bits is not None:
            (train if split == "train" else held_out).append((path, bits))
    leaks = find_leaks(train, held_out)
    if arguments.out is not None:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({"train": str(leak.first), "held_out": str(leak.second), "bits": leak.bits}) for leak in leaks]
        arguments.out.write_text("\n".join(lines) + ("\n" if lines else ""), encoding="utf-8")
    print(f"{len(train)} training pictures, {len(held_out)} held out, {len(leaks)} pairs alike")
    sys.exit(1 if leaks else 0)
