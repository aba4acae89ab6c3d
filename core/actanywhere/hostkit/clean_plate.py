"""A clean plate of the shot, made by the engine in a process of its own, as a button of a host.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from ..contract.errors import ActAnywhereError, WorkerError, error_from_dict
from ..contract.job import Job, Progress
from ..contract.settings import setting_fields
from .engine import Engine, engine_errand, event_of
from .progress import message
from .session import Heard, Step

__all__ = ["clean_plate_step", "clean_plate_words", "made_clean_plate"]


def clean_plate_words(job: Job) -> List[str]:
    """The engine's command for the clean plate of a job's plate and matte, into the job's folder."""
    shot, settings = job.shot, job.settings
    said: List[Tuple[str, Any]] = [
        ("--plate", shot.plate.path),
        ("--plate-first", shot.plate.first_frame),
        ("--plate-colour", shot.plate.colour),
        ("--matte", shot.matte.path or None),
        ("--matte-first", shot.matte.first_frame),
        ("--matte-channel", shot.matte.channel or None),
        ("--frames", shot.frames),
        ("--output", job.output),
    ]
    words = ["cleanplate", "--json"] + ["{}={}".format(*pair) for pair in said if pair[1] is not None]
    for field in setting_fields():
        value = getattr(settings, field.name)
        if field.group == "matte" and value != field.default:
            flag = field.name.replace("_", "-")
            words.append(f"--{flag}" if value is True else f"--{flag}={value}")
    return words


def clean_plate_step(engine: Engine, job: Job) -> Step:
    """Make it; how far it is, is heard."""
    return Step(
        "Clean plate", 1.0, lambda: engine_errand(engine.command(*clean_plate_words(job))), (0, 2), _heard
    )


def made_clean_plate(lines: Sequence[str]) -> Tuple[str, List[str]]:
    """The pattern of the clean plate, and what was said of it, from what the command printed.

    Raises what the engine told.
    """
    for event in map(event_of, lines):
        if event.get("event") == "error":
            error: ActAnywhereError = error_from_dict(event["error"])
            raise error
        if event.get("event") == "cleanplate":
            told = [f"shadow: {event['shadow']}"] + [f"warning: {one}" for one in event["warnings"]]
            return str(event["pattern"]), told
    raise WorkerError(f"The clean plate was not made: {' '.join(list(lines)[-3:])}", "Try again.")


def _heard(line: str) -> Optional[Heard]:
    event = event_of(line)
    if event.get("event") != "progress":
        return None
    progress = Progress.from_dict(event["progress"])
    return Heard(message(progress), progress.fraction, progress.seconds_left)
