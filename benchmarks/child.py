"""A command in a process of its own, and what it took: time, processor time, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ChildRun", "run_child"]


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
    start = time.perf_counter()
    lines: list[tuple[float, str]] = []
    with tempfile.TemporaryFile("w+") as log:  # a pipe that nobody reads would stop the child when it is full
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                lines.append((time.perf_counter() - start, line.rstrip("\n")))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        errors = log.read()
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return ChildRun(
        process.returncode,
        time.perf_counter() - start,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * unit / 2**20,
        lines,
        errors,
    )
