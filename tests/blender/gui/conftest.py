"""Blender's window with the extension installed from its zip, and the example shot open in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import actanywhere
from tests.blender.conftest import ROOT
from tests.blender.gui.artist import Artist
from tests.blender.gui.window import Window, why_not

ENGINE = "/opt/actanywhere"
IN_WINDOW = Path(__file__).with_name("in_window.py")


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the .blend."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lies at ENGINE: an interpreter that finds the core beside it."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "lib" / "actanywhere").mkdir(parents=True)
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={ENGINE}/lib exec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def window(
    extension: Path, desk: Path, installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    """The screen, with the extension installed by Blender's own command line."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    same = {tmp_path_factory.getbasetemp(), ROOT, Path(sys.prefix), Path(sys.base_prefix)}
    shared = {path: str(path) for path in same if not any(path != o and path.is_relative_to(o) for o in same)}
    shared[installed] = ENGINE
    shared[Path(actanywhere.__file__).parent] = ENGINE + "/lib/actanywhere"
    with Window(shared) as screen:
        install = ["--command", "extension", "install-file", "-r", "user_default", "-e", str(extension)]
        screen.tool("blender", *install, timeout=120)
        yield screen


@pytest.fixture(scope="session")
def example(window: Window, desk: Path) -> Path:
    """The example .blend, made by its script in that Blender."""
    path = desk / "example.blend"
    script = str(ROOT / "examples" / "make_blend.py")
    window.tool("blender", "-b", "-P", script, "--", str(path), timeout=120)
    return path


@pytest.fixture(scope="session")
def artist(window: Window, example: Path, desk: Path) -> Artist:
    """Somebody before the window in which the example is open."""
    talk = desk / "talk"
    talk.mkdir()
    given = desk / "given.json"
    given.write_text(json.dumps({"engine": ENGINE + "/python", "talk": str(talk)}), encoding="utf-8")
    window.start(IN_WINDOW, desk / "log.txt", str(example), ACTANYWHERE_GIVEN=str(given))
    made = Artist(window, talk, desk / "log.txt")
    made.ask("answer = 1", within=120)
    return made
