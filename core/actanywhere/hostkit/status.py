"""The status of a take: its state, whether it is up to date, and what its render decided.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional

from ..contract.job import Job
from ..contract.numbering import compact
from ..contract.takes import Take, changed, missing_frames


@dataclass(frozen=True)
class State:
    """``kind`` is none, fresh, stale, missing or unreadable; ``text`` is what the panel shows."""

    kind: str
    text: str


def state_of(take: Optional[Take], job: Optional[Job], problem: str = "") -> State:
    """What to show of the selected take, given the job that the host would submit now.

    ``job`` is None when the host cannot say what it asks for; ``problem`` says why.
    """
    if take is None:
        return State("none", problem or "No take yet. Generate makes the first one.")
    missing = missing_frames(take)
    name = f"Take {take.number}"
    if take.problem:
        return State("unreadable", f"{name} cannot be read: {take.problem}")
    if missing or take.job is None:
        count = "1 frame" if len(missing) == 1 else f"{len(missing)} frames"
        what = f"{count} missing ({compact(missing)})" if missing else "no job in its folder"
        return State("missing", f"{name}: {what}. Continue take renders them.")
    if job is None:
        return State("stale", f"{name} is whole. It cannot be compared with what is asked for now: {problem}")
    differs = changed(take, job)
    if differs:
        return State("stale", f"{name} is stale: {', '.join(differs)} changed since.")
    return State("fresh", f"{name} is fresh: frames {take.job.shot.frames}.")


def take_label(take: Take) -> str:
    """The take in a list: number, seed, and whether it is whole."""
    seed = "" if take.job is None else f" seed {take.job.settings.seed}"
    preview = " preview" if take.job is not None and take.job.settings.preview else ""
    state = "" if take.state == "finished" else f" ({take.state})"
    return f"take {take.number:03d}{seed}{preview}{state}"


def summary_of(take: Take) -> str:
    """The take in one line: ``seed 7, plate, preview, 3 of 6 frames``."""
    if take.problem:
        return "cannot be read"
    if take.job is None or take.job.shot.frames is None:
        return "not started"
    settings = take.job.settings
    camera = take.result.camera if take.result else settings.camera
    done = "" if take.state == "finished" else f"{len(take.frames_done)} of "
    count = f"{done}{len(take.job.shot.frames)} frames"
    return ", ".join([f"seed {settings.seed}", camera, *(["preview"] if settings.preview else []), count])


def notes_of(take: Take) -> List[str]:
    """What the engine had to say of a take, a line each: what was decided and why, and every warning."""
    if take.problem:
        return [take.problem]
    if take.result is None:
        return []
    decided = [str(decision) for decision in take.result.decisions]
    return [*decided, *(f"warning: {warning}" for warning in take.result.warnings)]
