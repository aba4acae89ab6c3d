"""Fills in the sources from what the editor shows."""

from typing import Any

import bpy

from ..contract.errors import ActAnywhereError, FootageError, JobError
from ..operators.run import tell
from ..versions import sequencer_scene
from .numbering import find_footage

__all__ = ["CLASSES"]


class ACTANYWHERE_OT_use_shown(bpy.types.Operator):
    """Take what this editor shows as the source: its clip, its image sequence, its active strip or node"""

    bl_idname = "actanywhere.use_shown"
    bl_label = "Use What Is Shown"
    bl_options = {"UNDO"}

    def execute(self, context: Any) -> set[str]:
        """By the kind of editor."""
        scene, space = context.scene, context.space_data
        way = _WAYS.get(space.type if space else "")
        try:
            if way is None:
                raise JobError("This editor shows no plate.", "Choose the plate in the panel.")
            way(scene, space)
        except ActAnywhereError as error:
            return tell(self, scene, error)
        return {"FINISHED"}


def _clip(scene: Any, space: Any) -> None:
    if space.clip is None:
        raise FootageError("No clip is shown here.", "Open one.")
    scene.actanywhere.plate_source, scene.actanywhere.plate_clip = "CLIP", space.clip
    if space.mask is not None:
        scene.actanywhere.matte_source, scene.actanywhere.matte_mask = "MASK", space.mask


def _image(scene: Any, space: Any) -> None:
    _files(scene, space.image, space.image_user)


def _files(scene: Any, image: Any, user: Any) -> None:
    if image is None or not image.filepath:
        raise FootageError("No picture from a file is shown here.", "Open an image sequence or a movie.")
    group = scene.actanywhere
    group.plate_source, group.plate_path = "FILES", image.filepath
    group.use_plate_start = True
    group.plate_start = user.frame_start
    if image.source == "SEQUENCE":
        first = find_footage(bpy.path.abspath(image.filepath), "plate").first
        group.plate_start = first - user.frame_offset + user.frame_start - 1


def _strip(scene: Any, space: Any) -> None:
    editor = sequencer_scene(scene).sequence_editor
    if editor is None or editor.active_strip is None:
        raise FootageError("No strip is active.", "Select the strip that is the plate.")
    scene.actanywhere.plate_source = "STRIP"
    scene.actanywhere.plate_strip = editor.active_strip.name


def _node(scene: Any, space: Any) -> None:
    node = space.edit_tree.nodes.active if space.edit_tree else None
    group = scene.actanywhere
    if node is None:
        raise FootageError("No node is active.", "Select the plate's node, or the matte's.")
    if node.bl_idname == "CompositorNodeMovieClip" and node.clip is not None:
        group.plate_source, group.plate_clip = "CLIP", node.clip
    elif node.bl_idname == "CompositorNodeImage":
        _files(scene, node.image, node)
    elif node.bl_idname == "CompositorNodeRLayers":
        group.plate_source, group.plate_scene = "SCENE", node.scene
    elif node.bl_idname == "CompositorNodeMask" and node.mask is not None:
        group.matte_source, group.matte_mask = "MASK", node.mask
    else:
        group.matte_source, group.matte_node, group.matte_socket = "NODE", node.name, ""


def _view(scene: Any, space: Any) -> None:
    scene.actanywhere.plate_source = "SCENE"


_WAYS = {
    "CLIP_EDITOR": _clip,
    "IMAGE_EDITOR": _image,
    "SEQUENCE_EDITOR": _strip,
    "NODE_EDITOR": _node,
    "VIEW_3D": _view,
}

CLASSES = (ACTANYWHERE_OT_use_shown,)
