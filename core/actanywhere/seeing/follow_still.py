"""The matte of a shot by a network for stills: what it finds in each frame, tied to the frame before by optical flow.

No crop is followed: the network always sees the whole frame, and of what it finds only that is kept which the flow
brings from the frame before.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from .grab_cut import GrabCutSubjects
from .protocol import Followed, Hint, Picture, stacked

_FLOW_SIDE = 480
"""Pixels of the longer side at which the flow is found."""
_NEAR, _FAR = 0.10, 0.30
"""Around what the flow brings, as a share of the actor's size: all that is found counts, and nothing."""
_LOST, _TRUSTED = 0.25, 0.55
"""Overlap of found and brought: below the first the network is left out, from the second it leads."""
_SHARE = 0.75
"""What the network has to say where it leads."""
_SLIPS = 1.5
"""Pixels by which the flow may miss, there and back, before it is not believed."""
_LEAST = 2e-4
"""Share of the frame below which nothing is left of the actor."""
_ALIKE, _SIZES, _ABOUT = 0.5, (0.35, 2.8), (0.5, 2.0)
"""From which likeness of colours, and in which range of sizes, somebody is the actor again: lost, and half lost."""
_WIDER = 1.1
"""Factor by which that range of sizes grows with each frame in which the actor was not surely seen."""
_GUESSED = 0.3
_BESIDE, _THEIRS, _OFF = 1, 2, 3


class StillFollow:
    """Follows who was pointed at; ``find`` gives a picture's mask by the network, ``closer`` one within a hint."""

    def __init__(
        self,
        name: str,
        find: Callable[[Picture], Picture],
        closer: Callable[[Picture, Hint], Picture | None],
    ) -> None:
        self.name = name
        self._find, self._closer = find, closer
        self._before: tuple[Picture, Picture] | None = None
        self._colours: Picture | None = None
        self._size = 0.0
        self._unseen = 0

    def start(self, picture: Picture, hint: Hint) -> Followed:
        """Who is meant in ``picture`` (h, w, 3); they are followed from here."""
        one = _pointed_out(picture, self._find(picture), self._closer(picture, hint), hint)
        self._before = (picture, one.mask)
        self._note(picture, one.mask)
        return one

    def step(self, picture: Picture) -> Followed:
        """The same actor in the next frame."""
        assert self._before is not None, "start first"
        brought, believed = bring(*self._before, picture)
        found = self._find(picture)
        mask, sure = _tie(found, brought, believed)
        self._unseen += 1
        if sure < _TRUSTED:
            again = self._again(picture, found, _SIZES if sure < _LOST else _ABOUT)
            mask, sure = (mask, sure) if again is None else (again, _GUESSED)
        else:
            self._note(picture, mask)
        self._before = (picture, mask)
        return Followed(mask, sure)

    def _note(self, picture: Picture, mask: Picture) -> None:
        if (mask > 0.5).mean() >= _LEAST:
            self._colours, self._size = colours_of(picture, mask), float((mask > 0.5).mean())
            self._unseen = 0

    def _again(self, picture: Picture, found: Picture, sizes: tuple[float, float]) -> Picture | None:
        """The actor found again where flow and network part: of their colours, and of their size within ``sizes``,
        which grow with every frame since they were seen.
        """
        if self._colours is None:
            return None
        count, labels = cv2.connectedComponents((found > 0.5).astype(np.uint8))
        best, likeness, wider = None, _ALIKE, _WIDER**self._unseen
        for label in range(1, count):
            part = np.where(labels == label, found, np.float32(0))
            if not sizes[0] / wider < (part > 0.5).mean() / self._size < sizes[1] * wider:
                continue
            like = float(np.minimum(colours_of(picture, part), self._colours).sum())
            if like > likeness:
                best, likeness = part, like
        return None if best is None else np.asarray(best, np.float32)


def overlap(one: Picture, other: Picture) -> float:
    """Intersection over union (J) of two masks 0..1; 1 where both are empty."""
    union = float(np.maximum(one, other).sum())
    return float(np.minimum(one, other).sum()) / union if union > 0 else 1.0


def _tie(found: Picture, brought: Picture, believed: Picture) -> tuple[Picture, float]:
    """The mask from what the network found and what the flow brought, and how well the two agree, 0..1."""
    inside = (brought > 0.5).astype(np.uint8)
    size = float(np.sqrt(inside.sum()))
    if size < 1:
        return np.zeros_like(found), 0.0
    away = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    gate = np.clip((_FAR * size - away) / ((_FAR - _NEAR) * size), 0, 1)
    kept = _touching(found, inside) * gate
    agree = overlap(kept, brought)
    trust = float(np.clip((agree - _LOST) / (_TRUSTED - _LOST), 0, 1))
    share = _SHARE * trust * (1 + (1 - believed) * (1 / _SHARE - 1))
    return np.asarray(kept * share + brought * (1 - share), np.float32), agree


def _touching(found: Picture, inside: NDArray[np.uint8]) -> Picture:
    """Of what was found the parts that what was brought touches: nobody who merely walks near is taken along."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats((found > 0.5).astype(np.uint8))
    within = np.bincount(labels[inside > 0], minlength=count)
    stays = within > 0.15 * facts[:, cv2.CC_STAT_AREA]
    stays[0] = True
    return np.asarray(np.where(stays[labels], found, 0), np.float32)


def bring(before: Picture, mask: Picture, now: Picture) -> tuple[Picture, Picture]:
    """A mask (h, w) moved by the optical flow (DIS) from one picture to another, and how far it is believed (h, w).

    The pictures are of one size, of the mask's shape but as small as may be.
    """
    height, width = mask.shape
    back, there = flow_between(now, before), flow_between(before, now)
    size = (back.shape[1], back.shape[0])
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), -1).astype(np.float32)
    returned = back + cv2.remap(there, *_x_y(grid + back), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    believed = np.exp(-((np.linalg.norm(returned, axis=-1) / _SLIPS) ** 2)).astype(np.float32)
    full = cv2.resize(back, (width, height)) * (width / size[0], height / size[1])
    across = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    moved = cv2.remap(mask, *_x_y(across + full), cv2.INTER_LINEAR)
    return np.asarray(moved, np.float32), np.asarray(cv2.resize(believed, (width, height)), np.float32)


def flow_between(one: Picture, other: Picture, side: int = _FLOW_SIDE) -> Picture:
    """How far each pixel of one picture is from where the other shows it: (h, w, 2) x, y in pixels of the small size it
    is found at, whose longer side has ``side`` pixels at most.
    """
    scale = min(1.0, side / max(one.shape[:2]))
    size = (max(16, round(one.shape[1] * scale)), max(16, round(one.shape[0] * scale)))
    way = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found: Picture = np.zeros((size[1], size[0], 2), np.float32)
    return np.asarray(way.calc(_grey(one, size), _grey(other, size), found), np.float32)


def _pointed_out(picture: Picture, found: Picture, closer: Picture | None, hint: Hint) -> Followed:
    """Who is meant: a rough matte brought to what was found, or what was found where the hint points."""
    sure = 1.0
    if hint.goes is not None:
        mask, sure = _tie(found, hint.goes, np.ones_like(found))
    else:
        mask = np.zeros_like(found) if closer is None else closer
        if hint.boxes:
            inside = np.zeros(found.shape, np.float32)
            for x, y, width, height in hint.boxes:
                inside[max(0, round(y)) : round(y + height), max(0, round(x)) : round(x + width)] = 1
            mask = np.maximum(mask, found) * inside
        if not (mask > 0.5).any():
            guess = GrabCutSubjects().find(picture, hint)
            mask, sure = (stacked([one.mask for one in guess]), _GUESSED) if guess else (mask, 0.0)
    if hint.off:
        mask = _cut(picture, mask, hint)
    return Followed(np.asarray(mask, np.float32), sure)


def _cut(picture: Picture, mask: Picture, hint: Hint) -> Picture:
    """The mask without what is at the points ``off``, up to the picture's own edges (watershed)."""
    height, width = mask.shape
    reach = max(2, min(height, width) // 50)
    seeds = np.full(mask.shape, _BESIDE, np.int32)
    seeds[mask > 0.5] = 0
    away = np.min(
        [np.hypot(*(np.indices(mask.shape)[::-1] - np.array(p)[:, None, None])) for p in hint.off], 0
    )
    if not hint.points:
        seeds[(seeds == 0) & (away > 0.6 * float(np.max(away, where=mask > 0.5, initial=0)))] = _THEIRS
    for points, what in ((hint.points, _THEIRS), (hint.off, _OFF)):
        for x, y in points:
            cv2.circle(seeds, (round(x), round(y)), reach, what, -1)
    codes = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    parts = np.asarray(cv2.watershed(codes, seeds))
    gone = cv2.dilate((parts == _OFF).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(np.where((gone > 0) & (parts != _THEIRS), 0, mask), np.float32)


def _x_y(places: Picture) -> tuple[Picture, Picture]:
    return np.ascontiguousarray(places[..., 0], np.float32), np.ascontiguousarray(places[..., 1], np.float32)


def _grey(picture: Picture, size: tuple[int, int]) -> NDArray[np.uint8]:
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(np.round(np.clip(small.mean(-1), 0, 1) * 255), np.uint8)


def colours_of(picture: Picture, mask: Picture) -> Picture:
    """A histogram of what is under the mask, sums to 1."""
    codes = np.minimum((np.clip(picture, 0, 1) * 8).astype(np.int64), 7)
    bins = codes @ np.array([64, 8, 1])
    counts = np.bincount(bins[mask > 0.5], minlength=512).astype(np.float32)
    return np.asarray(counts / max(1.0, float(counts.sum())), np.float32)
