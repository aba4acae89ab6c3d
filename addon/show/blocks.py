"""The datablocks of a shot's take. Each shot has one of a kind: another take is another path in the same block."""

import json
import os
from typing import Any

import bpy

from ..contract.takes import find_result, read_take
from ..hostkit.order import Order
from ..versions import as_stored

__all__ = [
    "background_clip",
    "background_folder",
    "background_image",
    "layer_image",
    "remember",
    "take_image",
]

# Scene-linear spaces that Blender calls otherwise than the engine does.
_LAYER_SPACES = {"acescg": "ACEScg", "aces2065-1": "ACES2065-1", "Linear P3-D65": "Linear DCI-P3 D65"}


def layer_image(order: Order) -> Any:
    """The image sequence of the shot's layer (a multilayer EXR), pointed at this order's take."""
    return take_image(f"{order.job.shot.name} layer", order)


def take_image(name: str, order: Order) -> Any:
    """The image sequence called ``name``, pointed at this order's take."""
    first = read_take(order.job.output).layer.replace("####", f"{order.first + order.shift:04d}")
    return _finish(_sequence(name, first), order)


def background_folder(order: Order) -> str:
    """Where the background by itself is written."""
    return os.path.join(order.job.output, "background")


def background_path(order: Order) -> str:
    """Its first frame."""
    return os.path.join(background_folder(order), f"background.{order.first + order.shift:04d}.exr")


def background_image(order: Order) -> Any:
    """The image sequence of the background by itself."""
    return _finish(_sequence(f"{order.job.shot.name} background", background_path(order)), order)


def background_clip(order: Order) -> Any:
    """The movie clip of the background by itself, at the plate's place in time."""
    name = f"{order.job.shot.name} background"
    clip = bpy.data.movieclips.get(name)
    if clip is None:
        clip = bpy.data.movieclips.load(background_path(order))
        clip.name = name
    clip.filepath = as_stored(background_path(order))
    clip.frame_start = order.first
    return _finish(clip, order)


def _sequence(name: str, path: str) -> Any:
    image = bpy.data.images.get(name)
    if image is None:
        image = bpy.data.images.load(path)
        image.name = name
    image.filepath = as_stored(path)
    image.source = "SEQUENCE"
    return image


def _finish(block: Any, order: Order) -> Any:
    result = find_result(order.job.output)
    decided = "" if result is None else result.decided("layer colour").value
    space = decided or order.job.shot.plate.colour
    name = _LAYER_SPACES.get(space, space)
    known = block.colorspace_settings.bl_rna.properties["name"].enum_items.keys()
    block.colorspace_settings.name = name if name in known else "Linear Rec.709"
    remember(block, order)
    return block


def remember(block: Any, order: Order) -> None:
    """Note on a datablock what it shows: enough to render it again."""
    job = order.job
    block["actanywhere_shot"] = job.shot.name
    block["actanywhere_take"] = read_take(job.output).number
    block["actanywhere_seed"] = job.settings.seed
    block["actanywhere_settings"] = json.dumps(job.to_dict()["settings"])
    block["actanywhere_first"] = order.first
    block["actanywhere_shift"] = order.shift
