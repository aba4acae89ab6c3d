"""What of a plate's dark is the actor's shadow: it goes on with them, not with the place, and begins at their feet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..camera.fit import apply
from .of_place import of_place
from .shot_frames import Flags, Plane, ShotFrames, by_track
from .steady import Feet, body_of, moved

AROUND, FARTHEST = 1.3, 3.0
"""How far from the actor a shadow is looked for, in heights of the actor; and how far one that goes on is followed."""
_NEIGHBOURS = 5
"""Frames before and after in which a shadow has to be about the actor as well."""
_LASTING = 0.2
_DARK = 20
"""Of 255: light whose lack is dark."""
_GROUNDED = 0.75
"""How far down the actor's height a shadow has to reach: their feet stand on what they shade."""
_BESIDE = 0.3
"""How far beside the actor, in heights of theirs, a shadow may begin that does not touch them: they are in the air."""
_SMALLEST = 2e-3
_SPECK = 0.2
"""Area, against the largest part of the shadow, of the smallest that does not touch the actor."""
_FAINT, _FAINTEST, _LINE = 0.6, 0.15, 0.5
"""How deep it has to be at least, against that, and at all; and how much of it is no line, as a border aside is one."""
_FADED, _JOINED, _BORDER = 0.06, 0.25, 0.012
"""Parts of a shadow are apart that nothing joins of this depth, and of this share of the usual one; and how far what is
fainter goes on about them, as a share of the frame's height."""
_RISES, _AIR = 3, 0.05
"""Pixels by which the feet have gone aside, and off the ground, from a frame to another, for them to be in the air; and
the latter as a share of their height."""
_THIN = 0.005
"""Half the width of a line, as a share of the frame's height, that is left beside what belongs to the place."""
_GAP = 0.02
_SAME = 0.6
"""Share of a part that has to lie where the next frame has the shadow, for it to be the same."""


def without_dots(flags: Flags) -> NDArray[np.uint8]:
    """(h, w) 1 where ``flags`` (h, w) hold a square of two pixels. OpenCV's own opening by it shifts them by one."""
    square = np.ones((2, 2), np.uint8)
    corners = cv2.erode(flags.astype(np.uint8), square, anchor=(0, 0))
    return np.asarray(cv2.dilate(corners, square, anchor=(1, 1)), np.uint8)


def about(feet: Feet, height: int, width: int, around: float = AROUND) -> Box:
    """The part of the frame in which the actor's shadow may lie, up to ``around`` heights of theirs away."""
    reach = around * feet.tall + 0.05 * height
    return (
        max(0, int(feet.x - reach - feet.tall / 2)),
        max(0, int(feet.y - feet.tall - 0.2 * reach)),
        min(width, int(feet.x + reach + feet.tall / 2) + 1),
        min(height, int(feet.y + reach) + 1),
    )


def gone_on(shot: ShotFrames, feet: list[Feet | None]) -> float:
    """How far the actor goes on over the place in all, in widths of theirs."""
    shown = [(index, stands) for index, stands in enumerate(feet) if stands is not None]
    middle, here = shown[len(shown) // 2]
    at = [apply(by_track(shot, other, middle), np.array([[one.x, one.y]]))[0] for other, one in shown]
    return float(np.hypot(*np.ptp(at, axis=0))) / here.wide


def brought(shot: ShotFrames, plane: Plane, other: int, index: int, there: Feet, here: Feet) -> Plane:
    """A ``plane`` (h, w) of frame ``other`` as it lies about the actor in frame ``index``, as a shadow goes on.

    They stand ``there`` in the one, and ``here`` in the other. Of who jumps it goes along the ground, not with them.
    """
    seen = moved(plane, there, here)
    x, y = apply(by_track(shot, other, index), np.array([[there.x, there.y]]))[0]
    # Who comes nearer grows as their feet go down.
    risen = here.y - y - here.tall * np.log(here.tall / there.tall)
    if abs(here.x - x) > _RISES and abs(risen) > max(_RISES, _AIR * here.tall):
        seen = np.maximum(seen, moved(plane, there, replace(here, y=float(y))))
    return seen


def lasting(
    shot: ShotFrames,
    dark: NDArray[np.uint8],
    feet: list[Feet | None],
    index: int,
) -> tuple[Plane, Flags]:
    """What is dark in a frame and, seen from the actor, in those about it too; and what of it is the place's own."""
    here = cast(Feet, feet[index])
    height, width = dark.shape[1:]
    total = np.zeros((height, width), np.float32)
    near = [other for other in range(index - _NEIGHBOURS, index + _NEIGHBOURS + 1) if other != index]
    near = [other for other in near if 0 <= other < len(dark) and feet[other] is not None]
    near = [other for other in near if shot.together(other, index)]
    for other in near:
        grown = np.asarray(cv2.dilate(dark[other], np.ones((7, 7), np.uint8)), np.float32)
        total += brought(shot, grown, other, index, cast(Feet, feet[other]), here)
    own = dark[index].astype(np.float32)
    lasts = np.where(total > _LASTING * len(near) * own, own, 0) / 255
    return np.asarray(lasts, np.float32), of_place(shot, dark[index], feet, index)


def reached(actor: Flags, dark: Plane, feet: Feet) -> Plane:
    """The parts of what is dark that join the actor, or lie about their feet, and come down to the ground."""
    gap = 2 * max(1, round(_GAP * len(actor) / 2)) + 1
    solid = without_dots(dark > 0.04)
    joined = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8))
    near = cv2.dilate(actor.astype(np.uint8), np.ones((gap, gap), np.uint8)) > 0
    number, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    ground = feet.y - (1 - _GROUNDED) * feet.tall
    columns = np.flatnonzero(body_of(actor)[round(ground) :].any(0))
    side = _BESIDE * feet.tall
    left, right = columns[0] - side, columns[-1] + side
    core = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    kept, apart, largest, deepest = np.zeros(actor.shape, bool), [], 0, 0.0
    for label in range(1, number):
        begins, top, wide, tall, area = (int(value) for value in stats[label])
        if top + tall < ground or area < _SMALLEST * feet.tall**2:
            continue
        mine = (labels == label) & (solid > 0)
        depth = float(dark[mine].mean())
        if (mine & near).any():
            kept |= labels == label
        elif top > ground and begins + wide > left and begins < right and core[mine].mean() > _LINE:
            apart.append((area, depth, labels == label))
        else:
            continue
        if area > largest:
            largest, deepest = area, depth
    for area, depth, mine in apart:
        if area > _SPECK * largest and depth > max(_FAINTEST, _FAINT * deepest):
            kept |= mine
    kept &= _no_specks(dark * kept, near)
    return np.asarray(np.where(kept, dark, 0), np.float32)


def reach_on(
    found: NDArray[np.uint8],
    parts: NDArray[np.uint8],
    feet: Sequence[Feet | None],
    together: Callable[[int, int], bool],
) -> None:
    """Add to what was ``found`` (T, h, w) the dark ``parts`` (T, h, w; both of 255) that the frame before or after has.

    A part joins the actor in one frame and not in the next: decided for each alone, it would go on and off.
    """
    standing = [(index, stands) for index, stands in enumerate(feet) if stands is not None]
    for order in (standing, standing[::-1]):
        for (other, there), (index, here) in pairwise(order):
            if not found[other].any() or not together(other, index):
                continue
            had = moved(found[other].astype(np.float32), there, here) > _DARK
            number, labels, stats, _ = cv2.connectedComponentsWithStats(without_dots(parts[index] > _DARK))
            areas = stats[:, cv2.CC_STAT_AREA]
            same = np.bincount(labels.ravel(), had.ravel(), number) > _SAME * areas
            same &= areas > _SMALLEST * here.tall**2
            same[0] = False
            found[index] = np.where(same[labels], np.maximum(found[index], parts[index]), found[index])


def _no_specks(dark: Plane, near: Flags) -> Flags:
    """Where (h, w) what is ``dark`` is no faint speck apart from the shadow and from the actor, whom it is ``near``."""
    laid = dark[dark > _FADED]
    solid = dark > max(_FADED, _JOINED * float(np.median(laid)) if len(laid) else 0)
    number, labels, stats, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8), connectivity=8)
    areas, flat = stats[:, cv2.CC_STAT_AREA], labels.ravel()
    depths = np.bincount(flat, dark.ravel(), number) / areas
    areas[0] = 0
    largest = int(areas.argmax())
    good = np.bincount(flat, near.ravel(), number) > 0
    good |= (areas > _SPECK * areas[largest]) | (depths > _FAINT * depths[largest])
    good[0] = False
    kept = good[labels]
    wide = 2 * max(1, round(_BORDER * len(dark))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))
    return np.asarray(kept | (~solid & (cv2.dilate(kept.astype(np.uint8), disc) > 0)))


def without(dark: Plane, stays: Flags) -> Plane:
    """What is dark without what ``stays``, and without the scraps beside that."""
    gone = (stays & (dark > 0)).astype(np.uint8)
    if not gone.any():
        return dark
    rest = np.where(stays, 0, dark)
    solid = (rest > 0.04).astype(np.uint8)
    wide = 2 * max(1, round(_THIN * len(dark))) + 1
    core = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((wide, wide), np.uint8))
    number, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    areas, flat = stats[:, cv2.CC_STAT_AREA], labels.ravel()
    areas[0] = 0
    beside = np.bincount(flat, cv2.dilate(gone, np.ones((5, 5), np.uint8)).ravel(), number) > 0
    inner = np.bincount(flat, core.ravel(), number)
    large = (areas > _SPECK * areas.max()) & (inner > _LINE * areas)
    return np.asarray(np.where((large | ~beside)[labels] & (labels > 0), rest, 0), np.float32)
