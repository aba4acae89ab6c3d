"""Enable and disable, save and open again. With the engine that paints at once."""

from __future__ import annotations

import os
import sys
import types
from typing import Any

import addon_utils
import bpy
import desk
import faults

Given = dict[str, Any]
MODULE = "bl_ext.user_default.actanywhere"


def traces() -> dict[str, Any]:
    """Everything in Blender that an extension may hang itself on."""
    handlers = {
        name: len(getattr(bpy.app.handlers, name))
        for name in dir(bpy.app.handlers)
        if isinstance(getattr(bpy.app.handlers, name), list)
    }
    classes = [name for name in dir(bpy.types) if "actanywhere" in name.lower()]
    drawn = {}
    for name in dir(bpy.types):
        draw = getattr(getattr(bpy.types, name), "draw", None)
        drawn[name] = len(getattr(draw, "_draw_funcs", []))
    keymaps = bpy.context.window_manager.keyconfigs.addon.keymaps
    keys = sum(len(keymap.keymap_items) for keymap in keymaps)
    owners = (bpy.types.Scene, bpy.types.Image, bpy.types.WindowManager, bpy.types.Object, bpy.types.Node)
    hung = [owner.__name__ for owner in owners if "actanywhere" in " ".join(dir(owner)).lower()]
    operators = list(dir(bpy.ops.actanywhere))
    return {
        "handlers": handlers,
        "classes": classes,
        "drawn": {name: count for name, count in drawn.items() if count},
        "keys": keys,
        "hung": hung,
        "operators": operators,
        "modules": sorted(name for name in sys.modules if name.startswith(MODULE)),
    }


def scene_enable_and_disable(given: Given) -> Any:
    enabled = traces()
    addon_utils.disable(MODULE, default_set=False)
    off = traces()
    for _ in range(3):
        addon_utils.enable(MODULE, default_set=False)
        again = traces()
        addon_utils.disable(MODULE, default_set=False)
    off_again = traces()
    bpy.ops.preferences.addon_enable(module=MODULE)
    bpy.context.preferences.addons[MODULE].preferences.python = given["engine"]
    return {"enabled": enabled, "off": off, "again": again, "off_again": off_again}


def scene_save_reload_continue(given: Given) -> Any:
    """Stopped half way, saved, closed, opened: what was chosen is there, and the take goes on."""
    path = os.path.join(given["work"], "Szene Ä 日本.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    panel = bpy.context.scene.actanywhere
    for name, value in faults.shot(given).items():
        setattr(panel, name, value)
    panel.condition_image = bpy.data.images.load(given["footage"]["place"])
    panel.shot_name, panel.settings.seed, panel.bring_back = "slow-saved", 3, {"COMPOSITOR"}
    root = os.path.join(given["work"], "actanywhere", "slow-saved")

    def look() -> None:
        done = faults.exrs(os.path.join(root, "take_001")) if os.path.isdir(root) else []
        bpy.ops.actanywhere.cancel() if len(done) >= 2 else faults.after(0.05, look)

    faults.after(0.05, look)
    bpy.ops.actanywhere.generate()
    stopped = panel.message
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    panel = bpy.context.scene.actanywhere
    before = faults.exrs(os.path.join(root, "take_001"))
    chosen = [panel.plate_clip.name, panel.matte_source, panel.condition_image.name, panel.settings.seed]
    bpy.ops.actanywhere.takes_refresh()
    states = [(take.number, take.seed, take.finished) for take in panel.takes]
    resumed = sorted(bpy.ops.actanywhere.resume())
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=path)
    image = bpy.data.images["slow-saved layer"]
    return {
        "stopped": stopped,
        "chosen": chosen,
        "states": states,
        "resumed": resumed,
        "before": before,
        "after": faults.exrs(os.path.join(root, "take_001")),
        "image": [bpy.path.abspath(image.filepath), image["actanywhere_seed"], image.source],
        "nodes": [n["actanywhere"] for n in desk.tree_of(bpy.context.scene).nodes if n.get("actanywhere")],
    }


def scene_closed_without_saving(given: Given) -> Any:
    """The file was saved before Generate was pressed, and closed while it rendered: it knows of no take."""
    path = os.path.join(given["work"], "before.blend")
    panel = bpy.context.scene.actanywhere
    for name, value in faults.shot(given).items():
        setattr(panel, name, value)
    panel.condition_image = bpy.data.images.load(given["footage"]["place"])
    panel.shot_name, panel.bring_back = "slow-closed", {"COMPOSITOR"}
    bpy.ops.wm.save_as_mainfile(filepath=path)
    take = os.path.join(given["work"], "actanywhere", "slow-closed", "take_001")

    def look() -> None:
        done = faults.exrs(take) if os.path.isdir(take) else []
        bpy.ops.actanywhere.cancel() if len(done) >= 2 else faults.after(0.05, look)

    faults.after(0.05, look)
    bpy.ops.actanywhere.generate()
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=path)
    panel = bpy.context.scene.actanywhere
    offered = [panel.message, panel.remedy, [take.finished for take in panel.takes]]
    resumed = sorted(bpy.ops.actanywhere.resume())
    return {"offered": offered, "resumed": resumed, "after": faults.exrs(take)}


def scene_render_is_not_shut_out(given: Given) -> Any:
    """An artist's own render settings are as they were after Generate has drawn a plate, a matte and nodes."""
    scene = bpy.context.scene
    desk.world(scene)
    scene.render.filepath = "//mine/####"
    scene.view_settings.view_transform = "Standard"
    before = settings_of(scene)
    matte = {"matte_source": "OBJECT_INDEX", "matte_index": 3, "bring_back": {"COMPOSITOR"}}
    said = desk.generate(given, "kept", range_source="CUSTOM", first=1, last=2, plate_source="SCENE", **matte)
    return {**said, "before": before, "after": settings_of(scene)}


def settings_of(scene: Any) -> dict[str, Any]:
    render = scene.render
    return {
        "path": render.filepath,
        "engine": render.engine,
        "format": render.image_settings.file_format,
        "size": [render.resolution_x, render.resolution_y, render.resolution_percentage],
        "frames": [scene.frame_start, scene.frame_end, scene.frame_current],
        "samples": scene.cycles.samples,
        "film": render.film_transparent,
        "view": scene.view_settings.view_transform,
        "camera": scene.camera.name,
        "scenes": len(bpy.data.scenes),
        "layers": [layer.use_pass_object_index for layer in scene.view_layers],
    }


def scene_properties(given: Given) -> Any:
    """What Blender's properties say of the engine's settings."""
    found = {}
    for prop in bpy.context.scene.actanywhere.settings.bl_rna.properties:
        if prop.identifier in ("rna_type", "name"):
            continue
        said: dict[str, Any] = {"help": prop.description, "kind": prop.type}
        if prop.type == "ENUM":
            said["choices"] = {item.identifier: item.value for item in prop.enum_items}
            said["default"] = sorted(prop.default_flag) if prop.is_enum_flag else prop.default
        else:
            said["default"] = prop.default
        if prop.type in ("INT", "FLOAT"):
            said["limits"] = [prop.soft_min, prop.soft_max]
        found[prop.identifier] = said
    return found


def scene_ticked(given: Given) -> Any:
    """Every setting that may be left out, switched on and not touched otherwise."""
    module = sys.modules[MODULE + ".settings"]
    group = bpy.context.scene.actanywhere.settings
    names = [prop.identifier for prop in group.bl_rna.properties if prop.identifier.startswith("use_")]
    for name in names:
        setattr(group, name, True)
    settings = module.read_settings(group)
    return {name[len("use_") :]: getattr(settings, name[len("use_") :]) for name in names}


class Layout:
    """A layout that draws nothing: ``shown`` has which properties were put into it, and whether they can be edited."""

    def __init__(self, shown: dict[str, Layout], inside: Layout | None = None) -> None:
        self.shown, self.inside, self.enabled = shown, inside, True

    def row(self, **_: Any) -> Layout:
        return Layout(self.shown, self)

    column = row

    def label(self, **_: Any) -> None:
        pass

    def operator(self, name: str, **_: Any) -> None:
        assert name.partition(".")[2] in dir(bpy.ops.actanywhere), name

    def prop(self, group: Any, name: str, **_: Any) -> None:
        self.shown[name] = self

    @property
    def editable(self) -> bool:
        return self.enabled and (self.inside is None or self.inside.editable)


def scene_settings_panel(given: Given) -> Any:
    """Which settings the panel keeps from being edited, for each way to say the shadow."""
    panels = sys.modules[MODULE + ".draw.panels"]
    group = bpy.context.scene.actanywhere.settings
    closed = {}
    for way in ("auto", "given", "none"):
        group.shadow = way
        top = Layout({})
        panels._Settings.draw(types.SimpleNamespace(layout=top), bpy.context)
        closed[way] = [name for name, layout in top.shown.items() if not layout.editable]
    return {"closed": closed, "shown": list(top.shown)}
