"""A matte that does not lie on the actor: of other frames than the plate's, or turned against it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..seeing.follow_still import overlap
from .matte_look import HALF, Look, Picture, fit, like, near_actor, only_near

_TINY = 160
"""Pixels of the longer side at which mattes are only counted."""
_GAIN, _AGREES = 0.05, 0.35
"""By how much another frame's matte agrees better, and how well at least."""
_ASTRAY, _TURNED = 0.6, 0.3
"""Agreement below which a matte is held against the plate turned as well (who fills the frame lies on themselves so
too), and by how much it agrees better.
"""
_VOTES, _BETTER, _FEWEST = 0.75, 3, 4
"""In which share of the frames that differ, and in how many, it does; and how many have to be compared."""

_TURNS: dict[str, Callable[[Picture], Picture]] = {
    "turned by 180 degrees": lambda matte: matte[::-1, ::-1],
    "mirrored": lambda matte: matte[:, ::-1],
    "upside down": lambda matte: matte[::-1],
}


def turned(look: Look, asked: list[int], agrees: float) -> tuple[str, tuple[float, float]]:
    """How the matte has to be turned to lie on what the network sees, and the overlaps that say so; else nothing."""
    best: tuple[str, tuple[float, float]] = "", (agrees, agrees)
    if agrees >= _ASTRAY:
        return best
    for name, turn in _TURNS.items():
        mattes = {index: np.ascontiguousarray(turn(look.matte(index))) for index in asked}
        found = float(
            np.median(
                [overlap(only_near(look.mask(index), one), one) for index, one in mattes.items()] or [0.0]
            )
        )
        if found >= max(_AGREES, agrees + _TURNED, best[1][1]):
            best = name, (agrees, found)
    return best


def late_by(look: Look, asked: list[int]) -> tuple[int, tuple[float, float]]:
    """By how many frames the matte comes late, and the overlaps that say so; 0 where it does not."""
    first = fit(look.matte(0), _TINY)
    masks = {index: like(look.mask(index), first) for index in asked}
    agrees: dict[tuple[int, int], float] = {}
    for other in range(look.frames):
        tiny = fit(look.matte(other), _TINY)
        near, there = near_actor(tiny), tiny.max() > HALF
        for index in asked:
            if abs(other - index) <= look.frames // 2:
                agrees[index, other] = overlap(masks[index] * near, tiny) if there else 0.0
    best: tuple[float, int, tuple[float, float]] = (0.0, 0, (1.0, 1.0))
    for late in sorted(range(-(look.frames // 2), look.frames // 2 + 1), key=abs):
        both = [index for index in asked if 0 <= index + late < look.frames]
        if late == 0 or len(both) < max(_FEWEST, len(asked) // 2):
            continue
        moved = np.array([agrees[index, index + late] for index in both])
        stayed = np.array([agrees[index, index] for index in both])
        gain = float(moved.mean() - stayed.mean())
        better, worse = (int((sign * (moved - stayed) > _GAIN / 2).sum()) for sign in (1, -1))
        agree = better >= _BETTER and better >= _VOTES * (better + worse) and moved.mean() >= _AGREES
        if agree and gain > max(_GAIN, best[0]):
            best = (gain, late, (float(stayed.mean()), float(moved.mean())))
    return best[1], best[2]
