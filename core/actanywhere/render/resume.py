"""Painted windows on disk, so that a stopped job resumes where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from ..contract.files import write_bytes
from ..engines.protocol import Painted

_PICTURES, _SHOWN, _STATE = "pictures", "shown", "state."


class PaintedWindows:
    """The last painted windows of a job, in its working folder: pictures and the engine's own state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def last(self) -> int | None:
        """The number of the last window that is kept, None where there is none."""
        return max((int(path.stem.rpartition("_")[2]) for path in self._kept()), default=None)

    def load(self, number: int) -> Painted | None:
        """Window ``number``, or None when it is not kept."""
        try:
            arrays = load_file(self._path(number))
            pictures = arrays.pop(_PICTURES)
        except (OSError, SafetensorError, KeyError):
            return None
        shown = arrays.pop(_SHOWN, None)
        return Painted(pictures, {name[len(_STATE) :]: array for name, array in arrays.items()}, shown)

    def save(self, number: int, painted: Painted) -> None:
        """Keep window ``number``; it appears whole or not at all. Windows before it go. Raises ``OutputError``."""
        arrays: dict[str, NDArray[np.generic]] = {_PICTURES: painted.pictures}
        arrays |= {} if painted.shown is None else {_SHOWN: painted.shown}
        arrays |= {_STATE + name: array for name, array in painted.state.items()}
        data = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
        path = self._path(number)
        write_bytes(str(path), data)
        for other in self._kept():
            if other != path:
                other.unlink()

    def forget(self) -> None:
        """Let go of all that is kept."""
        for path in self._kept():
            path.unlink()

    def _kept(self) -> list[Path]:
        return sorted(self.folder.glob("window_*.safetensors"))

    def _path(self, number: int) -> Path:
        return self.folder / f"window_{number:05d}.safetensors"
