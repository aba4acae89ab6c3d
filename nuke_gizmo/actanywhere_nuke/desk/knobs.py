"""A knob as data, and those that are fields of ``Settings``: the generator writes them, the host reads them back.

A field of ``Settings`` is a knob of the same name, with its help, choices, limits and default. One that may be left
out (None) has a checkbox ``own_NAME`` before it. Codes are those of ``addUserKnob``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Tuple

from ..contract.job import Settings, setting_fields

__all__ = [
    "BOOL",
    "BUTTON",
    "CHOICE",
    "DOUBLE",
    "FILE",
    "INT",
    "LINES",
    "LINK",
    "STRING",
    "TAB",
    "TEXT",
    "Knob",
    "extra_formats",
    "setting",
    "settings_from",
    "values_of",
]

STRING, FILE, INT, CHOICE, BOOL, DOUBLE = 1, 2, 3, 4, 6, 7
TAB, BUTTON, TEXT, LINES, LINK = 20, 22, 26, 28, 41


@dataclass(frozen=True)
class Knob:
    """One ``addUserKnob``. ``text`` is its T (a link's target, a text); ``value`` a default other than Nuke's own."""

    name: str
    code: int
    label: str = ""
    tip: str = ""
    value: str = ""
    items: Tuple[str, ...] = ()
    limits: Optional[Tuple[float, float]] = None
    text: str = ""
    beside: bool = False
    flags: Tuple[str, ...] = ()


def settings_from(value: Callable[[str], Any]) -> Settings:
    """The ``Settings`` that the knobs hold; ``value`` gives a knob's. Raises ``JobError`` for what cannot be."""
    given: Dict[str, Any] = {}
    for field in setting_fields():
        kind = _kind(field)
        if kind == "Tuple[str, ...]":
            given[field.name] = ("exr", *(name for name in extra_formats() if value("format_" + name)))
        elif not kind.startswith("Optional") or value("own_" + field.name):
            given[field.name] = _plain(kind, value(field.name))
    return Settings(**given)


def values_of(settings: Settings) -> Dict[str, Any]:
    """What the knobs hold for these settings: ``settings_from`` turned round."""
    values: Dict[str, Any] = {}
    for field in setting_fields():
        value, kind = getattr(settings, field.name), _kind(field)
        if kind == "Tuple[str, ...]":
            values.update({"format_" + name: name in value for name in extra_formats()})
            continue
        if kind.startswith("Optional"):
            values["own_" + field.name] = value is not None
        if value is not None:
            values[field.name] = value
    return values


def extra_formats() -> Tuple[str, ...]:
    """What may be written besides EXR: each is a checkbox ``format_NAME``."""
    choices = next(f for f in setting_fields() if f.name == "format").metadata["choices"]
    return tuple(name for name in choices if name != "exr")


def _plain(kind: str, value: Any) -> Any:
    if "bool" in kind:
        return bool(value)
    if "int" in kind:
        return int(round(float(value)))
    return float(value) if "float" in kind else str(value).strip()


def _kind(field: Any) -> str:
    return str(field.type)


def setting(name: str) -> List[Knob]:
    """The knobs of one field of ``Settings``."""
    field = next(f for f in setting_fields() if f.name == name)
    kind, metadata, label = _kind(field), field.metadata, name.replace("_", " ")
    tip = metadata["help"]
    if kind == "Tuple[str, ...]":
        return [
            Knob("format_" + extra, BOOL, "also write " + extra, tip, beside=number > 0)
            for number, extra in enumerate(extra_formats())
        ]
    knob = Knob(
        name,
        _code(kind, metadata),
        label,
        tip,
        _default(field),
        metadata.get("choices", ()),
        _limits(metadata),
    )
    if not kind.startswith("Optional"):
        return [knob]
    own = Knob("own_" + name, BOOL, label, "Set %s yourself. %s" % (label, tip))
    return [own, dataclasses.replace(knob, label="", beside=True)]


def _code(kind: str, metadata: Any) -> int:
    if "choices" in metadata:
        return CHOICE
    codes = (("bool", BOOL), ("int", INT), ("float", DOUBLE))
    return next((code for word, code in codes if word in kind), STRING)


def _default(field: Any) -> str:
    value = field.metadata["begin"] if field.default is None else field.default
    return str(value).lower() if isinstance(value, bool) else str(value)


def _limits(metadata: Any) -> Optional[Tuple[float, float]]:
    return (metadata["minimum"], metadata["maximum"]) if "minimum" in metadata else None
