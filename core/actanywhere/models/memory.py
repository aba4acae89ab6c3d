"""Whether the machine has room for what a model needs."""

from __future__ import annotations

from pathlib import Path

from ..contract.errors import ModelError
from .registry import Entry

GB = 1e9


def free_memory() -> float | None:
    """Bytes of memory that may be taken; None where the system does not say."""
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        return float(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def check_memory(entry: Entry) -> None:
    """Raises ``ModelError`` where a model needs more memory than is free."""
    free = free_memory()
    if free is not None and free < entry.memory * GB:
        raise ModelError(
            f"{entry.name} needs about {entry.memory:g} GB of memory, and {free / GB:.1f} GB are free.",
            "Close other applications, or render on a machine with more memory.",
        )
