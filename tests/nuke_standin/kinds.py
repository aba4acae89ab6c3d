"""Which kind of knob stands where. Valid Python 3.7."""

from __future__ import annotations

import re
from typing import Any

from tests.nuke_standin.arrays import (
    BBox_Knob,
    Boolean_Knob,
    Color_Knob,
    Double_Knob,
    IArray_Knob,
    Int_Knob,
    WH_Knob,
    XY_Knob,
    XYZ_Knob,
)
from tests.nuke_standin.knobs import (
    CascadingEnumeration_Knob,
    Channel_Knob,
    ChannelMask_Knob,
    Enumeration_Knob,
    EvalString_Knob,
    File_Knob,
    Format_Knob,
    Link_Knob,
    Multiline_Eval_String_Knob,
    PyScript_Knob,
    Script_Knob,
    Tab_Knob,
    Text_Knob,
    _Table,
)
from tests.nuke_standin.nk import UserKnob

__all__ = ["KINDS", "from_user_knob", "kind_of_builtin"]

KINDS = {
    1: EvalString_Knob, 2: File_Knob, 3: Int_Knob, 4: Enumeration_Knob, 6: Boolean_Knob, 7: Double_Knob,
    10: ChannelMask_Knob, 11: Channel_Knob, 12: XY_Knob, 14: WH_Knob, 15: BBox_Knob, 17: Format_Knob,
    18: Color_Knob, 20: Tab_Knob, 22: PyScript_Knob, 26: Text_Knob, 28: Multiline_Eval_String_Knob,
    32: Script_Knob, 41: Link_Knob, 68: CascadingEnumeration_Knob,
}  # fmt: skip


def from_user_knob(line: UserKnob) -> Any:
    """The knob that an ``addUserKnob`` line makes."""
    knob = KINDS[line.code](line.name, line.options.get("l", line.name))
    knob._code, knob._options = line.code, dict(line.options)
    knob._tooltip = line.options.get("t", "")
    knob._text = line.options.get("T", "")
    knob._on = "+DISABLED" not in line.flags
    knob._saved = "+DO_NOT_WRITE" not in line.flags
    knob._seen = not {"+HIDDEN", "+INVISIBLE"} & set(line.flags)
    return knob


def kind_of_builtin(cls: str, name: str, default: str) -> Any:
    """The kind of knob that a node class has under ``name``."""
    if name in ("file", "proxy") and cls in ("Read", "Write"):
        return File_Knob
    if name in ("reload", "Render") or name in ("knobChanged", "onCreate"):
        return PyScript_Knob
    if name == "tracks":
        return _Table
    if name == "scale" and cls == "Transform":
        return WH_Knob
    if name in ("world_matrix", "transform_matrix"):
        return IArray_Knob
    if name in ("translate", "rotate") and cls == "Camera2":
        return XYZ_Knob
    if name in ("win_translate", "win_scale", "translate", "center"):
        return XY_Knob
    if re.match(r"^(to|from)\d$", name) and cls == "CornerPin2D":
        return XY_Knob
    if name == "channels" or name.startswith(("maskChannel", "channels")):
        return ChannelMask_Knob
    if default in ("true", "false"):
        return Boolean_Knob
    if re.match(r"^-?\d+$", default) and name not in ("version", "scale", "mix", "color"):
        return Int_Knob
    if re.match(r"^-?\d+(\.\d+)?$", default):
        return Double_Knob
    if name in ("on_error", "before", "after", "frame_mode", "file_type", "datatype", "compression", "operation",
                "colorspace", "localizationPolicy", "metadata", "interleave", "colorManagement",
                "projection_mode"):  # fmt: skip
        return Enumeration_Knob
    return EvalString_Knob
