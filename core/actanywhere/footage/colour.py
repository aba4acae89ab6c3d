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
    "processors",
    "to_display",
]

Pixels = NDArray[np.float32]

_DISPLAY, _VIEW = "sRGB - Display", "ACES 2.0 - SDR 100 nits (Rec.709)"
# Below this many rows a thread costs more than it saves.
_ROWS_PER_THREAD = 128

_GRID, _CURVE = 97, 16384
_TOE = 0.01
"""Light that is added before logarithms are taken, so that black has one."""


def processors() -> int:
    """How many processors this process may use, 16 at most."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(own, 16)


def brightness(rgb: Pixels) -> Pixels:
    """(h, w) the mean of (h, w, 3): NumPy's own gives the same, and takes three times as long."""
    return np.asarray((rgb[..., 0] + rgb[..., 1] + rgb[..., 2]) / 3, np.float32)


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
    brightest that the view can show. It is baked: greys are exact, and seen through the view again half of all colours
    are within 0.02 of an 8-bit code, 99 % within 0.2, 99.9 % within 0.6 (saturated colours and highlights too); at
    most, at the gamut's edge, 2.5. For display plates the sRGB curve is undone. Values outside 0..1 are clipped first:
    no display shows them.
    """
    rgb = np.asarray(np.clip(rgb, 0.0, 1.0), np.float32)
    if is_scene_linear(space):
        return _apply(rgb, _baked_inverse(layer_space(space)))
    return _apply(rgb, _convert("srgb", layer_space(space)))


def linearise(rgb: Pixels, space: str, plate: str = "") -> Pixels:
    """Pixels in the layer's space: scene-linear as it is, a curve undone. ``plate`` is the plate's space if another."""
    target = layer_space(plate or space)
    if target == space:
        return np.ascontiguousarray(rgb, np.float32)
    return _apply(rgb, _convert(space, target))


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
def _baked_inverse(target: str) -> ocio.CPUProcessor:
    """The inverse of the view as a cube, ten times as quick.

    A curve for each channel, which is that of grey, brings a display value to the logarithm of light; the cube, between
    logarithms, has colour alone to tell, which is nearly straight; tetrahedra keep greys grey. It is baked in ACEScg,
    where all that a display shows is positive.
    """
    inverse = _view("acescg", inverse=True)
    display = np.linspace(0, 1, _CURVE, dtype=np.float32)
    greys = np.repeat(display[:, None], 3, 1)
    inverse.applyRGB(greys)
    light = np.maximum.accumulate(np.maximum(greys.mean(1), 0))
    stops = float(np.log2((light[-1] + _TOE) / _TOE))

    def logarithm(value: Pixels) -> Pixels:
        return np.asarray(np.log2(np.maximum(value, 0) / _TOE + 1) / stops, np.float32)

    curve = logarithm(light)
    nodes = np.interp(np.linspace(0, 1, _GRID), curve, display).astype(np.float32)
    grid = np.ascontiguousarray(np.stack(np.meshgrid(nodes, nodes, nodes, indexing="ij"), -1))
    inverse.applyRGB(grid)
    shaper = ocio.Lut1DTransform(_CURVE, False)
    shaper.setData(np.repeat(curve, 3))
    cube = ocio.Lut3DTransform(_GRID)
    cube.setData(logarithm(grid).ravel())
    cube.setInterpolation(ocio.INTERP_TETRAHEDRAL)
    back = ocio.LogAffineTransform(
        logSideSlope=[1 / stops] * 3,
        logSideOffset=[-float(np.log2(_TOE)) / stops] * 3,
        linSideSlope=[1.0] * 3,
        linSideOffset=[_TOE] * 3,
        direction=ocio.TRANSFORM_DIR_INVERSE,
    )
    back.setBase(2)
    group = ocio.GroupTransform()
    to_target = ocio.ColorSpaceTransform(config_name("acescg"), config_name(target))
    for step in (shaper, cube, back, to_target):
        group.appendTransform(step)
    return config().getProcessor(group).getDefaultCPUProcessor()


@cache
def _convert(source: str, target: str) -> ocio.CPUProcessor:
    return config().getProcessor(config_name(source), config_name(target)).getDefaultCPUProcessor()


def _apply(rgb: Pixels, processor: ocio.CPUProcessor) -> Pixels:
    """A converted copy. Rows are split over threads, since ``applyRGB`` uses one; the bits are the same."""
    # applyRGB works in place and reads anything but C-contiguous float32 wrongly.
    out = np.array(rgb, np.float32, order="C", copy=True)
    threads = max(1, min(processors(), len(out) // _ROWS_PER_THREAD))
    if threads == 1:
        processor.applyRGB(out)
        return out
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(processor.applyRGB, np.array_split(out, threads)))
    return out
