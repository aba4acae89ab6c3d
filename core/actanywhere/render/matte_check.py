"""The given matte held against the plate's own motion: what it loses for a few frames, and frames that stand still.

Each matte is moved by the plate's optical flow into the next frame and into the one before. Where it says actor, the
plate looks the same and that frame's matte says nothing, a part of them was lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.numbering import compact
from ..footage import brightness
from ..seeing.follow_still import flow_between, flows_between, overlap
from .clip import Clip

Picture = NDArray[np.float32]
Plane = NDArray[np.bool_]

_IN, _OUT = 0.8, 0.2
"""A matte above the first shows the actor, below the second nobody."""
_ALIKE = 0.08
"""Difference on the display up to which what the flow brought is the same."""
_SLIPS = 2.0
"""Pixels by which the flow may miss, there and back."""
_LEAST = 0.01
"""Share of the actor from which on a lost part is told."""
_THIN = 0.012
"""Share of the frame's height: what is thinner is the edge that wanders."""
LONGEST = 8
"""Frames after which what is lost is an artist's choice."""
_ENDS = 0.05
"""Share of the actor from which on a part is told that the shot's first or last mattes lack; true mattes stay below."""
_COVERS = 0.3
"""Share of what was lost that comes again, or it is another part."""
_SHOWS, _GONE, _LONG = 0.3, 0.15, 0.06
"""Of a matte, from which value on a thin part (a cord, a club) shows and below which it is gone; and how long it has to
be, as a share of the frame's width."""
_STANDS, _MOVES = 0.99, 0.955
"""Overlap of a matte with the one before that is the same, and below which the flow says that they moved."""


@dataclass(frozen=True)
class _Between:
    """What of a matte the next frame's does not have (h, w), solid and thin, and how far it moved: overlaps 0..1."""

    lost: Plane
    thin: Plane
    stands: float
    flows: float


@dataclass(frozen=True)
class Hole:
    """A part of the actor that the mattes of frames ``begin`` to ``end`` (from 0, both included) do not have.

    ``opens`` (h, w) is where it is missing in the first of them, ``closes`` in the last; ``share`` of the actor.
    """

    begin: int
    end: int
    opens: Plane
    closes: Plane
    share: float

    def where(self, first: int) -> str:
        """``frames 1005-1007 (8.0 % of them)``; ``first`` is the shot's first frame."""
        one = self.begin == self.end
        where = f"frame {first + self.begin}" if one else f"frames {first + self.begin}-{first + self.end}"
        return f"{where} ({100 * self.share:.1f} % of them)"


@dataclass(frozen=True)
class Damage:
    """What a shot's matte loses for a few frames, and the frames (from 0) whose matte came late, or twice.

    ``thin`` are the frames that lack a thin part which those before and after have; ``ends`` are parts that the first
    or the last frames lack, which cannot be mended from both sides.
    """

    holes: tuple[Hole, ...] = ()
    late: tuple[int, ...] = ()
    thin: tuple[int, ...] = ()
    ends: tuple[Hole, ...] = ()

    def warnings(self, first: int) -> list[str]:
        """A warning of each; ``first`` is the shot's first frame."""
        found = [
            f"matte: a part of the actor is missing at {hole.where(first)}, which the plate shows. The new place shows "
            "through there; mend the roto, or give --mend-matte."
            for hole in self.holes
        ]
        found += [
            f"matte: at {hole.where(first)}, up to the end of the range, it does not have a part that the mattes "
            "beside have and the plate shows: it lacks a part of the actor, or they hold too much. Mend the roto, or "
            "render the other frames alone (--frames)."
            for hole in self.ends
        ]
        if self.thin:
            thin = compact([first + index for index in self.thin])
            found.append(
                f"matte: a thin part of the actor (a cord, a club) is missing at {thin}, which the plate and the "
                "mattes before and after show. The new place shows through there: mend the roto."
            )
        if self.late:
            late = compact([first + index for index in self.late])
            found.append(
                f"matte: it stands still at {late} while the actor moves: a frame that came late, or twice. Look at "
                "the roto there, or give --mend-matte."
            )
        return found


def check_matte(clip: Clip, check: Callable[[], None] = lambda: None) -> Damage:
    """What the matte loses for a few frames although the plate shows it, and where it stands while they move.

    ``check`` is called between frames and may raise to stop.
    """
    there, back = [], []
    for index in clip.indices():
        if index == 0:
            continue
        flows = flows_between(*(clip.rgb[one] / np.float32(255) for one in (index - 1, index)))
        there.append(_between(clip, index - 1, index, *flows))
        back.append(_between(clip, index, index - 1, *flows[::-1]))
        check()
    holes = tuple(
        Hole(begin, end, there[begin - 1].lost, back[end].lost, _share(clip, begin, there[begin - 1].lost))
        for begin, end in _holes(clip, there, back)
    )
    late = tuple(index for index, one in enumerate(there, 1) if _is_late(one))
    ends = _ends(clip, there, back, {*late, *(one for hole in holes for one in (hole.begin - 1, hole.end))})
    told = {*late, *(index for hole in (*holes, *ends) for index in range(hole.begin, hole.end + 1))}
    thin = (index for index in range(1, len(back)) if _lacks_thin(there[index - 1].thin, back[index].thin))
    return Damage(holes, late, tuple(index for index in thin if index not in told), ends)


def _ends(clip: Clip, there: list[_Between], back: list[_Between], told: set[int]) -> tuple[Hole, ...]:
    """A large part that the first frames lack up to one of the next, or the last ones; ``told`` are other damage."""
    found, last = [], len(clip.frames) - 1
    soon = range(min(LONGEST, last // 2))
    comes = [(index, back[index].lost, index + 1) for index in soon]
    goes = [(last - index, there[last - 1 - index].lost, last - 1 - index) for index in soon]
    for lacking, end in ((comes, 0), (goes, last)):
        for index, lost, has in lacking:
            share = _largest(lost) / max(1, int((clip.matte[has] > 127).sum()))
            if share < _ENDS or index in told or has in told or _carried(clip, lost, index, end) is None:
                continue
            found.append(Hole(min(end, index), max(end, index), lost, lost, share))
            break
    return tuple(found)


def _largest(lost: Plane) -> int:
    """Pixels of its largest part."""
    if not lost.any():
        return 0
    return int(cv2.connectedComponentsWithStats(lost.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA].max())


def _holes(clip: Clip, there: list[_Between], back: list[_Between]) -> list[tuple[int, int]]:
    """First and last frame (from 0) of each part that is lost and comes again."""
    found = []
    for begin, opens in enumerate(there, 1):
        if not opens.lost.any():
            continue
        for end in range(begin, min(begin + LONGEST, len(back))):
            closes = back[end].lost
            if closes.any() and _seen_on(clip, opens.lost, begin, end, closes):
                found.append((begin, end))
                break
    return found


def _seen_on(clip: Clip, opens: Plane, begin: int, end: int, closes: Plane) -> bool:
    """Whether the plate shows what is lost in frame ``begin`` up to frame ``end``, where it is what comes again."""
    part = _carried(clip, opens, begin, end)
    if part is None:
        return False
    reach = np.ones((2 * (4 + end - begin) + 1,) * 2, np.uint8)
    near = np.asarray(cv2.dilate(part.astype(np.uint8), reach)) > 0
    return bool((closes & near).sum() >= _COVERS * max(closes.sum(), part.sum()))


def _carried(clip: Clip, lost: Plane, begin: int, end: int) -> Plane | None:
    """Where in frame ``end``, before or after, that is which is lost in frame ``begin``; None where a frame hides it.

    What passes behind a post is lost where it goes in and comes again where it comes out, and is not seen between.
    """
    first, step = clip.rgb[begin] / np.float32(255), 1 if end > begin else -1
    part, place = lost, grid_of(first)
    for index in range(begin + step, end + step, step) if end != begin else ():
        flow = flow_between(clip.rgb[index] / np.float32(255), clip.rgb[index - step] / np.float32(255))
        whole = sized_flow(flow, lost.shape)
        place = taken_at(place, grid_of(whole) + whole)
        part = taken_at(lost.astype(np.float32), place) > 0.5
        differs = np.abs(taken_at(first, place) - clip.rgb[index] / np.float32(255)).mean(-1)
        if (
            not part.any()
            or np.median(differs[part]) > _ALIKE
            or (clip.matte[index] > 127)[part].mean() > 0.5
        ):
            return None
    return part


def _share(clip: Clip, begin: int, lost: Plane) -> float:
    return float(lost.sum()) / max(1, int((clip.matte[begin - 1] > 127).sum()))


def _lacks_thin(before: Plane, after: Plane) -> bool:
    """Whether a frame lacks one thin part of the mattes ``before`` and ``after`` it."""
    if not (before.any() and after.any()):
        return False
    near = np.ones((3, 3), np.uint8)
    both = before & (cv2.dilate(after.astype(np.uint8), near) > 0)
    _, _, facts, _ = cv2.connectedComponentsWithStats(cv2.dilate(both.astype(np.uint8), near))
    sides = facts[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    return bool(sides.max(initial=0) >= _LONG * before.shape[1])


def _is_late(one: _Between) -> bool:
    return one.stands >= _STANDS and one.flows <= _MOVES


def _between(clip: Clip, before: int, now: int, there: Picture, back: Picture) -> _Between:
    """What of the matte of frame ``before`` is missing in frame ``now``, its neighbour, by the flows there and back."""
    matte, other = clip.matte[now] / np.float32(255), clip.matte[before] / np.float32(255)
    picture, known = clip.rgb[now] / np.float32(255), clip.rgb[before] / np.float32(255)
    place = grid_of(back) + back
    slip = np.asarray(np.linalg.norm(back + taken_at(there, place), axis=-1), np.float32)
    size = (matte.shape[1], matte.shape[0])
    whole = sized_flow(back, matte.shape)
    at = grid_of(whole) + whole
    brought = taken_at(other, at)
    differs = brightness(np.abs(taken_at(known, at) - picture))
    alike = np.asarray(cv2.blur(differs, (5, 5))) <= _ALIKE
    believed = np.asarray(cv2.resize(slip, size)) <= _SLIPS
    inside = (at[..., 0] >= 0) & (at[..., 1] >= 0) & (at[..., 0] < size[0]) & (at[..., 1] < size[1])
    lost = (brought > _IN) & (matte < _OUT) & alike & believed & inside
    thin = taken_at(_thin(other), at) > _SHOWS
    if thin.any():
        thin &= cv2.dilate((matte > _GONE).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
        thin &= (np.asarray(cv2.blur(differs, (3, 3))) <= _ALIKE) & believed
    thin = thin if thin.any() else np.broadcast_to(np.False_, thin.shape)
    return _Between(_solid(lost, matte), thin, overlap(matte, other), overlap(brought, other))


def _thin(matte: Picture) -> Picture:
    """What of a matte is too thin for a small disc to lie in."""
    side = 2 * max(2, round(_THIN * len(matte))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(matte - cv2.morphologyEx(matte, cv2.MORPH_OPEN, disc), np.float32)


def _solid(lost: Plane, matte: Picture) -> Plane:
    """What of ``lost`` is no wandering edge, and large enough to be told."""
    side = 2 * max(1, round(_THIN * matte.shape[0] / 2)) + 1
    opened = np.asarray(
        cv2.morphologyEx(lost.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    )
    count, labels, facts, _ = cv2.connectedComponentsWithStats(opened)
    actor = max(1, int((matte > 0.5).sum()))
    large = [n for n in range(1, count) if facts[n, cv2.CC_STAT_AREA] >= max(16, _LEAST * actor)]
    # Nothing is lost in most frames: one False for all pixels, or a long shot's planes would fill the memory.
    return np.asarray(np.isin(labels, large)) if large else np.broadcast_to(np.False_, labels.shape)


def sized_flow(flow: Picture, shape: tuple[int, ...]) -> Picture:
    """A flow (h, w, 2) found small, in pixels of a picture of ``shape``."""
    scale = np.array([shape[1] / flow.shape[1], shape[0] / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(flow, (shape[1], shape[0])), np.float32) * scale


def grid_of(flow: Picture) -> Picture:
    """Where each pixel of (h, w, ...) is: (h, w, 2) x, y."""
    return np.stack(np.meshgrid(np.arange(flow.shape[1]), np.arange(flow.shape[0])), -1).astype(np.float32)


def taken_at(picture: Picture, at: Picture) -> Picture:
    """What a picture shows at the places (h, w, 2) x, y; its border goes on beyond it."""
    x, y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
