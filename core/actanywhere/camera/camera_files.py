"""Solved cameras on disk: a .chan file as Nuke and Blender read it, and JSON with all that is known (docs/track.md).

In both the world is y up, a camera looks along its own -z (as Nuke's and Blender's do); matrices are camera to world.
``.chan`` has a line a frame: frame, tx ty tz, rx ry rz in degrees in Nuke's default order ZXY, vertical field of view.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import JobError
from ..contract.files import write_text
from ..contract.track import with_track_number
from .fit import normalise
from .level import strip
from .path import is_card
from .solve import Solve

__all__ = ["Cameras", "cameras_of", "read_cameras", "read_chan", "turned", "write_cameras"]

_FORMAT = "docs/track.md describes the file."
_FLIP = np.diag([1.0, -1.0, -1.0])
"""Between x right, y down, z forward and x right, y up, z backward."""


@dataclass(frozen=True)
class Cameras:
    """Cameras by frame number: ``matrices`` (T, 4, 4) camera to world, ``focal`` (T,) in frame heights."""

    frames: tuple[int, ...]
    matrices: NDArray[np.float64]
    focal: NDArray[np.float64]

    def only(self, frames: tuple[int, ...]) -> Cameras:
        """The cameras of ``frames``, which are all there."""
        rows = [self.frames.index(frame) for frame in frames]
        return Cameras(frames, self.matrices[rows], self.focal[rows])

    @property
    def travel(self) -> float:
        """How far the camera goes from where it first stood."""
        places = self.matrices[:, :3, 3]
        return float(np.linalg.norm(places - places[0], axis=1).max())


def cameras_of(solve: Solve, first: int) -> Cameras:
    """A solve in y up: the first camera looks along -z, over the origin; y = 0 is the ground where it was found."""
    ahead = solve.rotations[0, 2] - (solve.rotations[0, 2] @ solve.up) * solve.up
    ahead = ahead / np.linalg.norm(ahead)
    world = np.stack([np.cross(ahead, solve.up), solve.up, -ahead])
    count = len(solve.rotations)
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, :3, :3] = world @ solve.rotations.transpose(0, 2, 1) @ _FLIP
    matrices[:, :3, 3] = (solve.centres - solve.centres[0]) @ world.T
    matrices[:, 1, 3] += solve.ground.height or 0.0
    return Cameras(tuple(range(first, first + count)), matrices, np.full(count, solve.focal))


def write_cameras(solve: Solve, first: int, width: int, height: int, folder: Path) -> list[Path]:
    """camera.chan and camera.json of a solve for a plate of that size, written whole."""
    cameras = cameras_of(solve, first)
    lines, frames = [], {}
    details = zip(
        cameras.frames, cameras.matrices, cameras.focal, solve.attitude, solve.horizons, strict=True
    )
    for frame, matrix, focal, (roll, pitch), horizon in details:
        view = math.degrees(2 * math.atan(0.5 / focal))
        values = [*matrix[:3, 3], *_euler(matrix[:3, :3]), view]
        lines.append("\t".join([str(frame), *(f"{value:.9g}" for value in values)]))
        frames[str(frame)] = {
            "matrix": [round(float(value), 9) for value in matrix.ravel()],
            "focal_pixels": focal * height,
            "roll": float(roll),
            "pitch_down": float(pitch),
            "horizon_row": (0.5 + float(horizon)) * height,
        }
    told: dict[str, Any] = {
        "kind": "cameras",
        "width": width,
        "height": height,
        "believed": not solve.doubt,
        "doubt": solve.doubt,
        "facts": str(solve.facts),
        "ground": solve.ground.reason,
        "ground_is_y0": solve.ground.height is not None,
        "frames": frames,
    }
    chan, data = folder / "camera.chan", folder / "camera.json"
    write_text(str(chan), "\n".join(lines) + "\n")
    write_text(str(data), json.dumps(with_track_number(told), indent=1) + "\n")
    return [chan, data]


def read_chan(path: str, text: str) -> Cameras:
    """The cameras of a .chan file. Raises ``JobError`` naming the line."""
    rows: dict[int, list[float]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if len(values) != 8 or not all(math.isfinite(v) for v in values) or values[0] != int(values[0]):
            raise JobError(
                f"{path}, line {number}: not a frame number, three of position, three of rotation and a field of view.",
                "Export the camera's .chan with its vertical field of view, rotation order ZXY.",
            )
        if not 0 < values[7] < 179 or int(values[0]) in rows:
            raise JobError(
                f"{path}, line {number}: a field of view of {values[7]:g}°, or a frame that was there before.",
                "Export the camera's .chan anew.",
            )
        rows[int(values[0])] = values[1:]
    if not rows:
        raise JobError(f"{path} holds no camera.", "Export the camera's .chan anew.")
    frames = tuple(sorted(rows))
    matrices = np.tile(np.eye(4), (len(frames), 1, 1))
    for index, frame in enumerate(frames):
        matrices[index, :3, 3] = rows[frame][:3]
        matrices[index, :3, :3] = _matrix(*np.radians(rows[frame][3:6]))
    focal = np.array([0.5 / math.tan(math.radians(rows[frame][6]) / 2) for frame in frames])
    return Cameras(frames, matrices, focal)


def read_cameras(path: str, data: dict[str, Any]) -> Cameras:
    """The cameras of a JSON file of kind 'cameras'. Raises ``JobError`` naming the frame."""
    height, rows = data.get("height"), data.get("frames")
    if type(height) is not int or height < 1 or not isinstance(rows, dict) or not rows:
        raise JobError(f"{path} is not a file of cameras: it needs height and frames.", _FORMAT)
    found: dict[int, tuple[NDArray[np.float64], float]] = {}
    for key, row in rows.items():
        given: dict[str, Any] = row if isinstance(row, dict) else {}
        matrix, focal = given.get("matrix"), given.get("focal_pixels")
        numbers = [*matrix, focal] if isinstance(matrix, list) else []
        sound = len(numbers) == 17 and all(type(n) in (int, float) and math.isfinite(n) for n in numbers)
        if not key.lstrip("-").isdecimal() or not sound or float(numbers[-1]) <= 0:
            raise JobError(
                f"{path}, frame {key}: needs a matrix of sixteen numbers and focal_pixels.", _FORMAT
            )
        placed = np.array(numbers[:16], np.float64).reshape(4, 4)
        turn = placed[:3, :3]
        if not np.allclose(turn @ turn.T, np.eye(3), atol=1e-3) or np.linalg.det(turn) < 0:
            raise JobError(f"{path}, frame {key}: its matrix is scaled, sheared or mirrored.", _FORMAT)
        found[int(key)] = placed, float(numbers[-1]) / height
    frames = tuple(sorted(found))
    return Cameras(frames, np.stack([found[f][0] for f in frames]), np.array([found[f][1] for f in frames]))


def turned(cameras: Cameras, aspect: float) -> NDArray[np.float64]:
    """(T, 3, 3) how a place far away moves in these cameras, in unit coordinates against the first one's.

    A homography where a flat picture may turn so far; beyond, the picture hangs on a level strip around the camera.
    """
    rotations = _FLIP @ cameras.matrices[:, :3, :3].transpose(0, 2, 1)
    lens = np.stack([np.diag([focal, focal, 1.0]) for focal in cameras.focal])
    first = np.linalg.inv(lens[0] @ rotations[0])
    found = np.stack([normalise(k @ r @ first) for k, r in zip(lens, rotations, strict=True)])
    if is_card(found, aspect):
        return found
    up = np.array([0.0, 1.0, 0.0])
    return strip(rotations, cameras.focal / cameras.focal[0], up, float(cameras.focal[0]))


def _euler(matrix: NDArray[np.float64]) -> tuple[float, float, float]:
    """Degrees about x, y, z of a rotation about z first, then x, then y."""
    x = math.asin(max(-1.0, min(1.0, -matrix[1, 2])))
    return (
        math.degrees(x),
        math.degrees(math.atan2(matrix[0, 2], matrix[2, 2])),
        math.degrees(math.atan2(matrix[1, 0], matrix[1, 1])),
    )


def _matrix(x: float, y: float, z: float) -> NDArray[np.float64]:
    cx, sx, cy, sy, cz, sz = (part(angle) for angle in (x, y, z) for part in (math.cos, math.sin))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z, np.float64)
