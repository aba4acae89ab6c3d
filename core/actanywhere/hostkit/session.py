"""One press of Generate: what is rendered before, the takes that a worker renders, and what follows.

A session moves only in ``step``, which returns at once (or after ``wait`` seconds without news): a timer calls it, a
thread of its own (``turns``), or ``run``, which blocks.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple, Union

from ..contract.errors import ActAnywhereError, Cancelled, FootageError, WorkerError
from ..contract.job import Job, Progress, Result
from ..contract.launch import Worker
from ..contract.takes import read_take, remove_take
from .engine import event_of
from .errand import Errand
from .progress import message, with_time_left

_TURN = 0.1  # seconds between two looks at somebody who may want to stop


@dataclass(frozen=True)
class Heard:
    """What a step's program said of how far it is: a line for the artist, the share done, and the time left."""

    text: str
    fraction: float
    seconds_left: Optional[float] = None


@dataclass(frozen=True)
class Step:
    """Something that another process does. ``share`` of the whole bar is its own (a take's is 1).

    ``start`` gives the running errand, or None if there is nothing to do. ``fine`` are the exit statuses that are
    no failure. ``hear`` reads a line that it prints; without one, what our own scripts in the host say is read.
    """

    title: str
    share: float
    start: Callable[[], Optional[Errand]]
    fine: Tuple[int, ...] = (0,)
    hear: Optional[Callable[[str], Optional[Heard]]] = None


def hear(line: str) -> Optional[Heard]:
    """How far a command of the engine with ``--json`` is; None for what else it prints."""
    event = event_of(line)
    if event.get("event") != "progress":
        return None
    progress = Progress.from_dict(event["progress"])
    return Heard(message(progress), progress.fraction, progress.seconds_left)


class Session:
    """Jobs (a wedge has several) that one worker renders one after the other, and the steps around them.

    While ``over`` is False: ``text``, ``fraction`` and ``seconds_left`` say how far it is, ``frames`` are the
    finished frames of the take in hand, ``log`` what the engine said, ``lines`` what the steps' programs printed. At
    its end ``results`` holds what was rendered and ``error`` what went wrong, if anything did.

    ``fresh``: the takes were made for this session. Those of which nothing is left to go on from are taken away again
    when it fails; ``dropped`` names their folders.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        worker: Optional[Worker] = None,
        before: Sequence[Step] = (),
        after: Sequence[Step] = (),
        fresh: bool = False,
    ) -> None:
        self.jobs = list(jobs)
        self.worker = worker
        self.results: List[Result] = []
        self.frames: List[str] = []
        self.error: Optional[ActAnywhereError] = None
        self.over = False
        self.text, self.fraction = "Starting", 0.0
        self.seconds_left: Optional[float] = None
        self.log: List[str] = []
        self.lines: List[str] = []
        self.dropped: List[str] = []
        self._fresh = fresh
        self._sent: Set[str] = set()
        self._begun: Set[str] = set()
        self._steps: List[Union[Step, Job]] = [*before, *self.jobs, *after]
        self._shares = [step.share if isinstance(step, Step) else 1.0 for step in self._steps]
        self._at = -1
        self._errand: Optional[Errand] = None
        self._job_id = ""
        self._stop = self._told = False

    @property
    def stopping(self) -> bool:
        """Whether its end was asked for."""
        return self._stop

    @property
    def words(self) -> str:
        """How far it is, in a line."""
        return with_time_left(self.text, self.seconds_left)

    def step(self, wait: float = 0.0) -> bool:
        """Take what is there; gives whether anything is new. Never raises what an artist may be told: see ``error``."""
        if self.over:
            return False
        try:
            if self._stop:
                self._stopping()
            if self._errand is not None:
                return self._follow_errand(self._errand, wait)
            if self._job_id:
                return self._follow_worker(wait)
            self._next()
        except ActAnywhereError as error:
            self._end(error)
        return True

    def run(self, tell: Callable[["Session"], None]) -> None:
        """To the end, in one go; ``tell`` hears of every news. Raises ``error``."""
        try:
            while not self.over:
                if self.step(_TURN):
                    tell(self)
        except BaseException:  # Ctrl-C, or a bug: nothing may be left running
            self.abandon()
            raise
        if self.error is not None:
            raise self.error

    def cancel(self) -> None:
        """Ask for the end. It comes within some seconds, as an error ``Cancelled``; finished frames are kept."""
        self._stop = True
        self.text = "Stopping"

    def abandon(self) -> None:
        """End at once, worker and all: the file is being closed."""
        if not self.over:
            if self.worker is not None:
                self.worker.close(0)
            self._end(self._stopped())

    def _stopping(self) -> None:
        if not self._job_id:
            raise self._stopped()
        if not self._told and self.worker is not None:
            self.worker.cancel(self._job_id)
            self._told = True

    def _stopped(self) -> Cancelled:
        return Cancelled(
            "Stopped.", "Continue the take to go on from its finished frames." if self.jobs else ""
        )

    def _next(self) -> None:
        self._at += 1
        if self._at == len(self._steps):
            self.fraction, self.text = 1.0, "Done"
            self._end(None)
            return
        step = self._steps[self._at]
        self._report(0.0, None)
        if isinstance(step, Step):
            self.text = step.title
            self._errand = step.start()
            return
        assert self.worker is not None
        self.frames = []
        self.text = self._of() + "Starting the engine"
        self._job_id = self.worker.submit(step)
        self._sent.add(step.output)

    def _report(self, fraction: float, seconds_left: Optional[float]) -> None:
        """``fraction`` is of the step in hand."""
        done = sum(self._shares[: self._at]) + self._shares[self._at] * fraction
        self.fraction = done / sum(self._shares)
        self.seconds_left = seconds_left

    def _follow_errand(self, errand: Errand, wait: float) -> bool:
        step = self._steps[self._at]
        assert isinstance(step, Step)
        lines = errand.poll(wait)
        self.lines += lines
        for heard in filter(None, map(step.hear or _of_a_script, lines)):
            self.text = f"{step.title}: {heard.text}"
            self._report(heard.fraction, heard.seconds_left)
        if errand.status is None:
            return bool(lines)
        self._errand = None
        if errand.status not in step.fine:
            raise WorkerError(
                "{} failed:\n{}".format(step.title, "\n".join(_why(list(errand.tail)))),
                "Correct what these lines name, and try again.",
            )
        return True

    def _follow_worker(self, wait: float) -> bool:
        assert self.worker is not None
        events = [event for event in self.worker.poll(wait) if event.job_id == self._job_id]
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
        step = self._steps[self._at]
        assert isinstance(step, Job)
        self._begun.add(step.output)
        if progress.message:
            self.log.append(progress.message)
        if progress.frame_ready and progress.frame_ready not in self.frames:
            self.frames.append(progress.frame_ready)
        self._report(progress.fraction, progress.seconds_left)
        if not self._stop:
            self.text = self._of() + message(progress)

    def _of(self) -> str:
        if len(self.jobs) == 1:
            return ""
        return f"Take {len(self.results) + 1} of {len(self.jobs)}: "

    def _end(self, error: Optional[ActAnywhereError]) -> None:
        if self._errand is not None:
            self._errand.kill()
            self._errand = None
        self._job_id = ""
        if error is not None and self._fresh:
            self._drop(error)
        self.error, self.over, self.seconds_left = error, True, None

    def _drop(self, error: ActAnywhereError) -> None:
        """A take that was refused, or never begun, is none; one that was stopped or cut off is kept, to go on with."""
        for job in self.jobs:
            stopped = isinstance(error, Cancelled) and job.output in self._sent
            cut_off = isinstance(error, WorkerError) and job.output in self._begun
            if stopped or cut_off or read_take(job.output).frames_done or _has_windows(job.output):
                continue
            try:
                remove_take(read_take(job.output))
                self.dropped.append(job.output)
            except ActAnywhereError:
                pass  # the first error is the one to tell


def _has_windows(folder: str) -> bool:
    """Whether the engine keeps something in the take to go on from: painted windows, or files of its own."""
    kept = [name for _, _, names in os.walk(os.path.join(folder, ".actanywhere")) for name in names]
    return any(name != "job.json" for name in kept)


def _why(lines: List[str]) -> List[str]:
    """Of what a program printed last, the lines that name an error; without any, the last ones."""
    named = [line.strip() for line in lines if "error:" in line.lower()]
    return named[:4] or lines[-8:]


def _of_a_script(line: str) -> Optional[Heard]:
    """What our own scripts say on a line of their own; None for what libraries print. Raises ``FootageError``."""
    if not line.startswith('{"actanywhere"'):
        return None
    said: Dict[str, Any] = json.loads(line)["actanywhere"]
    if "error" in said:
        raise FootageError(said["error"], said["remedy"])
    return Heard(f"frame {said['done']} of {said['total']}", said["done"] / max(1, said["total"]))
