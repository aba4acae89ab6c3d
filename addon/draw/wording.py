"""What the engine tells, in the words of Blender's panel."""

from __future__ import annotations

from ..contract.errors import ActAnywhereError
from ..hostkit.controls import control
from ..hostkit.wording import GET_NETWORKS, SHARED, in_panel_words

__all__ = ["shown", "spoken"]

_OWN = {
    "plate-first": "'Starts At' of the plate",
    "matte-first": "'Starts At' of the matte",
    "plate-colour": "'Color Space' of the plate",
    "condition-colour": "'Color Space' of the condition",
    "condition-matte": "'Mask of the Picture'",
    "condition-kind": "'Kind' of the condition",
    "matte-channel": "'Channel' of the matte",
}


def shown(text: str) -> str:
    """The text, with every flag of the command line as the panel calls it."""
    return in_panel_words(
        text.replace(GET_NETWORKS, "'Get the Networks' in the add-on's preferences"), _called
    )


def spoken(error: ActAnywhereError) -> str:
    """An error in a line, for a report."""
    return shown(f"{error.message} {error.remedy}").strip()


def _called(flag: str) -> str:
    if flag in SHARED:
        return f"'{control(SHARED[flag]).title}'"
    return _OWN.get(flag) or "'{}'".format(flag.replace("-", " ").title())
