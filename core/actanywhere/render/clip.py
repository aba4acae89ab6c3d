"""Frames in memory with their host numbers."""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import OutputError
from ..contract.shot import FrameRange

__all__ = ["Clip", "empty_clip"]


@dataclass(frozen=True)
class Clip:
    """A shot at the model's size, as the network sees it before anything is masked.

    ``rgb`` (T, h, w, 3) uint8, display-referred sRGB; ``matte`` (T, h, w) uint8, 255 = subject; ``aspect`` is
    width over height of the plate's raster, which the model's size may squeeze a little.
    """

    frames: FrameRange
    rgb: NDArray[np.uint8]
    matte: NDArray[np.uint8]
    aspect: float

    def __post_init__(self) -> None:
        if not len(self.frames) == len(self.rgb) == len(self.matte):
            raise ValueError("a clip has one picture and one matte a frame")

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.rgb.shape[1], self.rgb.shape[2]


def empty_clip(frames: FrameRange, height: int, width: int, aspect: float) -> Clip:
    """A clip to be filled; it lies in a temporary file, so that a long shot does not fill the memory.

    Raises ``OutputError`` where the temporary folder has no room for it.
    """
    room = len(frames) * height * width * 4
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if room > free:
        raise _no_room(frames, f"{room / 1e9:.1f} GB are needed, and {free / 1e9:.1f} GB are free")
    try:
        return Clip(
            frames, _spill((len(frames), height, width, 3)), _spill((len(frames), height, width)), aspect
        )
    except OSError as error:
        raise _no_room(frames, str(error.strerror)) from error


def _spill(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    with tempfile.TemporaryFile() as stream:
        if (
            sys.platform == "linux"
        ):  # else a disk that fills up later kills the process that writes into the map
            os.posix_fallocate(stream.fileno(), 0, math.prod(shape))
        return cast("NDArray[np.uint8]", np.memmap(stream, np.uint8, "w+", shape=shape))


def _no_room(frames: FrameRange, why: str) -> OutputError:
    return OutputError(
        f"The temporary folder {tempfile.gettempdir()} cannot hold {len(frames)} frames: {why}.",
        "Set TMPDIR to a folder on a larger disk, or render fewer --frames at a time.",
    )
