"""The condition picture, read from a file."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from ..contract.shot import Condition, FrameRange, ImageSequence, Matte
from .alpha import nearest_colours
from .colour import to_display
from .edge_lines import find_edge_lines
from .matte import open_matte
from .movie_pictures import Counted, unheard
from .plate import Plate, PlateInfo, open_plate
from .rim import find_rim
from .stills import Still, place

Pixels = NDArray[np.float32]

_OPAQUE = 0.999
_BLACK = 1e-3
_EMPTY = 0.1
_CLEAR = 0.01
_WRAPS, _POLE = 0.3, 0.4
"""How far a panorama's sides part at most, as a share of how its middle differs, and how much its poles vary,
as a share of its middle row."""


@dataclass(frozen=True)
class ConditionPicture:
    """The condition as a display sees it: ``pixels`` (H, W, 3) float32, 0..1, of its display window, square pixels.

    ``hole`` (H, W) is 1 where the picture is transparent, or has no pixels: nothing is known of the place there, and
    ``pixels`` repeat the nearest colours. None where it is whole. ``inner`` is what lies inside of bars or a rim: left,
    top, width and height in pixels; None without them. ``warnings`` is what was assumed.
    """

    pixels: Pixels
    hole: Pixels | None
    warnings: list[str]
    inner: tuple[int, int, int, int] | None = None


def read_condition(condition: Condition, counted: Counted = unheard) -> ConditionPicture:
    """The condition; of a sequence or a movie, its first picture. Raises ``FootageError``."""
    sequence = ImageSequence(condition.path, colour=condition.colour)
    with open_plate(sequence, as_plate=False, counted=counted) as plate:
        first = plate.frames.first
        notes = list(plate.warnings)
        if len(plate.frames) > 1:
            notes.append(f"{condition.path}: the first of {len(plate.frames)} pictures is taken.")
        pixels = _displayed(plate.read(first).pixels, plate.info)
        hole = _hole(plate, first, pixels, notes)
        pixels = to_display(np.ascontiguousarray(pixels), plate.info.space)
        rim = _rim(pixels, condition.path, notes) if hole is None else None
        hole = rim if hole is None else hole
        if hole is None:
            pixels = _without_edge_lines(pixels, condition.path, notes)
        else:
            pixels = np.where(hole[..., None] > 0.5, nearest_colours(pixels, hole <= 0.5), pixels)
        aspect = plate.info.pixel_aspect
        if hole is None and aspect == 1 and _is_panorama(pixels):
            notes.append(
                f"{condition.path}: it looks like a 360 degree panorama (2:1, its sides meet). It is laid as a flat "
                "picture, in which lines are bent. Give a view of it: by Nuke's SphericalTransform, or a camera in "
                "Blender with it as the world."
            )
        if hole is not None:
            hole = _with_square_pixels(hole, aspect)
        inner = None if rim is None else _inner(_with_square_pixels(rim, aspect))
        return ConditionPicture(_with_square_pixels(pixels, aspect), hole, notes, inner)


def _rim(pixels: Pixels, path: str, notes: list[str]) -> Pixels | None:
    """Where bars or a rim go round a picture (H, W, 3), 1 = no picture; None where none do. What is found is told."""
    rim = find_rim(np.asarray(np.round(np.clip(pixels, 0, 1) * 255), np.uint8))
    if rim is None:
        return None
    notes.append(
        f"{path}: {rim} goes round the picture. It is no part of the place, which goes on there as beyond its "
        "borders. Placement auto lays what is inside of it into the frame."
    )
    return np.asarray(rim.cover((pixels.shape[0], pixels.shape[1])), np.float32)


def _without_edge_lines(pixels: Pixels, path: str, notes: list[str]) -> Pixels:
    """The picture (H, W, 3) without a line along a border, which would stand in the place that goes on there; told."""
    lines = find_edge_lines(np.asarray(np.round(np.clip(pixels, 0, 1) * 255), np.uint8))
    if lines is None:
        return pixels
    notes.append(
        f"{path}: {lines}, as a movie's scaler or codec leaves them. They are taken for no part of the place: what "
        "lies beside them is mirrored onto them."
    )
    return lines.mirrored(pixels)


def _inner(rim: Pixels) -> tuple[int, int, int, int]:
    """Left, top, width and height of what a rim (H, W) goes round."""
    rows, columns = (np.flatnonzero((rim < _CLEAR).any(axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def _is_panorama(pixels: Pixels) -> bool:
    """Whether a picture (H, W, 3) is equirectangular: 2:1, its sides meet, and each pole is one point."""
    rows, columns = pixels.shape[:2]
    if abs(columns - 2 * rows) > 0.01 * columns:
        return False
    small = np.asarray(cv2.resize(pixels, (256, 128), interpolation=cv2.INTER_AREA), np.float32)
    seam, apart = (float(np.abs(small[:, 0] - small[:, at]).mean()) for at in (-1, 128))
    top, middle, bottom = (float(small[at].std(0).mean()) for at in (0, 64, -1))
    return seam < _WRAPS * apart and max(top, bottom) < _POLE * middle


def _hole(plate: Plate, frame: int, pixels: Pixels, notes: list[str]) -> Pixels | None:
    """Where the picture (H, W, 3) shows nothing, 1 = nothing; None where it is whole. What is found is told."""
    info = plate.info
    there = place(
        np.ones((info.covered.height, info.covered.width), np.float32), info.covered, info.display_window
    )
    alpha = plate.read_alpha(frame)
    if alpha is not None:
        shown = _displayed(alpha, info)
        refused = _is_no_cutout(shown, pixels, plate.alpha)
        if refused:
            notes.append(f"{plate.path}: its alpha is ignored: {refused}.")
        else:
            there = there * shown
    if there.min() >= _OPAQUE:
        return None
    if there.max() <= 0.5:
        raise FootageError(
            f"{plate.path}: the picture is transparent everywhere.", "Save it without alpha, or flattened."
        )
    notes.append(
        f"{plate.path}: {100 * float((there < _OPAQUE).mean()):.1f} % of the picture is transparent or empty. What was "
        "under it is not shown: the place is taken for unknown there."
    )
    return np.asarray(1 - there, np.float32)


def _is_no_cutout(alpha: Pixels, pixels: Pixels, kind: str) -> str:
    """Why an alpha says nothing of where the picture is (a roto, or left at 0); empty where it does."""
    if alpha.max() <= 0:
        return "it is 0 everywhere"
    # Where alpha is not straight by the file's own word, colour without alpha is no cut-out's.
    if kind != "straight" and bool((np.abs(pixels[alpha <= 0]) > _BLACK).any()):
        return "the picture goes on where it is 0"
    return ""


def read_still_matte(path: str, condition: Condition) -> Pixels:
    """The matte of a subject painted into a condition: (H, W) float32, 0..1, of the condition's own size.

    Read as ``read_still_mask`` does, and refused also where it shows nobody, or nothing of the place is left.
    """
    pixels = read_still_mask(path, condition)
    if pixels.max() <= _EMPTY or pixels.min() > 0.5:
        found = "is empty: it shows nobody" if pixels.max() <= _EMPTY else "covers all of the picture"
        raise FootageError(
            f"{path}: the matte of the condition picture {found}.",
            "Draw it over who is to be removed, 1 on them, or leave --condition-matte out.",
        )
    return pixels


def read_still_mask(path: str, condition: Condition) -> Pixels:
    """A mask of parts of a condition: (H, W) float32, 0..1, of the condition's own size.

    Read as ``Matte(path)`` is, and refused as it is (another size, values outside of 0..1).
    """
    with open_plate(ImageSequence(condition.path), as_plate=False) as plate:
        one = FrameRange(plate.frames.first, plate.frames.first)
        with open_matte(Matte(path), plate, one, over="condition picture") as matte:
            pixels = _displayed(matte.read(one.first), plate.info)
        return _with_square_pixels(pixels, plate.info.pixel_aspect)


def read_scribble(path: str, size: tuple[int, int]) -> Pixels:
    """A picture of strokes over a condition of ``size`` (height, width): (H, W, 4) float32, display colours and alpha.

    Raises ``FootageError`` for one of another size.
    """
    with open_plate(ImageSequence(path)) as plate:
        rgb = to_display(_displayed(plate.read(plate.frames.first).pixels, plate.info), plate.info.space)
        if rgb.shape[:2] != size:
            raise FootageError(
                f"{path} is {rgb.shape[1]}x{rgb.shape[0]}, and the condition picture {size[1]}x{size[0]}.",
                "Draw the strokes over the condition picture itself, without scaling it.",
            )
        alpha = np.ones(size, np.float32)
        if _has_alpha(path):
            with open_matte(Matte(path, "A"), plate) as matte:
                alpha = _displayed(matte.read(matte.frames.first), plate.info)
    return np.ascontiguousarray(np.dstack([rgb, alpha]))


def _has_alpha(path: str) -> bool:
    with Still(path) as still:
        return still.find_alpha() is not None


def _displayed(pixels: Pixels, info: PlateInfo) -> Pixels:
    return place(pixels, info.data_window, info.display_window)


def _with_square_pixels(pixels: Pixels, pixel_aspect: float) -> Pixels:
    """The picture as wide as a screen shows it; rows are kept."""
    height, width = pixels.shape[:2]
    wide = max(1, round(width * pixel_aspect))
    if wide == width:
        return np.ascontiguousarray(pixels, np.float32)
    way = cv2.INTER_AREA if wide < width else cv2.INTER_LINEAR
    resized = cv2.resize(np.ascontiguousarray(pixels, np.float32), (wide, height), interpolation=way)
    return np.asarray(resized, np.float32)
