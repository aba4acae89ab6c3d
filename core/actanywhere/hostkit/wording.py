"""What the engine tells, in the words of a host's panel: the engine names the flags of its own command line.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import re
from typing import Callable, Dict

#: The control that a flag is which is no setting, in both hosts; a setting is called as its flag, without the hyphens.
SHARED: Dict[str, str] = {
    "box": "matte_box",
    "click": "matte_point",
    "click-off": "matte_point_off",
    "condition-scribble": "scribble",
    "extended": "extended",
    "name": "shot_name",
}
#: What a terminal gets the networks with that read pictures; both hosts have a button for it.
GET_NETWORKS = "actanywhere models pull vision"
# What is to be typed into a terminal keeps its flags.
_FLAG = re.compile(
    r"(?P<typed>\b(?:actanywhere|pip install)(?: (?!or\b)[^\s;]*[^\s;.,])+)|--(?P<flag>[a-z][a-z0-9-]*)"
)


def in_panel_words(text: str, called: Callable[[str], str]) -> str:
    """The text with every flag as the panel calls it; ``called`` gives that of a flag, told without its hyphens."""
    return _FLAG.sub(lambda found: found.group("typed") or called(found.group("flag")), text)
