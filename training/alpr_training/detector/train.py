"""Trains a detector in stages of growing pictures; a run that was cut goes on where it was."""
from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from ..alphabet import LATIN
from ..common import checkpoint
from ..common.average import Average
from ..common.log import RunLog
from ..common.schedule import rate_at
from ..common.seeds import child_seed, seed_everything
from ..data.scenes import Scene, preload
from ..render.sample import Renderer
from .evaluate import evaluate
from .loss import PLATE_RANGES, VEHICLE_RANGES, LossOptions, detection_loss
from .network import Detector, from_first
from .sampler import SamplerOptions
from .stream import batches


@dataclass
class TrainOptions:
    """`stages`: (side of the pictures, pictures seen); batches shrink so that every step has as many pixels."""

    out: Path
    kind: str
    stages: list[tuple[int, int]]
    batch: int = 16
    rate: float = 1.5e-3
    seed: int = 1
    start: Path | None = None
    fonts: list[Path] = field(default_factory=list)
    #: drawn plates that are pasted into pictures
    plates: int = 4000
    weights: dict[str, float] = field(default_factory=dict)
    workers: int = 1
    threads: int = 1
    validate_at: int = 512
    threshold: float = 0.45
    validate_every: int = 20_000
    save_every: int = 2_000
    device: str = "auto"


def train(options: TrainOptions, scenes: list[Scene], validation: list[Scene]) -> Path:
    """Runs to the last picture, or goes on with a run that was cut. @returns the checkpoint"""
    seed_everything(options.seed)
    torch.set_num_threads(options.threads)
    corners = options.kind == "plate"
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if options.device == "auto" else options.device)
    network = Detector(corners).to(device, memory_format=torch.channels_last)
    average = Average(network, 0.9985)
    optimiser = _optimiser(network, options.rate)
    log, path = RunLog(options.out), options.out / "checkpoint.pt"
    seen = _resume(path, network, average, optimiser, options, log)
    total = sum(pictures for _, pictures in options.stages)
    log.write("start", parameters=sum(p.numel() for p in network.parameters()), scenes=len(scenes), validation=len(validation), seen=seen, device=str(device))
    plates = draw_plates(options) if corners and seen < total else []
    if seen < total:
        preload(scenes)
    loss_options = LossOptions(ranges=PLATE_RANGES if corners else VEHICLE_RANGES)
    sampler = SamplerOptions(corners=corners, most=16 if corners else 40, widest=0.62 if corners else 1.1, smallest=9 if corners else 8, weights=options.weights)
    end = 0
    for side, pictures in options.stages:
        end += pictures
        if seen >= end:
            continue
        batch = max(4, int(options.batch * (options.stages[0][0] / side) ** 2) // 2 * 2)
        source = batches(scenes, plates, sampler, side, batch, child_seed(options.seed, side, seen), options.workers)
        log.write("stage", side=side, batch=batch)
        parts: dict[str, float] = {}
        since, steps = time.time(), 0
        while seen < end:
            rate = rate_at(seen, total, options.rate, warm_up=0.01, floor=0.02)
            for group in optimiser.param_groups:
                group["lr"] = rate
            for name, value in _step(network, optimiser, next(source), loss_options, device).items():
                parts[name] = parts.get(name, 0) + value
            average.update(network)
            before, seen, steps = seen, seen + batch, steps + 1
            if steps % 50 == 0:
                log.write("train", seen=seen, rate=rate, per_second=50 * batch / (time.time() - since), **{name: value / 50 for name, value in parts.items()})
                since, parts = time.time(), {}
            if _passed(before, seen, options.save_every) or seen >= end:
                _save(path, network, average, optimiser, options, seen)
            if _passed(before, seen, options.validate_every) or seen >= total:
                scores = evaluate(average.model, validation, options.validate_at, options.threshold)
                log.write("validate", seen=seen, **{name: score.row() for name, score in scores.items()})
                since = time.time()
    return path


def draw_plates(options: TrainOptions) -> list[np.ndarray]:
    """Drawn plates without their holders, to be pasted into pictures."""
    press = Renderer(child_seed(options.seed, "plates"), (160, 48), LATIN, options.fonts).press
    drawn = [press.press() for _ in range(options.plates)]
    return [np.ascontiguousarray(plate.picture[plate.box[1] : plate.box[3], plate.box[0] : plate.box[2]]) for plate in drawn]


def _step(network, optimiser, batch: tuple[torch.Tensor, torch.Tensor], options: LossOptions, device: torch.device) -> dict[str, float]:
    network.train()
    pictures = batch[0].to(device).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        outputs = network(pictures)
    loss, parts = detection_loss([(score.float(), box.float()) for score, box in outputs], batch[1].to(device), options)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
    if torch.isfinite(norm):
        optimiser.step()
    return parts


def _optimiser(network, rate: float) -> torch.optim.Optimizer:
    heavy = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    light = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    return torch.optim.AdamW([{"params": heavy, "weight_decay": 0.02}, {"params": light, "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.99))


def _resume(path: Path, network, average: Average, optimiser, options: TrainOptions, log: RunLog) -> int:
    if path.exists():
        state = checkpoint.load(path)
        network.load_state_dict(state["network"])
        average.model.load_state_dict(state["average"])
        average.steps = 10_000
        optimiser.load_state_dict(state["optimiser"])
        log.write("resume", seen=state["seen"])
        return int(state["seen"])
    if options.start is not None:
        state = checkpoint.load(options.start)
        weights = state["average"] if "average" in state else from_first(state.get("ema", state))
        left = checkpoint.load_matching(network, weights)
        average.model.load_state_dict(network.state_dict())
        log.write("start-from", file=options.start.name, untouched=len(left))
    return 0


def _save(path: Path, network, average: Average, optimiser, options: TrainOptions, seen: int) -> None:
    state = {
        "network": network.state_dict(), "average": average.model.state_dict(), "optimiser": optimiser.state_dict(),
        "seen": seen, "kind": options.kind, "options": {key: str(value) for key, value in asdict(options).items()},
    }
    checkpoint.save(path, state, halves=("network", "optimiser"))


def _passed(before: int, after: int, every: int) -> bool:
    return before // every != after // every
