"""What the engine tells, in the words of the node's knobs."""

from __future__ import annotations

from ..contract.errors import ActAnywhereError
from ..hostkit import progress
from ..hostkit.controls import control
from ..hostkit.wording import GET_NETWORKS, SHARED, in_panel_words

__all__ = ["say", "shown"]

_OWN = {
    "frames": "'range'",
    "plate": "plate input",
    "matte": "matte input",
    "track": "track input",
    "condition-matte": "others input",
    "condition-kind": "'kind' of the condition",
    "matte-channel": "'matte channel'",
    "plate-first": "the first frame of the plate's Read",
    "matte-first": "the first frame of the matte's Read",
    "plate-colour": "the colorspace of the plate's Read",
    "condition-colour": "the colorspace of the condition's Read",
}


def shown(text: str) -> str:
    """The text, with every flag of the command line as the node calls it."""
    return in_panel_words(text.replace(GET_NETWORKS, "ActAnywhere > Networks..."), _called)


def say(error: ActAnywhereError) -> str:
    """An error as an artist reads it: what was found, and what to do."""
    return shown(progress.say(error))


def _called(flag: str) -> str:
    label = control(SHARED[flag]).label if flag in SHARED else flag.replace("-", " ")
    return _OWN.get(flag) or f"'{label}'"
