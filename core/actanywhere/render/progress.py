"""The progress of a job, the time left, and its cancelling."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import RLock

from ..contract.errors import Cancelled
from ..contract.job import Progress
from ..engines.protocol import Watch
from ..footage import Counted

_OPENING = "opening footage"
_OPENING_SHARE = 0.05
"""Of a job whose frames are yet to be counted, as a bar shows it."""
_EVERY = 0.2
"""Seconds between two counts that are told."""


def opening(report: Callable[[Progress], None], number: int = 0, count: int = 1) -> Counted:
    """Reports how far the footage of the one of ``count`` equal pieces is opened that has this ``number`` from 0."""

    def tell(progress: Progress) -> None:
        report(replace(progress, fraction=(number + progress.fraction) / count))

    return JobProgress(tell, lambda: False, []).counted


@dataclass(frozen=True)
class Stage:
    """A part of the work: ``count`` pieces of about ``cost`` seconds each. Only the proportions matter."""

    name: str
    count: int
    cost: float
    unit: str = "frames"


class JobProgress:
    """Reports to a host how far its job is. ``seconds`` maps finished stages to what they took.

    Without ``stages`` to come, opening the footage is all there is to do.
    """

    def __init__(
        self, report: Callable[[Progress], None], cancelled: Callable[[], bool], stages: list[Stage]
    ) -> None:
        self._report = report
        self._cancelled = cancelled
        self._began = self._last = self._opened = time.monotonic()
        self._fraction = self._opened_at = 0.0
        self.begin(stages)

    def begin(self, stages: list[Stage]) -> None:
        """These stages are what is to be done, as is known by now; none of them is begun."""
        self._stages = {stage.name: stage for stage in stages}
        self._done = dict.fromkeys(self._stages, 0)
        self._loaded = dict.fromkeys(self._stages, (0, 0.0))
        self.seconds = dict.fromkeys(self._stages, 0.0)
        self._lock = RLock()  # two stages may go on at once

    def counted(self, done: int, total: int) -> None:
        """``done`` of about ``total`` pictures of a file that is being opened are counted. Raises ``Cancelled``."""
        if self._cancelled():
            raise Cancelled("Stopped while the footage was opened.", "Nothing was changed: begin again.")
        now = time.monotonic()
        if done <= 1:  # another file: how many are still to come, nobody knows
            self._opened, self._opened_at, self._last = now, self._fraction, now
        if not done or now - self._last < _EVERY:
            return
        self._last = now
        room = (_OPENING_SHARE if self._stages else 1.0) - self._opened_at
        self._fraction = self._opened_at + room / 2 * done / total
        left = (now - self._opened) * (total - done) / done
        self._report(Progress(_OPENING, done, total, "frames", self._fraction, left))

    def watch(self, name: str, before: int = 0, remedy: str = Watch.remedy, prepares: bool = False) -> Watch:
        """The watch of who works on stage ``name``, of which ``before`` pieces are done.

        ``prepares``: with the first piece comes what is done once, so that it is no measure of the others.
        """

        def step(done: int) -> None:
            if prepares and done == 1:
                self.warm(name, 1)
            self.reach(name, before + done)

        return Watch(step, self._cancelled, remedy)

    def plan(self, name: str, count: int, cost: float | None = None) -> None:
        """Stage ``name`` has ``count`` pieces of about ``cost`` seconds (None: as was said), as is known by now."""
        stage = self._stages[name]
        self._stages[name] = replace(stage, count=count, cost=stage.cost if cost is None else cost)

    def warm(self, name: str, pieces: int = 0) -> None:
        """What ``name`` took since the last report, in which ``pieces`` were done, was loading: no measure of it."""
        before, spent = self._loaded[name]
        self._loaded[name] = before + pieces, spent + time.monotonic() - self._last

    def reach(self, name: str, done: int, frame_ready: str = "") -> None:
        """``done`` pieces of stage ``name`` are done; the time since the last report was spent on it."""
        with self._lock:
            now = time.monotonic()
            self.seconds[name] += now - self._last
            self._last = now
            self._done[name] = done
            stage = self._stages[name]
            self._fraction = max(self._fraction, min(1.0, 1.0 - self._left() / max(self._all(), 1e-9)))
            self._report(
                Progress(
                    stage=name,
                    done=done,
                    total=stage.count,
                    unit=stage.unit,
                    fraction=self._fraction,
                    seconds_left=self._seconds_left(now),
                    frame_ready=frame_ready,
                )
            )

    def settle(self, name: str, done: int) -> None:
        """``done`` pieces of a stage are done, also where nobody told of them: an engine may count otherwise."""
        if self._done[name] < done:
            self.reach(name, done)

    def say(self, name: str, message: str) -> None:
        """A line for the log."""
        stage = self._stages[name]
        self._report(
            Progress(name, self._done[name], stage.count, stage.unit, self._fraction, message=message)
        )

    def _all(self) -> float:
        return sum(stage.count * self._cost(stage) for stage in self._stages.values())

    def _left(self) -> float:
        return sum(
            (stage.count - self._done[name]) * self._cost(stage) for name, stage in self._stages.items()
        )

    def _cost(self, stage: Stage) -> float:
        """Seconds a piece: as measured, once some are done."""
        before, loading = self._loaded[stage.name]
        done = self._done[stage.name] - before
        return (self.seconds[stage.name] - loading) / done if done > 0 else stage.cost

    def _seconds_left(self, now: float) -> float | None:
        """Once it can be told: the costliest stage has been measured, or guesses have to do, after two seconds."""
        costliest = max(self._stages.values(), key=lambda stage: stage.count * stage.cost)
        loading = self._loaded[costliest.name][0]
        if loading and self._done[costliest.name] == loading:
            return None  # the next piece tells
        return self._left() if self._done[costliest.name] or now - self._began > 2 else None
