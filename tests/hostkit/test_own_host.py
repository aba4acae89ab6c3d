"""A third host needs a page: it reads its scene, and the host kit does the rest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import actanywhere
from actanywhere.contract.takes import read_take
from tests.render.stage import frames_of, stage_shot, tiny_model

OWN = Path(__file__).parent / "own" / "folder_host.py"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The folder in which the host's package lies, with what it carries of the core, copied as the build copies it."""
    for name in ("contract", "hostkit"):
        shutil.copytree(Path(actanywhere.__file__).parent / name, tmp_path / "folder_host" / name)
    shutil.copy(OWN, tmp_path / "folder_host" / "__main__.py")
    return tmp_path


def scene(folder: Path, **settings: object) -> Path:
    """The staged shot as a scene of that host."""
    stage_shot(folder, frames=3, kind="png")
    (folder / "settings.json").write_text(
        json.dumps({"camera": "still", "use_overlap": True, "overlap": 1, **settings})
    )
    return folder


def run(host: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "folder_host", str(folder), sys.executable]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=host)


def test_a_folder_is_a_scene_and_its_take_is_rendered(host: Path, tmp_path: Path) -> None:
    folder = scene(tmp_path / "bridge", model=str(tiny_model()), precision="fp32", device="cpu")
    done = run(host, folder)
    assert done.returncode == 0, done.stderr
    take = read_take(str(folder / "takes" / "bridge" / "take_001"))
    assert take.state == "finished" and len(frames_of(take.folder)) == 3
    assert "Take 1 is fresh: frames 1001-1003." in done.stdout and "camera: still" in done.stdout


def test_what_cannot_be_is_told_in_every_hosts_words(host: Path, tmp_path: Path) -> None:
    done = run(host, scene(tmp_path / "bridge", erode=99))
    assert done.returncode == 2 and "settings.erode is 99" in done.stderr and "\n\n" in done.stderr
