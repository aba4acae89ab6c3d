"""The plate without the actor: frames of the shot aligned and stacked, the brighter samples taken.

A shadow only darkens, so of the samples that see a pixel free the brighter ones tell what is there without it. What no
frame sees free stays a hole, and is told as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box, Matrix
from .frame_moves import Moves, moves_of
from .sample_order import NONE, at_ranks, in_order, sample_keys
from .shot_frames import RIM, SEEN, Codes, Flags, Plane, ShotFrames, linear

_AS_MANY = 0.5
"""Share of the frames seen by the whole that the ground alone has to see too: fewer may all be in the shadow."""
_FEWEST, _SAME = 50, 0.005
"""Samples that tell a frame's exposure, and the gain that is none."""
_BLACK = 0.006
"""Light that is added before ratios are taken, so that noise in blacks is none."""
_REACH = 0.06
"""Blur, as a share of the frame's height, over which two clean plates are compared with the plate."""

_MEAN = np.full((1, 3), 1 / 3, np.float32)


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
        return self.seen < SEEN


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
    moves, grounds = kept[frame] if kept and frame in kept else moves_of(shot, frame)
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


def _stacked(shot: ShotFrames, frame: int, moves: Sequence[tuple[int, Matrix]], part: Box) -> CleanFrame:
    """What the frames of ``moves``, laid over the part, tell of it."""
    left, top, right, bottom = part
    size = right - left, bottom - top
    if not moves:
        flat = np.zeros((size[1], size[0]), np.float32)
        return CleanFrame(np.repeat(flat[..., None], 3, -1), flat.astype(np.int32), flat)
    into = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    rim = 2 * max(1, round(RIM * shot.size[0])) + 1
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
