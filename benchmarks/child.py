"""A command in a process of its own, and what it took: time, processor time, peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ChildRun", "run_child"]

_METER = str(Path(__file__).with_name("meter.py"))


@dataclass(frozen=True)
class ChildRun:
    """``peak_mib`` is the largest resident size of the process or of any that it started and waited for.

    ``lines`` are those of its standard output, with the seconds after the start at which each came.
    """

    status: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    lines: list[tuple[float, str]]
    errors: str


def run_child(command: Sequence[str]) -> ChildRun:
    """Run ``command`` to its end."""
    lines: list[tuple[float, str]] = []
    with tempfile.TemporaryDirectory() as name:
        took, errors = Path(name) / "took.json", Path(name) / "errors.txt"
        metered = [sys.executable, "-I", "-S", _METER, str(took), *command]
        start = time.perf_counter()
        # Into a file: a pipe that nobody reads would stop the child when it is full.
        with errors.open("w", encoding="utf-8") as log:
            process = subprocess.Popen(metered, stdout=subprocess.PIPE, stderr=log, text=True)
            assert process.stdout is not None
            with process.stdout:
                for line in process.stdout:
                    lines.append((time.perf_counter() - start, line.rstrip("\n")))
            process.wait()
        seconds = time.perf_counter() - start
        said = errors.read_text(encoding="utf-8", errors="replace")
        return ChildRun(
            seconds=seconds, lines=lines, errors=said, **json.loads(took.read_text(encoding="utf-8"))
        )
