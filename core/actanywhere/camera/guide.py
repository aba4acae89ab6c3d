"""The condition picture moved by the plate's camera: what is already known of every frame."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .fit import Matrix, apply, from_pixels, normalise
from .placement import Placement, condition_to_unit
from .pyramid import Pyramid
from .track import CameraTrack

__all__ = ["Guide", "Surroundings", "View", "choose_anchor", "known_region"]

Picture = NDArray[np.float32]

_LARGEST_ENLARGEMENT = 2
"""Powers of two by which a small condition is enlarged once, so that warping samples it finely."""
_SUBJECT_GROW = 0.03
_NEAREST_DEPTH = 0.05
"""Depth, relative to the anchor's centre, below which a tilted plane is too close to its horizon to use."""


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


class Guide:
    """The condition picture as it is seen from each frame of the shot.

    ``condition`` (hc, wc, 3) display, any size: it is laid into the track's reference frame as ``placement`` says,
    else it covers it, centred; what reaches beyond the frame there is used where the camera finds it. ``track`` maps
    that reference to each frame. ``aspect`` is the plate raster's. ``condition_subject`` (hc, wc), 1 = a subject
    painted into the picture, behind which the place is unknown, as it is in a ``hole`` (hc, wc) of the picture and
    beyond the borders (see ``within``). ``view`` is the part of the raster that the picture covers, if not all.
    """

    def __init__(
        self,
        condition: Picture,
        track: CameraTrack,
        aspect: float,
        condition_subject: Picture | None = None,
        hole: Picture | None = None,
        view: View | None = None,
        placement: Placement | None = None,
    ) -> None:
        self.track = track
        self.aspect = aspect
        self._picture = Pyramid(condition, _LARGEST_ENLARGEMENT)
        self._size = (condition.shape[0], condition.shape[1])
        view = view or View(aspect)
        self._to_unit = view.to_raster @ condition_to_unit(
            self._size[0], self._size[1], view.aspect, placement
        )
        self.subject = None if condition_subject is None else _grow(condition_subject)
        if hole is not None:
            self.subject = hole if self.subject is None else np.maximum(self.subject, hole)
        self._around: Surroundings | None = None

    def within(self, around: Surroundings | None) -> Guide:
        """The same guide, which knows what lies beyond the picture's borders and behind who was painted into it."""
        wider = copy.copy(self)
        wider._around = around
        return wider

    def views(self, height: int, width: int) -> list[Matrix]:
        """For each frame, of that size, the (3, 3) from its pixels to those of the condition."""
        return [self._to_condition(index, height, width) for index in range(len(self.track))]

    def _to_condition(self, index: int, height: int, width: int) -> Matrix:
        """(3, 3) from the pixels of a frame of that size to those of the condition."""
        moved = normalise(self.track.transforms[index]) @ self._to_unit
        return np.asarray(np.linalg.inv(moved) @ from_pixels(height, width, self.aspect))

    def frame(self, index: int, height: int, width: int) -> tuple[Picture, Picture]:
        """The moved picture ``rgb`` (h, w, 3) and ``valid`` (h, w), 0..1, of frame ``index`` at any size.

        Outside of its borders the picture repeats its edge and ``valid`` is 0.
        """
        to_condition = self._to_condition(index, height, width)
        x, y, depth = _places(to_condition, height, width)
        step = self._pixels_per_pixel(to_condition, height, width)
        valid = _inside(x, y, self._size, step) * (depth > _NEAREST_DEPTH)
        rgb = self._picture.sample(x, y, step)
        if self.subject is not None:
            behind = cv2.remap(self.subject, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            valid = valid * (1.0 - behind)
        if self._around is not None:
            return self._over_surroundings(self._around, rgb, valid, to_condition)
        return rgb, valid.astype(np.float32)

    def out_of_reach(self) -> list[int]:
        """The frames that mostly look farther beyond the picture than it goes on: its edge is repeated there."""
        if self._around is None:
            return []
        height, width = 18, max(1, round(18 * self.aspect))
        found = []
        for index in range(len(self.track)):
            to_around = self._around.from_condition @ self._to_condition(index, height, width)
            x, y, depth = _places(to_around, height, width)
            inside = _inside(x, y, self._around.picture.size, 1.0) * (depth > _NEAREST_DEPTH)
            if inside.mean() < 0.5:
                found.append(index)
        return found

    def _over_surroundings(
        self, around: Surroundings, rgb: Picture, valid: Picture, to_condition: Matrix
    ) -> tuple[Picture, Picture]:
        """The picture over what was added to it, and where the frame sees either: nobody else fills the rest in."""
        height, width = valid.shape
        to_around = around.from_condition @ to_condition
        x, y, depth = _places(to_around, height, width)
        step = self._pixels_per_pixel(to_condition, height, width) * float(around.from_condition[1, 1])
        inside = depth > _NEAREST_DEPTH
        added = around.picture.sample(x, y, step)
        rim = cv2.GaussianBlur(cv2.erode(valid.astype(np.float32), np.ones((3, 3), np.uint8)), (0, 0), 1.0)
        over = np.minimum(rim, valid)[..., None].astype(np.float32)
        return np.asarray(added + (rgb - added) * over, np.float32), np.maximum(valid, inside).astype(
            np.float32
        )

    def _pixels_per_pixel(self, to_condition: Matrix, height: int, width: int) -> float:
        """Condition pixels per pixel of the frame where the frame sees the picture."""
        x, y = np.meshgrid(np.linspace(0, width - 1, 7), np.linspace(0, height - 1, 7))
        places = np.stack([x.ravel(), y.ravel()], 1)
        here, right, below = (apply(to_condition, places + step) for step in ((0, 0), (1, 0), (0, 1)))
        across, down = right - here, below - here
        area = np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])
        rows, columns = self._size
        seen = np.isfinite(area) & (here > -0.5).all(1) & (here < [columns, rows]).all(1)
        area = area[seen] if seen.any() else area[np.isfinite(area)]
        return float(np.sqrt(np.median(area))) if len(area) else 1.0


def _grow(subject: Picture) -> Picture:
    """The matte of the painted subject with a rim added, where its edge is mixed into the picture."""
    rim = max(1, round(_SUBJECT_GROW * subject.shape[0]))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    return np.ascontiguousarray(cv2.dilate(np.clip(subject, 0.0, 1.0).astype(np.float32), disc))


def _places(to_condition: Matrix, height: int, width: int) -> tuple[Picture, Picture, Picture]:
    """Where in the condition each pixel of the frame looks, and how far in front of the camera that is."""
    columns, rows = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)[:, None]
    x, y, depth = (line[0] * columns + line[1] * rows + line[2] for line in to_condition)
    safe = np.where(depth > _NEAREST_DEPTH, depth, 1.0)
    limit = 1e6
    return (
        np.clip(x / safe, -limit, limit).astype(np.float32),
        np.clip(y / safe, -limit, limit).astype(np.float32),
        np.broadcast_to(depth, (height, width)).astype(np.float32),
    )


def _inside(x: Picture, y: Picture, size: tuple[int, int], step: float) -> Picture:
    """1 inside the picture, 0 outside, over one pixel of the frame at its border."""
    rows, columns = size
    margin = np.minimum(np.minimum(x + 0.5, columns - 0.5 - x), np.minimum(y + 0.5, rows - 0.5 - y))
    return np.asarray(np.clip(margin / max(step, 1e-3) + 0.5, 0.0, 1.0))


def known_region(valid: Picture, matte: Picture, band_px: float) -> Picture:
    """Where the moved picture may be relied on: (h, w), 0..1; valid, and farther than a band from the actor.

    ``band_px`` is the band's width in pixels of these pictures; ``matte`` (h, w), 1 = subject.
    """
    away = (matte <= 0.02).astype(np.uint8)
    if away.all():
        return np.asarray(np.clip(valid, 0.0, 1.0), np.float32)
    distance = cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = np.clip(distance - band_px + 0.5 - (band_px == 0) * 0.5, 0.0, 1.0)
    return np.asarray(outside * np.clip(valid, 0.0, 1.0), np.float32)


def choose_anchor(
    track: CameraTrack,
    aspect: float,
    condition_aspect: float,
    view: View | None = None,
    placement: Placement | None = None,
) -> int:
    """The frame at which the condition should fit, so that the shot shows the least beyond its borders."""
    count = len(track)
    candidates = np.unique(np.linspace(0, count - 1, min(count, 61)).round().astype(int))
    frames = np.unique(np.linspace(0, count - 1, min(count, 121)).round().astype(int))
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 17) * aspect, np.linspace(-0.5, 0.5, 17))
    grid = np.stack([x.ravel(), y.ravel()], 1)
    view, placement = view or View(aspect), placement or Placement()
    middle = np.array([view.x, view.y]) + view.height * np.array([placement.x, placement.y])
    half = view.height * np.array(placement.sides(condition_aspect, view.aspect)) / 2 + 1e-9
    back = [np.linalg.inv(track.transforms[i]) for i in frames]
    seen = []
    for candidate in candidates:
        onto = track.transforms[candidate]
        moved = [np.nan_to_num(apply(normalise(onto @ inverse), grid), nan=1e3) for inverse in back]
        seen.append(float(np.mean([(np.abs(places - middle) <= half).all(1).mean() for places in moved])))
    best = np.flatnonzero(np.array(seen) > max(seen) - 1e-3)
    return int(candidates[min(best, key=lambda k: abs(candidates[k] - (count - 1) / 2))])
