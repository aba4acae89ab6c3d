"""Arrays of a whole shot in a temporary file, so that memory stays flat."""

from __future__ import annotations

import math
import mmap
import os
import sys
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray


def spilled(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Zeros (8-bit) in a temporary file, which goes with the array. Raises ``OSError`` where there is no room."""
    with tempfile.TemporaryFile() as stream:
        if (
            sys.platform == "linux"
        ):  # else a disk that fills up later kills the process that writes into the map
            os.posix_fallocate(stream.fileno(), 0, math.prod(shape))
        return np.memmap(stream, np.uint8, "w+", shape=shape)


def forget(*arrays: NDArray[Any]) -> None:
    """Let go of the memory that the pages of ``spilled`` arrays take; their values stay in the file.

    The system would do so too, but late: until then a long shot counts as a large process. Other arrays, and systems
    that cannot be told, are left alone.
    """
    for array in arrays:
        pages = getattr(array, "_mmap", None)
        if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            pages.madvise(mmap.MADV_DONTNEED)
