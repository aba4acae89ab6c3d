"""A pulled shadow where the clean plate cannot know it: on ground that hardly any frame shows in the light.

Of somebody who hardly moves on, part of the shadow lies in the clean plate too, and cancels; or some of the frames that
make the clean plate are in shadow there, and disagree. It is taken from the frames that do know it, seen from the
actor, where the plate is no lighter than in those.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..footage import brightness, spilled
from .reach import about
from .shot_frames import Each, Flags, Plane, ShotFrames, by_track, linear
from .steady import Feet, feet_of, moved, onto

Codes = NDArray[np.uint8]

_ASKED = 16
"""Frames, evenly spread, that tell where the ground is ever seen in the light."""
_LIT, _FEWEST = 0.3, 3
"""Share of the frames that show a place below which it is hardly ever seen lit, and how many frames at least."""
_DARK, _LAID = 13, 25
"""Of 255: less than the first is light, more than the second is shadow."""
_RIM = 0.012
_FARTHEST, _TELL, _AGREE = 15, 4, 0.75
"""How many frames away one may be that tells, how many do, and the share of them that has to show the shadow."""
_LIGHTER = 0.5
"""Share of the shadow's depth by which the plate may be lighter than where the shadow is known."""
_BLUR, _BLACK = 0.004, 0.006


def fill_unseen(
    shot: ShotFrames, planes: Codes, doubted: Codes, feet: Sequence[Feet | None], each: Each
) -> Codes:
    """``planes`` (T, h, w), the light taken of 255, with what their frames could not know; nothing is taken away.

    ``doubted`` (T, h, w) is not 0 where a frame is dark, and too unsure of it by itself. ``each`` runs a work over all
    frames.
    """
    count, height, width = planes.shape
    unknown, filled = spilled(planes.shape), spilled(planes.shape)
    asked = np.unique(np.linspace(0, count - 1, min(count, _ASKED)).round().astype(int))
    lit = {int(other): _lit(shot.actor(int(other)), _shaded(shot, planes, int(other))) for other in asked}

    @cache
    def shadowed(index: int) -> tuple[int, int, int, int]:
        found = cv2.boundingRect((planes[index] > _LAID).astype(np.uint8))
        return int(found[0]), int(found[1]), int(found[2]), int(found[3])

    @cache
    def told_in(index: int) -> Box:
        """Where frames about this one, seen from the actor, show any shadow."""
        here, corners = cast(Feet, feet[index]), []
        for other in range(max(0, index - _FARTHEST), min(count, index + _FARTHEST + 1)):
            there, (left, top, wide, tall) = feet[other], shadowed(other)
            if there is not None and wide and shot.together(other, index):
                at = onto(there, here) @ np.array([[left, left + wide], [top, top + tall], [1, 1]])
                corners += [at.T]
        if not corners:
            return 0, 0, 0, 0
        rim = 4 * _BLUR * height + 2
        left, top = np.floor(np.min(np.concatenate(corners), 0) - rim).astype(int)
        right, bottom = np.ceil(np.max(np.concatenate(corners), 0) + rim).astype(int)
        return max(0, left), max(0, top), min(width, right), min(height, bottom)

    def doubt(index: int) -> None:
        if feet[index] is None:
            return
        left, top, right, bottom = told_in(index)
        if left >= right or top >= bottom:
            return
        size, into = (right - left, bottom - top), np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]])
        seen, shown = np.zeros((2, *size[::-1]), np.float32)
        for other, light in lit.items():
            if other != index:
                move = into @ by_track(shot, other, index)
                seen += cv2.warpPerspective(light, move, size)
                shown += cv2.warpPerspective(np.ones_like(light), move, size)
        unsure = doubted[index, top:bottom, left:right] > 0
        unknown[index, top:bottom, left:right] = (seen < np.maximum(_FEWEST, _LIT * shown)) | unsure

    @lru_cache(2 * _FARTHEST + 1)
    def level(index: int) -> Plane:
        light = np.log(brightness(linear(np.asarray(shot.rgb[index]))) + _BLACK)
        return np.asarray(cv2.GaussianBlur(light, (0, 0), _BLUR * height), np.float32)

    def fill(index: int) -> None:
        filled[index] = planes[index]
        here = feet[index]
        if here is None:
            return
        left, top, right, bottom = box = told_in(index)
        part = np.s_[top:bottom, left:right]
        need = unknown[index][part] > 0
        if not need.any():
            return
        total, told, show = np.zeros((3, *need.shape), np.float32)
        for other in sorted(range(count), key=lambda one: abs(one - index))[1:]:
            there = feet[other]
            asks = need & (told < _TELL)
            if abs(other - index) > _FARTHEST or not asks.any():
                break
            if there is None or not shot.together(other, index):
                continue
            blind = ((unknown[other] > 0) & (planes[other] < _LAID)).astype(np.float32)
            asks &= moved(blind, there, here, box) < _LIGHTER
            taken = moved(planes[other].astype(np.float32), there, here, box)
            lighter = level(index)[part] - moved(level(other), there, here, box)
            allowed = -_LIGHTER * np.log(np.maximum(1 - taken / 255, 0.03))
            taken = np.where(asks & (lighter < allowed), taken, np.float32(0))
            total += taken
            told += asks
            show += taken > _LAID
        sure = (told >= 2) & (show >= _AGREE * told)
        mean = np.where(sure, total / np.maximum(told, 1), np.float32(0))
        mean = cv2.GaussianBlur(mean, (0, 0), _BLUR * height)
        filled[index][part] = np.maximum(planes[index][part], np.round(mean)).astype(np.uint8)

    each(doubt, also=(unknown,))
    each(fill, also=(planes, unknown, filled))
    return filled


def _shaded(shot: ShotFrames, planes: Codes, index: int) -> Codes:
    """(h, w) what of a frame its shadow may lie on: all about the feet, where that was not looked at."""
    stands = None if shot.looks_at(index) else feet_of(shot.actor(index))
    if stands is None:
        return np.asarray(planes[index])
    shaded = np.zeros_like(planes[index])
    left, top, right, bottom = about(stands, *shot.size)
    shaded[top:bottom, left:right] = 255
    return np.asarray(shaded)


def _lit(actor: Flags, plane: Codes) -> Codes:
    """(h, w) 1 where a frame shows the ground, and no shadow on it or beside."""
    rim = 2 * max(1, round(_RIM * len(actor))) + 1
    off = cv2.dilate(actor.astype(np.uint8), np.ones((rim, rim), np.uint8)) == 0
    return np.asarray(
        cv2.erode((off & (plane < _DARK)).astype(np.uint8), np.ones((5, 5), np.uint8)), np.uint8
    )
