"""The background in the Movie Clip Editor, behind the camera, and on a plane behind the actor."""

from typing import Any

import bpy
from mathutils import Matrix, Vector

from ..hostkit.order import Order
from .blocks import background_clip, background_image, background_path, remember

__all__ = ["put_behind_camera", "put_into_clip", "put_on_plane"]

_NEAREST = 10.0
# How far behind the farthest thing the plane stands.
_BEHIND = 1.1


def put_into_clip(scene: Any, order: Order) -> Any:
    """The movie clip of the background, shown in the Movie Clip Editors that are open."""
    clip = background_clip(order)
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "CLIP_EDITOR":
                area.spaces.active.clip = clip
    return clip


def put_behind_camera(scene: Any, order: Order) -> Any:
    """The background as the camera's background image; None where the scene has no camera."""
    camera = scene.camera
    if camera is None:
        return None
    image = background_image(order)
    old = [entry for entry in camera.data.background_images if entry.image == image]
    entry = old[0] if old else camera.data.background_images.new()
    entry.source, entry.image = "IMAGE", image
    entry.frame_method, entry.display_depth = "FIT", "BACK"
    entry.alpha = 1.0
    _set_time(entry.image_user, order)
    camera.data.show_background_images = True
    return entry


def put_on_plane(scene: Any, order: Order) -> Any:
    """A plane that fills the camera's view and shines with the background; without a camera it stands upright.

    It is a child of the camera: move it along the camera's axis and scale it to taste.
    """
    image = background_image(order)
    name = f"{order.job.shot.name} background plane"
    plane = bpy.data.objects.get(name)
    if plane is None:
        plane = bpy.data.objects.new(name, _mesh(name))
        scene.collection.objects.link(plane)
        plane.data.materials.append(_material(name))
        _place(scene, plane, _aspect(order))
    node = plane.active_material.node_tree.nodes["ActAnywhere"]
    node.image = image
    _set_time(node.image_user, order)
    remember(plane, order)
    return plane


def _aspect(order: Order) -> float:
    """Width over height, read from the first frame (an image sequence says nothing of its size)."""
    still = bpy.data.images.load(background_path(order))
    width, height = still.size
    bpy.data.images.remove(still)
    return float(width / max(1, height))


def _set_time(user: Any, order: Order) -> None:
    user.frame_start = order.first
    user.frame_duration = order.last - order.first + 1
    user.frame_offset = order.first + order.shift - 1
    user.use_auto_refresh = True


def _mesh(name: str) -> Any:
    """A square of one unit, its picture upright."""
    mesh = bpy.data.meshes.new(name)
    corners = [(-0.5, -0.5, 0), (0.5, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0)]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    layer = mesh.uv_layers.new(name="UVMap")
    for corner, place in zip(layer.data, [(0, 0), (1, 0), (1, 1), (0, 1)], strict=True):
        corner.uv = place
    return mesh


def _material(name: str) -> Any:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.clear()
    picture = nodes.new("ShaderNodeTexImage")
    picture.name = "ActAnywhere"
    picture.extension = "EXTEND"
    light = nodes.new("ShaderNodeEmission")
    output = nodes.new("ShaderNodeOutputMaterial")
    picture.location, light.location, output.location = (-300, 0), (0, 0), (200, 0)
    links.new(picture.outputs["Color"], light.inputs["Color"])
    links.new(light.outputs[0], output.inputs["Surface"])
    return material


def _place(scene: Any, plane: Any, aspect: float) -> None:
    """Fill the camera's view behind everything; where there is no camera, stand upright at the origin."""
    if scene.camera is None:
        plane.matrix_world = Matrix.Rotation(1.5707963, 4, "X") @ Matrix.Diagonal((aspect, 1, 1, 1))
        return
    distance = _distance(scene, plane)
    corners = [corner * 1.0 for corner in scene.camera.data.view_frame(scene=scene)]
    if scene.camera.data.type != "ORTHO":
        corners = [Vector(corner) * (distance / -corner.z) for corner in corners]
    width = max(corner.x for corner in corners) - min(corner.x for corner in corners)
    height = max(corner.y for corner in corners) - min(corner.y for corner in corners)
    centre = sum(corners, Vector()) / 4
    plane.parent = scene.camera
    plane.matrix_parent_inverse.identity()
    plane.location = (centre.x, centre.y, -distance)
    plane.scale = (width, height, 1)


def _distance(scene: Any, plane: Any) -> float:
    """From the camera to behind everything that it may see."""
    to_camera = scene.camera.matrix_world.inverted()
    depths = [
        -(to_camera @ thing.matrix_world @ Vector(corner)).z
        for thing in scene.objects
        if thing.type == "MESH" and thing != plane and not thing.hide_render
        for corner in thing.bound_box
    ]
    return max([_NEAREST, *(depth * _BEHIND for depth in depths)])
