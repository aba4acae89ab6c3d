"""The noise that a take begins from."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["frame_noise"]


def frame_noise(seed: int, frame: int, shape: tuple[int, ...]) -> Tensor:
    """Standard normal noise of one frame: the same for the same seed and host frame number, on every machine."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + frame) % 2**63)
    return torch.randn(shape, generator=generator)
