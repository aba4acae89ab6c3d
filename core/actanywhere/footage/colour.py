"""Colour: plate to display for the model, and the display picture back into the plate's linear space.

All of it is OpenColorIO in float, with a built-in configuration that is pinned by name, so a layer looks the
same on every machine. Scene-linear plates go through the ACES 2.0 SDR view for sRGB displays, which keeps
highlights that a plain clip would lose, and come back through its inverse. Neither is for pixels that the
artist keeps: those are copied.

Spaces are names, as ``spaces`` has them (never ``auto``). *display* means sRGB-encoded, display-referred RGB.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import PyOpenColorIO as ocio
from numpy.typing import NDArray

from .spaces import config, config_name, encoding_of, layer_space

__all__ = [
    "from_display",
    "is_scene_linear",
    "layer_space",
    "layer_to_display",
    "linearise",
    "to_display",
]

Pixels = NDArray[np.float32]

_DISPLAY, _VIEW = "sRGB - Display", "ACES 2.0 - SDR 100 nits (Rec.709)"
# Below this many rows a thread costs more than it saves.
_ROWS_PER_THREAD = 32


def is_scene_linear(space: str) -> bool:
    """True for scene-referred spaces, whose layer is seen through the ACES view; False for display spaces.

    Raises ``FootageError`` for a name that is not known.
    """
    return encoding_of(space) != "display"


def to_display(rgb: Pixels, space: str) -> Pixels:
    """A plate's pixels as a display sees them: (H, W, 3) float32, sRGB-encoded, 0..1.

    Scene-linear goes through the ACES 2.0 SDR view; ``srgb`` stays as it is; ``rec709`` (the camera curve of
    BT.709) is brought to the sRGB curve. Beyond 0..1 is clipped, as a display does. ``rgb`` must be finite: the
    view would hide NaN.
    """
    if is_scene_linear(space):
        return np.clip(_apply(rgb, _view(space, inverse=False)), 0.0, 1.0)
    if space == "srgb":
        return np.clip(np.ascontiguousarray(rgb, np.float32), 0.0, 1.0)
    return np.clip(_apply(rgb, _convert(space, "srgb")), 0.0, 1.0)


def from_display(rgb: Pixels, space: str) -> Pixels:
    """A display picture in the layer's space (``layer_space(space)``): (H, W, 3) float32, scene-linear.

    For scene-linear plates this is the inverse of the ACES 2.0 view, so display white comes back as 128, the
    brightest that the view can show. For display plates the sRGB curve is undone. Values outside 0..1 are
    clipped first: no display shows them.
    """
    rgb = np.clip(rgb, 0.0, 1.0)
    if is_scene_linear(space):
        return _apply(rgb, _view(layer_space(space), inverse=True))
    return _apply(rgb, _convert("srgb", layer_space(space)))


def linearise(rgb: Pixels, space: str) -> Pixels:
    """A plate's pixels in the layer's space: scene-linear as it is, a curve undone."""
    if layer_space(space) == space:
        return np.ascontiguousarray(rgb, np.float32)
    return _apply(rgb, _convert(space, layer_space(space)))


def layer_to_display(rgb: Pixels, space: str) -> Pixels:
    """A layer's pixels as a display sees them; ``space`` is the plate's.

    What was written of a display plate was its curve undone, so the sRGB curve brings the same pixels back.
    """
    if is_scene_linear(space):
        return to_display(rgb, layer_space(space))
    return np.clip(_apply(np.clip(rgb, 0.0, 1.0), _convert(layer_space(space), "srgb")), 0.0, 1.0)


@cache
def _view(source: str, inverse: bool) -> ocio.CPUProcessor:
    direction = ocio.TRANSFORM_DIR_INVERSE if inverse else ocio.TRANSFORM_DIR_FORWARD
    view = ocio.DisplayViewTransform(
        src=config_name(source), display=_DISPLAY, view=_VIEW, direction=direction
    )
    return config().getProcessor(view).getDefaultCPUProcessor()


@cache
def _convert(source: str, target: str) -> ocio.CPUProcessor:
    return config().getProcessor(config_name(source), config_name(target)).getDefaultCPUProcessor()


def _apply(rgb: Pixels, processor: ocio.CPUProcessor) -> Pixels:
    """A converted copy. Rows are split over threads, since ``applyRGB`` uses one; the bits are the same."""
    # applyRGB works in place and reads anything but C-contiguous float32 wrongly.
    out = np.array(rgb, np.float32, order="C", copy=True)
    threads = min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 16
    )
    threads = max(1, min(threads, len(out) // _ROWS_PER_THREAD))
    if threads == 1:
        processor.applyRGB(out)
        return out
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(processor.applyRGB, np.array_split(out, threads)))
    return out
