"""A worker that a farm's session keeps, with its model loaded from task to task.

``serve`` holds the worker and speaks to one task at a time over a local socket (a named pipe on Windows) that only who
can read ``worker.json`` in the session's folder may use. JSON in both directions, never pickle.

    task -> server: {"op": "render", "job"} {"op": "cancel"} {"op": "quit"}
    server -> task: {"progress"} {"result"} {"error"}
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from ..contract.errors import ActAnywhereError, WorkerError, error_from_dict
from ..contract.interpreter import own_group
from ..contract.job import Job, Progress, Result
from ..contract.launch import Event, Worker

_ENTRY, _LOG = "worker.json", "worker.log"
_IDLE = 900.0
"""A server that nobody asked anything for so many seconds ends: its session was killed."""
_START = 60.0
_LONGEST = 100
"""Bytes of a Unix socket's path: Linux takes 107, macOS 103."""
_AGAIN = "Give the task again: finished frames are kept and reused."


def start_server(session: Path) -> None:
    """Start the session's server where none answers. Raises ``WorkerError``."""
    if _answers(session):
        return
    session = session.absolute()
    session.mkdir(parents=True, exist_ok=True)
    (session / _ENTRY).unlink(missing_ok=True)
    command = [sys.executable, "-m", "actanywhere", "farm", "serve", "--session", str(session)]
    with open(session / _LOG, "ab") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **own_group())
    until = time.monotonic() + _START
    while not _answers(session):
        if server.poll() is not None or time.monotonic() > until:
            server.kill()
            server.wait()
            tail = (session / _LOG).read_text(encoding="utf-8", errors="replace")[-1000:]
            raise WorkerError(f"The session's worker did not start.\n{tail}", "actanywhere doctor")
        time.sleep(0.02)


def stop_server(session: Path) -> None:
    """End the session's server and its worker; nothing where there is none."""
    try:
        with _connect(session) as connection:
            connection.send_bytes(b'{"op": "quit"}')
            while True:
                connection.recv_bytes()  # until it has ended
    except (OSError, EOFError, ValueError, KeyError):
        (session / _ENTRY).unlink(missing_ok=True)


def serve(session: Path, worker: Worker | None = None, idle: float = _IDLE) -> None:
    """Hold a worker for the tasks of a session, one at a time, until one says quit or none comes for ``idle`` s."""
    session = session.absolute()
    key = secrets.token_bytes(32)
    idled = _Idled(session, idle)
    with (
        _address(session) as address,
        Listener(address, authkey=key) as listener,
        worker or Worker() as held,
    ):
        _write_entry(session / _ENTRY, {"address": listener.address, "key": key.hex(), "pid": os.getpid()})
        threading.Thread(target=idled.watch, daemon=True).start()
        going = True
        while going:
            try:
                with listener.accept() as connection:
                    idled.busy = True
                    going = _converse(connection, held)
            except (OSError, EOFError, AuthenticationError) as error:
                # A task that was killed, or a wrong key.
                print(f"worker: a task left: {error}", file=sys.stderr, flush=True)
            idled.busy = False
        (session / _ENTRY).unlink(missing_ok=True)
        held.close()


@contextlib.contextmanager
def _address(session: Path) -> Iterator[str | None]:
    """The socket in the session's folder, or in a folder of its own in ``/tmp`` where its path would be too long."""
    socket = session / "worker.sock"
    if os.name == "nt":
        yield None  # a pipe that Python names
    elif len(os.fsencode(socket)) <= _LONGEST:
        socket.unlink(missing_ok=True)
        yield str(socket)
    else:  # not in TMPDIR, which a farm sets, and may be as long
        with tempfile.TemporaryDirectory(prefix="actanywhere-", dir="/tmp") as own:
            yield str(Path(own, "worker.sock"))


class _Idled:
    """Tells a server in which nothing happens that it is over."""

    def __init__(self, session: Path, seconds: float) -> None:
        self._session, self._seconds = session, seconds
        self._since = time.monotonic()
        self._busy = False

    @property
    def busy(self) -> bool:
        """Whether a task is served."""
        return self._busy

    @busy.setter
    def busy(self, now: bool) -> None:
        self._busy, self._since = now, time.monotonic()

    def watch(self) -> None:
        """Wait for the end, and say quit as a task would."""
        while self._busy or (time.monotonic() - self._since < self._seconds and self._session.is_dir()):
            time.sleep(min(1.0, self._seconds))
        if not self._session.is_dir():
            os._exit(0)  # the session was cleaned away; the worker ends with its input
        stop_server(self._session)


def _converse(connection: Connection, worker: Worker) -> bool:
    """Serve one task; whether to wait for another."""
    job_id = ""
    try:
        while True:
            while connection.poll(0.0 if worker.busy else 0.5):
                request = json.loads(connection.recv_bytes())
                if request["op"] == "quit":
                    return False
                if request["op"] == "render":
                    job_id = worker.submit(Job.from_dict(request["job"]))
                elif request["op"] == "cancel":
                    worker.cancel(job_id)
            for event in worker.poll(wait=0.1 if worker.busy else 0.0):
                connection.send_bytes(json.dumps(_said(event)).encode("ascii"))
    except ActAnywhereError as error:  # a job of another version, a worker that does not start
        connection.send_bytes(json.dumps({"error": error.to_dict()}).encode("ascii"))
        return True
    except (OSError, EOFError, ValueError, KeyError):
        worker.cancel(job_id)
        while worker.busy:
            worker.poll(wait=0.1)
        return True


def _said(event: Event) -> dict[str, Any]:
    if event.progress is not None:
        return {"progress": event.progress.to_dict()}
    if event.result is not None:
        return {"result": event.result.to_dict()}
    assert event.error is not None
    return {"error": event.error.to_dict()}


class KeptWorker:
    """The session's worker as a task sees it; a server that was killed is started again."""

    def __init__(self, session: Path) -> None:
        self._session = session
        self._connection: Connection | None = None

    def __enter__(self) -> KeptWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, job: Job) -> str:
        """Send a job; returns at once. Raises ``WorkerError``."""
        if self._connection is None:
            start_server(self._session)
            try:
                self._connection = _connect(self._session)
            except (OSError, EOFError, ValueError, KeyError) as error:
                raise WorkerError(f"The session's worker does not answer: {error}.", _AGAIN) from error
        self._send({"op": "render", "job": job.to_dict()})
        return "job"

    def cancel(self, job_id: str) -> None:
        """Ask for the end of the job."""
        self._send({"op": "cancel"})

    def poll(self, wait: float = 0.0) -> list[Event]:
        """The events so far; with ``wait``, after at most so many seconds of none."""
        events: list[Event] = []
        try:
            while self._connection is not None and self._connection.poll(0.0 if events else wait):
                events.append(_heard(json.loads(self._connection.recv_bytes())))
        except (OSError, EOFError):
            self.close()
            events.append(Event("job", error=WorkerError("The session's worker was killed.", _AGAIN)))
        return events

    def close(self, grace: float = 2.0) -> None:
        """Leave the server; a job that was not done is stopped by it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, request: dict[str, Any]) -> None:
        if self._connection is None:
            return
        with contextlib.suppress(OSError):  # poll tells it
            self._connection.send_bytes(json.dumps(request).encode("ascii"))


def _heard(said: dict[str, Any]) -> Event:
    if "progress" in said:
        return Event("job", progress=Progress.from_dict(said["progress"]))
    if "result" in said:
        return Event("job", result=Result.from_dict(said["result"]))
    return Event("job", error=error_from_dict(said["error"]))


def _connect(session: Path) -> Connection:
    entry = json.loads((session / _ENTRY).read_text(encoding="utf-8"))
    return Client(str(entry["address"]), authkey=bytes.fromhex(entry["key"]))


def _answers(session: Path) -> bool:
    try:
        _connect(session).close()
        return True
    except (OSError, EOFError, ValueError, KeyError):
        return False


def _write_entry(path: Path, entry: dict[str, Any]) -> None:
    """For its owner alone, and whole."""
    temporary = path.with_suffix(".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(entry, stream)
    os.replace(temporary, path)
