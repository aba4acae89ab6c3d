"""Pulls a model from the hub or a mirror: complete or not at all, and resumed after an interruption."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ..contract.errors import ModelError, OutputError
from .digests import facts_of, forget, remember
from .find import Found, find_model, folder_of
from .hub import HubFile, Repository, cached_file, fetch_file, look_up, matches_hub
from .libraries import library_to_write
from .record import FileFacts, Record, write_record
from .registry import Entry
from .whole import check_file, check_kind, refuse_pickle

_PIECE = 2**24


@dataclass(frozen=True)
class PullProgress:
    """How far a model has come, in bytes. ``seconds_left`` is None until it can be estimated."""

    name: str
    file: str
    done: int
    total: int
    seconds_left: float | None


Report = Callable[[PullProgress], None]


def pull_model(entry: Entry, progress: Report, say: Callable[[str], None]) -> Found:
    """The model, whole and checked, in the first library that may be written to.

    ``progress`` hears of the bytes, and what it raises stops the pull; ``say`` hears the licence and what else an
    artist should know. What has come stays, and the next pull goes on from it. Raises ``ModelError``, ``OutputError``.
    """
    if folder_of(entry) is not None:
        return find_model(entry.name)
    if not entry.repository:
        raise ModelError(
            f"No place is known from which {entry.name} may be had.", f"Import your own: {entry.command}"
        )
    say(f"{entry.name}: {entry.licence}. {entry.terms}".strip())
    repository = look_up(entry)
    files = _chosen(entry, repository)
    library, note = library_to_write()
    if note:
        say(note)
    with staging(library, entry.name) as folder:
        waiting = [file for file in files if not _is_there(folder / file.name, file)]
        _check_space(entry, folder, sum(file.size - _part_size(folder, file) for file in waiting))
        meter = _Meter(entry.name, sum(file.size for file in files), progress)
        facts: dict[str, FileFacts] = {}
        for file in files:
            if file in waiting:
                _bring(entry, repository, file, folder, meter)
            facts[file.name] = _checked(entry, file, folder)
            meter.finish(file)
        check_kind(entry, folder)
        write_record(folder, Record(entry.name, entry.repository, repository.commit, entry.licence, facts))
        return take_over(folder, library, entry, facts)


def _chosen(entry: Entry, repository: Repository) -> list[HubFile]:
    """The files of the repository that the entry asks for. Raises ``ModelError`` where one is not as it must be."""
    chosen = [file for file in repository.files if entry.rule_of(file.name) is not None]
    for rule in entry.files:
        matching = [file for file in chosen if rule.matches(file.name)]
        if not matching and not rule.optional:
            raise ModelError(
                f"{entry.repository} at {repository.commit[:12]} has no {rule.path}.",
                "The repository was changed; import the files by hand, or ask for a newer version of ActAnywhere.",
            )
        for file in matching:
            refuse_pickle(Path(file.name))
            if rule.sha256 and file.sha256 and file.sha256 != rule.sha256:
                raise ModelError(
                    f"{file.name} of {entry.repository} is another file than the one that is known and was tried.",
                    "It was changed in its repository or on its mirror; do not use it before you know why.",
                )
    return chosen


@contextmanager
def staging(library: Path, name: str) -> Iterator[Path]:
    """A folder beside the library's models in which a model comes together, held by one process at a time."""
    folder = library / ".coming" / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(str(folder) + ".lock", timeout=0):
            yield folder
    except Timeout as error:
        raise OutputError(
            f"Another process is getting {name} into {library}.", "Wait until it is done."
        ) from error


def take_over(folder: Path, library: Path, entry: Entry, facts: dict[str, FileFacts]) -> Found:
    """Put the whole model under its name, and find it there."""
    try:
        os.rename(folder, library / entry.name)
    except OSError as error:
        raise OutputError(
            f"{library / entry.name} cannot be made: {error.strerror or error}.",
            "Look what lies in its place.",
        ) from error
    forget(library / entry.name)
    remember(library / entry.name, facts)
    return find_model(entry.name)


def _bring(entry: Entry, repository: Repository, file: HubFile, folder: Path, meter: _Meter) -> None:
    """The file into its place, from the hub's cache or over the line."""
    path = folder / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    cached = cached_file(repository, file.name)
    if cached is not None:
        link_or_copy(cached, path)
        return
    part = _part(folder, file)
    fetch_file(entry, repository, file, part, lambda done: meter.move(file.name, done))
    os.replace(part, path)


def _checked(entry: Entry, file: HubFile, folder: Path) -> FileFacts:
    """What came, held against what the hub and the registry say. Removed, and ``ModelError``, where it is wrong."""
    path = folder / file.name
    facts = facts_of(path)
    rule = entry.rule_of(file.name)
    pinned = rule.sha256 if rule is not None else ""
    try:
        if not matches_hub(file, path, facts.sha256) or (pinned and pinned != facts.sha256):
            raise ModelError(
                f"What came as {file.name} of {entry.repository} is not what it should be: its checksum is wrong.",
                "Give the same command again; if it stays so, the mirror or something on the line changes files.",
            )
        check_file(path)
    except ModelError:
        path.unlink()
        raise
    return facts


def _part(folder: Path, file: HubFile) -> Path:
    """Where the file's bytes gather; named by its content, so that another version does not go on from them."""
    return folder / f"{file.name}.{(file.sha256 or file.git)[:16]}.part"


def _part_size(folder: Path, file: HubFile) -> int:
    part = _part(folder, file)
    return min(part.stat().st_size, file.size) if part.is_file() else 0


def _is_there(path: Path, file: HubFile) -> bool:
    """Whether an earlier pull brought the file; a file of another content goes."""
    if not path.is_file():
        return False
    if matches_hub(file, path, facts_of(path).sha256):
        return True
    path.unlink()
    return False


def _check_space(entry: Entry, folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"{entry.name} needs {needed / 1e9:.1f} GB more, and {folder.parent.parent} has {free / 1e9:.1f} GB free.",
            "Free some space, or set ACTANYWHERE_MODELS to a folder that is there, on a larger disk.",
        )


def link_or_copy(source: Path, path: Path, read: Callable[[int], None] = lambda count: None) -> None:
    """The file under a second name where the disk allows it, else a copy, as ``read`` hears. Raises ``OutputError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), path)  # of a symbolic link, the link itself would get the name
    except OSError:
        try:
            with source.open("rb") as old, path.open("wb") as new:
                while piece := old.read(_PIECE):
                    new.write(piece)
                    read(len(piece))
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OutputError(
                f"{path} cannot be written: {error.strerror or error}.", "Free some space on that disk."
            ) from error


class _Meter:
    """Bytes to progress, at most five times a second."""

    def __init__(self, name: str, total: int, progress: Report) -> None:
        self._name, self._total, self._progress = name, total, progress
        self._before = 0
        self._came = 0
        self._at: dict[str, int] = {}
        self._began = self._last = time.monotonic()

    def move(self, file: str, done: int) -> None:
        """``done`` bytes of ``file`` are there."""
        now = time.monotonic()
        self._came += done - self._at.get(file, done)
        self._at[file] = done
        if now - self._last >= 0.2:
            self._last = now
            self._tell(file, self._before + done, now)

    def finish(self, file: HubFile) -> None:
        """``file`` is there and checked."""
        self._before += file.size
        self._tell(file.name, self._before, time.monotonic())

    def _tell(self, file: str, done: int, now: float) -> None:
        took = now - self._began
        left = (self._total - done) * took / self._came if self._came and took > 1 else None
        self._progress(PullProgress(self._name, file, done, self._total, left))
