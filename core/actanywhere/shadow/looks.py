"""What of each frame is dark about the actor, and goes on with them: the looks that a shadow is pulled from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..footage import forget, processors, spilled
from .clean_plate import CleanFrame, clean_frame
from .darker import ENDS, Darker, Level, darker
from .frame_moves import Moves
from .reach import AROUND, FARTHEST, about, lasting, reach_on, reached, without
from .shot_frames import Flags, Plane, ShotFrames
from .steady import Feet, away_from
from .unlike import as_codes, leave_out_unlike

Codes = NDArray[np.uint8]

_LOOKED_AT = 16
"""Frames after which what was looked at leaves the memory."""
_AT_ONCE = 4
"""Frames at most that are looked at at once; each takes some 50 MB."""
_NOISIEST = 0.09
"""Deviation of the ratio's logarithm about the actor, beyond which nothing is pulled from a frame."""
_SHADED, _BESIDE = 13, 0.04
"""Of 255: light that a frame lacks, from which on it is no sample of the clean plate; and how far about it, as a share
of the frame's height, the frame is looked at again."""
_ENDS_IN = 5e-4
"""Area, in heights of the actor squared, of a shadow where it is looked for no farther, for it to be followed on."""
_SOFT = 0.0015
_UNDER, _RIM = 0.012, 3
"""How far under the actor a shadow is smoothed, as a share of the frame's height; and the pixels about them of which
the plate tells nothing, being partly theirs."""


class Looks:
    """All frames of a ``shot`` in which the actor stands on their ``feet``, and what they show.

    ``dark``, ``bluer`` and ``doubted`` (T, h, w) are 8-bit codes of what ``Darker`` says. ``covered`` and ``alike`` are
    of each frame that was looked at, ``noisy`` the frames that tell nothing.
    """

    def __init__(
        self,
        shot: ShotFrames,
        feet: list[Feet | None],
        clean: Callable[[int, Box], CleanFrame] | None,
        lies: Callable[[int], Plane | None],
    ) -> None:
        """``clean`` gives a clean plate; None: it is made of the shot. ``lies``: where a shadow may lie, if known."""
        self.dark, self.bluer, self.doubted = (spilled((len(shot), *shot.size)) for _ in range(3))
        self.covered: list[float] = []
        self.alike: list[float | None] = []
        self.noisy: set[int] = set()
        self.shown = [index for index, stands in enumerate(feet) if stands is not None]
        self._shot, self._feet, self._given, self._lies = shot, feet, clean, lies
        self._moves: dict[int, Moves] = {}
        self._levels: dict[int, Level] = {}
        self._around = AROUND
        self._threads = min(_AT_ONCE, processors())
        # A given clean plate is read from files, one frame after the other.
        self._at_once = self._threads if clean is None else 1

    def each(
        self,
        work: Callable[[int], None],
        frames: Iterable[int] | None = None,
        at_once: int = 0,
        also: tuple[Codes, ...] = (),
    ) -> None:
        """Run ``work`` over all frames, or over these, a few at once; ``also``: other arrays that it uses."""
        asked = list(range(len(self._shot)) if frames is None else frames)
        with ThreadPoolExecutor(at_once or self._threads) as pool:
            for start in range(0, len(asked), _LOOKED_AT):
                list(pool.map(work, asked[start : start + _LOOKED_AT]))
                forget(self._shot.rgb, self.dark, self.bluer, self.doubted, *also)

    def look(self, step: Callable[[int], None]) -> None:
        """Look at every frame beside its clean plate; ``step`` hears how many are done."""
        count = len(self._shot)
        with ThreadPoolExecutor(self._at_once) as pool:
            for start in range(0, count, self._at_once):
                frames = range(start, min(start + self._at_once, count))
                for index, seen in zip(frames, pool.map(self._seen, frames), strict=True):
                    if seen is not None:
                        self._note(index, *seen)
                    if index % _LOOKED_AT == 0:
                        forget(self._shot.rgb, self.dark, self.bluer, self.doubted)
                    step(index + 1)

    def look_again(self, planes: Codes, show: list[int]) -> bool:
        """Look again about the shadow of ``planes`` (T, h, w) that frames ``show``; false where that tells no more.

        The shadow itself made other frames disagree: without it among the samples more of it is sure. One that is seen
        as far away as it was looked for is followed on.
        """
        if self._goes_beyond(planes, show):
            self._around = FARTHEST
        if self._given is not None and self._around == AROUND:
            return False
        shot = self._shot
        lit = replace(shot, actor=lambda index: np.asarray(shot.actor(index) | (planes[index] > _SHADED)))

        def again(index: int) -> None:
            stands, rim = cast(Feet, self._feet[index]), 2 * round(_BESIDE * shot.size[0]) + 1
            ask = planes[index] > _SHADED
            if self._around > AROUND:
                ask |= away_from(shot.actor(index)) > (AROUND - ENDS) * stands.tall
            near = cv2.dilate(ask.astype(np.uint8), np.ones((rim, rim), np.uint8))
            left, top, wide, tall = cv2.boundingRect(near)
            if not wide:
                return
            part = left, top, left + wide, top + tall
            box = slice(top, top + tall), slice(left, left + wide)
            clean, level = self._clean(lit, index, part), self._levels[index]
            found = darker(shot, index, clean, part, stands, self._lies(index), level, self._around)
            more = np.round(found.dark * near[box] * 255).astype(np.uint8)
            self.dark[index][box] = np.maximum(self.dark[index][box], more)
            self.bluer[index][box] = np.where(near[box], as_codes(found.bluer), self.bluer[index][box])

        self.each(again, self._levels, self._at_once)
        return True

    def lay(self, planes: Codes, in_time: bool = False) -> None:
        """Add to the ``planes`` (T, h, w) what of the dark goes on with the actor and is reached from their feet.

        ``in_time``: in their frame, or in one before or after.
        """
        parts, kept = spilled(planes.shape), spilled(planes.shape)

        def reach(index: int) -> None:
            lasts, stays = lasting(self._shot, self.dark, self._feet, index)
            found = without(reached(self._shot.actor(index), lasts, cast(Feet, self._feet[index])), stays)
            parts[index], kept[index] = np.round(np.where(stays, 0, lasts) * 255), np.round(found * 255)

        def put(index: int) -> None:
            found = _under_actor(kept[index] / np.float32(255), self._shot.actor(index))
            planes[index] = np.maximum(planes[index], np.round(found * 255).astype(np.uint8))

        also = planes, parts, kept
        self.each(reach, self.shown, also=also)
        if in_time:
            reach_on(kept, parts, self._feet, self._shot.together)
        self.each(put, self.shown, also=also)
        leave_out_unlike(planes, self.dark, self.bluer, self._shot.actor, self.shown)

    def _clean(self, shot: ShotFrames, index: int, part: Box) -> CleanFrame:
        return (
            clean_frame(shot, index, part, self._moves) if self._given is None else self._given(index, part)
        )

    def _seen(self, index: int) -> tuple[Box, Darker] | None:
        stands = self._feet[index]
        if stands is None or index in self._shot.apart:
            return None
        part = about(stands, *self._shot.size)
        clean = self._clean(self._shot, index, part)
        return part, darker(self._shot, index, clean, part, stands, self._lies(index))

    def _note(self, index: int, part: Box, found: Darker) -> None:
        left, top, right, bottom = part
        self.covered.append(found.covered)
        self.alike.append(found.alike)
        if found.level.noise > _NOISIEST:
            self.noisy.add(index)
            return
        self._levels[index] = found.level
        self.dark[index, top:bottom, left:right] = np.round(found.dark * 255)
        self.bluer[index, top:bottom, left:right] = as_codes(found.bluer)
        self.doubted[index, top:bottom, left:right] = found.doubted

    def _goes_beyond(self, planes: Codes, show: list[int]) -> bool:
        """Whether most frames that ``show`` the shadow show it where it was looked for no farther."""
        ends = []
        for index in show:
            tall = cast(Feet, self._feet[index]).tall
            far = away_from(self._shot.actor(index)) > (AROUND - ENDS) * tall
            ends.append(((planes[index] > _SHADED) & far).sum() > _ENDS_IN * tall**2)
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
