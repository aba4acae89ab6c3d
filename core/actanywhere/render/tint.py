"""A grey or sepia picture of the place beside an actor in colour, or the other way round."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .clip import Clip

Picture = NDArray[np.float32]

_ONE_TINT, _COLOURED = 1.0, 4.0
"""Spread of Lab's colours about what a tint by brightness alone gives: below the first grey or sepia, from the second
in colour. A foggy city has 2."""
_SIDE, _FRAMES = 160, 3
_FEWEST = 50


def unlike_in_colour(clip: Clip, condition: Picture) -> tuple[str, ...]:
    """A warning where either the ``condition`` (h, w, 3) or the actor has colours, and the other has none."""
    small = np.asarray(cv2.resize(condition, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.float32)
    place = _spread(small.reshape(-1, 3))
    indices = np.unique(np.linspace(0, len(clip.frames) - 1, _FRAMES).round().astype(int)).tolist()
    seen = np.concatenate([clip.rgb[index][clip.matte[index] > 200] for index in indices])
    if len(seen) < _FEWEST:
        return ()
    actor = _spread(np.asarray(seen / 255, np.float32))
    for one, name, other in ((place, "condition picture", actor), (actor, "plate's actor", place)):
        if one < _ONE_TINT and other > _COLOURED:
            beside = "the actor is" if name.startswith("condition") else "the place is"
            return (
                f"The {name} has no colours of its own (grey, or one tint as sepia), and {beside} in colour: they will "
                "not look as if shot together. Grade one to the other; --match grade does not take colours away.",
            )
    return ()


def _spread(colours: Picture) -> float:
    """How far (n, 3) display colours lie from a tint by brightness alone, in units of Lab (root mean square)."""
    lab = cv2.cvtColor(np.ascontiguousarray(colours[None], np.float32), cv2.COLOR_RGB2LAB)[0]
    bright = np.vander(lab[:, 0] / 100, 4)
    off = lab[:, 1:] - bright @ np.linalg.lstsq(bright, lab[:, 1:], rcond=None)[0]
    return float(np.sqrt((off**2).sum(1).mean()))
