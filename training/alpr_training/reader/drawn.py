"""How a reader reads drawn plates, per style, and what it gets wrong: pictures that may be shown, where real plates may not."""
from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from ..alphabet import fold
from ..render.sample import Renderer, Sample
from .evaluate import read_pictures
from .network import ReaderNetwork

#: Far from the seeds of trainings, whose makers of samples count up from `--seed`.
SEED = 900_001


@dataclass
class DrawnScore:
    """`wrong`: samples with what was read instead of their text."""

    samples: int = 0
    right: int = 0
    wrong: list[tuple[Sample, str]] = field(default_factory=list)


def evaluate_drawn(network: ReaderNetwork, characters: str, fonts: list[Path], count: int, seed: int = SEED) -> dict[str, DrawnScore]:
    """Scores by style (O counts as 0, I as 1), and of all together as `all`.

    :param count: how many plates are drawn; equal seeds draw equal plates
    """
    if count < 1:
        raise ValueError(f"Expected at least 1 for the count of drawn plates but received {count}")
    renderer = Renderer(seed, network.size, characters, fonts)
    samples = [renderer.sample() for _ in range(count)]
    scores: dict[str, DrawnScore] = defaultdict(DrawnScore)
    for sample, text in zip(samples, read_pictures(network, [sample.picture for sample in samples], characters)):
        for score in (scores["all"], scores[sample.style]):
            score.samples += 1
            if fold(text) == fold(sample.text):
                score.right += 1
            else:
                score.wrong.append((sample, text))
    return dict(scores)
