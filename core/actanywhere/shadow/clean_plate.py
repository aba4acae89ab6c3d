"""The plate without the actor: frames of the shot aligned and stacked, the brighter samples taken.

A shadow only darkens, so of the samples that see a pixel free the brighter ones tell what is there without it. What no
frame sees free stays a hole, and is told as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box, Matrix, Shared, align, box_about_feet
from ..camera.fit import apply
from ..camera.timing import Timing
from .sample_order import NONE, at_ranks, in_order, sample_keys

Codes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Plane = NDArray[np.float32]
Moves = tuple[list[tuple[int, Matrix]], list[tuple[int, Matrix]]]
"""Frames that tell of one and their moves (3, 3) into it: by all that is seen, and by the ground about the feet."""

_SOURCES = 16
_KEPT = 64
"""What was worked out of single frames and is kept for their neighbours."""
_TELLING = 96
"""Frames of a long shot, evenly spread, that tell of the others."""
_GONE_ON = 1.5
"""How far the actor has gone on, in heights or widths of theirs, where they and their shadow hide nothing any more."""
_OVERLAP = 0.35  # share of a frame that another one has to show as well to tell of it
_RIM = 0.012
"""Width of the rim about the actor, as a share of the frame's height, that is not taken for free."""
_BRIGHTER = (0.8, 0.97)
"""Between which ranks of the samples, dark to bright, the clean plate lies."""
_SEEN = 3
_ALIKE = 0.5
"""Pixels by which the ground may lie otherwise than the whole frame, and is not laid over by itself."""
_AS_MANY = 0.5
"""Share of the frames seen by the whole that the ground alone has to see too: fewer may all be in the shadow."""
_FEWEST, _SAME = 50, 0.005
"""Samples that tell a frame's exposure, and the gain that is none."""
_BLACK = 0.006
"""Light that is added before ratios are taken, so that noise in blacks is none."""
_REACH = 0.06
"""Blur, as a share of the frame's height, over which two clean plates are compared with the plate."""

_POINTS, _FEWEST_POINTS, _WEAKEST = 300, 20, 0.01
"""Points of the ground about the feet that are followed: at most, at least, and how weak against the strongest."""
_EVEN, _APART = 0.02, 0.015
"""Shares of the frame's height: over which contrast is evened out, and between two points."""
_SMALLEST = 24
"""Pixels that the ground about the feet has to be wide and tall to be followed."""

_MEAN = np.full((1, 3), 1 / 3, np.float32)

_CODES = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear(codes: Codes) -> Plane:
    """8-bit sRGB codes as light, 0..1."""
    return np.asarray(cv2.LUT(np.asarray(codes), _LINEAR), np.float32)


@dataclass(frozen=True)
class ShotFrames:
    """A shot to be cleaned: ``rgb`` (T, h, w, 3) 8-bit display; ``actor`` gives (h, w), true on the actor, of a frame.

    ``track`` (T, 3, 3) maps unit coordinates of one reference to those of each frame; it says which frames see the
    same, so it may be rough. Where it is ``sure``, it also lays frames over one another that share too few features.
    ``shared`` gives what two frames share. Between the ``ranks`` of the samples, dark to bright, lies the clean plate.
    ``timing`` says which frames tell nothing of others, where that is known.
    """

    rgb: Codes
    actor: Callable[[int], Flags]
    track: NDArray[np.float64]
    shared: Shared
    sure: bool = False
    ranks: tuple[float, float] = _BRIGHTER
    timing: Timing | None = None

    def __len__(self) -> int:
        return len(self.rgb)

    @property
    def apart(self) -> frozenset[int]:
        """Frames that flash, are black or broken: they tell nothing."""
        return frozenset() if self.timing is None else self.timing.apart

    def together(self, one: int, other: int) -> bool:
        """Whether the plate is not cut or faded between two frames."""
        begins = () if self.timing is None else self.timing.begins
        return not any(min(one, other) < begin <= max(one, other) for begin in begins)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.rgb.shape[1], self.rgb.shape[2]

    @cached_property
    def off(self) -> Callable[[int, int], Codes]:
        """Gives (h, w) 1 off the actor of a frame, and off a rim about them in a square of so many pixels."""
        actor = self.actor  # not the shot itself, which would be kept as long as what it keeps

        @lru_cache(_KEPT)
        def off(index: int, side: int) -> Codes:
            free = (~actor(index)).astype(np.uint8)
            return np.asarray(cv2.erode(free, np.ones((side, side), np.uint8)), np.uint8)

        return off

    @cached_property
    def grey(self) -> Callable[[int], Codes]:
        """Gives a frame (h, w) without its colours."""
        rgb = self.rgb
        return lru_cache(_KEPT)(
            lambda index: np.asarray(cv2.cvtColor(rgb[index], cv2.COLOR_RGB2GRAY), np.uint8)
        )


@dataclass(frozen=True)
class CleanFrame:
    """A frame, or a part of it, without the actor.

    ``light`` (h, w, 3) linear 0..1; ``seen`` (h, w), how many frames saw it free; ``spread`` (h, w), how far these
    disagree, as a logarithm of light: much where things stand nearer or farther than the plane, or move.
    """

    light: Plane
    seen: NDArray[np.int32]
    spread: Plane

    @property
    def hole(self) -> Flags:
        """(h, w) true where too few frames saw it."""
        return self.seen < _SEEN


@dataclass(frozen=True)
class _Ground:
    """A part of a frame about the feet: ``grey`` (h, w) 8-bit, ``points`` (N, 1, 2) in it, ``at`` its corner x, y."""

    grey: Codes
    points: NDArray[np.float32]
    at: tuple[int, int]


@dataclass(frozen=True)
class AlignedFrames:
    """The frames of a shot aligned with one of them, and its clean plate.

    ``whole`` and ``ground`` hold source frames and their moves (3, 3) into this one, by all that is seen and by the
    ground about the feet; ``by_ground`` (h, w) is true where the second is taken, and ``clean`` is what comes of both.
    """

    whole: list[tuple[int, Matrix]]
    ground: list[tuple[int, Matrix]]
    by_ground: Flags
    clean: CleanFrame


def clean_frame(
    shot: ShotFrames, frame: int, part: Box | None = None, kept: dict[int, Moves] | None = None
) -> CleanFrame:
    """The clean plate of a ``part`` (left, top, right, bottom; inside) of a frame, or of all of it; as below."""
    return align_frames(shot, frame, part, kept).clean


def align_frames(
    shot: ShotFrames, frame: int, part: Box | None = None, kept: dict[int, Moves] | None = None
) -> AlignedFrames:
    """The frames of a shot aligned with a ``part`` (left, top, right, bottom; inside) of one, or with all of it.

    Where the camera moves through the place, one plane cannot lie right everywhere: the whole frame is laid over once,
    and, where the ground about the feet moves otherwise, once more by that alone; of the two that is taken which agrees
    better with the plate beside the actor. Moves that are ``kept``, by the frame, are not worked out anew.
    """
    part = part or (0, 0, shot.size[1], shot.size[0])
    moves, grounds = kept[frame] if kept and frame in kept else _moves(shot, frame)
    if kept is not None:
        kept[frame] = moves, grounds
    whole = _stacked(shot, frame, moves, part)
    if not grounds:
        return AlignedFrames(moves, [], np.zeros(whole.seen.shape, bool), whole)
    ground = _stacked(shot, frame, grounds, part)
    better = _error(shot, frame, ground, part) < _error(shot, frame, whole, part)
    wins = better & (ground.seen >= _AS_MANY * whole.seen)
    clean = CleanFrame(
        np.asarray(np.where(wins[..., None], ground.light, whole.light), np.float32),
        np.where(wins, ground.seen, whole.seen),
        np.where(wins, ground.spread, whole.spread),
    )
    return AlignedFrames(moves, grounds, wins, clean)


def _lie_alike(moves: Mapping[int, Matrix], grounds: Sequence[tuple[int, Matrix]], box: Box) -> bool:
    """Whether most frames lie the same in the ``box`` by the ``moves`` of the whole and of the ``grounds``."""
    left, top, right, bottom = box
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)

    def apart(other: int, ground: Matrix) -> float:
        if other not in moves:
            return np.inf
        back = moves[other] @ np.linalg.inv(ground)
        return float(np.abs(apply(back, corners) - corners).max())

    return float(np.median([apart(*one) for one in grounds])) < _ALIKE


def _moves(shot: ShotFrames, frame: int) -> Moves:
    """The frames that tell of this one, and how they lie on it: by all that is seen, and by the ground at the feet.

    The second is empty where the ground lies as all does.
    """
    feet = box_about_feet(shot.actor(frame))
    points = None if feet is None else _ground_points(shot, frame, feet)
    moves: list[tuple[int, Matrix]] = []
    grounds: list[tuple[int, Matrix]] = []
    for other in _sources(shot, frame):
        shared = shot.shared(other, frame)
        move = align(*shared)
        if move is None and shot.sure:
            move = by_track(shot, other, frame)
        ground = None if feet is None else align(*shared, feet)
        near = move if ground is None else ground
        if points is not None and near is not None:
            ground = _on_ground(shot, other, points, near)
        if move is not None:
            moves.append((other, move))
        if ground is not None:
            grounds.append((other, ground))
    if feet is None or len(grounds) < _SEEN or _lie_alike(dict(moves), grounds, feet):
        return moves, []
    return moves, grounds


def _ground_points(shot: ShotFrames, frame: int, feet: Box) -> _Ground | None:
    """What shows of the ground about the feet in a frame, and points of it that can be followed."""
    height, width = shot.size
    left, top = max(0, feet[0]), max(0, feet[1])
    right, bottom = min(width, feet[2]), min(height, feet[3])
    if right - left < _SMALLEST or bottom - top < _SMALLEST:
        return None
    rim = 2 * max(1, round(_RIM * height)) + 1
    free = shot.off(frame, rim)[top:bottom, left:right]
    grey = shot.grey(frame)[top:bottom, left:right]
    # By contrast alone the shadow's own border would be most of them: each place counts for what is about it.
    even = grey.astype(np.float32)
    even -= cv2.GaussianBlur(even, (0, 0), _EVEN * height)
    even /= np.sqrt(cv2.GaussianBlur(even * even, (0, 0), _EVEN * height)) + 1
    points = cv2.goodFeaturesToTrack(even, _POINTS, _WEAKEST, _APART * height, mask=free)
    if points is None or len(points) < _FEWEST_POINTS:
        return None
    return _Ground(grey, np.asarray(points, np.float32), (left, top))


def _on_ground(shot: ShotFrames, other: int, ground: _Ground, near: Matrix) -> Matrix | None:
    """(3, 3) that lays another frame on the ground at the feet, from a move that is ``near``; None where it fails."""
    left, top = ground.at
    into = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    size = ground.grey.shape[::-1]
    there = cv2.warpPerspective(shot.grey(other), into @ near, size, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpPerspective(shot.off(other, 7), into @ near, size, flags=cv2.INTER_NEAREST) > 0
    start = ground.points.copy()
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        ground.grey, np.asarray(there, np.uint8), ground.points, start, winSize=(15, 15), maxLevel=2
    )
    here, moved = ground.points[:, 0], moved[:, 0]
    at = np.clip(np.round(moved), 0, np.array(size) - 1).astype(int)
    good = (found[:, 0] > 0) & seen[at[:, 1], at[:, 0]]
    if int(good.sum()) < _FEWEST_POINTS:
        return None
    back = align(moved[good], here[good])
    return None if back is None else np.asarray(np.linalg.inv(into) @ back @ into @ near)


def by_track(shot: ShotFrames, source: int, target: int) -> Matrix:
    """(3, 3) from pixels of the one frame to pixels of the other, as the plate's camera was tracked."""
    height, width = shot.size
    to_unit = np.array([[1, 0, -(width - 1) / 2], [0, 1, -(height - 1) / 2], [0, 0, height]]) / height
    move = np.linalg.inv(to_unit) @ shot.track[target] @ np.linalg.inv(shot.track[source]) @ to_unit
    return np.asarray(move / move[2, 2])


def _sources(shot: ShotFrames, frame: int) -> list[int]:
    """The frames that tell of this one: spread over those that see much of the same, until the actor has gone on.

    Farther ones tell no more, and lie on it worse where the camera moves through the place.
    """
    back = np.linalg.inv(shot.track[frame])
    half = np.array([shot.size[1] / shot.size[0] / 2, 0.5])
    x, y = np.meshgrid(np.linspace(-half[0], half[0], 9), np.linspace(-0.5, 0.5, 9))
    grid = np.stack([x.ravel(), y.ravel()], 1)

    def shared(other: int) -> float:
        moved = np.nan_to_num(apply(shot.track[other] @ back, grid), nan=1e3)
        return float((np.abs(moved) <= half + 1e-9).all(1).mean())

    shown = np.arange(len(shot)) if shot.timing is None else shot.timing.shown
    others = shown[:: -(-len(shown) // _TELLING)]
    others = others[others != frame] if shot.timing is None else shot.timing.telling(frame, others)
    near = [other for other in others.tolist() if shared(other) >= _OVERLAP]
    if len(near) <= _SOURCES:
        return near
    before, after = [other for other in near if other < frame], [other for other in near if other > frame]
    told = _until_gone_on(shot, frame, before[::-1])[::-1] + _until_gone_on(shot, frame, after)
    if len(told) <= _SOURCES:
        return sorted(sorted(near, key=lambda other: abs(other - frame))[:_SOURCES])
    return [told[round(i)] for i in np.linspace(0, len(told) - 1, _SOURCES)]


def _until_gone_on(shot: ShotFrames, frame: int, others: list[int]) -> list[int]:
    """The ``others``, the nearest first, up to that in which the actor has gone on from where a frame shows them."""
    left, top, wide, tall = cv2.boundingRect(shot.actor(frame).astype(np.uint8))
    for number, other in enumerate(others):
        x, y, across, down = cv2.boundingRect(shot.actor(other).astype(np.uint8))
        at = apply(by_track(shot, other, frame), np.array([[x + across / 2, y + down]]))[0]
        if across and np.hypot(*(at - (left + wide / 2, top + tall))) > _GONE_ON * max(wide, tall):
            return others[: number + 1]
    return others


def _stacked(shot: ShotFrames, frame: int, moves: Sequence[tuple[int, Matrix]], part: Box) -> CleanFrame:
    """What the frames of ``moves``, laid over the part, tell of it."""
    left, top, right, bottom = part
    size = right - left, bottom - top
    if not moves:
        flat = np.zeros((size[1], size[0]), np.float32)
        return CleanFrame(np.repeat(flat[..., None], 3, -1), flat.astype(np.int32), flat)
    into = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    rim = 2 * max(1, round(_RIM * shot.size[0])) + 1
    exposed = _codes_of(np.asarray(shot.rgb[frame, top:bottom, left:right]))
    away = ~shot.actor(frame)[top:bottom, left:right]
    pictures, free = [], []
    for other, move in moves:
        off = cv2.warpPerspective(shot.off(other, rim), into @ move, size, flags=cv2.INTER_NEAREST)
        free.append(off > 0)
        picture = np.asarray(cv2.warpPerspective(shot.rgb[other], into @ move, size), np.uint8)
        pictures.append(_as_exposed(picture, exposed, free[-1] & away))
    return _ranked(pictures, free, shot.ranks)


def _codes_of(picture: Codes) -> NDArray[np.uint16]:
    """The sum of the codes of each fourth pixel of each fourth row."""
    few = picture[::4, ::4].astype(np.uint16)
    return np.asarray(few[..., 0] + few[..., 1] + few[..., 2])


def _as_exposed(picture: Codes, exposed: NDArray[np.uint16], both: Flags) -> Codes:
    """``picture`` (h, w, 3) as a plate of the codes ``exposed``, by what ``both`` see free: auto-exposure, clouds."""
    told = both[::4, ::4]
    one, other = (codes[told].astype(np.float32) for codes in (_codes_of(picture), exposed))
    if len(one) < _FEWEST:
        return picture
    gain = float(np.median((other + 3) / (one + 3)))
    if abs(gain - 1) < _SAME:
        return picture
    return cast(Codes, cv2.convertScaleAbs(picture, alpha=gain))


def _ranked(pictures: Sequence[Codes], free: Sequence[Flags], ranks: tuple[float, float]) -> CleanFrame:
    """Per pixel the mean light of the samples (N of h, w, 3) within the ``ranks`` of those that are ``free``."""
    seen = np.asarray(np.sum(free, axis=0, dtype=np.int32))
    keys = sample_keys(pictures, free)
    low, high = (np.floor(rank * np.maximum(seen - 1, 0)).astype(np.uint8) for rank in ranks)
    ordered = in_order(keys)
    darkest, brightest = at_ranks(ordered, low), at_ranks(ordered, high)
    darkest[seen == 0] = brightest[seen == 0] = NONE
    total = np.zeros((*seen.shape, 3), np.float32)
    ends = [np.zeros(seen.shape, np.float32), np.zeros(seen.shape, np.float32)]
    for key, picture in zip(keys, pictures, strict=True):
        light = linear(picture)
        cv2.accumulate(light, total, mask=cv2.inRange(key, darkest, brightest))
        bright = cv2.transform(light, _MEAN)
        for end, rank in zip(ends, (darkest, brightest), strict=True):
            cv2.copyTo(bright, cv2.compare(key, rank, cv2.CMP_EQ), end)
    count = np.where(seen > 0, high.astype(np.float32) - low + 1, np.float32(1))
    spread = np.log((ends[1] + _BLACK) / (ends[0] + _BLACK))
    return CleanFrame(np.asarray(total / count[..., None], np.float32), seen, np.asarray(spread, np.float32))


def _error(shot: ShotFrames, frame: int, clean: CleanFrame, part: Box) -> Plane:
    """(h, w) how far a clean plate is from the plate about each pixel, where both show the same."""
    left, top, right, bottom = part
    plate = linear(shot.rgb[frame, top:bottom, left:right])
    apart = cv2.transform(cv2.absdiff(plate, clean.light), _MEAN)
    both = (~clean.hole & ~shot.actor(frame)[top:bottom, left:right]).astype(np.float32)
    if both.any():  # a shadow is no error
        apart = np.minimum(apart, 3 * np.median(apart[both > 0]))
    blur = _REACH * shot.size[0]
    weight = cv2.GaussianBlur(both, (0, 0), blur)
    mean = cv2.GaussianBlur(apart * both, (0, 0), blur) / np.maximum(weight, 1e-4)
    return np.asarray(np.where(weight > 0.02, mean, np.inf), np.float32)
