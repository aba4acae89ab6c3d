"""A picture of a place that is said to show nobody, and somebody stands in it."""

from __future__ import annotations

from typing import Any

import bpy
import desk

Given = dict[str, Any]


def scene_somebody(given: Given) -> Any:
    """Generate, and what the panel says of the take."""
    panel = bpy.context.scene.actanywhere
    panel.settings.model, panel.settings.camera, panel.settings.shadow = given["model"], "still", "none"
    wanted = {"plate_source": "CLIP", "plate_clip": desk.clip(given["footage"]["plate"])}
    wanted.update(matte_source="FILES", matte_path=given["footage"]["matte"], condition_kind="background")
    there = {**given, "footage": {**given["footage"], "place": given["place"]}}
    said = desk.generate(there, "background", **wanted, bring_back={"COMPOSITOR"})
    nodes = [node["actanywhere"] for node in desk.tree_of(bpy.context.scene).nodes if node.get("actanywhere")]
    return {**said, "notes": panel.takes[-1].notes, "nodes": nodes}
