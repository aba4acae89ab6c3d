"""A street as a level camera sees it, whose horizon is known; and regions marked by hand."""

from __future__ import annotations

import cv2
import numpy as np

from actanywhere.seeing.protocol import REGIONS, RegionMap

__all__ = ["city", "horizon_row", "marked"]

SIZE = (360, 560)


def horizon_row(pitch: float, focal: float) -> float:
    """As a share of the frame's height; the camera looks down by ``pitch`` radians; ``focal`` in frame heights."""
    return 0.5 - focal * float(np.tan(pitch))


def city(pitch: float, focal: float, yaw: float, seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(h, w, 3) display: a street between two façades with windows, seen ``yaw`` radians from its axis."""
    random = np.random.default_rng(seed)
    height, width = size
    picture = np.full((height, width, 3), (150, 165, 185), np.uint8)

    def seen(points: list[tuple[float, float, float]]) -> np.ndarray:
        x, y, z = np.array(points).T
        x, z = x * np.cos(yaw) - z * np.sin(yaw), x * np.sin(yaw) + z * np.cos(yaw)
        y, z = y * np.cos(pitch) - z * np.sin(pitch), y * np.sin(pitch) + z * np.cos(pitch)
        z = np.maximum(z, 0.2)
        return np.int32(
            np.round(np.stack([width / 2 + focal * height * x / z, height / 2 + focal * height * y / z], 1))
        )

    def face(points: list[tuple[float, float, float]], colour: float) -> None:
        tone = tuple(int(np.clip(colour + random.normal(0, 6), 0, 255)) for _ in range(3))
        cv2.fillConvexPoly(picture, seen(points), tone, cv2.LINE_AA)

    face([(-40, 1.7, 1), (40, 1.7, 1), (40, 1.7, 80), (-40, 1.7, 80)], 95)
    for side in (-1, 1):
        wall = 5.0 * side
        face([(wall, 1.7, 2), (wall, 1.7, 80), (wall, -9, 80), (wall, -9, 2)], 120 + 25 * side)
        for storey in range(4):
            top, low = -1.0 - 2.2 * storey, 0.4 - 2.2 * storey
            for z in np.arange(3, 60, 3.0):
                face([(wall, low, z), (wall, low, z + 1.6), (wall, top, z + 1.6), (wall, top, z)], 60)
        kerb = 3.2 * side
        face(
            [(kerb, 1.69, 1), (kerb, 1.69, 80), (kerb + 0.3 * side, 1.69, 80), (kerb + 0.3 * side, 1.69, 1)],
            190,
        )
    for z in np.arange(2, 40, 2.0):
        face([(-0.1, 1.7, z), (0.1, 1.7, z), (0.1, 1.7, z + 1), (-0.1, 1.7, z + 1)], 215)
    noise = random.normal(0, 3, picture.shape)
    return np.float32(np.clip(cv2.GaussianBlur(picture, (0, 0), 0.7) + noise, 0, 255) / 255)


def marked(size: tuple[int, int], first: str, *parts: tuple[str, list[tuple[float, float]]]) -> RegionMap:
    """Regions marked by hand: all is ``first``, but for polygons (x, y, as shares), each over those before it."""
    labels = np.full(size, REGIONS.index(first), np.uint8)
    for name, points in parts:
        corners = np.int32([(x * size[1], y * size[0]) for x, y in points])
        cv2.fillPoly(labels, [corners], REGIONS.index(name))
    shares = {name: np.float32(labels == index) for index, name in enumerate(REGIONS)}
    return RegionMap(shares, "hand")
