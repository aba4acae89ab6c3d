"""Slits closed: the actor behind what crosses them, of their own pixels from the frames beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.track import CameraTrack
from ..contract.numbering import compact
from .clip import Clip
from .decision import Decision
from .matte_check import grid_of, taken_at
from .slits import LOOKS, ActorMotion, Points, Slit, find_slits, read_at, slits_told

Picture = NDArray[np.float32]
Plane = NDArray[np.bool_]

_SOURCES = 5
"""Frames at most of which a pixel is the median."""
_GROWN = 2
"""Pixels by which what is in front is grown: its soft edge is of its own colour."""
_BETWEEN = 0.02
"""Share of the frame's height between two pieces of a slit that are one."""
_ROOM = 4
"""Pixels around a slit that are planned with it."""
_LEFT = 0.02
"""Share of a slit that may stay open and is not worth a word."""


@dataclass(frozen=True)
class _Part:
    """How a frame's slit is closed, in its box ``rows`` and ``columns`` of the clip.

    ``sources`` are the frames beside with, in the box, the offsets (h, w, 2) to where each shows the same of the actor
    and (h, w) where it does, 0 or 1; ``alpha`` (h, w), 0..1, is how much of the actor there is behind.
    """

    rows: slice
    columns: slice
    sources: tuple[tuple[int, Picture, NDArray[np.uint8]], ...]
    alpha: Picture


@dataclass(frozen=True)
class Closing:
    """How the slits of a shot are closed, by frame (from 0); ``left`` are those of which something stays open.

    ``size`` is the height and width that it was planned at.
    """

    size: tuple[int, int]
    parts: dict[int, _Part] = field(default_factory=dict)
    left: tuple[int, ...] = ()

    def closed(self, index: int, matte: Picture, read: Callable[[int], Picture]) -> Picture:
        """(H, W, 4) the actor behind the slits of frame ``index``, premultiplied, to go over the comp.

        The alpha is 0 where the frame's ``matte`` (H, W) is 1. ``read`` gives a frame's plate (H, W, 3).
        """
        height, width = matte.shape
        made = np.zeros((height, width, 4), np.float32)
        part = self.parts.get(index)
        if part is None:
            return made
        scale = np.array([width / self.size[1], height / self.size[0]], np.float32)
        rows, columns = (
            slice(round(one.start * by), round(one.stop * by))
            for one, by in ((part.rows, scale[1]), (part.columns, scale[0]))
        )
        size = (columns.stop - columns.start, rows.stop - rows.start)
        shape = (size[1], size[0])
        place = grid_of(np.empty(shape, np.float32)) + np.array([columns.start, rows.start], np.float32)
        shown = np.full((len(part.sources), *shape, 3), np.nan, np.float32)
        for number, (other, offsets, there) in enumerate(part.sources):
            moved = place + np.asarray(cv2.resize(offsets, size)) * scale
            seen = np.asarray(cv2.resize(there, size)) > 0.5
            shown[number][seen] = taken_at(read(other), moved)[seen]
        alpha = np.asarray(cv2.resize(part.alpha, size), np.float32)
        known = np.isfinite(shown[..., 0]).any(0)
        colour = np.zeros((*shape, 3), np.float32)
        colour[known] = np.nanmedian(shown[:, known], axis=0)
        alpha = alpha * known * (matte[rows, columns] < 1)
        made[rows, columns, :3], made[rows, columns, 3] = colour * alpha[..., None], alpha
        return made


def choose_closing(
    asked: bool,
    clip: Clip,
    track: CameraTrack,
    front: NDArray[np.uint8] | None,
    width: int,
    check: Callable[[], None] = lambda: None,
) -> Decision[Closing | None]:
    """How the slits of a shot are closed where that is ``asked`` for; else those that are found, as a warning.

    ``front`` (T, h, w), 255 = in front, is the artist's own matte, if there is one; ``width`` is the plate's.
    """
    if front is None:
        if asked and not track.trackable:
            warning = "slits: none can be found, as the background cannot be tracked. Give their matte to --keep-front."
            return Decision(None, "none can be found", (warning,))
        slits = find_slits(clip, track, check)
    elif not asked:
        return Decision(None)
    else:
        slits = _within(clip, front)
    if not slits:
        return Decision(None, "none was found")
    if not asked:
        warning = (
            f"matte: something in front crosses the actor at {slits_told(slits, clip, width)}, and the new place shows "
            "through. --close-slits completes the actor there; --keep-front keeps what a matte of it holds."
        )
        return Decision(None, "not asked for", (warning,))
    closing = plan_closing(clip, slits, check)
    reason = f"{slits_told(slits, clip, width)}, from the frames beside"
    if not closing.left:
        return Decision(closing, reason)
    left = compact([clip.frames.first + index for index in closing.left])
    warning = (
        f"slits: something stays open at {left}: no frame within {LOOKS[-1]} shows that part of the actor free. Paint "
        "it there, or keep what is in front with --keep-front."
    )
    return Decision(closing, reason, (warning,))


def _within(clip: Clip, front: NDArray[np.uint8]) -> list[Slit]:
    """What the artist's matte of what is in front may hide of the actor."""
    slits = []
    for index, (plane, matte) in enumerate(zip(front, clip.matte, strict=True)):
        rows, columns = np.nonzero(matte > 127)
        region = np.zeros(clip.size, bool)
        if len(rows):
            box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
            region[box] = plane[box] > 12
        if region.any():
            slits.append(Slit(index, region))
    return slits


def plan_closing(
    clip: Clip,
    slits: list[Slit],
    check: Callable[[], None] = lambda: None,
) -> Closing:
    """How ``slits`` are closed. ``check`` is called between frames and may raise to stop."""
    motion, hides = ActorMotion(clip), {one.index: _grown(one.region) for one in slits}
    parts, left = {}, []
    for index in sorted(hides):
        part, covered = _planned(clip, motion, hides, index)
        if part is not None:
            parts[index] = part
        if covered < 1 - _LEFT:
            left.append(index)
        check()
    return Closing(clip.size, parts, tuple(left))


def _planned(
    clip: Clip, motion: ActorMotion, hides: dict[int, Plane], index: int
) -> tuple[_Part | None, float]:
    """How a frame's slit is closed, None where it cannot be, and how much of it is."""
    height, width = clip.size
    y, x = np.nonzero(hides[index])
    rows = slice(max(0, y.min() - _ROOM), min(height, y.max() + _ROOM + 1))
    columns = slice(max(0, x.min() - _ROOM), min(width, x.max() + _ROOM + 1))
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    box = grid_of(np.empty(shape, np.float32)) + np.array([columns.start, rows.start], np.float32)
    points = np.asarray(box.reshape(-1, 2), np.float32)
    region = hides[index][rows, columns].ravel()
    places: dict[int, Points] = {}
    for side in (-1, 1):
        places |= motion.carried(points, index, side, LOOKS[-1])
    mattes, sources = [], []
    count = np.zeros(len(points), int)
    for other in sorted(places, key=lambda one: abs(one - index)):
        free = _free(hides.get(other), places[other], clip.size)
        matte = read_at(clip.matte[other], places[other]) / np.float32(255)
        mattes.append(np.where(free & (count < _SOURCES), matte, np.nan))
        there = free & (matte > 0.9) & (count < _SOURCES)
        count += free & (count < _SOURCES)
        if (there & region).any():
            offsets = (places[other] - points).reshape(*shape, 2)
            sources.append((other, offsets, there.reshape(shape).astype(np.uint8)))
    known = np.flatnonzero(region & (count > 0))
    alpha = np.zeros(len(points), np.float32)
    if len(known):
        alpha[known] = np.nanmedian(np.stack(mattes)[:, known], axis=0)
    lacks = region & (clip.matte[index][rows, columns].ravel() < 255)
    covered = float((lacks & (count > 0)).sum()) / max(1.0, float(lacks.sum()))
    if not sources:
        return None, covered
    soft = cv2.GaussianBlur(hides[index][rows, columns].astype(np.float32), (0, 0), 0.8)
    return _Part(rows, columns, tuple(sources), np.asarray(alpha.reshape(shape) * soft, np.float32)), covered


def _free(hidden: Plane | None, places: Points, size: tuple[int, int]) -> Plane:
    """(N,) which places lie in the frame, and nothing is in front there."""
    inside = np.asarray((places >= 0).all(1) & (places <= [size[1] - 1, size[0] - 1]).all(1))
    return inside if hidden is None else inside & (read_at(hidden.astype(np.float32), places) < 0.01)


def _grown(region: Plane) -> Plane:
    """What is in front with its soft edge, and what lies between two pieces of it."""
    reach = max(_GROWN, round(_BETWEEN * len(region)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    wide = cv2.copyMakeBorder(region.astype(np.uint8), *4 * (reach,), cv2.BORDER_CONSTANT)
    whole = np.asarray(cv2.morphologyEx(wide, cv2.MORPH_CLOSE, disc))[reach:-reach, reach:-reach]
    whole = cv2.dilate(whole, np.ones((2 * _GROWN + 1, 2 * _GROWN + 1), np.uint8))
    return np.asarray(whole) > 0
