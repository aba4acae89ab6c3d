"""The worker of one session of Nuke: one thread owns it, jobs queue up, their listeners are told.

Nuke's main thread is never waited for and never entered here: a listener is called in the engine's own thread, and
hands over to the main one what belongs there.
"""

from __future__ import annotations

import itertools
import queue
import threading
import traceback
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Tuple

from ..contract.errors import ActAnywhereError, Cancelled, WorkerError
from ..contract.job import Job, Progress, Result
from ..contract.launch import Event, Worker

__all__ = ["Engine", "Listener"]

_TURN = 0.1  # seconds between two looks at listeners that may want to stop


class Listener:
    """What a job's owner hears, in the engine's thread. The last call is ``finished`` or ``failed``."""

    def started(self) -> None:
        """The job was handed to the worker."""

    def progress(self, progress: Progress) -> None:
        """How far it is."""

    def wants_stop(self) -> bool:
        """Asked ten times a second while the job runs: True stops it."""
        return False

    def finished(self, result: Result) -> None:
        """The layer is whole."""

    def failed(self, error: ActAnywhereError) -> None:
        """It ended without; ``Cancelled`` when it was stopped."""


@dataclass
class _Entry:
    job: Job
    command: Tuple[str, ...]
    listener: Listener
    stop: bool = False
    sent: str = ""


class Engine:
    """Jobs of one session, one after the other, in a worker whose model stays loaded.

    ``make_worker`` gives a Worker for a command. A job with another command than the last gets a new worker.
    """

    def __init__(self, make_worker: Optional[Callable[[List[str]], Worker]] = None) -> None:
        self._make_worker = make_worker or Worker
        self._orders: queue.Queue[Optional[int]] = queue.Queue()
        self._entries: Dict[int, _Entry] = {}
        self._numbers = itertools.count(1)
        self._thread: Optional[threading.Thread] = None
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return bool(self._entries)

    def submit(self, job: Job, command: List[str], listener: Listener) -> int:
        """Queue a job for the worker that ``command`` starts; gives its number at once."""
        with self._lock:
            number = next(self._numbers)
            self._entries[number] = _Entry(job, tuple(command), listener)
            self._orders.put(number)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="ActAnywhere", daemon=True)
                self._thread.start()
        return number

    def cancel(self, number: int) -> None:
        """Stop a job, or take it out of the queue; its listener hears ``Cancelled``."""
        entry = self._entries.get(number)
        if entry is not None:
            entry.stop = True

    def is_running(self, number: int) -> bool:
        """Whether that job has not ended yet."""
        return number in self._entries

    def close(self) -> None:
        """End the worker and the thread; jobs that were not done hear ``Cancelled``."""
        for entry in list(self._entries.values()):
            entry.stop = True
        thread = self._thread
        if thread is not None:
            self._orders.put(None)
            thread.join(20.0)

    def _serve(self) -> None:
        worker: Optional[Worker] = None
        command: Tuple[str, ...] = ()
        while True:
            number = self._orders.get()
            if number is None:
                break
            entry = self._entries[number]
            if worker is None or command != entry.command:
                if worker is not None:
                    worker.close()
                worker, command = self._make_worker(list(entry.command)), entry.command
            self._end(number, self._run(worker, entry))
        if worker is not None:
            worker.close()
        self._thread = None

    def _run(self, worker: Worker, entry: _Entry) -> Event:
        """The last event of a job: its result or its error, also when something here is broken."""
        try:
            if entry.stop or entry.listener.wants_stop():
                raise Cancelled("Stopped before it began.")
            entry.sent = worker.submit(entry.job)
            entry.listener.started()
            while True:
                for event in worker.poll(wait=_TURN):
                    if event.progress is None:
                        return event
                    entry.listener.progress(event.progress)
                if entry.stop or entry.listener.wants_stop():
                    worker.cancel(entry.sent)
        except ActAnywhereError as error:
            return Event(entry.sent, error=error)
        except Exception:
            worker.close()
            return Event(entry.sent, error=_bug())

    def _end(self, number: int, last: Event) -> None:
        listener = self._entries.pop(number).listener
        try:
            if last.result is not None:
                listener.finished(last.result)
            else:
                listener.failed(last.error or _bug())
        except Exception:
            traceback.print_exc()  # the host's own trouble must not end the thread that serves the others


def _bug() -> WorkerError:
    return WorkerError(
        "This is a bug in ActAnywhere.\n%s" % traceback.format_exc(),
        "Report it with this text and the job file.",
    )
