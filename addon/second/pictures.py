"""Renders single pictures and strips in the second Blender."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import bpy

from ..contract.errors import FootageError
from ..hostkit.order import Drawing, Order
from ..show.compositor import layer_socket
from ..versions import compositor_tree, file_output, output_input, set_file_format, strips_of

__all__ = ["draw_camera", "draw_clip_frame", "draw_layer", "draw_strip"]


def draw_camera(order: Order, drawing: Drawing, raw: str, tell: Callable[[], None]) -> None:
    """What a camera sees at one frame, as the scene's view shows it."""
    scene = bpy.data.scenes[drawing.options["scene"]]
    scene.camera = bpy.data.objects[drawing.options["camera"]]
    scene.render.use_compositing = scene.render.use_sequencer = False
    scene.render.film_transparent = scene.render.use_border = False
    _render_picture(scene, drawing.options["frame"], raw, _condition_path(order))
    tell()


def draw_clip_frame(order: Order, drawing: Drawing, raw: str, tell: Callable[[], None]) -> None:
    """One frame of a movie."""
    scene = bpy.data.scenes.new("ActAnywhere picture")
    scene.render.resolution_x, scene.render.resolution_y = drawing.options["size"]
    scene.render.resolution_percentage = 100
    scene.render.use_sequencer = False
    scene.view_settings.view_transform = "Standard"
    tree = compositor_tree(scene)
    tree.nodes.clear()
    node = tree.nodes.new("CompositorNodeMovieClip")
    node.clip = bpy.data.movieclips[drawing.options["clip"]]
    tree.links.new(node.outputs["Image"], output_input(tree))
    _render_picture(scene, drawing.options["frame"], raw, _condition_path(order))
    tell()


def draw_strip(order: Order, drawing: Drawing, raw: str, tell: Callable[[], None]) -> None:
    """What one strip shows, alone, as scene-linear EXRs."""
    scene = bpy.data.scenes[drawing.options["scene"]]
    for strip in strips_of(scene):
        strip.mute = strip.name != drawing.options["strip"] and strip.type != "SPEED"
    scene.render.use_sequencer, scene.render.use_compositing = True, False
    scene.render.use_border = False
    set_file_format(scene.render.image_settings, "OPEN_EXR", "RGB", "16")
    for frame in range(order.first, order.last + 1):
        target = os.path.join(order.folder, f"plate.{frame + order.shift:04d}.exr")
        _render_file(scene, frame, raw, target)
        tell()


def draw_layer(order: Order, drawing: Drawing, raw: str, tell: Callable[[], None]) -> None:
    """One layer of EXRs by itself, as it is, in EXRs of its own."""
    scene = bpy.data.scenes.new("ActAnywhere layer")
    scene.render.resolution_percentage = 100
    scene.render.use_sequencer = False
    tree = compositor_tree(scene)
    tree.nodes.clear()
    node = tree.nodes.new("CompositorNodeImage")
    out = file_output(tree, raw, drawing.stem, "RGBA")
    for frame in range(order.first, order.last + 1):
        number = order.shift + frame
        image = bpy.data.images.load(drawing.options["pattern"].replace("####", f"{number:04d}"))
        image.colorspace_settings.name = "Linear Rec.709"
        node.image = image
        tree.links.new(layer_socket(node, drawing.options["layer"]), out.inputs[0])
        scene.render.resolution_x, scene.render.resolution_y = image.size
        scene.frame_set(frame)
        bpy.ops.render.render(scene=scene.name)
        made = [name for name in os.listdir(raw) if name.startswith(drawing.stem + ".")]
        os.replace(os.path.join(raw, made[0]), os.path.join(order.folder, f"{drawing.stem}.{number:04d}.exr"))
        bpy.data.images.remove(image)
        tell()


def _condition_path(order: Order) -> str:
    return os.path.join(order.folder, "condition.png")


def _render_picture(scene: Any, frame: int, raw: str, target: str) -> None:
    set_file_format(scene.render.image_settings, "PNG", "RGB", "16")
    _render_file(scene, frame, raw, target)


def _render_file(scene: Any, frame: int, raw: str, target: str) -> None:
    """Render one frame into a file. As an animation of one frame: only that is named alike in all versions."""
    scene.render.filepath = os.path.join(raw, "picture.")
    scene.render.use_file_extension = True
    scene.frame_start = scene.frame_end = frame
    bpy.ops.render.render(animation=True, scene=scene.name)
    made = [name for name in os.listdir(raw) if name.startswith("picture.")]
    if len(made) != 1:
        raise FootageError(
            f"Blender rendered no picture of scene '{scene.name}' at frame {frame}.",
            "Render that frame by hand and see what Blender says.",
        )
    os.replace(os.path.join(raw, made[0]), target)
