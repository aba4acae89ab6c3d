"""Lines that flash up beside a pulled shadow: in a frame, and not in those before and after.

A post that passes before the actor, a kerb or a ramp's edge is taken for shadow where it happens to join theirs, for a
frame or two. A shadow goes on with them, its thin parts too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..footage import spilled
from .reach import brought
from .shot_frames import Codes, Each, Flags, ShotFrames
from .steady import Feet, away_from

_NEIGHBOURS, _HAVE = 3, 0.34
"""Frames before and after that are asked, where they show a shadow, and the share of them that has to have what is no
flash."""
_ASIDE, _APART = 0.05, 0.1
"""In heights of the actor: how far off it may lie in those, as legs swing; and how far a line has to reach away from
the rest of the shadow, of which it else is the border.
"""
_THIN, _INNER, _SMALLEST = 0.008, 0.3, 1e-3
"""Width of a line, as a share of the frame's height; the share of a part that may be wider; and its smallest area, in
squares of the actor's height.
"""
_MOST = 0.35
"""Share of a frame's shadow, beyond which it is the shadow itself that moves on: a jump."""
_LAID, _FAINT = 25, 13
"""Of 255: a tenth of the light, and half of that."""


def leave_out_passing(shot: ShotFrames, planes: Codes, feet: Sequence[Feet | None], each: Each) -> None:
    """Take out of the ``planes`` (T, h, w), the light taken of 255, lines that the frames beside do not have.

    ``each`` runs a work over all frames.
    """
    grown = spilled(planes.shape)  # nothing in frames that show none

    def grow(index: int) -> None:
        stands, actor = feet[index], shot.actor(index)
        if stands is not None and ((planes[index] > _LAID) & ~actor).any():
            there = ((planes[index] > _FAINT) | actor).astype(np.uint8)
            grown[index] = cv2.dilate(there, _disc(2 * _ASIDE * stands.tall))

    def leave_out(index: int) -> None:
        near = range(max(0, index - _NEIGHBOURS), min(len(planes), index + _NEIGHBOURS + 1))
        tell = [other for other in near if grown[other].any() and shot.together(other, index)]
        if index not in tell or len(tell) <= _NEIGHBOURS:
            return
        here = cast(Feet, feet[index])
        laid = (planes[index] > _LAID) & ~shot.actor(index)
        have = np.zeros(laid.shape, np.float32)
        for other in tell:
            if other != index:
                theirs = grown[other].astype(np.float32)
                have += brought(shot, theirs, other, index, cast(Feet, feet[other]), here) > 0.5
        alone = laid & (have < _HAVE * (len(tell) - 1))
        if alone.sum() <= _MOST * laid.sum():
            gone = _lines(alone, away_from(laid & ~alone), here).astype(np.uint8)
            planes[index][cv2.dilate(gone, np.ones((3, 3), np.uint8)) > 0] = 0

    each(grow, also=(planes, grown))
    each(leave_out, also=(planes, grown))


def _lines(alone: Flags, away: NDArray[np.float32], here: Feet) -> Flags:
    """Of what is ``alone`` (h, w) the parts that are lines, and reach ``away`` (h, w; pixels) from the rest."""
    flags = alone.astype(np.uint8)
    core = cv2.morphologyEx(flags, cv2.MORPH_OPEN, _disc(2 * _THIN * len(alone)))
    number, labels, stats, _ = cv2.connectedComponentsWithStats(flags, connectivity=8)
    areas, flat = stats[:, cv2.CC_STAT_AREA], labels.ravel()
    reaches = np.bincount(flat, (away > _APART * here.tall).ravel(), number) > 0
    lines = (np.bincount(flat, core.ravel(), number) < _INNER * areas) & reaches
    lines &= areas > _SMALLEST * here.tall**2
    lines[0] = False
    return np.asarray(lines[labels])


def _disc(wide: float) -> Codes:
    side = 2 * max(1, round(wide / 2)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
