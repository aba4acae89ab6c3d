"""The plate beyond the frames that are rendered, where they alone do not show what lies behind the actor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace

import numpy as np

from ..camera.timing import Timing, read_timing
from ..camera.track import CameraTrack, Tracker
from ..contract.shot import FrameRange
from ..footage import MatteValues, open_shot
from .clip import Clip, empty_clip
from .features import ShotFeatures, Wider
from .overlap import read_ahead
from .preflight import Inputs
from .proxies import read_proxies, resize
from .shadow import asks_pull

_FEWEST, _MOST, _MORE = 64, 96, 1.25
"""Frames that are looked at in all, where nobody knows how many are needed, and at most; and how many times the
rendered ones they have to be, to be worth it."""
_SHORTEST = 8
"""Rendered frames under which nothing beside them is read: a look at a few is to be quick."""
_EDGE = 0.03
"""How near the frame's edge, as a share of its width, whoever leaves it is seen last; or half their own width."""


def around(frames: FrameRange, whole: FrameRange, count: int) -> FrameRange:
    """``count`` frames of the ``whole`` with ``frames`` in their middle, as far as there are so many."""
    first = frames.first - (count - len(frames)) // 2
    first = max(whole.first, min(first, whole.last - count + 1))
    return FrameRange(min(first, frames.first), max(frames.last, min(whole.last, first + count - 1)))


@contextmanager
def wider(
    inputs: Inputs, clip: Clip, needs: int | None, step: Callable[[int], None]
) -> Generator[Wider | None]:
    """The shot of ``clip`` with frames beside it, ``needs`` of them in all; None where the files have no more.

    ``step`` hears of it as of the first third of the clip's frames. Raises ``FootageError`` for a frame that cannot be
    read, and ``OutputError`` where the temporary folder has no room.
    """
    frames = _around(inputs, min(_MOST, max(needs or 0, _FEWEST)))
    read = None if _too_few(frames, inputs) else _read(inputs, clip, frames, step)
    if read is None:
        yield None
        return
    found, track = read
    with ShotFeatures(found) as features:
        digest = hashlib.sha256(found.rgb.data)
        digest.update(found.matte.data)
        yield Wider(features, track, inputs.frames.first - found.frames.first, digest.hexdigest())


def _too_few(frames: FrameRange, inputs: Inputs) -> bool:
    count = len(inputs.frames)
    return count < _SHORTEST or len(frames) < _MORE * count


def may_read(inputs: Inputs) -> FrameRange:
    """The frames of plate and matte that a render may read: its own, and those beside them that tell of its shadow."""
    if inputs.clean is not None or not asks_pull(inputs.job.settings):
        return inputs.frames
    frames = _around(inputs, _MOST)
    return inputs.frames if _too_few(frames, inputs) else frames


def _around(inputs: Inputs, count: int) -> FrameRange:
    """``count`` frames about the rendered ones, of those that plate and matte have both, up to the next gap."""
    plate, matte = inputs.plate, inputs.matte
    beside = plate.whole if plate.footage.kind == "movie" else plate.footage.unbroken(plate.frames)
    if matte.whole is None or beside is None:
        return inputs.frames
    both = FrameRange(max(matte.whole.first, beside.first), min(matte.whole.last, beside.last))
    return around(inputs.frames, both, count)


def _read(
    inputs: Inputs, clip: Clip, frames: FrameRange, step: Callable[[int], None]
) -> tuple[Clip, CameraTrack] | None:
    settings, before, count = inputs.job.settings, inputs.frames.first - frames.first, len(clip.frames)
    found = empty_clip(frames, *clip.size, clip.aspect)
    own = range(before, before + count)
    found.rgb[own.start : own.stop], found.matte[own.start : own.stop] = clip.rgb, clip.matte
    others = [frame for frame in frames if frame not in inputs.frames]
    pieces = len(others) + len(frames)

    def read(done: int) -> None:
        step(count * done // (3 * pieces))

    shot = replace(inputs.job.shot, frames=frames)
    plate, matte = open_shot(shot, MatteValues.of(settings), lambda *_: read(0))
    reading = read_ahead(others, lambda one: read_proxies(plate, matte, settings, one))
    with plate, matte, closing(reading):
        for done, (frame, (proxy, actor)) in enumerate(reading, 1):
            index = frame - frames.first
            found.rgb[index] = np.round(resize(proxy, *clip.size) * 255)
            found.matte[index] = np.round(resize(actor, *clip.size) * 255)
            read(done)
    timing = read_timing(found.rgb, found.indices())
    tell = telling(found, own, timing)
    frames = FrameRange(frames.first + tell.start, frames.first + tell.stop - 1)
    if _too_few(frames, inputs):
        return None
    found = Clip(frames, found.rgb[tell.start : tell.stop], found.matte[tell.start : tell.stop], clip.aspect)
    tracker = Tracker(clip.aspect)
    for index in found.indices():
        tracker.add(found.rgb[index] / np.float32(255), found.matte[index] / np.float32(255))
        read(min(pieces, len(others) + index + 1))
    return found, tracker.solve()


def telling(clip: Clip, own: range, timing: Timing) -> range:
    """The frames of ``clip`` that tell of its ``own``: those of the same shot, as far as the matte goes on.

    Where it ends with the actor in full view, it was not made further, and they would be taken for the ground.
    """
    start = max((begin for begin in timing.begins if begin <= own.start), default=0)
    stop = min((begin for begin in timing.begins if begin >= own.stop), default=len(clip.frames))
    for index in range(own.start - 1, start - 1, -1):
        if _vanishes(clip, index + 1, index):
            start = index + 1
            break
    for index in range(own.stop, stop):
        if _vanishes(clip, index - 1, index):
            stop = index
            break
    return range(start, stop)


def _vanishes(clip: Clip, seen: int, then: int) -> bool:
    """Whether somebody whom a frame shows away from its edges is not in the matte of another."""
    actor = clip.matte[seen] > 127
    if not actor.any() or (clip.matte[then] > 127).any():
        return False
    rows, columns = np.flatnonzero(actor.any(1)), np.flatnonzero(actor.any(0))
    near = max(_EDGE * clip.size[1], (columns[-1] + 1 - columns[0]) / 2)
    ends = (columns[0], rows[0], clip.size[1] - 1 - columns[-1], clip.size[0] - 1 - rows[-1])
    return bool(min(ends) > near)
