"""Whether frames show the same ground at the actor's feet, where a clean plate cannot tell: water, or a lost camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..footage import brightness
from .darker import below_knees, fine_detail
from .shot_frames import Plane, ShotFrames, by_track, linear
from .steady import Feet, away_from

_LATER, _ASKED = 2, 6
"""Frames after which waves look otherwise; and pairs of frames that are asked."""
_TILE, _APART = 32, 10
"""Pixels of a tile, in a frame of 360 rows, and how far it is looked for about where the track has it."""
_FREE, _TEXTURE, _FEWEST = 0.95, 0.03, 12
"""Share of a tile that is ground in both frames, its contrast at least, and how many have to tell."""
_MOST = 2 / 3
"""Of the pairs, ordered by how well their ground is found, which one tells."""
_FOUND = 0.6
"""Correlation of detail from which on a tile is the same (ground 0.65 to 1.0, seas and pools 0.3 to 0.5)."""


@dataclass(frozen=True)
class SameGround:
    """``found``: the ground is in the next frames too; ``follows``: where the track has it."""

    found: bool
    follows: bool


def same_ground(shot: ShotFrames, feet: list[Feet | None]) -> SameGround:
    """What the frames of ``shot`` show again of the ground at the ``feet``."""
    pairs = []
    for first in range(0, len(shot) - _LATER, max(1, len(shot) // _ASKED)):
        stands = feet[first + _LATER]
        if stands is not None and shot.together(first, first + _LATER):
            pairs.append(_tiles(shot, first, first + _LATER, stands))
    return judge(pairs)


def judge(pairs: Sequence[Sequence[tuple[float, float]]]) -> SameGround:
    """What the tiles of some ``pairs`` of frames tell, by how well each is found, at best and where the track has it.

    The ground may be lost in part of a long shot, as the actor leaves it; water is found nowhere.
    """
    if sum(map(len, pairs)) < _FEWEST:
        return SameGround(False, False)
    follows = np.median([track for tiles in pairs for _, track in tiles]) > _FOUND
    found = [np.median([best for best, _ in tiles]) for tiles in pairs if tiles]
    return SameGround(bool(follows or np.quantile(found, _MOST) > _FOUND), bool(follows))


def _tiles(shot: ShotFrames, first: int, then: int, stands: Feet) -> list[tuple[float, float]]:
    """How well each tile of a frame is found in an earlier one: at best, and where the track has it."""
    height, width = shot.size
    tile, apart = (round(pixels * height / 360) for pixels in (_TILE, _APART))
    move = by_track(shot, first, then)

    def detail(index: int) -> Plane:
        return fine_detail(brightness(linear(np.asarray(shot.rgb[index]))), height / 360)

    before = np.asarray(cv2.warpPerspective(detail(first), move, (width, height)), np.float32)
    now = detail(then)
    free = cv2.warpPerspective((~shot.actor(first)).astype(np.uint8), move, (width, height)) > 0
    free &= below_knees(away_from(shot.actor(then)), stands)
    found = []
    for top in range(apart, height - tile - apart, tile // 2):
        for left in range(apart, width - tile - apart, tile // 2):
            box = np.s_[top : top + tile, left : left + tile]
            if free[box].mean() > _FREE and now[box].std() > _TEXTURE:
                about = before[top - apart : top + tile + apart, left - apart : left + tile + apart]
                alike = cv2.matchTemplate(np.ascontiguousarray(about), now[box], cv2.TM_CCOEFF_NORMED)
                found.append((float(alike.max()), float(alike[apart, apart])))
    return found
