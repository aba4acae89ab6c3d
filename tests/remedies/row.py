"""A remedy, a small situation that is answered with it, and what is done as it says."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from actanywhere import cli
from actanywhere.contract.errors import ActAnywhereError
from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange
from actanywhere.footage.plate import Plate, open_plate
from tests.render.stage import Staged, stage_shot


@cache
def _staged(folder: Path) -> Staged:
    return stage_shot(folder)


@dataclass(frozen=True)
class At:
    """An empty folder, a small shot in it where one is needed, and a machine that may lack things."""

    folder: Path
    machine: pytest.MonkeyPatch

    def __truediv__(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, content: str | bytes) -> Path:
        """A file of this content; its path."""
        path = self / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def lack(self, *modules: str) -> None:
        """They are not installed."""
        import sys

        for name in modules:
            self.machine.setitem(sys.modules, name, None)

    def refusing(self, ending: str) -> Any:
        """``open`` that is not allowed files with this ending."""

        def refuse(path: Any, *words: Any, **more: Any) -> Any:
            if str(path).endswith(ending):
                raise PermissionError(13, "Permission denied", str(path))
            return open(path, *words, **more)

        return refuse

    def shot(self) -> Staged:
        """Six small frames, 1001-1006, matte and place."""
        return _staged(self / "shot")

    def plate(self, frames: str = "") -> Plate:
        """The shot's plate, opened."""
        chosen = FrameRange.parse(frames) if frames else None
        return open_plate(self.shot().shot.plate, chosen)

    def job(self, **settings: Any) -> Job:
        """The job of that shot, with the model that comes with the software."""
        from dataclasses import replace

        return Job(self.shot().shot, str(self / "out"), replace(Settings(), camera="still", **settings))

    def words(self) -> list[str]:
        """``render --dry-run`` of the small shot."""
        folder = self.shot().folder
        files = ["--plate", f"{folder}/plate.####.exr", "--matte", f"{folder}/matte.####.png"]
        rest = ["--condition", f"{folder}/place.png", "--output", str(self / "out"), "--camera", "still"]
        return ["render", *files, *rest, "--dry-run"]


@contextmanager
def full_disk() -> Iterator[None]:
    """No file grows beyond a few bytes, by the system's own limit, as on a full disk or behind a quota."""
    resource = pytest.importorskip("resource", reason="this system has no limit of a file's size")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@dataclass(frozen=True)
class Row:
    """``refused`` raises the remedy; ``followed`` does what it says and comes to an end."""

    remedy: str
    refused: Callable[[At], object]
    followed: Callable[[At], object]


def again(
    remedy: str, action: Callable[[At], object], done: Callable[[At], object], begin: Callable[[At], object]
) -> Row:
    """The same ``action`` twice: after ``begin`` it is refused; then the remedy is ``done``, and it works."""

    def refused(at: At) -> object:
        begin(at)
        return action(at)

    def followed(at: At) -> object:
        done(at)
        return action(at)

    return Row(remedy, refused, followed)


def run(*words: object, ends: int = 0) -> None:
    """A command line; its error is raised, another end than ``ends`` is a failure."""
    from actanywhere.cli import screen

    told: list[ActAnywhereError] = []

    class Telling(screen.QuietScreen):
        def error(self, shot: str, error: ActAnywhereError) -> None:
            told.append(error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screen, "choose_screen", lambda as_json, quiet: Telling())
        status = cli.main([str(word) for word in words])
    for error in told:
        raise error
    assert status == ends, words


def printed(remedy: str, start: str = "actanywhere ") -> list[str]:
    """The command line that a remedy names, as it is printed there."""
    line = remedy[remedy.index(start) + len("actanywhere ") :].split("'")[0].rstrip(".")
    return shlex.split(line)
