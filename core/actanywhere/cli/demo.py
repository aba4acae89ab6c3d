"""``actanywhere demo``: the example shot as a Job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract.errors import FootageError
from ..contract.job import Job
from ..contract.sequences import sequences_in
from ..shotlist import job_from_flat

_EXAMPLE = Path(__file__).resolve().parent.parent / "example"


def demo_job(output: str, settings: Mapping[str, Any], example: Path = _EXAMPLE) -> Job:
    """The example (``plate/``, ``matte/`` and ``condition.*`` of its folder) to be rendered into ``output``.

    Raises FootageError when the example did not come with the installation.
    """
    shot = {
        "name": "tos_bridge",
        "plate": _sequence(example / "plate"),
        "matte": _sequence(example / "matte"),
        "condition": _condition(example),
        "output": str(Path(output).absolute()),
    }
    return job_from_flat({**shot, **settings})


def _sequence(folder: Path) -> str:
    found = sequences_in(str(folder)) if folder.is_dir() else []
    if len(found) != 1:
        raise _missing(folder)
    return str(folder / found[0])


def _condition(example: Path) -> str:
    found = sorted(example.glob("condition.*"))
    if not found:
        raise _missing(example / "condition.*")
    return str(found[0])


def _missing(path: Path) -> FootageError:
    return FootageError(f"The example shot is incomplete: {path}.", "Install ActAnywhere again.")
