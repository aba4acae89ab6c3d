"""The panel, in every editor where an artist has a plate."""

from typing import Any

import bpy

from ..contract.settings import GROUPS
from ..hostkit.controls import control
from ..hostkit.networks import model_words
from ..hostkit.widgets import USE, effective, widgets
from ..operators import running
from ..versions import sequencer_scene, strips_name
from .previews import icon_of

__all__ = ["CLASSES", "lines"]

_EDITORS = {
    "clip": "CLIP_EDITOR",
    "node": "NODE_EDITOR",
    "image": "IMAGE_EDITOR",
    "sequencer": "SEQUENCE_EDITOR",
    "view3d": "VIEW_3D",
}
# While it renders, the newest frame is shown again after so many.
_PREVIEW_EVERY = 4
# In heights of a button: as wide as a sidebar.
_PREVIEW_SIZE = 11
# Groups of settings that have a place of their own in the panels.
_ELSEWHERE = ("take", "matte", "camera")


class _Panel:
    """What the panels have in common."""

    bl_region_type = "UI"
    bl_category = "ActAnywhere"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """The node editor shows other trees too."""
        space = context.space_data
        return space.type != "NODE_EDITOR" or space.tree_type == "CompositorNodeTree"


class _Main(_Panel):
    bl_label = "ActAnywhere"

    def draw(self, context: Any) -> None:
        """What runs, or the buttons."""
        layout, group = self.layout, context.scene.actanywhere
        session = running.current()
        if session is not None:
            _draw_running(layout, session, context)
            return
        _draw_message(layout, group, context)
        if group.current_take:
            layout.label(text=f"Take {group.current_take} is in the scene", icon="CHECKMARK")
        layout.prop(group, "shot_name", icon="SEQUENCE")
        row = layout.row(align=True)
        row.prop(group.settings, "seed")
        row.prop(group.settings, "preview", toggle=True)
        row = layout.row(align=True)
        row.scale_y = 1.6
        row.operator("actanywhere.generate", icon="RENDER_ANIMATION")
        row = layout.row(align=True)
        row.operator("actanywhere.wedge", icon="GRID").count = group.wedge_count
        row.prop(group, "wedge_count")
        layout.operator("actanywhere.farm_bundle", icon="NETWORK_DRIVE")


class _Part(_Panel):
    """A panel within; while something renders, there is only that to see."""

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Not while something renders."""
        return running.current() is None


class _Plate(_Part):
    bl_label = "Plate"

    def draw(self, context: Any) -> None:
        """The plate, and the range."""
        layout, group = _split(self.layout), context.scene.actanywhere
        layout.operator("actanywhere.use_shown", icon="EYEDROPPER")
        layout.prop(group, "plate_source", text="From")
        if group.plate_source == "CLIP":
            layout.template_ID(group, "plate_clip", open="clip.open")
            if group.plate_clip is None and context.scene.active_clip:
                layout.label(text=f"Active clip: {context.scene.active_clip.name}", icon="TRACKER")
        elif group.plate_source == "FILES":
            layout.prop(group, "plate_path", text="File")
            _draw_start(layout, group, "plate")
            layout.prop(group, "plate_colour")
        elif group.plate_source == "STRIP":
            editor = sequencer_scene(context.scene).sequence_editor
            if editor is not None:
                layout.prop_search(group, "plate_strip", editor, strips_name(editor), icon="SEQUENCE")
        else:
            layout.prop(group, "plate_scene", text="Scene")
        layout.prop(group, "range_source")
        if group.range_source == "CUSTOM":
            row = layout.row(align=True)
            row.prop(group, "first")
            row.prop(group, "last")


class _Matte(_Part):
    bl_label = "Matte"

    def draw(self, context: Any) -> None:
        """The matte, and what is done to it."""
        layout, group = _split(self.layout), context.scene.actanywhere
        layout.prop(group, "matte_source", text="From")
        for name in _MATTE_PROPERTIES.get(group.matte_source, ()):
            layout.prop(group, name)
        if group.matte_source == "MASK":
            layout.template_ID(group, "matte_mask", new="mask.new")
        elif group.matte_source == "CLIP":
            layout.template_ID(group, "matte_clip", open="clip.open")
        elif group.matte_source == "FILES":
            _draw_start(layout, group, "matte")
        _draw_settings(layout, group.settings, "matte")
        layout.label(text="From the plate alone:")
        for name in ("matte_box", "matte_point", "matte_point_off"):
            layout.prop(group, name)
        _draw_buttons(layout, "pointed")
        _draw_buttons(layout, "matte")


class _Condition(_Part):
    bl_label = "Condition"

    def draw(self, context: Any) -> None:
        """The picture of the place."""
        layout, group = _split(self.layout), context.scene.actanywhere
        layout.prop(group, "condition_source", text="From")
        if group.condition_source == "IMAGE":
            layout.template_ID_preview(group, "condition_image", open="image.open", rows=3, cols=4)
        elif group.condition_source == "CLIP":
            layout.template_ID(group, "condition_clip", open="clip.open")
            layout.label(text=f"At frame {context.scene.frame_current}", icon="TIME")
        else:
            layout.prop(group, "condition_scene", text="Scene")
            layout.prop(group, "condition_camera")
            layout.label(text=f"At frame {context.scene.frame_current}", icon="TIME")
        layout.prop(group, "condition_kind")
        layout.prop(group, "condition_mask")
        layout.prop(group, "condition_matte")
        for name in ("scribble", "extended"):
            words = {"new": "image.new", "open": "image.open", "text": control(name).title}
            layout.template_ID(group, "condition_" + name, **words)


class _Camera(_Part):
    bl_label = "Camera"

    def draw(self, context: Any) -> None:
        """Who leads the camera."""
        layout, group = _split(self.layout), context.scene.actanywhere
        _draw_settings(layout, group.settings, "camera")
        if group.settings.camera == "tracked":
            layout.prop(group, "track_source")
            if group.track_source != "CAMERA":
                layout.template_ID(group, "track_clip", open="clip.open")


class _Settings(_Part):
    bl_label = "Settings"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Every other setting of the engine."""
        layout, group = _split(self.layout), context.scene.actanywhere.settings
        for name, title in GROUPS.items():
            if name not in _ELSEWHERE:
                layout.label(text=title)
                _draw_settings(layout, group, name)
                _draw_buttons(layout, name)
            if name == "model":
                _draw_model(layout, group.model, context)
            if name == "generate":
                row = layout.row()
                row.enabled = group.life > 0
                row.prop(context.scene.actanywhere, "alive_mask")


class _Takes(_Part):
    bl_label = "Takes"

    def draw(self, context: Any) -> None:
        """The takes, and where they go."""
        layout, group = self.layout, context.scene.actanywhere
        row = layout.row()
        row.template_list("ACTANYWHERE_UL_takes", "", group, "takes", group, "takes_index", rows=3)
        row.operator("actanywhere.takes_refresh", icon="FILE_REFRESH", text="")
        if 0 <= group.takes_index < len(group.takes):
            take = group.takes[group.takes_index]
            row = layout.row(align=True)
            row.operator("actanywhere.take_use", text="Use").take = take.number
            row.operator("actanywhere.take_compare", text="Compare").take = take.number
            row.operator("actanywhere.take_remove", text="Delete").take = take.number
            layout.operator("actanywhere.make_camera", icon="CAMERA_DATA").take = take.number
            if not take.finished:
                layout.operator("actanywhere.resume", icon="PLAY").take = take.number
            _draw_notes(layout, take, context)
        layout.label(text="Bring back to:")
        layout.column(align=True).prop(group, "bring_back", expand=True)
        if group.current_take:
            layout.operator_menu_enum(
                "actanywhere.bring_back", "place", text=f"Bring Take {group.current_take} To"
            )
        layout.prop(group, "takes_root")


class ACTANYWHERE_UL_takes(bpy.types.UIList):
    """The takes of a shot."""

    def draw_item(
        self,
        context: Any,
        layout: Any,
        data: Any,
        item: Any,
        icon: Any,
        active: Any,
        prop: Any,
        index: int = 0,
    ) -> None:
        """One take."""
        state = "CHECKMARK" if item.finished else "PAUSE"
        layout.label(text=f"{item.number}: {item.summary}", icon=state)
        if item.number == data.current_take:
            layout.label(text="", icon="HIDE_OFF")


_BUTTONS = {
    "pointed": (
        ("pick_matte_box", "SELECT_SET"),
        ("pick_matte_point", "EYEDROPPER"),
        ("pick_matte_point_off", "REMOVE"),
    ),
    "matte": (("make_matte", "MOD_MASK"),),
    "camera": (("pick_place", "FULLSCREEN_ENTER"),),
    "condition": (("pick_box", "SELECT_SET"), ("pick_point", "EYEDROPPER")),
    "shadow": (("make_clean_plate", "IMAGE_BACKGROUND"),),
}
_MATTE_PROPERTIES = {
    "NODE": ("matte_node", "matte_socket"),
    "CRYPTOMATTE": ("matte_scene", "matte_names"),
    "OBJECT_INDEX": ("matte_scene", "matte_index"),
    "MATERIAL_INDEX": ("matte_scene", "matte_index"),
    "FILES": ("matte_path", "matte_channel"),
    "CLIP": ("matte_channel",),
    "CHANNEL": ("matte_channel",),
}


def _split(layout: Any) -> Any:
    layout.use_property_split = True
    layout.use_property_decorate = False
    return layout


def _draw_settings(layout: Any, settings: Any, group: str) -> None:
    """The widgets of one group; what has no effect now cannot be edited."""
    has_effect = effective(lambda name: getattr(settings, name))
    row = layout
    for widget in [each for each in widgets() if each.group == group]:
        optional = widget.name.startswith(USE)
        if widget.beside:
            row = row.row()
            row.active = has_effect.get(widget.name, True)
        else:
            row = layout.row(heading=widget.label.title() if optional else "")
            row.enabled = has_effect.get(widget.name, True)
        unnamed = optional or (widget.beside and widget.name == widget.setting)
        row.prop(settings, widget.name, **({"text": ""} if unnamed else {}))


def _draw_model(layout: Any, model: str, context: Any) -> None:
    """What the model needs and whether it is here; getting it; asking the engine, where it was not asked yet."""
    from .preferences import state

    if not state.networks:
        layout.operator("actanywhere.engine_look", text="List the Models", icon="VIEWZOOM")
        return
    for network in [one for one in state.networks if one.is_model and one.name == model]:
        _label(layout.column(align=True), model_words(network), "INFO", context)
        if network.state != "here":
            row = layout.row()
            row.enabled = bpy.app.online_access
            row.operator("actanywhere.networks_get", text=f"Get {model}", icon="IMPORT").wanted = model


def _draw_buttons(layout: Any, group: str) -> None:
    """What helps to set a group of settings."""
    row = layout.row(align=True)
    for name, icon in _BUTTONS.get(group, ()):
        row.operator("actanywhere." + name, icon=icon)


def _draw_start(layout: Any, group: Any, what: str) -> None:
    row = layout.row(heading="Starts At")
    row.prop(group, f"use_{what}_start", text="")
    sub = row.row()
    sub.active = getattr(group, f"use_{what}_start")
    sub.prop(group, f"{what}_start", text="")


def _draw_notes(layout: Any, take: Any, context: Any) -> None:
    if take.notes:
        box = layout.box().column(align=True)
        for note in take.notes.splitlines():
            _label(box, note, "INFO", context)


def _draw_running(layout: Any, session: Any, context: Any) -> None:
    layout.progress(factor=session.fraction, text=f"{int(100 * session.fraction)} %")
    layout.operator("actanywhere.cancel", icon="CANCEL")  # above what comes and goes: it must not move
    _label(layout.column(align=True), session.words, "TIME", context)
    if session.frames:
        layout.label(text=f"Finished frames: {len(session.frames)}")
        layout.template_icon(icon_value=icon_of(session.frames[0]), scale=_PREVIEW_SIZE)
        latest = (len(session.frames) - 1) // _PREVIEW_EVERY * _PREVIEW_EVERY
        if latest > 0:
            layout.template_icon(icon_value=icon_of(session.frames[latest]), scale=_PREVIEW_SIZE)


def _draw_message(layout: Any, group: Any, context: Any) -> None:
    if not group.message:
        return
    box = layout.box()
    column = box.column(align=True)
    _label(column, group.message, "ERROR", context)
    _label(column, group.remedy, "INFO", context)
    if any(not take.finished for take in group.takes):
        box.operator("actanywhere.resume", icon="PLAY")


def _label(column: Any, text: str, icon: str, context: Any) -> None:
    for number, line in enumerate(lines(text, context)):
        column.label(text=line, icon="BLANK1" if number else icon)


def lines(text: str, context: Any) -> list[str]:
    """Text in lines that fit the region; a path without blanks is cut where it must."""
    width = max(20, int((context.region.width / context.preferences.system.ui_scale - 50) / 7))
    return [line for part in text.splitlines() for line in _wrapped(part, width)]


def _wrapped(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        while len(word) > width:
            lines.append(word[:width])
            word = word[width:]
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def _classes() -> tuple[type, ...]:
    """A main panel and its sub-panels for every editor."""
    subs = (_Plate, _Matte, _Condition, _Camera, _Settings, _Takes)
    made: list[type] = [ACTANYWHERE_UL_takes]
    for name, space in _EDITORS.items():
        parent = "ACTANYWHERE_PT_" + name
        made.append(type(parent, (_Main, bpy.types.Panel), {"bl_space_type": space, "__doc__": "The shot."}))
        for sub in subs:
            own = f"{parent}_{sub.__name__.strip('_').lower()}"
            words = {"bl_space_type": space, "bl_parent_id": parent, "__doc__": sub.bl_label}
            made.append(type(own, (sub, bpy.types.Panel), words))
    return tuple(made)


CLASSES = _classes()
