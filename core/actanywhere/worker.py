"""The worker process, which renders many jobs with one loaded model. ``contract.launch`` documents its protocol.

One thread listens, one shows that the process lives, and the main thread renders. Everything that a library
prints goes to standard error, so that standard output carries the protocol alone.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from . import __version__
from .contract.errors import ActAnywhereError, Cancelled, WorkerError
from .contract.job import Job, Progress, Result
from .contract.launch import PROTOCOL

#: Renders one job: (job, report, cancelled) -> Result.
Render = Callable[[Job, Callable[[Progress], None], Callable[[], bool]], Result]

_HEARTBEAT = 2.0
_GRACE = 1.0
# Only Python and CUDA have a class for it; PyTorch on a processor, OpenCV and the system say it in words.
_OUT_OF_MEMORY = re.compile(r"out of memory|(allocate|enough|insufficient) memory|bad_alloc", re.IGNORECASE)


def main(render: Render | None = None) -> int:
    """Serve jobs from standard input until it ends (with ``render.render`` if left out). Exit status 0."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # a render never goes online: 'models pull' does
    requests, answers = _take_over_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's to judge: it sends a cancel
    serve(requests, answers, render or _render_with_kept_model())
    return 0


def serve(requests: BinaryIO, answers: BinaryIO, render: Render) -> None:
    """Answer the requests of one host with ``render`` until the input ends; the process ends with it."""
    conversation = _Conversation(answers)
    threading.Thread(target=_listen, args=(requests, conversation), daemon=True).start()
    threading.Thread(target=_beat, args=(conversation,), daemon=True).start()
    while (request := conversation.next_job()) is not None:
        _answer(request, conversation, render)
    conversation.idle.set()


class _Conversation:
    """What the three threads share."""

    def __init__(self, answers: BinaryIO) -> None:
        self.ended = threading.Event()
        self.idle = threading.Event()
        self.current = ""
        self.alive = time.monotonic()
        self._waiting: dict[str, dict[str, Any]] = {}
        self._cancelled = False  # the current job
        self._changed = threading.Condition()
        self._answers = answers
        self._writing = threading.Lock()

    def add_job(self, request: dict[str, Any]) -> None:
        """Let a job wait for its turn."""
        with self._changed:
            self._waiting[str(request.get("id", ""))] = request
            self._changed.notify()

    def next_job(self) -> dict[str, Any] | None:
        """Wait for the request of the next job, which is then the current one; None when the input has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self.ended.is_set())
            if self.ended.is_set():
                return None
            self.current = next(iter(self._waiting))
            self._cancelled, self.alive = False, time.monotonic()
            return self._waiting.pop(self.current)

    def cancel(self, job_id: str) -> None:
        """Stop the current job at its next step; a waiting one is answered here, and the current one goes on."""
        with self._changed:
            self._cancelled |= job_id == self.current
            waited = self._waiting.pop(job_id, None) is not None
        if waited:
            self.say(event="error", id=job_id, error=Cancelled("Stopped before it began.").to_dict())

    def end(self) -> None:
        """The input has ended: no other job begins."""
        with self._changed:
            self.ended.set()
            self._changed.notify()

    def say(self, **event: Any) -> None:
        """Write one line; a host that is gone ends the process, as the end of the input does."""
        line = json.dumps(event).encode("ascii") + b"\n"
        try:
            with self._writing:
                self._answers.write(line)
                self._answers.flush()
        except OSError:
            os._exit(0)

    def stopped(self) -> bool:
        """Whether the current job is to stop now; asking is a sign of life."""
        self.alive = time.monotonic()
        return self.ended.is_set() or self._cancelled


def _answer(request: dict[str, Any], conversation: _Conversation, render: Render) -> None:
    job_id = conversation.current

    def report(progress: Progress) -> None:
        conversation.say(event="progress", id=job_id, progress=progress.to_dict())
        conversation.alive = time.monotonic()  # after: a host that stands still holds the line up

    try:
        result = render(Job.from_dict(request["job"]), report, conversation.stopped)
        conversation.say(event="result", id=job_id, result=result.to_dict())
    except ActAnywhereError as error:
        conversation.say(event="error", id=job_id, error=error.to_dict())
    except Exception as error:
        traceback.print_exc()
        conversation.say(event="error", id=job_id, error=_bug(error).to_dict())
    finally:
        conversation.current = ""


def _bug(error: Exception) -> WorkerError:
    if isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(str(error)):
        return WorkerError(
            "The memory did not suffice: {}".format((str(error).splitlines() or ["no details"])[0]),
            "Close other applications, render with a smaller --size or fewer frames (--frames) at a time, or, where it "
            "is the graphics card's memory, on the processor (--device cpu).",
        )
    text = "".join(traceback.format_exception(error))
    return WorkerError(f"This is a bug in ActAnywhere.\n{text}", "Report it with this text and the job file.")


def _listen(requests: BinaryIO, conversation: _Conversation) -> None:
    for line in iter(requests.readline, b""):
        try:
            request = json.loads(line)
            op = request["op"]
        except (ValueError, RecursionError, KeyError, TypeError):
            print(f"worker: not a request: {line[:200]!r}", file=sys.stderr, flush=True)
            continue
        if op == "hello":
            conversation.say(event="hello", protocol=PROTOCOL, version=__version__, pid=os.getpid())
        elif op == "render":
            conversation.add_job(request)
        elif op == "cancel":
            conversation.cancel(str(request.get("id", "")))
        elif op == "quit":
            break
    conversation.end()
    # A step of the network can outlast its host by minutes. Frames are written atomically: leaving is safe.
    conversation.idle.wait(_GRACE)
    os._exit(0)


def _beat(conversation: _Conversation) -> None:
    while not conversation.ended.wait(_HEARTBEAT):
        job_id = conversation.current
        idle = time.monotonic() - conversation.alive if job_id else 0.0
        conversation.say(event="heartbeat", id=job_id, idle=round(idle, 3))


def _take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    """The protocol's own streams; what is left under their numbers is nothing to read, and the log to write."""
    sys.stdout.flush()
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, answers


def _render_with_kept_model() -> Render:
    kept: list[Any] = []

    def render(job: Job, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Result:
        # Imported here: the worker says hello before it loads anything, and bad input is told before torch is.
        _import_numpy()
        from .engines.find import Engines

        if not kept:
            kept.append(Engines())
        kept[0].load_beside(job.settings)
        from .render.render import render as render_job

        return render_job(job, report, cancelled, kept[0])

    return render


def _import_numpy() -> None:
    """NumPy with a BLAS of one thread: frames are worked on side by side, where its own threads wait in a busy loop."""
    asked = "OPENBLAS_NUM_THREADS" in os.environ
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy  # noqa: F401  # it reads that now, once

    if not asked:
        del os.environ["OPENBLAS_NUM_THREADS"]  # PyTorch's own may have all


if __name__ == "__main__":
    sys.exit(main())
