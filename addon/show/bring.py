"""Loads a take into the scene: its datablocks, and the editors where the artist works."""

from typing import Any

from ..contract.errors import OutputError
from ..contract.takes import read_take
from ..hostkit.order import Drawing, Order
from ..hostkit.session import Step
from ..second.start import draw_in_second_blender
from .backdrops import put_behind_camera, put_into_clip, put_on_plane
from .blocks import background_folder, layer_image
from .compare import stop_comparing
from .compositor import put_into_compositor
from .sequencer import put_into_sequencer

__all__ = ["NEED_BACKGROUND", "background_steps", "bring_back"]

#: Places that can show no layer of an EXR: the background has to be in files of its own.
NEED_BACKGROUND = frozenset({"STRIP", "CLIP", "CAMERA", "PLANE"})

_PUT = {
    "STRIP": put_into_sequencer,
    "CLIP": put_into_clip,
    "CAMERA": put_behind_camera,
    "PLANE": put_on_plane,
}


def background_steps(orders: list[Order], places: set[str]) -> list[Step]:
    """The steps of a session that write what ``places`` need."""
    if not NEED_BACKGROUND & places:
        return []
    return [
        Step("Writing the background by itself", 0.2, lambda order=order: _write_background(order))  # type: ignore[misc]
        for order in orders
    ]


def _write_background(order: Order) -> Any:
    take = read_take(order.job.output)
    drawing = Drawing("layer", "background", {"pattern": take.layer, "layer": order.job.settings.layer})
    whole = Order(
        order.job, background_folder(order), order.scene, order.first, order.last, order.shift, (drawing,)
    )
    return draw_in_second_blender(whole)


def bring_back(scene: Any, order: Order, places: set[str]) -> None:
    """Put the order's take into the scene, in all of ``places``. Raises ``OutputError`` when it has no frames."""
    take = read_take(order.job.output)
    if not take.frames_done:
        raise OutputError(f"Take {take.number} has no frames.", "Continue it, or choose another.")
    image = layer_image(order)
    stop_comparing(scene, order)
    if "COMPOSITOR" in places:
        put_into_compositor(scene, order, image)
    for place in sorted(NEED_BACKGROUND & places):
        _PUT[place](scene, order)
