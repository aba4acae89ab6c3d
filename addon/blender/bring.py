"""A take back into the scene: its datablocks, and the places where the artist works."""

import json
import os
from typing import Any

import bpy

from ..core.errors import OutputError
from ..core.takes import read_take
from ..io.order import Drawing, Order
from ..io.session import Step
from .compositor import put_into_compositor
from .second import draw_in_second_blender

__all__ = ["background_steps", "bring_back", "layer_image"]

_NEED_BACKGROUND = {"STRIP", "CLIP", "CAMERA", "PLANE"}
_LAYER_SPACES = {"acescg": "ACEScg"}


def background_steps(scene: Any, orders: list[Order]) -> list[Step]:
    """What has to be written for places that can show no layer of an EXR: the background in files of its own."""
    if not _NEED_BACKGROUND & scene.actanywhere.bring_back:
        return []
    return [
        Step("Writing the background by itself", 0.2, lambda order=order: _write_background(order))  # type: ignore[misc]
        for order in orders
    ]


def _write_background(order: Order) -> Any:
    take = read_take(order.job.output)
    drawing = Drawing("layer", "background", {"pattern": take.layer, "layer": order.job.settings.layer})
    folder = os.path.join(take.folder, "background")
    whole = Order(order.job, folder, order.scene, order.first, order.last, order.shift, (drawing,))
    return draw_in_second_blender(whole)


def bring_back(scene: Any, order: Order, places: set[str]) -> None:
    """Put the order's take into the scene, in all of ``places``. Raises ``OutputError`` when it has no frames."""
    take = read_take(order.job.output)
    if not take.frames_done:
        raise OutputError("Take %d has no frames." % take.number, "Continue it, or choose another.")
    image = layer_image(order)
    scene.actanywhere.current_take = take.number
    if "COMPOSITOR" in places:
        put_into_compositor(scene, order, image)


def layer_image(order: Order) -> Any:
    """The image sequence of the shot's layer, pointed at this order's take."""
    job = order.job
    first = read_take(job.output).layer.replace("####", "%04d" % (order.first + order.shift))
    image = sequence_image("%s layer" % job.shot.name, first)
    image.colorspace_settings.name = _LAYER_SPACES.get(job.shot.plate.colour, "Linear Rec.709")
    remember(image, order)
    return image


def sequence_image(name: str, path: str) -> Any:
    """The image sequence called ``name``, showing ``path`` and the files after it."""
    image = bpy.data.images.get(name)
    if image is None:
        image = bpy.data.images.load(path)
        image.name = name
    image.filepath = path
    image.source = "SEQUENCE"
    return image


def remember(block: Any, order: Order) -> None:
    """Note on a datablock what it shows: enough to render it again."""
    job = order.job
    block["actanywhere_shot"] = job.shot.name
    block["actanywhere_take"] = read_take(job.output).number
    block["actanywhere_seed"] = job.settings.seed
    block["actanywhere_settings"] = json.dumps(job.to_dict()["settings"])
    block["actanywhere_first"] = order.first
    block["actanywhere_shift"] = order.shift
