"""Footage: reads plates, mattes and condition pictures, writes layers."""

from __future__ import annotations

from ..contract.numbering import compact
from .colour import (
    brightness,
    from_display,
    is_scene_linear,
    layer_space,
    layer_to_display,
    linearise,
    processors,
    to_display,
)
from .condition import ConditionPicture, read_condition, read_scribble, read_still_mask, read_still_matte
from .digest import digest
from .layer import HALF_MAX, HalfFrame, layer_channels, write_exr_frame, write_png
from .matte import MatteReader, open_matte, open_shot
from .matte_source import MatteValues
from .matte_treatment import MatteLevels, judge_fronts, judge_mattes, treat_matte
from .movie_out import MovieWriter
from .movie_pictures import Counted, unheard
from .plate import Plate, PlateFrame, PlateInfo, open_plate
from .rim import Rim, find_rim
from .spilled import forget, spilled
from .stills import Window
from .unchanged import Unchanged

__all__ = [
    "HALF_MAX",
    "HalfFrame",
    "ConditionPicture",
    "Counted",
    "MatteLevels",
    "MatteReader",
    "MatteValues",
    "MovieWriter",
    "Plate",
    "PlateFrame",
    "PlateInfo",
    "Rim",
    "Unchanged",
    "Window",
    "brightness",
    "compact",
    "digest",
    "find_rim",
    "forget",
    "from_display",
    "is_scene_linear",
    "judge_fronts",
    "judge_mattes",
    "layer_channels",
    "layer_space",
    "layer_to_display",
    "linearise",
    "open_matte",
    "open_plate",
    "processors",
    "open_shot",
    "read_condition",
    "read_scribble",
    "read_still_mask",
    "read_still_matte",
    "spilled",
    "to_display",
    "treat_matte",
    "unheard",
    "write_exr_frame",
    "write_png",
]
