"""The plate chosen in the panel: a movie clip, files, a strip, or the scene's render."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import bpy

from ..contract.errors import FootageError, JobError
from ..versions import sequencer_scene
from .footage import Frames, clip_frames, path_frames, render_size
from .strip import strip_frames

__all__ = ["Plate", "find_plate"]


@dataclass(frozen=True)
class Plate:
    """``frames`` in the scene's time; ``drawing`` is what a second Blender has to do to make them, else None.

    ``shift`` added to a scene frame gives the job's frame: the number in the plate's own file names.
    """

    name: str
    frames: Frames
    shift: int
    clip: Any = None
    drawing: tuple[str, dict[str, Any]] | None = None


def find_plate(scene: Any, asked: Any) -> Plate:
    """The plate that ``asked`` (the scene's properties, or what an operator lays over them) names.

    Raises ``FootageError`` and ``JobError``.
    """
    return _WAYS[asked.plate_source](scene, asked)


def _clip(scene: Any, asked: Any) -> Plate:
    clip = asked.plate_clip or scene.active_clip
    if clip is None:
        raise FootageError("No movie clip is chosen as the plate.", "Choose or open one as the plate.")
    frames = clip_frames(clip, "plate")
    return Plate(_stem(clip.name), frames, frames.offset or 0, clip)


def _files(scene: Any, asked: Any) -> Plate:
    start = asked.plate_start if asked.use_plate_start else None
    frames = path_frames(asked.plate_path, start, asked.plate_colour, "plate")
    return Plate(_stem(frames.pattern), frames, frames.offset or 0)


def _strip(scene: Any, asked: Any) -> Plate:
    scene = sequencer_scene(scene)
    strip, frames = strip_frames(scene, asked.plate_strip)
    drawing = None
    if not frames.pattern and not frames.files:
        drawing = ("strip", {"scene": scene.name, "strip": strip.name})
    return Plate(_stem(strip.name), frames, frames.offset or 0, None, drawing)


def _scene(scene: Any, asked: Any) -> Plate:
    shown = asked.plate_scene or scene
    if shown.camera is None:
        raise JobError(f"Scene '{shown.name}' has no camera to render.", "Add a camera to it.")
    frames = Frames("", shown.frame_start, shown.frame_end, render_size(shown), "linear-rec709", {}, None)
    return Plate(_stem(shown.name), frames, 0, None, ("render", {"scene": shown.name, "what": "IMAGE"}))


def _stem(name: str) -> str:
    """``/x/run.####.exr`` is the shot ``run``."""
    stem = os.path.splitext(bpy.path.basename(name))[0]
    return stem.rstrip("#").rstrip("0123456789").rstrip("._- ") or stem.strip("#._- ") or "shot"


_WAYS = {"CLIP": _clip, "FILES": _files, "STRIP": _strip, "SCENE": _scene}
