"""Batches without end: drawn plates and real ones, made in processes beside the training and used a little more than once."""
from __future__ import annotations

import multiprocessing as mp
import random
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..common.seeds import child_seed
from ..data.plates_text import TextCrop
from ..alphabet import encode
from ..render.sample import Renderer
from .real import vary_crop
from .steps import UNKNOWN, label_steps

LONGEST = 12


@dataclass
class StreamOptions:
    """`real`: share of real plates; `reuse`: how often a sample is drawn on average; `keep`: samples in memory."""

    size: tuple[int, int]
    steps: int
    heads: int
    #: whether the network's time steps look where the picture has its characters
    aligned: bool
    characters: str
    fonts: list[Path]
    seed: int
    real: float = 0.15
    reuse: float = 2.0
    keep: int = 12_000
    workers: int = 1


@dataclass
class Batch:
    """`pictures` uint8 N x H x W x 3, `texts` classes N x LONGEST (0 behind the end), `labels` N x (heads * steps)."""

    pictures: np.ndarray
    texts: np.ndarray
    labels: np.ndarray


class SampleStream:
    """A ring of samples that worker processes fill and the training draws from. `easy` may be set at any time."""

    def __init__(self, options: StreamOptions, crops: list[TextCrop]) -> None:
        self.options = options
        width, height = options.size
        context = mp.get_context("fork")
        self._shapes = ((height, width, 3), (LONGEST,), (options.heads * options.steps,))
        self._memory = [context.RawArray("B", options.keep * int(np.prod(shape))) for shape in self._shapes]
        self._rings = self._views()
        self._made = context.Value("q", 0)
        self._used = context.Value("q", 0)
        self.easy = context.Value("d", 1.0)
        packed = _pack(crops)
        self._workers = [
            context.Process(target=self._work, args=(packed, child_seed(options.seed, "worker", index)), daemon=True)
            for index in range(options.workers)
        ]
        for worker in self._workers:
            worker.start()
        self._draw = np.random.default_rng(child_seed(options.seed, "draw"))

    @property
    def made(self) -> int:
        """Samples made so far."""
        return self._made.value

    def batch(self, size: int) -> Batch:
        """Waits until enough samples are there (a quarter of the ring before the first)."""
        least = min(self.options.keep // 4, max(size * 4, 512))
        while self._made.value < least:
            if not any(worker.is_alive() for worker in self._workers):
                raise RuntimeError("Expected samples but their makers have ended; see above")
            time.sleep(0.05)
        self._used.value += size
        chosen = self._draw.integers(0, min(self._made.value, self.options.keep), size)
        return Batch(*(ring[chosen] for ring in self._rings))

    def close(self) -> None:
        for worker in self._workers:
            worker.terminate()
            worker.join()

    def _views(self) -> list[np.ndarray]:
        return [np.frombuffer(memory, np.uint8).reshape(self.options.keep, *shape) for memory, shape in zip(self._memory, self._shapes)]

    def _work(self, crops: list[tuple[np.ndarray, str]], seed: int) -> None:
        cv2.setNumThreads(1)
        options, chance, numbers = self.options, random.Random(seed), np.random.default_rng(seed)
        renderer = Renderer(child_seed(seed, "renderer"), options.size, options.characters, options.fonts)
        no_labels = np.full(options.heads * options.steps, UNKNOWN, np.uint8)
        while True:
            if self._made.value > options.keep // 2 + self._used.value / options.reuse:
                time.sleep(0.02)
                continue
            if crops and chance.random() < options.real:
                packed, text = chance.choice(crops)
                picture = cv2.imdecode(packed, cv2.IMREAD_COLOR)[:, :, ::-1]
                picture, labels = vary_crop(picture, options.size, chance, numbers), no_labels
            else:
                sample = renderer.sample(self.easy.value)
                picture, text = sample.picture, sample.text
                labels = label_steps(sample.lines, options.steps, options.heads, options.characters) if options.aligned else no_labels
            if not 1 <= len(text) <= LONGEST:
                continue
            with self._made.get_lock():
                place = self._made.value % options.keep
                self._made.value += 1
            padded = np.zeros(LONGEST, np.uint8)
            padded[: len(text)] = encode(text, options.characters)
            for ring, value in zip(self._rings, (picture, padded, labels)):
                ring[place] = value


def _pack(crops: list[TextCrop]) -> list[tuple[np.ndarray, str]]:
    """JPEGs of at most 96 rows: thousands of crops fit into memory."""
    packed = []
    for crop in crops:
        picture = crop.load()
        if picture is None:
            continue
        if picture.shape[0] > 96:
            columns = max(8, int(picture.shape[1] * 96 / picture.shape[0]))
            picture = cv2.resize(picture, (columns, 96), interpolation=cv2.INTER_AREA)
        packed.append((cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 97])[1], crop.text))
    return packed
