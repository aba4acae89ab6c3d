"""Real Blenders that play scenes with the built extension and say what was so; see ``inside/play.py``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import actanywhere
from tests.blender import stage
from tests.blender.environments import VERSIONS, Version, python_of

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).resolve().parent / "inside"
ODD = "shot Ä 日本 (v2)"  # every folder of these tests is spelled as an artist's may be


class Facts(dict[str, Any]):
    """What scenes said, by name; to ask for one that fell fails with its traceback."""

    def __getitem__(self, name: str) -> Any:
        said = super().__getitem__(name)
        if "fell" in said:
            pytest.fail(f"In Blender, '{name}' fell:\n{said['fell']}", pytrace=False)
        return said["facts"]


@dataclass(frozen=True)
class Blender:
    """One version, and what its scenes are given."""

    version: Version
    python: Path
    given: dict[str, Any]
    folder: Path

    def play(self, scenes: str, timeout: float = 300, **more: Any) -> Facts:
        """The facts of all scenes in ``inside/SCENES.py``, played by one fresh process."""
        work = self.folder / scenes
        work.mkdir(parents=True)
        given = {**self.given, "work": str(work), "resources": str(work / "resources"), **more}
        told, facts, log = work / "given.json", work / "facts.json", work / "log.txt"
        told.write_text(json.dumps(given), encoding="utf-8")
        environment = {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "ACTANYWHERE_PYTHON")}
        command = [self.python, INSIDE / "play.py", INSIDE / (scenes + ".py"), told, facts]
        with log.open("wb") as stream:
            done = subprocess.run(
                command,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment,
                timeout=timeout,
                check=False,
            )
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])
        assert done.returncode == 0, f"Blender {self.version.name} ended with {done.returncode}:\n{tail}"
        return Facts(json.loads(facts.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that an artist drags into Blender, built by the command that a release is built with."""
    folder = tmp_path_factory.mktemp("built")
    done = subprocess.run(
        [sys.executable, str(ROOT / "build_addon.py"), "--output", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*blender*.zip")
    return built


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The engine's interpreter: the one that runs these tests, with the core that they test."""
    script = tmp_path_factory.mktemp("engine") / "python"
    core = Path(actanywhere.__file__).parents[1]
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH="{core}" OMP_NUM_THREADS="${{OMP_NUM_THREADS:-2}}" exec "{sys.executable}" "$@"\n'
    )
    script.chmod(0o755)
    return script


@pytest.fixture(scope="session")
def double(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Path:
    """An interpreter that is the engine's, but for its worker: that paints at once (``double.py``)."""
    script = tmp_path_factory.mktemp("double") / "python"
    other = Path(__file__).with_name("double.py")
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *"-m actanywhere worker") exec "{engine}" "{other}" ;; esac\n'
        f'exec "{engine}" "$@"\n'
    )
    script.chmod(0o755)
    return script


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Paths of the known footage, by name."""
    return stage.shoot(tmp_path_factory.mktemp("footage") / ODD)


@pytest.fixture(scope="session")
def blender_of(
    extension: Path, engine: Path, footage: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Version], Blender]:
    """The Blender of a version, if it is there; else the test is skipped by name."""

    def make(version: Version) -> Blender:
        python = python_of(version)
        if python is None:
            pytest.skip(f"no Blender {version.name} here: python tests/blender/environments.py")
        given = {"zip": str(extension), "engine": str(engine), "footage": footage}
        folder = tmp_path_factory.mktemp("blender" + version.name) / ODD
        return Blender(version, python, given, folder)

    return make


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda version: version.name)
def blender(request: pytest.FixtureRequest, blender_of: Callable[[Version], Blender]) -> Blender:
    """Each Blender in turn."""
    made: Blender = blender_of(request.param)
    return made
