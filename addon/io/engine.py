"""The engine's environment: where its Python is, how it is made, and what its own doctor says of it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from ..contract.errors import JobError

__all__ = [
    "Finding",
    "creation_commands",
    "engine_python",
    "environment_python",
    "read_findings",
]

# Written into the environment last.
_WHOLE = "whole"
_FINISH = "import shutil, sys; shutil.rmtree(sys.argv[1]); open(sys.argv[2], 'w').close()"


@dataclass(frozen=True)
class Finding:
    """A line of ``actanywhere doctor``. ``status`` is ok, warn or FAIL."""

    name: str
    status: str
    found: str
    remedy: str


def environment_python(folder: str) -> str:
    """The Python of the environment in ``folder``, whether it is there or not."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(folder, *parts)


def engine_python(chosen: str, own: str) -> str:
    """The Python to start: the one ``chosen``, else the environment variable's, else that of ``own`` folder.

    ``chosen`` may be an environment's folder. Empty when none of these is there, or ``own`` was never finished:
    then the PATH is searched.
    """
    if chosen:
        return environment_python(chosen) if os.path.isdir(chosen) else chosen
    if os.environ.get("ACTANYWHERE_PYTHON"):
        return os.environ["ACTANYWHERE_PYTHON"]
    python = environment_python(own)
    return python if os.path.exists(python) and os.path.exists(os.path.join(own, _WHOLE)) else ""


def read_findings(lines: list[str]) -> list[Finding]:
    """What the doctor said, without what libraries print."""
    found = []
    for line in lines:
        if line.startswith("{"):
            said = json.loads(line)
            found.append(Finding(said["name"], said["status"], said["found"], said.get("remedy", "")))
    return found


def creation_commands(python: str, folder: str, source: str, wheels: str, online: bool) -> list[list[str]]:
    """The commands that make the environment in ``folder`` with ``python`` and install ``source`` into it.

    With ``wheels``, a folder of wheels, nothing is downloaded. Raises ``JobError`` when there is neither that
    folder nor leave to go online.
    """
    if wheels and not os.path.isdir(wheels):
        raise JobError("%s is not a folder." % wheels, "Choose the folder that holds the wheels.")
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
        [inside, "-m", "pip", "install", "--disable-pip-version-check", *where, copy],
        [inside, "-c", _FINISH, copy, os.path.join(folder, _WHOLE)],
    ]
