"""Hand-made marks of a shot: people in its condition pictures, and the actor's shadow in its plate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import JobError
from ..contract.job import Job
from ..footage import read_still_matte

Region = NDArray[np.bool_]

_SCHEMA = 1
_FINE = 4
"""Parts of a pixel in which outlines are drawn."""


@dataclass(frozen=True)
class Marks:
    """The marks of one shot with one condition.

    ``subject`` (hc, wc) is everybody else in the condition, with what they hold or ride, and ``cast`` (hc, wc) their
    shadow or reflection; both False everywhere where nobody is. ``shadows`` (h, w) are the actor's in single frames
    of the plate, by their place in it, counted from 0.
    """

    subject: Region
    cast: Region
    shadows: dict[int, Region]


def read_marks(folder: Path, job: Job) -> Marks | None:
    """The marks of a job's shot in ``folder``: NAME.json, by the shot's or its folder's name; else who is in its
    picture, by the matte beside it (``condition_matte``) and without shadows; else None.

    Raises ``JobError`` where a file cannot be understood.
    """
    picture = Path(job.shot.condition.path)
    for name in (job.shot.name, picture.parent.name):
        path = folder / f"{name}.json"
        if path.is_file():
            return _read(path, picture.name) or _masked(job)
    return _masked(job)


def _masked(job: Job) -> Marks | None:
    condition = job.shot.condition
    if not condition.matte:
        return None
    subject = read_still_matte(condition.matte, condition) > 0.5
    return Marks(np.asarray(subject), np.zeros_like(subject), {})


def drawn(outlines: Sequence[Sequence[float]], width: int, height: int) -> Region:
    """(height, width) inside of ``outlines``, each x, y, x, y ... in pixels from the upper left corner.

    What lies inside of two of them is a hole.
    """
    fine = np.zeros((height * _FINE, width * _FINE), np.uint8)
    rings = [np.round(np.reshape(one, (-1, 2)) * _FINE - 0.5).astype(np.int32) for one in outlines]
    if rings:
        cv2.fillPoly(fine, rings, 255)
    return np.asarray(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)) > 127


def _read(path: Path, condition: str) -> Marks | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != _SCHEMA:
            raise ValueError(f"schema {data['schema']}, not {_SCHEMA}")
        if condition not in data["conditions"]:
            return None
        return _marks(data["conditions"][condition], data.get("plate"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobError(
            f"The marks {path} cannot be read: {error}.",
            "docs/evaluation.md tells their layout; leave the file out to go without.",
        ) from error


def _marks(one: dict[str, Any], plate: dict[str, Any] | None) -> Marks:
    width, height = one["size"]
    shadows = {}
    for place, outlines in (plate or {"shadows": {}})["shadows"].items():
        assert plate is not None
        shadows[int(place)] = drawn(outlines, *plate["size"])
    return Marks(drawn(one["subject"], width, height), drawn(one["shadow"], width, height), shadows)
