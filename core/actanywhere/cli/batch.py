"""Many shots, one loaded model: every shot is checked first, a bad one never stops the others."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract.errors import ActAnywhereError, Cancelled, JobError
from ..contract.job import Job
from ..contract.launch import Worker
from ..review.notes import read_redos
from ..shotlist import Entry, read_shot_list
from .flags import given_settings
from .follow import Interrupts, follow
from .screen import Screen, clock

__all__ = ["Outcome", "check_all", "read_entries", "render_all", "table"]


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


def read_entries(args: argparse.Namespace, screen: Screen) -> list[Entry]:
    """The shots of the list, or those that a review's notes send back. Raises ``JobError``."""
    if (args.shots is None) == (args.from_review is None):
        raise JobError(
            "A batch is of one list.", "Give SHOTS.csv or SHOTS.json, or --from-review notes.json."
        )
    if args.handles < 0 or (args.handles and args.edit is None):
        raise JobError(
            f"--handles {args.handles} means nothing here.", "Give it with --edit, as 0 or more frames."
        )
    if args.shots is not None and args.edit is not None:
        from ..farm.edit import by_the_edit

        entries, told = by_the_edit(read_shot_list(args.shots, given_settings(args)), args.edit, args.handles)
    elif args.shots is not None:
        return read_shot_list(args.shots, given_settings(args))
    elif args.edit is not None:
        raise JobError("--edit goes with a list of shots.", "Give SHOTS.csv or SHOTS.json, too.")
    else:
        entries, told = read_redos(args.from_review, given_settings(args))
    for line in told:
        screen.note(line)
    return entries


def check_all(entries: Sequence[Entry], preflight: Callable[[Job], Any], screen: Screen) -> list[Entry]:
    """The entries again, with an error on each whose footage ``preflight`` refuses; all are shown at once."""
    checked = []
    for entry in entries:
        if entry.job is not None:
            try:
                preflight(entry.job)
            except ActAnywhereError as error:
                entry = Entry(entry.name, error=error)
        if entry.error is not None:
            screen.error(entry.name, entry.error)
        checked.append(entry)
    return checked


def render_all(
    entries: Sequence[Entry], worker: Worker, screen: Screen, interrupts: Interrupts
) -> list[Outcome]:
    """Render every good entry in one worker, in order; after an interrupt the rest is left out."""
    outcomes = []
    for number, entry in enumerate(entries, 1):
        if entry.job is None:
            outcomes.append(Outcome(entry.name, "bad", error=entry.error))
        elif interrupts.asked:
            outcomes.append(Outcome(entry.name, "left out"))
        else:
            screen.note(f"{number} of {len(entries)}: {entry.name}")
            outcomes.append(_render(entry.name, entry.job, worker, screen, interrupts))
    return outcomes


def _render(name: str, job: Job, worker: Worker, screen: Screen, interrupts: Interrupts) -> Outcome:
    began = time.monotonic()
    try:
        result = follow(worker, job, screen, interrupts)
    except ActAnywhereError as error:
        screen.error(name, error)
        status = "stopped" if isinstance(error, Cancelled) else "failed"
        return Outcome(name, status, seconds=time.monotonic() - began, error=error)
    screen.result(name, result)
    return Outcome(name, "finished", str(result.frames), result.camera, time.monotonic() - began)


def table(outcomes: Sequence[Outcome]) -> str:
    """The summary: shot, status, frames, camera, time, and the first line of what went wrong."""
    rows = [("shot", "status", "frames", "camera", "time", "")]
    for o in outcomes:
        wrong = o.error.message.splitlines()[0] if o.error and o.error.message else ""
        rows.append((o.name, o.status, o.frames, o.camera, clock(o.seconds), wrong))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
