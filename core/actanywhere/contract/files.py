"""Files that are there whole or not at all: written beside their name, flushed to the disk, then renamed.

A kill at any moment leaves a stray, which ``sweep_strays`` removes, and no half file.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import errno
import os
import secrets
from typing import Callable, List

from .errors import OutputError

_STRAY = ".partial-"


def replace_atomically(path: str, write: Callable[[str], None]) -> None:
    """Lets ``write`` make a temporary file beside ``path``, flushes it to the disk and gives it the name.

    The temporary name keeps the extension, by which libraries choose the format. On any error the temporary
    file is removed, and ``OSError`` becomes ``OutputError``.
    """
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    temporary = os.path.join(folder, f".{stem}{_STRAY}{os.getpid()}-{secrets.token_hex(4)}{extension}")
    try:
        write(temporary)
        _flush(temporary)
        os.replace(temporary, path)
        if os.name == "posix":
            _flush(folder or ".")
    except OSError as error:
        raise unwritable(path, error.strerror or str(error)) from error
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def make_folder(folder: str) -> None:
    """Make a folder and those above it, unless it is there. Raises ``OutputError``."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {refusal(error)}.", "Give a folder that you may write to."
        ) from error


def refusal(error: OSError) -> str:
    """Why a folder that is there took no new file or folder."""
    if error.errno == errno.ENOENT:  # as /proc says it, and nothing is missing
        return "this file system takes no new files"
    return error.strerror or str(error)


def write_bytes(path: str, data: bytes) -> None:
    """Write a small file, whole. Raises ``OutputError``."""

    def put(temporary: str) -> None:
        with open(temporary, "wb") as stream:
            stream.write(data)

    replace_atomically(path, put)


def write_text(path: str, text: str) -> None:
    """Write a small file, UTF-8, whole. Raises ``OutputError``."""
    write_bytes(path, text.encode("utf-8"))


def sweep_strays(folder: str) -> List[str]:
    """Removes the temporary files that a killed writer left in a folder; gives their names.

    Call it while the folder is locked: another writer's unfinished frame looks the same.
    """
    try:
        strays = [name for name in os.listdir(folder) if name.startswith(".") and _STRAY in name]
        for name in strays:
            os.remove(os.path.join(folder, name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be cleaned of unfinished files ({error.strerror}).",
            "Check the folder's permissions.",
        ) from error
    return sorted(strays)


def unwritable(path: str, reason: str) -> OutputError:
    """The error of a file that cannot be written; an empty ``reason`` is a disk that gave none."""
    return OutputError(
        f"{path}: cannot be written: {' '.join(reason.split()) or 'the disk refused it (is it full?)'}.",
        "Check the free space and the folder's permissions, then give the same command again: it continues.",
    )


def _flush(path: str) -> None:
    # A file must be open for writing to be flushed on Windows; a folder cannot be.
    handle = os.open(path, os.O_RDONLY if os.path.isdir(path) else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
