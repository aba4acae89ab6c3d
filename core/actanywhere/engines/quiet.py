"""Silences the log output of the libraries that engines load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import diffusers.utils.logging
import transformers.utils.logging


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' bars and remarks off an artist's screen; what matters is raised."""
    rooms = (diffusers.utils.logging, transformers.utils.logging)
    levels = [room.get_verbosity() for room in rooms]
    for room in rooms:
        room.set_verbosity_error()
        room.disable_progress_bar()
    try:
        yield
    finally:
        for room, level in zip(rooms, levels, strict=True):
            room.set_verbosity(level)
            room.enable_progress_bar()
