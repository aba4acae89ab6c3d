"""A matte from the plate alone: who is meant is pointed at, it is stopped and goes on, and it is the shot's then."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
from typing import Any

import bpy
import desk
import faults

Given = dict[str, Any]
PICK = "bl_ext.user_default.actanywhere.operators.pick"
POINTED = ("matte_box", "matte_point", "matte_point_off")


def _ready(given: Given, name: str) -> Any:
    """A plate and nothing else: no roto, no place."""
    panel = bpy.context.scene.actanywhere
    panel.takes_root, panel.shot_name = os.path.join(given["work"], "takes"), name
    panel.plate_source, panel.plate_clip = "CLIP", desk.clip(given["footage"]["green"])
    return panel


def _press(panel: Any) -> list[str]:
    """The button; what is refused or stopped stands in the panel."""
    with contextlib.suppress(RuntimeError):
        if "FINISHED" in bpy.ops.actanywhere.make_matte():
            return ["FINISHED"]
    return [panel.message, panel.remedy]


def _folders(given: Given, name: str) -> list[str]:
    shot = os.path.join(given["work"], "takes", name)
    return sorted(os.listdir(shot)) if os.path.isdir(shot) else []


def _stop_early(given: Given, name: str) -> None:
    """Cancel, as soon as the actor was found in a frame."""
    takes = os.path.join(given["work"], "takes", name)

    def look() -> None:
        found = [path for _, _, files in os.walk(takes) for path in files if path.endswith(".npz")]
        bpy.ops.actanywhere.cancel() if found else faults.after(0.02, look)

    faults.after(0.02, look)


def scene_pointed(given: Given) -> Any:
    """Boxes and points with the scene's frame, and what cannot be pointed at."""
    panel = _ready(given, "pointed")
    bpy.context.scene.frame_set(3)
    bpy.ops.actanywhere.pick_matte_box(pixels=(62, 4, 38, 60))
    bpy.ops.actanywhere.pick_matte_point(pixels=(50.5, 40.5))
    bpy.ops.actanywhere.pick_matte_point(pixels=(60, 40), frame=5)
    bpy.ops.actanywhere.pick_matte_point_off(pixels=(5, 6))
    said: dict[str, Any] = {name: getattr(panel, name) for name in POINTED}
    for name, more in (("outside", {}), ("beyond", {"frame": 7})):
        with contextlib.suppress(RuntimeError):
            bpy.ops.actanywhere.pick_matte_point(pixels=(5, 64) if name == "outside" else (5, 6), **more)
        said[name] = panel.message
    return said


def scene_shown(given: Given) -> Any:
    """Which frame of the plate an editor shows: of a clip, of an image sequence by its own numbers."""
    panel = _ready(given, "shown")
    pick, scene = importlib.import_module(PICK), bpy.context.scene
    scene.frame_set(4)
    plate = pick.find_plate(scene, pick.Asked(scene))
    said: dict[str, Any] = {}
    with desk.clip_editor(panel.plate_clip):
        space = bpy.context.area.spaces.active
        said["clip"] = pick._frame_in(space, plate, scene)
        space.show_stable = True
        said["stabilised"] = pick._frame_in(space, plate, scene)
        space.show_stable = False
        space.clip = bpy.data.movieclips.load(given["footage"]["plate"])
        said["another clip"] = pick._frame_in(space, plate, scene)
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    image = bpy.data.images.load(given["footage"]["green"])
    image.source = "SEQUENCE"
    area.spaces.active.image = image
    area.spaces.active.image_user.frame_current = (
        1003  # as Blender sets it when it draws, from start and offset
    )
    said["sequence"] = pick._frame_in(area.spaces.active, plate, scene)
    area.spaces.active.image = bpy.data.images.load(given["footage"]["place"])
    said["place"] = pick._frame_in(area.spaces.active, plate, scene)
    return said


def scene_made(given: Given) -> Any:
    """Stopped on the way, then made; a render takes it without another word."""
    panel = _ready(given, "made")
    panel.matte_source, panel.matte_channel, panel.use_matte_start = "NODE", "roto.A", True
    panel.settings.invert_matte = True
    bpy.ops.actanywhere.pick_matte_box(pixels=(36, 14, 64, 62), frame=3)
    _stop_early(given, "made")
    stopped, between = _press(panel), panel.matte_source
    kept = _folders(given, "made")
    said = _press(panel)
    chosen = [panel.matte_source, panel.matte_channel, panel.use_matte_start, panel.settings.invert_matte]
    sheet = bpy.data.images["ActAnywhere matte"].filepath
    made = {
        "said": said,
        "stopped": stopped,
        "between": between,
        "kept": kept,
        "folders": _folders(given, "made"),
    }
    take = desk.generate(given, "made")
    return {**made, "pattern": panel.matte_path, "chosen": chosen, "sheet": sheet, "take": take}


def scene_drawn(given: Given) -> Any:
    """A plate that a second Blender draws (a strip that is turned round): twice, the second time of another picture."""
    panel, scene = _ready(given, "drawn"), bpy.context.scene
    strip = desk.image_strip(scene, given["footage"]["green"], 6, 1, 1)
    strip.use_flip_x = True
    panel.plate_source, panel.plate_strip = "STRIP", strip.name
    panel.range_source, panel.first, panel.last = "CUSTOM", 1, 2
    panel.matte_box = "40,14,30,48"
    said = [_press(panel)]
    strip.use_flip_x, strip.use_flip_y = False, True
    panel.matte_box = "28,2,30,48"
    said.append(_press(panel))
    return {"said": said, "pattern": panel.matte_path, "folders": _folders(given, "drawn")}


def scene_refused(given: Given) -> Any:
    """No plate, a network that is none, and none at all: each is told, and leaves nothing."""
    panel = _ready(given, "refused")
    said: dict[str, Any] = {}
    panel.plate_clip, clip = None, panel.plate_clip
    said["no plate"] = _press(panel)
    panel.plate_clip = clip
    library = os.environ["ACTANYWHERE_MODELS"]
    (network,) = [
        os.path.join(folder, name)
        for folder, _, names in os.walk(library)
        for name in names
        if name.endswith("onnx")
    ]
    with open(network, "wb") as stream:
        stream.write(b"no network")
    said["damaged"] = _press(panel)
    shutil.rmtree(os.path.dirname(network))
    said["none"] = _press(panel)
    return {**said, "matte": panel.matte_source, "folders": _folders(given, "refused")}
