"""A strip of the sequencer as frames: trims and offsets as it has them."""

from __future__ import annotations

import os
from typing import Any

import bpy

from ..contract.errors import FootageError
from ..versions import strips_of
from .footage import Frames, colour_of, render_size
from .numbering import find_footage

__all__ = ["strip_frames"]


def strip_frames(scene: Any, name: str) -> tuple[Any, Frames]:
    """The strip called ``name`` (empty: the active one) and its frames.

    A strip that shows its files as they are gives their paths. Any other (retimed, transformed, graded, a
    meta or a scene strip) has neither ``files`` nor ``pattern``: Blender has to draw it. Raises ``FootageError``.
    """
    strip = strips_of(scene).get(name) if name and strips_of(scene) else None
    if not name and scene.sequence_editor is not None:
        strip = scene.sequence_editor.active_strip
    if strip is None or strip.type == "SOUND":
        raise FootageError(
            f"No strip is called '{name}'." if name else "No picture strip is active in the sequencer.",
            "Select the strip that is the plate.",
        )
    first, last = strip.frame_final_start, strip.frame_final_end - 1
    if not _is_plain(scene, strip):
        return strip, Frames("", first, last, render_size(scene), "linear-rec709", {}, None)
    size = (strip.elements[0].orig_width, strip.elements[0].orig_height)
    picture_0 = int(strip.frame_start) - strip.animation_offset_start
    if strip.type == "MOVIE":
        path = os.path.normpath(bpy.path.abspath(strip.filepath))
        return strip, Frames(path, first, last, size, colour_of(strip), {}, None, picture_0)
    folder = os.path.normpath(bpy.path.abspath(strip.directory))
    names = [element.filename for element in strip.elements]
    files = {
        frame: os.path.join(folder, names[min(max(frame - picture_0, 0), len(names) - 1)])
        for frame in range(first, last + 1)
    }
    pattern, offset = _numbers(files)
    return strip, Frames(pattern, first, last, size, colour_of(strip), files, offset)


def _is_plain(scene: Any, strip: Any) -> bool:
    """Whether what the strip shows is its files, picture by picture."""
    if strip.type not in ("IMAGE", "MOVIE"):
        return False
    place, crop = strip.transform, strip.crop
    moved = (place.offset_x, place.offset_y, place.rotation) != (0, 0, 0)
    cropped = any((crop.min_x, crop.max_x, crop.min_y, crop.max_y))
    turned = strip.use_flip_x or strip.use_flip_y or strip.use_reverse_frames or strip.strobe > 1
    turned = turned or strip.use_deinterlace
    graded = strip.color_multiply != 1 or strip.color_saturation != 1 or len(strip.modifiers) > 0
    retimed = len(getattr(strip, "retiming_keys", ())) > 2 or _other_rate(scene, strip)
    return not (moved or cropped or turned or graded or retimed)


def _other_rate(scene: Any, strip: Any) -> bool:
    """A movie of another frame rate than the scene's is retimed by Blender."""
    rate = getattr(strip, "fps", 0) if strip.type == "MOVIE" else 0
    return bool(rate) and abs(rate - scene.render.fps / scene.render.fps_base) > 1e-3


def _numbers(files: dict[int, str]) -> tuple[str, int | None]:
    """The one pattern, and its offset to scene frames, under which all files stand; else the first's and None."""
    frame, path = next(iter(files.items()))
    try:
        footage = find_footage(path, "plate")
    except FootageError:
        return path, None
    number = next((n for n, file in footage.files.items() if file == path), None)
    if number is None:
        return path, None
    offset = number - frame
    whole = all(footage.files.get(frame + offset, path) == path for frame, path in files.items())
    return footage.pattern, offset if whole else None
