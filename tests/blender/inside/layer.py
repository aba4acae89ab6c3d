"""The layer comes back where the artist works; takes are kept. With the engine that paints at once."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
from typing import Any

import bpy
import desk
import faults
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

Given = dict[str, Any]


def shot(given: Given, name: str, **wanted: Any) -> dict[str, Any]:
    clip = desk.clip(given["footage"]["plate"])
    wanted = {"plate_source": "CLIP", "plate_clip": clip, **wanted}
    return desk.generate(given, name, matte_source="FILES", matte_path=given["footage"]["matte"], **wanted)


def render(scene: Any, folder: str, frames: Any) -> list[str]:
    """The scene's render as float EXRs."""
    desk.as_exr(scene.render.image_settings)
    paths = []
    for frame in frames:
        scene.frame_set(frame)
        path = os.path.join(folder, f"rendered.{frame:04d}.exr")
        scene.render.filepath = path
        bpy.ops.render.render(write_still=True, scene=scene.name)
        paths.append(desk.written(path))
    return paths


def scene_image(given: Given) -> Any:
    said = shot(given, "image")
    image = bpy.data.images["image layer"]
    return {
        **said,
        "source": image.source,
        "colour": image.colorspace_settings.name,
        "path": bpy.path.abspath(image.filepath),
        "seed": image["actanywhere_seed"],
        "settings": image["actanywhere_settings"],
        "first": image["actanywhere_first"],
        "shift": image["actanywhere_shift"],
    }


def scene_compositor(given: Given) -> Any:
    """The nodes that came back, rendered at three frames; an artist's own node stays when it is done again."""
    scene = bpy.context.scene
    tree = desk.tree(scene)
    mine = tree.nodes.new("CompositorNodeBlur")
    mine.name = "my blur"
    said = shot(given, "compositor", bring_back={"COMPOSITOR"})
    once = sorted(node.name for node in desk.tree_of(scene).nodes)
    paths = render(scene, given["work"], (1, 3, 6))
    again = shot(given, "compositor", bring_back={"COMPOSITOR"})
    twice = sorted(node.name for node in desk.tree_of(scene).nodes)
    frames = [n.label or n.name for n in desk.tree_of(scene).nodes if n.type == "FRAME"]
    homeless = [
        node.name
        for node in desk.tree_of(scene).nodes
        if node.get("actanywhere") and (node.parent is None or node.parent.type != "FRAME")
    ]
    facts = {"once": once, "twice": twice, "frames": frames, "homeless": homeless}
    return {**said, **facts, "rendered": paths, "again": again["take"]}


def scene_strip(given: Given) -> Any:
    """The plate is a trimmed strip; the background comes in below it, aligned, and shows the right frames."""
    scene = bpy.context.scene
    desk.size(scene)
    scene.frame_start, scene.frame_end = 1, 20
    strip = desk.image_strip(scene, given["footage"]["plate"], 6, 2, 10)
    strip.frame_offset_start = 1
    matte = {"matte_source": "FILES", "matte_path": given["footage"]["matte"]}
    wanted = {"plate_source": "STRIP", "plate_strip": strip.name, "bring_back": {"STRIP"}}
    said = desk.generate(given, "strip", **wanted, **matte)
    made = desk.strips(scene)["strip background"]
    bounds = [made.frame_final_start, made.frame_final_end, made.channel]
    plate = [strip.frame_final_start, strip.frame_final_end, strip.channel]
    strip.mute = True
    scene.render.use_sequencer = True
    scene.sequencer_colorspace_settings.name = "Linear Rec.709"
    paths = render(scene, given["work"], (11, 13, 15))
    return {**said, "bounds": bounds, "plate": plate, "rendered": paths}


def scene_strip_of_other_frames(given: Given) -> Any:
    """The artist has moved the strip by a hundred frames; the next take is of other frames of the shot."""
    scene = bpy.context.scene
    panel = scene.actanywhere
    panel.range_source, panel.first, panel.last = "CUSTOM", 1, 3
    shot(given, "strip_later", bring_back={"STRIP"})
    strip = desk.strips(scene)["strip_later background"]
    strip.frame_start += 100
    panel.first, panel.last = 3, 5
    said = shot(given, "strip_later", bring_back={"STRIP"})
    (strip,) = desk.strips(scene)
    files = [os.path.join(bpy.path.abspath(strip.directory), e.filename) for e in strip.elements]
    shown = [strip.frame_final_start, strip.frame_final_end]
    return {**said, "shown": shown, "files": files}


def scene_another_matte(given: Given) -> Any:
    """First the matte is a node of the artist's, then files: the comp follows, and the node stays."""
    scene = bpy.context.scene
    clip = desk.clip(given["footage"]["plate"])
    tree = desk.tree(scene)
    key = tree.nodes.new("CompositorNodeMovieClip")
    key.name, key.clip = "my key", bpy.data.movieclips.load(given["footage"]["matte"])
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "bring_back": {"COMPOSITOR"}}
    node = {"matte_source": "NODE", "matte_node": "my key", "matte_socket": "Image"}
    desk.generate(given, "another", **wanted, **node)
    feeding = [link.from_node.name for link in tree.links if link.to_node.get("actanywhere") == "over"]
    files = {"matte_source": "FILES", "matte_path": given["footage"]["matte"]}
    said = desk.generate(given, "another", **wanted, **files)
    later = [link.from_node.name for link in tree.links if link.to_node.get("actanywhere") == "over"]
    return {**said, "first": feeding, "later": later, "there": "my key" in tree.nodes}


def scene_places(given: Given) -> Any:
    """The clip editor, the camera's background and a plane behind the actor."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    said = shot(given, "places", bring_back={"CLIP", "CAMERA", "PLANE"})
    clip = bpy.data.movieclips["places background"]
    plane = bpy.data.objects["places background plane"]
    shown = camera.data.background_images[0]
    user = shown.image_user if shown.source == "IMAGE" else None
    return {
        **said,
        "clip": [clip.frame_duration, clip.frame_start, clip.size[0], clip.size[1]],
        "plane": [plane.parent.name if plane.parent else "", plane.type],
        "camera": [camera.data.show_background_images, shown.source, user.frame_start if user else None],
    }


def ours(scene: Any) -> list[Any]:
    """The extension's own nodes."""
    return [node for node in desk.tree_of(scene).nodes if node.get("actanywhere")]


def scene_takes(given: Given) -> Any:
    """Three takes: switched, compared, removed."""
    scene = bpy.context.scene
    panel = scene.actanywhere
    folders = []
    for seed in (0, 1, 2):
        panel.settings.seed = seed
        folders.append(shot(given, "takes", bring_back={"COMPOSITOR"})["take"])
    image = bpy.data.images["takes layer"]
    after: dict[str, Any] = {"seeds": [take.seed for take in panel.takes], "current": panel.current_take}
    bpy.ops.actanywhere.take_use(take=1)
    switched = [bpy.path.abspath(image.filepath), image["actanywhere_seed"], panel.current_take]
    desk.as_exr(bpy.context.scene.render.image_settings)
    rendered = render(bpy.context.scene, given["work"], (2,))
    bpy.ops.actanywhere.take_compare(take=3)
    beside = {n["actanywhere"]: n.image.get("actanywhere_seed") for n in ours(scene) if n.type == "IMAGE"}
    split = [node.type for node in ours(scene) if node["actanywhere"] == "split"]
    bpy.ops.actanywhere.take_compare(take=3)
    after["compared"] = [beside.get("layer"), beside.get("other"), split, len(ours(scene))]
    bpy.ops.actanywhere.take_remove(take=2)
    left = [take.number for take in panel.takes]
    return {
        "folders": folders,
        **after,
        "switched": switched,
        "left": left,
        "on_disk": [os.path.isdir(folder) for folder in folders],
        "rendered": rendered,
    }


def scene_takes_elsewhere(given: Given) -> Any:
    """The list is of the shot that is named; a project that was moved brings its takes along."""
    panel = bpy.context.scene.actanywhere
    said = shot(given, "moved", bring_back={"COMPOSITOR"})
    notes = panel.takes[0].notes
    panel.shot_name = "another shot"
    others = len(panel.takes)
    panel.shot_name = "moved"
    new = os.path.join(given["work"], "moved takes")
    os.makedirs(new)
    os.rename(os.path.dirname(said["take"]), os.path.join(new, "moved"))
    panel.takes_root = new
    listed = [take.number for take in panel.takes]
    bpy.ops.actanywhere.take_use(take=1)
    path = bpy.path.abspath(bpy.data.images["moved layer"].filepath)
    return {"others": others, "listed": listed, "path": path, "new": new, "notes": notes}


def scene_continue_elsewhere(given: Given) -> Any:
    """Stopped half way, then the project was moved: the take goes on where it lies now, with what was drawn for it."""
    panel = bpy.context.scene.actanywhere
    old = os.path.join(given["work"], "takes", "slow-away")
    faults.when_frames(given, "slow-away", 2, lambda: bpy.ops.actanywhere.cancel())
    clip = desk.clip(given["footage"]["plate"])
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "matte_source": "MASK", "matte_mask": desk.mask()}
    stopped = faults.fall(given, "slow-away", **wanted)["folders"]["take_001"]
    panel.takes_root = os.path.join(given["work"], "taken along")
    new = os.path.join(panel.takes_root, "slow-away")
    os.makedirs(panel.takes_root)
    os.rename(old, new)
    bpy.ops.actanywhere.takes_refresh()
    panel.bring_back = {"COMPOSITOR"}
    resumed = sorted(bpy.ops.actanywhere.resume())
    take = os.path.join(new, "take_001")
    with open(os.path.join(take, "result.json"), encoding="utf-8") as stream:
        matte = json.load(stream)["job"]["shot"]["matte"]["path"]
    told = {"stopped": stopped, "resumed": resumed, "frames": faults.exrs(take), "matte": matte}
    layer = bpy.path.abspath(bpy.data.images["slow-away layer"].filepath)
    bpy.ops.actanywhere.take_remove(take=1)
    return {**told, "layer": layer, "new": new, "old": os.path.exists(old), "left": os.listdir(new)}


def scene_damaged_order(given: Given) -> Any:
    """What is said when a take's order.json is cut off, is something else, or is gone; and each can be removed."""
    panel = bpy.context.scene.actanywhere
    said: dict[str, Any] = {}
    damages = {
        "cut off": '{"job": {"sh',
        "another": "[1, 2]",
        "of a later version": '{"job": {}}',
        "gone": "",
    }
    for what, text in damages.items():
        take = shot(given, "damaged")["take"]
        os.remove(os.path.join(take, faults.exrs(take)[-1]))  # a frame is missing: it could be continued
        path = os.path.join(take, "order.json")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        if not text:
            os.remove(path)
        bpy.ops.actanywhere.takes_refresh()
        number = panel.takes[-1].number
        told = []
        for ask in (bpy.ops.actanywhere.resume, bpy.ops.actanywhere.take_use):
            try:
                ask(take=number)
            except RuntimeError as error:
                told.append([str(error), panel.message, panel.remedy])
        removed = sorted(bpy.ops.actanywhere.take_remove(take=number))
        said[what] = {"told": told, "path": path, "removed": removed, "there": os.path.exists(take)}
    return said


def scene_order_cut_off(given: Given) -> Any:
    """What stops while an order is written leaves the one that was there."""
    module = sys.modules["bl_ext.user_default.actanywhere.hostkit.order"]
    take = shot(given, "whole")["take"]
    order = module.Order.read(take)
    unwritable = dataclasses.replace(order, drawings=(module.Drawing("mask", "matte", {"mask": object()}),))
    try:
        unwritable.write(take)
        raise AssertionError("it was written")
    except TypeError:
        return {"same": module.Order.read(take) == order}


def scene_wedge(given: Given) -> Any:
    clip = desk.clip(given["footage"]["plate"])
    panel = bpy.context.scene.actanywhere
    panel.plate_source, panel.plate_clip, panel.shot_name = "CLIP", clip, "wedge"
    panel.takes_root = os.path.join(given["work"], "takes")
    panel.matte_source, panel.matte_path = "FILES", given["footage"]["matte"]
    panel.condition_image = bpy.data.images.load(given["footage"]["place"])
    panel.bring_back = set()
    said = sorted(bpy.ops.actanywhere.wedge(count=3))
    sheet = bpy.data.images.get("ActAnywhere wedge")
    return {
        "said": said,
        "seeds": [take.seed for take in panel.takes],
        "sheet": [bpy.path.abspath(sheet.filepath), *sheet.size] if sheet else None,
    }


def scene_operator(given: Given) -> Any:
    """Everything from Python, without touching the panel."""
    bpy.context.scene.actanywhere.takes_root = os.path.join(given["work"], "takes")
    footage = given["footage"]
    desk.size(bpy.context.scene)
    bpy.ops.actanywhere.generate(
        plate=footage["plate"],
        matte=footage["matte"],
        condition=footage["place"],
        frames="1002-1004",
        seed=5,
        camera="still",
    )
    panel = bpy.context.scene.actanywhere
    return {"take": panel.takes[-1].folder, "panel_seed": panel.settings.seed, "path": panel.plate_path}


def scene_camera(given: Given) -> Any:
    """Make Camera of a take without a solve, then with one that goes to the right, tilts and zooms; twice."""
    from bl_ext.user_default.actanywhere.contract.track import cameras_text
    from bl_ext.user_default.actanywhere.read.camera import read_camera

    folder = shot(given, "solved")["take"]
    scene = bpy.context.scene
    said: dict[str, Any] = {}
    try:
        bpy.ops.actanywhere.make_camera(take=1)
    except RuntimeError:
        said["without"] = scene.actanywhere.message
    wanted = {}
    for number in range(6):
        c, s = math.cos(0.1 * number), math.sin(0.1 * number)
        wanted[1001 + number] = [1, 0, 0, number, 0, c, s, 1.6, 0, -s, c, -2, 0, 0, 0, 1], 90.0 + number
    text = cameras_text(96, 64, wanted)[:-1] + ', "points": ["3 0 -12", "0 1.5 -4"]}'
    with open(os.path.join(folder, "solved_generated_bg_camera.json"), "w", encoding="utf-8") as stream:
        stream.write(text)
    scene.camera = None
    for _ in range(2):
        bpy.ops.actanywhere.make_camera(take=1)
    scene.render.resolution_x, scene.render.resolution_y = 96, 64
    scene.frame_set(4)
    # Three to the right of where it stands in frame 4, ten away from it, on the floor: Blender's y is away.
    seen = world_to_camera_view(scene, scene.camera, Vector((3, 12, 0)))
    cameras = [one.name for one in scene.objects if one.type == "CAMERA"]
    clouds = [one for one in scene.objects if one.name.endswith(" points")]
    points = [[list(vertex.co) for vertex in one.data.vertices] for one in clouds]
    back = read_camera(scene, range(1, 7), 1000, (96, 64))
    return {**said, "cameras": cameras, "given": text, "back": back, "seen": list(seen), "points": points}
