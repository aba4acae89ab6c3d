"""The real engine and the starter, from a saved file to a rendered comp."""

from __future__ import annotations

import os
from typing import Any

import bpy
import desk
import layer

Given = dict[str, Any]


def scene_generate(given: Given) -> Any:
    scene = bpy.context.scene
    bpy.ops.wm.save_as_mainfile(filepath=os.path.join(given["work"], "Szene Ä 日本.blend"))
    clip = desk.clip(given["footage"]["plate"])
    mask = desk.animated_mask(clip)
    panel = scene.actanywhere
    panel.settings.preview = True
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "matte_source": "MASK", "matte_mask": mask}
    said = desk.generate(given, "real", **wanted, bring_back={"COMPOSITOR"})
    rendered = layer.render(scene, given["work"], (1, 4, 6))
    nodes = [node["actanywhere"] for node in desk.tree_of(scene).nodes if node.get("actanywhere")]
    return {**said, "rendered": rendered, "nodes": nodes, "message": panel.message}


def scene_own_engine(given: Given) -> Any:
    """The setting *Model* names a folder, and that an engine of the studio's own."""
    scene = bpy.context.scene
    clip = desk.clip(given["footage"]["plate"])
    panel = scene.actanywhere
    panel.settings.model, panel.settings.camera, panel.settings.shadow = given["model"], "still", "none"
    wanted = {"plate_source": "CLIP", "plate_clip": clip, "matte_source": "FILES"}
    wanted["matte_path"] = given["footage"]["matte"]
    said = desk.generate(given, "own engine", **wanted, bring_back={"COMPOSITOR"})
    folder = os.path.join(given["work"], "own")
    os.makedirs(folder)
    rendered = layer.render(scene, folder, (1, 6))
    return {**said, "rendered": rendered, "message": panel.message}


def scene_self_test(given: Given) -> Any:
    """The whole example: a minute or two, so only in the first of the Blenders."""
    if bpy.app.version >= (4, 3, 0):
        return None
    said = sorted(bpy.ops.actanywhere.self_test())
    return {"said": said, "message": bpy.context.scene.actanywhere.message}
