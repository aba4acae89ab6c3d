"""What an artist sets up by hand before the extension is asked for anything: clips, roto, strips, nodes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bpy

WIDTH, HEIGHT, FIRST, LAST = 96, 64, 1001, 1006
NEW = bpy.app.version >= (5, 0, 0)


def clip(path: str, start: int = 1) -> Any:
    """A movie clip whose first file is at scene frame ``start``, and a scene of its size and length."""
    loaded = bpy.data.movieclips.load(path)
    loaded.frame_start = start
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = start, start + loaded.frame_duration - 1
    size(scene)
    scene.frame_set(start)
    return loaded


def size(scene: Any) -> None:
    """The plate's size, one to one."""
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.resolution_percentage = 100


@contextmanager
def clip_editor(shown: Any, mask: Any = None) -> Iterator[None]:
    """A clip editor that shows this clip; with a mask, in mask mode."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "CLIP_EDITOR"
    space = area.spaces.active
    space.clip = shown
    if mask is not None:
        space.mode, space.mask = "MASK", mask
    region = next(region for region in area.regions if region.type == "WINDOW")
    with bpy.context.temp_override(window=window, screen=window.screen, area=area, region=region):
        yield


def box(frame: int) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of the actor in a mask's own units (see ``stage.box``): the longest side, centred."""
    left = 30 + 4 * (frame - FIRST)
    low = (WIDTH - HEIGHT) / 2  # the raster lies in the middle of a square
    edges = (left, HEIGHT - 60 + low, left + 24, HEIGHT - 16 + low)
    return tuple(edge / WIDTH for edge in edges)


def mask(name: str = "roto") -> Any:
    """A mask with one closed shape round the actor at the first frame."""
    made = bpy.data.masks.new(name)
    spline = made.layers.new(name="actor").splines.new()
    spline.use_cyclic = True
    spline.points.add(3)
    place(made, FIRST)
    return made


def place(made: Any, frame: int) -> None:
    """Put the shape where the actor is in that frame."""
    left, bottom, right, top = box(frame)
    # Anticlockwise: Blender itself draws a clockwise shape a pixel too large.
    corners = ((left, bottom), (right, bottom), (right, top), (left, top))
    for point, corner in zip(made.layers[0].splines[0].points, corners, strict=True):
        point.handle_type = "VECTOR"
        point.select = True
        point.co = point.handle_left = point.handle_right = corner


def animated_mask(shown: Any) -> Any:
    """Keyed by hand at the first and the last frame, straight between."""
    made = mask("animated")
    with clip_editor(shown, made):
        for frame in (LAST, FIRST):
            bpy.context.scene.frame_set(frame - FIRST + shown.frame_start)
            place(made, frame)
            bpy.ops.mask.shape_key_insert()
    return made


def tracked_mask(shown: Any) -> Any:
    """Drawn once and parented to a track of the clip that follows the actor."""
    track = shown.tracking.tracks.new(name="on the actor", frame=1)
    for frame in range(FIRST, LAST + 1):
        left = 30 + 4 * (frame - FIRST)
        track.markers.insert_frame(frame - FIRST + 1, co=((left + 12) / WIDTH, 26 / HEIGHT))
    shown.tracking.tracks.active = track
    made = mask("tracked")
    with clip_editor(shown, made):
        bpy.context.scene.frame_set(shown.frame_start)
        bpy.ops.mask.parent_set()
    return made


def strips(scene: Any) -> Any:
    """The sequencer's strips, whatever this version calls them."""
    scene.sequence_editor_create()
    editor = scene.sequence_editor
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def image_strip(scene: Any, first_file: str, count: int, channel: int, start: int) -> Any:
    """An image strip over ``count`` files of a sequence, the first of them at scene frame ``start``."""
    folder, name = os.path.split(first_file)
    stem, number, ending = name.rsplit(".", 2)
    strip = strips(scene).new_image("plate", first_file, channel, start)
    for offset in range(1, count):
        strip.elements.append(f"{stem}.{int(number) + offset:04d}.{ending}")
    assert strip.directory.rstrip("/") == folder or bpy.path.abspath(strip.directory)
    return strip


def tree(scene: Any) -> Any:
    """The scene's compositor tree, empty."""
    if NEW:
        made = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
        scene.compositing_node_group = made
    else:
        scene.use_nodes = True
        made = scene.node_tree
    made.nodes.clear()
    return made


def generate(given: dict[str, Any], name: str, **wanted: Any) -> dict[str, Any]:
    """Set the panel as an artist does, press Generate, and tell which take came of it."""
    panel = bpy.context.scene.actanywhere
    panel.takes_root = os.path.join(given["work"], "takes")
    panel.shot_name = name
    panel.bring_back = set()
    panel.condition_image = bpy.data.images.load(given["footage"]["place"], check_existing=True)
    for key, value in wanted.items():
        setattr(panel, key, value)
    said = sorted(bpy.ops.actanywhere.generate())
    return {"said": said, "take": panel.takes[-1].folder if panel.takes else ""}


def region(scene: Any) -> None:
    """A render region that was left on: the middle third, cropped."""
    scene.render.use_border = scene.render.use_crop_to_border = True
    scene.render.border_min_x, scene.render.border_max_x = 0.33, 0.67


def world(scene: Any) -> dict[str, Any]:
    """A stage of two flat, self-lit walls, one unit a pixel: the actor's box before the background.

    Frame 1 of the scene is frame 1001 of the stage. Rendered linear, one sample: every pixel is known.
    """
    size(scene)
    scene.frame_start, scene.frame_end = 1, LAST - FIRST + 1
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.cycles.use_denoising = False
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.filter_width = 0.01
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", WIDTH
    camera.location.z = 10
    scene.collection.objects.link(camera)
    scene.camera = camera
    actor = wall(scene, "actor", 24, 44, (0.75, 0.25, 0.125))
    back = wall(scene, "back", WIDTH, HEIGHT, (0.125, 0.375, 0.5))
    back.location.z = -1
    actor.pass_index, actor.active_material.pass_index = 3, 5
    for frame in (1, LAST - FIRST + 1):
        actor.location = (30 + 4 * (frame - 1) + 12 - WIDTH / 2, HEIGHT / 2 - 38, 0)
        actor.keyframe_insert("location", frame=frame)
    straighten(actor)
    scene.frame_set(1)
    return {"actor": actor, "back": back, "camera": camera}


def wall(scene: Any, name: str, width: float, height: float, colour: tuple[float, float, float]) -> Any:
    """A rectangle round its own origin that shines in one colour."""
    mesh = bpy.data.meshes.new(name)
    x, y = width / 2, height / 2
    mesh.from_pydata([(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [], [(0, 1, 2, 3)])
    made = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(made)
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    light, out = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    light.inputs["Color"].default_value = (*colour, 1)
    material.node_tree.links.new(light.outputs[0], out.inputs["Surface"])
    mesh.materials.append(material)
    return made


def straighten(thing: Any) -> None:
    """Keys without ease in or out."""
    action = thing.animation_data.action
    curves = (
        action.fcurves if hasattr(action, "fcurves") else action.layers[0].strips[0].channelbags[0].fcurves
    )
    for curve in curves:
        for key in curve.keyframe_points:
            key.interpolation = "LINEAR"


def tree_of(scene: Any) -> Any:
    """The scene's compositor tree as it is."""
    return scene.compositing_node_group if NEW else scene.node_tree


def as_exr(settings: Any) -> None:
    """Renders are float EXRs."""
    if NEW:
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_depth = "OPEN_EXR", "32"
    settings.color_mode = "RGBA"


def written(path: str) -> str:
    """Where ``write_still`` put the render: before 5.0 it may add the frame's number and ending."""
    folder, name = os.path.split(path)
    found = [each for each in sorted(os.listdir(folder)) if each.startswith(name[:-4])]
    assert found, f"nothing was rendered to {path}"
    return os.path.join(folder, found[-1])
