"""The layer's nodes in the compositor: plate over layer, through the matte, in a frame of their own.

Run again, only what is in that frame and made by us is changed: pictures are exchanged, links that the artist
made (a grade between layer and Alpha Over, say) stay.
"""

import os
from typing import Any

import bpy

from ..contract.errors import FootageError
from ..hostkit.order import Order
from ..read.footage import COLOURS, clip_frames
from ..read.numbering import find_footage
from ..versions import as_stored, compositor_tree, fix_mask_size, option, output_input, over_inputs

__all__ = ["layer_socket", "put_into_compositor", "shot_nodes"]

_SPACES = {ours: theirs for theirs, ours in COLOURS.items()}


def put_into_compositor(scene: Any, order: Order, image: Any) -> None:
    """Lay the layer under the plate. The result goes to the scene's output if nothing else does."""
    before = compositor_tree(scene, make=False)
    fresh = before is None or (hasattr(scene, "node_tree") and not scene.use_nodes)
    tree = compositor_tree(scene)
    if fresh:
        _drop_render_layers(tree)
    nodes = _Nodes(tree, order)
    layer = nodes.sequence("layer", image, (-640, 260))
    plate = _plate(nodes, order)
    solid = nodes.get("solid", "CompositorNodeSetAlpha", (-360, -60))
    option(solid, "mode", "Type", "REPLACE_ALPHA")
    solid.inputs["Alpha"].default_value = 1.0
    matte = _matte(nodes, order)
    if order.job.settings.invert_matte:
        turned = nodes.get("invert", "CompositorNodeInvert", (-360, -500))
        nodes.feed(turned.inputs["Color"], matte)
        matte = turned.outputs[0]
    else:
        nodes.drop("invert")
    over = nodes.get("over", "CompositorNodeAlphaOver", (40, 40))
    background, foreground, factor = over_inputs(over)
    nodes.feed(background, layer_socket(layer, order.job.settings.layer))
    nodes.feed(solid.inputs["Image"], plate)
    nodes.feed(foreground, solid.outputs[0])
    nodes.feed(factor, matte)
    viewer = nodes.get("viewer", "CompositorNodeViewer", (280, -120))
    nodes.feed(viewer.inputs[0], over.outputs[0])
    output = output_input(tree)
    if fresh:
        output.node.select = False
        output.node.location = (nodes.frame.location.x + 560, nodes.frame.location.y + 60)
    if fresh or not output.is_linked:
        tree.links.new(over.outputs[0], output)


def _drop_render_layers(tree: Any) -> None:
    """A tree that nobody has made yet begins with the scene's render, which nothing here needs."""
    for node in list(tree.nodes):
        if node.bl_idname == "CompositorNodeRLayers":
            tree.nodes.remove(node)


def layer_socket(node: Any, name: str) -> Any:
    """The output of an Image node that carries the layer called ``name``. Raises ``FootageError``."""
    for socket in node.outputs:
        if socket.name == name or socket.name.startswith(name + "."):
            return socket
    raise FootageError(
        f"{node.image.filepath} has no layer '{name}': it has {', '.join(socket.name for socket in node.outputs)}.",
        "Render the take again.",
    )


def shot_nodes(tree: Any, order: Order, make: bool = True) -> Any:
    """The shot's nodes in the tree; None where it has none and none are to be made."""
    return _Nodes(tree, order) if make or _frames_of(tree, order) else None


def _frames_of(tree: Any, order: Order) -> list[Any]:
    shot = order.job.shot.name
    return [n for n in tree.nodes if n.type == "FRAME" and n.get("actanywhere_shot") == shot]


class _Nodes:
    """The nodes in the shot's frame, found by their role or made."""

    def __init__(self, tree: Any, order: Order) -> None:
        self.tree, self.order = tree, order
        shot = order.job.shot.name
        found = _frames_of(tree, order)
        self.frame = found[0] if found else tree.nodes.new("NodeFrame")
        self.frame.name = self.frame.label = f"ActAnywhere {shot}"
        self.frame["actanywhere_shot"] = shot
        if not found:
            self.frame.location, self.frame.select = _free_place(tree, self.frame), False

    def find(self, role: str) -> Any:
        """The node of that role, or None."""
        mine = (node for node in self.tree.nodes if node.parent == self.frame)
        return next((node for node in mine if node.get("actanywhere") == role), None)

    def get(self, role: str, kind: str, place: tuple[float, float]) -> Any:
        """The node of that role; one of another kind is taken away first."""
        old = self.find(role)
        if old is not None and old.bl_idname == kind:
            return old
        if old is not None:
            self.tree.nodes.remove(old)
        node = self.tree.nodes.new(kind)
        node.parent = self.frame
        node.location = place
        node["actanywhere"] = role
        node.show_preview = node.select = False
        return node

    def feed(self, target: Any, source: Any) -> None:
        """Link, unless the artist has put something of their own in between."""
        key = "actanywhere_from_" + target.identifier
        if not target.is_linked or self._is_ours(target.links[0].from_node, target.node.get(key, "")):
            self.tree.links.new(source, target)
            target.node[key] = source.node.name

    def _is_ours(self, node: Any, linked: str) -> bool:
        """Whether the node is one of ours, or the artist's own that we had ``linked`` (their keying node)."""
        return node.name == linked or (node.parent == self.frame and "actanywhere" in node)

    def drop(self, role: str) -> None:
        """Take the node of that role away, if there is one."""
        node = self.find(role)
        if node is not None:
            self.tree.nodes.remove(node)

    def sequence(self, role: str, image: Any, place: tuple[float, float]) -> Any:
        """An Image node that shows job frame = scene frame + shift."""
        node, order = self.get(role, "CompositorNodeImage", place), self.order
        node.image = image
        node.label = image.name
        if image.source == "SEQUENCE":
            node.frame_start = order.first
            node.frame_duration = order.last - order.first + 1
            node.frame_offset = order.first + order.shift - 1
            node.use_auto_refresh = True
        return node


def _free_place(tree: Any, frame: Any) -> tuple[float, float]:
    """Below everything that is there."""
    lowest = min((node.location.y - 400 for node in tree.nodes if node != frame), default=0)
    return 0, lowest


def _plate(nodes: _Nodes, order: Order) -> Any:
    """The plate's colour output."""
    plate = order.job.shot.plate
    if order.job.shot.matte.path == "":  # its own files carry the matte as well
        node = nodes.sequence("plate", _files(plate.path, plate.colour), (-640, -140))
        return node.outputs[0]
    clip = _clip_of(plate.path)
    if clip is None and find_footage(plate.path, "plate").kind == "movie":
        clip = bpy.data.movieclips.load(plate.path)
        clip.frame_start = plate.first_frame - order.shift
    if clip is not None:
        node = nodes.get("plate", "CompositorNodeMovieClip", (-640, -140))
        node.clip = clip
        node.label = clip.name
        return node.outputs["Image"]
    return nodes.sequence("plate", _files(plate.path, plate.colour), (-640, -140)).outputs[0]


def _clip_of(path: str) -> Any:
    """The movie clip that shows those very files, if there is one."""
    for clip in bpy.data.movieclips:
        try:
            if clip_frames(clip, "plate").pattern == path:
                return clip
        except FootageError:
            continue  # a clip whose files are gone is not the one
    return None


def _matte(nodes: _Nodes, order: Order) -> Any:
    """The matte's output: live from the mask or the node where it came from one, else from its files."""
    matte, place = order.job.shot.matte, (-640, -500)
    drawing = next((d for d in order.drawings if d.stem == "matte"), None)
    if drawing is not None and drawing.kind == "mask" and drawing.options["mask"] in bpy.data.masks:
        node = nodes.get("matte", "CompositorNodeMask", place)
        node.mask = bpy.data.masks[drawing.options["mask"]]
        fix_mask_size(node, drawing.options["size"])
        return node.outputs[0]
    if drawing is not None and drawing.kind == "node" and drawing.options["node"] in nodes.tree.nodes:
        return nodes.tree.nodes[drawing.options["node"]].outputs[drawing.options["socket"]]
    if not matte.path:
        image = _files(order.job.shot.plate.path, order.job.shot.plate.colour)
        return _channel(nodes, nodes.sequence("matte", image, place), matte.channel)
    if find_footage(matte.path, "matte").kind == "movie":
        clip = _clip_of(matte.path) or bpy.data.movieclips.load(matte.path)
        clip.colorspace_settings.name = "Non-Color"
        clip.frame_start = matte.first_frame - order.shift
        node = nodes.get("matte", "CompositorNodeMovieClip", place)
        node.clip = clip
        return node.outputs["Image"]
    node = nodes.sequence("matte", _files(matte.path, "matte"), place)
    return _channel(nodes, node, matte.channel)


def _channel(nodes: Any, node: Any, channel: str) -> Any:
    """The socket that carries a channel: ``A``, or a full name such as ``roto.actor.A`` (layer, pass, letter)."""
    nodes.drop("channel")
    if channel == "A":
        return node.outputs["Alpha"]
    if not channel:
        return node.outputs[0]
    layer, _, rest = channel.rpartition(".")[0].rpartition(".")
    if layer and node.has_layers:
        node.layer = layer
    socket = node.outputs.get(rest) or node.outputs.get(channel) or node.outputs.get("Combined")
    if socket is None:
        raise FootageError(
            f"Blender shows no channel '{channel}' in {node.image.filepath}.",
            "The take is there: link its matte into the Alpha Over yourself.",
        )
    letter = "RGBA".find(channel[-1:])
    if socket.type == "VALUE" or letter < 0:
        return socket
    parts = nodes.get("channel", "CompositorNodeSeparateColor", (-360, -500))
    nodes.feed(parts.inputs[0], socket)
    return parts.outputs[letter]


def _files(pattern: str, colour: str) -> Any:
    """An image sequence (or still) of files, reused if the file has it already."""
    footage = find_footage(pattern, "footage")
    path = footage.files[footage.first] if footage.files else footage.pattern
    image = next((i for i in bpy.data.images if bpy.path.abspath(i.filepath) == path), None)
    image = image or bpy.data.images.load(path)
    image.filepath = as_stored(path)
    image.source = "SEQUENCE" if footage.files else "FILE"
    if colour == "matte" and os.path.splitext(path)[1].lower() != ".exr":
        image.colorspace_settings.name = "Non-Color"
    elif colour in _SPACES:
        image.colorspace_settings.name = _SPACES[colour]
    if os.path.splitext(path)[1].lower() != ".exr":
        image.alpha_mode = "CHANNEL_PACKED"
    return image
