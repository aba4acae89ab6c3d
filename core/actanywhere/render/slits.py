"""Slits in the actor: where a pole, a branch or a wire crosses them that is no part of their matte.

A gap between two legs is no slit. What tells them apart is motion: behind a slit the actor goes on, so their own motion
carries it onto matte in the frames beside, while what is in front of them stands still in the place, so the camera's
motion carries it onto matte in none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.fit import apply, from_pixels, to_pixels
from ..camera.track import CameraTrack
from ..contract.numbering import compact
from ..seeing.follow_still import flows_between
from .clip import Clip
from .matte_check import grid_of, taken_at

Picture = NDArray[np.float32]
Plane = NDArray[np.bool_]
Points = NDArray[np.float32]

#: Frames away at which the actor is looked at, on either side.
LOOKS = (1, 2, 3, 4, 6, 8, 10, 12)
_WIDEST = 0.07
"""Width of a slit at most, as a share of the frame's height."""
_NEARER = (1.0, 1.25, 1.6, 2.2)
"""How many times as fast as the background what is in front may pass: it is nearer to a camera that travels."""
_HIDES, _COVERED = 0.35, 0.1
"""Of the frames beside: by how many more the actor's motion finds matte than the place's, and how many the place's may
find."""
_GOES_ON = 0.1
"""The first of these, where what is sure goes on."""
_FRAMES = 3
"""Frames, of five in a row, in which a slit is seen."""
_LEAST = 0.01
"""Share of the actor from which on a slit is told."""
_SLIPS = 1.5
"""Pixels by which the flow may miss, there and back."""
_EDGE = 6
"""Pixels beside what is no actor in which the flow is half of that."""


@dataclass(frozen=True)
class Slit:
    """What crosses the actor in a frame (``index`` from 0): ``region`` (h, w), of the clip's size."""

    index: int
    region: Plane


class ActorMotion:
    """How the actor of ``clip`` moves from frame to frame, behind what hides them too: from their own pixels alone."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._alone = lru_cache(4)(self._actor_alone)
        self._both = lru_cache(2 * LOOKS[-1] + 1)(self._on_and_back)

    def carried(self, points: Points, index: int, side: int, ends: int) -> dict[int, Points]:
        """Where ``points`` (N, 2) of frame ``index`` are in the next ``ends`` frames; before, if ``side`` is -1."""
        places, found = points, {}
        for now in range(index, index + side * ends, side):
            if not 0 <= now + side < len(self._clip.frames):
                break
            flow = self.between(now, now + side)
            scale = np.divide(flow.shape[1::-1], self._clip.size[::-1]).astype(np.float32)
            step = np.stack([read_at(np.ascontiguousarray(flow[..., k]), places * scale) for k in (0, 1)], 1)
            places = np.asarray(places + step / scale, np.float32)
            found[now + side] = places
        return found

    def between(self, now: int, other: int) -> Picture:
        """(h/4, w/4, 2) the flow to the frame before or after: of the actor's inner pixels, beyond of the nearest."""
        return self._both(min(now, other))[now > other]

    def _on_and_back(self, index: int) -> tuple[Picture, Picture]:
        """The flow from a frame to the next, and back."""
        there, back = flows_between(self._alone(index), self._alone(index + 1), max(self._clip.size))
        return self._along(index, there, back), self._along(index + 1, back, there)

    def _actor_alone(self, index: int) -> Picture:
        """(h, w, 3) the actor, whose colours go on beyond them: what is in front has no edge that could be followed."""
        picture, matte = self._clip.rgb[index] / np.float32(255), self._clip.matte[index]
        inner = cv2.erode((matte > 250).astype(np.float32), np.ones((3, 3), np.uint8))
        beyond = _spread(picture * inner[..., None], np.asarray(inner), (matte.shape[1], matte.shape[0]))
        soft = np.asarray(cv2.GaussianBlur(inner, (0, 0), 1.0), np.float32) * inner
        return np.asarray(beyond + soft[..., None] * (picture - beyond), np.float32)

    def _along(self, now: int, there: Picture, back: Picture) -> Picture:
        slip = np.linalg.norm(there + taken_at(back, grid_of(there) + there), axis=-1)
        size = (there.shape[1], there.shape[0])
        solid = (self._clip.matte[now] > 200).astype(np.uint8)
        weight = np.zeros(there.shape[:2], np.float32)
        for reach, share in ((_EDGE, 1.0), (2, 1e-3)):
            inner = cv2.erode(solid, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
            weight += share * np.asarray(cv2.resize(inner, size, interpolation=cv2.INTER_NEAREST))
        weight = np.asarray(weight * (np.exp(-((slip / _SLIPS) ** 2)) + 1e-3), np.float32)
        small = (max(1, size[0] // 4), max(1, size[1] // 4))
        # In pixels of its own size.
        return _spread(there * weight[..., None], weight, small) * np.float32(small[0] / size[0])


def _spread(weighted: Picture, weight: Picture, size: tuple[int, int]) -> Picture:
    """The mean of what is ``weighted`` (h, w, k), at ``size`` (width, height), that of the nearest where nothing is."""
    small = (max(1, weight.shape[1] // 4), max(1, weight.shape[0] // 4))
    one, share = (cv2.resize(plane, small, interpolation=cv2.INTER_AREA) for plane in (weighted, weight))
    above, below, part = np.zeros(one.shape, np.float32), np.full(share.shape, 1e-12, np.float32), 1.0
    for sigma in (1, 3, 10):
        above += part * np.asarray(cv2.GaussianBlur(one, (0, 0), sigma), np.float32)
        below += part * np.asarray(cv2.GaussianBlur(share, (0, 0), sigma), np.float32)
        part /= 100
    return np.asarray(cv2.resize(above / below[..., None], size), np.float32)


def find_slits(clip: Clip, track: CameraTrack, check: Callable[[], None] = lambda: None) -> list[Slit]:
    """The slits of a shot, in the order of its frames, where the background's camera is known.

    ``check`` is called between frames and may raise to stop.
    """
    if not track.trackable:
        return []
    motion, moves = ActorMotion(clip), _Moves(clip, track)
    found = []
    for index in clip.indices():
        found.append(_crossed(clip, motion, moves, index))
        check()
    slits = []
    for index in clip.indices():
        sure, region = _lasting(found, moves, index, clip.size)
        if sure >= max(12, _LEAST * np.count_nonzero(clip.matte[index] > 127)):
            slits.append(Slit(index, region))
        check()
    return slits


def slits_told(slits: list[Slit], clip: Clip, width: int) -> str:
    """Frames and place of the slits: ``1004-1009 (there about x 310, y 200)``, in pixels of a plate so ``width``."""
    first, scale = clip.frames.first, width / clip.size[1]
    largest = max(slits, key=lambda one: int(one.region.sum()))
    rows, columns = np.nonzero(largest.region)
    where = f"x {columns.mean() * scale:.0f}, y {rows.mean() * scale:.0f}"
    return (
        f"{compact([first + one.index for one in slits])} (largest in {first + largest.index}, about {where})"
    )


class _Moves:
    """Where the place's points go, by the camera."""

    def __init__(self, clip: Clip, track: CameraTrack) -> None:
        self._to, self._from = to_pixels(*clip.size, clip.aspect), from_pixels(*clip.size, clip.aspect)
        self._track = track

    def of(self, points: Points, index: int, other: int) -> NDArray[np.float64]:
        """(N, 2) by how many pixels ``points`` of frame ``index`` move to frame ``other``."""
        transforms = self._track.transforms
        whole = self._to @ transforms[other] @ np.linalg.inv(transforms[index]) @ self._from
        return np.asarray(apply(whole, points.astype(np.float64)) - points, np.float64)


@dataclass(frozen=True)
class _Crossing:
    """Pixels ``points`` (N, 2) that may be in front of the actor, and which (N,) are so for ``sure``."""

    points: Points
    sure: Plane

    def plane(self, size: tuple[int, int], sure: bool = False) -> NDArray[np.uint8]:
        """(h, w) 1 on them, or on the sure ones alone."""
        x, y = (self.points[self.sure] if sure else self.points).astype(int).T
        made = np.zeros(size, np.uint8)
        made[y, x] = 1
        return made


def _crossed(clip: Clip, motion: ActorMotion, moves: _Moves, index: int) -> list[_Crossing]:
    """For each speed at which something may pass, what of a frame's gaps is in front of the actor."""
    rows, columns = np.nonzero(_gaps(clip.matte[index]))
    points = np.stack([columns, rows], 1).astype(np.float32)
    hit, looks = np.zeros(len(points)), 0
    covered = np.zeros((len(_NEARER), len(points)))
    for side in (-1, 1) if len(points) else ():
        for other, places in motion.carried(points, index, side, LOOKS[-1]).items():
            if abs(other - index) not in LOOKS:
                continue
            hit += _matte_at(clip, other, places)
            away = moves.of(points, index, other)
            for number, speed in enumerate(_NEARER):
                covered[number] += _matte_at(clip, other, np.asarray(points + speed * away, np.float32))
            looks += 1
    hit, covered = hit / max(1, looks), covered / max(1, looks)
    hides = np.where(covered <= _COVERED, hit - covered, 0)
    return [_Crossing(points[one >= _GOES_ON], one[one >= _GOES_ON] >= _HIDES) for one in hides]


def _lasting(
    found: list[list[_Crossing]], moves: _Moves, index: int, size: tuple[int, int]
) -> tuple[int, Plane]:
    """How many pixels are surely in front of the actor, in a frame and those around it, and (h, w) all that is."""
    lasting, sure = np.zeros(size, bool), 0
    for number, speed in enumerate(_NEARER):
        one = found[index][number]
        points = one.points[one.sure]
        seen = np.ones(len(points))
        for other in range(max(0, index - 2), min(len(found), index + 3)):
            if other != index and len(points):
                near = cv2.dilate(found[other][number].plane(size, sure=True), np.ones((3, 3), np.uint8))
                places = np.asarray(points + speed * moves.of(points, index, other), np.float32)
                seen += read_at(np.asarray(near, np.uint8), places) > 0.5
        x, y = points[seen >= _FRAMES].astype(int).T
        sure = max(sure, len(x))
        _, labels = cv2.connectedComponents(one.plane(size))
        goes_on = np.isin(labels, np.unique(labels[y, x]))
        lasting |= goes_on & (labels > 0)
    return sure, lasting


def _gaps(matte: NDArray[np.uint8]) -> Plane:
    """(h, w) what is not the actor, and narrow, with the actor on both sides."""
    actor = (matte > 127).astype(np.uint8)
    reach = max(2, round(_WIDEST * len(matte) / 2))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    wide = cv2.copyMakeBorder(actor, reach, reach, reach, reach, cv2.BORDER_CONSTANT)
    closed = np.asarray(cv2.morphologyEx(wide, cv2.MORPH_CLOSE, disc))[reach:-reach, reach:-reach]
    return np.asarray((closed > 0) & (actor == 0))


def _matte_at(clip: Clip, index: int, places: Points) -> Plane:
    return np.asarray(read_at(clip.matte[index], places) > 127)


def read_at(plane: NDArray[np.uint8] | Picture, places: Points) -> Picture:
    """(N,) a plane (h, w) at ``places`` (N, 2); 0 outside."""
    if not len(places):
        return np.zeros(0, np.float32)
    # In rows of so many: OpenCV takes no more than 32,767 of either.
    wide = np.pad(places.astype(np.float32), ((0, -len(places) % 256), (0, 0))).reshape(-1, 256, 2)
    x, y = (np.ascontiguousarray(wide[..., k]) for k in (0, 1))
    return np.asarray(cv2.remap(np.asarray(plane), x, y, cv2.INTER_LINEAR), np.float32).ravel()[: len(places)]
