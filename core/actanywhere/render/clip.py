"""Frames in memory with their host numbers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import OutputError
from ..contract.shot import FrameRange
from ..footage import forget, spilled

_AT_ONCE = 64
"""Frames after which those that were looked at leave the memory."""


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

    def forget(self) -> None:
        """Let go of the memory that was needed to look at it."""
        forget(self.rgb, self.matte)

    def indices(self) -> Iterator[int]:
        """Of its frames (from 0), one after the other; those that were looked at leave the memory on the way."""
        for index in range(len(self.frames)):
            yield index
            if index % _AT_ONCE == 0:
                self.forget()

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
            frames, spilled((len(frames), height, width, 3)), spilled((len(frames), height, width)), aspect
        )
    except OSError as error:
        raise _no_room(frames, str(error.strerror)) from error


def _no_room(frames: FrameRange, why: str) -> OutputError:
    return OutputError(
        f"The temporary folder {tempfile.gettempdir()} cannot hold {len(frames)} frames: {why}.",
        "Set TMPDIR to a folder on a larger disk, or render fewer frames (--frames) at a time.",
    )
