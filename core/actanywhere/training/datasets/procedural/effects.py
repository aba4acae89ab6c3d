"""What actors do to the ground: darkness under a foot, puffs of dust, splashes; and the smear of fast moves."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import Camera, Matrix

Frame = NDArray[np.float32]
Spot = tuple[slice, slice, Frame]


def ground_spot(
    camera: Camera,
    to_pixels: Matrix,
    centre: NDArray[np.float64],
    radius: float,
    up: float,
    shape: tuple[int, int],
) -> Spot | None:
    """A soft ellipse of ``radius`` metres about a world point: window and weights; None when out of sight.

    ``up`` is its height over its width on the card: 0 lies flat on the ground, 1 is a round puff.
    """
    if centre[2] - camera.position[2] < radius + 0.1:
        return None
    offsets = np.array([[0, 0, 0], [1.0, 0, 0], [0, -up, 1.0 - up]])
    middle, right, deep = camera.project(centre + radius * offsets) @ to_pixels[:2, :2].T + to_pixels[:2, 2]
    wide, tall = max(float(np.hypot(*(right - middle))), 0.8), max(float(np.hypot(*(deep - middle))), 0.8)
    x0, x1 = (int(np.clip(middle[0] + s * 2.2 * wide, 0, shape[1])) for s in (-1, 1))
    y0, y1 = (int(np.clip(middle[1] + s * 2.2 * tall, 0, shape[0])) for s in (-1, 1))
    if x1 <= x0 or y1 <= y0:
        return None
    ys, xs = np.ogrid[y0:y1, x0:x1]
    distance = ((xs - middle[0]) / wide) ** 2 + ((ys - middle[1]) / tall) ** 2
    weight = np.maximum(np.exp(-0.8 * distance) - 0.03, 0)
    return slice(y0, y1), slice(x0, x1), weight.astype(np.float32)


def darken(shade: Frame, spot: Spot | None, amount: float) -> None:
    """Lay a soft darkness over a shade map (0 = none, 1 = black), in place."""
    if spot is not None:
        rows, columns, weight = spot
        part = shade[rows, columns]
        part += (1 - part) * (weight * np.float32(amount))


def lay(scene: Frame, effect: Frame, spot: Spot | None, tint: Frame, amount: float) -> None:
    """Lay a soft cloud of ``tint`` over the scene, in place, and note it in ``effect``."""
    if spot is not None:
        rows, columns, weight = spot
        cover = weight * np.float32(amount)
        scene[rows, columns] += (tint - scene[rows, columns]) * cover[..., None]
        np.maximum(effect[rows, columns], cover, out=effect[rows, columns])


def smear(image: Frame, move: NDArray[np.float64]) -> Frame:
    """The image blurred along ``move`` (pixels), as an open shutter does; short moves are left alone."""
    length = float(np.hypot(*move))
    if length < 2.0:
        return image
    height, width = image.shape[:2]
    for share in (0.5, 0.25, 0.125):
        shift = np.array([[1.0, 0, move[0] * share / 2], [0, 1.0, move[1] * share / 2]])
        there, back = shift, np.array([[1.0, 0, -shift[0, 2]], [0, 1.0, -shift[1, 2]]])
        pair = [
            cv2.warpAffine(image, way, (width, height), borderMode=cv2.BORDER_REPLICATE)
            for way in (there, back)
        ]
        image = np.asarray(cv2.addWeighted(pair[0], 0.5, pair[1], 0.5, 0), np.float32)
    return image
