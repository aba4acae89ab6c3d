"""The solved camera of a take, as an animated camera of the scene, with the points that it was solved by."""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix, Vector

from ..contract.takes import read_take
from ..hostkit.order import Order
from ..hostkit.solved_camera import solved_camera

__all__ = ["make_camera"]

# The solve's y up to Blender's z up.
_UP = Matrix(((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1)))


def make_camera(scene: Any, order: Order) -> Any:
    """The camera, made or made anew; the scene's own where it has none. Its points are a mesh of vertices.

    Raises ``JobError`` without a solve.
    """
    solved = solved_camera(read_take(order.job.output))
    camera = _empty_camera(scene, f"{order.job.shot.name} camera")
    lens = camera.data
    lens.type, lens.shift_x, lens.shift_y = "PERSP", 0, 0
    # By the height: a plate of other than square pixels has that of square ones.
    lens.sensor_fit, lens.sensor_height = "VERTICAL", lens.sensor_width / solved.aspect
    camera.rotation_mode = "QUATERNION"
    turn = None
    for number, matrix in sorted(solved.matrices.items()):
        placed = _UP @ Matrix([matrix[4 * row : 4 * row + 4] for row in range(4)])
        before, turn = turn, placed.to_quaternion()
        if before is not None:
            turn.make_compatible(before)
        camera.location, camera.rotation_quaternion = placed.to_translation(), turn
        lens.lens = solved.focal[number] * lens.sensor_height
        for block, name in ((camera, "location"), (camera, "rotation_quaternion"), (lens, "lens")):
            block.keyframe_insert(name, frame=number - order.shift)
    if scene.camera is None:
        scene.camera = camera
    if solved.points:
        cloud = _empty_mesh(scene, f"{order.job.shot.name} points")
        cloud.data.from_pydata([_UP @ Vector(point) for point in solved.points], [], [])
    return camera


def _empty_mesh(scene: Any, name: str) -> Any:
    mesh = _object(scene, name, "MESH", bpy.data.meshes)
    mesh.data.clear_geometry()
    return mesh


def _empty_camera(scene: Any, name: str) -> Any:
    camera = _object(scene, name, "CAMERA", bpy.data.cameras)
    camera.animation_data_clear()
    camera.data.animation_data_clear()
    return camera


def _object(scene: Any, name: str, kind: str, made_of: Any) -> Any:
    found = bpy.data.objects.get(name)
    if found is None or found.type != kind:
        found = bpy.data.objects.new(name, made_of.new(name))
    if found.name not in scene.collection.all_objects:
        scene.collection.objects.link(found)
    return found
