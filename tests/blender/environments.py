"""Real Blenders, as Python modules, for the tests of the extension: one environment for each version.

    python tests/blender/environments.py            # makes those that are missing; says where they are
    python tests/blender/environments.py 4.2 5.2    # only these

About 400 MB to download and 1 GB on disk each, once: they are used again from then on. They lie in
``.ci/blender``, or in the folder that the variable ACTANYWHERE_BLENDERS names (a cache outside of the tree).
A version whose Python is not on this machine is left out by name. Standard library alone.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Version:
    """A Blender (``4.2``), the wheel that is it (``4.2.23``) and the Python that it needs (``3.11``)."""

    name: str
    wheel: str
    python: str


#: Both LTS lines, the first release with the new compositor, and the newest.
VERSIONS = (
    Version("4.2", "4.2.23", "3.11"),
    Version("4.5", "4.5.15", "3.11"),
    Version("5.0", "5.0.1", "3.11"),
    Version("5.2", "5.2.3", "3.13"),
)


def folder() -> Path:
    """Where the environments lie."""
    return Path(os.environ.get("ACTANYWHERE_BLENDERS") or TREE / ".ci" / "blender")


def python_of(version: Version) -> Path | None:
    """The interpreter in which ``import bpy`` gives this Blender, if it has been made."""
    home = folder() / ("bpy-" + version.wheel)
    python = home / "bin" / "python"
    return python if (home / "ready").is_file() and python.is_file() else None


def interpreter(wanted: str) -> str | None:
    """A Python of exactly this minor version on this machine: our own, on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [sys.executable, shutil.which("python" + wanted)]
    found += [str(home / "bin" / "python") for home in sorted(pyenv.glob(wanted + ".*"), reverse=True)]
    return next((python for python in found if python and _is(python, wanted)), None)


def _is(python: str, wanted: str) -> bool:
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    except OSError:
        return False
    return said.returncode == 0 and said.stdout.strip() == wanted


def make(version: Version, base: str) -> Path:
    """A fresh environment with this Blender in it. Raises ``CalledProcessError`` when pip fails."""
    home = folder() / ("bpy-" + version.wheel)
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([base, "-m", "venv", str(home)], check=True)
    python = home / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=bpy"]
    subprocess.run([*pip, "bpy==" + version.wheel], check=True)
    (home / "ready").write_text(version.wheel + "\n")
    return python


def without_screen() -> str:
    """What is missing for the compositor of Blender 5, which wants OpenGL even where there is no screen."""
    if not sys.platform.startswith("linux") or ctypes.util.find_library("EGL_mesa"):
        return ""
    return "Blender 5 cannot composite here: apt-get install libegl-mesa0 libgl1-mesa-dri"


def main(names: list[str]) -> int:
    """Make what is missing. The exit status is 1 when one could not be made although its Python is here."""
    unknown = set(names) - {version.name for version in VERSIONS}
    if unknown:
        print(f"No such version: {sorted(unknown)}. There are: {[v.name for v in VERSIONS]}.")
        return 2
    failed = 0
    for version in VERSIONS:
        if names and version.name not in names:
            continue
        python = python_of(version)
        if python is None:
            base = interpreter(version.python)
            if base is None:
                print(f"Blender {version.name}: left out, there is no Python {version.python} here.")
                continue
            try:
                python = make(version, base)
            except subprocess.CalledProcessError as error:
                print(f"Blender {version.name}: could not be made: {error}")
                failed = 1
                continue
        print(f"Blender {version.name}: {python}")
    if without_screen():
        print(without_screen())
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
