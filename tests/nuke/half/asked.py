"""What a node with a plate, a matte and a condition asks for; see ``test_host_half.py``."""

from __future__ import annotations

from typing import Any, Dict

from actanywhere_nuke.contract.settings import Settings
from actanywhere_nuke.read import colour
from actanywhere_nuke.read.plan import Ask

NUKE = colour.Project("Nuke", "nuke-default", "linear")


def ask(**changes: Any) -> Ask:
    """A node with a plate, a matte and a condition connected."""
    words: Dict[str, Any] = dict(
        settings=Settings(), script="/show/sh010_comp_v003.nk", node="ActAnywhere1", output_folder="", shot_name="",
        range="input", input_range=(1001, 1010), project_range=(1, 100), own_range=(1003, 1004),
        working_space="auto", project=NUKE, plate="node Read\nfile a", matte="node Roto", matte_channel="rgba.alpha",
        matte_channels=("rgba.red", "rgba.alpha"),
        condition="node Read\nfile place", condition_frame=None, condition_file="", condition_kind="auto",
        condition_matte="",
    )  # fmt: skip
    return Ask(**dict(words, **changes))
