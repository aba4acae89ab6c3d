"""Whether the plate's actor is already painted into the condition picture, and where.

The actor of each plate frame is looked for in the condition, near its own place and at about its own size,
by colour and by gradients (normalised, so that new light on the actor does not matter much).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .fit import Matrix, from_pixels, to_pixels
from .outline import whole_subject
from .placement import condition_to_unit

Picture = NDArray[np.float32]

_COARSE_HEIGHT, _FINE_HEIGHT = 96, 128
_COARSE_FRAMES = 48
_SCALES = tuple(1.065**k for k in range(-3, 4))
_REACH = 0.25
"""How far from its own place the actor is looked for, in frame heights."""
_ABROAD = 0.08
"""What a match at the end of that reach must be better by: painters leave the actor where they are."""
_ENOUGH = 0.8
"""On the real shots a painted actor scores 0.89 to 1.00, anything else at most 0.68."""
_GRADIENTS_ENOUGH = 0.65
_LEAST_PIXELS = 120
"""Fewer pixels of actor than this, at the coarse size's scale, match anything."""


@dataclass(frozen=True)
class CompositeMatch:
    """The plate frame (its place in the list) whose actor is in the condition.

    In the condition's raster (hc, wc), 1 = the actor: ``matte`` is the plate's own, where they were found, and
    ``subject`` all that is painted of them there, also where a limb is bent otherwise. ``score`` 0..1.
    """

    index: int
    matte: Picture
    subject: Picture
    score: float


@dataclass(frozen=True)
class _Candidate:
    score: float
    gradients: float
    index: int
    scale: float
    place: Matrix
    """Unit coordinates of the plate frame to those of the frame that the condition covers."""


def find_composite(
    condition: Picture, proxies: Sequence[tuple[Picture, Picture]], aspect: float
) -> CompositeMatch | None:
    """The frame whose actor is painted into ``condition`` (hc, wc, 3), or None when it shows only a place.

    ``proxies`` are (rgb (h, w, 3), matte (h, w)) of the plate's frames, display, any size; ``aspect`` is the
    plate raster's.
    """
    coarse = _Canvas(condition, aspect, _COARSE_HEIGHT)
    stride = max(1, -(-len(proxies) // _COARSE_FRAMES))
    found = [_search(coarse, proxies[i], i, _SCALES) for i in range(0, len(proxies), stride)]
    seen = sorted((c for c in found if c is not None), key=lambda c: -c.score)[:4]
    fine = _Canvas(condition, aspect, _FINE_HEIGHT)
    best: _Candidate | None = None
    for rough in seen:
        near = range(max(0, rough.index - stride + 1), min(len(proxies), rough.index + stride))
        for index in near:
            scales = [rough.scale * step for step in (0.96, 0.98, 1.0, 1.02, 1.04)]
            close = _search(fine, proxies[index], index, scales)
            if close is not None and (best is None or close.score > best.score):
                best = close
    if best is None or best.score < _ENOUGH or best.gradients < _GRADIENTS_ENOUGH:
        return None
    matte = _place(condition, proxies[best.index][1], best.place, aspect)
    return CompositeMatch(best.index, matte, whole_subject(condition, matte), best.score)


class _Canvas:
    """The condition as the frame sees it at one height, with room around it: colours and gradients."""

    def __init__(self, condition: Picture, aspect: float, height: int) -> None:
        self.aspect = aspect
        self.height, self.width = height, max(8, round(height * aspect))
        self.room = round(_REACH * height)
        rows, columns = condition.shape[:2]
        crop_rows, crop_columns = min(rows, round(columns / aspect)), min(columns, round(rows * aspect))
        top, left = (rows - crop_rows) // 2, (columns - crop_columns) // 2
        crop = condition[top : top + crop_rows, left : left + crop_columns]
        self.colour, self.gradient = (self._pad(p) for p in _appearance(crop, self.height, self.width))

    def _pad(self, picture: Picture) -> Picture:
        r = self.room
        return np.asarray(cv2.copyMakeBorder(picture, r, r, r, r, cv2.BORDER_REPLICATE), np.float32)


def _appearance(rgb: Picture, height: int, width: int) -> tuple[Picture, Picture]:
    """(h, w, 3) colours and (h, w, 2) gradients at one size."""
    small = cv2.resize(np.ascontiguousarray(rgb, np.float32), (width, height), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    gradient = np.dstack([cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)])
    return np.asarray(small, np.float32), np.asarray(gradient, np.float32)


def _search(
    canvas: _Canvas, proxy: tuple[Picture, Picture], index: int, scales: Sequence[float]
) -> _Candidate | None:
    """The best place of one frame's actor in the canvas, over ``scales``."""
    best: _Candidate | None = None
    for scale in scales:
        candidate = _search_at(canvas, proxy, index, scale)
        if candidate is not None and (best is None or candidate.score > best.score):
            best = candidate
    return best


def _search_at(
    canvas: _Canvas, proxy: tuple[Picture, Picture], index: int, scale: float
) -> _Candidate | None:
    height, width = round(canvas.height * scale), round(canvas.width * scale)
    actor = _core(proxy[1], height, width)
    if np.count_nonzero(actor) < _LEAST_PIXELS * (canvas.height / _COARSE_HEIGHT) ** 2 * scale**2:
        return None
    rows, columns = np.flatnonzero(actor.any(1)), np.flatnonzero(actor.any(0))
    top, left = int(rows[0]), int(columns[0])
    box = np.s_[top : rows[-1] + 1, left : columns[-1] + 1]
    mask = np.ascontiguousarray(actor[box], np.float32)
    if mask.shape[0] > canvas.colour.shape[0] or mask.shape[1] > canvas.colour.shape[1]:
        return None
    colour, gradient = _appearance(proxy[0], height, width)
    # Where the actor's own place lies among the searched ones, and how far from it is allowed.
    home_x = (left + 0.5) / scale - 0.5 + canvas.room
    home_y = (top + 0.5) / scale - 0.5 + canvas.room
    first_x, last_x = _near(home_x, canvas.room, canvas.colour.shape[1] - mask.shape[1])
    first_y, last_y = _near(home_y, canvas.room, canvas.colour.shape[0] - mask.shape[0])
    near = np.s_[first_y : last_y + mask.shape[0], first_x : last_x + mask.shape[1]]
    likeness = _likeness(canvas.colour[near], colour[box], mask, cv2.TM_CCOEFF_NORMED)
    edges = _likeness(canvas.gradient[near], gradient[box], mask, cv2.TM_CCORR_NORMED)
    score = 0.5 * likeness + 0.5 * edges
    x, y = np.arange(first_x, last_x + 1), np.arange(first_y, last_y + 1)[:, None]
    away = np.maximum(np.abs(x - home_x), np.abs(y - home_y)) / canvas.room
    score = np.where(away <= 1.0, score - _ABROAD * away**2, -1.0)
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    move = np.eye(3)
    move[:2, 2] = first_x + column - canvas.room - left, first_y + row - canvas.room - top
    place = from_pixels(canvas.height, canvas.width, canvas.aspect) @ move
    place = place @ to_pixels(height, width, canvas.aspect)
    return _Candidate(float(score[row, column]), float(edges[row, column]), index, scale, place)


def _near(home: float, reach: int, last: int) -> tuple[int, int]:
    """The first and the last of the places 0 to ``last`` within reach of ``home``: one at least."""
    first = min(max(0, int(np.ceil(home - reach))), last)
    return first, max(first, min(last, int(np.floor(home + reach))))


def _core(matte: Picture, height: int, width: int) -> NDArray[np.bool_]:
    """The inside of the actor: its rim is mixed with the plate's background."""
    small = cv2.resize(np.asarray(matte, np.float32), (width, height), interpolation=cv2.INTER_AREA)
    solid = (np.asarray(small) > 0.9).astype(np.uint8)
    square = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.erode(solid, square, borderType=cv2.BORDER_REPLICATE)) > 0


def _likeness(canvas: Picture, template: Picture, mask: Picture, method: int) -> Picture:
    """-1..1 for every place of ``template`` in ``canvas``; flat places, where it is undefined, are 0."""
    masks = np.dstack([mask] * template.shape[2])
    score = np.asarray(cv2.matchTemplate(canvas, np.ascontiguousarray(template), method, mask=masks))
    return np.asarray(np.where(np.isfinite(score) & (np.abs(score) < 1.01), score, 0.0), np.float32)


def _place(condition: Picture, matte: Picture, place: Matrix, aspect: float) -> Picture:
    """The frame's matte where its actor is in the condition."""
    rows, columns = condition.shape[:2]
    onto = np.linalg.inv(condition_to_unit(rows, columns, aspect)) @ place
    warp = onto @ from_pixels(matte.shape[0], matte.shape[1], aspect)
    flat = np.ascontiguousarray(matte, np.float32)
    moved = cv2.warpPerspective(flat, warp, (columns, rows), flags=cv2.INTER_LINEAR)
    return np.asarray(np.clip(moved, 0.0, 1.0), np.float32)
