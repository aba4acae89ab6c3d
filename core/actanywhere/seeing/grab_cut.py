"""Segments who the artist pointed at, without a network: GrabCut (Rother, Kolmogorov and Blake, 2004)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .protocol import Hint, Picture, Subject

_SIDE = 384
"""Pixels of the longer side at which colours are told apart."""
_ABOUT_POINT = 0.5
"""Side of the box that a lone point stands for, as a share of the picture's shorter side."""
_ROUNDS = 5
_SCORE = 0.3
"""A guess by colour: said to be one."""


class GrabCutSubjects:
    """The reader that is always here; it answers only where somebody pointed."""

    name = "GrabCut, a guess by colour"
    digest = "grab cut 1"

    def find(self, picture: Picture, hint: Hint | None = None) -> list[Subject]:
        """Those meant by ``hint`` in ``picture`` (h, w, 3); nobody without one."""
        if not hint:
            return []
        height, width = picture.shape[:2]
        scale = min(1.0, _SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
        masks = [self._in_box(small, box, scale, hint, size) for box in _boxes(hint, height, width)]
        found = []
        for mask in masks:
            if mask.any():
                soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)
                whole = np.asarray(
                    cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
                )
                found.append(Subject(np.clip(whole, 0, 1), _SCORE, self.name))
        return found

    def _in_box(
        self,
        small: Picture,
        box: tuple[float, float, float, float],
        scale: float,
        hint: Hint,
        size: tuple[int, int],
    ) -> NDArray[np.bool_]:
        cv2.setRNGSeed(0)  # clusters begin at random
        labels = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
        x, y, width, height = (round(value * scale) for value in box)
        labels[max(0, y) : y + max(2, height), max(0, x) : x + max(2, width)] = cv2.GC_PR_FGD
        for point in hint.points:
            centre = (round(point[0] * scale), round(point[1] * scale))
            cv2.circle(labels, centre, max(2, min(size) // 60), int(cv2.GC_FGD), -1)
        for strokes, what in ((hint.goes, cv2.GC_FGD), (hint.stays, cv2.GC_BGD)):
            if strokes is not None:
                labels[np.asarray(cv2.resize(strokes, size, interpolation=cv2.INTER_AREA)) > 0.3] = what
        sure = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
        if sure.all() or not sure.any():
            return sure
        codes = np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)
        way = cv2.GC_INIT_WITH_MASK
        cv2.grabCut(codes, labels, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS, way)
        mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
        return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))) > 0


def _boxes(hint: Hint, height: int, width: int) -> list[tuple[float, float, float, float]]:
    """A box for each that is meant."""
    side = _ABOUT_POINT * min(height, width)
    boxes = list(hint.boxes)
    boxes += [(x - side / 2, y - side / 2, side, side) for x, y in hint.points]
    if hint.goes is not None and (hint.goes > 0.3).any():
        rows, columns = np.nonzero(hint.goes > 0.3)
        reach = 0.15 * max(np.ptp(rows), np.ptp(columns)) + 0.03 * min(height, width)
        left, top = columns.min() - reach, rows.min() - reach
        boxes.append((left, top, np.ptp(columns) + 2 * reach, np.ptp(rows) + 2 * reach))
    return boxes
