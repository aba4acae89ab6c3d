"""Pinhole cameras, planes and canvases.

World axes: x right, y down, z away from the camera, metres; the origin is the *reference camera*, which is
level, so its horizon is y/z = 0. A canvas is a picture drawn in the reference camera's view, addressed by
(x/z, y/z); with the plane that it lies on, one homography takes it into any frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """The points X with ``normal . X = distance``; ``inverse`` is 1/distance, 0 for a plane at infinity."""

    normal: tuple[float, float, float]
    inverse: float


INFINITY = Plane((0.0, 0.0, 1.0), 0.0)


def floor_plane(height: float) -> Plane:
    """The level plane ``height`` metres below the reference camera (above it when negative)."""
    return Plane((0.0, 1.0, 0.0), 1.0 / height)


def wall_plane(distance: float) -> Plane:
    """The upright plane that faces the reference camera at ``distance`` metres."""
    return Plane((0.0, 0.0, 1.0), 1.0 / distance)


def side_plane(offset: float) -> Plane:
    """The upright plane along the view, ``offset`` metres to the right."""
    return Plane((1.0, 0.0, 0.0), 1.0 / offset)


@dataclass(frozen=True)
class Camera:
    """One frame's camera: (3, 3) rotation world to camera, (3,) position, focal length in frame heights."""

    rotation: Matrix
    position: NDArray[np.float64]
    focal: float

    @property
    def projection(self) -> Matrix:
        """(3, 3): world direction to unit coordinates."""
        return np.diag([self.focal, self.focal, 1.0]) @ self.rotation

    def from_plane(self, plane: Plane) -> Matrix:
        """(3, 3): reference view (x/z, y/z) of a point on ``plane`` to this frame's unit coordinates."""
        shift = np.outer(self.position, plane.normal) * plane.inverse
        return self.projection @ (np.eye(3) - shift)

    def from_card(
        self, origin: NDArray[np.float64], across: NDArray[np.float64], down: NDArray[np.float64]
    ) -> Matrix:
        """(3, 3): (a, b, 1) on the flat card ``origin + a*across + b*down`` to unit coordinates."""
        return self.projection @ np.column_stack([across, down, origin - self.position])

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 3) world points to (N, 2) unit coordinates."""
        rays = (points - self.position) @ self.projection.T
        return rays[:, :2] / np.maximum(rays[:, 2:], 1e-3)


def rotation(yaw: float, pitch: float, roll: float) -> Matrix:
    """World to camera; yaw looks right, pitch looks down, roll turns the picture clockwise, radians."""
    cy, sy, cp, sp, cr, sr = (
        np.cos(yaw),
        np.sin(yaw),
        np.cos(pitch),
        np.sin(pitch),
        np.cos(roll),
        np.sin(roll),
    )
    turn_yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    turn_pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    turn_roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1.0]])
    return np.asarray(turn_roll @ turn_pitch @ turn_yaw)


@dataclass(frozen=True)
class Canvas:
    """A raster over a rectangle of the reference view: left, top in (x/z, y/z), pixels per unit of it."""

    left: float
    top: float
    scale: float
    height: int
    width: int

    @property
    def to_view(self) -> Matrix:
        """(3, 3): pixel indices to (x/z, y/z)."""
        step = 1.0 / self.scale
        return np.array([[step, 0, self.left + step / 2], [0, step, self.top + step / 2], [0, 0, 1.0]])

    def grid(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(1, width) x/z and (height, 1) y/z at pixel centres."""
        u = self.left + (np.arange(self.width, dtype=np.float32) + 0.5) / self.scale
        v = self.top + (np.arange(self.height, dtype=np.float32) + 0.5) / self.scale
        return u[None].astype(np.float32), v[:, None].astype(np.float32)

    def row(self, v: float) -> int:
        """The row of a given y/z, clamped to the canvas."""
        return int(np.clip(round((v - self.top) * self.scale), 0, self.height))

    def column(self, u: float) -> int:
        """The column of a given x/z, not clamped."""
        return round((u - self.left) * self.scale)


MAX_SHARE = 2.6


def canvas_for(plane: Plane, cameras: list[Camera], aspect: float, pixels: float) -> Canvas:
    """The canvas that holds all that the cameras see of ``plane``, at about ``pixels`` a frame height.

    A sweep over a very wide view gets fewer pixels, so that no canvas is larger than 2.6 frames.
    """
    ys, xs = np.meshgrid(np.linspace(-0.5, 0.5, 9), np.linspace(-0.5, 0.5, 5) * aspect, indexing="ij")
    border = np.stack([xs.ravel(), ys.ravel(), np.ones(xs.size)])
    seen = []
    for camera in cameras:
        view = np.linalg.inv(camera.from_plane(plane)) @ border
        rays = np.linalg.inv(camera.projection) @ border
        ahead = (np.asarray(plane.normal) @ rays) * np.sign(plane.inverse or 1.0) > 1e-3
        points = view[:, ahead & (np.abs(view[2]) > 1e-6)]
        seen.append(points[:2] / points[2])
    found = np.concatenate(seen, axis=1)
    if found.size == 0:
        found = np.zeros((2, 1))
    low, high = found.min(axis=1) - 0.03, found.max(axis=1) + 0.03
    low, high = np.clip(low, -4.0, 4.0), np.clip(high, -4.0, 4.0)
    span = np.maximum(high - low, 0.1)
    scale = min(
        pixels * max(camera.focal for camera in cameras), MAX_SHARE * pixels / float(np.sqrt(span.prod()))
    )
    height, width = (int(np.ceil(side * scale)) + 1 for side in (span[1], span[0]))
    return Canvas(float(low[0]), float(low[1]), scale, height, width)
