"""The given matte held against the plate's own motion: what it loses for a few frames, and frames that stand still.

Each matte is moved by the plate's optical flow into the next frame and into the one before. Where it says actor, the
plate looks the same and that frame's matte says nothing, a part of them was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..footage import brightness, processors
from ..seeing.follow_still import flow_between, flows_between, overlap
from ..seeing.outline_jumps import HALF, half_there
from .clip import Clip
from .matte_damage import Damage, Hole

Picture = NDArray[np.float32]
Plane = NDArray[np.bool_]

_DROPS, _APART = 0.6, (1, 3)
"""How much less a matte has where a part is lost, and frames between those compared: it may fade before it is gone."""
_AT_ONCE = 32
"""Frames after which what was looked at leaves the memory."""
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
_ENDS, _FOLLOWED = 0.06, 0.003
"""Share of the actor, and of the frame, from which on a part is told that the shot's first or last mattes lack; true
mattes stay below, and what is smaller the flow may lose."""
_NEARER = 1.25
"""How much more, of the actor and of the frames, frames farther apart have to tell than neighbours do."""
_LACK = 2
"""Frames farther on that lack, and show, what comes and goes."""
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


_Pairs = tuple[list[_Between], list[_Between]]


def check_matte(clip: Clip, check: Callable[[], None] = lambda: None) -> Damage:
    """What the matte loses for a few frames although the plate shows it, and where it stands while they move.

    ``check`` is called between frames and may raise to stop.
    """
    near, far = (_compared(clip, apart, check) for apart in _APART)
    late = tuple(index for index, one in enumerate(near[0], 1) if _is_late(one))
    holes, other = list(_holes(clip, *near, _APART[0])), set(late)
    for hole in _holes(clip, *far, _APART[1]):
        if other.union(*(one.frames for one in holes)).isdisjoint(hole.beside):
            holes.append(hole)
    more = _comes_and_goes(clip, *near, other.union(*(hole.frames for hole in holes)))
    other = other.union(more, *(hole.beside for hole in holes))
    ends = tuple(_ends(clip, (near, far), other))
    told = {*late, *(index for hole in (*holes, *ends) for index in hole.frames)}
    thin = (
        index for index in range(1, len(near[0])) if _lacks_thin(near[0][index - 1].thin, near[1][index].thin)
    )
    half = _half(clip, check)
    return Damage(
        tuple(holes),
        late,
        tuple(index for index in thin if index not in told),
        ends,
        tuple(sorted(more)),
        tuple(half),
        min(1.0, max(half.values(), default=0.0)),
    )


def _half(clip: Clip, check: Callable[[], None]) -> dict[int, float]:
    """How much of the actor is half there, by frame, where it is much."""
    found = {}
    for index in range(len(clip.frames)):
        share = half_there(clip.matte[index] / np.float32(255))
        if share >= HALF:
            found[index] = share
        if index % _AT_ONCE == 0:
            check()
            clip.forget()
    return found


def _compared(clip: Clip, apart: int, check: Callable[[], None]) -> _Pairs:
    """What each matte has that the one ``apart`` frames on lacks, and the other way round."""

    def pair(index: int) -> tuple[_Between, _Between]:
        check()
        before = index - apart
        there, back = flows_between(*(clip.rgb[one] / np.float32(255) for one in (before, index)))
        return _between(clip, before, index, there, back), _between(clip, index, before, back, there)

    made: list[tuple[_Between, _Between]] = []
    with ThreadPoolExecutor(processors()) as pool:
        for start in range(apart, len(clip.frames), _AT_ONCE):
            made += pool.map(pair, range(start, min(start + _AT_ONCE, len(clip.frames))))
            clip.forget()
    return [there for there, _ in made], [back for _, back in made]


def _ends(clip: Clip, pairs: Iterable[_Pairs], told: set[int]) -> Iterator[Hole]:
    """The most that the first frames lack, and the last ones; ``told`` are other damage."""
    last = len(clip.frames) - 1
    for end, step in ((0, 1), (last, -1)):
        found, lacking = [], []
        for apart, (there, back) in zip(_APART, pairs, strict=True):
            for many in range(min(LONGEST, last // 2)):
                index = end + step * many
                has = index + step * apart
                if not 0 <= has <= last or {index, has} & told:
                    continue
                lost = back[index].lost if step > 0 else there[has].lost
                if not lost.any() or _carried(clip, lost, index, end) is None:
                    continue
                until, size = _reaches(clip, lost, index, has), int(lost.sum())
                if until is None:
                    continue
                lacking.append((index, lost))
                share = size / max(1, int((clip.matte[has] > 127).sum()))
                if share >= _ENDS and size >= _FOLLOWED * lost.size:
                    weight = share * (many + 1) / (1 if apart == _APART[0] else _NEARER)
                    found.append((weight, share, until, has))
        if found:
            _, share, until, has = max(found)
            yield Hole(min(end, until), max(end, until), tuple(lacking), (has,), share)


def _holes(clip: Clip, there: list[_Between], back: list[_Between], apart: int) -> Iterator[Hole]:
    """The parts that are lost and come again, between mattes so many frames ``apart``."""
    for begin, opens in enumerate((one.lost for one in there), apart):
        if not opens.any():
            continue
        for end in range(begin, min(begin + LONGEST, len(back))):
            closes = back[end].lost
            if closes.any() and _seen_on(clip, opens, begin, end, closes):
                before, after = begin - apart, end + apart
                first, last = _reaches(clip, opens, begin, before), _reaches(clip, closes, end, after)
                if first is None or last is None:
                    continue
                share = float(opens.sum()) / max(1, int((clip.matte[before] > 127).sum()))
                yield Hole(first, last, ((begin, opens), (end, closes)), (before, after), share)
                break


def _comes_and_goes(clip: Clip, there: list[_Between], back: list[_Between], told: set[int]) -> set[int]:
    """The frames, up to ``LONGEST`` in a row, with a part that the mattes before and after lack; ``told`` have none."""
    found: set[int] = set()
    for begin in range(1, len(there)):
        comes = back[begin - 1].lost
        if not comes.any() or begin - 1 in told:
            continue
        for end in range(begin, min(begin + LONGEST, len(there))):
            goes = there[end].lost
            if goes.any() and end + 1 not in told and _is_had_between(clip, comes, begin - 1, end + 1, goes):
                found.update(range(begin, end + 1))
                break
    return found


def _is_had_between(clip: Clip, comes: Plane, before: int, after: int, goes: Plane) -> bool:
    """Whether what the matte of frame ``before`` lacks is had in all up to ``after``, where it is what goes.

    The plate shows it in others before and after that lack it, too: who is seen between two posts is not.
    """
    found = list(_followed(clip, comes, before, after))
    if not all(same and (covered > 0.5) == (now < after) for now, _, same, covered in found):
        return False
    part = found[-1][1]
    if (goes & part).sum() < _COVERS * max(goes.sum(), part.sum()):
        return False
    ends = (comes, before, max(0, before - _LACK)), (part, after, min(len(clip.frames) - 1, after + _LACK))
    return all(_carried(clip, *end) is not None for end in ends)


def _reaches(clip: Clip, lost: Plane, index: int, has: int) -> int | None:
    """The last frame from ``index`` on that lacks most of it, before the one that ``has`` it; None: it is not there."""
    until, covered = index, 0.0
    for now, _, same, covered in _followed(clip, lost, index, has):
        if not same:
            return None
        until = now if covered <= 0.5 else until
    return until if covered > 0.5 else None


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
    part = lost
    for _, now, same, covered in _followed(clip, lost, begin, end):
        if not same or covered > 0.5:
            return None
        part = now
    return part


def _followed(clip: Clip, lost: Plane, begin: int, end: int) -> Iterator[tuple[int, Plane, bool, float]]:
    """Where what is lost in frame ``begin`` is in those up to ``end``, if it looks the same, and how much mattes have.

    The last is a share; frame by frame after ``begin``.
    """
    first, step = clip.rgb[begin] / np.float32(255), 1 if end > begin else -1
    place = grid_of(first)
    for index in range(begin + step, end + step, step) if end != begin else ():
        flow = flow_between(clip.rgb[index] / np.float32(255), clip.rgb[index - step] / np.float32(255))
        whole = sized_flow(flow, lost.shape)
        place = taken_at(place, grid_of(whole) + whole)
        part = taken_at(lost.astype(np.float32), place) > 0.5
        if not part.any():
            yield index, part, False, 0.0
            return
        differs = np.abs(taken_at(first, place) - clip.rgb[index] / np.float32(255)).mean(-1)
        same = bool(np.median(differs[part]) <= _ALIKE)
        yield index, part, same, float((clip.matte[index] > 127)[part].mean())


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
    lost = (brought - matte > _DROPS) & alike & believed & inside
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
