"""The controls beside the settings: pictures beside that of the place, a clean plate, who is to go; all labels."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import bpy
import desk

Given = dict[str, Any]


def _ready(given: Given, name: str) -> Any:
    panel = bpy.context.scene.actanywhere
    panel.takes_root, panel.shot_name = os.path.join(given["work"], "takes"), name
    panel.plate_source, panel.plate_clip = "CLIP", desk.clip(given["footage"]["plate"])
    panel.condition_image = bpy.data.images.load(given["footage"]["place"], check_existing=True)
    return panel


def scene_beside(given: Given) -> Any:
    """Strokes that were painted in Blender over nothing, and an extended picture of a file."""
    panel = _ready(given, "beside")
    strokes = bpy.data.images.new("strokes", *panel.condition_image.size, alpha=True)
    width, height = strokes.size
    pixels = [0.0] * (4 * width * height)
    for row in range(height - 40, height - 20):  # Blender counts rows from below
        for column in range(10, 30):
            pixels[4 * (row * width + column) : 4 * (row * width + column) + 4] = (0.0, 1.0, 0.0, 1.0)
    strokes.pixels = pixels
    panel.condition_scribble = strokes
    panel.condition_extended = bpy.data.images.load(given["footage"]["place"], check_existing=True)
    matte = {"matte_source": "FILES", "matte_path": given["footage"]["matte"]}
    return {**desk.generate(given, "beside", **matte), "scenes": len(bpy.data.scenes)}


def scene_beside_in_a_call(given: Given) -> Any:
    panel = _ready(given, "call")
    panel.matte_source, panel.matte_path = "FILES", given["footage"]["matte"]
    place = given["footage"]["place"]
    said = sorted(bpy.ops.actanywhere.generate(scribble=place, extended=place))
    with contextlib.suppress(RuntimeError):
        bpy.ops.actanywhere.generate(extended="/gone.png")
    return {"said": said, "take": panel.takes[-1].folder, "message": panel.message}


def scene_picked(given: Given) -> Any:
    panel = _ready(given, "picked")
    bpy.ops.actanywhere.pick_box(pixels=(10, 20, 60, 90))
    bpy.ops.actanywhere.pick_box(pixels=(200, 100, 180, 300))
    bpy.ops.actanywhere.pick_point(pixels=(5.6, 7.9))
    bpy.ops.actanywhere.pick_place(pixels=(-10, 90, 150, 0))
    said = {
        "place": panel.settings.place,
        "box": panel.settings.condition_box,
        "point": panel.settings.condition_point,
    }
    try:
        bpy.ops.actanywhere.pick_point(pixels=(192, 3))
    except RuntimeError:
        said["outside"] = panel.message
    return said


def scene_clean_plate(given: Given) -> Any:
    """Made by the engine, with a mask that a second Blender draws."""
    panel = _ready(given, "clean")
    panel.matte_source, panel.matte_mask = "MASK", desk.animated_mask(panel.plate_clip)
    said = sorted(bpy.ops.actanywhere.make_clean_plate())
    clean = panel.settings.clean_plate
    panel.settings.matte_white = -1  # cannot be
    with contextlib.suppress(RuntimeError):
        bpy.ops.actanywhere.make_clean_plate()
    folder = os.path.join(given["work"], "takes", "clean")
    return {"said": said, "clean": clean, "refused": panel.message, "folders": sorted(os.listdir(folder))}


def scene_farm(given: Given) -> Any:
    """A bundle of the shot, submitted by a command that stands for AWS's own; and one that is refused."""
    panel = _ready(given, "farm")
    panel.matte_source, panel.matte_mask = "MASK", desk.animated_mask(panel.plate_clip)
    command = os.path.join(given["work"], "bin", "deadline")
    os.makedirs(os.path.dirname(command))
    with open(command, "w", encoding="utf-8") as stream:
        stream.write('#!/bin/sh\nprintf "%s\\n" "$@" > "$(dirname "$0")/asked"\n')
    os.chmod(command, 0o755)
    os.environ["PATH"] = os.path.dirname(command) + os.pathsep + os.environ["PATH"]
    said = sorted(bpy.ops.actanywhere.farm_bundle())
    with open(os.path.join(given["work"], "bin", "asked"), encoding="utf-8") as stream:
        asked = stream.read().splitlines()
    takes = [[take.folder, take.finished] for take in panel.takes]
    panel.settings.model = os.path.join(given["work"], "no model")
    with contextlib.suppress(RuntimeError):
        bpy.ops.actanywhere.farm_bundle()
    folder = os.path.join(given["work"], "takes", "farm")
    return {
        "said": said,
        "asked": asked,
        "takes": takes,
        "refused": panel.message,
        "left": sorted(os.listdir(folder)),
    }


def scene_words(given: Given) -> Any:
    """Label and tooltip of every control: properties of the panel and of its settings, and buttons."""
    panel = bpy.context.scene.actanywhere
    told = {}
    for group in (panel, panel.settings):
        for one in group.bl_rna.properties:
            if one.identifier not in ("rna_type", "name") and not one.is_hidden:
                told[one.identifier] = [one.name, one.description]
    for name in dir(bpy.ops.actanywhere):
        rna = getattr(bpy.ops.actanywhere, name).get_rna_type()
        told[name] = [rna.name, rna.description]
    return told
