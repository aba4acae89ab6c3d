"""Model libraries, the folders that hold models: a studio's, the artist's own, and the one in this package."""

from __future__ import annotations

import os
from pathlib import Path

from ..contract.errors import OutputError
from ..user_folders import data_folder

BUNDLED = Path(__file__).parent
"""The library that comes with the software."""


def own_library() -> Path:
    """The artist's own library."""
    return data_folder() / "models"


def studio_libraries() -> list[Path]:
    """The folders that ACTANYWHERE_MODELS lists, whether or not they are there."""
    listed = os.environ.get("ACTANYWHERE_MODELS", "").split(os.pathsep)
    return [Path(folder.strip()).expanduser() for folder in listed if folder.strip()]


def libraries() -> list[Path]:
    """Where a model is looked for, in this order."""
    return [*studio_libraries(), own_library(), BUNDLED]


def library_to_write() -> tuple[Path, str]:
    """The first library that may be written to, and a line about those that may not. Raises ``OutputError``.

    A studio's folder is never made: where its share is not mounted, that would fill the local disk.
    """
    own = own_library()
    refused: list[str] = []
    for library in [*studio_libraries(), own]:
        if _may_write(library, make=library == own):
            note = f"{' and '.join(refused)}: it goes to {library}." if refused else ""
            return library, note
        refused.append(f"{library} " + ("may not be written to" if library.is_dir() else "is not there"))
    raise OutputError(
        f"No folder takes models: {', '.join(refused)}.",
        "Set ACTANYWHERE_MODELS to a folder that is there and that you may write to.",
    )


def _may_write(library: Path, make: bool) -> bool:
    """Whether a folder can be made in ``library``: tried, for the rights that a share shows say little."""
    probe = library / f".actanywhere-{os.getpid()}"
    try:
        if make:
            library.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True
