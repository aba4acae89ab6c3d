"""Blender properties out of the engine's Settings: one field, one property, the same default, limits and help."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import bpy

from ..contract.job import Settings, setting_fields

__all__ = ["is_optional", "label_of", "read_settings", "setting_properties", "show_settings"]


def is_optional(field: dataclasses.Field[Any]) -> bool:
    """Whether the field may be left out; such a field has a second property, ``use_<name>``."""
    return str(field.type).startswith("Optional[")


def label_of(name: str) -> str:
    """A field's name as Blender writes labels: ``Grow Matte``."""
    return name.replace("_", " ").title()


def setting_properties(for_operator: bool = False) -> dict[str, Any]:
    """Annotations for a PropertyGroup or an Operator.

    An operator asks ``is_property_set`` instead of ``use_``, and forgets what it was given after each call.
    """
    found: dict[str, Any] = {}
    for field in setting_fields():
        if not for_operator and is_optional(field):
            found["use_" + field.name] = bpy.props.BoolProperty(
                name="Set " + label_of(field.name), description=field.metadata["help"], default=False
            )
        found[field.name] = _property(field, {"SKIP_SAVE"} if for_operator else {"ANIMATABLE"})
    return found


def _property(field: dataclasses.Field[Any], options: set[str]) -> Any:
    kind = re.sub(r"Optional\[(\w+)\]", r"\1", str(field.type))
    words: dict[str, Any] = {"name": label_of(field.name), "description": field.metadata["help"]}
    words["options"] = options
    choices = field.metadata.get("choices")
    if choices is not None:
        words["items"] = [(choice, choice, _help_of(choice, field)) for choice in choices]
        if kind.startswith("Tuple"):
            words.update(options={"ENUM_FLAG", *options}, default=set(field.default))
        else:
            words["default"] = field.default
        return bpy.props.EnumProperty(**words)
    low, high = field.metadata.get("minimum"), field.metadata.get("maximum")
    if low is not None:
        words.update(min=low, max=high)
    words["default"] = field.metadata["begin"] if field.default is None else field.default
    kinds = {
        "bool": bpy.props.BoolProperty,
        "int": bpy.props.IntProperty,
        "float": bpy.props.FloatProperty,
        "str": bpy.props.StringProperty,
    }
    return kinds[kind](**words)


def _help_of(choice: str, field: dataclasses.Field[Any]) -> str:
    """The sentence of the field's help that begins with the choice."""
    match = re.search(r"(?:^|\. )%s: ([^.]*)" % re.escape(choice), field.metadata["help"])
    return match.group(1) if match else ""


def read_settings(group: Any, overrides: Any = None) -> Settings:
    """The settings in a PropertyGroup; what is set on the operator ``overrides`` wins. Raises ``JobError``."""
    values: dict[str, Any] = {}
    for field in setting_fields():
        if overrides is not None and overrides.properties.is_property_set(field.name):
            value = getattr(overrides, field.name)
        elif is_optional(field) and not getattr(group, "use_" + field.name):
            value = None
        else:
            value = getattr(group, field.name)
        if isinstance(value, set):
            value = tuple(choice for choice in field.metadata["choices"] if choice in value)
        elif isinstance(value, float):
            value = round(
                value, 6
            )  # Blender keeps floats in single precision: 0.08 comes back as 0.07999999821
        values[field.name] = value
    return Settings(**values)


def show_settings(group: Any, settings: Settings) -> None:
    """Put settings into a PropertyGroup: those of a take, to go on from it."""
    for field in setting_fields():
        value = getattr(settings, field.name)
        if is_optional(field):
            setattr(group, "use_" + field.name, value is not None)
            if value is None:
                continue
        setattr(group, field.name, set(value) if isinstance(value, tuple) else value)
