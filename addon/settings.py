"""Blender properties made from the settings: the same defaults, limits and help.

Limits are soft: what is beyond them is refused by the contract, in the words of every other interface, and not clamped.
"""

from __future__ import annotations

from typing import Any

import bpy

from .contract.fields import NUMBER, SWITCH, WHOLE
from .contract.settings import Settings, setting_fields
from .hostkit.networks import model_list
from .hostkit.widgets import Widget, settings_of, values_of, widgets
from .versions import path_property

__all__ = ["call_properties", "read_settings", "setting_properties", "show_settings"]

_KINDS = {
    SWITCH: bpy.props.BoolProperty,
    WHOLE: bpy.props.IntProperty,
    NUMBER: bpy.props.FloatProperty,
}
#: What scenes store for a choice is its number: its place, or this where a choice before it has gone.
_NUMBERS = {"shadow": {"given": 3, "none": 4}}


def setting_properties() -> dict[str, Any]:
    """Annotations for a PropertyGroup: every widget of the settings."""
    return {widget.name: _property(widget) for widget in widgets()}


def call_properties() -> dict[str, Any]:
    """Annotations for an operator: every setting, forgotten after each call. Choices are text, as in a shot list."""
    return {
        f.name: _KINDS.get(f.kind, bpy.props.StringProperty)(
            name=f.label.title(), description=f.about, options={"SKIP_SAVE"}
        )
        for f in setting_fields()
    }


def _property(widget: Widget) -> Any:
    words: dict[str, Any] = {"name": widget.label.title(), "description": widget.tip, "default": widget.begin}
    if widget.is_file:
        return path_property(subtype="FILE_PATH", **words)
    if widget.choices:
        numbers = {**{one: at for at, one in enumerate(widget.choices)}, **_NUMBERS.get(widget.name, {})}
        items = [(choice, choice, says, numbers[choice]) for choice, says in widget.choices.items()]
        return bpy.props.EnumProperty(items=items, **words)
    if widget.name == "model":
        words.update(search=_models, search_options={"SUGGESTION"})
    if widget.minimum is not None:
        words.update(soft_min=widget.minimum, soft_max=widget.maximum)
    return _KINDS.get(widget.kind, bpy.props.StringProperty)(**words)


def _models(_group: Any, _context: Any, _edited: str) -> list[tuple[str, str]]:
    """The models that there are, with what each needs and whether it is here, as the engine said last."""
    from .draw.preferences import state

    return model_list(state.networks)


def read_settings(group: Any, call: Any = None) -> Settings:
    """The settings in a PropertyGroup; what was given to the operator ``call`` wins. Raises ``JobError``."""
    settings = settings_of(lambda name: getattr(group, name))
    if call is None:
        return settings
    given = {f.name: f for f in setting_fields() if call.properties.is_property_set(f.name)}
    return settings.given({name: _said(getattr(call, name)) for name in given})


def _said(value: Any) -> Any:
    """Blender keeps floats in single precision: 0.08 comes back as 0.07999999821."""
    return round(value, 6) if isinstance(value, float) else value


def show_settings(group: Any, settings: Settings) -> None:
    """Put settings into a PropertyGroup: those of a take, to go on from it."""
    for name, value in values_of(settings).items():
        setattr(group, name, value)
