"""A flat cast shadow: the actor's matte, sheared onto the ground from their feet.

The ground is taken to be flat and the sun far away. Then a point of the actor at height h over their feet throws its
shadow (side h, away h) from them, with the same two numbers for the whole shot.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_FLATTEST = 0.03
"""A shadow is at least as deep as this share of its length; a line would be lost between pixels."""
_SLICES = 3
_SHARPEST = 0.25
"""Softness at the feet, as a share of that at the head: the penumbra grows with the height of what casts it."""
_CUT = (0.35, 0.65)
"""Share of an actor's width at the frame's lower border: cut at the feet they still cast one, at the body not."""
_BORDER = 0.01
_FRAGMENT = 0.02
_SOLID = 0.5


@dataclass(frozen=True)
class CastShadow:
    """Where the shadow of the actor's head falls, seen from their feet, as shares of their height in the frame.

    ``side``: to the right (below 0: to the left). ``away``: up in the frame, away from the camera (below 0: towards
    it). ``density``, 0..1: how much of the ground's display code value it takes. ``softness``: the blur of the head's
    shadow, a deviation as a share of the frame's height.
    """

    side: float
    away: float
    density: float
    softness: float

    def __str__(self) -> str:
        return f"side {self.side:.2f}, away {self.away:.2f}, density {self.density:.2f}, softness {self.softness:.3f}"


@dataclass(frozen=True)
class Standing:
    """One who stands in a frame: their matte (H, W), the row where they end, how much of a shadow they cast (0..1)."""

    matte: Plane
    feet: float
    share: float


def standing(matte: Plane) -> list[Standing]:
    """The actors of a matte (H, W), 0..1. What lies over one another in the frame is one actor."""
    solid = (matte > _SOLID).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    whole = float(solid.sum())
    spans = sorted(
        (int(stats[i, 0]), int(stats[i, 0] + stats[i, 2]), i)
        for i in range(1, count)
        if stats[i, cv2.CC_STAT_AREA] > _FRAGMENT * whole
    )
    groups: list[tuple[int, list[int]]] = []
    for left, right, label in spans:
        if groups and left < groups[-1][0]:
            end, labels_of = groups.pop()
            groups.append((max(end, right), [*labels_of, label]))
        else:
            groups.append((right, [label]))
    found = []
    for _, members in groups:
        mine = np.isin(labels, members)
        rows, columns = np.flatnonzero(mine.any(1)), np.flatnonzero(mine.any(0))
        border = mine[-max(1, round(_BORDER * len(mine))) :].any(0)
        cut = float(border.sum()) / (columns[-1] - columns[0] + 1)
        share = float(np.clip((_CUT[1] - cut) / (_CUT[1] - _CUT[0]), 0, 1))
        if share > 0:
            near = np.asarray(cv2.dilate(mine.astype(np.uint8), np.ones((3, 3), np.uint8)), np.float32)
            alone = np.asarray(matte * near, np.float32)
            found.append(Standing(alone, _feet(alone, int(rows[-1])), share))
    return found


def _feet(matte: Plane, last: int) -> float:
    """The row where an actor ends, of whose matte ``last`` is the last solid row: between the rows, as its edge is.

    In whole rows their shadow would jump by a row of this small picture, which is many of the plate's.
    """
    here, below = (float(matte[row].max()) if row < len(matte) else 0.0 for row in (last, last + 1))
    return last + (here - _SOLID) / (here - below) - 0.5


def cast_shadow(shadow: CastShadow, actors: list[Standing], height: int, width: int) -> Plane:
    """How much of the ground's display value (H, W), 0..1, the shadow takes; also under the actors themselves."""
    shade = np.zeros((height, width), np.float32)
    for actor in actors:
        np.maximum(shade, actor.share * _laid(shadow, actor), out=shade)
    return np.asarray(np.float32(shadow.density) * shade, np.float32)


def shade_at(shadow: CastShadow, matte: Plane, height: int, width: int) -> Plane:
    """(height, width) what the shadow of the actor of ``matte`` (h, w), any size, takes of a display value."""
    shade = cast_shadow(shadow, standing(matte), *matte.shape)
    if shade.shape != (height, width):
        shade = np.asarray(cv2.resize(shade, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    return np.clip(shade, 0, np.float32(shadow.density))


def _laid(shadow: CastShadow, actor: Standing) -> Plane:
    """The matte on the ground, 0..1, the softer the higher over the feet what casts it is."""
    height, width = actor.matte.shape
    away = shadow.away if abs(shadow.away) > _FLATTEST else float(np.copysign(_FLATTEST, shadow.away))
    onto = np.array([[1, -shadow.side, shadow.side * actor.feet], [0, away, (1 - away) * actor.feet]])
    top = float(np.flatnonzero((actor.matte > _SOLID).any(1))[0])
    tall = max(actor.feet - top, 1.0)
    over = np.clip((actor.feet - np.arange(height, dtype=np.float32)) / tall, 0, 1) * (_SLICES - 1)
    shade = np.zeros((height, width), np.float32)
    for number in range(_SLICES):
        weight = np.clip(1 - np.abs(over - number), 0, 1)[:, None]
        part = cv2.warpAffine(actor.matte * weight, onto, (width, height), flags=cv2.INTER_LINEAR)
        grown = _SHARPEST + (1 - _SHARPEST) * number / (_SLICES - 1)
        blur = max(shadow.softness * grown * height, 0.4)
        shade += np.asarray(cv2.GaussianBlur(np.asarray(part, np.float32), (0, 0), blur), np.float32)
    return np.asarray(np.clip(shade, 0, 1), np.float32)
