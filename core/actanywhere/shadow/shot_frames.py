"""A shot to be cleaned: its frames, where the actor is, and how its frames lie to one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Matrix, Shared
from ..camera.timing import Timing

Codes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Plane = NDArray[np.float32]


class Each(Protocol):
    """What goes over all frames, a few at once."""

    def __call__(self, work: Callable[[int], None], *, also: tuple[Codes, ...] = ()) -> None:
        """Do the ``work`` of each frame, and let go of the memory of the arrays that it reads and writes ``also``."""


RIM = 0.012
"""Width of the rim about the actor, as a share of the frame's height, that is not taken for free."""
SEEN = 3
"""Frames that have to see a place free of the actor for it to be known."""
_BRIGHTER = (0.8, 0.97)
"""Between which ranks of the samples, dark to bright, the clean plate lies."""
_BESIDE = 10
"""Frames before and after those that are asked for that are looked at, too."""
_KEPT = 64
"""What was worked out of single frames and is kept for their neighbours."""

_CODES = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear(codes: Codes) -> Plane:
    """8-bit sRGB codes as light, 0..1."""
    return np.asarray(cv2.LUT(np.asarray(codes), _LINEAR), np.float32)


@dataclass(frozen=True)
class ShotFrames:
    """A shot to be cleaned: ``rgb`` (T, h, w, 3) 8-bit display; ``actor`` gives (h, w), true on the actor, of a frame.

    ``track`` (T, 3, 3) maps unit coordinates of one reference to those of each frame; it says which frames see the
    same, so it may be rough. Where it is ``sure``, it also lays frames over one another that share too few features.
    ``shared`` gives what two frames share. Between the ``ranks`` of the samples, dark to bright, lies the clean plate.
    ``timing`` says which frames tell nothing of others, where that is known; ``asked`` are the frames that are asked
    for, the others only tell of them; None: all.
    """

    rgb: Codes
    actor: Callable[[int], Flags]
    track: NDArray[np.float64]
    shared: Shared
    sure: bool = False
    ranks: tuple[float, float] = _BRIGHTER
    timing: Timing | None = None
    asked: range | None = None

    def __len__(self) -> int:
        return len(self.rgb)

    @property
    def apart(self) -> frozenset[int]:
        """Frames that flash, are black or broken: they tell nothing."""
        return frozenset() if self.timing is None else self.timing.apart

    def is_asked(self, index: int, beside: int = 0) -> bool:
        """Whether a frame is asked for, or no farther ``beside`` those that are."""
        return self.asked is None or self.asked.start - beside <= index < self.asked.stop + beside

    def looks_at(self, index: int) -> bool:
        """Whether a frame is looked at: who casts a shadow is followed into the frames beside."""
        return self.is_asked(index, _BESIDE)

    def together(self, one: int, other: int) -> bool:
        """Whether the plate is not cut or faded between two frames."""
        begins = () if self.timing is None else self.timing.begins
        return not any(min(one, other) < begin <= max(one, other) for begin in begins)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.rgb.shape[1], self.rgb.shape[2]

    @cached_property
    def off(self) -> Callable[[int, int], Codes]:
        """Gives (h, w) 1 off the actor of a frame, and off a rim about them in a square of so many pixels."""
        actor = self.actor  # not the shot itself, which would be kept as long as what it keeps

        @lru_cache(_KEPT)
        def off(index: int, side: int) -> Codes:
            free = (~actor(index)).astype(np.uint8)
            return np.asarray(cv2.erode(free, np.ones((side, side), np.uint8)), np.uint8)

        return off

    @cached_property
    def grey(self) -> Callable[[int], Codes]:
        """Gives a frame (h, w) without its colours."""
        rgb = self.rgb
        return lru_cache(_KEPT)(
            lambda index: np.asarray(cv2.cvtColor(rgb[index], cv2.COLOR_RGB2GRAY), np.uint8)
        )


def by_track(shot: ShotFrames, source: int, target: int) -> Matrix:
    """(3, 3) from pixels of the one frame to pixels of the other, as the plate's camera was tracked."""
    height, width = shot.size
    to_unit = np.array([[1, 0, -(width - 1) / 2], [0, 1, -(height - 1) / 2], [0, 0, height]]) / height
    move = np.linalg.inv(to_unit) @ shot.track[target] @ np.linalg.inv(shot.track[source]) @ to_unit
    return np.asarray(move / move[2, 2])
