"""Connected components of a mask: the network's confidence in each, and how straight its outline is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .protocol import Picture

_SIDE = 512
"""Pixels of the longer side at which a mask is taken apart."""
_LEAST = 0.0008
"""Share of the picture below which a part is a speck."""
_THREAD = 0.008
"""Share of the longer side: what is thinner hangs on to whom it is nearest, and joins nobody."""
_HANGS = 0.3
"""Share of somebody's diagonal within which what is thin may hang on to them."""
_PASSES, _HIDDEN = 0.5, 0.04
"""What is thin and has less of itself than the first within anybody's reach passes behind them: a cable, a railing. Up
to the second, as a share of their diagonal, it may be a hand before it.
"""
_THREADBARE = 0.35
"""A part of which less is solid is made of threads: cables, twigs, a lattice."""
_LONG = 0.25
"""Share of a part's diagonal from which a straight edge is a long one."""
_STRAY = 0.012
"""Share of the diagonal by which an edge may stray from a straight line."""
_LEFT, _RIGHT = 0.1, 0.9
"""Between these a mask says neither yes nor no."""


@dataclass(frozen=True)
class Component:
    """One part of a mask: ``mask`` (h, w); ``crisp`` 0..1, the share of it that the network is sure of; ``straight``
    0..1, the share of its outline in long straight edges, as towers, frames and signs have them.
    """

    mask: Picture
    crisp: float
    straight: float


def components(mask: Picture) -> list[Component]:
    """The parts of ``mask`` (h, w), the largest first."""
    scale = min(1.0, _SIDE / max(mask.shape))
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    small = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)
    inside = (small > 0.5).astype(np.uint8)
    reach = 2 * max(1, round(_THREAD * max(size) / 2)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    solid = np.asarray(cv2.morphologyEx(inside, cv2.MORPH_OPEN, disc))
    count, labels, facts, _ = cv2.connectedComponentsWithStats(solid)
    large = [label for label in range(1, count) if facts[label, cv2.CC_STAT_AREA] >= _LEAST * small.size]
    if not large:
        return []
    owner, away = _nearest(np.isin(labels, large), np.asarray(labels))
    diagonals = np.hypot(facts[:, cv2.CC_STAT_WIDTH], facts[:, cv2.CC_STAT_HEIGHT])
    reach_of = away / diagonals[owner]
    _, threads = cv2.connectedComponents(inside & ~np.isin(labels, large).astype(np.uint8))
    within = np.bincount(threads.ravel(), (reach_of <= _HANGS).ravel()) / np.bincount(threads.ravel())
    passing = cv2.dilate(((threads > 0) & (within[threads] < _PASSES)).astype(np.uint8), disc) > 0
    hangs = reach_of <= np.where(passing, _HIDDEN, _HANGS)
    found = []
    for label in sorted(large, key=lambda one: -facts[one, cv2.CC_STAT_AREA]):
        own = (owner == label) & hangs
        whole = np.asarray(
            cv2.resize(own.astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
        )
        found.append(
            Component(np.asarray(mask * (whole > 0.5), np.float32), *_judged(small, own, labels == label))
        )
    return found


def _nearest(seeds: NDArray[np.bool_], labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], Picture]:
    """The label (h, w) of the seed nearest to each pixel, and how far away it is."""
    others = (~seeds).astype(np.uint8)
    away, places = cv2.distanceTransformWithLabels(others, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_place = np.zeros(int(places.max()) + 1, np.int32)
    of_place[places[seeds]] = labels[seeds]
    return np.asarray(of_place[places]), np.asarray(away, np.float32)


def _judged(small: Picture, own: NDArray[np.bool_], solid: NDArray[np.bool_]) -> tuple[float, float]:
    """How crisp a part is, and how straight its outline."""
    sure = np.count_nonzero(own & (small > _RIGHT))
    crisp = sure / max(1, int(np.count_nonzero(own & (small > _LEFT))))
    outlines, _ = cv2.findContours(solid.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = np.asarray(max(outlines, key=cv2.contourArea), np.int32)
    across, down = np.ptp(np.asarray(outline)[:, 0], axis=0) + 1
    diagonal = float(np.hypot(across, down))
    corners = np.asarray(cv2.approxPolyDP(outline, _STRAY * diagonal, True))[:, 0].astype(np.float64)
    following = np.roll(corners, -1, 0)
    lengths = np.linalg.norm(following - corners, axis=1)
    if np.count_nonzero(solid) < _THREADBARE * np.count_nonzero(own & (small > 0.5)):
        return float(crisp), 1.0
    last = np.array(solid.shape[::-1]) - 1
    at_border = (((corners <= 1) & (following <= 1)) | ((corners >= last - 1) & (following >= last - 1))).any(
        1
    )
    own_edges = lengths[~at_border]
    straight = own_edges[own_edges > _LONG * diagonal].sum() / max(1e-6, own_edges.sum())
    return float(crisp), float(straight)
