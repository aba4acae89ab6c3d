"""The colour space of Nuke's stream, by the engine's names.

The inputs are written as raw values of the working space, and core is told which that is: nothing is converted
on the way out, and the layer comes back in the same space.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..contract.errors import JobError
from ..contract.shot import COLOUR_SPACES

__all__ = ["WORKING_SPACES", "Project", "working_space"]

#: What the knob ``working_space`` offers: Nuke works scene-linear, so the display spaces are left out.
WORKING_SPACES = tuple(space for space in COLOUR_SPACES if space not in ("srgb", "rec709"))

_KNOWN = {
    "acescg": "acescg",
    "aces - acescg": "acescg",
    "lin_ap1": "acescg",
    "lin_ap1_scene": "acescg",
    "aces2065-1": "aces2065-1",
    "aces - aces2065-1": "aces2065-1",
    "lin_ap0": "aces2065-1",
    "lin_ap0_scene": "aces2065-1",
    "linear": "linear-rec709",
    "linear rec.709 (srgb)": "linear-rec709",
    "utility - linear - srgb": "linear-rec709",
    "utility - linear - rec.709": "linear-rec709",
    "lin_rec709": "linear-rec709",
    "lin_rec709_scene": "linear-rec709",
    "lin_srgb": "linear-rec709",
    "scene-linear rec.709-srgb": "linear-rec709",
}


# Roles that the working space may be named by: ACEScg in the ACES configurations that Nuke brings, and in others what
# the configuration's text says.
_ROLES = ("scene_linear", "rendering", "compositing_linear")
_BUILT_IN_ACES = re.compile(r"^(aces_\d|fn-nuke_\w+-config-.*_aces-)", re.IGNORECASE)


@dataclass(frozen=True)
class Project:
    """The colour knobs of the script's root: ``management`` (Nuke or OCIO), ``config``, ``working_space``.

    ``config`` is the name of one that Nuke brings, or the path of a studio's own.
    """

    management: str
    config: str
    working_space: str


def working_space(said: str, project: Project) -> str:
    """The stream's colour space, one of core's scene-linear ones. Raises ``JobError`` when it cannot be told.

    ``said`` other than ``auto`` wins. Nuke's own management works in linear light with the primaries of Rec.709;
    under OCIO the root's working space says it, and the name of a role is looked up in the configuration.
    """
    if said not in WORKING_SPACES:
        raise JobError(f"'{said}' is not a working space.", f"Choose one of: {', '.join(WORKING_SPACES)}.")
    if said != "auto":
        return said
    if project.management.lower() != "ocio":
        return "linear-rec709"
    # Nuke shows a role with the space behind it: "scene_linear (ACES - ACEScg)".
    name = project.working_space.replace(" (default)", "").strip()
    _, _, behind = name.partition(" (")
    candidates = [name, behind[:-1]] if behind.endswith(")") else [name]
    if name in _ROLES:
        candidates.append(_space_of_role(name, project.config))
    for candidate in [each.lower() for each in candidates]:
        known = _KNOWN.get(candidate) or _KNOWN.get(candidate.split("/")[-1])
        if known is not None:
            return known
    raise JobError(
        f"The project's working space '{name}' ({project.config}) is not one that ActAnywhere knows.",
        "Say what it is with the knob 'working space' in the tab Advanced.",
    )


def _space_of_role(role: str, config: str) -> str:
    """The space behind a role; empty where it cannot be told."""
    try:
        with open(config, encoding="utf-8", errors="replace") as stream:
            found = re.search(rf"^\s+{re.escape(role)}:\s*(.+?)\s*$", stream.read(), re.MULTILINE)
    except OSError:
        return "ACEScg" if _BUILT_IN_ACES.match(config) else ""
    return "" if found is None else found.group(1).strip("\"'")
