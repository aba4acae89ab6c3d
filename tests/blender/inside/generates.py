"""A model that generates, chosen where the panel lists it, with the real engine."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import bpy
import desk
from networks import Paper

Given = dict[str, Any]
ROOM = "bl_ext.user_default.actanywhere."


class Context:
    """As wide as a sidebar. Without a window Blender has no scale of its own."""

    region = SimpleNamespace(width=400)
    preferences = SimpleNamespace(system=SimpleNamespace(ui_scale=1))


class Layout(Paper):
    """Paper on which an operator may be given words."""

    def operator(self, name: str, text: str = "", icon: str = "") -> Any:
        self.drawn.append([name, text, self.enabled])
        return SimpleNamespace()

    def row(self) -> Any:
        return Layout(self.drawn)


def _drawn(model: str) -> list[Any]:
    drawn: list[Any] = []
    importlib.import_module(ROOM + "draw.panels")._draw_model(Layout(drawn), model, Context)
    return drawn


def scene_generates(given: Given) -> Any:
    models = importlib.import_module(ROOM + "settings")._models
    before = {"listed": models(None, None, ""), "drawn": _drawn("vace-1.3b")}
    bpy.ops.actanywhere.engine_look()
    drawn = {model: _drawn(model) for model in ("starter", "vace-1.3b", "vace-14b")}
    clip = desk.clip(given["footage"]["plate"])
    panel = bpy.context.scene.actanywhere
    wanted = {"model": "vace-1.3b", "prompt": "a wet street at dusk", "life": 0.4, "device": "cpu"}
    optional = {"quality": "draft", "size": 64, "steps": 2, "guidance": 1.0}
    for name, value in {**wanted, **optional}.items():
        setattr(panel.settings, name, value)
    for name in optional:
        setattr(panel.settings, "use_" + name, True)
    shot = {"plate_source": "CLIP", "plate_clip": clip, "matte_source": "FILES"}
    shot |= {"matte_path": given["footage"]["matte"], "alive_mask": desk.animated_mask(clip)}
    said = desk.generate(given, "generates", range_source="CUSTOM", first=1, last=2, **shot)
    notes = "".join(take.notes for take in panel.takes)
    return {**said, "before": before, "listed": models(None, None, ""), "drawn": drawn, "notes": notes}
