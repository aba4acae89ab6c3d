"""Where the engine is: the Python that has ActAnywhere installed, chosen once for a user, or for one node."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any, Dict, List, Tuple

from ..contract.errors import ActAnywhereError, WorkerError
from ..contract.files import write_text
from ..contract.launch import worker_command
from .inputs import make_folder

__all__ = ["REMEDY", "chosen_engine", "command", "doctor", "review", "say", "store_engine", "wedge_sheet"]

REMEDY = (
    "Choose the engine in the menu ActAnywhere > Engine, or set ACTANYWHERE_PYTHON to the Python that has it."
)

_STORE = os.path.join("~", ".nuke", "actanywhere.json")


def say(error: ActAnywhereError) -> str:
    """An error as an artist reads it."""
    return error.message + ("\n\n" + error.remedy if error.remedy else "")


def chosen_engine(store: str = _STORE) -> str:
    """The Python that this user has chosen; empty when none was."""
    try:
        with open(os.path.expanduser(store), encoding="utf-8") as stream:
            return str(json.load(stream)["engine"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def store_engine(python: str, store: str = _STORE) -> None:
    """Keep the choice. Raises ``OutputError``."""
    path = os.path.expanduser(store)
    make_folder(os.path.dirname(path))
    write_text(path, json.dumps({"engine": python}))


def command(own: str, store: str = _STORE) -> List[str]:
    """What starts a worker: of the node's own engine, else the user's, else as core looks for it.

    Raises ``WorkerError`` when there is none, naming the file that is not there.
    """
    python = os.path.expanduser(own.strip()) or chosen_engine(store)
    if python and not os.path.isfile(python):
        raise WorkerError("There is no engine at %s." % python, REMEDY)
    try:
        return worker_command(python)
    except WorkerError as error:
        raise WorkerError(error.message, "Install it with 'pip install actanywhere'. %s" % REMEDY) from error


def review(worker: List[str], words: List[str]) -> List[str]:
    """Another command of the same engine: that of the worker with other words at its end."""
    return [*worker[:-1], *words]


def doctor(worker: List[str]) -> str:
    """What ``actanywhere doctor`` says of that engine. Raises ``WorkerError`` when it does not run."""
    return _run(review(worker, ["doctor"]), allowed=(0, 1))


def wedge_sheet(worker: List[str], folders: List[str], path: str) -> str:
    """Write the contact sheet of a wedge and give its path. Raises ``WorkerError`` with what was said."""
    _run(review(worker, ["review", "--wedge", *folders, "--output", path]))
    return path


def _run(words: List[str], allowed: Tuple[int, ...] = (0,)) -> str:
    environment = dict(os.environ, PYTHONIOENCODING="utf-8")
    for name in ("PYTHONHOME", "PYTHONPATH"):  # Nuke's own, and not for another Python
        environment.pop(name, None)
    hidden: Dict[str, Any] = {"creationflags": 0x08000000} if os.name == "nt" else {}
    try:
        done = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, timeout=600, **hidden
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise WorkerError("%s does not run: %s." % (words[0], error), REMEDY) from error
    said: str = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode not in allowed:
        raise WorkerError("%s ended with status %d.\n%s" % (words[0], done.returncode, said), REMEDY)
    return said
