"""Clips, strips and files of a .blend as frames in the scene's time."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import bpy

from ..contract.errors import FootageError
from ..contract.numbering import compact
from ..contract.sequences import MOVIE_EXTENSIONS
from .numbering import find_footage, link_numbered

__all__ = [
    "COLOURS",
    "Frames",
    "align",
    "clip_frames",
    "colour_of",
    "frame_size",
    "path_frames",
    "render_size",
]

#: Blender's colour spaces as the engine calls them.
COLOURS = {
    "sRGB": "srgb",
    "Linear Rec.709": "linear-rec709",
    "ACEScg": "acescg",
    "ACES2065-1": "aces2065-1",
    "Linear Rec.2020": "Linear Rec.2020",
    "Linear DCI-P3 D65": "Linear P3-D65",
    "Rec.1886": "Rec.1886 Rec.709 - Display",
    "Display P3": "sRGB Encoded P3-D65",
    "Rec.2100-PQ": "Rec.2100-PQ - Display",
    "Rec.2100-HLG": "Rec.2100-HLG - Display",
}
_DATA = ("", "Non-Color", "Raw", "Utility - Raw")


@dataclass(frozen=True)
class Frames:
    """Pictures on the scene's time line, from scene frame ``first`` to ``last``.

    ``files`` maps scene frames to paths; for a movie it is empty, and its first picture stands at
    ``movie_start``. ``pattern`` is how the engine reads them by their own numbers, which are scene frames plus
    ``offset`` (None: not by one pattern). ``size`` is (width, height) in pixels.
    """

    pattern: str
    first: int
    last: int
    size: tuple[int, int]
    colour: str
    files: dict[int, str] = field(default_factory=dict)
    offset: int | None = 0
    movie_start: int = 0

    @property
    def is_movie(self) -> bool:
        """Whether it is one movie file."""
        return not self.files and self.pattern.lower().endswith(MOVIE_EXTENSIONS)


def colour_of(block: Any) -> str:
    """The engine's name for the colour space of a clip, an image or a strip; data is left to the file's own word.

    A name that Blender's own configuration does not have goes on as it is: the engine knows those of the ACES
    configurations and of $OCIO, and refuses others.
    """
    name = block.colorspace_settings.name
    if name == "scene_linear":  # shown as Working Space, from Blender 5.0 on
        name = bpy.data.colorspace.working_space
    return "auto" if name in _DATA else COLOURS.get(name, name)


def clip_frames(clip: Any, what: str) -> Frames:
    """A movie clip, with its start frame and offset. Raises ``FootageError``."""
    path = bpy.path.abspath(clip.filepath, library=clip.library)
    width, height = clip.size
    if not (width and height):
        raise FootageError(
            f"The clip '{clip.name}' cannot be read: {path}.",
            "Check its path in the Movie Clip Editor's sidebar, Footage.",
        )
    first, duration = clip.frame_start, clip.frame_duration
    last = first + max(1, duration - clip.frame_offset) - 1
    if clip.source == "MOVIE":
        start = first - clip.frame_offset
        return Frames(path, first, last, (width, height), colour_of(clip), {}, None, start)
    footage = find_footage(path, what)
    if footage.kind == "still":
        return Frames(path, first, last, (width, height), colour_of(clip), {}, None)
    number = _number_of(path, footage.files)
    offset = number + clip.frame_offset - clip.frame_start
    files = {n - offset: file for n, file in footage.files.items() if first <= n - offset}
    return Frames(footage.pattern, first, max(files), (width, height), colour_of(clip), files, offset)


def path_frames(path: str, start: int | None, colour: str, what: str) -> Frames:
    """Files or a movie by their path. ``start`` is the scene frame of the first one; None: a sequence stands
    at its own numbers, a movie at frame 1. Raises ``FootageError``.
    """
    footage = find_footage(os.path.normpath(bpy.path.abspath(path)) if path else "", what)
    sample = footage.files[footage.first] if footage.files else footage.pattern
    size, duration, seen = _probe(sample, what)
    if footage.kind == "movie" and colour == "auto":
        colour = seen  # what the artist sees: Blender decodes movies as sRGB
    if footage.kind != "sequence":
        first = 1 if start is None else start
        return Frames(footage.pattern, first, first + duration - 1, size, colour, {}, None, first)
    offset = 0 if start is None else footage.first - start
    files = {number - offset: file for number, file in footage.files.items()}
    return Frames(footage.pattern, min(files), max(files), size, colour, files, offset)


def frame_size(path: str, what: str) -> tuple[int, int]:
    """Width and height of a file, as Blender reads it. Raises ``FootageError``."""
    return _probe(path, what)[0]


def render_size(scene: Any) -> tuple[int, int]:
    """Width and height of the scene's render, in pixels."""
    render = scene.render
    share = render.resolution_percentage
    return render.resolution_x * share // 100, render.resolution_y * share // 100


def _number_of(path: str, files: dict[int, str]) -> int:
    name = os.path.basename(path)
    found = [number for number, file in files.items() if os.path.basename(file) == name]
    return found[0] if found else min(files)


def _probe(path: str, what: str) -> tuple[tuple[int, int], int, str]:
    """Size, number of pictures and colour space, as Blender reads them."""
    try:
        clip = bpy.data.movieclips.load(path)
    except RuntimeError as error:
        raise FootageError(f"{path}: the {what} cannot be read ({error}).", "Check it.") from error
    try:
        (width, height), duration, colour = clip.size, clip.frame_duration, colour_of(clip)
    finally:
        bpy.data.movieclips.remove(clip)
    if not (width and height):
        raise FootageError(f"{path}: the {what} cannot be read.", "Check that it is whole.")
    return (width, height), duration, colour


def align(
    frames: Frames, first: int, last: int, shift: int, folder: str, stem: str
) -> tuple[str, int | None]:
    """Path and first frame (None: the files' own) for the engine, so that a job frame is a scene frame plus ``shift``.

    Files whose own numbers say something else are linked under the right ones. Raises ``FootageError``.
    """
    if frames.is_movie:
        return frames.pattern, frames.movie_start + shift
    if not frames.files or frames.offset == shift:
        return frames.pattern, None
    missing = [frame for frame in range(first, last + 1) if frame not in frames.files]
    if missing:
        raise FootageError(
            f"{frames.pattern}: nothing for scene frame {compact(missing)}.",
            f"It has scene frames {compact(sorted(frames.files))}: render or copy the others, or choose a range "
            "within, or another start.",
        )
    wanted = {frame + shift: frames.files[frame] for frame in range(first, last + 1)}
    return link_numbered(wanted, folder, stem), None
