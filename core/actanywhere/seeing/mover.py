"""The actor where nobody pointed: the most prominent mover in a few frames of the shot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from .follow_still import flow_between
from .protocol import Picture, Subject

_PACE = 0.01
"""Motion against the background, as a share of the frame's diagonal, from which somebody surely moves."""
_STANDS = 0.25
"""What somebody counts who stands still."""


def most_prominent(
    find: Callable[[Picture], list[Subject]], pairs: Sequence[tuple[Picture, Picture]]
) -> tuple[int, Picture] | None:
    """Which of the ``pairs`` (a frame and one soon after it) shows them best, and their mask (h, w) in its first."""
    best, score = None, 0.0
    for number, (picture, later) in enumerate(pairs):
        everybody = [one for one in find(picture) if one.kind != "thing"]
        if not everybody:
            continue
        motion = own_motion(picture, later, np.max([one.mask for one in everybody], axis=0))
        for one in everybody:
            inside = one.mask > 0.5
            pace = float(np.median(motion[inside])) / _PACE if inside.any() else 0.0
            counts = one.score * float(inside.mean()) ** 0.5 * (_STANDS + min(1.0, pace))
            if counts > score:
                best, score = (number, one.mask), counts
    return best


def own_motion(picture: Picture, later: Picture, others: Picture) -> Picture:
    """How far (h, w) each pixel moves against the background, as a share of the diagonal."""
    flow = flow_between(picture, later)
    height, width = flow.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    ground = cv2.resize(others, (width, height)) < 0.2
    motion = np.linalg.norm(flow, axis=-1)
    if ground.sum() > 0.05 * ground.size:
        few = np.flatnonzero(ground.ravel())[::37]
        start = grid.reshape(-1, 2)[few]
        camera, _ = cv2.findHomography(start, start + flow.reshape(-1, 2)[few], cv2.RANSAC, 1.5)
        if camera is not None:
            moved = cv2.perspectiveTransform(grid.reshape(1, -1, 2), camera).reshape(grid.shape)
            motion = np.linalg.norm(grid + flow - moved, axis=-1)
    whole = cv2.resize(motion.astype(np.float32), others.shape[::-1])
    return np.asarray(whole / float(np.hypot(height, width)), np.float32)
