"""Batches for tiny models, and short runs on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from actanywhere.engines.unet.model.checkpoint import Model
from actanywhere.training.batches import Batch
from actanywhere.training.trainer import Listener, Run, TrainerSettings, train
from tests.engines.unet import tiny


def batch(number: int, clips: int = 2, frames: int = 4, side: int = 32) -> Batch:
    """A batch that is a function of its number: smooth pictures, the left half known."""
    generator = torch.Generator().manual_seed(number)
    coarse = torch.rand((clips * frames, 3, 4, 4), generator=generator) * 2 - 1
    video = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")
    video = video.reshape(clips, frames, 3, side, side)
    mask = torch.ones(clips, frames, 1, side, side)
    mask[..., : side // 2] = 0
    nothing, known = torch.zeros_like(mask), video * (1 - mask)
    return Batch(video, known, known, mask, nothing, nothing, video[:, 0])


def supply(numbers: range) -> Iterator[Batch]:
    return (batch(number) for number in numbers)


def the_same(numbers: range) -> Iterator[Batch]:
    return (batch(0) for _ in numbers)


class Recorder(Listener):
    """Keeps the losses, and the lines that are said."""

    def __init__(self, losses: list[float] | None = None) -> None:
        self.losses: list[float] = [] if losses is None else losses
        self.lines: list[str] = []
        self.looks: list[tuple[int, int]] = []

    def stepped(self, step: int, figures: dict[str, float]) -> None:
        self.losses.append(figures["loss"])

    def said(self, line: str) -> None:
        self.lines.append(line)

    def looked(self, done: int, total: int) -> None:
        self.looks.append((done, total))


def run(model: Model, folder: Path, last_step: int, batches: Any = supply, **settings: Any) -> list[float]:
    """Train to ``last_step``; gives the losses."""
    losses: list[float] = []
    values: dict[str, Any] = {"learning_rate": 1e-3, "warmup": 1, "precision": "fp32", **settings}
    train(
        model,
        Run(folder, batches, last_step),
        TrainerSettings(**values),
        Recorder(losses),
    )
    return losses


def two_processes(folder: Path) -> None:
    """What each process of a run on several does; started by torchrun."""
    torch.set_num_threads(1)
    run(tiny.model(), folder, 2)
    # Left to Python's end, its threads now and then abort the process (of 120 starved of a core: 5).
    assert not torch.distributed.is_initialized()


if __name__ == "__main__":
    import sys

    two_processes(Path(sys.argv[1]))
