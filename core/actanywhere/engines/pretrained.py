"""Parts of a model loaded whole: weights that a folder lacks are an error, where the libraries draw random ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


def load_pretrained(kind: Any, folder: Path, exact: bool = False, **options: Any) -> Any:
    """The part in ``folder``, by the ``from_pretrained`` of the class ``kind`` (diffusers or transformers).

    Only safetensors are read, and nothing is looked up online. Raises ``ValueError`` for weights that are missing, and,
    where it has to be ``exact``, for some of another model; and what the libraries raise.
    """
    with quiet():
        part, found = kind.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, output_loading_info=True, **options
        )
    if missing := sorted(found["missing_keys"]):
        raise ValueError(f"{folder.name} lacks {len(missing)} weights, {missing[0]} first")
    if exact and (unexpected := sorted(found["unexpected_keys"])):
        raise ValueError(
            f"{folder.name} holds {len(unexpected)} weights of another model, {unexpected[0]} first"
        )
    if exact and (mismatched := found.get("mismatched_keys")):
        raise ValueError(f"a weight has another shape than config.json says: {next(iter(mismatched))}")
    return part
