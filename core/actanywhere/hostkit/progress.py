"""A job's progress, or its error, as a line of text.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from typing import Optional

from ..contract.errors import ActAnywhereError
from ..contract.job import Progress


def message(progress: Progress) -> str:
    """``Painting 12 of 40 steps``."""
    stage = progress.stage[:1].upper() + progress.stage[1:]
    if progress.total > 1:
        return f"{stage} {progress.done} of {progress.total} {progress.unit}"
    return stage


def with_time_left(text: str, seconds_left: Optional[float]) -> str:
    """``Painting 12 of 40 steps, 1:05 left``."""
    return text if seconds_left is None else f"{text}, {clock(seconds_left)} left"


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(int(round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def say(error: ActAnywhereError) -> str:
    """An error as an artist reads it: what was found, and what to do."""
    return error.message + ("\n\n" + error.remedy if error.remedy else "")
