"""The place beyond the condition picture's borders, and behind an actor who was painted into it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.fit import Matrix, apply
from ..camera.guide import Guide, Surroundings
from ..camera.pyramid import Pyramid
from .patch_search import Margins, continue_picture

__all__ = ["extended", "outpaint"]

Picture = NDArray[np.float32]

_SHORT_SIDE = 768
"""Pixels of a continued picture's shorter side: beyond its borders nobody misses finer detail."""
_MOST = 8e6
"""Pixels of a continued picture at most: a long pan's is coarser."""
_FARTHEST = 4.0
"""How far beyond a border to go on, in sides of the picture."""
_SPARE = 0.04
"""Gone on beyond what the camera sees, as a share of the picture."""


def extended(guide: Guide, condition: Picture, seed: int) -> Guide:
    """The guide of that ``condition``, gone on as far as its shot looks. Another ``seed``: another continuation."""
    frame = 90, max(1, round(90 * guide.aspect))
    return guide.within(outpaint(condition, guide.subject, guide.views(*frame), frame, seed))


def outpaint(
    condition: Picture, subject: Picture | None, views: list[Matrix], frame: tuple[int, int], seed: int
) -> Surroundings | None:
    """The condition (hc, wc, 3) gone on as far as the shot looks, without its ``subject`` (hc, wc).

    None if the condition shows all of that.

    ``views``: for each frame of the shot, of ``frame`` (height, width) pixels, the (3, 3) from its pixels to those of
    the condition. Another ``seed`` finds another continuation.
    """
    rows, columns = condition.shape[:2]
    margins = _margins(views, frame, rows, columns)
    whole = (rows + margins.top + margins.bottom) * (columns + margins.left + margins.right)
    scale = min(1.0, _SHORT_SIDE / min(rows, columns), (_MOST / whole) ** 0.5)
    behind = subject is not None and bool((subject > 0.01).any())
    if not behind and not any((margins.left, margins.top, margins.right, margins.bottom)):
        return None
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    picture = np.asarray(cv2.resize(condition, size, interpolation=cv2.INTER_AREA), np.float32)
    known = np.ones(picture.shape[:2], np.float32)
    if subject is not None:
        known -= np.asarray(cv2.resize(subject, size, interpolation=cv2.INTER_AREA), np.float32)
    ratio = size[0] / columns, size[1] / rows
    own = Margins(
        round(margins.left * ratio[0]),
        round(margins.top * ratio[1]),
        round(margins.right * ratio[0]),
        round(margins.bottom * ratio[1]),
    )
    made = continue_picture(picture, known, own, np.random.default_rng(seed))
    # Pixel centres: (x + 0.5) * ratio - 0.5, and the margin.
    to_own = np.array(
        [
            [ratio[0], 0, 0.5 * ratio[0] - 0.5 + own.left],
            [0, ratio[1], 0.5 * ratio[1] - 0.5 + own.top],
            [0, 0, 1.0],
        ]
    )
    return Surroundings(Pyramid(made), to_own)


def _margins(views: list[Matrix], frame: tuple[int, int], rows: int, columns: int) -> Margins:
    """How far the frames look beyond the borders, in pixels of the condition, within reason."""
    x, y = np.meshgrid(np.linspace(-0.5, frame[1] - 0.5, 9), np.linspace(-0.5, frame[0] - 0.5, 9))
    corners = np.stack([x.ravel(), y.ravel()], 1)
    seen = np.concatenate([apply(view, corners) for view in views])
    seen = seen[np.isfinite(seen).all(1)]
    if not len(seen):
        return Margins()
    side = np.array([columns, rows])
    low = np.clip(-0.5 - seen.min(0), 0, _FARTHEST * side)
    high = np.clip(seen.max(0) - (side - 0.5), 0, _FARTHEST * side)
    spare = _SPARE * min(rows, columns)
    low, high = (np.where(part > 1, np.ceil(part + spare), 0).astype(int) for part in (low, high))
    return Margins(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
