"""The half that runs inside Nuke, in the Pythons that Nukes have."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from tests.nuke.pythons import EVERY, python_of
from tests.nuke.test_types import knows_nuke

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def overscanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An EXR of 64x48 with four pixels more at the sides and two above and below."""
    path = tmp_path_factory.mktemp("overscan") / "plate.1001.exr"
    spec = oiio.ImageSpec(72, 52, 3, oiio.FLOAT)
    spec.x, spec.y, spec.full_width, spec.full_height = -4, -2, 64, 48
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec) and out.write_image(np.zeros((52, 72, 3), np.float32)) and out.close()
    return path


@EVERY
def test_every_decision_holds_in_the_python_of_that_nuke(
    version: str, packed: Path, overscanned: Path
) -> None:
    command = [python_of(version), "-W", "error", "-I"]
    for half, tests in (("read.py", 31), ("show.py", 11)):
        done = subprocess.run(
            [*command, str(HERE / "half" / half), str(packed), str(overscanned)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert f"Ran {tests} tests" in done.stderr


def test_the_oldest_nuke_has_all_that_the_plug_in_calls(packed: Path) -> None:
    vermin = str(Path(sys.executable).with_name("vermin"))
    files = sorted(map(str, packed.rglob("*.py")))
    assert len(files) > 20
    done = subprocess.run([vermin, "--no-tips", "--target=3.7-", "--violations", *files], capture_output=True)
    assert done.returncode == 0, done.stdout.decode()


def test_nothing_but_the_standard_library_nuke_and_ourselves_is_imported_inside_nuke(packed: Path) -> None:
    foreign = []
    for path in packed.rglob("*.py"):
        for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))):
            names = [alias.name for alias in item.names] if isinstance(item, ast.Import) else []
            if isinstance(item, ast.ImportFrom) and item.level == 0:
                names.append(item.module or "")
            for name in names:
                if name.split(".")[0] not in sys.stdlib_module_names | {"nuke", "actanywhere_nuke"}:
                    foreign.append(f"{path.name}: {name}")
    assert foreign == []


def test_what_is_decided_never_sees_nuke(packed: Path) -> None:
    root = packed / "actanywhere_nuke"
    knows = {
        path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.py") if knows_nuke(path)
    }
    deciding = {one for one in knows if one.split("/")[0] in ("read", "draw", "contract", "hostkit")}
    assert deciding == {"read/asking", "read/tracks", "read/upstream"}, "they ask, and decide nothing"
    assert {one.split("/")[0] for one in knows} == {"read", "show", "operators"}
