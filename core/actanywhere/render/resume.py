"""Painted windows on disk, so that a stopped job goes on where it was."""

from __future__ import annotations

import os
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..contract.errors import OutputError
from ..engines.unet.model.weights import give_usual_mode

__all__ = ["PaintedWindows"]


class PaintedWindows:
    """The latents (T, C, h, w) of a job's windows in its working folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, number: int) -> Tensor | None:
        """Window ``number``, or None when it was not painted yet."""
        try:
            return load_file(self._path(number))["latents"]
        except (OSError, SafetensorError, KeyError):
            return None

    def save(self, number: int, latents: Tensor) -> None:
        """Keep window ``number``; it appears whole or not at all. Raises ``OutputError``."""
        path = self._path(number)
        fresh = path.with_suffix(".new")
        try:
            save_file({"latents": latents.contiguous()}, fresh)
            give_usual_mode(fresh)
            os.replace(fresh, path)
        except (OSError, SafetensorError) as error:
            fresh.unlink(missing_ok=True)
            raise OutputError(
                f"{path} cannot be written: {error}.",
                "Free some space and give the same command again: finished frames are kept.",
            ) from error

    def _path(self, number: int) -> Path:
        return self.folder / f"window_{number:05d}.safetensors"
