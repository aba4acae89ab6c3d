"""A list of tiny shots, and a farm's own tool to run what is made of it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.render.stage import stage_shot

BIN = Path(sys.executable).parent


def tool(name: str) -> str:
    """A command beside this Python, or beside the one that its environment is built on."""
    import shutil
    import sysconfig

    found = shutil.which(name, path=f"{BIN}:{sysconfig.get_path('scripts')}") or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def write_list(folder: Path, count: int = 2, frames: int = 4, **every: str) -> Path:
    """``shots.csv`` with ``count`` shots of ``frames`` frames, from 1001 on, with a locked camera."""
    rows = []
    for number in range(count):
        shot = stage_shot(folder / f"plates {number}", frames=frames, kind="png").shot
        row = {"name": f"run_{number}", "plate": shot.plate.path, "matte": shot.matte.path}
        row |= {"condition": shot.condition.path, "output": str(folder / "out" / f"run_{number}")}
        rows.append({**row, "camera": "still", "shadow": "none", "size": "64", "device": "cpu", **every})
    return write_rows(folder / "shots.csv", rows)


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with open(path, "w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, names)
        table.writeheader()
        table.writerows(rows)
    return path


def read_rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def actanywhere(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "actanywhere", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)  # type: ignore[call-overload]


def bundle(shots: Path, folder: Path, *flags: object) -> Path:
    done = actanywhere("batch", shots, "--openjd", folder, "--farm-command", BIN / "actanywhere", *flags)
    assert done.returncode == 0, done.stderr
    return folder


def roots(folder: Path) -> list[str]:
    """The flags of ``farm task`` that say where the bundle's roots lie."""
    values = json.loads((folder / "parameters.json").read_text())
    return [
        word
        for name, value in values.items()
        if name.startswith("Root")
        for word in ("--root", f"{name}={value}")
    ]


def task(folder: Path, only: str, *flags: object) -> subprocess.CompletedProcess[str]:
    words = ["--shots", folder / "shots.json", "--report", folder / "report", *roots(folder), "--only", only]
    return actanywhere("farm", "task", *words, *flags)
