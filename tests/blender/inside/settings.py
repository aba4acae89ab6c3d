"""Every setting given to Blender's API and set in its panel, and what is said of it. Nothing is rendered."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from typing import Any

import bpy
import desk

Given = dict[str, Any]


def ready(given: Given) -> Any:
    panel = bpy.context.scene.actanywhere
    panel.takes_root = os.path.join(given["work"], "takes")
    panel.shot_name, panel.bring_back = "checked", set()
    panel.plate_source, panel.plate_clip = "CLIP", desk.clip(given["footage"]["plate"])
    panel.matte_source, panel.matte_path = "FILES", given["footage"]["matte"]
    panel.condition_image = bpy.data.images.load(given["footage"]["place"], check_existing=True)
    return panel


def told(call: Callable[[], Any]) -> str:
    panel = bpy.context.scene.actanywhere
    panel.message = panel.remedy = ""
    try:
        call()
    except RuntimeError:
        return f"{panel.message} {panel.remedy}"
    return ""


def left(given: Given) -> list[str]:
    return [name for _, folders, files in os.walk(os.path.join(given["work"], "takes")) for name in files]


def scene_refused(given: Given) -> Any:
    panel = ready(given)
    operators = {"generate": bpy.ops.actanywhere.generate, "wedge": bpy.ops.actanywhere.wedge}
    said: dict[str, Any] = {way: [] for way in (*operators, "panel")}
    for name, value in given["refused"]:
        for way, ask in operators.items():
            said[way].append(told(lambda ask=ask, words={name: value}: ask(**words)))
    for name, value in given["bad"]:
        before = getattr(panel.settings, name)
        if hasattr(panel.settings, "use_" + name):
            setattr(panel.settings, "use_" + name, True)
        setattr(panel.settings, name, value)
        said["panel"].append(told(bpy.ops.actanywhere.generate))
        setattr(panel.settings, name, before)
        if hasattr(panel.settings, "use_" + name):
            setattr(panel.settings, "use_" + name, False)
    root = os.path.join(given["work"], "takes", "checked")
    takes = sorted(os.listdir(root)) if os.path.isdir(root) else []
    return {**said, "left": left(given), "takes": takes, "listed": len(panel.takes)}


def scene_taken(given: Given) -> Any:
    """The value that each good one becomes, as a call and, where there is a widget of its name, in the panel."""
    module = next(sys.modules[name] for name in sys.modules if name.endswith("actanywhere.settings"))
    group = bpy.context.scene.actanywhere.settings
    said: dict[str, Any] = {"call": [], "panel": []}
    for name, value, needs in given["good"]:
        words = {**needs, name: value}
        asked = types.SimpleNamespace(is_property_set=lambda one, words=words: one in words)
        call = types.SimpleNamespace(properties=asked, **words)
        said["call"].append(getattr(module.read_settings(group, call), name))
        if name not in group.bl_rna.properties:
            said["panel"].append(None)
            continue
        settings = module.read_settings(group, call)
        module.show_settings(group, settings)
        said["panel"].append(getattr(module.read_settings(group), name))
        module.show_settings(group, type(settings)())
    return said
