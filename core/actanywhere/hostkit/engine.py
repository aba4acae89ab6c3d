"""The engine: where its Python is, how its environment is made, its commands, and what its doctor says.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple

from ..contract.errors import ActAnywhereError, JobError, WorkerError, error_from_dict
from ..contract.interpreter import worker_command
from ..contract.job import Job
from .errand import Errand

# Written into the environment last.
_WHOLE = "whole"
_FINISH = "import shutil, sys; shutil.rmtree(sys.argv[1]); open(sys.argv[2], 'w').close()"


@dataclass(frozen=True)
class Engine:
    """An engine: the Python that has ActAnywhere (empty: the first on the PATH), and how another one is chosen here."""

    python: str
    remedy: str

    def command(self, *words: str) -> List[str]:
        """The command that runs ``actanywhere`` with these words. Raises ``WorkerError`` when there is no engine."""
        if self.python and not os.path.isfile(self.python):
            raise WorkerError(f"There is no engine at {self.python}.", self.remedy)
        try:
            return [*worker_command(self.python)[:-1], *words]
        except WorkerError as error:
            raise WorkerError("The engine is not installed.", self.remedy) from error

    def run(self, *words: str) -> str:
        """What a command of the engine prints; blocks. Raises ``WorkerError`` with it when it fails.

        The doctor may end with 1: it found something.
        """
        errand = engine_errand(self.command(*words))
        said = "\n".join(errand.wait())
        if errand.status not in ((0, 1) if words[0] == "doctor" else (0,)) or "No module named" in said[:400]:
            raise WorkerError(
                f"{errand.command[0]} ended with status {errand.status or 0}.\n{said}", self.remedy
            )
        return said


def engine_python(chosen: str, own: str = "") -> str:
    """The Python to start: the one ``chosen``, else the environment variable's, else that of ``own`` folder.

    ``chosen`` may be an environment's folder. Empty when none of these is there, or ``own`` was never finished:
    then the PATH is searched.
    """
    chosen = os.path.expanduser(chosen.strip())
    if chosen:
        return environment_python(chosen) if os.path.isdir(chosen) else chosen
    if os.environ.get("ACTANYWHERE_PYTHON"):
        return os.environ["ACTANYWHERE_PYTHON"]
    python = environment_python(own)
    whole = bool(own) and os.path.exists(python) and os.path.exists(os.path.join(own, _WHOLE))
    return python if whole else ""


def environment_python(folder: str) -> str:
    """The Python of the environment in ``folder``, whether it is there or not."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(folder, *parts)


def engine_errand(command: List[str]) -> Errand:
    """Start a command of the engine's Python, which must not find the libraries of the host's."""
    return Errand(command, {"PYTHONPATH": "", "PYTHONIOENCODING": "utf-8"})


@dataclass(frozen=True)
class Finding:
    """A line of ``actanywhere doctor``. ``status`` is ok, warn or FAIL."""

    name: str
    status: str
    found: str
    remedy: str


def flags(said: Sequence[Tuple[str, Any]]) -> List[str]:
    """Flags and values as words of a command, without those that are None."""
    return ["{}={}".format(*pair) for pair in said if pair[1] is not None]


def plate_flags(job: Job) -> List[str]:
    """The words that name a job's plate, frames and folder to a command, and ask for ``--json``."""
    plate = job.shot.plate
    said = [
        ("--plate", plate.path),
        ("--plate-first", plate.first_frame),
        ("--plate-colour", plate.colour),
        ("--frames", job.shot.frames),
        ("--output", job.output),
    ]
    return ["--json", *flags(said)]


def event_of(line: str) -> Dict[str, Any]:
    """What a line of a command with ``--json`` says; empty for what libraries print."""
    if not line.startswith("{"):
        return {}
    try:
        said: Dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return said


def answer_of(lines: Sequence[str], name: str, failed: str) -> Dict[str, Any]:
    """What a command with ``--json`` answered: its event called ``name``.

    Raises the error that it told instead; where it told nothing, ``WorkerError`` that begins with ``failed``.
    """
    for event in map(event_of, lines):
        if event.get("event") == "error":
            error: ActAnywhereError = error_from_dict(event["error"])
            raise error
        if event.get("event") == name:
            return event
    raise WorkerError(f"{failed}: {' '.join(list(lines)[-3:])}", "Try again.")


def read_findings(lines: List[str]) -> List[Finding]:
    """What the doctor said, without what libraries print."""
    said = [event for event in map(event_of, lines) if event.get("event") == "check"]
    return [Finding(one["name"], one["status"], one["found"], one.get("remedy", "")) for one in said]


def creation_commands(python: str, folder: str, source: str, wheels: str, online: bool) -> List[List[str]]:
    """The commands that make the environment in ``folder`` with ``python`` and install ``source`` into it.

    With ``wheels``, a folder of wheels, nothing is downloaded. Raises ``JobError`` when there is neither that
    folder nor leave to go online.
    """
    if wheels and not os.path.isdir(wheels):
        raise JobError(f"{wheels} is not a folder.", "Choose the folder that holds the wheels.")
    if not wheels and not online:
        raise JobError(
            "Blender may not go online, so the engine's libraries cannot be downloaded.",
            "Allow online access in Preferences > System > Network, or give a folder of wheels.",
        )
    where = ["--no-index", "--find-links", wheels] if wheels else []
    inside, copy = environment_python(folder), os.path.join(folder, "source")
    # A copy, because an installation writes into its source, and the extension's folder may be read-only.
    return [
        [python, "-m", "venv", "--clear", folder],
        [inside, "-c", "import shutil, sys; shutil.copytree(*sys.argv[1:])", source, copy],
        [inside, "-m", "pip", "install", "--disable-pip-version-check", *where, copy + "[torch]"],
        [inside, "-c", _FINISH, copy, os.path.join(folder, _WHOLE)],
    ]
