"""The LPRNet paper's table 5, trained and measured here."""
from __future__ import annotations

import argparse
from pathlib import Path


def register(steps: argparse._SubParsersAction) -> None:
    table = steps.add_parser("ablation", help="train the rows of the LPRNet paper's table 5 and print ours")
    table.add_argument("--out", type=Path, required=True)
    table.add_argument("--datasets", type=Path, required=True)
    table.add_argument("--fonts", type=Path, action="append", default=[])
    table.add_argument("--sources", default="cn_lprnet_ccpd", help="folders of plates_text that are trained on and read, comma separated")
    table.add_argument("--alphabet", default="latin+cn")
    table.add_argument("--steps", type=int, default=8_000)
    table.add_argument("--batch", type=int, default=32)
    table.add_argument("--rate", type=float, default=1e-3)
    table.add_argument("--real", type=float, default=0.5)
    table.set_defaults(run=_table)


def _table(arguments: argparse.Namespace) -> None:
    from ..alphabet import alphabet
    from ..data.plates_text import list_crops, without_texts_of
    from ..reader.ablation import ROWS, accuracy
    from ..reader.train import TrainOptions, train

    characters, folder, sources = alphabet(arguments.alphabet), arguments.datasets / "plates_text", set(arguments.sources.split(","))
    test = list_crops(folder, "test", characters, sources)
    crops = without_texts_of(list_crops(folder, "train", characters, sources), test)
    for row in ROWS:
        out = arguments.out / f"{row.reader}{'' if row.augment else '-no-augmentation'}"
        options = TrainOptions(
            out=out, reader=row.reader, alphabet=arguments.alphabet, steps=arguments.steps, batch=arguments.batch, rate=arguments.rate,
            fonts=arguments.fonts + [arguments.datasets / "fonts"], real=arguments.real, label_weight=0, augment=row.augment, evaluate_every=arguments.steps,
        )
        # Rows that differ in decoding only share a run: training resumes at its end.
        checkpoint = train(options, crops, [])
        print(f"{row.name:58} {100 * accuracy(checkpoint, test, row.beam, row.filtered):5.1f}", flush=True)
