"""The actor's shadow as a compositor pulls it: the plate divided by its clean plate.

What the plate shows darker than the clean plate, on ground that all other frames agree about, moving with the actor and
reached from their feet, is their shadow: its shape, its softness, its leaving the feet in a jump, its climbing a wall.
What is dark in every frame cancels by itself. Where frames disagree anyway (leaves, waves, things before the ground)
nothing is pulled: a wrong shadow is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..footage import forget, processors, spilled
from .cast import standing
from .clean_plate import CleanFrame, clean_frame
from .darker import ENDS, Darker, Level, darker
from .frame_moves import Moves
from .reach import AROUND, FARTHEST, about, gone_on, lasting, reached, without
from .redness import as_codes, leave_out_redder, redness
from .shot_frames import Flags, Plane, ShotFrames
from .steady import Feet, alike_over_time, away_from, carry, feet_of, steadiness
from .unseen import fill_unseen

_LOOKED_AT = 64
"""Frames after which what was looked at leaves the memory."""
_AT_ONCE = 4
"""Frames at most that are looked at at once; each takes some 50 MB."""
_FARTHER, _ALIKE = 0.5, 0.2
"""How far the actor has to go on, in widths of theirs, for the ground to be seen without their shadow: by half of it
the one half is seen lit before them, and the other behind. And how alike, where they do not, the first and the last
pieces of it are that are pieces of one shadow.
"""
_UNTOLD, _TENS = 0.05, 10
"""How far they go on at least, for their pace to tell how many frames they need; told in tens."""
_REDDER, _REDDEST, _PATCHY = 0.2, 0.7, 0.35
"""How much redder than the light, as a share of its depth, a shadow is seldom, and never: the sky fills it with blue, a
warm wall or lamp with red, but evenly: what is redder and differs as much between its quartiles is a thing.
"""
_LAID = 25
"""Of 255: a tenth of the light."""
_NOISIEST = 0.09
"""Deviation of the ratio's logarithm about the actor, beyond which nothing is pulled from a frame."""
_STANDS_STILL, _TOLD = 0.25, 0.25
"""Correlation of the ground's texture with the clean plate's below which it moves by itself; and the share of the
frames that have to have some for the ground to be judged by it.
"""
_SHADED, _BESIDE = 13, 0.04
"""Of 255: light that a frame lacks, from which on it is no sample of the clean plate; and how far about it, as a share
of the frame's height, the frame is looked at again."""
_ENDS_IN = 5e-4
"""Area, in heights of the actor squared, of a shadow where it is looked for no farther, for it to be followed on."""
_TINT = (0.5, 0.0, -0.3)
_DEEPEST = 0.03
_TRUSTED = 4.0
"""A quarter of the light taken, and more: there the pulled shadow alone shades the place."""
_DISPLAY = 1 / 2.2
"""A share of light as a share of a display's code value: nearly so, whatever the value."""
_SOFT = 0.0015
_UNDER, _RIM = 0.012, 3
"""How far under the actor a shadow is smoothed, as a share of the frame's height; and the pixels about them of which
the plate tells nothing, being partly theirs."""


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


class Refusal(Enum):
    """Why none is pulled, in words for the artist."""

    SHORT = "too few frames to see the ground without the actor"
    NOBODY = "nobody is seen to stand in the plate"
    CUT_OFF = "the frame cuts the actor off above the feet all the time"
    HIDDEN = "the ground about the actor is never seen free of them"
    MOVES = "the ground at the feet moves by itself, as water does"
    DEPTHS = "the ground moves in itself, or stands at many depths"
    UNSTEADY = "none that moves with the actor is seen steadily on the ground"
    PIECES = "each frame shows another piece of it alone"
    REDDER = "what is dark beside the actor is redder than a shadow"


@dataclass(frozen=True)
class Pull:
    """``shadow`` is None where none can be pulled; ``reason`` says in words what was found, or why not (``refused``).

    ``carried``: the frames, counted from 0, that lack it, into which it was carried from the nearest that shows it;
    ``clear``: where none can be pulled, the most frames in a row whose ground is seen as it is. ``stays``: the actor
    hardly moves on, so that some of the ground is never seen without it; ``needs``: how many frames they need to, at
    their pace, where that is known.
    """

    shadow: PulledShadow | None
    reason: str
    carried: tuple[int, ...] = ()
    clear: tuple[int, ...] = ()
    stays: bool = False
    needs: int | None = None
    refused: Refusal | None = None


def _none(why: Refusal, more: str = "") -> Pull:
    return Pull(None, f"none is pulled: {why.value}{more}", refused=why)


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
        return _none(Refusal.SHORT)
    feet = [feet_of(shot.actor(index)) for index in range(count)]
    shown = [index for index in range(count) if feet[index] is not None]
    if not shown:
        return _none(Refusal.NOBODY)
    if not any(standing(shot.actor(index).astype(np.float32)) for index in shown):
        # What is dark beside them would begin in view, as a cloud's trail does.
        return _none(Refusal.CUT_OFF)
    threads, given = min(_AT_ONCE, processors()), clean is not None
    at_once = 1 if given else threads  # a given one is read from files, one frame after the other
    kept: dict[int, Moves] = {}
    levels: dict[int, Level] = {}
    clean = clean or (lambda index, part: clean_frame(shot, index, part, kept))
    dark, bluer, doubted = (spilled((count, height, width)) for _ in range(3))
    covered, noisy, alike = [], set[int](), []

    def look(index: int) -> tuple[Box, Darker] | None:
        stands = feet[index]
        if stands is None or index in shot.apart:
            return None
        part = about(stands, height, width)
        return part, darker(shot, index, clean(index, part), part, stands, lies(index))

    with ThreadPoolExecutor(at_once) as pool:
        for start in range(0, count, at_once):
            for index, seen in enumerate(pool.map(look, range(start, min(start + at_once, count))), start):
                if seen is not None:
                    (left, top, right, bottom), found = seen
                    covered.append(found.covered)
                    alike.append(found.alike)
                    if found.level.noise > _NOISIEST:
                        noisy.add(index)
                    else:
                        levels[index] = found.level
                        dark[index, top:bottom, left:right] = np.round(found.dark * 255)
                        bluer[index, top:bottom, left:right] = as_codes(found.bluer)
                        doubted[index, top:bottom, left:right] = found.doubted
                if index % _LOOKED_AT == 0:
                    forget(shot.rgb, dark, bluer, doubted)
                step(index + 1)
    if np.mean(covered) < 0.3:
        return _none(Refusal.HIDDEN)
    told = [one for one in alike if one is not None]
    if len(told) > _TOLD * len(alike) and np.median(told) < _STANDS_STILL:
        return _none(Refusal.MOVES)
    if len(noisy) > len(shown) / 2:
        clear = np.array([index for index in shown if index not in noisy], int)
        longest = max(np.split(clear, np.flatnonzero(np.diff(clear) > 1) + 1), key=len)
        return replace(_none(Refusal.DEPTHS), clear=tuple(map(int, longest)))
    planes, around = spilled((count, height, width)), AROUND

    def keep(index: int) -> None:
        lasts, stays = lasting(shot, dark, feet, index, around)
        kept = reached(shot.actor(index), lasts, cast(Feet, feet[index]))
        kept = without(kept, stays)
        found = np.round(_under_actor(kept, shot.actor(index)) * 255).astype(np.uint8)
        planes[index] = np.maximum(planes[index], found)
        if index % _LOOKED_AT == 0:
            forget(dark, planes)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(keep, shown))
    leave_out_redder(planes, dark, bluer, shot.actor, shown)
    steady = steadiness(planes, feet, shot.actor, shot.together)
    if steady.enough:
        carry(planes, feet, steady, shot.together)
    if steady.enough and _goes_beyond(shot, planes, feet, steady.show):
        around = FARTHEST
    if steady.enough and (around > AROUND or not given):
        # The shadow itself made other frames disagree: without it among the samples more of it is sure.
        lit = replace(shot, actor=lambda index: np.asarray(shot.actor(index) | (planes[index] > _SHADED)))
        behind = clean if given else lambda index, part: clean_frame(lit, index, part, kept)

        def again(index: int) -> None:
            stands, rim = cast(Feet, feet[index]), 2 * round(_BESIDE * height) + 1
            ask = planes[index] > _SHADED
            if around > AROUND:
                ask |= away_from(shot.actor(index)) > (AROUND - ENDS) * stands.tall
            near = cv2.dilate(ask.astype(np.uint8), np.ones((rim, rim), np.uint8))
            left, top, wide, tall = cv2.boundingRect(near)
            if not wide:
                return
            part = left, top, left + wide, top + tall
            box = slice(top, top + tall), slice(left, left + wide)
            found = darker(shot, index, behind(index, part), part, stands, lies(index), levels[index], around)
            more = np.round(found.dark * near[box] * 255).astype(np.uint8)
            dark[index][box] = np.maximum(dark[index][box], more)
            bluer[index][box] = np.where(near[box], as_codes(found.bluer), bluer[index][box])

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(again, levels))
            list(pool.map(keep, shown))
        leave_out_redder(planes, dark, bluer, shot.actor, shown)
        carry(planes, feet, steady, shot.together)  # fuller, as those beside them are now
    gone = gone_on(shot, feet)
    stays = not given and gone < _FARTHER
    needs = _TENS * int(np.ceil(_FARTHER / gone * count / _TENS + 0.5)) if stays and gone > _UNTOLD else None
    share = f"{len(steady.show)} of {len(shown)} frames"
    if not steady.enough:
        unsteady = _none(Refusal.UNSTEADY, f" (in {share})" if steady.show else "")
        return replace(unsteady, stays=stays, needs=needs)
    redder, patchy = np.median([redness(planes[one], dark[one], bluer[one]) for one in steady.show], 0)
    if redder > _REDDEST or (redder > _REDDER and patchy > _PATCHY):
        missing = "somebody or something that goes with them may be missing in the matte"
        return _none(Refusal.REDDER, f"; {missing}")
    if not given:

        def each(work: Callable[[int], None]) -> None:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(work, range(count)))

        planes = fill_unseen(shot, planes, doubted, feet, each)
    if stays and alike_over_time(planes, feet) < _ALIKE:
        return replace(_none(Refusal.PIECES), stays=True, needs=needs)
    depth = float(np.median([planes[index][planes[index] > _LAID].mean() for index in steady.show]))
    reason = f"pulled from the plate in {share}: it takes {depth / 255:.0%} of the light"
    return Pull(PulledShadow(planes), reason, tuple(steady.lack), stays=stays, needs=needs)


def _goes_beyond(
    shot: ShotFrames, planes: NDArray[np.uint8], feet: list[Feet | None], show: list[int]
) -> bool:
    """Whether most frames that ``show`` the shadow show it where it was looked for no farther."""
    ends = []
    for index in show:
        tall = cast(Feet, feet[index]).tall
        there = (planes[index] > _SHADED) & (away_from(shot.actor(index)) > (AROUND - ENDS) * tall)
        ends.append(there.sum() > _ENDS_IN * tall**2)
    return float(np.mean(ends)) > 0.5


def _under_actor(dark: Plane, actor: Flags) -> Plane:
    """The shadow with a soft border, continued from where the actor ends a little under them, so that no edge is lit.

    Close to the edge it goes on as it is: a blur would lay it about their legs too, where the ground is lit.
    """
    hidden = cv2.dilate(actor.astype(np.uint8), np.ones((5, 5), np.uint8))
    if hidden.all() or not dark.any():
        return np.zeros_like(dark)
    away, nearest = cv2.distanceTransformWithLabels(
        hidden, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    at_edge = np.zeros(int(nearest.max()) + 1, np.float32)
    at_edge[nearest[hidden == 0]] = dark[hidden == 0]
    known = (hidden == 0).astype(np.float32)
    reach = _UNDER * len(actor)
    weight = cv2.GaussianBlur(known, (0, 0), reach)
    inner = cv2.GaussianBlur(dark * known, (0, 0), reach) / np.maximum(weight, 1e-3)
    inside = np.clip((np.asarray(away, np.float32) - _RIM) / reach, 0, 1)
    whole = np.asarray(at_edge[nearest] * (1 - inside) + inner * inside, np.float32)
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), _SOFT * len(actor)), np.float32)
