"""The plate's camera as a take solved it in 3-D, for a camera of the host's: CG then stands in the same place.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import json
import os
from typing import Dict, List, NamedTuple

from ..contract.errors import JobError
from ..contract.takes import Take, layer_stem

_AGAIN = "Render the take again."


class SolvedCamera(NamedTuple):
    """``matrices``: for each frame of the job sixteen numbers, camera to world row by row, y up; ``focal`` in heights
    of the plate. ``aspect`` is the plate's width over its height, in pixels; ``points``, x, y and z each, are what the
    solve saw stand still.
    """

    matrices: Dict[int, List[float]]
    focal: Dict[int, float]
    aspect: float
    points: List[List[float]]


def camera_file(take: Take, extension: str) -> str:
    """The file of the take's solved camera: ``.nk``, ``.chan`` or ``.json``. Raises ``JobError`` without one."""
    path = "" if take.job is None else os.path.join(take.folder, f"{layer_stem(take.job)}_camera{extension}")
    if not os.path.isfile(path):
        raise JobError(
            f"Take {take.number} has no solved camera: it was not rendered with the camera '3d'.",
            "Choose a take that was, or render one with the camera '3d'.",
        )
    return path


def solved_camera(take: Take) -> SolvedCamera:
    """The take's solved camera. Raises ``JobError`` without one, or where its file is damaged."""
    path = camera_file(take, ".json")
    try:
        with open(path, encoding="utf-8") as stream:
            data = json.load(stream)
        rows = {int(frame): row for frame, row in data["frames"].items()}
        matrices = {frame: [float(value) for value in row["matrix"]] for frame, row in rows.items()}
        focal = {frame: float(row["focal_pixels"]) / data["height"] for frame, row in rows.items()}
        if not rows or any(len(matrix) != 16 for matrix in matrices.values()):
            raise ValueError("a frame has no matrix of sixteen numbers")
        points = [[float(value) for value in line.split()] for line in data.get("points", [])]
        if any(len(point) != 3 for point in points):
            raise ValueError("a point has no three numbers")
        return SolvedCamera(matrices, focal, data["width"] / data["height"], points)
    except OSError as error:
        raise JobError(f"{path}: {error.strerror}.", _AGAIN) from error
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise JobError(f"{path} is damaged: {error}.", _AGAIN) from error
