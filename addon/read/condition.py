"""The picture of the place wanted: an image, a frame of a clip, or what a camera of the scene sees."""

from __future__ import annotations

import os
from typing import Any

import bpy

from ..contract.errors import FootageError, JobError
from ..contract.shot import Condition
from ..versions import set_file_format
from .footage import clip_frames, colour_of

__all__ = ["find_condition"]

_READABLE = (".exr", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dpx")
_Found = tuple[Condition, "tuple[str, dict[str, Any]] | None"]


def find_condition(scene: Any, asked: Any, folder: str) -> _Found:
    """The condition, and (kind, options) of what a second Blender draws for it, or None.

    A picture without a file that the engine reads is saved into ``folder`` here and now. Raises ``FootageError``.
    """
    path, colour, drawing = _WAYS[asked.condition_source](scene, asked)
    if not path:
        path, colour = os.path.join(folder, "condition.png"), "srgb"
        if drawing is None:
            _save(asked.condition_image, path)
    matte = os.path.normpath(bpy.path.abspath(asked.condition_matte)) if asked.condition_matte else ""
    return Condition(path, asked.condition_kind, matte, colour), drawing


def _image(scene: Any, asked: Any) -> tuple[str, str, Any]:
    if asked.condition_path:
        path = os.path.normpath(bpy.path.abspath(asked.condition_path))
        if not os.path.isfile(path):
            raise FootageError("%s: there is no such condition picture." % path, "Check the path.")
        return path, "auto", None
    image = asked.condition_image
    if image is None:
        raise FootageError(
            "No picture of the place is chosen.",
            "Choose or open one under Condition in the ActAnywhere panel.",
        )
    path = os.path.normpath(bpy.path.abspath(image.filepath, library=image.library))
    own = image.packed_file is not None or image.is_dirty or image.source in ("GENERATED", "VIEWER")
    if not own and not os.path.isfile(path):
        raise FootageError("%s: the picture of the place is not there." % path, "Open it again.")
    if own or os.path.splitext(path)[1].lower() not in _READABLE:
        return "", "", None
    return path, colour_of(image), None


def _save(image: Any, path: str) -> None:
    """A picture that is packed, painted, generated or of a rare format, as it is shown.

    Not in a second Blender: what is painted and not saved, and a render's result, are in no copy of the file.
    """
    scene = bpy.data.scenes.new("ActAnywhere picture")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        scene.view_settings.view_transform = "Standard"
        set_file_format(scene.render.image_settings, "PNG", "RGB", "16" if image.is_float else "8")
        image.save_render(path, scene=scene)
    except (OSError, RuntimeError) as error:
        raise FootageError(
            "The picture '%s' cannot be saved: %s" % (image.name, error), "Save it to a file yourself."
        ) from error
    finally:
        bpy.data.scenes.remove(scene)


def _clip(scene: Any, asked: Any) -> tuple[str, str, Any]:
    clip = asked.condition_clip
    if clip is None:
        raise FootageError("No clip is chosen for the picture of the place.", "Choose one under Condition.")
    frames, now = clip_frames(clip, "condition"), scene.frame_current
    if not frames.first <= now <= frames.last:
        raise FootageError(
            "The clip '%s' has no picture at frame %d." % (clip.name, now),
            "Go to the frame that shows the place (%d-%d)." % (frames.first, frames.last),
        )
    if now in frames.files:
        return frames.files[now], frames.colour, None
    return "", "", ("clip", {"clip": clip.name, "frame": now, "size": list(frames.size)})


def _camera(scene: Any, asked: Any) -> tuple[str, str, Any]:
    shown = asked.condition_scene or scene
    camera = asked.condition_camera or shown.camera
    if camera is None:
        raise JobError("Scene '%s' has no camera to see the place with." % shown.name, "Add or choose one.")
    return (
        "",
        "",
        (
            "camera",
            {"scene": shown.name, "camera": camera.name, "frame": scene.frame_current},
        ),
    )


_WAYS = {"IMAGE": _image, "CLIP": _clip, "CAMERA": _camera}
