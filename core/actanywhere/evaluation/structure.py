"""Whether the new background is the condition's place: the same shapes, wherever the camera now looks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .likeness import masked_likeness

Frames = NDArray[np.uint8]
Plane = NDArray[np.float32]

_HEIGHT = 48
_ZOOMS = tuple(1.12**k for k in range(-4, 5))
_LEAST = 0.4
"""Share of the frame's background that has to lie on the condition."""
_FRAMES = 8


def structure_agreement(
    frames: Frames, outside: NDArray[np.bool_], condition: NDArray[np.uint8], place: NDArray[np.bool_]
) -> float:
    """The best correlation (-1..1) of the background's luma with the condition's, over shifts and zooms.

    Pictures are compared 48 pixels high, without their mean; at least 0.4 of the background has to lie on the
    condition's ``place`` (h, w: where no actor stands in it), zoomed by 0.64 to 1.57. At most eight frames, spread
    over the shot; their mean.
    """
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), _FRAMES)).round().astype(int))
    width = round(_HEIGHT * frames.shape[2] / frames.shape[1])
    grounds = [_ground(condition, place, zoom) for zoom in _ZOOMS]
    found = []
    for index in chosen:
        wanted = cv2.resize(outside[index].astype(np.float32), (width, _HEIGHT), interpolation=cv2.INTER_AREA)
        if wanted.mean() < 0.05:
            continue
        template = _luma(frames[index], (width, _HEIGHT))
        found.append(max(_best(*ground, template, (wanted > 0.95).astype(np.float32)) for ground in grounds))
    return float(np.mean(found)) if found else float("nan")


def _best(ground: Plane, shown: Plane, template: Plane, wanted: Plane) -> float:
    height, width = template.shape
    room = ((height, height), (width, width))
    picture, seen = np.pad(ground, room), np.pad(shown, room)
    score, _ = masked_likeness(picture[..., None], seen, template[..., None], wanted, _LEAST)
    return float(score.max())


def _ground(condition: NDArray[np.uint8], place: NDArray[np.bool_], zoom: float) -> tuple[Plane, Plane]:
    """The condition's luma at that zoom, and where it counts."""
    height = round(_HEIGHT * zoom)
    size = (max(4, round(height * condition.shape[1] / condition.shape[0])), height)
    shown = cv2.resize(place.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return _luma(condition, size), (np.asarray(shown) > 0.5).astype(np.float32)


def _luma(rgb: NDArray[np.uint8], size: tuple[int, int]) -> Plane:
    small = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
