"""Where models lie: a studio's folders, the artist's own, and what comes with the software."""

from __future__ import annotations

import os
from pathlib import Path

from ..contract.errors import OutputError
from ..user_folders import data_folder

__all__ = ["BUNDLED", "own_shelf", "shelf_to_write", "shelves", "studio_shelves"]

BUNDLED = Path(__file__).parent
"""The shelf that comes with the software."""


def own_shelf() -> Path:
    """The artist's own shelf."""
    return data_folder() / "models"


def studio_shelves() -> list[Path]:
    """The folders that ACTANYWHERE_MODELS lists, whether or not they are there."""
    listed = os.environ.get("ACTANYWHERE_MODELS", "").split(os.pathsep)
    return [Path(folder.strip()).expanduser() for folder in listed if folder.strip()]


def shelves() -> list[Path]:
    """Where a model is looked for, in this order."""
    return [*studio_shelves(), own_shelf(), BUNDLED]


def shelf_to_write() -> tuple[Path, str]:
    """The first shelf that may be written to, and a line about those that may not. Raises ``OutputError``.

    A studio's folder is never made: where its share is not mounted, that would fill the local disk.
    """
    own = own_shelf()
    refused: list[str] = []
    for shelf in [*studio_shelves(), own]:
        if _may_write(shelf, make=shelf == own):
            told = f"{' and '.join(refused)} may not be written to: it goes to {shelf}." if refused else ""
            return shelf, told
        refused.append(str(shelf))
    raise OutputError(
        f"No folder for models may be written to: {', '.join(refused)}.",
        "Set ACTANYWHERE_MODELS to a folder that you may write to.",
    )


def _may_write(shelf: Path, make: bool) -> bool:
    """Whether a folder can be made in ``shelf``: tried, for the rights that a share shows say little."""
    probe = shelf / f".actanywhere-{os.getpid()}"
    try:
        if make:
            shelf.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True
