"""Renders masks, node outputs, scenes and single pictures in the second Blender.

Everything is drawn at scene frames and filed under job frames. EXRs are half float and scene-linear; condition
pictures are PNG, as the scene's view shows them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import bpy

from ..contract.errors import FootageError
from ..hostkit.order import Drawing, Order
from ..read.footage import render_size
from ..versions import INDEX_PASSES, compositor_tree, file_output, fix_mask_size, option, straight
from .pictures import draw_camera, draw_clip_frame, draw_layer, draw_strip

__all__ = ["draw"]


def draw(folder: str) -> None:
    """Draw the order in ``folder``, saying how far it is on standard output. Raises ``ActAnywhereError``."""
    order = Order.read(folder)
    tell = _Teller(order)
    raw = os.path.join(folder, "raw")
    os.makedirs(raw, exist_ok=True)
    renders = [drawing for drawing in order.drawings if drawing.kind == "render"]
    for drawing in order.drawings:
        if drawing.kind == "render":
            if drawing is renders[0]:
                _draw_renders(order, renders, raw, tell)
        else:
            _KINDS[drawing.kind](order, drawing, raw, tell)
    os.rmdir(raw)
    copy = os.path.join(folder, "copy.blend")
    if os.path.exists(copy):
        os.remove(copy)
    order.mark_drawn()


class _Teller:
    """Counts pictures, one line each."""

    def __init__(self, order: Order) -> None:
        count = order.last - order.first + 1
        renders = {drawing.options["scene"] for drawing in order.drawings if drawing.kind == "render"}
        single = [drawing for drawing in order.drawings if "frame" in drawing.options]
        several = len(order.drawings) - len(single) - sum(one.kind == "render" for one in order.drawings)
        self._total = len(single) + count * (several + len(renders))
        self._done = 0

    def __call__(self) -> None:
        self._done += 1
        said = {"done": self._done, "total": self._total}
        print("\n" + json.dumps({"actanywhere": said}), flush=True)


def _draw_mask(order: Order, drawing: Drawing, raw: str, tell: Callable[[], None]) -> None:
    scene, tree = _drawing_scene(drawing.options["size"])
    mask = bpy.data.masks[drawing.options["mask"]]
    node = tree.nodes.new("CompositorNodeMask")
    node.mask = mask
    fix_mask_size(node, drawing.options["size"])
    out = file_output(tree, raw, drawing.stem, "FLOAT")
    tree.links.new(node.outputs[0], out.inputs[0])
    if "frame" in drawing.options:
        _render_frame(scene, drawing.options["frame"])
        _file_away(raw, drawing.stem, os.path.join(order.folder, f"{drawing.stem}.exr"))
        tell()
    else:
        _render_frames(order, scene, [drawing.stem], raw, tell)


def _draw_node(order: Order, drawing: Drawing, raw: str, tell: Callable[[], None]) -> None:
    options = drawing.options
    scene = bpy.data.scenes[options["scene"]]
    tree = compositor_tree(scene)
    for node in list(tree.nodes):
        if node.bl_idname in ("CompositorNodeOutputFile", "CompositorNodeViewer"):
            tree.nodes.remove(node)
    scene.render.resolution_x, scene.render.resolution_y = options["size"]
    scene.render.resolution_percentage = 100
    scene.render.use_compositing, scene.render.use_sequencer = True, False
    out = file_output(tree, raw, drawing.stem, "FLOAT")
    node = tree.nodes[options["node"]]
    socket = next(s for s in node.outputs if s.enabled and s.name == options["socket"])
    tree.links.new(socket, out.inputs[0])
    _render_frames(order, scene, [drawing.stem], raw, tell)


def _draw_renders(order: Order, drawings: list[Drawing], raw: str, tell: Callable[[], None]) -> None:
    """Plate and matte of one scene come out of one render."""
    for name in sorted({drawing.options["scene"] for drawing in drawings}):
        mine = [drawing for drawing in drawings if drawing.options["scene"] == name]
        shown = bpy.data.scenes[name]
        size = list(render_size(shown))
        shown.render.use_compositing = shown.render.use_sequencer = False
        layer = next((layer for layer in shown.view_layers if layer.use), shown.view_layers[0])
        _switch_passes_on(layer, mine)
        scene, tree = _drawing_scene(size)
        source = tree.nodes.new("CompositorNodeRLayers")
        source.scene, source.layer = shown, layer.name
        for drawing in mine:
            kind = "RGBA" if drawing.options["what"] == "IMAGE" else "FLOAT"
            out = file_output(tree, raw, drawing.stem, kind)
            tree.links.new(_pass_output(tree, source, shown, layer, drawing), out.inputs[0])
        _render_frames(order, scene, [drawing.stem for drawing in mine], raw, tell)


def _switch_passes_on(layer: Any, drawings: list[Drawing]) -> None:
    for drawing in drawings:
        what = drawing.options["what"]
        layer.use_pass_object_index |= what == "OBJECT_INDEX"
        layer.use_pass_material_index |= what == "MATERIAL_INDEX"
        layer.use_pass_cryptomatte_object |= what == "CRYPTOMATTE"


def _pass_output(tree: Any, source: Any, shown: Any, layer: Any, drawing: Drawing) -> Any:
    what = drawing.options["what"]
    if what == "IMAGE":
        return straight(tree, source.outputs["Image"])  # a plate is laid over by its matte: once is enough
    if what == "CRYPTOMATTE":
        node = tree.nodes.new("CompositorNodeCryptomatteV2")
        node.source, node.scene = "RENDER", shown
        node.layer_name = layer.name + ".CryptoObject"
        node.matte_id = ",".join(drawing.options["names"])
        return node.outputs["Matte"]
    found = source.outputs.get(INDEX_PASSES[what])
    if found is None or not found.enabled:
        raise FootageError(
            f"Scene '{shown.name}' renders no {what.replace('_', ' ').lower()} pass with {shown.render.engine}.",
            "Render with Cycles, or use Cryptomatte.",
        )
    node = tree.nodes.new("CompositorNodeIDMask")
    option(node, "index", "Index", drawing.options["index"])
    option(node, "use_antialiasing", "Anti-Alias", True)
    tree.links.new(found, node.inputs[0])
    return node.outputs[0]


def _drawing_scene(size: list[int]) -> tuple[Any, Any]:
    """An empty scene of that size, whose compositor is all there is to render."""
    scene = bpy.data.scenes.new("ActAnywhere drawing")
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.resolution_percentage = 100
    scene.render.use_sequencer = False
    tree = compositor_tree(scene)
    tree.nodes.clear()
    return scene, tree


def _render_frames(order: Order, scene: Any, stems: list[str], raw: str, tell: Callable[[], None]) -> None:
    """Render every frame and file each under its job frame."""
    for frame in range(order.first, order.last + 1):
        _render_frame(scene, frame)
        for stem in stems:
            _file_away(raw, stem, os.path.join(order.folder, f"{stem}.{frame + order.shift:04d}.exr"))
        tell()


def _render_frame(scene: Any, frame: int) -> None:
    # Of a scene that is not shown, Blender renders the same frame again and again.
    bpy.context.window.scene = scene
    scene.frame_set(frame)
    bpy.ops.render.render()


def _file_away(raw: str, stem: str, target: str) -> None:
    made = [name for name in os.listdir(raw) if name.startswith(stem + ".")]
    if len(made) != 1:
        raise FootageError(
            f"Blender drew no {os.path.basename(target)}.",
            "Render that frame by hand and see what Blender says.",
        )
    os.replace(os.path.join(raw, made[0]), target)


_KINDS = {
    "mask": _draw_mask,
    "node": _draw_node,
    "camera": draw_camera,
    "clip": draw_clip_frame,
    "layer": draw_layer,
    "strip": draw_strip,
}
