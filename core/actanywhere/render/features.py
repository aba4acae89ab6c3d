"""The features of a shot's frames, each looked for once, for all who lay frames over one another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Features, Pair, find_features, match, match_both
from ..camera.timing import Timing, read_timing
from ..camera.track import CameraTrack
from ..footage import processors
from ..shadow.shot_frames import ShotFrames
from .clip import Clip

_ACTOR = 16
"""Code value of the matte above which a pixel is not taken for free of the actor."""
_KEPT = 128
_AT_ONCE = 4
"""Frames at most that are looked at at once; each takes some 50 MB."""
_SHORT = 17
"""Frames of a shot in which each is matched with every other, both ways."""


#: Gives a clip with frames of plate and matte beside it, so many in all that a number asks for (None: nobody knows how
#: many it takes), or None where the files have no more. The last function hears how far it is, in frames of the clip.
Beyond: TypeAlias = (
    "Callable[[Clip, int | None, Callable[[int], None]], AbstractContextManager[Wider | None]]"
)


class ShotFeatures:
    """The features of a ``clip``, looked for in threads. Use it in ``with``.

    Of a long shot those are kept that were asked for last. ``beyond`` gives the clip with frames beside it, if that is
    known.
    """

    def __init__(self, clip: Clip, beyond: Beyond | None = None) -> None:
        self.clip, self.beyond = clip, beyond
        self._found: OrderedDict[int, Future[Features]] = OrderedDict()
        self._pairs: dict[tuple[int, int], Pair] = {}
        self._turns: dict[tuple[int, int], Lock] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(min(_AT_ONCE, processors()), "features")

    def __enter__(self) -> ShotFeatures:
        return self

    def __exit__(self, *failure: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def actor(self, index: int) -> NDArray[np.bool_]:
        """(h, w) true on the actor of a frame."""
        return np.asarray(self.clip.matte[index] > _ACTOR)

    @cached_property
    def timing(self) -> Timing:
        """What the plate does in time; the whole clip has to be there."""
        return read_timing(self.clip.rgb, self.clip.indices())

    def shot(self, track: CameraTrack, sure: bool | None = None, asked: range | None = None) -> ShotFrames:
        """The shot to be cleaned, as the plate's ``track`` has it; ``sure`` of that where it could be tracked.

        ``asked``: the frames that are asked for, if not all.
        """
        sure = track.trackable if sure is None else sure
        rgb, moves, timing = self.clip.rgb, track.transforms, self.timing
        return ShotFrames(rgb, self.actor, moves, self.shared, sure, timing=timing, asked=asked)

    def begin(self, index: int) -> None:
        """Begin to look at a frame that is in the clip already, if all of a shot's are kept."""
        if len(self.clip.frames) <= _KEPT:
            self._begun(index)

    def forget(self) -> None:
        """Look at every frame again: the mattes are others now."""
        with self._lock:
            self._found.clear()
            self._pairs.clear()

    def shared(self, source: int, target: int) -> Pair:
        """What ``match`` gives from a frame to another."""
        if len(self.clip.frames) > _SHORT:
            return match(self._features(source), self._features(target))
        one, other = sorted((source, target))
        with self._lock:
            turn = self._turns.setdefault((one, other), Lock())
        with turn:  # who asks for what another works out waits, and does not too
            if (source, target) not in self._pairs:
                both = match_both(self._features(one), self._features(other))
                self._pairs[one, other], self._pairs[other, one] = both
            return self._pairs[source, target]

    def _features(self, index: int) -> Features:
        return self._begun(index).result()

    def _begun(self, index: int) -> Future[Features]:
        with self._lock:
            if index not in self._found:
                self._found[index] = self._pool.submit(self._look, index)
                while len(self._found) > _KEPT:
                    self._found.popitem(last=False)
            self._found.move_to_end(index)
            return self._found[index]

    def _look(self, index: int) -> Features:
        return find_features(np.asarray(self.clip.rgb[index]), self.actor(index))


@dataclass(frozen=True)
class Wider:
    """A shot with frames ``before`` and after those that are rendered, and its ``track``; ``digest`` is of them all."""

    features: ShotFeatures
    track: CameraTrack
    before: int
    digest: str
