"""A knob as data, and the knobs of the settings.

Codes are those of ``addUserKnob``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Tuple

from ..contract.fields import CHOICE as CHOICES
from ..contract.fields import NUMBER, SWITCH, WHOLE
from ..hostkit.widgets import Widget, widgets

__all__ = [
    "BOOL",
    "BOX",
    "BUTTON",
    "CHOICE",
    "DOUBLE",
    "FILE",
    "INT",
    "LINES",
    "LINK",
    "POINT",
    "STRING",
    "TAB",
    "TEXT",
    "Knob",
    "setting_knobs",
]

STRING, FILE, INT, CHOICE, BOOL, DOUBLE = 1, 2, 3, 4, 6, 7
TAB, BUTTON, TEXT, LINES, LINK = 20, 22, 26, 28, 41
POINT, BOX = 12, 15

_CODES = {SWITCH: BOOL, WHOLE: INT, NUMBER: DOUBLE, CHOICES: CHOICE}


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


def setting_knobs(group: str) -> List[Knob]:
    """The knobs of one group of settings."""
    return [_knob(widget) for widget in widgets() if widget.group == group]


def _knob(widget: Widget) -> Knob:
    limits = None
    if widget.minimum is not None and widget.maximum is not None:
        limits = (widget.minimum, widget.maximum)
    label = "" if widget.beside and widget.kind != SWITCH else widget.label
    return Knob(
        widget.name,
        FILE if widget.is_file else _CODES.get(widget.kind, STRING),
        label,
        widget.tip,
        _default(widget.begin),
        tuple(widget.choices),
        limits,
        beside=widget.beside,
    )


def _default(value: Any) -> str:
    """As a script has it; a switch that is off needs no word."""
    return str(value).lower() if isinstance(value, bool) else str(value)
