"""What a frame more costs in memory: a short shot and one of 2,000 frames, both small, at their peaks."""

from __future__ import annotations

from collections.abc import Iterator

from .machine import describe
from .records import Figure, Record
from .shots import render_shot

__all__ = ["measure_memory"]

_LENGTHS = 48, 2000
_SCALE = 0.25
_MOST = 40.0
"""MiB that the long one may take more."""


def measure_memory(command: str) -> Iterator[Record]:
    """Render both; the gate is that the long one takes no more than 40 MiB more."""
    first = 0.0
    for frames in _LENGTHS:
        run, _ = render_shot(frames, _SCALE, ["--shadow", "none", "--size", "128"])
        first = first or run.peak_mib
        more = run.peak_mib - first
        yield Record(
            "memory",
            f"{frames} frames of 160x90",
            (
                Figure("peak memory", run.peak_mib, "MiB", plotted=True),
                Figure("more than the first", more, "MiB"),
                Figure("a frame more", more / (frames - _LENGTHS[0]) if more else None, "MiB"),
                Figure("processor", run.cpu_seconds, "s"),
            ),
            command,
            describe(),
            passed=more <= _MOST,
        )
