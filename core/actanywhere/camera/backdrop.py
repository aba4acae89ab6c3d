"""The condition picture moved by the plate's camera: what is already known of every frame."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..distance import distance_inside
from .fit import Matrix, Points, apply, from_pixels
from .motion import Motion
from .placement import Placement, condition_to_unit
from .pyramid import Pyramid
from .water import Water

Picture = NDArray[np.float32]

_LARGEST_ENLARGEMENT = 2
"""Powers of two by which a small condition is enlarged once, so that warping samples it finely."""
_SUBJECT_GROW = 0.03
_RIM = 6
"""Pixels by which the picture's soft rim reaches into it."""
_STRIP = 64
"""Rows of a frame that are looked up at once, so that a large one does not fill the memory."""
_REACHED = 0.95
"""Share of a frame that the place has to reach."""
_WITHOUT = 0.3
"""What a frame without the actor counts, where the one that the condition fits is chosen."""
_LIMIT = 1e6
"""Pixels from the picture beyond which nothing is told apart: OpenCV hangs on larger coordinates."""


@dataclass(frozen=True)
class View:
    """The part of a plate's raster that the condition is made for, its display window: what lies beyond is overscan.

    Its centre ``x`` and ``y`` and its ``height`` in unit coordinates of the raster, and its own ``aspect``.
    """

    aspect: float
    x: float = 0.0
    y: float = 0.0
    height: float = 1.0

    @property
    def to_raster(self) -> Matrix:
        """(3, 3) from unit coordinates of the view to those of the raster."""
        return np.array([[self.height, 0, self.x], [0, self.height, self.y], [0, 0, 1.0]])

    def cropped(self, picture: Picture, raster_aspect: float) -> Picture:
        """What a picture (h, w, ...) of the whole raster shows of the view."""
        height, width = picture.shape[:2]
        rows, columns = self.height * height, self.height * self.aspect / raster_aspect * width
        top = round((0.5 + self.y) * height - rows / 2)
        left = round((0.5 + self.x / raster_aspect) * width - columns / 2)
        return picture[top : top + max(1, round(rows)), left : left + max(1, round(columns))]


@dataclass(frozen=True)
class Surroundings:
    """``picture``: the condition with all that was added to it, display; ``from_condition`` (3, 3) maps the condition's
    pixels to its own.
    """

    picture: Pyramid
    from_condition: Matrix

    def places(self, x: Picture, y: Picture) -> tuple[Picture, Picture]:
        """Pixels of the condition as pixels of this picture."""
        (across, _, left), (_, down, top) = self.from_condition[:2].astype(np.float32)
        return across * x + left, down * y + top


class Backdrop:
    """The condition picture as it is seen from each frame of the shot.

    ``condition`` (hc, wc, 3) display, any size: it is laid into the track's reference frame as ``placement`` says,
    else it covers it, centred; what reaches beyond the frame there is used where the camera finds it. ``track`` maps
    that reference to each frame. ``aspect`` is the plate raster's. ``condition_subject`` (hc, wc), 1 = a subject
    painted into the picture, behind which the place is unknown, as it is in a ``hole`` (hc, wc) of the picture and
    beyond the borders (see ``within``). ``view`` is the part of the raster that the picture covers, if not all.
    ``size`` is the picture's height and width.
    """

    def __init__(
        self,
        condition: Picture,
        track: Motion,
        aspect: float,
        condition_subject: Picture | None = None,
        hole: Picture | None = None,
        view: View | None = None,
        placement: Placement | None = None,
    ) -> None:
        self.track = track
        self.aspect = aspect
        self._picture = Pyramid(condition, _LARGEST_ENLARGEMENT)
        self.size = (condition.shape[0], condition.shape[1])
        view = view or View(aspect)
        self._wider = (placement or Placement()).wider
        self._to_unit = view.to_raster @ condition_to_unit(self.size[0], self.size[1], view.aspect, placement)
        self.subject = None if condition_subject is None else _grow(condition_subject)
        if hole is not None:
            self.subject = hole if self.subject is None else np.maximum(self.subject, hole)
        self._around: Surroundings | None = None
        self._water: Water | None = None

    def flowing(self, water: Water) -> Backdrop:
        """The same backdrop, whose water moves by itself, in the picture's own plane."""
        moving = copy.copy(self)
        moving._water = water
        return moving

    def within(self, around: Surroundings | None) -> Backdrop:
        """The same backdrop, which knows what lies beyond the picture's borders and behind who was painted into it."""
        wider = copy.copy(self)
        wider._around = around
        return wider

    def looks(self, index: int, points: Points, height: int, width: int) -> Points:
        """(N, 2) where in the condition, in its pixels, the pixels ``points`` (N, 2) of frame ``index`` look.

        ``height`` and ``width`` are the frame's; what looks nowhere is not a number.
        """
        return np.stack(self._as_it_was(*self._unwidened(index, points, height, width).T), 1)

    def _unwidened(self, index: int, points: Points, height: int, width: int) -> Points:
        """As ``looks``, in a picture that is not widened."""
        unit = apply(from_pixels(height, width, self.aspect), points)
        x, y, ahead = self.track.look(index, unit[:, 0], unit[:, 1])
        found = apply(np.asarray(np.linalg.inv(self._to_unit), np.float64), np.stack([x, y], 1))
        return np.asarray(np.where(ahead[:, None], found, np.nan), np.float64)

    def _places(
        self, index: int, height: int, width: int, rows: slice
    ) -> tuple[Picture, Picture, NDArray[np.bool_]]:
        """Where in the condition each pixel (n, w) of some of a frame's rows looks, and whether that lies ahead."""
        shape = rows.stop - rows.start, width
        x, y, ahead = np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, bool)
        unit, back = from_pixels(height, width, self.aspect), np.linalg.inv(self._to_unit)
        across = unit[0, 0] * np.arange(width, dtype=np.float64)[None] + unit[0, 2]
        for strip in _strips(shape[0]):
            lines = np.arange(rows.start + strip.start, rows.start + strip.stop, dtype=np.float64)[:, None]
            u, v, ahead[strip] = self.track.look(index, across, unit[1, 1] * lines + unit[1, 2])
            for kept, line in ((x, back[0]), (y, back[1])):
                kept[strip] = np.clip(line[0] * u + line[1] * v + line[2], -_LIMIT, _LIMIT)
            x[strip], y[strip] = self._as_it_was(x[strip], y[strip])
        return x, y, ahead

    def _as_it_was(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Pixels of the picture itself, from those of the widened one."""
        (rows, columns), wider = self.size, self._wider
        if wider.left or wider.right:
            x = wider.across((x + 0.5) / columns) * columns - 0.5
        if wider.top or wider.bottom:
            y = wider.down((y + 0.5) / rows) * rows - 0.5
        return x, y

    def frame(
        self, index: int, height: int, width: int, rows: slice | None = None
    ) -> tuple[Picture, Picture]:
        """The moved picture ``rgb`` (h, w, 3) and ``valid`` (h, w), 0..1, of frame ``index`` at any size.

        With ``rows`` (start and stop) these rows of it alone. Outside of its borders the picture repeats its edge and
        ``valid`` is 0.
        """
        rows = rows or slice(0, height)
        rim = 0 if self._around is None and self._water is None else _RIM
        wider = slice(max(0, rows.start - rim), min(height, rows.stop + rim))
        own = slice(rows.start - wider.start, rows.stop - wider.start)
        x, y, ahead = self._places(index, height, width, wider)
        step = self._pixels_per_pixel(index, height, width)
        valid = self._valid(x, y, ahead, step)
        rgb = self._sampled(x, y, valid, own, step)
        if self._water is not None:
            self._flow(rgb, self._water, index, x, y, ahead, own, step)
        # With surroundings, nobody else fills in the rest.
        valid, ahead = valid[own], ahead[own]
        return rgb, valid if self._around is None else np.maximum(valid, ahead).astype(np.float32)

    def _sampled(self, x: Picture, y: Picture, valid: Picture, own: slice, step: float) -> Picture:
        """What (n, w, 3) the picture shows at places of it (m, w), in their ``own`` rows; the others are their rim."""
        over = None if self._around is None else _over(valid)[own]
        x, y = x[own], y[own]
        if self._around is None or over is None or (over == 1).all():
            return self._picture.sample(x, y, step)
        around, rgb = self._around, np.zeros((*x.shape, 3), np.float32)
        if over.any():
            within = _columns(over > 0)
            rgb[:, within] = self._picture.sample(x[:, within], y[:, within], step)
        beyond = _columns(over < 1)
        added = around.picture.sample(
            *around.places(x[:, beyond], y[:, beyond]), step * float(around.from_condition[1, 1])
        )
        rgb[:, beyond] = added + (rgb[:, beyond] - added) * cv2.merge([over[:, beyond]] * 3)
        return rgb

    def _flow(
        self,
        rgb: Picture,
        water: Water,
        index: int,
        x: Picture,
        y: Picture,
        ahead: NDArray[np.bool_],
        own: slice,
        step: float,
    ) -> None:
        """Let the water of some rows ``rgb`` (n, w, 3) of a frame look beside its places ``x`` and ``y`` (m, w)."""
        moves = (_laid(water.reach, *water.places(x, y)) > 0) & ahead
        if not moves[own].any():
            return
        found = _columns(moves[own])
        part = slice(max(0, found.start - _RIM), found.stop + _RIM)
        x, y, ahead = x[:, part], y[:, part], ahead[:, part]
        on_field, shift, shown = water.places(x, y), water.at(index), []
        for one in (shift.first, shift.second):
            aside = _laid(one, *on_field)
            there = water.within(x + aside[..., 0], y + aside[..., 1])
            shown.append(self._sampled(*there, self._valid(*there, ahead, step), own, step))
        still, share, gain = (
            _laid(one, *(place[own] for place in on_field)) for one in (water.base, shift.share, shift.gain)
        )
        mixed = shown[0] + (shown[1] - shown[0]) * share[..., None]
        mixed = np.clip(still + (mixed - still) * gain[..., None], 0.0, 1.0)
        np.copyto(rgb[:, part], mixed, where=moves[own, part, None])

    def seen(self, index: int, height: int, width: int) -> Picture:
        """The ``valid`` (h, w) of a whole frame alone: nothing is sampled."""
        step = self._pixels_per_pixel(index, height, width)
        seen = np.empty((height, width), np.float32)
        for rows in _strips(height):
            x, y, ahead = self._places(index, height, width, rows)
            valid = self._valid(x, y, ahead, step)
            seen[rows] = valid if self._around is None else np.maximum(valid, ahead)
        return seen

    def _valid(self, x: Picture, y: Picture, ahead: NDArray[np.bool_], step: float) -> Picture:
        """0..1 where the picture itself shows the place."""
        valid = np.asarray(_inside(x, y, self.size, step) * ahead, np.float32)
        if self.subject is not None:
            behind = cv2.remap(self.subject, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            valid = np.asarray(valid * (1.0 - behind), np.float32)
        return valid

    def out_of_reach(self) -> list[int]:
        """The frames that look farther beyond the picture than it goes on: its edge is repeated there."""
        if self._around is None:
            return []
        height, width = 18, max(1, round(18 * self.aspect))
        found = []
        for index in range(len(self.track)):
            x, y, ahead = self._places(index, height, width, slice(0, height))
            across, down = self._around.places(x, y)
            inside = _inside(across, down, self._around.picture.size, 1.0) * ahead
            if inside.mean() < _REACHED:
                found.append(index)
        return found

    def _pixels_per_pixel(self, index: int, height: int, width: int) -> float:
        """Condition pixels per pixel of the frame where the frame sees the picture.

        What is widened is not asked, or sharpness would change over a pan; up and down it is right there, too.
        """
        x, y = np.meshgrid(np.linspace(0, width - 1, 7), np.linspace(0, height - 1, 7))
        places = np.stack([x.ravel(), y.ravel()], 1)
        here, right, below = (
            self._unwidened(index, places + step, height, width) for step in ((0, 0), (1, 0), (0, 1))
        )
        across, down = right - here, below - here
        area = np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])
        rows, columns = self.size
        seen = np.isfinite(area) & (here > -0.5).all(1) & (here < [columns, rows]).all(1)
        area = area[seen] if seen.any() else area[np.isfinite(area)]
        return float(np.sqrt(np.median(area))) if len(area) else 1.0


def _laid(field: Picture, x: Picture, y: Picture) -> Picture:
    """A smooth field where its pixels ``x`` and ``y`` (h, w) say."""
    laid = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(laid, np.float32)


def _over(valid: Picture) -> Picture:
    """(h, w) 0..1, how far the picture lies over what was added to it: with a soft rim within itself."""
    rim = cv2.GaussianBlur(cv2.erode(valid, np.ones((3, 3), np.uint8)), (0, 0), 1.0)
    return np.asarray(np.minimum(rim, valid), np.float32)


def _columns(flags: NDArray[np.bool_]) -> slice:
    """The columns from the first to the last that has a flag; there must be one."""
    found = np.flatnonzero(flags.any(0))
    return slice(int(found[0]), int(found[-1]) + 1)


def _strips(rows: int) -> list[slice]:
    return [slice(top, min(rows, top + _STRIP)) for top in range(0, rows, _STRIP)]


def _grow(subject: Picture) -> Picture:
    """The matte of the painted subject with a rim added, where its edge is mixed into the picture."""
    rim = max(1, round(_SUBJECT_GROW * subject.shape[0]))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    return np.ascontiguousarray(cv2.dilate(np.clip(subject, 0.0, 1.0).astype(np.float32), disc))


def _inside(x: Picture, y: Picture, size: tuple[int, int], step: float) -> Picture:
    """1 inside the picture, 0 outside, over one pixel of the frame at its border."""
    rows, columns = size
    margin = np.minimum(np.minimum(x + 0.5, columns - 0.5 - x), np.minimum(y + 0.5, rows - 0.5 - y))
    return np.asarray(np.clip(margin / max(step, 1e-3) + 0.5, 0.0, 1.0))


def known_region(valid: Picture, matte: Picture, band_px: float) -> Picture:
    """Where the moved picture may be relied on: (h, w), 0..1; valid, and farther than a band from the actor.

    ``band_px`` is the band's width in pixels of these pictures; ``matte`` (h, w), 1 = subject.
    """
    away = matte <= 0.02
    if away.all():
        return np.asarray(np.clip(valid, 0.0, 1.0), np.float32)
    outside = np.clip(distance_inside(away) - band_px + 0.5 - (band_px == 0) * 0.5, 0.0, 1.0)
    return np.asarray(outside * np.clip(valid, 0.0, 1.0), np.float32)


def choose_anchor(
    track: Motion,
    aspect: float,
    condition_aspect: float,
    view: View | None = None,
    placement: Placement | None = None,
    present: NDArray[np.bool_] | None = None,
) -> int:
    """The frame at which the condition should fit, so that the shot shows the least beyond its borders.

    Frames in which the actor is ``present`` (T,) count more than those without.
    """
    count = len(track)
    candidates = np.unique(np.linspace(0, count - 1, min(count, 61)).round().astype(int))
    frames = np.unique(np.linspace(0, count - 1, min(count, 121)).round().astype(int))
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 17) * aspect, np.linspace(-0.5, 0.5, 17))
    grid = np.stack([x.ravel(), y.ravel()], 1)
    view, placement = view or View(aspect), placement or Placement()
    middle = np.array([view.x, view.y]) + view.height * np.array([placement.x, placement.y])
    half = view.height * np.array(placement.sides(condition_aspect, view.aspect)) / 2 + 1e-9
    seen, weights = [], None if present is None else np.where(present[frames], 1.0, _WITHOUT)
    for candidate in candidates:
        from_here = track.relative_to(int(candidate))
        moved = [_seen_from(from_here, index, grid) for index in frames]
        shown = [(np.abs(places - middle) <= half).all(1).mean() for places in moved]
        seen.append(float(np.average(shown, weights=weights)))
    best = np.flatnonzero(np.array(seen) > max(seen) - 1e-3)
    return int(candidates[min(best, key=lambda k: abs(candidates[k] - (count - 1) / 2))])


def _seen_from(track: Motion, index: int, points: Points) -> Points:
    x, y, ahead = track.look(int(index), points[:, 0], points[:, 1])
    return np.where(ahead[:, None], np.stack([x, y], 1), 1e3)
