"""Arrays and the state of a run on disk, so that memory stays flat and a killed run resumes.

An array is a plain file of float32 or uint8, read and written along its first axis (time). The state is JSON that
appears whole or not at all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import OutputError
from ..contract.files import make_folder, write_text


class DiskArray:
    """An array of ``shape`` (n, ...) in a file; what is not read or written at the moment takes no memory."""

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: type = np.float32) -> None:
        self.path = path
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._item = int(np.prod(shape[1:])) * self.dtype.itemsize

    def is_whole(self) -> bool:
        """Whether the file has all of its bytes."""
        return self.path.is_file() and self.path.stat().st_size == self.shape[0] * self._item

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Items ``first`` to ``last``, the end not included."""
        with self.path.open("rb") as stream:
            stream.seek(first * self._item)
            count = (last - first) * self._item // self.dtype.itemsize
            values = np.fromfile(stream, self.dtype, count)
        return values.reshape(last - first, *self.shape[1:])

    def write(self, first: int, values: NDArray[Any]) -> None:
        """Put items from ``first`` on. Raises ``OutputError`` when the disk is full."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("r+b" if self.path.exists() else "w+b") as stream:
                stream.seek(first * self._item)
                np.ascontiguousarray(values, self.dtype).tofile(stream)
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written: {error}.",
                "Free some space and give the same command again: finished steps are kept.",
            ) from error

    def read_or_zeros(self, place: int) -> NDArray[Any]:
        """One item; zeros where none was written yet."""
        if not self.path.exists() or self.path.stat().st_size < (place + 1) * self._item:
            return np.zeros(self.shape[1:], self.dtype)
        return np.asarray(self.read(place, place + 1)[0])

    def mapped(self) -> NDArray[Any]:
        """The whole array, read from disk where it is looked at; not to be written."""
        return np.memmap(self.path, self.dtype, "r", shape=self.shape)

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)


class RunState:
    """What a run has finished, kept in ``folder``; of another job (``key``) it begins again."""

    def __init__(self, folder: Path, key: str) -> None:
        self._path = folder / "run.json"
        self._data: dict[str, Any] = {"key": key}
        try:
            kept = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return
        if isinstance(kept, dict) and kept.get("key") == key:
            self._data = kept

    def get(self, name: str) -> Any:
        """What was kept under ``name``, or None."""
        return self._data.get(name)

    def keep(self, **values: Any) -> None:
        """Keep values. Raises ``OutputError``."""
        self._data.update(values)
        make_folder(str(self._path.parent))
        write_text(str(self._path), json.dumps(self._data))
