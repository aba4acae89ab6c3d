"""What is darker in a frame than in its clean plate, where that can be relied on and a shadow may lie."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..footage import brightness
from .clean_plate import CleanFrame
from .displaced import without_displaced
from .outlined import outlined
from .reach import AROUND
from .shot_frames import Flags, Plane, ShotFrames, linear
from .steady import Feet, away_from

_BLACK = 0.006
_LEAST = 0.06
"""Smallest logarithm of light that is a shadow."""
_OVER_NOISE, _OVER_SPREAD = 2.5, 1.5
_BRIGHT = 0.35
"""Share of the dark that may be bright beside it: more is something that moved, or stands before the ground."""
_EVERY, _TOLD_BY = 0.1, 0.25
"""Share of a shadow's depth (logarithm) that each colour has to lose, and the depth from which on that is told."""
_FADES, _FAINT, _SOLID = 2.5, 0.25, np.float32(0.4)
"""Pixels, in a frame of 360 rows, over which what is too faint by itself fades out beside a shadow; how dark it is at
least, as a share of what is sure by itself; and of how much that is sure about it a pixel is no speck."""
_SHARP, _EVENED, _STEP = 0.5, 1.5, 0.25
"""Blurs of the ratio in which a shadow's depth is measured, in pixels of a frame of 360 rows: as it is taken, and over
what differs by less than a step (logarithm), which is noise and not the shadow's edge."""
ENDS = 0.2
"""Heights of the actor over which the end of a shadow fades that goes on farther than it is looked for."""
_BLEEDS = 6
"""Pixels about the actor, in a frame of 360 rows, in which a map of regions may still say that it is they."""
_PART = 0.04
"""Light that connects the parts of a shadow."""
_PLAIN = 0.03
"""Contrast of a ground that has none."""


@dataclass(frozen=True)
class Level:
    """Of a frame's ratio to its clean plate, a logarithm: its ``noise``, and its ``slope`` (3,) over the frame."""

    noise: float
    slope: NDArray[np.float32]


@dataclass(frozen=True)
class Darker:
    """``dark`` (h, w) 0..1, how much light is missing; ``bluer`` (h, w), how much more of the blue than of the
    red is left (a logarithm, above 0 bluer); ``covered``, how much is seen free.

    ``doubted`` (h, w) is dark, but no more so than other frames disagree; there frames may tell that see it better.
    ``alike`` is how the texture at the feet goes with the clean plate's, -1 to 1; None where the ground is plain.
    """

    dark: Plane
    bluer: Plane
    doubted: Flags
    level: Level
    covered: float
    alike: float | None


def darker(
    shot: ShotFrames,
    index: int,
    clean: CleanFrame,
    part: Box,
    feet: Feet,
    lies: Plane | None,
    level: Level | None = None,
    around: float = AROUND,
) -> Darker:
    """What is darker in a ``part`` of a frame than in its ``clean`` plate; ``lies`` (h, w), where a shadow may lie.

    The ``level`` is that of all about the actor, where this ``part`` is less. ``around``: how many heights of theirs
    from them a shadow may lie; the end of one that goes on beyond fades.
    """
    left, top, right, bottom = part
    plate = linear(shot.rgb[index, top:bottom, left:right])
    actor = shot.actor(index)[top:bottom, left:right]
    scale = shot.size[0] / 360
    away = away_from(actor)
    free = ~clean.hole & (away > 2)
    ratio = _log_ratio(plate, clean.light, free, 1.2 * scale)
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32) / shot.size[0]
    places = np.stack([np.ones_like(rows), rows, columns], -1)
    slope = level.slope if level else _slope(ratio, places, free & (away > 0.35 * feet.tall))
    drift = np.asarray(places @ slope, np.float32)
    ratio -= drift
    ring = free & (away > 0.05 * feet.tall) & (away < AROUND * feet.tall)
    covered = float(ring.sum() / max(1, ((away > 0.05 * feet.tall) & (away < AROUND * feet.tall)).sum()))
    if level is None and ring.sum() < 50:
        none = np.zeros(free.shape, np.float32)
        return Darker(none, none, none > 0, Level(np.inf, slope), covered, None)
    noise = level.noise if level else 1.4826 * float(np.median(np.abs(ratio[ring] - np.median(ratio[ring]))))
    spread = cv2.GaussianBlur(cv2.dilate(clean.spread, np.ones((3, 3), np.uint8)), (0, 0), 3 * scale)
    over, apart = max(_OVER_NOISE * noise, _LEAST), _OVER_SPREAD * spread
    below = cv2.GaussianBlur(np.maximum(-ratio, 0) * free, (0, 0), 4.3 * scale)
    above = cv2.GaussianBlur(np.maximum(ratio - 0.03, 0) * free, (0, 0), 6.5 * scale)
    may = free & (above < _BRIGHT * below + 0.004) & (away < around * feet.tall)
    # Light that is missing is missing in every colour; another colour is another thing, or another part of the place.
    least = [
        _log_ratio(plate[..., c : c + 1], clean.light[..., c : c + 1], free, 2.4 * scale) for c in range(3)
    ]
    may &= (np.max(least, axis=0) - drift < _EVERY * ratio) | (ratio > -_TOLD_BY)
    if lies is not None:
        whole = cv2.resize(lies, shot.size[::-1], interpolation=cv2.INTER_LINEAR)
        may &= (whole[top:bottom, left:right] > 0.5) | (away < _BLEEDS * scale)
    # What is too faint to be sure of is shadow beside what is sure: cut off there, its border would be in steps.
    # A speck that is sure by itself fades too.
    sure = np.asarray(may & (-ratio > over + apart), np.float32)
    doubted = may & (-ratio > over) & (sure == 0)
    near = cv2.GaussianBlur(sure, (0, 0), _FADES * scale)
    share = np.minimum(near / np.where(sure > 0, _SOLID, np.float32(0.5)), 1)
    may &= -ratio > _FAINT * over + apart
    # Found in what is blurred, which has less noise; measured in what is sharp, as a blur makes narrow parts pale.
    sharp = _log_ratio(plate, clean.light, free, _SHARP * scale) - drift
    even = cv2.bilateralFilter(sharp, -1, _STEP, _EVENED * scale)
    share = share * np.clip((around - away / feet.tall) / ENDS, 0, 1)
    taken = np.where(may, share * (1 - np.exp(np.minimum(even, 0))), 0).astype(np.float32)
    taken = without_displaced(taken, plate, clean.light, free, scale)
    taken = outlined(taken, _PART, plate, clean.light, free, feet.tall, scale, over_place=False)
    goes = alike_at_feet(plate, clean, away, feet, scale, top)
    bluer = np.asarray(least[2] - least[0], np.float32)
    return Darker(taken, bluer, doubted, Level(noise, slope), covered, goes)


def alike_at_feet(
    plate: Plane, clean: CleanFrame, away: Plane, feet: Feet, scale: float, top: int = 0
) -> float | None:
    """The correlation of what is fine at the feet with what is fine in the clean plate; None where little is.

    Both begin at the row ``top`` of the frame; ``away`` (h, w) is how many pixels it is to the actor.
    """
    at_feet = ~clean.hole & below_knees(away, feet, top)

    def fine(light: Plane) -> Plane:
        return fine_detail(brightness(light), scale)[at_feet]

    one, other = fine(plate), fine(clean.light)
    if len(one) < 50:
        return None
    usual = np.abs(one) <= np.quantile(np.abs(one), 0.9)  # the shadow's own border is none of it
    one, other = one[usual], other[usual]
    # The shadow itself is fine detail of the plate: the clean plate tells that the ground is plain.
    return None if min(one.std(), other.std()) < _PLAIN else float(np.corrcoef(one, other)[0, 1])


def below_knees(away: Plane, feet: Feet, top: int = 0) -> Flags:
    """(h, w) the ground beside the actor's feet; ``away`` (h, w), of rows from ``top`` on, is how far it is to them."""
    below = np.arange(top, top + len(away))[:, None] > feet.y - 0.12 * feet.tall
    return np.asarray(below & (away > 0.04 * feet.tall) & (away < 0.5 * feet.tall))


def fine_detail(bright: Plane, scale: float) -> Plane:
    """(h, w) what is fine in the logarithm of light; ``scale`` is the frame's rows over 360."""
    level = np.log(bright + _BLACK)
    near, far = (cv2.GaussianBlur(level, (0, 0), reach * scale) for reach in (1.0, 4.0))
    return np.asarray(near - far, np.float32)


def _log_ratio(plate: Plane, clean: Plane, free: Flags, blur: float) -> Plane:
    """(h, w) logarithm of the plate over its clean plate, in brightness, of what is ``free`` alone."""
    weight = free.astype(np.float32)
    norm = np.maximum(cv2.GaussianBlur(weight, (0, 0), blur), 1e-3)

    def mean(light: Plane) -> Plane:
        bright = cv2.transform(light, np.full((1, light.shape[2]), 1 / light.shape[2], np.float32))
        return np.asarray(cv2.GaussianBlur(bright * weight, (0, 0), blur) / norm, np.float32)

    return np.asarray(np.log((mean(plate) + _BLACK) / (mean(clean) + _BLACK)), np.float32)


def _slope(ratio: Plane, places: Plane, far: Flags) -> Plane:
    """(3,) how the light of the whole plate drifts against the clean plate over its ``places`` (h, w, 3), fitted away
    from the actor.
    """
    chosen = far[::6, ::6]
    values, at = ratio[::6, ::6][chosen], places[::6, ::6][chosen]
    slope = np.array([np.median(values) if len(values) else 0, 0, 0], np.float32)
    if len(values) < 200:
        return slope
    weight = np.ones(len(values), np.float32)
    for _ in range(6):
        slope, *_ = np.linalg.lstsq(at * weight[:, None], values * weight, rcond=None)
        apart = np.abs(values - at @ slope)
        weight = 1 / np.sqrt(1 + (apart / (2.2 * np.median(apart) + 1e-3)) ** 2)
    return slope
