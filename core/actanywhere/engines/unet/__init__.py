"""The method of the paper: a video U-Net that paints windows of latents."""

from __future__ import annotations

from pathlib import Path

from .engine import UNetEngine

__all__ = ["UNetEngine", "engine_of"]


def engine_of(folder: Path) -> UNetEngine:
    """The engine of the model in ``folder``. Raises ``ModelError``."""
    return UNetEngine(folder)
