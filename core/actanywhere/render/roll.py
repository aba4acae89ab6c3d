"""A picture of the place whose uprights lean beside those of the plate: a photograph that was not held level.

Straight lines that are upright in the world lean by the camera's roll at the picture's middle, and evenly more or less
to the sides, as the camera looks down or up.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..seeing.horizon import straight_lines
from .clip import Clip

Picture = NDArray[np.float32]

_WIDEST, _NEAR = 22.0, 1.0
"""Degrees by which an upright may lean, and by which those of one camera agree."""
_SHORTEST = 0.05
_TRIES, _APART, _STEEPEST = 400, 0.25, 12.0
"""Pairs of lines that are tried, how far apart they lie, in picture heights, and degrees a height by which it grows."""
_SHARE, _LINES, _LENGTH, _SIDE, _ASIDE = 0.68, 14, 1.4, 0.2, 0.4
"""Of lines that agree: their share of those that lean about as they do, how many, their length, how far to either side,
and how far aside of the middle their own is at most, in picture heights. A fence at one side tells nothing."""
_ABOUT = 12.0
_TOLD = 2.0
"""Degrees."""


def warn_of_roll(clip: Clip, index: int, condition: Picture, hidden: Picture | None) -> tuple[str, ...]:
    """A warning where the uprights of the ``condition`` (h, w, 3) lean otherwise than the plate's in a frame.

    ``hidden`` (h, w) is 1 on who is taken out of it.
    """
    leans = lean(condition, hidden)
    if leans is None:
        return ()
    height, width = len(clip.rgb[index]), round(len(clip.rgb[index]) * clip.aspect)
    plate, matte = (
        np.asarray(cv2.resize(codes[index] / np.float32(255), (width, height)), np.float32)
        for codes in (clip.rgb, clip.matte)
    )
    level = lean(plate, matte)
    off = leans - (level or 0.0)
    if abs(off) < _TOLD:
        return ()
    way = "counter-clockwise" if off < 0 else "clockwise"
    beside = "the plate is taken to be level" if level is None else f"those of the plate by {level:+.1f}°"
    return (
        f"The condition picture is tilted: its uprights lean by {leans:+.1f}°, {beside}, and the place will lean "
        f"behind the actor. Turn the picture by {abs(off):.1f}° {way} and crop it.",
    )


def lean(picture: Picture, hidden: Picture | None = None) -> float | None:
    """Degrees by which a picture (h, w, 3) is turned counter-clockwise; None where its uprights do not surely tell."""
    seen = np.ones(picture.shape[:2], np.bool_) if hidden is None else hidden < 0.1
    middles, ways, lengths = straight_lines(picture, seen)
    leans = np.degrees(np.arctan2(ways[:, 0], np.abs(ways[:, 1])) * np.where(ways[:, 1] < 0, -1, 1))
    kept = (np.abs(leans) < _WIDEST) & (lengths > _SHORTEST)
    across, leans, lengths = middles[kept, 0], leans[kept], lengths[kept]
    if len(leans) < _LINES:
        return None
    random = np.random.default_rng(0)
    agree = np.zeros(len(leans), np.bool_)
    for _ in range(_TRIES):
        one, other = random.choice(len(leans), 2, replace=False, p=lengths / lengths.sum())
        if abs(across[one] - across[other]) < _APART:
            continue
        grows = (leans[one] - leans[other]) / (across[one] - across[other])
        near = np.abs(leans - leans[one] - grows * (across - across[one])) < _NEAR
        if abs(grows) < _STEEPEST and lengths[near].sum() > lengths[agree].sum():
            agree = near
    length = float(lengths[agree].sum())
    if agree.sum() < _LINES or length < _LENGTH:
        return None
    aside = abs(float(lengths[agree] @ across[agree])) / length
    if across[agree].min() > -_SIDE or across[agree].max() < _SIDE or aside > _ASIDE:
        return None
    weight = np.sqrt(lengths[agree])[:, None]
    places = np.stack([np.ones(agree.sum()), across[agree]], 1)
    found, grows = np.linalg.lstsq(places * weight, leans[agree] * weight[:, 0], rcond=None)[0]
    about = np.abs(leans - found - grows * across) < _ABOUT
    return float(found) if length > _SHARE * float(lengths[about].sum()) else None
