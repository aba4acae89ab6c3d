"""One job in the worker, watched on a screen, with Ctrl-C in the artist's hand."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any, Protocol

from ..contract.errors import Cancelled
from ..contract.job import Job, Result
from ..contract.launch import Event
from .screen import Screen, begin


class RendersJobs(Protocol):
    """A worker as the command line needs it: this command's own, or one that a farm's session keeps."""

    def submit(self, job: Job) -> str:
        """Send a job and get its id."""
        ...

    def cancel(self, job_id: str) -> None:
        """Ask for the end of a job."""
        ...

    def poll(self, wait: float = 0.0) -> list[Event]:
        """The events so far."""
        ...

    def close(self, grace: float = 2.0) -> None:
        """End it, or leave it."""
        ...


class Interrupts:
    """Counts Ctrl-C (and a farm's SIGTERM) instead of raising at a random line: ``asked`` is how many came."""

    def __init__(self) -> None:
        self.asked = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _count(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1


def follow(worker: RendersJobs, job: Job, screen: Screen, interrupts: Interrupts, name: str = "") -> Result:
    """Render ``job`` and show its progress. The first interrupt cancels, the second kills the worker.

    ``name`` is what it is called meanwhile (left out: the shot's name).

    Raises the job's error; Cancelled after an interrupt.
    """
    name = name or job.shot.name
    begin(screen, name, "starting the engine")
    job_id, cancelling = worker.submit(job), False
    while True:
        for event in worker.poll(wait=0.1):
            result = _show(event, name, screen)
            if result is not None:
                return result
        if interrupts.asked > 1:
            worker.close(grace=0)
            raise Cancelled("Stopped at once.", "Finished frames are kept: the same command continues.")
        if interrupts.asked and not cancelling:
            cancelling = True
            screen.note("Stopping after this step; finished frames are kept. Ctrl-C again stops at once.")
            worker.cancel(job_id)


def _show(event: Event, name: str, screen: Screen) -> Result | None:
    if event.error is not None:
        raise event.error
    if event.progress is not None:
        screen.progress(name, event.progress)
    return event.result
