"""A worker that needs no network, a job for it, and a look at processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actanywhere.contract.job import Job
from actanywhere.contract.launch import Worker
from actanywhere.shotlist import job_from_flat

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
