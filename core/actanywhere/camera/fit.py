"""Homographies and similarities: applying them, and robust fits to matched points.

Everything is in unit coordinates: origin at the frame's centre, y down, one unit = the frame's height.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Matrix = NDArray[np.float64]

_Step = Callable[[Matrix, Points, Points, NDArray[np.float64]], Matrix]

_ROUNDS = 12


@dataclass(frozen=True)
class Fit:
    """A transform and how well it explains the points: ``weights`` (N,) is 0 for a point that disagrees."""

    transform: Matrix
    weights: NDArray[np.float64]
    cost: float

    @property
    def agreeing(self) -> NDArray[np.bool_]:
        """(N,) which points move as the transform says."""
        return self.weights > 0.05


def to_pixels(height: int, width: int, aspect: float) -> Matrix:
    """(3, 3) from unit coordinates to pixel coordinates (pixel centres are whole numbers)."""
    return np.array(
        [[width / aspect, 0.0, width / 2 - 0.5], [0.0, height, height / 2 - 0.5], [0.0, 0.0, 1.0]]
    )


def from_pixels(height: int, width: int, aspect: float) -> Matrix:
    """(3, 3) from pixel coordinates to unit coordinates."""
    return np.asarray(np.linalg.inv(to_pixels(height, width, aspect)), np.float64)


def apply(transform: Matrix, points: Points) -> Points:
    """(N, 2) points moved by ``transform``; a point behind the camera becomes NaN."""
    moved = points @ transform[:, :2].T + transform[:, 2]
    depth = np.where(moved[:, 2:] > 1e-6, moved[:, 2:], np.nan)
    return np.asarray(moved[:, :2] / depth)


def normalise(transform: Matrix) -> Matrix:
    """The same transform scaled so that points in front of the camera have positive depth.

    A camera's turn has a positive determinant, and scaling by a positive number alone keeps the sign of the
    depth, so a picture that has left the view sideways never comes back upside down.
    """
    signed = transform * (1.0 if np.linalg.det(transform) > 0 else -1.0)
    return np.asarray(signed / max(abs(signed[2, 2]), 1e-3))


def residuals(transform: Matrix, source: Points, target: Points) -> NDArray[np.float64]:
    """(N,) distances between the moved ``source`` and ``target``; a point behind the camera is far away."""
    apart = np.linalg.norm(apply(transform, source) - target, axis=1)
    return np.asarray(np.nan_to_num(apart, nan=1e3), np.float64)


def rms(distance: NDArray[np.float64], trust: NDArray[np.float64], scale: float) -> float:
    """What is left unexplained: root mean square of ``distance``, of which none counts above ``scale``."""
    return float(np.sqrt(np.average(np.minimum(distance, scale) ** 2, weights=trust)))


def fit_similarity(
    source: Points, target: Points, trust: NDArray[np.float64], scale: float, leading: int
) -> Fit | None:
    """Move, turn and scale that most points agree on, or None if they do not settle on one.

    ``trust`` (N,) weighs the points; ``scale`` is the distance at which a point counts as wrong; the first
    ``leading`` points alone settle what is agreed on, and the others may then sharpen it.
    """
    if leading < 3:
        return None
    first, _ = cv2.estimateAffinePartial2D(
        source[:leading],
        target[:leading],
        method=cv2.RANSAC,
        ransacReprojThreshold=scale,
        maxIters=1000,
        confidence=0.999,
    )
    if first is None or not np.isfinite(first).all():
        return None
    transform = np.vstack([first, [0.0, 0.0, 1.0]])
    return _refine(transform, source, target, trust, scale, _similarity_step)


def fit_homography(
    source: Points, target: Points, trust: NDArray[np.float64], scale: float, leading: int
) -> Fit | None:
    """The homography that most points agree on, as ``fit_similarity``; None if it would not be a sane one."""
    if leading < 12:
        return None
    try:
        first, _ = cv2.findHomography(
            source[:leading],
            target[:leading],
            cv2.USAC_MAGSAC,
            ransacReprojThreshold=scale,
            maxIters=1000,
            confidence=0.999,
        )
    except cv2.error:
        return None
    if first is None or not np.isfinite(first).all() or abs(np.linalg.det(first)) < 1e-6:
        return None
    return _refine(normalise(np.asarray(first, np.float64)), source, target, trust, scale, _homography_step)


def _weights(distance: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Tukey's biweight: full trust at zero, none beyond a width that follows the points' own noise."""
    near = distance[distance < scale]
    spread = 1.4826 * float(np.median(near)) if len(near) else scale
    width = float(np.clip(4.0 * spread, 0.35 * scale, 2.0 * scale))
    return np.asarray(np.maximum(1.0 - (distance / width) ** 2, 0.0) ** 2)


def _refine(
    transform: Matrix, source: Points, target: Points, trust: NDArray[np.float64], scale: float, step: _Step
) -> Fit | None:
    weights = np.zeros(len(source))
    for _ in range(_ROUNDS):
        weights = _weights(residuals(transform, source, target), scale)
        if np.count_nonzero(weights) < 4:
            return None
        better = step(transform, source, target, weights * trust)
        moved = float(np.abs(better - transform).max())
        transform = better
        if moved < 1e-8:
            break
    distance = residuals(transform, source, target)
    return Fit(normalise(transform), _weights(distance, scale), rms(distance, trust, scale))


def _similarity_step(_: Matrix, source: Points, target: Points, weights: NDArray[np.float64]) -> Matrix:
    """Weighted least squares in closed form: points as complex numbers, target = turn * source + move."""
    z, y = source @ np.array([1, 1j]), target @ np.array([1, 1j])
    z0, y0 = np.average(z, weights=weights), np.average(y, weights=weights)
    spread = float(np.sum(weights * np.abs(z - z0) ** 2))
    turn = np.sum(weights * np.conj(z - z0) * (y - y0)) / max(spread, 1e-12)
    move = y0 - turn * z0
    return np.array([[turn.real, -turn.imag, move.real], [turn.imag, turn.real, move.imag], [0.0, 0.0, 1.0]])


def _homography_step(
    transform: Matrix, source: Points, target: Points, weights: NDArray[np.float64]
) -> Matrix:
    """One Gauss-Newton step on the distance in the target frame."""
    x, y = source[:, 0], source[:, 1]
    u, v, d = (np.stack([x, y, np.ones_like(x)], 1) @ transform.T).T
    d = np.where(np.abs(d) > 1e-6, d, 1e-6)
    u, v, zero = u / d, v / d, np.zeros_like(x)
    to_u = np.stack([x / d, y / d, 1 / d, zero, zero, zero, -u * x / d, -u * y / d], 1)
    to_v = np.stack([zero, zero, zero, x / d, y / d, 1 / d, -v * x / d, -v * y / d], 1)
    slope = np.concatenate([to_u, to_v])
    error = np.concatenate([target[:, 0] - u, target[:, 1] - v])
    weighted = slope * np.concatenate([weights, weights])[:, None]
    step = np.linalg.solve(weighted.T @ slope + 1e-9 * np.eye(8), weighted.T @ error)
    return np.asarray(transform / transform[2, 2] + np.append(step, 0.0).reshape(3, 3))
