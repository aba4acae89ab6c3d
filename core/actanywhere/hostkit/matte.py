"""A matte of the actor from the plate alone, made by the engine in a process of its own, as a button of a host.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, NamedTuple

from ..contract.errors import ActAnywhereError, Cancelled
from ..contract.job import Job
from ..contract.numbering import compact
from ..contract.settings import Settings
from ..contract.takes import folder_beside
from .engine import Engine, answer_of, engine_errand, plate_flags
from .session import Session, Step, hear

# What the engine notes in the folder when it begins.
_NOTE = "matte.json"


@dataclass(frozen=True)
class Pointed:
    """Who is meant in the plate, as the artist wrote it, several with ``;`` between them; empty for whoever moves most.

    ``boxes`` are ``x,y,width,height@frame``, ``points`` and ``points_off`` (on what is not theirs) ``x,y@frame``, in
    pixels of the plate from its upper left corner; the first frame unless it is said. ``shift`` added to such a frame
    gives the job's.
    """

    boxes: str = ""
    points: str = ""
    points_off: str = ""
    shift: int = 0

    def flags(self) -> List[str]:
        """As words of the engine's command."""
        said = (("box", self.boxes), ("click", self.points), ("click-off", self.points_off))
        return [
            f"--{flag}={self._in_job(one.strip())}"
            for flag, text in said
            for one in text.split(";")
            if one.strip()
        ]

    def _in_job(self, one: str) -> str:
        where, _, frame = one.partition("@")
        try:
            return f"{where}@{int(frame) + self.shift}"
        except ValueError:  # without a frame; or with what is none, which the engine names
            return one


class MadeMatte(NamedTuple):
    """``pattern`` of its files, whose numbers are the job's; its contact ``sheet``; ``notes`` for the artist."""

    pattern: str
    sheet: str
    notes: List[str]


def matte_folder(root: str, shot_name: str, plate: str, files: Iterable[str]) -> str:
    """Where the matte of a plate goes, beside the shot's takes: the same for the same files, to go on from there.

    ``plate`` says what is read of it, and in which frames.
    """
    lines = [plate]
    for path in files:
        with suppress(OSError):  # one that is not there is for the engine to name
            about = os.stat(path)
            lines.append(f"{path} {about.st_size} {about.st_mtime_ns}")
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    return folder_beside(root, shot_name, f"matte_{digest[:8]}")


def matte_words(job: Job, pointed: Pointed) -> List[str]:
    """The engine's command for the matte of a job's plate, into the job's folder."""
    return ["matte", *plate_flags(job), *pointed.flags()]


def matte_step(engine: Engine, job: Job, pointed: Pointed) -> Step:
    """Make it; how far it is, is heard."""
    return Step("Matte", 1.0, lambda: engine_errand(engine.command(*matte_words(job, pointed))), (0, 2), hear)


def finished_matte(session: Session, job: Job, pointed: Pointed) -> MadeMatte:
    """The matte that a session made. Raises what went wrong; one that was never begun leaves nothing."""
    try:
        if session.error is not None:
            raise session.error
        event = answer_of(session.lines, "matte", "The matte was not made")
    except ActAnywhereError as error:
        if not os.path.isfile(os.path.join(job.output, _NOTE)):
            shutil.rmtree(job.output, ignore_errors=True)
        elif isinstance(error, Cancelled):
            raise Cancelled("Stopped.", "Make matte goes on from the frames that are done.") from error
        raise
    notes = [f"by {event['source']}", *(f"warning: {one}" for one in event["warnings"])]
    unsure = [frame - pointed.shift for frame in event["unsure"]]
    if unsure:
        notes.append(
            f"unsure of frames {compact(unsure)}: look at them, add a box or a point in one of them, and make it again"
        )
    return MadeMatte(event["pattern"], event["sheet"], notes)


def misread(settings: Settings) -> Dict[str, Any]:
    """The settings that say how another matte is read, with which this one would be read wrongly, as they are to be."""
    plain = Settings()
    names = ("matte_white", "matte_id", "invert_matte")
    return {name: getattr(plain, name) for name in names if getattr(settings, name) != getattr(plain, name)}
