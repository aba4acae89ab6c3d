"""A worker whose renders are words: the real protocol, no network. The shot's name says how it behaves."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from actanywhere import worker
from actanywhere.contract.errors import Cancelled, FootageError
from actanywhere.contract.job import DecisionRecord, Job, Progress, Result
from actanywhere.contract.shot import FrameRange

_FRAMES = FrameRange(1001, 1004)
_NO_MEMORY: dict[str, Exception] = {
    "python": MemoryError(),
    "cuda": RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    "torch": RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 4096000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    "windows": RuntimeError(
        "DefaultCPUAllocator: not enough memory: you tried to allocate 4096000000 bytes."
    ),
    "opencv": cv2.error(
        "OpenCV(5.0.0) alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate 10800000000 bytes in "
        "function 'OutOfMemoryError'\n"
    ),
}
_served = 0


def render(job: Job, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Result:
    global _served
    _served += 1
    how = job.shot.name.split("-")[0]
    if how == "bad":
        raise FootageError("frame 1003 is missing", "Copy it again.")
    if how == "bug":
        raise KeyError("latents")
    if how == "memory":
        raise _NO_MEMORY[job.shot.name.split("-")[1]]
    if how == "die":
        print("the last words of a library", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "faint" and not Path(job.output, "fainted").exists():
        Path(job.output).mkdir(parents=True)
        Path(job.output, "fainted").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
    if how == "hang":
        time.sleep(3600)
    if how == "noisy":
        print("a library says hello")
        os.write(1, b'{"event": "result", "id": "nonsense"\n')
        os.system("echo a tool says hello")
        assert sys.stdin.read() == ""
    if how == "child":
        Path(job.output, "child").write_text(str(_child()))
    steps = {"slow": 600, "deaf": 600, "child": 600, "steady": 50}.get(how, 4)
    for step in range(1, steps + 1):
        if cancelled() and how != "deaf":
            raise Cancelled(f"Stopped at step {step}.", "Finished frames are kept.")
        report(Progress("Denoising", step, steps, "steps", step / steps, (steps - step) * 0.05))
        if how == "greedy" and step == 1:
            _hold_up_other_threads(1.5)
        if steps > 4:
            time.sleep(0.05)
    card = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    versions = {"served": str(_served), "pid": str(os.getpid()), "card": card}
    layer = os.path.join(job.output, "layer.####.exr")
    return Result(
        job,
        layer,
        _FRAMES,
        [
            DecisionRecord("camera", "still", "the double knows no other", "camera"),
            DecisionRecord("shadow", "none", "none was asked for", "shadow"),
        ],
        "0" * 64,
        {},
        versions,
        {},
        [],
    )


def _hold_up_other_threads(seconds: float) -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(60)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass
    sys.setswitchinterval(usual)


def _child() -> int:
    child = os.fork()
    if child == 0:
        time.sleep(3600)
        os._exit(0)
    return child


if __name__ == "__main__":
    worker._HEARTBEAT = 0.2
    sys.exit(worker.main(render))
