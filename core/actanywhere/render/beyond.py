"""The plate beyond the frames that are rendered, where they alone do not show what lies behind the actor."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from ..camera.track import CameraTrack, Tracker
from ..contract.errors import FootageError
from ..contract.shot import FrameRange
from ..engines.protocol import Watch
from ..footage import MatteReader, MatteValues, Plate, open_shot
from .clip import Clip, empty_clip
from .features import ShotFeatures, Wider
from .overlap import read_ahead
from .preflight import Inputs
from .proxies import read_proxies, resize

_FEWEST, _MOST = 64, 96
"""Frames that are looked at in all, where nobody knows how many are needed, and at most."""


def around(frames: FrameRange, whole: FrameRange, count: int) -> FrameRange:
    """``count`` frames of the ``whole`` with ``frames`` in their middle, as far as there are so many."""
    first = frames.first - (count - len(frames)) // 2
    first = max(whole.first, min(first, whole.last - count + 1))
    return FrameRange(min(first, frames.first), max(frames.last, min(whole.last, first + count - 1)))


@contextmanager
def wider(inputs: Inputs, watch: Watch, clip: Clip, needs: int | None) -> Generator[Wider | None]:
    """The shot of ``clip`` with frames beside it, ``needs`` of them in all; None where the files have no more."""
    count = min(_MOST, max(needs or 0, _FEWEST))
    both = _both(inputs.plate, inputs.matte)
    frames = inputs.frames if both is None else around(inputs.frames, both, count)
    try:
        read = None if frames == inputs.frames else _read(inputs, clip, frames, watch)
    except FootageError:  # what was not asked for is no reason to fail
        read = None
    if read is None:
        yield None
        return
    found, track = read
    with ShotFeatures(found) as features:
        yield Wider(features, track, inputs.frames.first - frames.first)


def _both(plate: Plate, matte: MatteReader) -> FrameRange | None:
    """The frames that plate and matte have both."""
    whole = matte.whole
    if whole is None or plate.footage.kind == "still":
        return None
    return FrameRange(max(whole.first, plate.whole.first), min(whole.last, plate.whole.last))


def _read(inputs: Inputs, clip: Clip, frames: FrameRange, watch: Watch) -> tuple[Clip, CameraTrack]:
    settings, before = inputs.job.settings, inputs.frames.first - frames.first
    found, tracker = empty_clip(frames, *clip.size, clip.aspect), Tracker(clip.aspect)
    own = slice(before, before + len(clip.frames))
    found.rgb[own], found.matte[own] = clip.rgb, clip.matte
    plate, matte = open_shot(replace(inputs.job.shot, frames=frames), MatteValues.of(settings))
    others = [frame for frame in frames if frame not in inputs.frames]
    with plate, matte:
        for frame, (proxy, actor) in read_ahead(
            others, lambda one: read_proxies(plate, matte, settings, one)
        ):
            index = frame - frames.first
            found.rgb[index] = np.round(resize(proxy, *clip.size) * 255)
            found.matte[index] = np.round(resize(actor, *clip.size) * 255)
            watch.step(0)
            watch.check()
    for index in found.indices():
        tracker.add(found.rgb[index] / np.float32(255), found.matte[index] / np.float32(255))
        watch.step(0)
        watch.check()
    return found, tracker.solve()
