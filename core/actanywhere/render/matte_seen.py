"""The given matte held against a network for stills: what it lacks, how late it comes, whom it leaves out.

The network sees whole frames, a few of the shot. What it finds counts where the matte itself agrees in other frames: a
part is missing where the matte has it before or after, moved as the plate moves; all through a shot it is a choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..engines.protocol import Watch
from ..seeing.components import Component, components
from ..seeing.follow_still import colours_of, flow_between, overlap
from ..seeing.mover import own_motion
from .matte_check import grid_of, sized_flow, taken_at
from .matte_look import FARTHEST, HALF, Look, Picture, near_actor, only_near
from .matte_misplaced import late_by, turned

Plane = NDArray[np.bool_]

ASKED, _OF_SHORT = 12, 8
"""Frames at most, over the shot, in which the network is asked; and of a short shot, of which it is every second."""
_DIPS, _DIP, _BESIDE = 4, 0.97, 6
"""Frames asked besides, where the matte is smaller than this share of what it is in so many frames before and after."""
_EMPTY = 0.1
_SURE, _OUT = 0.8, 0.2
"""What the network is sure of; and below which the matte says nobody."""
_THIN, _EDGE = 0.012, 0.06
"""Of the frame's height, and of the actor's size: what is thinner is the edge."""
_LEAST = 0.015
"""Share of the actor from which on a missing part is reported."""
_COVERS, _KEEPS = 0.6, 0.4
"""Share of a part that the matte has where it is whole; that has to be left of it while it is followed."""
_ALIKE = 0.1
"""Difference on the display up to which what the flow brought is the same."""
_CLOSER = 0.75
"""How surely the network sees a missing part when it looks closer."""
_SMALL, _OF_ACTOR = 0.006, 0.15
"""Share of the frame, and of the actor's area, below which somebody else is no matter."""
_CRISP, _SEEN_IN, _SEEN_AT = 0.6, 0.3, 3
"""How surely the network sees them, in which share of the frames, and in how many."""
_PACE, _SOON = 0.004, 3
"""Motion of their own from which somebody moves, as a share of the diagonal, in so many frames."""
_ALONG, _LOOKED_AT = 0.4, 4
"""Share of the actor's own motion with which a part is theirs, in one of so many frames."""
_LIKE, _SIZES = 0.5, (0.35, 2.8)
"""Likeness of colours, and range of sizes, of somebody who is the actor again."""


@dataclass(frozen=True)
class Lack:
    """A part of the actor that the mattes of frames ``begin`` to ``end`` (from 0) do not have, ``share`` of them.

    ``planes`` (h, w) are where, by frame.
    """

    begin: int
    end: int
    share: float
    planes: dict[int, Plane] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Other:
    """Somebody beside the actor whom the matte leaves out, seen in ``frames`` (from 0).

    ``box`` (x, y, width, height), shares of the frame, is around them in frame ``at``.
    """

    frames: tuple[int, ...]
    at: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Seen:
    """What a network (``source``) that was asked in frames ``asked`` says of a matte; it agrees with it by ``agrees``.

    ``late``: the matte shows where the actor was so many frames before (below 0: early), with the overlap of frames
    with their own mattes and with those ``late`` frames on. ``turned`` says how the matte has to be turned to lie on
    the actor, with the overlaps before and after. ``empty`` are first and last frames without a matte where the actor
    is seen.
    """

    source: str
    asked: tuple[int, ...] = ()
    agrees: float = 1.0
    late: int = 0
    turned: str = ""
    overlaps: tuple[float, float] = (1.0, 1.0)
    lacks: tuple[Lack, ...] = ()
    empty: tuple[tuple[int, int], ...] = ()
    other: Other | None = None


def look_at_matte(look: Look, watch: Watch) -> Seen:
    """What the network says of the matte. ``watch`` hears hundredths, and may stop."""
    areas = np.array([float((look.matte(index) > HALF).mean()) for index in range(look.frames)])
    asked = _asked(areas)
    watch.step(0)
    for done, index in enumerate(asked, 1):
        look.mask(index)
        watch.step(round(100 * done / len(asked)))
        watch.check()
    agree = [overlap(only_near(look.mask(index), look.matte(index)), look.matte(index)) for index in asked]
    seen = Seen(look.source, tuple(asked), float(np.median(agree or [1.0])))
    turn, overlaps = turned(look, asked, seen.agrees)
    if turn:
        return replace(seen, turned=turn, overlaps=overlaps)
    seen = replace(seen, empty=tuple(_empty(look, areas)))
    late, overlaps = late_by(look, asked)
    if late:
        return replace(seen, late=late, overlaps=overlaps)
    return replace(seen, lacks=_lacks(look, asked, watch), other=_other(look, asked, areas))


def _asked(areas: NDArray[np.float64]) -> list[int]:
    """The frames in which the network is asked: over the shot, and where the matte is smaller than beside."""
    count = len(areas)
    looks = min(ASKED, max(_OF_SHORT, count // 2))
    found = {round(at) for at in np.linspace(0, count - 1, looks).tolist()}
    usual = [float(np.median(areas[max(0, k - _BESIDE) : k + _BESIDE + 1])) for k in range(count)]
    shares = areas / np.maximum(usual, 1e-6)
    dips = 0
    for index in np.argsort(shares, kind="stable").tolist():
        near = any(abs(index - one) <= 2 for one in found)
        if dips < _DIPS and shares[index] < _DIP and not near and areas[index] > 0:
            found.add(index)
            dips += 1
    return sorted(index for index in found if areas[index] > 0)


def _lacks(look: Look, asked: list[int], watch: Watch) -> tuple[Lack, ...]:
    found: list[Lack] = []
    for index in asked:
        actor = int((look.matte(index) > HALF).sum())
        for part in _left_out(look.mask(index), look.matte(index)):
            if any(one.begin <= index <= one.end and (one.planes[index] & part).any() for one in found):
                continue
            lack = _followed(look, index, part, actor)
            watch.check()
            if lack is not None and look.closer(index)[part].mean() > _CLOSER:
                found.append(lack)
    return tuple(_joined(found))


def _left_out(mask: Picture, matte: Picture) -> Iterator[Plane]:
    """The parts (h, w) of what the network surely sees that the matte does not have, without edges."""
    actor = int((matte > HALF).sum())
    side = 2 * max(1, round(max(_THIN * len(matte), _EDGE * actor**0.5) / 2)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    wide = cv2.dilate(matte, np.ones((side, side), np.uint8))
    out = ((mask > _SURE) & (wide < _OUT)).astype(np.uint8)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(out, cv2.MORPH_OPEN, disc))
    for label in range(1, count):
        if facts[label, cv2.CC_STAT_AREA] >= max(16, _LEAST * actor):
            yield np.asarray(labels == label)


def _followed(look: Look, index: int, part: Plane, actor: int) -> Lack | None:
    """A part that frame ``index`` lacks, from where the matte loses it to where it has it again; None: a choice."""
    planes = {index: part}
    back, is_before = _until_it_is_there(look, index, part, -1, planes)
    on, is_after = _until_it_is_there(look, index, part, 1, planes)
    if not (is_before or is_after) or _stands(look, planes):
        return None
    return Lack(back, on, float(part.sum()) / max(1, actor), planes)


def _stands(look: Look, planes: dict[int, Plane]) -> bool:
    """Whether a part stands where the background does while the actor moves: a post, or what they sit on."""
    shares = []
    for index in sorted(planes)[:: max(1, len(planes) // _LOOKED_AT)]:
        soon = min(look.frames - 1, index + 1)
        inside = look.matte(index) > HALF
        if soon > index and inside.any():
            either = np.maximum(look.matte(index), planes[index].astype(np.float32))
            motion = own_motion(look.small(index), look.small(soon), either)
            pace = float(np.median(motion[inside]))
            if pace >= _PACE / _SOON:
                shares.append(float(np.median(motion[planes[index]])) / pace)
    return bool(shares) and max(shares) < _ALONG


def _until_it_is_there(
    look: Look, index: int, part: Plane, step: int, planes: dict[int, Plane]
) -> tuple[int, bool]:
    """The last frame that lacks the part, going from ``index`` by ``step``, and whether the next one's matte has it.

    Where it is in each frame is noted in ``planes``.
    """
    shown, start = look.small(index), part
    place = grid_of(shown)
    for now in range(index + step, index + step * FARTHEST, step):
        if not 0 <= now < look.frames:
            break
        flow = sized_flow(flow_between(look.small(now), look.small(now - step)), part.shape)
        place = taken_at(place, grid_of(flow) + flow)
        part = taken_at(start.astype(np.float32), place) > HALF
        if part.sum() < _KEEPS * start.sum():
            break
        if float((look.matte(now) > HALF)[part].mean()) >= _COVERS:
            differs = np.abs(taken_at(shown, place) - look.small(now)).mean(-1)
            return now - step, bool(np.median(differs[part]) <= _ALIKE)
        mask = look.known(now)
        if mask is not None:
            if mask[part].mean() < HALF:
                break
            # From what the network sees here it goes on, or the flow's slips would add up.
            again = [
                one for one in _left_out(mask, look.matte(now)) if (one & part).sum() > HALF * part.sum()
            ]
            if again and again[0].sum() < 2 * part.sum():
                shown, start, place = look.small(now), again[0], grid_of(flow)
                part = start
        planes[now] = part
    return now - step, False


def _joined(found: list[Lack]) -> list[Lack]:
    """Parts that are missing in the same frames as one."""
    joined: list[Lack] = []
    for one in sorted(found, key=lambda lack: lack.begin):
        last = joined[-1] if joined else None
        if last is not None and one.begin <= last.end:
            planes = dict(last.planes)
            for index, plane in one.planes.items():
                planes[index] = planes[index] | plane if index in planes else plane
            same = any((last.planes[k] & one.planes[k]).any() for k in last.planes.keys() & one.planes)
            share = max(last.share, one.share) if same else last.share + one.share
            joined[-1] = Lack(last.begin, max(last.end, one.end), share, planes)
        else:
            joined.append(one)
    return joined


def _empty(look: Look, areas: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """First and last frames of the runs without a matte in whose middle the network sees the actor."""
    index = 0
    while index < look.frames:
        end = index
        while end < look.frames and areas[end] == 0:
            end += 1
        if end > index:
            beside = end if end < look.frames else index - 1
            if beside >= 0 and _is_there(look, (index + end - 1) // 2, beside):
                yield index, end - 1
        index = end + 1


def _is_there(look: Look, index: int, beside: int) -> bool:
    """Whether the network sees in frame ``index`` somebody of the colours and size of the actor ``beside``."""
    actor = look.matte(beside)
    colours, size = colours_of(look.small(beside), actor), float((actor > HALF).mean())
    for one in _somebody(look.mask(index)):
        like = float(np.minimum(colours_of(look.small(index), one.mask), colours).sum())
        if like > _LIKE and _SIZES[0] < float((one.mask > HALF).mean()) / size < _SIZES[1]:
            return True
    return False


def _other(look: Look, asked: list[int], areas: NDArray[np.float64]) -> Other | None:
    """The most prominent one who moves by themselves beside the actor, apart from them in several frames."""
    found: dict[int, Component] = {}
    for index in asked:
        least = max(_SMALL, _OF_ACTOR * areas[index])
        beside = [
            one
            for one in _somebody(look.mask(index))
            if float((one.mask > HALF).mean()) >= least
            and one.crisp >= _CRISP
            and not (near_actor(look.matte(index)) * (one.mask > HALF)).any()
        ]
        soon = min(look.frames - 1, index + _SOON)
        if not beside or soon == index:
            continue
        everybody = np.maximum(look.mask(index), look.matte(index))
        motion = own_motion(look.small(index), look.small(soon), everybody)
        moves = [one for one in beside if float(np.median(motion[one.mask > HALF])) >= _PACE]
        if moves:
            found[index] = moves[0]
    if len(found) < max(_SEEN_AT, _SEEN_IN * len(asked)):
        return None
    at = max(found, key=lambda index: float(found[index].mask.sum()))
    rows, columns = np.nonzero(found[at].mask > HALF)
    height, width = found[at].mask.shape
    left, top = float(columns.min()) / width, float(rows.min()) / height
    box = left, top, float(np.ptp(columns) + 1) / width, float(np.ptp(rows) + 1) / height
    return Other(tuple(found), at, box)


def _somebody(mask: Picture) -> list[Component]:
    """The parts of a mask that have no straight outline, as towers, frames and signs have it."""
    return [one for one in components(mask) if one.straight < HALF]
