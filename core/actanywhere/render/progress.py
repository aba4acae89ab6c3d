"""The progress of a job, the time left, and its cancelling."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..contract.job import Progress
from ..engines.protocol import Watch

__all__ = ["JobProgress", "Stage"]


@dataclass(frozen=True)
class Stage:
    """A part of the work: ``count`` pieces of about ``cost`` seconds each. Only the proportions matter."""

    name: str
    count: int
    cost: float
    unit: str = "frames"


class JobProgress:
    """Reports to a host how far its job is. ``seconds`` maps finished stages to what they took."""

    def __init__(
        self, report: Callable[[Progress], None], cancelled: Callable[[], bool], stages: list[Stage]
    ) -> None:
        self._report = report
        self._cancelled = cancelled
        self._stages = {stage.name: stage for stage in stages}
        self._done = dict.fromkeys(self._stages, 0)
        self._began = time.monotonic()
        self._fraction = 0.0
        self.seconds = dict.fromkeys(self._stages, 0.0)
        self._last = self._began

    def watch(self, name: str, before: int = 0, remedy: str = Watch.remedy) -> Watch:
        """The watch of who works on stage ``name``, of which ``before`` pieces are done."""
        return Watch(lambda done: self.reach(name, before + done), self._cancelled, remedy)

    def plan(self, name: str, count: int) -> None:
        """Stage ``name`` has ``count`` pieces, as is known by now."""
        self._stages[name] = replace(self._stages[name], count=count)

    def reach(self, name: str, done: int, frame_ready: str = "") -> None:
        """``done`` pieces of stage ``name`` are done; the time since the last report was spent on it."""
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
        done = self._done[stage.name]
        return self.seconds[stage.name] / done if done else stage.cost

    def _seconds_left(self, now: float) -> float | None:
        """Once it can be told: the costliest stage has been measured, or guesses have to do, after two seconds."""
        costliest = max(self._stages.values(), key=lambda stage: stage.count * stage.cost)
        return self._left() if self._done[costliest.name] or now - self._began > 2 else None
