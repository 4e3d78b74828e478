"""All labelled pictures below a folder and the split each is in, whatever they are labelled with."""
from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Iterator


def list_pictures(folder: Path) -> Iterator[tuple[Path, str]]:
    """Pairs of path and split, from every labels.csv and labels.jsonl."""
    for labels in sorted(folder.rglob("labels.csv")):
        with labels.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield labels.parent / row["file"], row.get("split") or "train"
    for labels in sorted(folder.rglob("labels.jsonl")):
        for line in labels.read_text(encoding="utf-8").splitlines():
            if line.strip():
                entry = json.loads(line)
                yield labels.parent / entry["file"], entry.get("split") or "train"
