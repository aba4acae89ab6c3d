"""The shots.json of a bundle, as a farm's host reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import JobError
from ..contract.job import Job
from ..contract.schema import Upgrade, upgraded
from .paths import Roots, with_paths

#: Of the layout of ``shots.json``.
SHOTS_UPGRADES: tuple[Upgrade, ...] = ()


@dataclass(frozen=True)
class FarmShot:
    """A shot of a bundle, as a host renders it."""

    number: int
    name: str
    job: Job


def read_shots(path: str | os.PathLike[str], roots: Roots) -> list[FarmShot]:
    """The shots of a bundle, with their paths on this host. Raises ``JobError``."""
    try:
        data = upgraded(json.loads(Path(path).read_text(encoding="utf-8")), str(path), SHOTS_UPGRADES)
        rows = [(str(row["name"]), row["job"]) for row in data["shots"]]
    except OSError as error:
        raise JobError(
            f"{path} cannot be read: {error.strerror}.", "Give the shots.json of a bundle."
        ) from error
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise JobError(f"{path} is not the list of a bundle.", "Write the bundle again.") from error
    return [
        FarmShot(number, name, with_paths(Job.from_dict(job), roots.read))
        for number, (name, job) in enumerate(rows, 1)
    ]


def task_shots(shots: Sequence[FarmShot], only: str) -> list[FarmShot]:
    """The shots that a task's range means: ``3``, ``1-20``, ``1-3,7``. Raises ``JobError``."""
    chosen: list[FarmShot] = []
    for part in only.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or not (last or first).isdigit() or not 1 <= int(first) <= int(last or first):
            raise JobError(f"'{only}' is no range of shots.", "Write it as 3, 1-20 or 1-3,7.")
        if int(last or first) > len(shots):
            raise JobError(
                f"There is no shot {last or first}: the list has {len(shots)}.", "Write the bundle again."
            )
        chosen += shots[int(first) - 1 : int(last or first)]
    return chosen
