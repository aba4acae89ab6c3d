"""What the surface that the actor is on shows by itself, where it moves: water, of which no clean plate can be made.

Frames laid over one another do not show water as it is, and show spray that the camera follows as a part of it. But
level water looks much the same all along a row, so each row tells how bright it is by itself, and how that varies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np

from ..camera.alignment import Box
from ..footage import brightness
from .clean_plate import CleanFrame
from .darker import alike_at_feet
from .shot_frames import Flags, Plane, ShotFrames, linear
from .steady import Feet, away_from

_NEAR = 4
"""Frames before and after that tell of a row too."""
_BESIDE = 0.3
"""How far from the actor a row tells how it is by itself, in heights of theirs."""
_EVERY = 4
"""Pixels of a row between those that tell."""
_BAND = 0.01
"""Share of the frame's height, above and below a row, that tells of it."""
_LOW, _USUAL = 0.15, (0.3, 0.4, 0.5)
"""Ranks of what is dark in a row and of what is usual: spray brightens up to half of it."""
_VARIES = 2.0
"""How far a row varies above what is usual, against how far from there to its dark."""
_PLAIN = 0.5
"""Logarithm of light by which a row may differ in itself: more is a shore, a crowd, a far bank."""
_FEWEST, _BLACK, _ALWAYS, _UNLIKE = 50, 0.006, np.int32(99), 9.0
_ASKED = 8
"""Frames that tell whether it moves."""
_MOVES, _TOLD = 0.45, 0.25
"""Correlation of its texture with the clean plate's below which it moves (seas have 0.1 to 0.35, sand and roads 0.55
and more), and the share of those frames that have to show enough of it.
"""


class Surface:
    """The rows of the frames of ``shot`` about the actor's feet; ``stands`` gives where they stand in a frame."""

    def __init__(self, shot: ShotFrames, stands: dict[int, Feet]) -> None:
        self._shot, self._stands = shot, stands
        self._row = lru_cache(2 * _NEAR + 4)(self._look)

    def clean(self, index: int, part: Box) -> CleanFrame:
        """A frame, which ``part`` has to be, as its surface is by itself; a hole where none like it is seen."""
        (height, width), feet = self._shot.size, self._stands[index]
        near = [other for other in range(index - _NEAR, index + _NEAR + 1) if other in self._stands]
        light, tells = (np.concatenate(planes, 1) for planes in zip(*map(self._row, near), strict=True))
        bright = brightness(light)
        rows = np.linspace(0, height, round(1 / _BAND) + 1).astype(int)
        bands = np.zeros((len(rows) - 1, 4), np.float32)  # what is usual, and how far that varies
        bands[:, 3] = _UNLIKE
        for band, (first, last) in enumerate(pairwise(rows)):
            about = slice(max(0, 2 * first - last), 2 * last - first)
            told = bright[about][tells[about]]
            if len(told) < _FEWEST:
                continue
            low, least, middle, most = np.quantile(told, (_LOW, *_USUAL))
            bands[band, :3] = light[about][tells[about]][(told >= least) & (told <= most)].mean(0)
            bands[band, 3] = np.log((middle + _BLACK) / (low + _BLACK))
        each = np.asarray(cv2.resize(bands, (4, height)), np.float32)
        plain = _about(each[:, 3] < _PLAIN, int(feet.y))
        whole = np.repeat(each[:, None], width, 1)
        seen = np.where(plain[:, None], _ALWAYS, np.zeros((height, width), np.int32))
        spread = np.where(seen > 0, _VARIES * whole[..., 3], 0)
        return CleanFrame(whole[..., :3], seen, np.asarray(spread, np.float32))

    def moves(self, stacked: Callable[[int, Box], CleanFrame]) -> bool:
        """Whether it moves by itself against the plate's clean plate, which ``stacked`` gives; not where it is bare."""
        (height, width), frames, told = self._shot.size, list(self._stands), []
        for index in frames[:: -(-len(frames) // _ASKED)]:
            clean, plate = stacked(index, (0, 0, width, height)), linear(self._shot.rgb[index])
            away = away_from(self._shot.actor(index))
            told.append(alike_at_feet(plate, clean, away, self._stands[index], height / 360))
        known = [one for one in told if one is not None]
        return len(known) > _TOLD * len(told) and float(np.median(known)) < _MOVES

    def _look(self, index: int) -> tuple[Plane, Flags]:
        """Light (h, n, 3) of a frame's rows, and where (h, n) it tells how they are by themselves."""
        away = away_from(self._shot.actor(index)) > _BESIDE * self._stands[index].tall
        return linear(np.ascontiguousarray(self._shot.rgb[index][:, ::_EVERY])), away[:, ::_EVERY]


def _about(plain: Flags, row: int) -> Flags:
    """Of the rows that are ``plain`` (h,) those that hang together with the ``row``."""
    kept = np.zeros_like(plain)
    if plain[row]:
        breaks = np.flatnonzero(~plain)
        above, below = breaks[breaks < row], breaks[breaks > row]
        kept[(above[-1] + 1 if len(above) else 0) : (below[0] if len(below) else len(plain))] = True
    return kept
