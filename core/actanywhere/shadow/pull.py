"""The actor's shadow as a compositor pulls it: the plate divided by its clean plate.

What the plate shows darker than the clean plate, on ground that all other frames agree about, moving with the actor and
reached from their feet, is their shadow: its shape, its softness, its leaving the feet in a jump, its climbing a wall.
What is dark in every frame cancels by itself. Where frames disagree anyway (leaves, waves, things before the ground)
nothing is pulled: a wrong shadow is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..footage import brightness, forget, processors, spilled
from .cast import standing
from .clean_plate import CleanFrame, Flags, Plane, ShotFrames, clean_frame, linear
from .displaced import without_displaced
from .reach import AROUND, about, gone_on, lasting, reached, without
from .steady import Feet, away_from, carry, feet_of
from .unseen import fill_unseen

_LOOKED_AT = 64
"""Frames after which what was looked at leaves the memory."""
_AT_ONCE = 4
"""Frames at most that are looked at at once; each takes some 50 MB."""
MOVES_BY_ITSELF = "none is pulled: the ground at the feet moves by itself, as water does"
_BLACK = 0.006
_LEAST = 0.06
"""Smallest logarithm of light that is a shadow."""
_OVER_NOISE, _OVER_SPREAD = 2.5, 1.5
_BRIGHT = 0.35
"""Share of the dark that may be bright beside it: more is something that moved, or stands before the ground."""
_EVERY, _TOLD_BY = 0.1, 0.25
"""Share of a shadow's depth (logarithm) that each colour has to lose, and the depth from which on that is told."""
_FARTHER = 0.4
"""How far the actor has to go on, in widths of theirs, for the ground to be seen without their shadow."""
_REDDER, _REDDEST, _PATCHY = 0.2, 0.7, 0.35
"""How much redder than the light, as a share of its depth, a shadow is seldom, and never: the sky fills it with blue, a
warm wall or lamp with red, but evenly: what is redder and differs as much between its quartiles is a thing.
"""
_FINER, _LAID = 60, 25
"""Steps of a code that keeps such a logarithm; and a tenth of the light, of 255."""
_NOISIEST = 0.09
"""Deviation of the ratio's logarithm about the actor, beyond which nothing is pulled from a frame."""
_STANDS_STILL, _PLAIN, _TOLD = 0.25, 0.03, 0.25
"""Correlation of the ground's texture with the clean plate's below which it moves by itself; contrast that is none; and
the share of the frames that have to have more for the ground to be judged by it.
"""
_FADES, _FAINT, _SOLID = 2.5, 0.25, np.float32(0.4)
"""Pixels, in a frame of 360 rows, over which what is too faint by itself fades out beside a shadow; how dark it is at
least, as a share of what is sure by itself; and of how much that is sure about it a pixel is no speck."""
_BLEEDS = 6
"""Pixels about the actor, in a frame of 360 rows, in which a map of regions may still say that it is they."""
_TINT = (0.5, 0.0, -0.3)
_DEEPEST = 0.03
_TRUSTED = 4.0
"""A quarter of the light taken, and more: there the pulled shadow alone shades the place."""
_DISPLAY = 1 / 2.2
"""A share of light as a share of a display's code value: nearly so, whatever the value."""
_SOFT = 0.003


@dataclass(frozen=True)
class PulledShadow:
    """``planes`` (T, h, w) 8-bit: how much of the ground's light the actor's shadow takes in each frame.

    ``strength``, ``blur`` (a share of the frame's height) and ``tint`` (above 0 bluer) are how it is laid on.
    """

    planes: NDArray[np.uint8]
    strength: float = 1.0
    blur: float = 0.0
    tint: float = 0.0

    def at(self, index: int, height: int, width: int) -> Plane:
        """(height, width) 0..1, a share of scene-linear light, at any size, as it was pulled."""
        taken = self.planes[index].astype(np.float32) / 255
        smaller = height < taken.shape[0]
        way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        return np.asarray(np.clip(cv2.resize(taken, (width, height), interpolation=way), 0, 1), np.float32)

    def forget(self) -> None:
        """Let go of the memory that looking at frames took."""
        forget(self.planes)

    def blurred(self, taken: Plane) -> Plane:
        """What was pulled (h, w) as it is laid on."""
        if not self.blur:
            return taken
        return np.asarray(cv2.GaussianBlur(taken, (0, 0), self.blur * len(taken)), np.float32)

    def under(self, light: Plane, laid: Plane) -> Plane:
        """Scene-linear ``light`` (h, w, 3) under what is ``laid`` (h, w) on it."""
        return np.asarray(light * self._left(laid), np.float32) if laid.any() else light

    def _left(self, laid: Plane) -> Plane:
        """(h, w, 3 or 1) the share of the light that is left."""
        left = np.maximum(1 - laid, _DEEPEST)[..., None]
        if self.strength == 1 and self.tint == 0:
            return np.asarray(left, np.float32)
        return np.asarray(left ** (self.strength * (1 + self.tint * np.array(_TINT, np.float32))), np.float32)

    def trusted(self, painted: Plane, place: Plane, index: int) -> Plane:
        """What was ``painted`` (h, w, 3), but where the shadow lies the ``place``: nothing is shaded there twice."""
        share = np.clip(_TRUSTED * self.at(index, *painted.shape[:2]), 0, 1)[..., None]
        return np.asarray(painted + share * (place - painted), np.float32)

    def on_display(self, picture: Plane, index: int) -> Plane:
        """A display ``picture`` (h, w, 3) under the shadow."""
        left = self._left(self.blurred(self.at(index, *picture.shape[:2])))
        return np.asarray(picture * left**_DISPLAY, np.float32)

    def off_display(self, picture: Plane, index: int) -> Plane:
        """A display ``picture`` (h, w, 3), 0..1, that lay under the shadow, without it."""
        left = self._left(self.blurred(self.at(index, *picture.shape[:2]))) ** _DISPLAY
        return np.asarray(np.clip(picture / left, 0, 1), np.float32)


@dataclass(frozen=True)
class Pull:
    """``shadow`` is None where none can be pulled; ``reason`` says in words what was found, or why not.

    ``carried``: the frames, counted from 0, that lack it, into which it was carried from the nearest that shows it;
    ``clear``: where none can be pulled, the most frames in a row whose ground is seen as it is. ``stays``: the actor
    hardly moves on, so that some of the ground is never seen without it.
    """

    shadow: PulledShadow | None
    reason: str
    carried: tuple[int, ...] = ()
    clear: tuple[int, ...] = ()
    stays: bool = False


def pull_shadow(
    shot: ShotFrames,
    step: Callable[[int], None] = lambda done: None,
    clean: Callable[[int, Box], CleanFrame] | None = None,
    lies: Callable[[int], Plane | None] = lambda index: None,
) -> Pull:
    """The shadow that the actor of ``shot`` casts; ``step`` hears how many frames are done.

    ``clean`` gives the clean plate of a part of a frame; left out, it is made of the shot's other frames. ``lies``
    gives where (h, w), any size, a frame shows what a shadow may lie on, if that is known.
    """
    count, (height, width) = len(shot), shot.size
    if count < 4 and clean is None:
        return Pull(None, "none is pulled: too few frames to see the ground without the actor")
    feet = [feet_of(shot.actor(index)) for index in range(count)]
    shown = [index for index in range(count) if feet[index] is not None]
    if not shown:
        return Pull(None, "none is pulled: nobody is seen to stand in the plate")
    if not any(standing(shot.actor(index).astype(np.float32)) for index in shown):
        # What is dark beside them would begin in view, as a cloud's trail does.
        return Pull(None, "none is pulled: the frame cuts the actor off above the feet all the time")
    threads, given = min(_AT_ONCE, processors()), clean is not None
    at_once = 1 if given else threads  # a given one is read from files, one frame after the other
    clean = clean or (lambda index, part: clean_frame(shot, index, part))
    dark, bluer, doubted = (spilled((count, height, width)) for _ in range(3))
    covered, noisy, alike = [], set[int](), []

    def look(index: int) -> tuple[Box, _Darker] | None:
        stands = feet[index]
        if stands is None or index in shot.apart:
            return None
        part = about(stands, height, width)
        return part, _darker(shot, index, clean(index, part), part, stands, lies(index))

    with ThreadPoolExecutor(at_once) as pool:
        for start in range(0, count, at_once):
            for index, seen in enumerate(pool.map(look, range(start, min(start + at_once, count))), start):
                if seen is not None:
                    (left, top, right, bottom), found = seen
                    covered.append(found.covered)
                    alike.append(found.alike)
                    if found.noise > _NOISIEST:
                        noisy.add(index)
                    else:
                        dark[index, top:bottom, left:right] = np.round(found.dark * 255)
                        bluer[index, top:bottom, left:right] = np.round(
                            np.clip(found.bluer * _FINER + 128, 0, 255)
                        )
                        doubted[index, top:bottom, left:right] = found.doubted
                if index % _LOOKED_AT == 0:
                    forget(shot.rgb, dark, bluer, doubted)
                step(index + 1)
    if np.mean(covered) < 0.3:
        return Pull(None, "none is pulled: the ground about the actor is never seen free of them")
    told = [one for one in alike if one is not None]
    if len(told) > _TOLD * len(alike) and np.median(told) < _STANDS_STILL:
        return Pull(None, MOVES_BY_ITSELF)
    if len(noisy) > len(shown) / 2:
        clear = np.array([index for index in shown if index not in noisy], int)
        longest = max(np.split(clear, np.flatnonzero(np.diff(clear) > 1) + 1), key=len)
        return Pull(
            None,
            "none is pulled: the ground moves in itself, or stands at many depths",
            clear=tuple(map(int, longest)),
        )
    planes = spilled((count, height, width))

    def keep(index: int) -> None:
        lasts, stays = lasting(shot, dark, feet, index)
        kept = reached(shot.actor(index), lasts, cast(Feet, feet[index]))
        kept = without(kept, stays)
        planes[index] = np.round(_under_actor(kept, shot.actor(index)) * 255)
        if index % _LOOKED_AT == 0:
            forget(dark, planes)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(keep, shown))
    steady = carry(planes, feet, shot.actor)
    stays = not given and gone_on(shot, feet) < _FARTHER
    share = f"{len(steady.show)} of {len(shown)} frames"
    if not steady.enough:
        reason = "none is pulled: none that moves with the actor is seen steadily on the ground"
        return Pull(None, f"{reason} (in {share})" if steady.show else reason, stays=stays)
    redder, patchy = np.median([_redness(planes[one], dark[one], bluer[one]) for one in steady.show], 0)
    if redder > _REDDEST or (redder > _REDDER and patchy > _PATCHY):
        reason = "none is pulled: what is dark beside the actor is redder than a shadow"
        return Pull(None, f"{reason}; somebody or something that goes with them may be missing in the matte")
    if not given:

        def each(work: Callable[[int], None]) -> None:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(work, range(count)))

        planes = fill_unseen(shot, planes, doubted, feet, each)
    depth = float(np.median([planes[index][planes[index] > _LAID].mean() for index in steady.show]))
    reason = f"pulled from the plate in {share}: it takes {depth / 255:.0%} of the light"
    return Pull(PulledShadow(planes), reason, tuple(steady.lack), stays=stays)


@dataclass(frozen=True)
class _Darker:
    """``dark`` (h, w) 0..1, how much light is missing; ``bluer`` (h, w), how much more of the blue than of the
    red is left (a logarithm, above 0 bluer); ``noise`` of the ratio; ``covered``, how much is seen free.

    ``doubted`` (h, w) is dark, but no more so than other frames disagree; there frames may tell that see it better.
    ``alike`` is how the texture at the feet goes with the clean plate's, -1 to 1; None where the ground is plain.
    """

    dark: Plane
    bluer: Plane
    doubted: Flags
    noise: float
    covered: float
    alike: float | None


def _darker(
    shot: ShotFrames, index: int, clean: CleanFrame, part: Box, feet: Feet, lies: Plane | None
) -> _Darker:
    """What is darker in a frame than in its clean plate, where that can be relied on and a shadow may lie."""
    left, top, right, bottom = part
    plate = linear(shot.rgb[index, top:bottom, left:right])
    actor = shot.actor(index)[top:bottom, left:right]
    scale = shot.size[0] / 360
    away = away_from(actor)
    free = ~clean.hole & (away > 2)
    ratio = _log_ratio(plate, clean.light, free, 1.2 * scale)
    drift = _drift(ratio, free & (away > 0.35 * feet.tall))
    ratio -= drift
    ring = free & (away > 0.05 * feet.tall) & (away < AROUND * feet.tall)
    covered = float(ring.sum() / max(1, ((away > 0.05 * feet.tall) & (away < AROUND * feet.tall)).sum()))
    if ring.sum() < 50:
        none = np.zeros(free.shape, np.float32)
        return _Darker(none, none, none > 0, np.inf, covered, None)
    noise = 1.4826 * float(np.median(np.abs(ratio[ring] - np.median(ratio[ring]))))
    spread = cv2.GaussianBlur(cv2.dilate(clean.spread, np.ones((3, 3), np.uint8)), (0, 0), 3 * scale)
    over, apart = max(_OVER_NOISE * noise, _LEAST), _OVER_SPREAD * spread
    below = cv2.GaussianBlur(np.maximum(-ratio, 0) * free, (0, 0), 4.3 * scale)
    above = cv2.GaussianBlur(np.maximum(ratio - 0.03, 0) * free, (0, 0), 6.5 * scale)
    may = free & (above < _BRIGHT * below + 0.004) & (away < AROUND * feet.tall)
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
    taken = np.where(may, share * (1 - np.exp(np.minimum(ratio, 0))), 0).astype(np.float32)
    taken = without_displaced(taken, plate, clean.light, free, scale)
    alike = alike_at_feet(plate, clean, away, feet, scale, top)
    bluer = np.asarray(least[2] - least[0], np.float32)
    return _Darker(taken, bluer, doubted, noise, covered, alike)


def _redness(
    plane: NDArray[np.uint8], dark: NDArray[np.uint8], bluer: NDArray[np.uint8]
) -> tuple[float, float]:
    """By how much a frame's shadow (h, w) is redder than the light, as a share of its depth, and the distance between
    the quartiles of its pixels.
    """
    laid = (plane > _LAID) & (dark > _LAID)
    if not laid.any():
        return 0.0, 0.0
    depth = -np.log(1 - np.minimum(dark[laid], 254) / 255)
    low, middle, high = np.percentile((128.0 - bluer[laid]) / _FINER / depth, [25, 50, 75])
    return float(middle), float(high - low)


def alike_at_feet(
    plate: Plane, clean: CleanFrame, away: Plane, feet: Feet, scale: float, top: int = 0
) -> float | None:
    """The correlation of what is fine at the feet with what is fine in the clean plate; None where little is.

    Both begin at the row ``top`` of the frame; ``away`` (h, w) is how many pixels it is to the actor.
    """
    below_knees = np.arange(top, top + len(away))[:, None] > feet.y - 0.12 * feet.tall
    at_feet = ~clean.hole & below_knees & (away > 0.04 * feet.tall) & (away < 0.5 * feet.tall)

    def fine(light: Plane) -> Plane:
        level = np.log(brightness(light) + _BLACK)
        near, far = (cv2.GaussianBlur(level, (0, 0), reach * scale) for reach in (1.0, 4.0))
        return np.asarray((near - far)[at_feet], np.float32)

    one, other = fine(plate), fine(clean.light)
    if len(one) < 50:
        return None
    usual = np.abs(one) <= np.quantile(np.abs(one), 0.9)  # the shadow's own border is none of it
    one, other = one[usual], other[usual]
    # The shadow itself is fine detail of the plate: the clean plate tells that the ground is plain.
    return None if min(one.std(), other.std()) < _PLAIN else float(np.corrcoef(one, other)[0, 1])


def _log_ratio(plate: Plane, clean: Plane, free: Flags, blur: float) -> Plane:
    """(h, w) logarithm of the plate over its clean plate, in brightness, of what is ``free`` alone."""
    weight = free.astype(np.float32)
    norm = np.maximum(cv2.GaussianBlur(weight, (0, 0), blur), 1e-3)

    def mean(light: Plane) -> Plane:
        bright = cv2.transform(light, np.full((1, light.shape[2]), 1 / light.shape[2], np.float32))
        return np.asarray(cv2.GaussianBlur(bright * weight, (0, 0), blur) / norm, np.float32)

    return np.asarray(np.log((mean(plate) + _BLACK) / (mean(clean) + _BLACK)), np.float32)


def _drift(ratio: Plane, far: Flags) -> Plane:
    """(h, w) how the light of the whole plate drifts against the clean plate: a slope fitted away from the actor."""
    rows, columns = np.mgrid[0 : ratio.shape[0], 0 : ratio.shape[1]].astype(np.float32) / len(ratio)
    places = np.stack([np.ones_like(rows), rows, columns], -1)
    chosen = far[::6, ::6]
    values, at = ratio[::6, ::6][chosen], places[::6, ::6][chosen]
    if len(values) < 200:
        return np.full(ratio.shape, np.median(values) if len(values) else 0, np.float32)
    weight = np.ones(len(values), np.float32)
    for _ in range(6):
        slope, *_ = np.linalg.lstsq(at * weight[:, None], values * weight, rcond=None)
        apart = np.abs(values - at @ slope)
        weight = 1 / np.sqrt(1 + (apart / (2.2 * np.median(apart) + 1e-3)) ** 2)
    return np.asarray(places @ slope, np.float32)


def _under_actor(dark: Plane, actor: Flags) -> Plane:
    """The shadow with a soft border, extended a little under the actor, so that none of their edges is lit."""
    hidden = cv2.dilate(actor.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    known = (~hidden).astype(np.float32)
    reach = 0.012 * len(actor)
    weight = cv2.GaussianBlur(known, (0, 0), reach)
    inner = cv2.GaussianBlur(dark * known, (0, 0), reach) / np.maximum(weight, 1e-3)
    whole = np.where(hidden, inner, dark)
    return np.asarray(cv2.GaussianBlur(np.asarray(whole, np.float32), (0, 0), _SOFT * len(actor)), np.float32)
