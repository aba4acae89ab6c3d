"""Solved cameras on disk: a .chan file, a Camera of Nuke's, and JSON with everything known (docs/track.md).

In both the world is y up, a camera looks along its own -z (as Nuke's and Blender's do); matrices are camera to world.
``.chan`` has a line a frame: frame, tx ty tz, rx ry rz in degrees in Nuke's default order ZXY, vertical field of view.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import JobError
from ..contract.files import write_text
from ..contract.track import with_track_number
from .fit import normalise
from .level import angles, strip
from .path import is_card
from .solve import Solve

_FORMAT = "docs/track.md describes the file."
_FLIP = np.diag([1.0, -1.0, -1.0])
"""Between x right, y down, z forward and x right, y up, z backward."""
_UP = np.array([0.0, 1.0, 0.0])
_FILM = 36.0
"""Millimetres of a written Camera's horizontal aperture: a full frame's."""


@dataclass(frozen=True)
class Cameras:
    """Cameras by frame number: ``matrices`` (T, 4, 4) camera to world, ``focal`` (T,) in frame heights.

    ``ground`` (T,) is the height of the ground under the actor in every frame, where it is known; ``points`` (N, 3) are
    what a solve saw stand still.
    """

    frames: tuple[int, ...]
    matrices: NDArray[np.float64]
    focal: NDArray[np.float64]
    ground: NDArray[np.float64] | None = None
    points: NDArray[np.float64] | None = None

    def only(self, frames: tuple[int, ...]) -> Cameras:
        """The cameras of ``frames``, which are all there."""
        rows = [self.frames.index(frame) for frame in frames]
        ground = None if self.ground is None else self.ground[rows]
        return Cameras(frames, self.matrices[rows], self.focal[rows], ground, self.points)

    def at(self, rows: NDArray[np.float64]) -> Cameras:
        """For each of N frames, from the same first frame on, the camera in row ``rows`` (N,), or between two."""
        low, high = np.floor(rows).astype(int), np.ceil(rows).astype(int)
        matrices, between = self.matrices[low].copy(), low < high
        share = (rows - low)[between, None, None]
        matrices[between] += share * (self.matrices[high] - self.matrices[low])[between]
        u, _, v = np.linalg.svd(matrices[between, :3, :3])
        matrices[between, :3, :3] = u @ v
        count = np.arange(len(self.frames))
        focal, ground = (
            None if one is None else np.interp(rows, count, one) for one in (self.focal, self.ground)
        )
        assert focal is not None
        frames = tuple(range(self.frames[0], self.frames[0] + len(rows)))
        return Cameras(frames, matrices, focal, ground, self.points)

    def over(self, ground: NDArray[np.float64]) -> Cameras:
        """The cameras over that ``ground`` (T,), lifted so that it is y = 0 in the first frame."""
        matrices = self.matrices.copy()
        matrices[:, 1, 3] -= ground[0]
        points = None if self.points is None else self.points - [0, ground[0], 0]
        return replace(self, matrices=matrices, ground=ground - ground[0], points=points)

    @property
    def travel(self) -> float:
        """How far the camera goes from where it first stood."""
        places = self.matrices[:, :3, 3]
        return float(np.linalg.norm(places - places[0], axis=1).max())

    @property
    def attitude(self) -> NDArray[np.float64]:
        """(T, 2) roll and pitch (down), in degrees."""
        return np.asarray(np.degrees(angles(self.rotations, _UP)), np.float64)

    @property
    def horizons(self) -> NDArray[np.float64]:
        """(T,) where the horizon crosses the frame's middle column, in unit coordinates (0 = centre, y down)."""
        seen = self.rotations @ _UP
        return np.asarray(-self.focal * seen[:, 2] / seen[:, 1], np.float64)

    @property
    def rotations(self) -> NDArray[np.float64]:
        """(T, 3, 3) camera from world; the camera's x right, y down, z forward, the world's y up."""
        return np.asarray(_FLIP @ self.matrices[:, :3, :3].transpose(0, 2, 1), np.float64)


def cameras_of(solve: Solve, first: int) -> Cameras:
    """A solve in y up: the first camera looks along -z, from the origin."""
    ahead = solve.rotations[0, 2] - (solve.rotations[0, 2] @ solve.up) * solve.up
    ahead = ahead / np.linalg.norm(ahead)
    world = np.stack([np.cross(ahead, solve.up), solve.up, -ahead])
    count = len(solve.rotations)
    matrices = np.tile(np.eye(4), (count, 1, 1))
    matrices[:, :3, :3] = world @ solve.rotations.transpose(0, 2, 1) @ _FLIP
    matrices[:, :3, 3] = (solve.centres - solve.centres[0]) @ world.T
    points = (solve.points - solve.centres[0]) @ world.T
    frames = tuple(range(first, first + count))
    return Cameras(frames, matrices, np.full(count, solve.facts.focal), None, points if len(points) else None)


def write_chan(cameras: Cameras, path: str, shown: float = 1.0) -> None:
    """The cameras as a .chan file, written whole; ``shown`` is the display window's height over the raster's."""
    lines = []
    for frame, matrix, focal in zip(cameras.frames, cameras.matrices, cameras.focal, strict=True):
        view = math.degrees(2 * math.atan(0.5 * shown / focal))
        values = [*matrix[:3, 3], *_euler(matrix[:3, :3]), view]
        lines.append("\t".join([str(frame), *(f"{value:.9g}" for value in values)]))
    write_text(path, "\n".join(lines) + "\n")


def write_nuke_camera(cameras: Cameras, path: str, shown: float, aspect: float) -> None:
    """The cameras as a Nuke script of one animated Camera, written whole.

    ``shown`` is as in ``write_chan``; ``aspect`` is the display window's width over its height, as it is shown.
    """
    wide = aspect * shown / cameras.focal
    rows = zip(cameras.frames, cameras.matrices, wide, strict=True)
    values = {
        frame: (*matrix[:3, 3], *_euler(matrix[:3, :3]), _FILM / share) for frame, matrix, share in rows
    }
    curves = [
        "{curve " + " ".join(f"x{frame} {row[k]:.9f}" for frame, row in values.items()) + "}"
        for k in range(7)
    ]
    knobs = {
        "translate": "{" + " ".join(curves[:3]) + "}",
        "rotate": "{" + " ".join(curves[3:6]) + "}",
        "focal": "{" + curves[6] + "}",
        "haperture": f"{_FILM:g}",
        "vaperture": f"{_FILM / aspect:.9g}",
        "name": "PlateCamera1",
    }
    lines = [f" {knob} {value}" for knob, value in knobs.items()]
    write_text(path, "\n".join(["Camera2 {", " inputs 0", " rot_order ZXY", *lines, "}"]) + "\n")


def write_cameras(cameras: Cameras, size: tuple[int, int], path: str, solve: Mapping[str, object]) -> None:
    """The cameras as JSON for a plate of ``size`` (width, height), written whole; ``solve`` is put in front of them."""
    frames = dict[str, dict[str, object]]()
    details = zip(
        cameras.frames, cameras.matrices, cameras.focal, cameras.attitude, cameras.horizons, strict=True
    )
    for index, (frame, matrix, focal, (roll, pitch), horizon) in enumerate(details):
        frames[str(frame)] = {
            "matrix": [float(value) for value in matrix.ravel()],
            "focal_pixels": float(focal) * size[1],
            "roll": float(roll),
            "pitch_down": float(pitch),
            "horizon_row": (0.5 + float(horizon)) * size[1],
        }
        if cameras.ground is not None:
            frames[str(frame)]["ground_y"] = float(cameras.ground[index])
    data = {"kind": "cameras", "width": size[0], "height": size[1], **solve, "frames": frames}
    if cameras.points is not None:
        data["points"] = [" ".join(f"{value:.6g}" for value in point) for point in cameras.points]
    write_text(path, json.dumps(with_track_number(data), indent=1) + "\n")


def read_chan(path: str, text: str, focal: float | None = None) -> Cameras:
    """The cameras of a .chan file. Raises ``JobError`` naming the line.

    ``focal``, in frame heights, goes before the file's own field of view, and stands in where a line ends without one.
    """
    rows: dict[int, list[float]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            values = []
        if len(values) == 7 and focal is not None:
            values.append(math.degrees(2 * math.atan(0.5 / focal)))
        if len(values) != 8 or not all(math.isfinite(v) for v in values) or values[0] != int(values[0]):
            raise JobError(
                f"{path}, line {number}: not a frame number, three of position, three of rotation and a field of view.",
                "Export the camera's .chan with its vertical field of view, rotation order ZXY; or give the lens with "
                "--focal where only that is missing.",
            )
        if not 0 < values[7] < 179 or int(values[0]) in rows:
            raise JobError(
                f"{path}, line {number}: a field of view of {values[7]:g}°, or a frame that was there before.",
                "Export the camera's .chan again.",
            )
        rows[int(values[0])] = values[1:]
    if not rows:
        raise JobError(f"{path} holds no camera.", "Export the camera's .chan again.")
    frames = tuple(sorted(rows))
    matrices = np.tile(np.eye(4), (len(frames), 1, 1))
    for index, frame in enumerate(frames):
        matrices[index, :3, 3] = rows[frame][:3]
        matrices[index, :3, :3] = _matrix(*np.radians(rows[frame][3:6]))
    lens = np.array([focal or 0.5 / math.tan(math.radians(rows[frame][6]) / 2) for frame in frames])
    return Cameras(frames, matrices, lens)


def read_cameras(path: str, data: dict[str, Any]) -> Cameras:
    """The cameras of a JSON file of kind 'cameras'. Raises ``JobError`` naming the frame."""
    height, rows = data.get("height"), data.get("frames")
    if type(height) is not int or height < 1 or not isinstance(rows, dict) or not rows:
        raise JobError(f"{path} is not a file of cameras: it needs height and frames.", _FORMAT)
    found: dict[int, tuple[NDArray[np.float64], float]] = {}
    ground: dict[int, float] = {}
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
        level = 0 if data.get("ground_is_y0") is True else given.get("ground_y")
        if isinstance(level, (int, float)) and math.isfinite(level):
            ground[int(key)] = float(level)
    frames = tuple(sorted(found))
    if ground and len(ground) < len(found):
        raise JobError(f"{path}: ground_y is not given for every frame.", _FORMAT)
    return Cameras(
        frames,
        np.stack([found[f][0] for f in frames]),
        np.array([found[f][1] for f in frames]),
        np.array([ground[f] for f in frames]) if ground else None,
        _points(path, data.get("points")),
    )


def _points(path: str, lines: Any) -> NDArray[np.float64] | None:
    if lines is None:
        return None
    try:
        points = np.array([str(line).split() for line in lines], np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise JobError(f"{path}: points are not lines of three numbers each.", _FORMAT)
    return points


def turned(cameras: Cameras, aspect: float) -> NDArray[np.float64]:
    """(T, 3, 3) how a place far away moves in these cameras, in unit coordinates against the first one's.

    A homography where a flat picture may turn so far; beyond, the picture hangs on a level strip around the camera.
    """
    rotations = cameras.rotations
    lens = np.stack([np.diag([focal, focal, 1.0]) for focal in cameras.focal])
    first = np.linalg.inv(lens[0] @ rotations[0])
    found = np.stack([normalise(k @ r @ first) for k, r in zip(lens, rotations, strict=True)])
    if is_card(found, aspect):
        return found
    return strip(rotations, cameras.focal / cameras.focal[0], _UP, float(cameras.focal[0]))


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
