"""Locks an output folder for one writer, across all hosts that share it.

Two renders on one host are told apart by the operating system's lock, which is gone with its process. A shared folder
may not carry that lock to other hosts: there the writer also keeps a small file that names it and counts on as long as
it lives. One that has stopped counting was left by a host that died, and is taken over.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import filelock

from ..contract.errors import FolderBusy, OutputError

LOCK_NAME = ".actanywhere.lock"
_WRITER_NAME = ".actanywhere.writer"
_BEAT = 5.0
_DEAD = 45.0
"""Seconds without a beat after which a writer on another host is taken for dead: clocks are not compared."""


@contextmanager
def lock_folder(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other renders out of an existing folder. Raises ``FolderBusy`` when one is at work there, ``OutputError``.

    Where a writer of another host is noted, this waits until it shows life or has been silent for long enough.
    """
    if not Path(folder).is_dir():  # the library would make it
        raise OutputError(f"{folder} is not a folder.", "Make it first.")
    lock, note = filelock.FileLock(Path(folder) / LOCK_NAME, timeout=0), Path(folder) / _WRITER_NAME
    try:
        lock.acquire()
    except filelock.Timeout:
        raise _busy(folder, _read(note)) from None
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        with _noted(Path(folder), note):
            yield
    finally:
        lock.release()


@dataclass(frozen=True)
class _Writer:
    host: str
    pid: int
    since: str
    beat: int

    def __str__(self) -> str:
        return f"on {self.host}, process {self.pid}, since {self.since}"


@contextmanager
def _noted(folder: Path, note: Path) -> Iterator[None]:
    """The folder with this writer's note in it, which counts on."""
    mine = _Writer(platform.node(), os.getpid(), time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()), 0)
    try:
        while not _create(note, mine):
            _take_over(folder, note, mine.host)
    except OSError as error:
        raise _unwritable(folder, error) from error
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(note, mine, over), daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
        with suppress(OSError):
            note.unlink()


def _take_over(folder: Path, note: Path, host: str) -> None:
    """Remove a dead writer's note; of several that try, one does. Raises ``FolderBusy`` when the writer lives."""
    found = _read(note)
    if found is not None and found.host != host and not _silent(note, found):
        raise _busy(folder, found)
    stale = note.with_name(f"{note.name}.{secrets.token_hex(4)}")
    with suppress(FileNotFoundError):
        os.rename(note, stale)
        stale.unlink()


def _silent(note: Path, found: _Writer) -> bool:
    until = time.monotonic() + _DEAD
    while time.monotonic() < until:
        if _read(note) not in (found, None):
            return False
        time.sleep(_BEAT / 5)
    return True


def _create(note: Path, writer: _Writer) -> bool:
    """Write the note if there is none; whether it was written."""
    try:
        handle = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(vars(writer), stream)
    return True


def _beat(note: Path, writer: _Writer, over: threading.Event) -> None:
    beat = 0
    while not over.wait(_BEAT):
        beat += 1
        # In place: who reads it opens it again, and so sees it on a network's file system, too.
        with suppress(OSError), open(note, "r+", encoding="utf-8") as stream:
            stream.write(json.dumps({**vars(writer), "beat": beat}))


def _read(note: Path) -> _Writer | None:
    """What the note says; None where there is none, or half of one."""
    try:
        return _Writer(**json.loads(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _busy(folder: str | os.PathLike[str], writer: _Writer | None) -> FolderBusy:
    who = "" if writer is None else f" ({writer})"
    return FolderBusy(
        f"Another render{who} is writing into {folder}.", "Wait for it, or give another output folder."
    )


def _unwritable(folder: str | os.PathLike[str], error: OSError) -> OutputError:
    return OutputError(
        f"{folder} cannot be written: {error.strerror or error}.",
        "Give a folder that you may write to.",
    )
