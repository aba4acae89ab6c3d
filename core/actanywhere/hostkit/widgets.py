"""The settings as widgets of a host: each a property in Blender, a knob in Nuke, by the same names.

A setting is a widget of its name. One that may be left out has a switch ``use_NAME`` before it; one of several
choices is a switch ``NAME_CHOICE`` for each that is not always there.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

from ..contract.fields import SEVERAL, SWITCH, WHOLE, SettingField
from ..contract.settings import Settings, moot_settings, setting_fields

#: What the switch of a setting that may be left out is called: this and the setting's name.
USE = "use_"


@dataclass(frozen=True)
class Widget:
    """One widget. ``kind`` is that of a ``SettingField`` (never several); ``choices`` map each to what it means.

    ``setting`` is the name of its setting. ``beside``: it stands in the line of the widget before it.
    ``begin`` is what it holds at first. ``is_file``: it is a path, and has a button that chooses one.
    """

    name: str
    setting: str
    kind: str
    label: str
    tip: str
    begin: Any
    group: str
    choices: Dict[str, str] = dataclasses.field(default_factory=dict)
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    beside: bool = False
    is_file: bool = False


def widgets() -> List[Widget]:
    """All of them, in the order of the settings."""
    return [widget for f in setting_fields() for widget in widgets_of(f)]


def widgets_of(f: SettingField) -> List[Widget]:
    """The widgets of one setting."""
    if f.kind == SEVERAL:
        extra = _extra(f)
        return [
            Widget(
                f"{f.name}_{one}",
                f.name,
                SWITCH,
                f"also {one}",
                f.about,
                one in f.default,
                f.group,
                beside=one != extra[0],
            )
            for one in extra
        ]
    begin = f.begin if f.optional else f.default
    own = Widget(
        f.name,
        f.name,
        f.kind,
        f.label,
        f.about,
        begin,
        f.group,
        f.choices,
        f.minimum,
        f.maximum,
        f.optional,
        f.is_file,
    )
    if not f.optional:
        return [own]
    use = Widget(USE + f.name, f.name, SWITCH, f.label, f"Set {f.label} yourself. {f.about}", False, f.group)
    return [use, own]


def settings_of(value: Callable[[str], Any]) -> Settings:
    """The settings that the widgets hold; ``value`` gives a widget's. Raises ``JobError`` for what cannot be."""
    found: Dict[str, Any] = {}
    for f in setting_fields():
        if f.kind == SEVERAL:
            kept = [one for one in f.choices if one in f.default]
            found[f.name] = (*kept, *(one for one in _extra(f) if value(f"{f.name}_{one}")))
        elif not f.optional or value(USE + f.name):
            found[f.name] = _plain(f, value(f.name))
    return Settings(**found)


def values_of(settings: Settings) -> Dict[str, Any]:
    """What the widgets hold for these settings: ``settings_of`` turned round. One that is left out keeps its value."""
    found: Dict[str, Any] = {}
    for f in setting_fields():
        value = getattr(settings, f.name)
        if f.kind == SEVERAL:
            found.update({f"{f.name}_{one}": one in value for one in _extra(f)})
            continue
        if f.optional:
            found[USE + f.name] = value is not None
        if value is not None:
            found[f.name] = value
    return found


def effective(value: Callable[[str], Any]) -> Dict[str, bool]:
    """Widget -> whether it has an effect now, of those for which that changes; ``value`` gives a widget's."""
    fields = setting_fields()
    moot = moot_settings({f.only_with[0]: value(f.only_with[0]) for f in fields if f.only_with is not None})
    found = {f.name: f.name not in moot for f in fields if f.only_with is not None}
    for f in fields:
        if f.optional:
            found[f.name] = bool(value(USE + f.name))
    return found


def _extra(f: SettingField) -> List[str]:
    """The choices that are not always there."""
    return [one for one in f.choices if one not in f.default]


def _plain(f: SettingField, value: Any) -> Any:
    """What a host keeps in its own precision: 0.08 comes back from single precision as 0.07999999821."""
    if f.kind == SWITCH:
        return bool(value)
    if isinstance(value, float):
        return int(value) if f.kind == WHOLE and value.is_integer() else round(value, 6)
    return value.strip() if isinstance(value, str) else value
