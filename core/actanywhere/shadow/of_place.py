"""What of a plate's dark is the place's own: frames from which the actor has gone on show it too.

It is looked for where the place has moved to, and not where a plane would have it: a railing before a wall, or a wall
before the ground, lies elsewhere than the plane that the clean plate was laid over by, and so is missing in that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.dense_flow import dense_flow
from ..camera.fit import apply
from ..footage import brightness
from .shot_frames import Codes, Flags, Plane, ShotFrames, by_track, linear
from .steady import Feet, moved

_ROWS = 180
"""Rows of the frames that are compared."""
_HEIGHTS, _WIDTHS, _LATEST, _EACH, _FEWEST = 0.5, 1.6, 24, 5, 3
"""How far, in heights and mean widths of the actor, they have gone on in a frame that tells; how many frames later or
earlier that is at most; how many tell at most of each; and how many have to see a place.
"""
_STAYS, _EXPLAINED = 0.6, 0.4
"""Share of these frames that show it as dark, and share of the dark by which they may differ."""
_BLUR, _SEEN = 2.0, 0.5
"""Pixels over which what is compared is blurred, so that grain and gravel are none; and how much of that has to be seen
by both."""
_BLACK, _DARKEST, _DARK = 0.006, 0.95, 20


@dataclass(frozen=True)
class _Small:
    """A frame in so many rows: ``grey`` (h, w) 8-bit, ``light`` (h, w), a logarithm, and ``free`` (h, w) 0 or 1."""

    grey: Codes
    light: Plane
    free: Plane


def of_place(shot: ShotFrames, dark: Codes, feet: Sequence[Feet | None], index: int) -> Flags:
    """(h, w) what of the ``dark`` (h, w) of a frame, of 255, others show too, from which the actor has gone on."""
    height, width = shot.size
    here, others = _small(shot, index), _gone_on(shot, feet, index)
    size, goes = here.light.shape[::-1], dark.astype(np.float32)
    taken = cv2.resize(dark, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    depth = _blurred(-np.log(1 - np.minimum(taken, _DARKEST)))
    shows, seen = np.zeros((2, *here.light.shape), np.float32)
    scale = np.diag([size[0] / width, size[1] / height, 1])
    for other in others:
        move = scale @ by_track(shot, other, index) @ np.linalg.inv(scale)
        # What goes on with them may lie there as well: that tells nothing.
        theirs = moved(goes, cast(Feet, feet[index]), cast(Feet, feet[other])) > _DARK
        light, free = _laid_on(_small(shot, other, theirs), here, move)
        both = here.free * free
        share = _blurred(both)
        known = both > 0
        if not known.any():
            continue
        apart = here.light - light
        apart = np.abs(_blurred((apart - np.median(apart[known])) * both)) / np.maximum(share, 1e-3)
        seen += share > _SEEN
        shows += (share > _SEEN) & (apart < _EXPLAINED * depth)
    own = (seen >= _FEWEST) & (shows >= _STAYS * seen)
    return np.asarray((cv2.resize(own.astype(np.float32), (width, height)) > 0.5) & (dark > 0))


def _gone_on(shot: ShotFrames, feet: Sequence[Feet | None], index: int) -> list[int]:
    """The frames before and after, the nearest first, in which the actor stands so far off that they hide nothing.

    They go on across the frame, or nearer and farther; who jumps or crouches stays where they are.
    """
    here = cast(Feet, feet[index])
    wide = float(shot.actor(index).sum()) / here.tall
    far, told = max(here.tall * _HEIGHTS, wide * _WIDTHS), []
    for step in (-1, 1):
        used = 0
        for other in range(index + step, index + step * (_LATEST + 1), step):
            there = feet[other] if 0 <= other < len(feet) else None
            if there is None or used == _EACH or not shot.together(other, index):
                continue
            x, y = apply(by_track(shot, other, index), np.array([[there.x, there.y]]))[0]
            nearer = min(abs(here.y - y), here.tall * abs(np.log(here.tall / there.tall)))
            if np.hypot(x - here.x, nearer) > far:
                used += 1
                told.append(other)
    return told


def _small(shot: ShotFrames, index: int, theirs: Flags | None = None) -> _Small:
    rows = min(_ROWS, shot.size[0])
    size = round(shot.size[1] * rows / shot.size[0]), rows
    rgb = np.asarray(cv2.resize(shot.rgb[index], size, interpolation=cv2.INTER_AREA), np.uint8)
    taken = shot.actor(index) if theirs is None else shot.actor(index) | theirs
    covered = cv2.resize(taken.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    free = cv2.dilate(covered, np.ones((3, 3), np.uint8)) < 0.25
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    light = np.log(brightness(linear(rgb)) + _BLACK)
    return _Small(grey, np.asarray(light, np.float32), np.asarray(free, np.float32))


def _laid_on(other: _Small, here: _Small, move: NDArray[np.float64]) -> tuple[Plane, Plane]:
    """Another frame's light and what is free of it, as they lie on this one: by the ``move`` (3, 3) of its plane, and
    then piece by piece.
    """
    height, width = here.light.shape
    grey = cv2.warpPerspective(other.grey, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    flow = dense_flow(here.grey, np.asarray(grey, np.uint8))
    at = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1) + flow
    looks = apply(np.asarray(np.linalg.inv(move), np.float64), np.asarray(at.reshape(-1, 2), np.float64))
    looks = np.nan_to_num(looks, nan=-1e4).clip(-1e4, 1e4).reshape(height, width, 2)
    x, y = (np.ascontiguousarray(looks[..., axis], np.float32) for axis in (0, 1))
    light = cv2.remap(other.light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    free = cv2.remap(other.free, x, y, cv2.INTER_NEAREST)
    return np.asarray(light, np.float32), np.asarray(free, np.float32)


def _blurred(plane: Plane) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), _BLUR), np.float32)
