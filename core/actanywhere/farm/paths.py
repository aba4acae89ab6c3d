"""The paths of a batch, as root folders that a farm can map.

In a bundle a path is written ``{Root1}/plates/run.####.exr``. Each root is a path parameter of the job, so the farm
itself says where it lies on the host at work, whichever system that runs.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath

from ..contract.errors import JobError
from ..contract.job import Job

_WRITTEN = re.compile(r"\{(Root\d+)\}(?:/(.*))?", re.DOTALL)
_IN_CONDITION = ("path", "matte", "scribble", "extended")
"""The fields that hold paths."""
_MOST = 40
"""A job has at most 50 parameters."""


class Roots:
    """Folders by their names, ``Root1`` and so on."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        self.folders = dict(folders)

    @classmethod
    def of(cls, paths: Iterable[str], storage: Iterable[str] = ()) -> Roots:
        """The roots of absolute ``paths``: those of ``storage`` that hold any, or else their common folders."""
        paths = list(paths)
        if chosen := [os.path.abspath(folder) for folder in storage]:
            folders = [folder for folder in chosen if any(_below(path, folder) is not None for path in paths)]
        else:
            folders = _common(paths)
        return cls({f"Root{number}": folder for number, folder in enumerate(folders, 1)})

    def write(self, path: str) -> str:
        """The path below its root. Raises ``JobError`` when it lies below none, or when its name is no text."""
        try:
            path.encode("utf-8")
        except UnicodeEncodeError as error:
            raise JobError(
                f"{path!r} cannot be written into a job: its name is no text.", "Rename it."
            ) from error
        found = [
            (folder, name, rest)
            for name, folder in self.folders.items()
            if (rest := _below(path, folder)) is not None
        ]
        if not found:
            raise JobError(
                f"{path} is on no storage that the farm sees ({', '.join(self.folders.values()) or 'none'}).",
                "Put it there, or name its folder with --storage.",
            )
        _, name, rest = max(found, key=lambda one: len(one[0]))
        return f"{{{name}}}/{rest}" if rest else f"{{{name}}}"

    def read(self, written: str) -> str:
        """The path on this host; what has no root stays as it is. Raises ``JobError`` for one above its root."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            return written
        if match[1] not in self.folders:
            raise JobError(
                f"{written}: no folder is given for {match[1]}.", f"Give --root {match[1]}=FOLDER."
            )
        parts = (match[2] or "").split("/")
        if ".." in parts:
            raise JobError(f"{written} leads out of its root.", "Write the bundle again.")
        return os.path.join(self.folders[match[1]], *parts) if match[2] else self.folders[match[1]]


def _below(path: str, folder: str) -> str | None:
    """What is left of ``path`` below ``folder``, with slashes; None where it lies elsewhere."""
    try:
        rest = PurePath(path).relative_to(folder)
    except ValueError:
        return None
    return "" if rest == PurePath() else rest.as_posix()


def _common(paths: list[str]) -> list[str]:
    """The fewest folders that still say where things lie: one for each disk or volume."""
    for depth in (3, 2, 1):
        groups: dict[tuple[str, ...], list[str]] = {}
        for path in paths:
            folder = PurePath(path).parent
            groups.setdefault(folder.parts[:depth], []).append(str(folder))
        if len(groups) <= _MOST:
            break
    return sorted(os.path.commonpath(group) for group in groups.values())


def paths_of(job: Job) -> Iterator[str]:
    """Every path of a job; a model that is a name has none."""
    seen: list[str] = []

    def note(path: str) -> str:
        seen.append(path)
        return path

    with_paths(job, note)
    yield from seen


def with_paths(job: Job, change: Callable[[str], str]) -> Job:
    """The job with every path changed; a model that is a name stays."""

    def changed(path: str) -> str:
        return change(path) if path else path

    def of_model(name: str) -> str:
        return change(name) if os.path.isabs(name) or _WRITTEN.fullmatch(name) else name

    replace, shot, settings = dataclasses.replace, job.shot, job.settings
    condition = replace(
        shot.condition, **{name: changed(getattr(shot.condition, name)) for name in _IN_CONDITION}
    )
    return Job(
        replace(
            shot,
            plate=replace(shot.plate, path=changed(shot.plate.path)),
            matte=replace(shot.matte, path=changed(shot.matte.path)),
            condition=condition,
            track=changed(shot.track),
        ),
        changed(job.output),
        replace(settings.with_files(change), model=of_model(settings.model)),
    )
