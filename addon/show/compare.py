"""Two takes side by side in the compositor's viewer."""

from typing import Any

import bpy

from ..contract.takes import read_take
from ..hostkit.order import Order
from ..versions import compositor_tree
from .blocks import layer_image, take_image
from .compositor import layer_socket, shot_nodes

__all__ = ["compare_with", "stop_comparing"]


def compare_with(scene: Any, order: Order) -> None:
    """Current take on the left, the order's on the right. Comparing with the same take again ends it."""
    nodes = shot_nodes(compositor_tree(scene), order)
    number = read_take(order.job.output).number
    shown = nodes.find("other")
    if shown is not None and shown.image is not None and shown.image.get("actanywhere_take") == number:
        stop_comparing(scene, order)
        return
    name = order.job.settings.layer
    mine = nodes.find("layer")
    if mine is None:
        mine = nodes.sequence("layer", layer_image(order), (-640, 260))
    other = nodes.sequence("other", take_image(f"{order.job.shot.name} compared", order), (-640, 660))
    split = nodes.get("split", "CompositorNodeSplit", (40, 460))
    left, right = (socket for socket in split.inputs if socket.type == "RGBA")
    viewer = nodes.get("viewer", "CompositorNodeViewer", (280, -120))
    nodes.tree.links.new(layer_socket(mine, name), left)
    nodes.tree.links.new(layer_socket(other, name), right)
    nodes.tree.links.new(split.outputs[0], viewer.inputs[0])


def stop_comparing(scene: Any, order: Order) -> None:
    """The viewer shows the comp again."""
    tree = compositor_tree(scene, make=False)
    nodes = shot_nodes(tree, order, make=False) if tree is not None else None
    if nodes is None or nodes.find("split") is None:
        return
    nodes.drop("other")
    nodes.drop("split")
    over, viewer = nodes.find("over"), nodes.find("viewer")
    if over is not None and viewer is not None:
        tree.links.new(over.outputs[0], viewer.inputs[0])
    image = bpy.data.images.get(f"{order.job.shot.name} compared")
    if image is not None and not image.users:
        bpy.data.images.remove(image)
