"""Detected actors and shadows, compared with hand-made marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop

Frames = NDArray[np.uint8]
Plane = NDArray[np.float32]
Region = NDArray[np.bool_]

_WINDOW = 0.012
"""Deviation of the window in which two pictures are compared, as a share of the frame's height."""
_ALIKE = 0.7
"""Correlation from which two windows show the same."""
_COLOUR = 8.0
"""Mean difference in Lab (0 to 100) up to which they have the same colours."""
_FLAT = 2.0
"""Deviation of L below which a window has no structure to be compared."""
DARK = 0.1
"""Share of the light that a shadow takes, from which on it counts."""
_HAND = 0.008
"""How far a hand-drawn outline may be off, as a share of the frame's height."""
_FEWEST = 40


def overlap(found: Region, marked: Region) -> float:
    """Intersection over union of two masks (h, w); NaN where both are empty."""
    union = np.count_nonzero(found | marked)
    return float("nan") if union == 0 else np.count_nonzero(found & marked) / union


def moved_to_frame(picture: NDArray[np.uint8], looks: Plane) -> NDArray[np.uint8]:
    """A condition picture (hc, wc, ...) as a frame sees it; ``looks`` (h, w, 2) is where in it, x and y, a pixel looks.

    0 where it looks past the picture, or nowhere (not a number).
    """
    step = float(np.nanmedian(np.linalg.norm(np.diff(looks, axis=1), axis=-1)))
    at = np.nan_to_num(looks, nan=-1e4)
    if step > 1:
        size = (max(1, round(picture.shape[1] / step)), max(1, round(picture.shape[0] / step)))
        share = np.array([size[0] / picture.shape[1], size[1] / picture.shape[0]], np.float32)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        at = (at + 0.5) * share - 0.5
    at = np.clip(at, -1e4, 1e4).astype(np.float32)
    return np.asarray(cv2.remap(picture, at[..., 0], at[..., 1], cv2.INTER_LINEAR), np.uint8)


def looks_of(backdrop: Backdrop, frames: int, size: tuple[int, int]) -> list[Plane]:
    """Where in the condition, (h, w, 2) x and y in its pixels, each pixel of each frame of ``size`` (h, w) looks."""
    height, width = size
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    points = np.stack([x.ravel(), y.ravel()], 1)
    return [
        backdrop.looks(index, points, height, width).reshape(height, width, 2).astype(np.float32)
        for index in range(frames)
    ]


def left_standing(
    frames: Frames,
    matte: NDArray[np.uint8],
    condition: NDArray[np.uint8],
    marked: Region,
    looks: Sequence[Plane],
) -> float:
    """The share of the marked subject, 0..1, that is still to be seen in the finished ``frames`` (T, h, w, 3).

    ``condition`` (hc, wc, 3) with the subject ``marked`` (hc, wc) in it is moved to each frame by ``looks``, as the
    layer was (see ``moved_to_frame``). A pixel of them is left where a window about it has their colours (Lab) and,
    unless it is flat, their structure (normalised correlation of L). Outside of the ``matte`` (T, h, w) alone; NaN
    where they are nowhere seen.
    """
    seen = left = 0
    for frame, actor, look in zip(frames, matte, looks, strict=True):
        mask = moved_to_frame(marked.astype(np.uint8) * 255, look) > 127
        free = np.asarray(cv2.dilate((actor > 5).astype(np.uint8), np.ones((5, 5), np.uint8))) == 0
        where = mask & free
        if np.count_nonzero(where) < _FEWEST:
            continue
        still = _same(frame, moved_to_frame(condition, look))
        seen += int(np.count_nonzero(where))
        left += int(np.count_nonzero(where & still))
    return left / seen if seen else float("nan")


def _same(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Region:
    """(h, w) where two pictures show the same."""
    a, b = _lab(one), _lab(other)
    sigma = max(1.5, _WINDOW * len(one))

    def mean(plane: Plane) -> Plane:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)

    apart = mean(np.asarray(np.linalg.norm(a - b, axis=-1), np.float32))
    la, lb = a[..., 0], b[..., 0]
    var_a, var_b = mean(la * la) - mean(la) ** 2, mean(lb * lb) - mean(lb) ** 2
    both = mean(la * lb) - mean(la) * mean(lb)
    alike = both / np.sqrt(np.maximum(var_a * var_b, 1e-6))
    flat = np.maximum(var_a, var_b) < _FLAT**2
    return np.asarray((apart < _COLOUR) & (flat | (alike > _ALIKE)))


def _lab(picture: NDArray[np.uint8]) -> Plane:
    return np.asarray(
        cv2.cvtColor(picture.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32
    )


@dataclass(frozen=True)
class ShadowCount:
    """Pixels of shadow over the marked frames of a shot: laid, laid where one is marked, marked, marked and laid."""

    laid: int = 0
    right: int = 0
    marked: int = 0
    reached: int = 0

    @property
    def precision(self) -> float:
        """The share of what is laid that is marked; NaN where nothing is laid."""
        return self.right / self.laid if self.laid else float("nan")

    @property
    def recall(self) -> float:
        """The share of what is marked that is laid; NaN where nothing is marked."""
        return self.reached / self.marked if self.marked else float("nan")


def shadow_count(taken: Sequence[Plane], marked: Sequence[Region], actors: Sequence[Region]) -> ShadowCount:
    """Shadows laid, as shares (h, w) of the light that they take, against those marked, outside of the actors.

    Either may be off by as much as a hand is.
    """
    count = np.zeros(4, np.int64)
    for plane, mark, actor in zip(taken, marked, actors, strict=True):
        reach = 2 * max(1, round(_HAND * len(plane))) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        laid, there = (plane > DARK) & ~actor, mark & ~actor
        near_mark = np.asarray(cv2.dilate(mark.astype(np.uint8), disc)) > 0
        near_laid = np.asarray(cv2.dilate((plane > DARK).astype(np.uint8), disc)) > 0
        count += [np.count_nonzero(one) for one in (laid, laid & near_mark, there, there & near_laid)]
    return ShadowCount(*(int(one) for one in count))
