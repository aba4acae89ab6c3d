"""Whether the actor who was painted into a composite condition stands in the shot a second time."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .likeness import masked_likeness

Frames = NDArray[np.uint8]
Plane = NDArray[np.float32]

_HEIGHT = 112
_SCALES = (0.92, 1.0, 1.08)
_LEAST = 0.35
"""Share of the painted-in actor that has to be out from behind the real one."""
_ENOUGH = 0.6
"""On the real shots they score 0.7 to 0.95 where they stand beside the actor, a place without them 0.0 to 0.3."""
_COLOUR = 0.12
"""Root mean square difference of colour (Lab over 100) that costs a likeness two thirds of its worth."""


def duplicate_subject(
    frames: Frames, matte: NDArray[np.uint8], condition: NDArray[np.uint8], painted: Plane
) -> float:
    """The share of frames, 0..1, in which the condition's painted-in actor is seen beside the real one.

    They are cut out of ``condition`` (h, w, 3, at the frames' size) where ``painted`` (h, w) is 1, and looked for in
    each of ``frames`` (T, H, W, 3) outside of its ``matte``, by colour and by gradients, at three sizes. NaN where they
    are too small to be told.
    """
    width = round(_HEIGHT * frames.shape[2] / frames.shape[1])
    actors = [actor for scale in _SCALES if (actor := _cut_out(condition, painted, scale)) is not None]
    if not actors:
        return float("nan")
    twice = 0
    for frame, solid in zip(frames, matte, strict=True):
        looks = _looks(frame, (width, _HEIGHT))
        away = cv2.dilate(_area(solid / np.float32(255), (width, _HEIGHT)), np.ones((3, 3)))
        seen = (np.asarray(away) < 0.05).astype(np.float32)
        twice += max(_best(looks, seen, *actor) for actor in actors) > _ENOUGH
    return twice / len(frames)


def _best(looks: Plane, seen: Plane, actor: Plane, wanted: Plane) -> float:
    room = _HEIGHT // 4  # they may stand half outside of the frame
    looks = np.pad(looks, ((room, room), (room, room), (0, 0)))
    seen = np.pad(seen, room)
    if wanted.shape[0] > seen.shape[0] or wanted.shape[1] > seen.shape[1]:
        return 0.0
    colours, apart = masked_likeness(looks[..., :3], seen, actor[..., :3], wanted, _LEAST)
    edges, _ = masked_likeness(looks[..., 3:], seen, actor[..., 3:], wanted, _LEAST)
    return float((0.5 * (colours + edges) * np.exp(-((apart / _COLOUR) ** 2))).max())


def _cut_out(condition: NDArray[np.uint8], painted: Plane, scale: float) -> tuple[Plane, Plane] | None:
    height = round(_HEIGHT * scale)
    size = (round(height * condition.shape[1] / condition.shape[0]), height)
    solid = _area(painted, size) > 0.7
    if np.count_nonzero(solid) < 40:
        return None
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _looks(condition, size)[box], solid[box].astype(np.float32)


def _looks(rgb: NDArray[np.uint8], size: tuple[int, int]) -> Plane:
    """(h, w, 5): Lab over 100, and the gradient of L."""
    small = _area(np.asarray(rgb, np.float32) / np.float32(255), size)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32) / np.float32(100)
    light = np.ascontiguousarray(lab[..., 0])
    slopes = [cv2.Sobel(light, cv2.CV_32F, 1, 0) / 2, cv2.Sobel(light, cv2.CV_32F, 0, 1) / 2]
    return np.asarray(np.dstack([lab, *slopes]), np.float32)


def _area(plane: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
