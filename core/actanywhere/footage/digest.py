"""Digests of the footage that was read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from ..contract.errors import FootageError
from ..contract.sequences import find_footage
from ..contract.shot import FrameRange, ImageSequence

_PIECE = 2**24


def digest(
    sequence: ImageSequence,
    frames: FrameRange | None = None,
    step: Callable[[float], None] = lambda share: None,
) -> str:
    """The sha256 over the files that were read, in frame order (hexadecimal).

    Each file adds its own sha256, so the result does not depend on names or folders. ``frames`` limits a
    numbered sequence to the range that was rendered. ``step`` hears the share that is read,
    0..1. Raises ``FootageError``.
    """
    footage = find_footage(sequence)
    chosen = frames or footage.frames
    if footage.kind == "sequence" and chosen is not None:
        footage.require(chosen)
        paths = [footage.at(frame) for frame in chosen]
    else:
        paths = [footage.path]
    total = hashlib.sha256()
    for done, path in enumerate(paths):
        try:
            with open(path, "rb") as file:
                size, own = max(1, os.fstat(file.fileno()).st_size), hashlib.sha256()
                while piece := file.read(_PIECE):
                    own.update(piece)
                    step((done + min(1.0, file.tell() / size)) / len(paths))
                total.update(own.digest())
        except OSError as error:
            raise FootageError(
                f"{path}: cannot be read ({error.strerror}).", "Check the file's permissions."
            ) from error
    return total.hexdigest()
