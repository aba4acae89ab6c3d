"""The artist's own camera track: a Tracker, CornerPin or Transform, frame by frame, as core reads it.

Nuke counts y upwards from the bottom of the format; core's track counts downwards from the top left corner of the
plate's raster (overscan included). A *move* is a 3x3 matrix, rows of tuples, that maps a point of one view
which all frames share to where the background has it in a frame, in Nuke's coordinates.
"""

from __future__ import annotations

import math
from typing import Dict, List, NamedTuple, Sequence, Tuple, Union

from ..contract.errors import JobError
from ..contract.track import cameras_text, track_text
from .exr import Box

__all__ = [
    "MEANS",
    "Matrix",
    "Move",
    "Pose",
    "corner_pin",
    "inverse",
    "move_of_points",
    "moves_of_points",
    "track_json",
    "transform",
]

Matrix = Tuple[Tuple[float, float, float], ...]
Point = Tuple[float, float]


class Pose(NamedTuple):
    """A camera in a frame: ``matrix`` to the world, sixteen numbers row by row, without scale; ``lens`` is its focal
    length over the width of the format.
    """

    matrix: Tuple[float, ...]
    lens: float


Move = Union[Matrix, Pose]

#: What a CornerPin or a Transform may be: it moves a still onto the plate, or it holds the plate still.
MEANS = ("match-move", "stabilise")


def transform(translate: Point, rotate: float, scale: Point, center: Point) -> Matrix:
    """The move of Nuke's Transform: scale and rotate (degrees, counter-clockwise) about ``center``, then translate."""
    angle = math.radians(rotate)
    c, s = math.cos(angle), math.sin(angle)
    (tx, ty), (sx, sy), (cx, cy) = translate, scale, center
    a, b, d, e = c * sx, -s * sy, s * sx, c * sy
    return ((a, b, tx + cx - a * cx - b * cy), (d, e, ty + cy - d * cx - e * cy), (0.0, 0.0, 1.0))


def corner_pin(origin: Sequence[Point], target: Sequence[Point]) -> Matrix:
    """The move that takes four corners to four others. Raises ``JobError`` when three of them lie on a line."""
    return _homography(origin, target)


def move_of_points(origin: Sequence[Point], target: Sequence[Point]) -> Matrix:
    """The move that takes tracked points from one frame to another, best in the least squares.

    One point moves, two and three also turn and scale, four and more also lean (a homography). Raises ``JobError``
    when the points do not tell.
    """
    if len(origin) != len(target) or not origin:
        raise JobError(
            "The Tracker has no track that is switched on.", "Switch a track on, or connect another."
        )
    if len(origin) == 1:
        (ax, ay), (bx, by) = origin[0], target[0]
        return ((1.0, 0.0, bx - ax), (0.0, 1.0, by - ay), (0.0, 0.0, 1.0))
    return _similarity(origin, target) if len(origin) < 4 else _homography(origin, target)


def moves_of_points(points: Dict[int, List[Point]]) -> Dict[int, Matrix]:
    """A move for each frame from its tracked points; the first frame is the view that all share."""
    first = points[min(points)]
    return {frame: move_of_points(first, points[frame]) for frame in points}


def inverse(m: Matrix) -> Matrix:
    """The move undone. Raises ``JobError`` when it flattens the frame."""
    (a, b, c), (d, e, f), (g, h, i) = m
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(det) < 1e-12:
        raise _degenerate()
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    return tuple((x / det, y / det, z / det) for x, y, z in rows)


def track_json(moves: Dict[int, Move], raster: Box, display: Box, pixel_aspect: float) -> str:
    """Core's track file: the moves in the plate's raster, from its top left corner, y down; or the cameras.

    ``display`` is the format. Raises ``JobError`` where a camera does not look through the raster's middle.
    """
    poses = {frame: move for frame, move in moves.items() if isinstance(move, Pose)}
    if poses:
        return _cameras_json(poses, raster, display, pixel_aspect)
    flat_moves = {frame: move for frame, move in moves.items() if not isinstance(move, Pose)}
    flip: Matrix = (
        (1.0, 0.0, -float(raster.left)),
        (0.0, -1.0, float(display.height - raster.top)),
        (0.0, 0.0, 1.0),
    )
    back = inverse(flip)
    rows = {frame: _times(_times(flip, move), back) for frame, move in flat_moves.items()}
    flat = {frame: [value for row in matrix for value in row] for frame, matrix in rows.items()}
    return track_text(raster.width, raster.height, flat)


def _cameras_json(poses: Dict[int, Pose], raster: Box, display: Box, pixel_aspect: float) -> str:
    aside = (2 * raster.left + raster.width - display.width, 2 * raster.top + raster.height - display.height)
    if max(map(abs, aside)) > 2:
        raise JobError(
            "The plate's overscan is not the same on all sides: a 3-D camera looks through the middle of its format.",
            "Crop the plate to its format, or to the same overscan on both sides.",
        )
    rows = display.width * pixel_aspect
    return cameras_text(
        raster.width, raster.height, {frame: (pose.matrix, pose.lens * rows) for frame, pose in poses.items()}
    )


def _times(a: Matrix, b: Matrix) -> Matrix:
    columns = list(zip(*b))
    return tuple(tuple(sum(x * y for x, y in zip(row, column)) for column in columns) for row in a)


def _similarity(origin: Sequence[Point], target: Sequence[Point]) -> Matrix:
    """Turn, scale and shift, best in the least squares, in closed form."""
    n = float(len(origin))
    ox, oy = sum(p[0] for p in origin) / n, sum(p[1] for p in origin) / n
    tx, ty = sum(p[0] for p in target) / n, sum(p[1] for p in target) / n
    power = along = across = 0.0
    for (px, py), (qx, qy) in zip(origin, target):
        x, y, u, v = px - ox, py - oy, qx - tx, qy - ty
        power += x * x + y * y
        along += x * u + y * v
        across += x * v - y * u
    if power < 1e-9:
        raise _degenerate()
    a, b = along / power, across / power
    return ((a, -b, tx - a * ox + b * oy), (b, a, ty - b * ox - a * oy), (0.0, 0.0, 1.0))


def _homography(origin: Sequence[Point], target: Sequence[Point]) -> Matrix:
    """Eight unknowns from four points or more, by normal equations on points brought to unit size."""
    to_unit, from_unit = _normalise(origin), _normalise(target)
    rows: List[List[float]] = []
    for p, q in zip(origin, target):
        x, y = _apply(to_unit, p)
        u, v = _apply(from_unit, q)
        rows.append([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u])
        rows.append([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v])
    h = _least_squares(rows)
    m: Matrix = ((h[0], h[1], h[2]), (h[3], h[4], h[5]), (h[6], h[7], 1.0))
    m = _times(_times(inverse(from_unit), m), to_unit)
    if abs(m[2][2]) < 1e-12:
        raise _degenerate()
    inverse(m)  # a corner pin folded to a line is refused here
    return tuple((x / m[2][2], y / m[2][2], z / m[2][2]) for x, y, z in m)


def _normalise(points: Sequence[Point]) -> Matrix:
    n = float(len(points))
    x, y = sum(p[0] for p in points) / n, sum(p[1] for p in points) / n
    spread = sum(math.hypot(p[0] - x, p[1] - y) for p in points) / n
    if spread < 1e-6:
        raise _degenerate()
    s = 1.0 / spread
    return ((s, 0.0, -s * x), (0.0, s, -s * y), (0.0, 0.0, 1.0))


def _apply(m: Matrix, p: Point) -> Point:
    x, y, w = (row[0] * p[0] + row[1] * p[1] + row[2] for row in m)
    return x / w, y / w


def _least_squares(rows: List[List[float]]) -> List[float]:
    """Solves rows of coefficients and a right side; Gauss with the largest pivot first."""
    n = len(rows[0]) - 1
    square = [[sum(row[i] * row[j] for row in rows) for j in range(n + 1)] for i in range(n)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(square[k][i]))
        if abs(square[pivot][i]) < 1e-9:
            raise _degenerate()
        square[i], square[pivot] = square[pivot], square[i]
        for k in range(n):
            if k != i:
                share = square[k][i] / square[i][i]
                square[k] = [a - share * b for a, b in zip(square[k], square[i])]
    return [square[i][n] / square[i][i] for i in range(n)]


def _degenerate() -> JobError:
    return JobError(
        "The track's points lie on a line or on one spot: they tell no camera.",
        "Use points that are spread over the background.",
    )
