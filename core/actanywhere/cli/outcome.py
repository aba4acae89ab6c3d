"""The result of each shot of a batch, and the table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..contract.errors import ActAnywhereError
from ..hostkit.progress import clock


@dataclass(frozen=True)
class Outcome:
    """What became of one shot. ``status``: finished, bad (input), failed, stopped or left out (after a stop)."""

    name: str
    status: str
    frames: str = ""
    camera: str = ""
    seconds: float = 0.0
    error: ActAnywhereError | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data."""
        error = None if self.error is None else self.error.to_dict()
        return {
            "name": self.name,
            "status": self.status,
            "frames": self.frames,
            "camera": self.camera,
            "seconds": round(self.seconds, 2),
            "error": error,
        }


def table(outcomes: Sequence[Outcome]) -> str:
    """The summary: shot, status, frames, camera, time, and the first line of what went wrong."""
    rows = [("shot", "status", "frames", "camera", "time", "")]
    for o in outcomes:
        wrong = o.error.message.splitlines()[0] if o.error and o.error.message else ""
        rows.append((o.name, o.status, o.frames, o.camera, clock(o.seconds), wrong))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
