"""Workers over a list of shots: each takes the next one when it is free, on a GPU of its own if there are enough."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ..contract.errors import ActAnywhereError, Cancelled, JobError, WorkerError
from ..contract.job import Job, Result
from ..contract.launch import Event, Worker
from ..farm.needs import needs_of
from ..shotlist import Entry
from .follow import Interrupts, RendersJobs
from .outcome import Outcome
from .screen import Screen, begin

_GIB = 2**30
_TRIES = 2


@dataclass(frozen=True)
class _Waiting:
    """A shot that waits: its number in the list, and how often it was begun."""

    number: int
    entry: Entry
    job: Job
    begun: int = 0


@dataclass(frozen=True)
class _Running:
    """A shot in a worker."""

    shot: _Waiting
    job_id: str
    since: float


def render_all(
    entries: Sequence[Entry], workers: Sequence[RendersJobs], screen: Screen, interrupts: Interrupts
) -> list[Outcome]:
    """Render every good entry; gives the outcomes in the list's order.

    A worker that dies is started again, and its shot once more: it goes on from its finished frames. The first
    interrupt stops the running shots and leaves out the others; the second kills the workers.
    """
    return _Pool(entries, workers, screen, interrupts).run()


class _Pool:
    def __init__(
        self, entries: Sequence[Entry], workers: Sequence[RendersJobs], screen: Screen, interrupts: Interrupts
    ) -> None:
        self._entries, self._workers = entries, workers
        self._screen, self._interrupts = screen, interrupts
        self._outcomes: dict[int, Outcome] = {}
        self._waiting: deque[_Waiting] = deque()
        self._running: dict[int, _Running] = {}
        self._cancelling = False

    def run(self) -> list[Outcome]:
        for number, entry in enumerate(self._entries):
            if entry.job is None:
                self._outcomes[number] = Outcome(entry.name, "bad", error=entry.error)
            else:
                self._waiting.append(_Waiting(number, entry, entry.job))
        while self._waiting or self._running:
            self._stop_if_asked()
            for place, worker in enumerate(self._workers):
                if place not in self._running and self._waiting:
                    self._begin(place, worker, self._waiting.popleft())
            for place in list(self._running):
                for event in self._workers[place].poll(wait=0.1 / len(self._running)):
                    self._hear(place, event)
        return [self._outcomes[number] for number in range(len(self._entries))]

    def _begin(self, place: int, worker: RendersJobs, shot: _Waiting) -> None:
        if not shot.begun:
            self._screen.note(f"{shot.number + 1} of {len(self._entries)}: {shot.entry.name}")
        begin(self._screen, shot.entry.name, "starting the engine")
        try:
            job_id = worker.submit(shot.job)
        except ActAnywhereError as error:
            self._end(shot, 0.0, error)
            return
        self._running[place] = _Running(shot, job_id, time.monotonic())

    def _hear(self, place: int, event: Event) -> None:
        running = self._running.get(place)
        if running is None or event.job_id != running.job_id:
            return
        shot, seconds = running.shot, time.monotonic() - running.since
        if event.progress is not None:
            self._screen.progress(shot.entry.name, event.progress)
            return
        del self._running[place]
        if event.result is not None:
            self._finish(shot, seconds, event.result)
        elif isinstance(event.error, WorkerError) and shot.begun + 1 < _TRIES and not self._interrupts.asked:
            self._screen.clear()
            self._screen.note(f"{shot.entry.name}: {event.error.message} It is begun once more.")
            self._waiting.appendleft(_Waiting(shot.number, shot.entry, shot.job, shot.begun + 1))
        else:
            assert event.error is not None
            self._end(shot, seconds, event.error)

    def _finish(self, shot: _Waiting, seconds: float, result: Result) -> None:
        self._screen.result(shot.entry.name, result)
        self._outcomes[shot.number] = Outcome(
            shot.entry.name, "finished", str(result.frames), result.camera, seconds
        )

    def _end(self, shot: _Waiting, seconds: float, error: ActAnywhereError) -> None:
        self._screen.error(shot.entry.name, error)
        status = "stopped" if isinstance(error, Cancelled) else "failed"
        self._outcomes[shot.number] = Outcome(shot.entry.name, status, seconds=seconds, error=error)

    def _stop_if_asked(self) -> None:
        if not self._interrupts.asked:
            return
        while self._waiting:
            shot = self._waiting.popleft()
            self._outcomes[shot.number] = Outcome(shot.entry.name, "left out")
        if not self._cancelling:
            self._cancelling = True
            self._screen.note(
                "Stopping after this step; finished frames are kept. Ctrl-C again stops at once."
            )
            for place, running in self._running.items():
                self._workers[place].cancel(running.job_id)
        if self._interrupts.asked > 1:
            for place, running in list(self._running.items()):
                self._workers[place].close(grace=0)
                del self._running[place]
                error = Cancelled("Stopped at once.", "Finished frames are kept: the same command continues.")
                self._end(running.shot, time.monotonic() - running.since, error)


@contextmanager
def open_workers(count: int) -> Iterator[list[Worker]]:
    """``count`` workers, started together and closed in the end; with several graphics cards, each sees one."""
    cards = graphics_cards()
    with ExitStack() as stack:
        workers = []
        for number in range(count):
            own = (
                {"CUDA_VISIBLE_DEVICES": cards[number % len(cards)]} if count > 1 and len(cards) > 1 else None
            )
            workers.append(stack.enter_context(Worker(environment=own)))
        yield workers


def graphics_cards() -> list[str]:
    """The NVIDIA cards that may be used, as CUDA_VISIBLE_DEVICES names them; asked without loading CUDA."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [card.strip() for card in allowed.split(",") if card.strip() not in ("", "-1")]
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    try:
        listed = subprocess.run(
            [command, "--query-gpu=index", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return listed.stdout.split()


def affordable_workers(asked: int, jobs: Sequence[Job], free_memory: float, cards: int) -> tuple[int, str]:
    """How many of the ``asked`` workers the machine has room for, and a line about it where it is fewer.

    ``free_memory`` in bytes; ``cards``: how many graphics cards. Raises ``JobError`` for
    fewer than one.
    """
    if asked < 1:
        raise JobError(f"--workers {asked} renders nothing.", "Give 1 or more.")
    count, why = min(asked, max(1, len(jobs))), ""
    needs = [needs_of(job) for job in jobs]
    memory = max((need.memory for need in needs), default=0.0)
    if memory and count > max(1, int(free_memory / _GIB / memory)):
        count = max(1, int(free_memory / _GIB / memory))
        why = f"each takes up to {memory:g} GiB of memory, and {free_memory / _GIB:.1f} are free"
    if cards and any(need.gpu_memory for need in needs) and count > cards:
        count, why = cards, f"each needs a graphics card, and there are {cards}"
    return count, f"{count} workers instead of {asked}: {why}." if why else ""
