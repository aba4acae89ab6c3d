"""The plate without the actor: frames of the shot aligned and stacked, the brighter samples taken.

A shadow only darkens, so of the samples that see a pixel free the brighter ones tell what is there without it. What no
frame sees free stays a hole, and is told as one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box, Features, Matrix, align, box_about_feet, match
from ..camera.fit import apply

__all__ = ["CleanFrame", "AlignedFrames", "ShotFrames", "clean_frame", "align_frames", "linear"]

Codes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Plane = NDArray[np.float32]

_SOURCES = 16
_TELLING = 96
"""Frames of a long shot, evenly spread, that tell of the others."""
_OVERLAP = 0.35
"""Share of a frame that another one has to show as well to tell of it."""
_RIM = 0.012
"""Width of the rim about the actor, as a share of the frame's height, that is not taken for free."""
_BRIGHTER = (0.65, 0.95)
"""Between which ranks of the samples, dark to bright, the clean plate lies."""
_SEEN = 3
_FEWEST, _SAME = 50, 0.005
"""Samples that tell a frame's exposure, and the gain that is none."""
_BLACK = 0.006
"""Light that is added before ratios are taken, so that noise in blacks is none."""
_REACH = 0.06
"""Blur, as a share of the frame's height, over which two clean plates are compared with the plate."""

_BITS, _INDEX, _LAST = 5, 31, 1023 << 5
"""A sample's number stands in the lowest bits beside its brightness, at most 765; of no use is 1023."""
_MEAN = np.full((1, 3), 1 / 3, np.float32)

_CODES = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear(codes: Codes) -> Plane:
    """8-bit sRGB codes as light, 0..1."""
    return np.asarray(_LINEAR[codes])


@dataclass(frozen=True)
class ShotFrames:
    """A shot to be cleaned: ``rgb`` (T, h, w, 3) 8-bit display; ``actor`` gives (h, w), true on the actor, of a frame.

    ``track`` (T, 3, 3) maps unit coordinates of one reference to those of each frame; it says which frames see the
    same, so it may be rough. Where it is ``sure``, it also lays frames over one another that share too few features.
    ``features`` gives those of a frame.
    """

    rgb: Codes
    actor: Callable[[int], Flags]
    track: NDArray[np.float64]
    features: Callable[[int], Features]
    sure: bool = False

    def __len__(self) -> int:
        return len(self.rgb)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.rgb.shape[1], self.rgb.shape[2]


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
class AlignedFrames:
    """The frames of a shot aligned with one of them, and its clean plate.

    ``whole`` and ``ground`` hold source frames and their moves (3, 3) into this one, by all that is seen and by the
    ground about the feet; ``by_ground`` (h, w) is true where the second is taken, and ``clean`` is what comes of both.
    """

    whole: list[tuple[int, Matrix]]
    ground: list[tuple[int, Matrix]]
    by_ground: Flags
    clean: CleanFrame


def clean_frame(shot: ShotFrames, frame: int, part: Box | None = None) -> CleanFrame:
    """The clean plate of a ``part`` (left, top, right, bottom; inside) of a frame, or of all of it."""
    return align_frames(shot, frame, part).clean


def align_frames(shot: ShotFrames, frame: int, part: Box | None = None) -> AlignedFrames:
    """The frames of a shot aligned with a ``part`` (left, top, right, bottom; inside) of one, or with all of it.

    Where the camera moves through the place, one plane cannot lie right everywhere: the whole frame is laid over once,
    and once more the ground about the feet alone; of the two that is taken which agrees better with the plate beside
    the actor.
    """
    part = part or (0, 0, shot.size[1], shot.size[0])
    feet = box_about_feet(shot.actor(frame))
    moves: list[tuple[int, Matrix]] = []
    grounds: list[tuple[int, Matrix]] = []
    for other in _sources(shot, frame):
        shared = match(shot.features(other), shot.features(frame))
        for kept, box in ((moves, None), (grounds, feet)):
            move = align(*shared, box)
            if move is None and box is None and shot.sure:
                move = _by_track(shot, other, frame)
            if move is not None:
                kept.append((other, move))
    whole = _stacked(shot, frame, moves, part)
    if feet is None or len(grounds) < _SEEN:
        return AlignedFrames(moves, [], np.zeros(whole.seen.shape, bool), whole)
    ground = _stacked(shot, frame, grounds, part)
    wins = _error(shot, frame, ground, part) < _error(shot, frame, whole, part)
    clean = CleanFrame(
        np.asarray(np.where(wins[..., None], ground.light, whole.light), np.float32),
        np.where(wins, ground.seen, whole.seen),
        np.where(wins, ground.spread, whole.spread),
    )
    return AlignedFrames(moves, grounds, wins, clean)


def _by_track(shot: ShotFrames, source: int, target: int) -> Matrix:
    """(3, 3) from pixels of the one frame to pixels of the other, as the plate's camera was tracked."""
    height, width = shot.size
    to_unit = np.array([[1, 0, -(width - 1) / 2], [0, 1, -(height - 1) / 2], [0, 0, height]]) / height
    move = np.linalg.inv(to_unit) @ shot.track[target] @ np.linalg.inv(shot.track[source]) @ to_unit
    return np.asarray(move / move[2, 2])


def _sources(shot: ShotFrames, frame: int) -> list[int]:
    """The frames that tell of this one: spread over all that see much of the same."""
    back = np.linalg.inv(shot.track[frame])
    half = np.array([shot.size[1] / shot.size[0] / 2, 0.5])
    x, y = np.meshgrid(np.linspace(-half[0], half[0], 9), np.linspace(-0.5, 0.5, 9))
    grid = np.stack([x.ravel(), y.ravel()], 1)

    def shared(other: int) -> float:
        moved = np.nan_to_num(apply(shot.track[other] @ back, grid), nan=1e3)
        return float((np.abs(moved) <= half + 1e-9).all(1).mean())

    stride = -(-len(shot) // _TELLING)
    near = [other for other in range(0, len(shot), stride) if other != frame and shared(other) >= _OVERLAP]
    if len(near) <= _SOURCES:
        return near
    return [near[round(i)] for i in np.linspace(0, len(near) - 1, _SOURCES)]


def _stacked(shot: ShotFrames, frame: int, moves: Sequence[tuple[int, Matrix]], part: Box) -> CleanFrame:
    """What the frames of ``moves``, laid over the part, tell of it."""
    left, top, right, bottom = part
    size = right - left, bottom - top
    if not moves:
        flat = np.zeros((size[1], size[0]), np.float32)
        return CleanFrame(np.repeat(flat[..., None], 3, -1), flat.astype(np.int32), flat)
    into = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    rim = 2 * max(1, round(_RIM * shot.size[0])) + 1
    here, away = shot.rgb[frame, top:bottom, left:right], ~shot.actor(frame)[top:bottom, left:right]
    pictures, free = [], []
    for other, move in moves:
        off = cv2.erode((~shot.actor(other)).astype(np.uint8), np.ones((rim, rim), np.uint8))
        free.append(cv2.warpPerspective(off, into @ move, size, flags=cv2.INTER_NEAREST) > 0)
        picture = np.asarray(cv2.warpPerspective(shot.rgb[other], into @ move, size), np.uint8)
        pictures.append(_as_exposed(picture, here, free[-1] & away))
    return _brighter(pictures, free)


def _as_exposed(picture: Codes, plate: Codes, both: Flags) -> Codes:
    """``picture`` (h, w, 3) as the ``plate`` is exposed, told by what ``both`` see free: auto-exposure, clouds."""
    one, other = (codes[::4, ::4][both[::4, ::4]].sum(-1, dtype=np.float32) for codes in (picture, plate))
    if len(one) < _FEWEST:
        return picture
    gain = float(np.median((other + 3) / (one + 3)))
    if abs(gain - 1) < _SAME:
        return picture
    return cast(Codes, cv2.convertScaleAbs(picture, alpha=gain))


def _brighter(pictures: Sequence[Codes], free: Sequence[Flags]) -> CleanFrame:
    """Per pixel the mean light of the samples (N of h, w, 3) within the brighter ranks of those that are ``free``."""
    seen = np.asarray(np.sum(free, axis=0, dtype=np.int32))
    ranked = _ranked(pictures, free)
    low, high = (np.floor(rank * np.maximum(seen - 1, 0)).astype(np.int32) for rank in _BRIGHTER)
    colours = np.stack(
        [cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA).view(np.uint32)[..., 0] for picture in pictures]
    )
    pixels = np.arange(seen.size, dtype=np.int64).reshape(seen.shape)
    total, count = np.zeros((*seen.shape, 3), np.float32), np.zeros(seen.shape, np.float32)
    ends = [np.zeros(seen.shape, np.float32), np.zeros(seen.shape, np.float32)]
    for place in range(int(low.min()), int(high.max()) + 1):
        used = (place >= low) & (place <= high) & (place < seen)
        source = (ranked[place] & _INDEX).astype(np.int64)
        codes = np.take(colours.reshape(-1), np.minimum(source, len(pictures) - 1) * seen.size + pixels)
        light = cv2.LUT(codes.view(np.uint8).reshape(*seen.shape, 4)[..., :3], _LINEAR)
        cv2.accumulate(light, total, mask=used.view(np.uint8))
        count += used
        for end, rank in zip(ends, (low, high), strict=True):
            np.copyto(end, cv2.transform(light, _MEAN), where=place == rank)
    spread = np.log((ends[1] + _BLACK) / (ends[0] + _BLACK))
    mean = np.asarray(total / np.maximum(count, 1)[..., None], np.float32)
    return CleanFrame(mean, seen, np.asarray(spread, np.float32))


def _ranked(pictures: Sequence[Codes], free: Sequence[Flags]) -> list[NDArray[np.uint16]]:
    """For each rank, dark to bright, which sample has it, in the lowest bits; those that are not free come last.

    Batcher's odd-even merge sort, plane by plane: minima and maxima of whole planes are quicker than a sort a pixel.
    """
    keys = []
    for number, (picture, seen) in enumerate(zip(pictures, free, strict=True)):
        total = cv2.transform(picture.astype(np.uint16), np.ones((1, 3), np.float32))
        brightness = np.asarray(total, np.uint16)
        keys.append(np.where(seen, brightness << _BITS | number, _LAST | number).astype(np.uint16))
    count, step = len(keys), 1
    while step < count:
        apart = step
        while apart:
            for start in range(apart % step, count - apart, 2 * apart):
                for one in range(start, min(start + apart, count - apart)):
                    if one // (2 * step) == (one + apart) // (2 * step):
                        above = keys[one], keys[one + apart]
                        keys[one] = np.asarray(cv2.min(*above), np.uint16)
                        keys[one + apart] = np.asarray(cv2.max(*above), np.uint16)
            apart //= 2
        step *= 2
    return keys


def _error(shot: ShotFrames, frame: int, clean: CleanFrame, part: Box) -> Plane:
    """(h, w) how far a clean plate is from the plate about each pixel, where both show the same."""
    left, top, right, bottom = part
    plate = linear(shot.rgb[frame, top:bottom, left:right])
    apart = np.abs(plate - clean.light).mean(-1)
    both = (~clean.hole & ~shot.actor(frame)[top:bottom, left:right]).astype(np.float32)
    blur = _REACH * shot.size[0]
    weight = cv2.GaussianBlur(both, (0, 0), blur)
    mean = cv2.GaussianBlur(apart * both, (0, 0), blur) / np.maximum(weight, 1e-4)
    return np.asarray(np.where(weight > 0.02, mean, np.inf), np.float32)
