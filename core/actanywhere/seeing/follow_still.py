"""The matte of a shot by a network for stills: what it finds about the actor, tied to the frame before by optical flow.

The network sees the part of the frame about where the flow brings the actor, and of what it finds there only that is
kept which the flow brings from the frame before. The whole frame is looked at where the two part.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.dense_flow import dense_flow
from ..footage import brightness
from .grab_cut import GrabCutSubjects
from .protocol import Followed, Hint, Picture, stacked

View = tuple[slice, slice]
"""Rows and columns of a part of a picture."""
_EVERYTHING: View = (slice(None), slice(None))

_FLOW_SIDE, _FINE_SIDE = 480, 960
"""Pixels of the longer side at which the flow is found: for others, and to follow the actor."""
_ROOM, _CLOSE = 0.6, 0.25
"""Shown about the actor on each side, as a share of their longer side (with less, the network takes parts of them), and
in a closer look at a box.
"""
_LEAST_SEEN = 256
"""Pixels that are shown at least: in fewer, enlarged more than four times, the network makes nobody out."""
_BESIDE_BOX = 0.15
"""The same of a box, within which nothing of them is expected."""
_FILLED, _LEVELS = 0.5, (0.5, 0.25, 0.1)
"""Share of a box that who is meant takes, and from which value of the network they count, first to last."""
_NEAR, _FAR = 0.10, 0.30
"""Around what the flow brings, as a share of the actor's size: all that is found counts, and nothing."""
_LOST, _TRUSTED = 0.25, 0.55
"""Overlap of found and brought: below the first the network is left out, from the second it leads."""
_MERGED = 0.3
"""From which share out of reach of the actor a part has run together with something else."""
_TORN, _KNOWN = 0.15, 0.7
"""From which share of the actor, lost inside of what is found although the flow is believed so far, a mask is torn."""
_DRAWN, _EDGE = 0.8, 0.03
"""Overlap from which a rough matte is drawn along the actor; then what is found tells their edge alone, so far from its
own, as a share of their size.
"""
_SHARE = 0.75
"""What the network has to say where it leads."""
_SLIPS = 1.5
"""Pixels by which the flow may miss, there and back, before it is not believed."""
_LEAST = 2e-4
"""Share of the frame below which nothing is left of the actor."""
_ALIKE, _SIZES, _ABOUT = 0.5, (0.35, 2.8), (0.5, 2.0)
"""From which likeness of colours, and in which range of sizes, somebody is the actor again: lost, and half lost."""
_MORE_ALIKE = 0.02
"""By how much likeness has to grow for another part to be taken along: the legs below a rail."""
_WIDER = 1.1
"""Factor by which that range of sizes grows with each frame in which the actor was not surely seen."""
_GUESSED = 0.3
_BESIDE, _THEIRS, _OFF = 1, 2, 3


class StillFollow:
    """Follows who was pointed at; ``find`` gives the network's mask of a part of a picture, of the part's size, and
    ``closer`` one of the whole picture for a hint.
    """

    def __init__(
        self,
        name: str,
        find: Callable[[Picture, View], Picture],
        closer: Callable[[Picture, Hint], Picture | None],
    ) -> None:
        self.name = name
        self._find, self._closer = find, closer
        self._before: tuple[Picture, Picture] | None = None
        self._colours: list[Picture] = []
        self._size = 0.0
        self._unseen = 0

    def start(self, picture: Picture, hint: Hint) -> Followed:
        """Who is meant in ``picture`` (h, w, 3); they are followed from here."""
        self._colours = [] if hint.goes is None else [colours_of(picture, hint.goes)]
        one = self._pointed_out(picture, hint)
        self._before = (picture, one.mask)
        self._note(picture, one.mask)
        return one

    def step(self, picture: Picture) -> Followed:
        """The same actor in the next frame."""
        assert self._before is not None, "start first"
        brought, believed = bring(*self._before, picture, _FINE_SIDE)
        mask, sure = brought, 0.0
        if self._unseen == 0:
            mask, sure = self._tie(picture, self._look(picture, _about(brought)), brought, believed)
        self._unseen += 1
        if sure < _TRUSTED:
            whole = self._look(picture, _EVERYTHING)
            tied = self._tie(picture, whole, brought, believed)
            mask, sure = max((mask, sure), tied, key=lambda tied: tied[1])
            again = None if sure >= _TRUSTED else self._again(picture, whole, brought, sure)
            mask, sure = (mask, sure) if again is None else (again, _GUESSED)
        if sure >= _TRUSTED:
            self._note(picture, mask)
        self._before = (picture, mask)
        return Followed(mask, sure)

    def _look(self, picture: Picture, view: View) -> Picture:
        """What the network finds in a part of the picture, (h, w) of the picture."""
        mask = np.zeros(picture.shape[:2], np.float32)
        mask[view] = self._find(picture, view)
        return mask

    def _pointed_out(self, picture: Picture, hint: Hint) -> Followed:
        """Who is meant: a rough matte brought to what was found, or what was found where the hint points."""
        sure = 1.0
        if hint.goes is not None:
            found = self._look(picture, _about(hint.goes))
            mask, sure = self._tie(picture, found, hint.goes, np.ones_like(found))
            mask = _along(mask, hint.goes) if sure >= _DRAWN else mask
        else:
            inside = [_filled(box, picture) for box in hint.boxes]
            boxed = [self._in_box(picture, box) for box in inside]
            masks, sure = [mask for mask, _ in boxed], min((told for _, told in boxed), default=1.0)
            closer = self._closer(picture, Hint(points=hint.points)) if hint.points else None
            if closer is not None:
                masks.append(closer * stacked(inside) if inside else closer)
            mask = stacked(masks) if masks else np.zeros(picture.shape[:2], np.float32)
            if not (mask > 0.5).any():
                guess = GrabCutSubjects().find(picture, hint)
                mask, sure = (stacked([one.mask for one in guess]), _GUESSED) if guess else (mask, 0.0)
        if hint.off:
            mask = _cut(picture, mask, hint)
        return Followed(np.asarray(mask, np.float32), sure)

    def _in_box(self, picture: Picture, inside: Picture) -> tuple[Picture, float]:
        """What is in a box, and how sure that is: of what is found nearer and farther about it, what fills it best and
        reaches least out. Where nothing fills it, who is meant may be faint beside what stands out before them.
        """
        near = _about(inside, _BESIDE_BOX)
        views = (*(_about(inside, room) for room in (_CLOSE, _ROOM)), _EVERYTHING)
        looks = [self._look(picture, view) for view in views]
        best, score = np.zeros_like(inside), -np.inf
        for level in _LEVELS:
            for look in looks:
                found = np.minimum(look * np.float32(0.5 / level), 1)
                one = found * inside
                out = float((found - one)[near].sum() / max(1.0, one.sum()))
                fills = float(_filled(_box(one), picture).sum() / max(1.0, inside.sum()))
                if fills > _FILLED and fills - out > score:
                    best, score = one, fills - out
            if np.isfinite(score):
                return np.asarray(best, np.float32), 1.0 if level == _LEVELS[0] else _GUESSED
        return best, _GUESSED

    def _tie(
        self, picture: Picture, found: Picture, brought: Picture, believed: Picture
    ) -> tuple[Picture, float]:
        """The mask from what the network found and what the flow brought, and how well the two agree, 0..1."""
        inside = (brought > 0.5).astype(np.uint8)
        size = float(np.sqrt(inside.sum()))
        if size < 1:
            return np.zeros_like(found), 0.0
        away = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
        gate = np.clip((_FAR * size - away) / ((_FAR - _NEAR) * size), 0, 1)
        kept = np.where(found > 0.5, 0, found) * gate
        for part in _touching(found, inside):
            reached = part * gate
            merged = (part * (1 - gate)).sum() > _MERGED * part.sum()
            if merged and self._like(picture, np.where(inside, 0, reached)) < _ALIKE:
                reached = part * np.maximum(brought, gate * (1 - believed))
            kept = np.maximum(kept, reached)
        agree = overlap(kept, brought)
        trust = float(np.clip((agree - _LOST) / (_TRUSTED - _LOST), 0, 1))
        share = _SHARE * trust * (1 + (1 - believed) * (1 / _SHARE - 1))
        if kept.sum() < _ABOUT[0] * brought.sum():  # of a part of them, the flow knows more
            share = share * (1 - believed)
        hull = _hull(kept)
        if ((brought > 0.5) & (kept < 0.5) & (believed > _KNOWN) & hull).sum() > _TORN * inside.sum():
            kept = np.where(hull, np.maximum(kept, brought), kept)
        return np.asarray(kept * share + brought * (1 - share), np.float32), agree

    def _note(self, picture: Picture, mask: Picture) -> None:
        if (mask > 0.5).mean() >= _LEAST:
            self._colours[1:], self._size = [colours_of(picture, mask)], float((mask > 0.5).mean())
            self._unseen = 0

    def _again(self, picture: Picture, found: Picture, brought: Picture, sure: float) -> Picture | None:
        """The actor found again where flow and network part: of their colours, and about of their size, which may be
        another with every frame since they were seen. A small part of what the flow brings is what stands before them.
        """
        count, labels = cv2.connectedComponents((found > 0.5).astype(np.uint8))
        parts = [np.where(labels == label, found, np.float32(0)) for label in range(1, count)]
        sizes, wider = _SIZES if sure < _LOST else _ABOUT, _WIDER**self._unseen
        best, likeness = None, _ALIKE
        for part in sorted(parts, key=lambda part: -self._like(picture, part)):
            one = part if best is None else np.maximum(best, part)
            like = self._like(picture, one)
            least = _ABOUT[0] if (brought[one > 0.5] > 0.5).any() else sizes[0] / wider
            if like > likeness and least < (one > 0.5).mean() / self._size < sizes[1] * wider:
                best, likeness = one, like + _MORE_ALIKE
        return None if best is None else np.asarray(best, np.float32)

    def _like(self, picture: Picture, part: Picture) -> float:
        """How much a part has of the actor's colours, as they were first and last, 0..1."""
        found = colours_of(picture, part)
        return max((float(np.minimum(found, known).sum()) for known in self._colours), default=0.0)


def overlap(one: Picture, other: Picture) -> float:
    """Intersection over union (J) of two masks 0..1; 1 where both are empty."""
    union = float(np.maximum(one, other).sum())
    return float(np.minimum(one, other).sum()) / union if union > 0 else 1.0


def _along(mask: Picture, drawn: Picture) -> Picture:
    """``mask`` (h, w) about the edge of what was ``drawn``; farther inside the whole, and farther outside nothing."""
    inside = (drawn > 0.5).astype(np.uint8)
    reach = max(2.0, _EDGE * float(np.sqrt(inside.sum())))
    out = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5) > reach
    # The frame's border is no edge of theirs.
    within = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    deep = cv2.distanceTransform(within, cv2.DIST_L2, 5)[1:-1, 1:-1] > reach
    return np.asarray(np.where(out, 0, np.where(deep, 1, mask)), np.float32)


def _hull(mask: Picture) -> NDArray[np.bool_]:
    """(h, w) what the convex hull of a mask covers."""
    points = cv2.findNonZero((mask > 0.5).astype(np.uint8))
    covered = np.zeros(mask.shape, np.uint8)
    if points is not None:
        cv2.fillConvexPoly(covered, cv2.convexHull(points), 1)
    return covered > 0


def _touching(found: Picture, inside: NDArray[np.uint8]) -> list[Picture]:
    """Of what was found the parts that what was brought touches: nobody who merely walks near."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats((found > 0.5).astype(np.uint8))
    within = np.bincount(labels[inside > 0], minlength=count)
    stays = np.flatnonzero(within > 0.15 * facts[:, cv2.CC_STAT_AREA])
    return [np.where(labels == label, found, np.float32(0)) for label in stays if label > 0]


def bring(before: Picture, mask: Picture, now: Picture, side: int = _FLOW_SIDE) -> tuple[Picture, Picture]:
    """A mask (h, w) moved by the optical flow (DIS) from one picture to another, and how far it is believed (h, w).

    The pictures are of one size, of the mask's shape but as small as may be; the flow is found at ``side`` as in
    ``flow_between``.
    """
    height, width = mask.shape
    back, there = flows_between(now, before, side)
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
    return _flow(*_greys(one, other, side))


def flows_between(one: Picture, other: Picture, side: int = _FLOW_SIDE) -> tuple[Picture, Picture]:
    """``flow_between`` from the one to the other, and back."""
    first, second = _greys(one, other, side)
    return _flow(first, second), _flow(second, first)


def _greys(one: Picture, other: Picture, side: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    scale = min(1.0, side / max(one.shape[:2]))
    size = (max(16, round(one.shape[1] * scale)), max(16, round(one.shape[0] * scale)))
    return _grey(one, size), _grey(other, size)


def _flow(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Picture:
    return dense_flow(one, other, cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)


def _box(mask: Picture) -> tuple[int, int, int, int]:
    """Left, top, width and height of what a mask shows; none of it: zeros."""
    rows, columns = np.flatnonzero((mask > 0.5).any(1)), np.flatnonzero((mask > 0.5).any(0))
    if not len(rows):
        return 0, 0, 0, 0
    return int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def _filled(box: tuple[float, float, float, float], picture: Picture) -> Picture:
    """(h, w) 1 in the box."""
    x, y, width, height = box
    inside = np.zeros(picture.shape[:2], np.float32)
    inside[max(0, round(y)) : round(y + height), max(0, round(x)) : round(x + width)] = 1
    return inside


def _about(mask: Picture, room: float = _ROOM) -> View:
    """The part of the picture about what a mask shows, with ``room`` on each side as a share of their longer side, as
    large at the border; the whole where it shows nothing.
    """
    left, top, width, height = _box(mask)
    if width == 0:
        return _EVERYTHING
    beside = max(round(room * max(width, height)), (_LEAST_SEEN - max(width, height)) // 2)
    rows, columns = mask.shape
    first = (
        max(0, min(top - beside, rows - height - 2 * beside)),
        max(0, min(left - beside, columns - width - 2 * beside)),
    )
    return slice(first[0], first[0] + height + 2 * beside), slice(first[1], first[1] + width + 2 * beside)


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
    return np.asarray(np.round(np.clip(brightness(small), 0, 1) * 255), np.uint8)


def colours_of(picture: Picture, mask: Picture) -> Picture:
    """A histogram of what is under the mask, sums to 1."""
    codes = np.minimum((np.clip(picture, 0, 1) * 8).astype(np.int64), 7)
    bins = codes @ np.array([64, 8, 1])
    counts = np.bincount(bins[mask > 0.5], minlength=512).astype(np.float32)
    return np.asarray(counts / max(1.0, float(counts.sum())), np.float32)
