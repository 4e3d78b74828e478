"""Trains a reader: CTC on the text, cross entropy on the steps that the renderer labelled."""
from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..alphabet import alphabet
from ..common import checkpoint
from ..common.average import Average
from ..common.log import RunLog
from ..common.schedule import rate_at
from ..common.seeds import seed_everything
from ..data.plates_text import TextCrop
from .evaluate import evaluate
from .plateflow import from_first
from .registry import build_reader, parameters_and_macs
from .steps import UNKNOWN
from .stream import Batch, SampleStream, StreamOptions


@dataclass
class TrainOptions:
    """A run in numbers. `steps` batches of `batch`; a run that was cut goes on from `<out>/checkpoint.pt`."""

    out: Path
    reader: str = "plateflow"
    alphabet: str = "latin"
    steps: int = 20_000
    batch: int = 64
    rate: float = 2.5e-3
    seed: int = 1
    fonts: list[Path] = field(default_factory=list)
    #: weights to start from: a checkpoint of ours, or the first network's
    start: Path | None = None
    real: float = 0.15
    reuse: float = 2.0
    workers: int = 1
    threads: int = 1
    #: labels of time steps beside CTC; 0 trains with CTC alone, as the LPRNet paper does
    label_weight: float = 4.0
    augment: bool = True
    evaluate_every: int = 2_000
    save_every: int = 500
    device: str = "auto"


def train(options: TrainOptions, crops: list[TextCrop], validation: list[TextCrop]) -> Path:
    """Runs to the last step, or goes on with a run that was cut. @returns the checkpoint"""
    seed_everything(options.seed)
    device = _device(options.device)
    torch.set_num_threads(options.threads)
    characters = alphabet(options.alphabet)
    network = build_reader(options.reader, characters).to(device, memory_format=torch.channels_last)
    log = RunLog(options.out)
    path = options.out / "checkpoint.pt"
    average = Average(network)
    optimiser = _optimiser(network, options)
    first = _resume(path, network, average, optimiser, options, log)
    parameters, macs = parameters_and_macs(network)
    log.write("start", reader=options.reader, parameters=parameters, macs=macs, device=str(device), step=first, crops=len(crops))
    stream = SampleStream(_stream_options(options, network, characters, first), crops if options.real > 0 else [])
    sums, since, seen_since = np.zeros(2), time.time(), 0
    try:
        for step in range(first, options.steps):
            stream.easy.value = _easy(step / options.steps) if options.start is None else 0.0
            rate = rate_at(step, options.steps, options.rate)
            for group in optimiser.param_groups:
                group["lr"] = rate
            network.train()
            network.after_step(step)
            sums += _train_step(network, optimiser, stream.batch(options.batch), options, step, device)
            average.update(network)
            average.model.after_step(step)
            seen_since += options.batch
            if (step + 1) % 100 == 0:
                took = time.time() - since
                log.write("train", step=step + 1, ctc=float(sums[0] / 100), labels=float(sums[1] / 100), rate=rate, made=stream.made, per_second=seen_since / took)
                sums, since, seen_since = np.zeros(2), time.time(), 0
            if (step + 1) % options.save_every == 0 or step + 1 == options.steps:
                _save(path, network, average, optimiser, options, step + 1)
            if (step + 1) % options.evaluate_every == 0 or step + 1 == options.steps:
                scores = evaluate(average.model, validation, characters) if validation else {}
                log.write("validate", step=step + 1, **{source: score.row() for source, score in scores.items()})
                since, seen_since = time.time(), 0
    finally:
        stream.close()
    return path


def _train_step(network, optimiser, batch: Batch, options: TrainOptions, step: int, device: torch.device) -> np.ndarray:
    pictures = torch.from_numpy(batch.pictures).to(device).permute(0, 3, 1, 2).float()
    texts = torch.from_numpy(batch.texts.astype(np.int64)).to(device)
    labels = torch.from_numpy(batch.labels.astype(np.int64)).to(device)
    labels[labels == UNKNOWN] = -100
    if options.augment:
        pictures = _jitter(pictures)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        logits = network(pictures.contiguous(memory_format=torch.channels_last))
    logits = logits.float()
    lengths = (texts > 0).sum(1)
    steps = torch.full((len(texts),), logits.shape[1], dtype=torch.long)
    ctc = F.ctc_loss(logits.log_softmax(-1).transpose(0, 1), texts, steps, lengths, blank=0, reduction="none", zero_infinity=True)
    ctc_mean = (ctc / lengths.clamp(min=1)).mean()
    known = bool((labels != -100).any())
    cross = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1), ignore_index=-100) if known else logits.sum() * 0
    # Labels lead first, CTC takes over: it knows better how to share time between characters.
    lead = max(0.1, 1 - 3 * step / options.steps) if options.start is None else 0.1
    trust = min(1.0, 0.1 + step / 300) if options.start is None and options.label_weight > 0 else 1.0
    loss = trust * ctc_mean + lead * options.label_weight * cross
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
    if torch.isfinite(norm):
        optimiser.step()
    return np.array([ctc_mean.item(), cross.item()])


def _jitter(pictures: torch.Tensor) -> torch.Tensor:
    """Samples are used more than once; a pixel's shift and another exposure make them new to the network."""
    shift = (int(torch.randint(-2, 3, (1,))), int(torch.randint(-1, 2, (1,))))
    gain = torch.empty(len(pictures), 1, 1, 1, device=pictures.device).uniform_(0.85, 1.15)
    offset = torch.empty_like(gain).uniform_(-10, 10)
    return (torch.roll(pictures, shift, (2, 3)) - 127.5) * gain + 127.5 + offset


def _easy(done: float) -> float:
    """Large sharp plates first, until a fifth of the time is over."""
    return max(0.0, min(1.0, 1 - (done - 0.06) / 0.16))


def _optimiser(network, options: TrainOptions) -> torch.optim.Optimizer:
    heavy = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    light = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    groups = [{"params": heavy, "weight_decay": 0.02}, {"params": light, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98))


def _stream_options(options: TrainOptions, network, characters: str, first: int) -> StreamOptions:
    return StreamOptions(
        size=network.size, steps=network.steps, heads=network.heads, aligned=network.aligned and options.label_weight > 0,
        characters=characters, fonts=options.fonts, seed=options.seed + first, real=options.real, reuse=options.reuse, workers=options.workers,
    )


def _resume(path: Path, network, average: Average, optimiser, options: TrainOptions, log: RunLog) -> int:
    if path.exists():
        state = checkpoint.load(path)
        network.load_state_dict(state["network"])
        average.model.load_state_dict(state["average"])
        average.steps = state["step"]
        if "optimiser" in state:
            optimiser.load_state_dict(state["optimiser"])
        log.write("resume", step=state["step"])
        return int(state["step"])
    if options.start is not None:
        state = checkpoint.load(options.start)
        weights = state["average"] if "average" in state else from_first(state.get("ema", state), network.classes)
        left = checkpoint.load_matching(network, weights)
        average.model.load_state_dict(network.state_dict())
        log.write("start-from", file=options.start.name, untouched=len(left))
    return 0


def _save(path: Path, network, average: Average, optimiser, options: TrainOptions, step: int) -> None:
    state = {
        "network": network.state_dict(), "average": average.model.state_dict(), "step": step,
        "reader": options.reader, "alphabet": options.alphabet, "options": {key: str(value) for key, value in asdict(options).items()},
    }
    try:
        # Half precision: after a pause the raw weights' last digits do not matter, the average's do.
        checkpoint.save(path, {**state, "optimiser": optimiser.state_dict()}, halves=("network", "optimiser"))
    except ValueError:
        # Larger networks do without the optimiser's memory; it is regained within some hundred steps.
        checkpoint.save(path, state, halves=("network",))


def _device(name: str) -> torch.device:
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
