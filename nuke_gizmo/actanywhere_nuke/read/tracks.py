"""The artist's track from the node that holds it: Tracker, CornerPin2D, Transform or Camera, read at every frame."""

from __future__ import annotations

import math
import re
from typing import Any, Dict, List, Optional

import nuke

from ..contract.errors import JobError
from ..contract.shot import FrameRange
from .track import Matrix, Move, Point, Pose, corner_pin, inverse, moves_of_points, transform
from .upstream import source_of

__all__ = ["read_moves"]

# Columns of the Tracker's table.
_ENABLED, _X, _Y = 0, 2, 3
_NO_PERSPECTIVE = ("orthographic", "uv", "spherical")


def read_moves(node: Optional[nuke.Node], frames: FrameRange, means: str) -> Optional[Dict[int, Move]]:
    """The background's move in each frame, in Nuke's coordinates, or the camera; None where nothing is connected.

    ``means`` says what a CornerPin or Transform does (``track.MEANS``). Raises ``JobError`` for other nodes.
    """
    found = source_of(node)
    if found is None:
        return None
    off = found.knob("disable")
    if off is not None and off.value():
        raise JobError(f"{found.name()}, the track, is disabled.", "Enable it, or connect another track.")
    kind = found.Class()
    if kind.startswith("Tracker"):
        return dict(moves_of_points({frame: _points(found, frame) for frame in frames}))
    if re.match(r"Camera\d*$", kind):
        return {frame: _pose(found, frame) for frame in frames}
    if kind.startswith("CornerPin2D"):
        moves = {frame: _pin(found, frame) for frame in frames}
    elif kind.startswith("Transform"):
        moves = {frame: _transform(found, frame) for frame in frames}
    else:
        raise JobError(
            f"{found.name()} is a {kind}: no track can be read from it.",
            "Connect a Tracker, a CornerPin2D, a Transform or a Camera to the input 'track'.",
        )
    return {frame: inverse(move) if means == "stabilise" else move for frame, move in moves.items()}


def _pose(node: nuke.Node, frame: int) -> Pose:
    """A Camera at a frame. Raises ``JobError`` without perspective, or where its window is moved, scaled or rolled."""
    mode = node.knob("projection_mode")
    if mode is not None and str(mode.value()).lower() in _NO_PERSPECTIVE:
        raise JobError(
            f"{node.name()}: its projection is {mode.value()}, which is not read.", "Set it to perspective."
        )
    window = [
        node[name].getValueAt(frame, k)
        for name, count in (("win_translate", 2), ("win_scale", 2), ("winroll", 1))
        for k in range(count)
    ]
    if max(abs(value - plain) for value, plain in zip(window, (0, 0, 1, 1, 0))) > 1e-6:
        raise JobError(
            f"{node.name()}: its window is moved, scaled or rolled at frame {frame}, which is not read.",
            "Set win_translate, win_scale and winroll back, and reformat the plate instead.",
        )
    world = [float(node["world_matrix"].getValueAt(frame, k)) for k in range(16)]
    for column in range(3):
        scale = math.sqrt(sum(world[4 * row + column] ** 2 for row in range(3)))
        for row in range(3):
            world[4 * row + column] /= scale or 1.0
    return Pose(
        tuple(world), float(node["focal"].getValueAt(frame)) / float(node["haperture"].getValueAt(frame))
    )


def _points(node: nuke.Node, frame: int) -> List[Point]:
    table = node["tracks"]
    size = re.match(r"\s*\{\s*\d+\s+(\d+)\s+(\d+)\s*\}", table.toScript())
    if size is None:
        raise JobError(
            f"{node.name()}: its table of tracks cannot be read.",
            "Export it as a CornerPin2D and connect that.",
        )
    columns, count = int(size.group(1)), int(size.group(2))
    rows = [columns * index for index in range(count) if table.getValue(columns * index + _ENABLED)]
    return [(table.getValueAt(frame, row + _X), table.getValueAt(frame, row + _Y)) for row in rows]


def _pair(node: nuke.Node, name: str, frame: int) -> Point:
    return float(node[name].getValueAt(frame, 0)), float(node[name].getValueAt(frame, 1))


def _pin(node: nuke.Node, frame: int) -> Matrix:
    if not all(node[f"enable{i}"].getValueAt(frame) for i in (1, 2, 3, 4)):
        raise JobError(
            f"{node.name()}: a corner is switched off at frame {frame}.", "Switch all four corners on."
        )
    matrix: Any = node.knob("transform_matrix")
    if matrix is not None and max(abs(matrix.getValueAt(frame, k) - (k % 5 == 0)) for k in range(16)) > 1e-6:
        raise JobError(
            f"{node.name()}: its extra matrix does something at frame {frame}, which is not read.",
            "Bake it into the corners (to1 to to4) and set it back.",
        )
    origin = [_pair(node, f"from{i}", frame) for i in (1, 2, 3, 4)]
    target = [_pair(node, f"to{i}", frame) for i in (1, 2, 3, 4)]
    move = corner_pin(origin, target)
    return inverse(move) if node["invert"].getValueAt(frame) else move


def _transform(node: nuke.Node, frame: int) -> Matrix:
    if node["skewX"].getValueAt(frame) or node["skewY"].getValueAt(frame):
        raise JobError(
            f"{node.name()} leans (skew) at frame {frame}: that is not read from a Transform.",
            "Bake it as a CornerPin2D and connect that.",
        )
    scale = node["scale"]
    wide = scale.getValueAt(frame, 0)
    # One number stands for both where width and height are not split.
    high = scale.getValueAt(frame, 1) if node["scale"].arraySize() > 1 else wide  # type: ignore[attr-defined]
    move = transform(
        _pair(node, "translate", frame),
        float(node["rotate"].getValueAt(frame)),
        (float(wide), float(high)),
        _pair(node, "center", frame),
    )
    return inverse(move) if node["invert_matrix"].getValueAt(frame) else move
