"""The condition picture: an image, a frame of a clip, or the view of a camera."""

from __future__ import annotations

import os
from typing import Any

import bpy

from ..contract.errors import FootageError, JobError
from ..contract.shot import Condition
from ..versions import set_file_format
from .footage import clip_frames, colour_of, frame_size, render_size
from .matte import mask_drawing

__all__ = ["find_condition"]

_READABLE = (".exr", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dpx")
_Drawing = tuple[str, dict[str, Any]]


def find_condition(scene: Any, asked: Any, folder: str) -> tuple[Condition, list[tuple[str, _Drawing]]]:
    """The condition, and what a second Blender draws for it: (stem, (kind, options)) each.

    A picture without a file that the engine reads is saved into ``folder`` here and now. Raises ``FootageError``.
    """
    path, colour, drawing = _WAYS[asked.condition_source](scene, asked)
    if not path:
        path, colour = os.path.join(folder, "condition.png"), "srgb"
        if drawing is None:
            _save(asked.condition_image, path)
    matte = os.path.normpath(bpy.path.abspath(asked.condition_matte)) if asked.condition_matte else ""
    scribble = _beside(asked.scribble_path, asked.condition_scribble, folder, "scribble")
    extended = _beside(asked.extended_path, asked.condition_extended, folder, "extended")
    drawn = [("condition", drawing)] if drawing else []
    if asked.condition_mask is not None:
        size = _size(scene, asked)
        mask = mask_drawing(asked.condition_mask, size, "Draw who is to be removed.")
        mask[1]["frame"] = scene.frame_current
        drawn.append(("condition_matte", mask))
        matte = os.path.join(folder, "condition_matte.exr")
    return Condition(path, asked.condition_kind, matte, colour, scribble, extended), drawn


def _size(scene: Any, asked: Any) -> tuple[int, int]:
    """Width and height of the picture of the place, which is known to be there."""
    if asked.condition_source == "CAMERA":
        return render_size(asked.condition_scene or scene)
    if asked.condition_source == "CLIP":
        return clip_frames(asked.condition_clip, "condition").size
    if asked.condition_path or _has_file(asked.condition_image):
        path = asked.condition_path or asked.condition_image.filepath
        library = None if asked.condition_path else asked.condition_image.library
        return frame_size(bpy.path.abspath(path, library=library), "picture of the place")
    width, height = asked.condition_image.size
    return width, height


def _beside(path: str, image: Any, folder: str, what: str) -> str:
    """The file of a picture that goes with that of the place; one without a file is saved into ``folder``."""
    if path:
        return _existing(path, what)
    if image is None:
        return ""
    if _has_file(image):
        return _existing(image.filepath, what, image.library)
    path = os.path.join(folder, what + ".png")
    _save(image, path, "RGBA")
    return path


def _existing(path: str, what: str, library: Any = None) -> str:
    path = os.path.normpath(bpy.path.abspath(path, library=library))
    if not os.path.isfile(path):
        raise FootageError(f"{path}: there is no such {what} picture.", "Choose one that is there.")
    return path


def _has_file(image: Any) -> bool:
    """Whether the picture is a file that the engine reads, as it is shown."""
    return not _own(image) and os.path.splitext(image.filepath)[1].lower() in _READABLE


def _own(image: Any) -> bool:
    """Whether it is Blender's own: packed, painted on, generated, or what a viewer shows."""
    return image.packed_file is not None or image.is_dirty or image.source in ("GENERATED", "VIEWER")


def _image(scene: Any, asked: Any) -> tuple[str, str, Any]:
    if asked.condition_path:
        path = os.path.normpath(bpy.path.abspath(asked.condition_path))
        if not os.path.isfile(path):
            raise FootageError(f"{path}: there is no such condition picture.", "Check the path.")
        return path, "auto", None
    image = asked.condition_image
    if image is None:
        raise FootageError(
            "No picture of the place is chosen.",
            "Choose or open one under Condition in the ActAnywhere panel.",
        )
    path = os.path.normpath(bpy.path.abspath(image.filepath, library=image.library))
    if not _own(image) and not os.path.isfile(path):
        raise FootageError(f"{path}: the picture of the place is not there.", "Open it again.")
    return (path, colour_of(image), None) if _has_file(image) else ("", "", None)


def _save(image: Any, path: str, channels: str = "RGB") -> None:
    """A picture that is packed, painted, generated or of a rare format, as it is shown.

    Not in a second Blender: what is painted and not saved, and a render's result, are in no copy of the file.
    """
    scene = bpy.data.scenes.new("ActAnywhere picture")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        scene.view_settings.view_transform = "Standard"
        set_file_format(scene.render.image_settings, "PNG", channels, "16" if image.is_float else "8")
        image.save_render(path, scene=scene)
    except (OSError, RuntimeError) as error:
        raise FootageError(
            f"The picture '{image.name}' cannot be saved: {error}", "Save it to a file yourself."
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
            f"The clip '{clip.name}' has no picture at frame {now}.",
            f"Go to the frame that shows the place ({frames.first}-{frames.last}).",
        )
    if now in frames.files:
        return frames.files[now], frames.colour, None
    return "", "", ("clip", {"clip": clip.name, "frame": now, "size": list(frames.size)})


def _camera(scene: Any, asked: Any) -> tuple[str, str, Any]:
    shown = asked.condition_scene or scene
    camera = asked.condition_camera or shown.camera
    if camera is None:
        raise JobError(f"Scene '{shown.name}' has no camera to see the place with.", "Add or choose one.")
    return (
        "",
        "",
        (
            "camera",
            {"scene": shown.name, "camera": camera.name, "frame": scene.frame_current},
        ),
    )


_WAYS = {"IMAGE": _image, "CLIP": _clip, "CAMERA": _camera}
