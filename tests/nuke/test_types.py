"""The plug-in against the public type stubs: strictly typed, and what the stubs do not cover is listed, not hidden."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from tests.nuke_standin import ON_PATH, stubs

DOCS = Path(__file__).parents[2] / "docs" / "nuke.md"


def knows_nuke(path: Path) -> bool:
    """Whether a file imports ``nuke``."""
    imports = [
        item for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(item, ast.Import)
    ]
    return any(alias.name == "nuke" for item in imports for alias in item.names)


def host_files(packed: Path) -> list[Path]:
    return [path for path in sorted(packed.rglob("actanywhere_nuke/**/*.py")) if knows_nuke(path)]


def names_used(packed: Path) -> dict[str, list[ast.Attribute]]:
    """Name -> where the plug-in says ``nuke.NAME``."""
    used: dict[str, list[ast.Attribute]] = {}
    for path in host_files(packed):
        for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(item, ast.Attribute)
                and isinstance(item.value, ast.Name)
                and item.value.id == "nuke"
            ):
                used.setdefault(item.attr, []).append(item)
    return used


def test_mypy_strict_with_the_stubs_finds_nothing(packed: Path, tmp_path: Path) -> None:
    command = ["mypy", "--strict", "--no-incremental", "--cache-dir", str(tmp_path), "-p", "actanywhere_nuke"]
    done = subprocess.run([sys.executable, "-m", *command], cwd=packed, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert re.search(r"no issues found in [2-9]\d source files", done.stdout)


def test_the_stubs_know_every_name_of_nuke_that_the_plug_in_says(packed: Path) -> None:
    used = set(names_used(packed))
    assert len(used) > 20
    assert used - stubs.names() == set()


def test_the_stand_in_plays_every_name_of_nuke_that_the_plug_in_says(packed: Path) -> None:
    standin = (ON_PATH / "nuke.py").read_text(encoding="utf-8")
    for name in names_used(packed):
        assert re.search(rf"\b{name}\b", standin), name


def test_the_calls_that_the_stubs_do_not_check_are_those_that_the_manual_lists(packed: Path) -> None:
    calls = set()
    for path in host_files(packed):
        text = path.read_text(encoding="utf-8")
        for item in ast.walk(ast.parse(text)):
            if isinstance(item, ast.Call) and re.match(r"nuke\.\w+(\.\w+)?$", ast.unparse(item.func)):
                name = ast.unparse(item.func)
                if name.split(".")[1] in stubs.untyped() or name.startswith("nuke.nodes."):
                    calls.add(name)
        for line in text.splitlines():
            if "type: ignore" in line:
                calls |= {f"knob.{name}" for name in re.findall(r"\]\.(\w+)\(", line)}
    listed = re.search(r"<!-- unchecked calls -->\n(.*?)\n\n", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert calls and listed
    assert set(re.findall(r"`([\w.]+)`", listed.group(1))) == calls
