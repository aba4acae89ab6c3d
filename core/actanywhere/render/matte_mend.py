"""A damaged matte mended in time: what is missing comes from the frames beside it, moved by the plate's own motion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.numbering import compact
from ..seeing.follow_still import flow_between
from ..seeing.matte_edge import GuidedEdge
from .clip import Clip
from .decision import Decision
from .matte_check import LONGEST, grid_of, sized_flow, taken_at
from .matte_damage import Damage, Hole
from .matte_seen import Lack

Picture = NDArray[np.float32]

_SIDE = 640
"""Pixels of the longer side at which the motion is found."""
_GROWN = 0.03
"""Share of the frame's height by which what was found missing is grown, to its soft edge."""
_REACHES = 0.3
"""Share of the actor's size by which what a network found missing is grown."""


@dataclass(frozen=True)
class _Patch:
    """What a frame takes of its neighbours' mattes.

    ``sources`` are their indices, each with the offsets (h, w, 2) to where it shows what this frame shows, in pixels of
    that size, and its weight. ``region`` (h, w), 0..1, is where; None: a matte that came late, all of it.
    """

    sources: tuple[tuple[int, NDArray[np.float16], float], ...]
    region: NDArray[np.float16] | None

    def on(self, matte: Picture, read: Callable[[int], Picture]) -> Picture:
        brought = [_moved(read(index), offsets) for index, offsets, _ in self.sources]
        # Of one source, or two.
        mean = sum(weight * one for one, (_, _, weight) in zip(brought, self.sources, strict=True))
        if self.region is None:
            # Of three the median, or the flow's own slips would be in it.
            made = np.median([matte, *brought], axis=0) if len(brought) == 2 else mean
            return np.asarray(made, np.float32)
        size = (matte.shape[1], matte.shape[0])
        region = np.asarray(cv2.resize(self.region.astype(np.float32), size))
        return np.asarray(matte + region * np.maximum(mean - matte, 0), np.float32)


@dataclass(frozen=True)
class _Seen:
    """What a network sees: ``alpha`` (h, w), where ``region`` (h, w) is, both 0..1 and of any sizes."""

    alpha: NDArray[np.float16]
    region: NDArray[np.float16]

    def on(self, matte: Picture, read: Callable[[int], Picture]) -> Picture:
        size = (matte.shape[1], matte.shape[0])
        region, alpha = (
            np.asarray(cv2.resize(one.astype(np.float32), size)) for one in (self.region, self.alpha)
        )
        return np.asarray(matte + region * np.maximum(alpha - matte, 0), np.float32)


@dataclass(frozen=True)
class Mend:
    """How the mattes of a shot are mended, by frame (from 0)."""

    patches: dict[int, list[_Patch | _Seen]] = field(default_factory=dict)

    def mended(self, index: int, read: Callable[[int], Picture]) -> Picture:
        """The matte (H, W), 0..1, of frame ``index``; ``read`` gives those that were given, of any one size.

        A frame that lacks nothing is what was given, and so is a mended one beside what it lacked, to the bit.
        """
        matte = read(index)
        for patch in self.patches.get(index, ()):
            matte = patch.on(matte, read)
        return matte


def mend_clip(mend: Mend, clip: Clip) -> None:
    """Mend the mattes of ``clip`` in place."""

    def given(index: int) -> Picture:
        return np.asarray(clip.matte[index] / np.float32(255), np.float32)

    mended = {index: mend.mended(index, given) for index in mend.patches}
    for index, matte in mended.items():
        clip.matte[index] = np.round(matte * 255)


def choose_mend(
    asked: bool,
    damage: Damage,
    first: int,
    frames: int,
    pictures: Callable[[int], Picture],
    check: Callable[[], None],
    seen: Sequence[Lack] = (),
    see: Callable[[Picture], Picture | None] = lambda picture: None,
) -> Decision[Mend | None]:
    """The mend of a damaged matte where it is asked for, else the damage as warnings.

    ``first`` is the number of the first of so many ``frames``. ``seen`` is what a network misses beside, and ``see``
    asks it for a picture's mask (h, w); what is seen is told by who asked it. The rest is as ``plan_mend`` says.
    """
    if not asked:
        return Decision(None, "", tuple(damage.warnings(first)))
    mend = plan_mend(damage, frames, pictures, check)
    for lack in seen:
        _take_seen(mend, lack, pictures, see, check)
    if not mend.patches:
        return Decision(None, "nothing was found that could be mended", tuple(damage.warnings(first)))
    mended = [f"missing at {hole.where(first)}" for hole in (*damage.holes, *damage.ends)]
    late = sorted(set(damage.late) & set(mend.patches))
    if late:
        mended.append(f"late or twice at {compact([first + index for index in late])}")
    reason = "from the frames beside it: " + "; ".join(mended) if mended else ""
    if seen:
        parts = compact(sorted({first + index for lack in seen for index in lack.planes}))
        reason += f"{'; ' if mended else ''}from what the network sees: missing at {parts}"
    left = replace(damage, holes=(), ends=(), late=tuple(sorted(set(damage.late) - set(late))))
    return Decision(mend, reason, tuple(left.warnings(first)))


def _take_seen(
    mend: Mend,
    lack: Lack,
    pictures: Callable[[int], Picture],
    see: Callable[[Picture], Picture | None],
    check: Callable[[], None],
) -> None:
    """Add to ``mend`` what the network sees of a missing part, its edge drawn from the plate."""
    for index, plane in lack.planes.items():
        picture = np.clip(pictures(index), 0, 1)
        mask = see(picture)
        check()
        if mask is None:
            continue
        # To where the matte begins again: what is found is without its edge, and moved.
        reach = _REACHES * float((mask > 0.5).mean()) ** 0.5 * (plane.size**0.5) / len(plane)
        alpha = GuidedEdge().of(picture, mask, max(1.0, max(mask.shape) / _SIDE))
        mend.patches.setdefault(index, []).append(
            _Seen(np.asarray(alpha, np.float16), _grown(plane.astype(np.float32), reach))
        )


def plan_mend(
    damage: Damage, frames: int, pictures: Callable[[int], Picture], check: Callable[[], None] = lambda: None
) -> Mend:
    """Where the mattes of ``damage`` take what they lack from.

    What the first or last frames lack comes from the nearest that has it.
    ``pictures`` gives the plate's frame of an index from 0 to ``frames`` (h, w, 3), display, 0..1. A matte that comes
    late in more than eight frames one after the other is left as it is. ``check`` is called between frames and may
    raise to stop.
    """
    picture = lru_cache(LONGEST + 4)(pictures)
    flow = lru_cache(4 * LONGEST)(lambda one, other: flow_between(picture(one), picture(other), _SIDE))
    patches: dict[int, list[_Patch | _Seen]] = {}
    late = set(damage.late)
    for index in sorted(late):
        before = max(set(range(index)) - late)
        after = min(set(range(index + 1, frames)) - late, default=None)
        if (frames if after is None else after) - before - 1 <= LONGEST:
            whole = (before,) if after is None else (before, after)
            patches[index] = [_Patch(_sources(flow, index, whole), None)]
        check()
    for hole in (*damage.holes, *damage.ends):
        for index in set(hole.frames) - late:
            patch = _Patch(_sources(flow, index, hole.whole), _region(flow, hole, index))
            patches.setdefault(index, []).append(patch)
            check()
    return Mend(patches)


_Flow = Callable[[int, int], Picture]


def _sources(
    flow: _Flow, now: int, whole: tuple[int, ...]
) -> tuple[tuple[int, NDArray[np.float16], float], ...]:
    """The frames beside ``now`` that are ``whole``, one or two, the nearer the heavier."""
    far = sum(abs(index - now) for index in whole)
    return tuple(
        (
            index,
            _offsets(flow, now, index).astype(np.float16),
            1 - abs(index - now) / far if whole[1:] else 1.0,
        )
        for index in whole
    )


def _offsets(flow: _Flow, now: int, other: int) -> Picture:
    """From each pixel of frame ``now`` to where frame ``other`` shows the same (h, w, 2), step by step."""
    step = 1 if other > now else -1
    whole = flow(now, now + step)
    for index in range(now + step, other, step):
        whole = whole + taken_at(flow(index, index + step), grid_of(whole) + whole)
    return whole


def _region(flow: _Flow, hole: Hole, index: int) -> NDArray[np.float16]:
    """Where frame ``index`` lacks the part (h, w): where it was found, brought here and grown."""
    height, width = flow(index, index - 1 if index else 1).shape[:2]
    missing = np.zeros((height, width), np.float32)
    for at, plane in hole.lost:
        lost = np.asarray(cv2.resize(plane.astype(np.float32), (width, height)), np.float32)
        missing = np.maximum(missing, lost if at == index else _moved(lost, _offsets(flow, index, at)))
    return _grown(missing)


def _grown(missing: Picture, share: float = _GROWN) -> NDArray[np.float16]:
    """What is missing (h, w) with its soft edge, grown by a ``share`` of the height."""
    side = 2 * max(4, round(max(share, _GROWN) * len(missing))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    grown = np.asarray(cv2.dilate((missing > 0.5).astype(np.float32), disc))
    return np.asarray(cv2.GaussianBlur(grown, (0, 0), max(1.0, side / 12)), np.float16)


def _moved(matte: Picture, offsets: NDArray[np.float16] | Picture) -> Picture:
    """A matte (H, W) as frame sees it whose pixels are its own at ``offsets`` (h, w, 2)."""
    height, width = matte.shape
    whole = sized_flow(offsets.astype(np.float32), (height, width))
    return taken_at(matte, grid_of(whole) + whole)
