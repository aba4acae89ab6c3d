"""The course of one click on Generate: drawing what Blender has to draw, rendering the takes, and what follows.

A session moves only in ``step``, which returns at once (or after ``wait`` seconds without news): a modal operator
calls it from its timer, a blocking one in a loop.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from ..contract.errors import ActAnywhereError, Cancelled, FootageError, WorkerError
from ..contract.job import Progress, Result
from ..contract.launch import Worker
from .errand import Errand
from .order import Order

__all__ = ["Session", "Step"]


@dataclass(frozen=True)
class Step:
    """Something that another process does. ``share`` of the whole bar is its own (a take's is 1).

    ``start`` gives the running errand, or None if there is nothing to do. ``fine`` are the exit statuses that are
    no failure.
    """

    title: str
    share: float
    start: Callable[[], Errand | None]
    fine: tuple[int, ...] = (0,)


class Session:
    """Orders (a wedge has several) that one worker renders one after the other, and the steps around them.

    While ``over`` is False: ``text``, ``fraction`` and ``seconds_left`` say how far it is, ``frames`` are the
    finished frames of the take in hand, ``lines`` what the steps' programs printed. At its end ``results`` holds
    what was rendered and ``error`` what went wrong, if anything did.
    """

    def __init__(
        self, orders: list[Order], worker: Worker | None, before: list[Step], after: list[Step]
    ) -> None:
        self.orders = orders
        self.results: list[Result] = []
        self.frames: list[str] = []
        self.error: ActAnywhereError | None = None
        self.over = False
        self.text, self.fraction = "Starting", 0.0
        self.seconds_left: float | None = None
        self.log: list[str] = []
        self.lines: list[str] = []
        self._worker = worker
        self._steps: list[Step | Order] = [*before, *orders, *after]
        self._shares = [self._share(step) for step in self._steps]
        self._at = -1
        self._errand: Errand | None = None
        self._job_id = ""
        self._ending = False

    @staticmethod
    def _share(step: Step | Order) -> float:
        return step.share if isinstance(step, Step) else 1.0

    def step(self, wait: float = 0.0) -> bool:
        """Take what is there; gives whether anything is new. Never raises: see ``error``."""
        if self.over:
            return False
        try:
            if self._errand is not None:
                return self._follow_errand(self._errand, wait)
            if self._job_id:
                return self._follow_worker(wait)
            self._next()
        except ActAnywhereError as error:
            self._end(error)
        return True

    def cancel(self) -> None:
        """Ask for the end. It comes within some seconds, as an error ``Cancelled``; finished frames are kept."""
        if self._job_id:
            if not self._ending and self._worker is not None:
                self._worker.cancel(self._job_id)
            self._ending = True
            self.text = "Stopping"
        elif not self.over:
            self._end(self._stopped())

    def abandon(self) -> None:
        """End at once, worker and all: the file is being closed."""
        if not self.over:
            if self._worker is not None:
                self._worker.close(0)
            self._end(self._stopped())

    def _stopped(self) -> Cancelled:
        remedy = "Continue the take to go on from its finished frames." if self.orders else ""
        return Cancelled("Stopped.", remedy)

    def _next(self) -> None:
        self._at += 1
        if self._at == len(self._steps):
            self.fraction, self.text = 1.0, "Done"
            self._end(None)
            return
        step = self._steps[self._at]
        self._report(0.0, None)
        if isinstance(step, Order):
            assert self._worker is not None
            self.frames = []
            self.text = "Starting the engine"
            self._job_id = self._worker.submit(step.job)
        else:
            self.text = step.title
            self._errand = step.start()

    def _report(self, fraction: float, seconds_left: float | None) -> None:
        """``fraction`` is of the step in hand."""
        done = sum(self._shares[: self._at]) + self._shares[self._at] * fraction
        self.fraction = done / sum(self._shares)
        self.seconds_left = seconds_left

    def _follow_errand(self, errand: Errand, wait: float) -> bool:
        lines = errand.poll(wait)
        self.lines += lines
        for said in filter(None, map(_message, lines)):
            if "error" in said:
                raise FootageError(said["error"], said["remedy"])
            step = self._steps[self._at]
            assert isinstance(step, Step)
            self.text = "%s: frame %d of %d" % (step.title, said["done"], said["total"])
            self._report(said["done"] / max(1, said["total"]), None)
        if errand.status is None:
            return bool(lines)
        self._errand = None
        step = self._steps[self._at]
        assert isinstance(step, Step)
        if errand.status not in step.fine:
            raise WorkerError(
                "%s failed:\n%s" % (step.title, "\n".join(_why(list(errand.tail)))),
                "Correct what these lines name, and try again.",
            )
        return True

    def _follow_worker(self, wait: float) -> bool:
        assert self._worker is not None
        events = [event for event in self._worker.poll(wait) if event.job_id == self._job_id]
        for event in events:
            if event.progress is not None:
                self._hear(event.progress)
            if event.error is not None:
                self._job_id = ""
                raise event.error
            if event.result is not None:
                self._job_id = ""
                self.results.append(event.result)
        return bool(events)

    def _hear(self, progress: Progress) -> None:
        if progress.message:
            self.log.append(progress.message)
        if progress.frame_ready and progress.frame_ready not in self.frames:
            self.frames.append(progress.frame_ready)
        self._report(progress.fraction, progress.seconds_left)
        if self._ending:
            return
        of = "" if len(self.orders) == 1 else "Take %d of %d: " % (len(self.results) + 1, len(self.orders))
        count = " %d/%d %s" % (progress.done, progress.total, progress.unit) if progress.total > 1 else ""
        stage = progress.stage[:1].upper() + progress.stage[1:]
        self.text = of + stage + count

    def _end(self, error: ActAnywhereError | None) -> None:
        if self._errand is not None:
            self._errand.kill()
            self._errand = None
        self._job_id = ""
        self.error, self.over, self.seconds_left = error, True, None


def _why(lines: list[str]) -> list[str]:
    """Of what a program printed last, the lines that name an error; without any, the last ones."""
    named = [line.strip() for line in lines if "error:" in line.lower()]
    return named[:4] or lines[-8:]


def _message(line: str) -> dict[str, object] | None:
    """What our own scripts say on a line of their own; None for what libraries print."""
    if not line.startswith('{"actanywhere"'):
        return None
    said: dict[str, object] = json.loads(line)["actanywhere"]
    return said
