"""The colour space of Nuke's stream, in core's words.

The inputs are written as raw values of the working space, and core is told which that is: nothing is converted
on the way out, and the layer comes back in the same space.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..core.errors import JobError
from ..core.shot import COLOUR_SPACES

__all__ = ["WORKING_SPACES", "Project", "working_space"]

#: What the knob ``working_space`` offers: Nuke works scene-linear, so the display spaces are left out.
WORKING_SPACES = tuple(space for space in COLOUR_SPACES if space not in ("srgb", "rec709"))

_KNOWN = {
    "acescg": "acescg",
    "aces - acescg": "acescg",
    "lin_ap1": "acescg",
    "lin_ap1_scene": "acescg",
    "linear": "linear-rec709",
    "linear rec.709 (srgb)": "linear-rec709",
    "utility - linear - srgb": "linear-rec709",
    "utility - linear - rec.709": "linear-rec709",
    "lin_rec709": "linear-rec709",
    "lin_rec709_scene": "linear-rec709",
    "lin_srgb": "linear-rec709",
    "scene-linear rec.709-srgb": "linear-rec709",
}


@dataclass(frozen=True)
class Project:
    """The colour knobs of the script's root: ``management`` (Nuke or OCIO), ``config``, ``working_space``."""

    management: str
    config: str
    working_space: str


def working_space(said: str, project: Project) -> str:
    """The stream's colour space, one of core's scene-linear ones. Raises ``JobError`` when it cannot be told.

    ``said`` other than ``auto`` wins. Nuke's own management works in linear light with the primaries of Rec.709;
    under OCIO the root's working space says it, and its role name is resolved where the configuration is an ACES one.
    """
    if said not in WORKING_SPACES:
        raise JobError(
            "'%s' is not a working space." % said, "Choose one of: %s." % ", ".join(WORKING_SPACES)
        )
    if said != "auto":
        return said
    if project.management.lower() != "ocio":
        return "linear-rec709"
    name = project.working_space.strip()
    # Nuke shows a role with the space behind it: "scene_linear (ACES - ACEScg)".
    names = [part.strip(" )") for part in name.replace("(default)", "").split("(", 1)]
    for candidate in [name, *names, *(each.split("/")[-1] for each in names)]:
        if candidate.lower() in _KNOWN:
            return _KNOWN[candidate.lower()]
    if names[0].lower() in ("scene_linear", "rendering", "default") and "aces" in project.config.lower():
        return "acescg"
    raise JobError(
        "The project's working space '%s' (%s) is not one that ActAnywhere knows." % (name, project.config),
        "Say what it is with the knob 'working space' in the tab Advanced.",
    )
