"""A pan of a level camera: the picture stays upright instead of rolling with the plate's ground plane.

A camera that looks down and pans turns the picture at its centre (by the pan times the sine of the pitch) though it
never rolls. A similarity that follows it leans the place by degrees; a homography stretches it beyond use.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .fit import apply

_FOCAL = 1.4
"""In frame heights; a wrong one makes the pitch wrong, never the level."""
_LEAST_PAN = np.radians(12)
_LEAST_ROLL = np.radians(2)
_STEEPEST = np.radians(35)
"""Looking down farther, a shot is more likely one whose camera does roll."""
_FEWEST_FRAMES = 8
_LENS = 4.0
"""Frames over which a zoom is evened out: no lens breathes from frame to frame, but by parallax a fit does."""


def gravity(rotations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Up (3,) in the world of ``rotations`` (T, 3, 3), camera from world, x right, y down, z forward.

    Operators keep a camera level: up is the direction that the cameras' x axes have least of.
    """
    up = np.asarray(np.linalg.svd(rotations[:, 0])[2][2], np.float64)
    return up if up @ -rotations[:, 1].mean(0) > 0 else -up


def angles(rotations: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, 2) roll (clockwise as the camera sees the world turn) and pitch (looking down), in radians."""
    roll = np.arcsin(np.clip(rotations[:, 0] @ up, -1, 1))
    pitch = np.arcsin(np.clip(-(rotations[:, 2] @ up), -1, 1))
    return np.stack([roll, pitch], 1)


def level_pan(transforms: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The same pan (T, 3, 3) with the place upright, or None where the similarities already are right.

    They are where the pan is small, where they hardly turn, and where the camera itself rolls.
    """
    if len(transforms) < _FEWEST_FRAMES:
        return None
    turns, zoom = _turned(transforms)
    singular = np.linalg.svd(turns[:, 0], compute_uv=False) / np.sqrt(len(turns))
    raw = np.unwrap(np.arctan2(transforms[:, 1, 0], transforms[:, 0, 0]))
    if np.ptp(raw) < _LEAST_ROLL or singular[1] < 0.25 * np.sin(_LEAST_PAN):
        return None
    up = gravity(turns)
    roll, pitch = angles(turns, up).T
    if np.ptp(roll) > 0.6 * np.ptp(raw) or np.abs(pitch).max() > _STEEPEST:
        return None
    return strip(turns, zoom, up, _FOCAL)


def _turned(transforms: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotations (T, 3, 3) of a camera that turns as the similarities move the frame's centre, and its zoom (T,)."""
    zoom = np.sqrt(np.abs(np.linalg.det(transforms[:, :2, :2])))
    turns = [np.eye(3)]
    for index in range(1, len(transforms)):
        step = transforms[index] @ np.linalg.inv(transforms[index - 1])
        moved = apply(step, np.zeros((1, 2)))[0] / (_FOCAL * zoom[index])
        spin = np.arctan2(step[1, 0], step[0, 0])
        axis = np.array([-moved[1], moved[0], 0.0])
        size = np.linalg.norm(axis)
        bend = cv2.Rodrigues(axis / max(size, 1e-12) * np.arctan(size))[0]
        turns.append(bend @ cv2.Rodrigues(np.array([0.0, 0.0, spin]))[0] @ turns[-1])
    even = cv2.GaussianBlur(np.log(zoom)[None], (0, 0), _LENS, borderType=cv2.BORDER_REFLECT)[0]
    return np.stack(turns), np.asarray(np.exp(even - even[0]), np.float64)


def strip(
    turns: NDArray[np.float64], zoom: NDArray[np.float64], up: NDArray[np.float64], focal: float
) -> NDArray[np.float64]:
    """The strip slides by the camera's pan and tilt, and turns by its roll alone."""
    roll, pitch = angles(turns, up).T
    ahead = turns[:, 2] - (turns[:, 2] @ up)[:, None] * up
    across = np.cross(-up, ahead[0])
    pan = np.unwrap(np.arctan2(ahead @ across, ahead @ ahead[0]))
    x = -focal * np.cos(pitch.mean()) * pan
    y = -focal * (np.tan(pitch) - np.tan(pitch[0]))
    cos, sin = zoom * np.cos(roll - roll[0]), zoom * np.sin(roll - roll[0])
    zero, one = np.zeros_like(x), np.ones_like(x)
    rows = [cos, -sin, cos * x - sin * y, sin, cos, sin * x + cos * y, zero, zero, one]
    return np.asarray(np.stack(rows, 1).reshape(-1, 3, 3), np.float64)
