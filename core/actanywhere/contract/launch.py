"""The worker process from the host's side: start, submit, watch, cancel, close.

A host (the command line, Blender, Nuke) keeps one ``Worker`` and gives it many jobs; the worker keeps its
model loaded between them. Nothing heavy is ever imported here.

    with Worker() as worker:                      # blocking code
        for event in worker.events(worker.submit(job)):
            ...                                   # Progress, Progress, ..., Result; errors are raised

    worker = Worker(); job_id = worker.submit(job)    # a host's main thread, from a timer
    for event in worker.poll(): ...                   # returns at once, with the Events so far

The protocol, version 1: one JSON object a line, ASCII, over the standard streams of the child process.

    host -> worker                              worker -> host
    {"op": "hello"}                             {"event": "hello", "protocol", "version", "pid"}
    {"op": "render", "id", "job"}               {"event": "progress", "id", "progress"}, many times, then
                                                {"event": "result", "id", "result"} or
                                                {"event": "error", "id", "error": {kind, message, remedy}}
    {"op": "cancel", "id"}                      the job's error, of kind Cancelled; at once if it waits
    {"op": "quit"} or the end of its input      nothing: it stops at once and keeps finished frames
                                                {"event": "heartbeat", "id", "idle"} every two seconds;
                                                idle: seconds since the job last showed life

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any, Callable, Deque, Dict, Iterator, List, Optional, Union

from .errors import ActAnywhereError, Cancelled, WorkerError, error_from_dict
from .interpreter import end_group, environment_of, own_group, worker_command
from .job import Job, Progress, Result

PROTOCOL = 1

_LOG_LINES = 400
_TAIL_LINES = 15
_SAME_VERSION = "Bring the engine and its host (the add-on, the node) to the same version of ActAnywhere."
_RENDER_AGAIN = "Render again: finished frames are kept and reused. If it comes back: actanywhere doctor."


@dataclass(frozen=True)
class Event:
    """What the worker says of one job: exactly one of ``progress``, ``result`` and ``error`` is set.

    A result or an error is the job's last event.
    """

    job_id: str
    progress: Optional[Progress] = None
    result: Optional[Result] = None
    error: Optional[ActAnywhereError] = None


class Worker:
    """A child process that renders, one job after another.

    ``command`` is what to start (left out: ``worker_command()``), and ``remedy`` says how another one is chosen.
    ``environment`` is laid over the host's own.
    A worker from which no line comes for ``silence`` seconds, or whose job shows no life for ``stall``
    seconds, is killed, and the job ends with a WorkerError. A running job that was cancelled and has not
    stopped after ``grace`` seconds is stopped by killing the worker; finished frames are kept either way. The
    next ``submit`` starts a new worker. Cancelling a job that waits leaves the running one alone.
    """

    def __init__(
        self,
        command: Optional[List[str]] = None,
        environment: Optional[Dict[str, str]] = None,
        silence: float = 60.0,
        stall: float = 900.0,
        grace: float = 3.0,
        remedy: str = "",
    ) -> None:
        self.hello: Dict[str, Any] = {}  #: what the worker said of itself; empty until it has
        self._command = command
        self._remedy = remedy
        self._environment = environment
        self._silence, self._stall, self._grace = silence, stall, grace
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._lines: queue.Queue[Optional[bytes]] = queue.Queue()
        self._heard = self._watched = 0.0
        self._log: Deque[str] = deque(maxlen=_LOG_LINES)
        self._readers: List[threading.Thread] = []
        self._jobs: Dict[str, Optional[float]] = {}  # job -> when a cancelled one has to be over
        self._events: List[Event] = []

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def busy(self) -> bool:
        """Whether a job is running or waiting."""
        return bool(self._jobs)

    @property
    def pid(self) -> Optional[int]:
        """The process, while there is one."""
        return None if self._process is None else self._process.pid

    @property
    def log(self) -> List[str]:
        """The last lines that the worker (or a library in it) printed."""
        return list(self._log)

    def start(self) -> None:
        """Start the process if there is none; returns at once. Raises WorkerError."""
        if self._process is not None:
            return
        command = self._command or worker_command()
        environment = environment_of(command[0], self._environment or {})
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                **own_group(),
            )
        except OSError as error:
            raise WorkerError(
                f"The worker could not be started with {command[0]}: {error}.", self._other_engine()
            ) from error
        self._process, self.hello, self._heard = process, {}, time.monotonic()
        self._lines = queue.Queue()
        self._log.clear()
        self._readers = [
            _thread(self._read_log, process.stderr),
            _thread(self._read_lines, process.stdout, self._lines),
        ]
        self._send({"op": "hello"})

    def submit(self, job: Job) -> str:
        """Send a job (starting the worker if need be) and get its id; returns at once. Raises WorkerError."""
        self.start()
        job_id = uuid.uuid4().hex[:12]
        if not self._jobs:
            self._heard = time.monotonic()
        self._jobs[job_id] = None
        self._send({"op": "render", "id": job_id, "job": job.to_dict()})
        return job_id

    def cancel(self, job_id: str) -> None:
        """Ask for the end of a job; its last event, soon, is an error ``Cancelled``."""
        if job_id in self._jobs and self._jobs[job_id] is None:
            self._jobs[job_id] = time.monotonic() + self._grace
            self._send({"op": "cancel", "id": job_id})

    def poll(self, wait: float = 0.0) -> List[Event]:
        """The events since the last call, oldest first; with ``wait``, after at most so many seconds of none."""
        self._drain(wait if not self._events else 0.0)
        self._watch()
        events, self._events = self._events, []
        return events

    def events(self, job_id: str) -> Iterator[Union[Progress, Result]]:
        """The Progress of one job as it comes, then its Result. Raises the job's error."""
        while True:
            if job_id not in self._jobs and all(event.job_id != job_id for event in self._events):
                raise WorkerError(f"There is no job {job_id}.", "Give an id that submit returned.")
            events = self.poll(wait=0.1)
            mine = [event for event in events if event.job_id == job_id]
            others = [event for event in events if event.job_id != job_id]
            self._events = others + self._events  # for whoever asks for those jobs
            for event in mine:
                if event.error is not None:
                    raise event.error
                if event.result is not None:
                    yield event.result
                    return
                assert event.progress is not None
                yield event.progress
            if others:
                time.sleep(0.05)

    def close(self, grace: float = 2.0) -> None:
        """End the worker: politely, and after ``grace`` seconds by force (0: by force at once).

        Jobs that were not done get no more events. No process is left.
        """
        process = self._process
        if process is None:
            return
        self._jobs.clear()
        self._events.clear()
        if grace > 0:
            self._send({"op": "quit"})
            try:
                process.stdin.close()  # type: ignore[union-attr]
                process.wait(grace)
            except (OSError, subprocess.TimeoutExpired):
                pass
        self._end()

    # -- what the worker says ----------------------------------------------------------------------------

    def _read_lines(self, stream: Any, lines: queue.Queue[Optional[bytes]]) -> None:
        with stream:
            for line in iter(stream.readline, b""):
                self._heard = time.monotonic()
                lines.put(line)
        lines.put(None)

    def _read_log(self, stream: Any) -> None:
        with stream:
            for line in iter(lambda: stream.readline(4096), b""):
                self._log.append(line.decode("utf-8", "replace").rstrip())

    def _drain(self, wait: float) -> None:
        if self._process is None:
            return
        try:
            line = self._lines.get(wait > 0, wait)
            while True:
                if line is None:
                    self._died()
                    return
                self._take(line)
                if self._process is None:
                    return
                line = self._lines.get_nowait()
        except queue.Empty:
            pass

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line.decode("ascii"))
            self._hear(said)
        except (ValueError, KeyError, TypeError, AttributeError, ActAnywhereError) as error:
            text = line[:200].decode("utf-8", "replace").strip()
            self._fail(f"The worker said what this version does not understand ({error}): {text}")

    def _hear(self, said: Dict[str, Any]) -> None:
        kind, job_id = said["event"], said.get("id", "")
        if kind == "hello":
            self.hello = said
            if said["protocol"] != PROTOCOL:
                found = "The engine is version %s: protocol %s, not %s."
                self._fail(found % (said["version"], said["protocol"], PROTOCOL), remedy=_SAME_VERSION)
        elif kind == "heartbeat":
            if said["idle"] > self._stall and job_id in self._jobs:
                self._fail(f"The worker hung: nothing was done for {said['idle']:.0f} seconds.")
        elif job_id in self._jobs:
            if kind == "progress":
                self._events.append(Event(job_id, progress=Progress.from_dict(said["progress"])))
            elif kind == "result":
                self._finish(Event(job_id, result=Result.from_dict(said["result"])))
            elif kind == "error":
                self._finish(Event(job_id, error=error_from_dict(said["error"])))

    def _finish(self, event: Event) -> None:
        del self._jobs[event.job_id]
        self._events.append(event)

    # -- when it goes wrong ------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self._process is None or not self._jobs:
            return
        now = time.monotonic()
        if now - self._watched > self._silence:
            # It was the host that stood still (Ctrl-Z, a debugger): what it missed is unread.
            self._heard = now
        self._watched = now
        over = next(iter(self._jobs.values()))  # the oldest job is the one that runs; the others wait
        if over is not None and now > over:
            self._fail("The worker was stopped with the job that was cancelled.")
        elif now - self._heard > self._silence:
            self._fail(f"The worker hung: no sign of life for {now - self._heard:.0f} seconds.")

    def _died(self) -> None:
        assert self._process is not None
        try:
            status = self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._fail("The worker closed its output.")
            return
        if not self.hello and status > 0:
            self._fail(
                f"{(self._command or worker_command())[0]} ended with status {status} before it answered: "
                "it has no ActAnywhere, or a broken one.",
                self._other_engine(),
            )
            return
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        if status == -9:
            how += " (the system does that when memory runs out)"
        self._fail(f"The worker {how}.")

    def _other_engine(self) -> str:
        command = (self._command or worker_command())[0]
        return self._remedy or f"Check that this Python has ActAnywhere: {command} -m actanywhere doctor."

    def _fail(self, message: str, remedy: str = _RENDER_AGAIN) -> None:
        """End the worker and every job it had: those that were cancelled as such, the others with ``message``."""
        self._end()
        tail = "\n".join(self.log[-_TAIL_LINES:])
        for job_id, over in list(self._jobs.items()):
            error: ActAnywhereError
            if over is not None:
                error = Cancelled("Stopped.", "Finished frames are kept: the same job continues from them.")
            else:
                error = WorkerError(
                    message + ("\nThe last lines of its log:\n" + tail if tail else ""),
                    remedy,
                )
            self._finish(Event(job_id, error=error))

    def _end(self) -> None:
        """Make sure that the process and all that it started are gone."""
        process, self._process = self._process, None
        if process is None:
            return
        end_group(process)
        for reader in self._readers:
            reader.join(1.0)
        try:
            process.stdin.close()  # type: ignore[union-attr]
        except OSError:
            pass  # a request that it never read

    def _send(self, request: Dict[str, Any]) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            process.stdin.flush()
        except (OSError, ValueError):
            pass  # it died: the end of its output says so to the next poll


def _thread(target: Callable[..., None], *args: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread


def run(job: Job, on_progress: Callable[[Progress], None], worker: Optional[Worker] = None) -> Result:
    """Render one job in a worker (a new one, unless one is given) and wait. Raises the job's error."""
    own = worker is None
    worker = worker or Worker()
    try:
        for event in worker.events(worker.submit(job)):
            if isinstance(event, Result):
                return event
            on_progress(event)
        raise AssertionError("events ends with a Result or an error")
    finally:
        if own:
            worker.close()
