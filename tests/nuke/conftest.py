"""The plug-in as an artist unzips it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import actanywhere
from tests.nuke.pythons import NUKES, oldest, python_of
from tests.nuke.shot import FIRST, LAST, write_shot

SHIPPED = Path(__file__).parents[2] / "nuke_gizmo"


def packer() -> ModuleType:
    """``nuke_gizmo/pack.py``."""
    spec = importlib.util.spec_from_file_location("nuke_gizmo_pack", SHIPPED / "pack.py")
    assert spec is not None and spec.loader is not None
    pack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack)
    return pack


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plug-in's folder, in a place with a space and a letter that is not ASCII."""
    folder: Path = packer().pack(tmp_path_factory.mktemp("Nuke plug-ins é"))
    return folder


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has ActAnywhere, in a folder with a space and a letter that is not ASCII."""
    path = tmp_path_factory.mktemp("engine ü") / "python"
    core = Path(actanywhere.__file__).parents[1]
    path.write_text(
        f'#!/bin/sh\nPYTHONPATH="{core}" OMP_NUM_THREADS=1 exec "{sys.executable}" "$@"\n', encoding="utf-8"
    )
    path.chmod(0o755)
    return str(path)


class Stage:
    """Plays of ``plays``, each in a process of its own with the Python of a real Nuke."""

    def __init__(self, work: Path, plugin: Path, engine: str) -> None:
        self.work, self._plugin, self._engine = work, plugin, engine
        write_shot(work)

    def play(
        self,
        name: str,
        nuke: str = "",
        gui: bool = True,
        environment: Mapping[str, str] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """What the play says. It must leave no fault behind: no hang, no touch off the main thread."""
        nuke = nuke or oldest()
        stage = {
            "play": name,
            "plugin": str(self._plugin),
            "work": str(self.work),
            "engine": self._engine,
            "renderer": [sys.executable],
            "gui": gui,
            "version": [int(word) for word in nuke.split(".")],
            "frames": [FIRST, LAST],
            **more,
        }
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(self.work / "home"), "LANG": "C.UTF-8"}
        done = subprocess.run(
            [python_of(NUKES[nuke]), "-W", "error", "-m", "tests.nuke.plays"],
            input=json.dumps(stage),
            capture_output=True,
            text=True,
            cwd=SHIPPED.parent,
            env=surroundings | dict(environment or {}),
            timeout=1500,
        )
        assert done.returncode == 0 and "SAID " in done.stdout, done.stdout + done.stderr
        said: dict[str, Any] = json.loads(done.stdout.rpartition("SAID ")[2])
        assert said.pop("faults") == []
        assert said.pop("swallowed") == []
        said["printed"] = done.stdout.rpartition("SAID ")[0]
        said["errors"] = done.stderr
        return said


@pytest.fixture
def stage(tmp_path: Path, packed: Path, engine: str) -> Stage:
    """A stage with the shot, in a folder with a space and a letter that is not ASCII."""
    return Stage(tmp_path / "sh 010 ø", packed, engine)
