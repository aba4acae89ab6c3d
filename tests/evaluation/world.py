"""A place seen by a panning camera, an actor in front of it, and the ways in which a clip of it goes wrong."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from actanywhere.evaluation.measures import Ground, ground_of
from tests.camera.staged import wall

Frames = NDArray[np.uint8]

SIDE, COUNT, PAN, MARGIN = 128, 6, 3, 32


def _code(picture: np.ndarray) -> np.ndarray:
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


_WIDE = wall(np.random.default_rng(3), SIDE, SIDE + 2 * MARGIN)
_OTHER = np.roll(wall(np.random.default_rng(8), SIDE, SIDE + 2 * MARGIN), 1, axis=2) ** 2
_ACTOR = wall(np.random.default_rng(5), SIDE, SIDE)[..., ::-1] * np.float32([1.0, 0.45, 0.3])
_SPOT = 60


def matte_at(x: float) -> np.ndarray:
    """(SIDE, SIDE) float: a standing ellipse about column ``x``."""
    matte = np.zeros((SIDE, SIDE), np.float32)
    cv2.ellipse(matte, (round(x), 78), (14, 34), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    return matte


def actor_at(picture: np.ndarray, x: float) -> np.ndarray:
    """The picture with the actor standing at column ``x``; his clothes go with him."""
    matte = matte_at(x)[..., None]
    return picture * (1 - matte) + np.roll(_ACTOR, round(x) - _SPOT, axis=1) * matte


def place(frame: int, other: bool = False) -> np.ndarray:
    """What the camera sees of the place at a frame; of another place instead if so wished."""
    left = MARGIN + PAN * (frame - COUNT // 2)
    return (_OTHER if other else _WIDE)[:, left : left + SIDE]


def actor_column(frame: int) -> int:
    return _SPOT + 2 * frame


MATTE = np.stack([_code(matte_at(actor_column(t))) for t in range(COUNT)])
PLATE = np.stack([_code(actor_at(place(t, other=True), actor_column(t))) for t in range(COUNT)])
GOOD = np.stack([_code(actor_at(place(t), actor_column(t))) for t in range(COUNT)])
"""The result wished for: the condition's place, the plate's camera and the plate's actor."""
STILL = np.stack([_code(actor_at(place(COUNT // 2), actor_column(t))) for t in range(COUNT)])
CONDITION = _code(place(COUNT // 2))
OUTSIDE = MATTE < 128
EVERYWHERE = np.ones((SIDE, SIDE), bool)


def ground(composite: bool = False) -> Ground:
    """What results are measured against; a composite has the actor painted in at the left."""
    if not composite:
        return ground_of(PLATE, MATTE, CONDITION, None)
    painted = _code(actor_at(place(COUNT // 2), 24))
    return ground_of(PLATE, MATTE, painted, matte_at(24))


def with_second_actor() -> Frames:
    """The good result, but the painted-in actor moves along with the place."""
    made = []
    for t in range(COUNT):
        crowd = actor_at(place(t), 24 - PAN * (t - COUNT // 2))
        made.append(_code(actor_at(crowd, actor_column(t))))
    return np.stack(made)


def background_only(change: np.ndarray) -> Frames:
    """The good result with its background alone replaced by that of ``change`` (T, h, w, 3)."""
    share = MATTE[..., None] / 255.0
    return np.round(GOOD * share + change * (1 - share)).astype(np.uint8)
