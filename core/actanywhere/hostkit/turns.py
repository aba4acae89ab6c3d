"""A queue of sessions, in a thread that owns the worker, for hosts whose main thread must not block.

A listener is called in that thread, and hands over to the main one what belongs there.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import itertools
import queue
import threading
import traceback
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Tuple

from ..contract.errors import WorkerError
from ..contract.launch import Worker
from .session import Session

_TURN = 0.1  # seconds between two looks at listeners that may want to stop


class Listener:
    """What a session's owner hears, in the thread of the turns. ``ended`` is the last call, and always comes."""

    def began(self, session: Session) -> None:
        """Its turn has come."""

    def moved(self, session: Session) -> None:
        """There is news."""

    def wants_stop(self) -> bool:
        """Asked ten times a second while it runs: True stops it."""
        return False

    def ended(self, session: Session) -> None:
        """It is over; ``session.error`` may be set."""


@dataclass
class _Entry:
    session: Session
    command: Tuple[str, ...]
    listener: Listener


class Turns:
    """Sessions of one host, one after the other, in a worker whose model stays loaded.

    ``make_worker`` gives a Worker for a command. A session with another command than the last gets a new worker.
    """

    def __init__(self, make_worker: Optional[Callable[[List[str]], Worker]] = None) -> None:
        self._make_worker = make_worker or Worker
        self._waiting: queue.Queue[Optional[int]] = queue.Queue()
        self._entries: Dict[int, _Entry] = {}
        self._numbers = itertools.count(1)
        self._thread: Optional[threading.Thread] = None
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a session runs or waits."""
        return bool(self._entries)

    def submit(self, session: Session, command: List[str], listener: Listener) -> int:
        """Queue a session for the worker that ``command`` starts; gives its number at once."""
        with self._lock:
            number = next(self._numbers)
            self._entries[number] = _Entry(session, tuple(command), listener)
            self._waiting.put(number)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="ActAnywhere", daemon=True)
                self._thread.start()
        return number

    def cancel(self, number: int) -> None:
        """Stop a session, or take it out of the queue; its listener hears of its end."""
        entry = self._entries.get(number)
        if entry is not None:
            entry.session.cancel()

    def is_running(self, number: int) -> bool:
        """Whether that session has not ended yet."""
        return number in self._entries

    def close(self) -> None:
        """End the worker and the thread; sessions that were not done are cancelled."""
        for entry in list(self._entries.values()):
            entry.session.cancel()
        thread = self._thread
        if thread is not None:
            self._waiting.put(None)
            thread.join(20.0)

    def _serve(self) -> None:
        worker: Optional[Worker] = None
        command: Tuple[str, ...] = ()
        while True:
            number = self._waiting.get()
            if number is None:
                break
            entry = self._entries[number]
            if worker is None or command != entry.command:
                if worker is not None:
                    worker.close()
                worker, command = self._make_worker(list(entry.command)), entry.command
            entry.session.worker = worker
            self._run(entry)
            self._entries.pop(number)
            self._tell(entry.listener.ended, entry.session)
        if worker is not None:
            worker.close()
        self._thread = None

    def _run(self, entry: _Entry) -> None:
        session, listener = entry.session, entry.listener
        try:
            if listener.wants_stop():
                session.cancel()
            if not session.stopping:
                listener.began(session)
            while not session.over:
                if session.step(_TURN):
                    listener.moved(session)
                if listener.wants_stop():
                    session.cancel()
        except Exception:
            session.abandon()
            session.error = _bug()

    def _tell(self, call: Callable[[Session], None], session: Session) -> None:
        try:
            call(session)
        except Exception:
            traceback.print_exc()  # the host's own trouble must not end the thread that serves the others


def _bug() -> WorkerError:
    return WorkerError(
        f"This is a bug in ActAnywhere.\n{traceback.format_exc()}",
        "Report it with this text and the job file.",
    )
