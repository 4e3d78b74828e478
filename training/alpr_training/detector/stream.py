"""Batches of training pictures from processes beside the training."""
from __future__ import annotations

from typing import Iterator

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from ..common.seeds import child_seed
from ..data.scenes import Scene
from .sampler import SamplerOptions, SceneSampler


class SceneStream(IterableDataset):
    """Pictures N x side x side x 3 (uint8) and targets, without end."""

    def __init__(self, scenes: list[Scene], plates: list[np.ndarray], options: SamplerOptions, side: int, batch: int, seed: int) -> None:
        super().__init__()
        self.scenes, self.plates, self.options, self.side, self.batch, self.seed = scenes, plates, options, side, batch, seed

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        worker = get_worker_info()
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        sampler = SceneSampler(self.scenes, self.plates, self.options, child_seed(self.seed, worker.id if worker else 0))
        while True:
            samples = [sampler.sample(self.side) for _ in range(self.batch)]
            yield tuple(torch.from_numpy(np.stack(part)) for part in zip(*samples))  # type: ignore[misc]


def batches(scenes: list[Scene], plates: list[np.ndarray], options: SamplerOptions, side: int, batch: int, seed: int, workers: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Endless batches from `workers` processes (0: in this one)."""
    stream = SceneStream(scenes, plates, options, side, batch, seed)
    return iter(DataLoader(stream, batch_size=None, num_workers=workers, prefetch_factor=3 if workers else 2))
