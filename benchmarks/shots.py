"""Whole shots, as an artist renders them: seconds a frame, peak memory, cold start.

Every shot is a ``render`` command in a process of its own; its peak memory is that of the largest process.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from actanywhere.contract.launch import Worker

from .child import ChildRun, run_child
from .machine import describe
from .plate import make_shot
from .records import Figure, Record

__all__ = ["measure_shots", "render_flags", "render_shot"]


def measure_shots(lengths: Sequence[int], model: str, command: str) -> Iterator[Record]:
    """Render a made-up 640x360 shot of every length, and the first length with PyTorch besides."""
    for backend, frames in [("torch", lengths[0]), *(("auto", count) for count in lengths)]:
        run, stages = render_shot(frames, 1.0, ["--model", model, "--backend", backend])
        yield Record(
            "shots",
            f"{frames} frames, backend {backend}",
            (
                Figure("start to end", run.seconds, "s"),
                Figure("processor", run.cpu_seconds, "s"),
                Figure("a frame, processor", run.cpu_seconds / frames, "s", plotted=True),
                Figure("worker ready", _worker_ready(), "s"),
                Figure("first frame written", _first_frame(run), "s"),
                Figure("peak memory", run.peak_mib, "MiB"),
                *(Figure(stage, took, "s", detail=True) for stage, took in stages.items()),
            ),
            command,
            describe(),
        )


def render_shot(frames: int, scale: float, flags: Sequence[str]) -> tuple[ChildRun, dict[str, float]]:
    """``actanywhere render`` of a made-up shot, 640x360 times ``scale``, and the seconds of its stages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shot = [part for pair in make_shot(folder / "in", frames, scale).items() for part in pair]
        run = render_flags([*shot, "--output", str(folder / "out"), *flags])
        return run, json.loads((folder / "out" / "result.json").read_text())["seconds"]


def render_flags(flags: Sequence[str]) -> ChildRun:
    """``actanywhere render --json`` with these flags, in a process of its own."""
    run = run_child([sys.executable, "-m", "actanywhere", "render", "--json", *flags])
    if run.status != 0:
        why = "\n".join(line for _, line in run.lines[-2:]) or run.errors
        raise SystemExit(f"The shot was not rendered:\n{why}")
    return run


def _worker_ready() -> float:
    """Seconds from a worker's start to its hello: it takes jobs from then on."""
    begun = time.perf_counter()
    with Worker() as worker:
        while not worker.hello:
            worker.poll(0.01)
        return time.perf_counter() - begun


def _first_frame(run: ChildRun) -> float:
    for seconds, line in run.lines:
        if json.loads(line).get("progress", {}).get("frame_ready"):
            return seconds
    return run.seconds
