"""The preferences' row of networks, with the real engine and a hub on this machine."""

from __future__ import annotations

import importlib
from typing import Any

import bpy

Given = dict[str, Any]


class Paper:
    """A layout that keeps what is drawn on it."""

    def __init__(self, drawn: list[Any]) -> None:
        self.drawn, self.enabled = drawn, True

    def label(self, text: str = "", icon: str = "") -> None:
        self.drawn.append(text)

    def column(self, align: bool = False) -> Paper:
        return self

    def row(self) -> Paper:
        return Paper(self.drawn)

    def operator(self, name: str, icon: str = "") -> None:
        self.drawn.append([name, self.enabled])


def _preferences() -> Any:
    return importlib.import_module("bl_ext.user_default.actanywhere.draw.preferences")


def _get(online: bool) -> dict[str, Any]:
    preferences = _preferences()
    bpy.context.preferences.system.use_online_access = online
    bpy.ops.actanywhere.engine_look()
    try:
        said = sorted(bpy.ops.actanywhere.networks_get())
    except RuntimeError:  # how a script hears of an error that was reported
        said = ["CANCELLED"]
    drawn: list[Any] = []
    preferences._draw_networks(Paper(drawn))
    error = preferences.state.error
    here = [one.name for one in preferences.state.networks if one.state == "here"]
    told = {"error": error.message, "remedy": error.remedy} if error else {"error": "", "remedy": ""}
    return {"said": said, **told, "here": here, "drawn": drawn}


def scene_offline(given: Given) -> Any:
    """Blender may not go online: nothing is asked of anybody."""
    return _get(False)


def scene_online(given: Given) -> Any:
    """It may: what the hub has comes, and what it lacks is told."""
    return _get(True)
