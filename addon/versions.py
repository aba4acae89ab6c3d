"""The differences between Blender 4.2 and 5.2, in this one place."""

from __future__ import annotations

from typing import Any

import bpy

__all__ = [
    "INDEX_PASSES",
    "compositor_tree",
    "file_output",
    "fix_mask_size",
    "option",
    "output_input",
    "over_inputs",
    "sequencer_scene",
    "set_file_format",
    "straight",
    "strips_name",
    "path_property",
    "as_stored",
    "strips_of",
]

FIVE = bpy.app.version >= (5, 0, 0)

#: Names of the Render Layers sockets of the index passes.
INDEX_PASSES = {
    "OBJECT_INDEX": "Object Index" if FIVE else "IndexOB",
    "MATERIAL_INDEX": "Material Index" if FIVE else "IndexMA",
}


def compositor_tree(scene: Any, make: bool = True) -> Any:
    """The scene's compositor tree, made if need be; None if there is none and ``make`` is False."""
    if not FIVE:
        if make and not scene.use_nodes:
            scene.use_nodes = True
        return scene.node_tree
    if scene.compositing_node_group is None and make:
        tree = bpy.data.node_groups.new("Compositor Nodes", "CompositorNodeTree")
        tree.interface.new_socket(name="Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        output = tree.nodes.new("NodeGroupOutput")
        output.location = (400, 0)
        scene.compositing_node_group = tree
    return scene.compositing_node_group


def output_input(tree: Any) -> Any:
    """The input that is the tree's result: of the Composite node, or of the group's output. Made if need be."""
    kind = "NodeGroupOutput" if FIVE else "CompositorNodeComposite"
    node = next((node for node in tree.nodes if node.bl_idname == kind), None) or tree.nodes.new(kind)
    if FIVE and not any(socket.type == "RGBA" for socket in node.inputs):
        tree.interface.new_socket(name="Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    return node.inputs[0]


def option(node: Any, name: str, socket: str, value: Any) -> None:
    """Set a node's option: the property ``name`` as long as there was one, then the input called ``socket``.

    Menu inputs take the words that are shown: ``FIXED`` becomes ``Fixed``.
    """
    if hasattr(node, name):
        setattr(node, name, value)
        return
    entry = node.inputs[socket]
    entry.default_value = value.replace("_", " ").title() if entry.type == "MENU" else value


def fix_mask_size(node: Any, size: list[int]) -> None:
    """Have a Mask node draw in this size, whatever the scene's is."""
    option(node, "size_source", "Size Source", "FIXED")
    if hasattr(node, "size_x"):
        node.size_x, node.size_y = size
    else:
        node.inputs["Size X"].default_value, node.inputs["Size Y"].default_value = size


def over_inputs(node: Any) -> tuple[Any, Any, Any]:
    """Background, foreground and factor of an Alpha Over node."""
    if FIVE:
        return node.inputs["Background"], node.inputs["Foreground"], node.inputs["Factor"]
    return node.inputs[1], node.inputs[2], node.inputs[0]


def set_file_format(settings: Any, file_format: str, color_mode: str, depth: str) -> None:
    """An ImageFormatSettings, whatever medium it was for."""
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format = file_format
    settings.color_mode = color_mode
    settings.color_depth = depth


def file_output(tree: Any, folder: str, stem: str, kind: str) -> Any:
    """A File Output node for half-float EXRs named ``stem.####.exr``; ``kind`` is ``RGBA`` or ``FLOAT``.

    Its first input is the picture's.
    """
    node = tree.nodes.new("CompositorNodeOutputFile")
    set_file_format(node.format, "OPEN_EXR", "RGBA" if kind == "RGBA" else "RGB", "16")
    if FIVE:
        node.directory, node.file_name = folder, stem + "."
        node.file_output_items.clear()
        node.file_output_items.new(kind, "Image")
    else:
        node.base_path = folder
        node.file_slots[0].path = stem + "."
    return node


def straight(tree: Any, socket: Any) -> Any:
    """The picture with its colour no longer multiplied by its alpha."""
    node = tree.nodes.new("CompositorNodePremulKey")
    if hasattr(node, "mapping"):
        node.mapping = "PREMUL_TO_STRAIGHT"
    else:
        node.inputs["Type"].default_value = "To Straight"
    tree.links.new(socket, node.inputs["Image"])
    return node.outputs["Image"]


def path_property(**words: Any) -> Any:
    """A StringProperty for a path, which may be relative to the .blend (since 4.5 that has to be said)."""
    if bpy.app.version >= (4, 5, 0):
        words["options"] = {"ANIMATABLE", "PATH_SUPPORTS_BLEND_RELATIVE"}
    return bpy.props.StringProperty(**words)


def as_stored(path: str) -> str:
    """A path as this .blend keeps it: relative where the artist's preferences say so and it is saved."""
    if not bpy.data.filepath or not bpy.context.preferences.filepaths.use_relative_paths:
        return path
    try:
        return str(bpy.path.relpath(path))
    except ValueError:  # on another drive
        return path


def strips_of(scene: Any) -> Any:
    """The sequencer's top-level strips, or an empty list without a sequencer."""
    editor = scene.sequence_editor
    return [] if editor is None else getattr(editor, strips_name(editor))


def strips_name(editor: Any) -> str:
    """What a sequence editor calls its strips."""
    return "strips" if hasattr(editor, "strips") else "sequences"


def sequencer_scene(scene: Any) -> Any:
    """The scene whose strips the Sequencer shows: since 5.0 the workspace may name another than the one shown."""
    return getattr(bpy.context.workspace, "sequencer_scene", None) or scene
