"""Whether an actor is cut off above the feet: by the frame's lower border, or by a matte with a straight lower end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..shadow.cast import standing
from .clip import Clip

_FRAMES = 12
_MOST = 0.6
"""Share of the frames from which on the actor of a shot is cut off."""
_STRAIGHT = 0.8
"""Share of the matte's width three rows up, from which on its last rows are a straight end."""
_SMALLEST = 8
_ALIKE = 0.06
"""Difference on the display across the matte's lower end, up to which the plate goes on there."""


def cut_off(clip: Clip) -> str:
    """What cuts the actor off above the feet in most of the shot: ``the frame``, ``the matte``, or nothing (empty)."""
    found = []
    for index in np.unique(np.linspace(0, len(clip.frames) - 1, _FRAMES).round().astype(int)):
        matte = clip.matte[index]
        if not (matte > 127).any():
            continue
        if not standing(np.asarray(matte, np.float32) / np.float32(255)):
            found.append("the frame")
        else:
            found.append("the matte" if ends_in_a_cut(clip.rgb[index], matte) else "")
    return next((one for one in ("the frame", "the matte") if found.count(one) > _MOST * len(found)), "")


def ends_in_a_cut(rgb: NDArray[np.uint8], matte: NDArray[np.uint8]) -> bool:
    """Whether a matte (h, w), 255 = actor, ends below in a straight line that is no edge in the plate (h, w, 3)."""
    solid = matte > 127
    rows = np.flatnonzero(solid.any(1))
    if not len(rows) or rows[-1] + 4 >= len(matte):
        return False
    last = int(rows[-1])
    ends = np.flatnonzero(solid[last - 1 : last + 1].any(0))
    over = int(solid[last - 4].sum())
    if len(ends) < max(_SMALLEST, _STRAIGHT * over):
        return False
    above = rgb[last - 2 : last, ends].astype(np.float32).mean(0)
    below = rgb[last + 2 : last + 4, ends].astype(np.float32).mean(0)
    return bool(np.median(np.abs(above - below).mean(-1)) <= _ALIKE * 255)
