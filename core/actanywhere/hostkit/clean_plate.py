"""A clean plate of the shot, made by the engine in a process of its own, as a button of a host.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from typing import List, Sequence, Tuple

from ..contract.groups.matte import READING
from ..contract.job import Job
from ..contract.settings import setting_fields
from .engine import Engine, answer_of, engine_errand, flags, plate_flags
from .session import Step, hear


def clean_plate_words(job: Job) -> List[str]:
    """The engine's command for the clean plate of a job's plate and matte, into the job's folder."""
    matte = [
        ("--matte", job.shot.matte.path or None),
        ("--matte-first", job.shot.matte.first_frame),
        ("--matte-channel", job.shot.matte.channel or None),
    ]
    words = ["cleanplate", *plate_flags(job), *flags(matte)]
    for field in setting_fields():
        value = getattr(job.settings, field.name)
        if field.name in READING and value != field.default:
            flag = field.name.replace("_", "-")
            words.append(f"--{flag}" if value is True else f"--{flag}={value}")
    return words


def clean_plate_step(engine: Engine, job: Job) -> Step:
    """Make it; how far it is, is heard."""
    return Step(
        "Clean plate", 1.0, lambda: engine_errand(engine.command(*clean_plate_words(job))), (0, 2), hear
    )


def made_clean_plate(lines: Sequence[str]) -> Tuple[str, List[str]]:
    """The pattern of the clean plate, and what was said of it, from what the command printed.

    Raises what the engine told.
    """
    event = answer_of(lines, "cleanplate", "The clean plate was not made")
    notes = [f"shadow: {event['shadow']}"] + [f"warning: {one}" for one in event["warnings"]]
    return str(event["pattern"]), notes
