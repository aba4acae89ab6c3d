"""The Pythons of real Nukes, as far as this machine has them: our own, those on the PATH, those of pyenv.

Nothing fetches one. Where a version is missing, the tests of that Nuke skip by name; ``vermin`` and the grammar of 3.7
are asked in any case, and the node is played in the oldest that is there. Tcl has to be in it (Debian: python3-tk).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

#: Nuke -> its Python.
NUKES = {"13.2": "3.7", "14.0": "3.9", "15.1": "3.10", "16.0": "3.11"}
EVERY = pytest.mark.parametrize(
    "version", NUKES.values(), ids=[f"Nuke{n}-Python{p}" for n, p in NUKES.items()]
)


@cache
def _found(version: str) -> str:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    names = [
        shutil.which(f"python{version}"),
        sys.executable,
        *map(str, sorted(pyenv.glob(f"{version}.*/bin/python"))),
    ]
    ask = "import sys, tkinter; print('%d.%d' % sys.version_info[:2])"
    for python in filter(None, names):
        done = subprocess.run([python, "-c", ask], capture_output=True, text=True)
        if done.stdout.strip() == version:
            return python
    return ""


def python_of(version: str) -> str:
    """The interpreter of that version, with Tcl in it; skips the test by name where there is none."""
    python = _found(version)
    if not python:
        pytest.skip(f"no Python {version} (with tkinter) on this machine")
    return python


def oldest() -> str:
    """The oldest Nuke whose Python is here; skips the test by name where there is none at all."""
    found = next((nuke for nuke, version in NUKES.items() if _found(version)), "")
    if not found:
        pytest.skip("no Python of any Nuke (3.7, 3.9, 3.10, 3.11, with tkinter) on this machine")
    return found
