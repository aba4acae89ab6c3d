"""The state of the cache: whether what the node shows is what its knobs and inputs ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional

from ..contract.job import Job
from ..contract.takes import Take, changed, missing_frames

__all__ = ["State", "compact", "state_of", "take_label"]


@dataclass(frozen=True)
class State:
    """``kind`` is none, fresh, stale or missing; ``text`` is what the panel shows."""

    kind: str
    text: str


def state_of(take: Optional[Take], job: Optional[Job], problem: str = "") -> State:
    """What to show of the selected take, given the job that the node would submit now.

    ``job`` is None when the node cannot say what it asks for; ``problem`` says why.
    """
    if take is None:
        return State("none", problem or "No take yet. Generate makes the first one.")
    missing = missing_frames(take)
    name = "Take %d" % take.number
    if missing or take.job is None:
        count = "1 frame" if len(missing) == 1 else "%d frames" % len(missing)
        what = "%s missing (%s)" % (count, compact(missing)) if missing else "no job in its folder"
        return State("missing", "%s: %s. Continue take renders them." % (name, what))
    if job is None:
        return State("stale", "%s is whole. Cannot be compared with the node: %s" % (name, problem))
    differs = changed(take, job)
    if differs:
        return State("stale", "%s is stale: %s changed since." % (name, ", ".join(differs)))
    return State("fresh", "%s is fresh: frames %s." % (name, take.job.shot.frames))


def take_label(take: Take) -> str:
    """The take in a list: number, seed, and whether it is whole."""
    seed = "" if take.job is None else " seed %d" % take.job.settings.seed
    preview = " preview" if take.job is not None and take.job.settings.preview else ""
    return "take %03d%s%s%s" % (
        take.number,
        seed,
        preview,
        "" if take.state == "finished" else " (unfinished)",
    )


def compact(frames: List[int]) -> str:
    """Frame numbers as ranges: ``1001-1010, 1015``."""
    runs: List[List[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return ", ".join(str(a) if a == b else "%d-%d" % (a, b) for a, b in runs)
