"""What a run says: a line on the screen and a line of JSON in a file, so that a course can be drawn later."""
from __future__ import annotations

import json
import sys
import time
from pathlib import Path


class RunLog:
    """Appends to `<folder>/log.jsonl`; figures are rounded to five digits."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "log.jsonl"

    def write(self, kind: str, **values: object) -> None:
        entry = {"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "kind": kind, **_rounded(values)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        shown = " ".join(f"{key} {value}" for key, value in entry.items() if key not in ("time", "kind"))
        print(f"{entry['time'][11:]} {kind} {shown}", flush=True, file=sys.stdout)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
