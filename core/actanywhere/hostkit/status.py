"""What is told of takes: how a take stands, whether it is what is asked for now, and what its render decided.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional

from ..contract.job import Job
from ..contract.numbering import compact
from ..contract.takes import Take, changed, missing_frames

__all__ = ["State", "state_of", "summary_of", "take_label", "told_of"]


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
    name = "Take %d" % take.number
    if take.problem:
        return State("unreadable", "%s cannot be read: %s" % (name, take.problem))
    if missing or take.job is None:
        count = "1 frame" if len(missing) == 1 else "%d frames" % len(missing)
        what = "%s missing (%s)" % (count, compact(missing)) if missing else "no job in its folder"
        return State("missing", "%s: %s. Continue take renders them." % (name, what))
    if job is None:
        return State(
            "stale", "%s is whole. It cannot be compared with what is asked for now: %s" % (name, problem)
        )
    differs = changed(take, job)
    if differs:
        return State("stale", "%s is stale: %s changed since." % (name, ", ".join(differs)))
    return State("fresh", "%s is fresh: frames %s." % (name, take.job.shot.frames))


def take_label(take: Take) -> str:
    """The take in a list: number, seed, and whether it is whole."""
    seed = "" if take.job is None else " seed %d" % take.job.settings.seed
    preview = " preview" if take.job is not None and take.job.settings.preview else ""
    state = "" if take.state == "finished" else " (%s)" % take.state
    return "take %03d%s%s%s" % (take.number, seed, preview, state)


def summary_of(take: Take) -> str:
    """The take in one line: ``seed 7, plate, preview, 3 of 6 frames``."""
    if take.problem:
        return "cannot be read"
    if take.job is None or take.job.shot.frames is None:
        return "not started"
    settings = take.job.settings
    camera = take.result.camera if take.result else settings.camera
    done = "" if take.state == "finished" else "%d of " % len(take.frames_done)
    count = "%s%d frames" % (done, len(take.job.shot.frames))
    return ", ".join(["seed %d" % settings.seed, camera, *(["preview"] if settings.preview else []), count])


def told_of(take: Take) -> List[str]:
    """What the engine had to say of a take, a line each: what was decided and why, and every warning."""
    if take.problem:
        return [take.problem]
    if take.result is None:
        return []
    decided = [str(decision) for decision in take.result.decisions]
    return [*decided, *("warning: %s" % warning for warning in take.result.warnings)]
