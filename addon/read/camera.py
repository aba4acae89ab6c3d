"""The scene's camera for the engine: matrix and lens in every frame."""

from __future__ import annotations

from typing import Any

from ..contract.errors import JobError
from ..contract.track import cameras_text

__all__ = ["read_camera"]


def read_camera(scene: Any, frames: range, shift: int, size: tuple[int, int]) -> str:
    """The file of the scene's camera in scene ``frames``, by job frame, for a plate of ``size``; y up.

    Raises ``JobError`` where there is none, or one that is no plain perspective.
    """
    camera = scene.camera
    if camera is None:
        raise JobError(f"Scene '{scene.name}' has no camera.", "Add or choose one, or use the clip's tracks.")
    lens = camera.data
    if lens.type != "PERSP" or abs(lens.shift_x) > 1e-6 or abs(lens.shift_y) > 1e-6:
        raise JobError(
            f"The camera '{camera.name}' is not a perspective without shift.",
            "Set its type to Perspective and its shift to 0.",
        )
    before, found = (scene.frame_current, scene.frame_subframe), {}
    try:
        for frame in frames:
            scene.frame_set(frame)
            found[frame + shift] = _matrix(camera), _focal(lens, size)
    finally:
        scene.frame_set(before[0], subframe=before[1])
    return cameras_text(size[0], size[1], found)


def _matrix(camera: Any) -> list[float]:
    """Camera to world without scale, from z up to y up."""
    place, turn, _ = camera.matrix_world.decompose()
    rows = turn.to_matrix()
    placed = [[*rows[k], place[k]] for k in range(3)]
    return [*placed[0], *placed[2], *(-value for value in placed[1]), 0.0, 0.0, 0.0, 1.0]


def _focal(lens: Any, size: tuple[int, int]) -> float:
    """In rows of a plate of square pixels."""
    width, height = size
    if lens.sensor_fit == "VERTICAL":
        return float(lens.lens / lens.sensor_height * height)
    fitted = width if lens.sensor_fit == "HORIZONTAL" else max(width, height)
    return float(lens.lens / lens.sensor_width * fitted)
