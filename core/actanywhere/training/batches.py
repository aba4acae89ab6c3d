"""Batches of training examples, made on the fly by worker processes.

A batch is a function of the run's seed and its own number alone, so that a resumed run sees what an unbroken one
would have seen, and several processes share the numbers out among them.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from ..render.preflight import model_size
from .examples import Example, ExampleRecipe, make_example
from .sources import DrawClip


@dataclass(frozen=True)
class BatchPlan:
    """``clips`` of ``frames`` frames a batch, each about ``area`` pixels, at one of ``aspects`` (width / height)."""

    clips: int
    frames: int
    area: int
    side_multiple: int
    aspects: tuple[float, ...] = (1.0, 1.0, 1.78, 2.39, 0.56)

    def size(self, rng: np.random.Generator) -> tuple[int, int]:
        """Height and width of this batch's frames."""
        return model_size(self.area, float(rng.choice(self.aspects)), self.side_multiple)


@dataclass(frozen=True)
class Batch:
    """``video``, ``known`` and ``prior`` (B, T, 3, H, W), ``condition`` (B, 3, H, W): float32 in [-1, 1], grey 0;
    ``mask`` (B, T, 1, H, W), 0 = known; of that shape ``subject``, 1 = the actor, and ``effect``, 1 = strongly changed
    by them.
    """

    video: Tensor
    known: Tensor
    prior: Tensor
    mask: Tensor
    subject: Tensor
    effect: Tensor
    condition: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on ``device``."""
        return Batch(**{name: tensor.to(device) for name, tensor in vars(self).items()})


class _Batches(Dataset[Batch]):
    def __init__(
        self, seed: int, plan: BatchPlan, recipe: ExampleRecipe, open_clips: Callable[[], DrawClip]
    ) -> None:
        self.seed, self.plan, self.recipe, self.open_clips = seed, plan, recipe, open_clips
        self._draw: DrawClip | None = None

    def __getitem__(self, number: int) -> Batch:
        if self._draw is None:
            cv2.setNumThreads(1)
            self._draw = self.open_clips()
        rng = np.random.default_rng([self.seed, number])
        height, width = self.plan.size(rng)
        examples = []
        for _ in range(self.plan.clips):
            clip = self._draw(rng, self.plan.frames, height, width)
            examples.append(make_example(clip, rng, self.recipe))
        return stack(examples)


def batches(
    seed: int,
    plan: BatchPlan,
    recipe: ExampleRecipe,
    open_clips: Callable[[], DrawClip],
    numbers: range,
    workers: int,
) -> Iterator[Batch]:
    """The batches of these ``numbers``, in order. ``open_clips`` opens their sources, once in each worker.

    Workers are processes of their own from the beginning: a fork would inherit OpenCV's pool of threads, in which this
    one may have made proxies, without its threads, and wait for them for ever.
    """
    loader = DataLoader(
        _Batches(seed, plan, recipe, open_clips),
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="spawn" if workers else None,
        worker_init_fn=_leave_interrupts if workers else None,
    )
    return iter(loader)


def _leave_interrupts(worker: int) -> None:
    """Ctrl-C reaches every process of a terminal: the one that trains ends its workers itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def stack(examples: list[Example]) -> Batch:
    """The examples as one batch."""
    return Batch(
        video=torch.stack([_tensor(e.video) for e in examples]),
        known=torch.stack([_tensor(e.known) for e in examples]),
        prior=torch.stack([_tensor(e.prior) for e in examples]),
        mask=torch.stack([torch.from_numpy(e.mask)[:, None] for e in examples]),
        subject=torch.stack([torch.from_numpy(e.subject)[:, None] for e in examples]),
        effect=torch.stack([torch.from_numpy(e.effect)[:, None] for e in examples]),
        condition=torch.stack([_tensor(e.condition) for e in examples]),
    )


def _tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """(..., H, W, 3) uint8 to (..., 3, H, W) in [-1, 1], where 127 is exactly 0."""
    moved = torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, -3)))
    return ((moved.float() - 127) / 127.5).clamp_(-1, 1)
