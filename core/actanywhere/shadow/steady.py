"""A pulled shadow over time: into frames that lack it, it is carried from their neighbours, so that none pops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..footage import forget

Flags = NDArray[np.bool_]
Plane = NDArray[np.float32]

_NEIGHBOURS = 3
"""Frames with a shadow, before and after, that tell how much of it a frame should show."""
_LACKING = 0.35
"""Share of what its neighbours tell below which a frame lacks the shadow."""
_STEADY = 0.5
"""Share of the frames with their feet in view that must show the shadow, for it to be laid at all."""
_CARRIED = 1 / 3
"""Share of the frames at most into which it is carried."""
_LAID = 25
"""Of 255: a tenth of the light."""
_SMALLEST = 2e-3
"""Area of the smallest shadow, in squares of the actor's height."""
_THIN = 0.008
"""Width, as a share of the frame's height, half of which a line of a kite or a stick is thinner than."""
_RIM = 0.02
"""Rim of the frame, as a share of its height, that the soft end of a matte cut off there may leave."""
_BRIDGED = 12
"""Frames before and after within which the shadow has to be shown, for it to be carried to an actor cut off beside."""
_LOOKED_AT = 64


@dataclass(frozen=True)
class Feet:
    """Where the actor stands in a frame: their median column and lowest row, and how tall and wide they are; pixels."""

    x: float
    y: float
    tall: float
    wide: float


def body_of(actor: Flags) -> Flags:
    """Of an ``actor`` (h, w) what is no line, strap or stick; all, where nothing else is there."""
    wide = 2 * round(_THIN * len(actor)) + 1
    body = cv2.morphologyEx(actor.astype(np.uint8), cv2.MORPH_OPEN, np.ones((wide, wide), np.uint8)) > 0
    return np.asarray(body) if body.any() else actor


def feet_of(actor: Flags) -> Feet | None:
    """Of a frame's ``actor`` (h, w), true on them; None where there is nobody."""
    body = body_of(actor)
    rows, columns = np.flatnonzero(body.any(1)), np.cumsum(body.sum(0))
    if not len(rows):
        return None
    x = float(np.searchsorted(columns, columns[-1] / 2))
    wide = float(np.count_nonzero(body.any(0)))
    return Feet(x, float(rows[-1]), float(rows[-1] - rows[0] + 1), wide)


def away_from(actor: Flags) -> Plane:
    """(h, w) how many pixels it is to the ``actor``."""
    return np.asarray(cv2.distanceTransform((~actor).astype(np.uint8), cv2.DIST_L2, 3), np.float32)


def onto(there: Feet, here: Feet) -> NDArray[np.float32]:
    """(2, 3) from pixels of a frame in which they stand ``there`` to where those lie about them ``here``."""
    scale = float(np.clip(here.tall / there.tall, 0.8, 1.25))
    return np.array([[scale, 0, here.x - scale * there.x], [0, scale, here.y - scale * there.y]], np.float32)


def moved(plane: Plane, there: Feet, here: Feet, box: Box | None = None) -> Plane:
    """A ``plane`` (h, w[, n]) of a frame in which they stand ``there``, as it lies about them ``here`` in a ``box``."""
    left, top, right, bottom = box or (0, 0, *plane.shape[1::-1])
    move = onto(there, here) - np.array([[0, 0, left], [0, 0, top]], np.float32)
    return np.asarray(cv2.warpAffine(plane, move, (right - left, bottom - top)), np.float32)


@dataclass(frozen=True)
class Steady:
    """Frames that ``show`` the shadow by themselves, and those that ``lack`` it.

    ``enough``: it is seen often enough to be laid. ``beside``: of those that lack it and cut the actor off at a
    side, the frame that has it, and where in that and in them the actor's other side stands.
    """

    show: list[int]
    lack: list[int]
    enough: bool
    beside: dict[int, tuple[int, Feet, Feet]] = field(default_factory=dict)


def steadiness(
    planes: NDArray[np.uint8],
    feet: Sequence[Feet | None],
    actor: Callable[[int], Flags],
    together: Callable[[int, int], bool] = lambda one, other: True,
) -> Steady:
    """Which frames of ``planes`` (T, h, w), the light taken of 255, lack the shadow that their neighbours show.

    These are moved with the ``feet``, where ``together`` is true of both frames: the plate is not cut between them.
    Where the frame cuts the ``actor`` off at the feet, or the shadow leaves it or lies behind them, none is lacking;
    where it cuts them off at a side, only between frames that show it beside the other.
    """
    standing = {index: stands for index, stands in enumerate(feet) if stands is not None}

    def area(plane: NDArray[np.uint8] | Plane, index: int) -> float:
        return _area(plane, actor(index), standing[index])

    own = {index: area(planes[index], index) for index in standing}
    show = [index for index in standing if own[index] > _SMALLEST]
    whole = [index for index in standing if not _cut(actor(index))]
    lacking = []
    for index in whole:
        beside = [other for other in show if together(other, index)]
        before = [other for other in beside if other < index][-_NEIGHBOURS:]
        after = [other for other in beside if other > index][:_NEIGHBOURS]
        told = [
            area(moved(planes[other].astype(np.float32), standing[other], standing[index]), index)
            for other in before + after
        ]
        if told and np.median(told) > _SMALLEST and own[index] < _LACKING * np.median(told):
            lacking.append(index)
        if index % _LOOKED_AT == 0:
            forget(planes)
    show = [index for index in show if index not in lacking]
    asked = whole or list(standing)
    seen = [index for index in show if index in asked]
    enough = len(show) > 0 and len(seen) >= _STEADY * len(asked) and len(lacking) <= _CARRIED * len(asked)
    sides = {}
    for index in standing.keys() - set(whole):
        near = [other for other in show if abs(other - index) <= _BRIDGED and together(other, index)]
        if not near or not near[0] < index < near[-1]:
            continue
        # Of one that shows a scrap of it, none is carried.
        full = [other for other in near if own[other] > _LACKING * np.median([own[one] for one in near])]
        for other in sorted(full, key=lambda one: abs(one - index)):
            if other != index and (way := _by_side(standing, other, index, actor)) is not None:
                brought = area(moved(planes[other].astype(np.float32), *way), index)
                if brought > _SMALLEST and own[index] < _LACKING * brought:
                    sides[index] = (other, *way)
                break
    show = [index for index in show if index not in sides]
    return Steady(show, sorted([*lacking, *sides]), enough, sides)


def alike_over_time(planes: NDArray[np.uint8], feet: Sequence[Feet | None]) -> float:
    """How alike the shadow of ``planes`` (T, h, w), the light taken of 255, is in the first and last frames, 0 to 1.

    Of where, seen from the actor, half of the first third of the frames or half of the last show it, the share where
    both do: 0 where each frame shows another piece.
    """
    standing = [(index, stands) for index, stands in enumerate(feet) if stands is not None]
    many, (_, middle) = max(1, len(standing) // 3), standing[len(standing) // 2]

    def usual(frames: Sequence[tuple[int, Feet]]) -> Flags:
        total = np.zeros(planes.shape[1:], np.float32)
        for index, there in frames:
            total += moved(planes[index].astype(np.float32), there, middle) > _LAID
        return np.asarray(total > len(frames) / 2)

    first, last = usual(standing[:many]), usual(standing[-many:])
    return float((first & last).sum() / max(1, (first | last).sum()))


def carry(
    planes: NDArray[np.uint8],
    feet: Sequence[Feet | None],
    steady: Steady,
    together: Callable[[int, int], bool] = lambda one, other: True,
) -> None:
    """Lay on the ``planes`` that lack it the shadow of the nearest frame that shows it."""
    for index in steady.lack:
        if index in steady.beside:
            nearest, *way = steady.beside[index]
            size = planes.shape[:0:-1]
            # Beyond the frame of the other it goes on as it ends there.
            brought = cv2.warpAffine(planes[nearest], onto(*way), size, borderMode=cv2.BORDER_REPLICATE)
            planes[index] = np.maximum(planes[index], brought)
            continue
        show = [other for other in steady.show if together(other, index)]
        if show:
            nearest = min(show, key=lambda other: abs(other - index))
            there, here = feet[nearest], feet[index]
            assert there is not None and here is not None
            brought = moved(planes[nearest].astype(np.float32), there, here)
            planes[index] = np.maximum(planes[index], np.round(brought))


def pops(
    planes: NDArray[np.uint8],
    feet: Sequence[Feet | None],
    actor: Callable[[int], Flags],
    together: Callable[[int, int], bool] = lambda one, other: True,
) -> tuple[list[int], list[int]]:
    """The frames of ``planes`` (T, h, w) that show a shadow alone, and those that have none between others
    that do, though the actor's feet are in view.
    """
    standing = {index: stands for index, stands in enumerate(feet) if stands is not None}
    laid = {
        index for index, stands in standing.items() if _area(planes[index], actor(index), stands) > _SMALLEST
    }

    def beside(index: int) -> set[int]:
        return {other for other in laid - {index} if together(other, index)}

    alone = [
        one for one in laid if (near := beside(one)) and min(abs(other - one) for other in near) > _NEIGHBOURS
    ]
    alone = alone if len(alone) < len(laid) / 2 else []
    laid -= set(alone)
    seen = [one for one in standing.keys() - laid if not _cuts(actor(one))[0]]
    bare = [one for one in seen if min(beside(one), default=one) < one < max(beside(one), default=one)]
    return sorted(alone), sorted(bare)


def _area(plane: NDArray[np.uint8] | Plane, actor: Flags, stands: Feet) -> float:
    """Of the shadow off the actor, in squares of their height."""
    return float(((plane > _LAID) & ~actor).sum()) / stands.tall**2


def _cut(actor: Flags) -> bool:
    """Whether the frame ends at their feet or beside them, so that where they stand is not seen."""
    return any(_cuts(actor))


def _cuts(actor: Flags) -> tuple[bool, bool, bool]:
    """Whether the frame cuts them off at their feet, at the left, at the right."""
    rim = max(1, round(_RIM * len(actor)))
    return bool(actor[-rim:].any()), bool(actor[:, :rim].any()), bool(actor[:, -rim:].any())


def _by_side(
    feet: Mapping[int, Feet], other: int, index: int, actor: Callable[[int], Flags]
) -> tuple[Feet, Feet] | None:
    """Where they stand in two frames by a side that neither cuts off; None where there is none."""
    (below, *cut), (below_there, *cut_there) = _cuts(actor(index)), _cuts(actor(other))
    for side in (0, 1):
        if not (below or below_there or cut[side] or cut_there[side]):
            at = [float(np.flatnonzero(body_of(actor(one)).any(0))[-side]) for one in (other, index)]
            return replace(feet[other], x=at[0]), replace(feet[index], x=at[1])
    return None
