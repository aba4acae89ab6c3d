"""A worker that needs no network, a job for it, and a look at processes."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.job import Job
from actanywhere.contract.launch import Worker
from actanywhere.contract.shot import FrameRange
from actanywhere.render.preflight import Preflight
from actanywhere.shotlist import job_from_flat

SHOT = ["--plate", "run.####.exr", "--condition", "place.png", "--output", "out"]
CORE = Path(__file__).resolve().parents[2] / "core"
DOUBLE = Path(__file__).resolve().parent / "double.py"


@pytest.fixture(autouse=True)
def _double_finds_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CORE))


@pytest.fixture
def make_worker() -> Iterator[Callable[..., Worker]]:
    """Workers that run the double; none is left after the test."""
    made: list[Worker] = []

    def make(**options: float) -> Worker:
        made.append(Worker([sys.executable, str(DOUBLE)], **options))
        return made[-1]

    yield make
    for worker in made:
        worker.close(grace=0)


@pytest.fixture
def make_job(tmp_path: Path) -> Callable[[str], Job]:
    """A job whose shot's name tells the double what to do."""

    def make(name: str) -> Job:
        flat = {"name": name, "plate": "plate.####.png", "condition": "place.png", "output": "."}
        return job_from_flat(flat, tmp_path)

    return make


@pytest.fixture
def double_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An "interpreter" that starts the double whatever it is asked, put where ``launch`` looks for one."""
    script = tmp_path / "double-python"
    script.write_text(f'#!/bin/sh\nexport PYTHONPATH="{CORE}"\nexec "{sys.executable}" "{DOUBLE}"\n')
    script.chmod(0o755)
    monkeypatch.setenv("ACTANYWHERE_PYTHON", str(script))
    return script


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, double_python: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def surveyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """``preflight.preflight`` without footage: refuses shots by their name; gives the names it was asked about."""
    asked: list[str] = []

    def preflight(job: Job, counted: object) -> Preflight:
        asked.append(job.shot.name)
        if job.shot.name.startswith("missing"):
            raise FootageError("frame 1003 is missing", "Copy it again.")
        return Preflight(
            reads=[job.shot.plate.path],
            writes=[job.output],
            frames=FrameRange(1001, 1004),
            camera="plate",
            warnings=["the matte looks inverted"],
            done=2,
        )

    room = ModuleType("actanywhere.render.preflight")
    room.preflight = preflight  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "actanywhere.render.preflight", room)
    return asked


def gone(pid: int, within: float = 5.0) -> bool:
    """Whether a process ends within so many seconds."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def write_list(path: Path, *names: str) -> Path:
    shots = [{"name": n, "plate": "p.####.exr", "condition": "c.png", "output": "out/" + n} for n in names]
    path.write_text(json.dumps(shots))
    return path
