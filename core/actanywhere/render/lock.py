"""One writer in one output folder at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from ..contract.errors import OutputError

__all__ = ["LOCK_NAME", "writing_alone"]

LOCK_NAME = ".actanywhere.lock"


@contextmanager
def writing_alone(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other renders out of an existing folder. Raises OutputError when one is at work there.

    The operating system holds the lock, so it is gone with its process, however that ended.
    """
    if not Path(folder).is_dir():  # the library would make it
        raise OutputError(f"{folder} is not a folder.", "Make it first.")
    lock = filelock.FileLock(Path(folder) / LOCK_NAME, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise OutputError(
            f"Another render is writing into {folder}.", "Wait for it, or give another output folder."
        ) from None
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror or error}.",
            "Give a folder that you may write to.",
        ) from error
    try:
        yield
    finally:
        lock.release()
