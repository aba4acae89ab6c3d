"""Whole shots, as an artist renders them: seconds a frame, peak memory, cold start.

Every shot is a ``render`` command in a process of its own; its peak memory is that of the largest process.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .child import ChildRun, run_child
from .plate import make_shot

__all__ = ["ShotRow", "measure_shots"]


@dataclass(frozen=True)
class ShotRow:
    """One rendered shot. ``cold_start`` is the wall's time until the first frame was on disk."""

    frames: int
    seconds: float
    cpu_seconds: float
    cold_start: float
    peak_mib: float
    stages: dict[str, float]

    @property
    def seconds_a_frame(self) -> float:
        """From the command's start to its end, by the wall's clock."""
        return self.seconds / self.frames


def measure_shots(lengths: Sequence[int], settings: Sequence[str]) -> Iterator[ShotRow]:
    """Render a made-up 640x360 shot of every length with ``settings`` (flags of ``actanywhere render``)."""
    for frames in lengths:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            flags = [part for pair in make_shot(folder / "in", frames).items() for part in pair]
            output = folder / "out"
            command = [
                sys.executable,
                "-m",
                "actanywhere",
                "render",
                *flags,
                "--output",
                str(output),
                "--json",
            ]
            run = run_child([*command, *settings])
            if run.status != 0:
                said = [line for _, line in run.lines[-2:]]
                why = "\n".join(said) or run.errors
                raise SystemExit(f"The shot of {frames} frames was not rendered:\n{why}")
            stages = json.loads((output / "result.json").read_text())["seconds"]
            yield ShotRow(frames, run.seconds, run.cpu_seconds, _first_frame(run), run.peak_mib, stages)


def _first_frame(run: ChildRun) -> float:
    for seconds, line in run.lines:
        if json.loads(line).get("progress", {}).get("frame_ready"):
            return seconds
    return run.seconds
