"""Detects files that change between opening and reading."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..contract.errors import FootageError


class Unchanged:
    """The size and time of files when they were opened, and what is said where they are others later."""

    def __init__(self) -> None:
        self._noted: dict[str, tuple[int, int]] = {}

    def note(self, path: str) -> None:
        """Note a file as it is, before it is opened. One that is not there is left to who opens it."""
        try:
            self._noted[path] = _stamp(path)
        except OSError:
            self._noted.pop(path, None)

    def check(self, path: str, label: str = "") -> None:
        """Raises ``FootageError`` where a noted file has changed since, or has gone."""
        if path not in self._noted:
            return
        try:
            same = _stamp(path) == self._noted[path]
        except OSError as error:
            raise FootageError(
                f"{label or path}: it was there when the job began, and cannot be had now ({error.strerror}).",
                "Connect its drive again, or put it back; then give the same command: finished frames are kept.",
            ) from error
        if not same:
            raise FootageError(
                f"{label or path}: it changed since the job began.",
                "When it is finished, give the same command again; frames that were painted before are of the old "
                "file, so then into another output folder.",
            )

    def check_all(self) -> None:
        """``check`` of every noted file."""
        for path in self._noted:
            self.check(path)

    @contextmanager
    def held(self, path: str, label: str) -> Iterator[None]:
        """``check`` before and after a file is read; half a file is told as one that changed."""
        self.check(path, label)
        try:
            yield
        except FootageError:
            self.check(path, label)
            raise
        self.check(path, label)


def _stamp(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns
