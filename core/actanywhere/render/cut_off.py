"""Whether an actor is cut off above the feet: by the frame's lower border, by a matte with a straight lower end, or by
what stands in front of them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..seeing.protocol import RegionMap
from ..shadow.cast import standing
from .clip import Clip
from .plate_regions import PlateRegions

_FRAMES = 12
_MOST = 0.6
"""Share of the frames from which on the actor of a shot is cut off."""
_STRAIGHT = 0.8
"""Share of the matte's width three rows up, from which on its last rows are a straight end."""
_SMALLEST = 8
_ALIKE = 0.06
"""Difference on the display across the matte's lower end, up to which the plate goes on there."""
_HIDES = ("thing", "vehicle", "upright", "foliage", "person")
"""Regions that nobody stands on with a straight end: a table, a bonnet, a wall, a hedge, a head in front."""
_UNDER = 0.02
"""Frame heights below the matte's end at which that is looked at."""
_LOW = 0.25
"""Share of the actor's height, from the end up, in which a slanted end may lie."""
_BROAD = 0.25
"""How broad it is against the actor's height: somebody on both feet is some six times as tall as their sole is long."""
_BROADEST = 0.4
"""The same at the frame's lower border: legs apart, seen down to their knees, are less."""
_STEEPEST = np.tan(np.radians(20))
_OFF = 1.0


def cut_off(clip: Clip, regions: PlateRegions | None = None) -> str:
    """What cuts the actor off above the feet in most of the shot: ``the frame``, ``the matte``, ``what stands in front
    of them`` (by the plate's ``regions``), or nothing (empty).
    """
    found = []
    for index in np.unique(np.linspace(0, len(clip.frames) - 1, _FRAMES).round().astype(int)):
        matte = clip.matte[index]
        if not (matte > 127).any():
            continue
        seen = None if regions is None else regions.at(index)
        if _broad_at_border(matte) or not standing(np.asarray(matte, np.float32) / np.float32(255)):
            found.append("the frame")
        elif ends_in_a_cut(clip.rgb[index], matte):
            found.append("the matte")
        else:
            found.append("what stands in front of them" if seen and ends_behind(seen, matte) else "")
    most = _MOST * len(found)
    return next((one for one in dict.fromkeys(found) if one and found.count(one) > most), "")


def _broad_at_border(matte: NDArray[np.uint8]) -> bool:
    """Whether the frame's lower border cuts a matte (h, w), 255 = actor, broader than feet are: a neck, a waist."""
    solid = matte > 127
    steps = np.flatnonzero(np.diff(solid[-1].astype(np.int8), prepend=0, append=0))
    broadest = int(np.diff(steps)[::2].max(initial=0))
    return broadest >= max(_SMALLEST, _BROADEST * int(solid.any(1).sum()))


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


def ends_behind(regions: RegionMap, matte: NDArray[np.uint8]) -> bool:
    """Whether a matte (h, w), 255 = actor, ends below in a straight line, level or slanted, on what hides their feet.

    Feet on a thing, a board or a step, have no such end: theirs is broken, or narrow.
    """
    solid = matte > 127
    rows = np.flatnonzero(solid.any(1))
    if not len(rows):
        return False
    height, width = solid.shape
    columns = np.flatnonzero(solid.any(0))
    lowest = height - 1 - np.argmax(solid[::-1, columns], axis=0)
    near = lowest > rows[-1] - _LOW * (rows[-1] - rows[0] + 1)
    columns, lowest = columns[near], lowest[near]
    kept = np.ones(len(columns), np.bool_)
    for _ in range(4):
        if np.count_nonzero(kept) < _SMALLEST:
            return False
        slope, level = np.polyfit(columns[kept], lowest[kept], 1)
        kept = np.abs(lowest - (slope * columns + level)) <= _OFF
    over = np.round(slope * np.arange(width) + level).astype(int) - 4
    wide = int(solid[np.clip(over, 0, height - 1), np.arange(width)].sum())
    line = columns[kept]
    if abs(slope) > _STEEPEST or len(line) < max(_SMALLEST, _STRAIGHT * wide):
        return False
    if len(line) < _STRAIGHT * (np.ptp(line) + 1) or len(line) < _BROAD * (rows[-1] - rows[0] + 1):
        return False
    hides = np.asarray(cv2.resize(regions.of(*_HIDES), (width, height), interpolation=cv2.INTER_LINEAR))
    under = np.clip(np.round(slope * line + level + 1 + _UNDER * height).astype(int), 0, height - 1)
    return bool(hides[under, line].mean() > 0.5)
