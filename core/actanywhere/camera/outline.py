"""The mask of an actor painted into the condition, even where their pose differs from the plate's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

_HEIGHT = 256
"""Pixels of the part of the picture that is looked at; more only costs time."""
_CORE, _REACH, _AROUND = 0.02, 0.2, 0.35
"""Shares of the actor's height: what is theirs for sure lies that deep inside of the matte; a limb may reach so far out
of it; and so much of the picture tells what the place looks like."""
_MOST_AGAIN = 1.1
"""So little may a second look add: the rest of a bucket, not a meadow."""
_GRAIN = 0.02
"""Distance of colours that means nothing."""
_COLOURS = 8
_SPECK = 0.015
"""A colour of so small a share of the samples is none of theirs: it may be the tip of a limb."""
_ALIKE = 0.6
"""A colour is taken for the actor's at first when it is so much nearer to theirs than to the place's."""
_MOST_GROWTH = 2.2
"""A subject that grows more than that has run into a place of their own colours."""


def whole_subject(picture: Picture, matte: Picture) -> Picture:
    """(h, w), 1 = the actor: the ``matte`` (h, w), where they were found in ``picture`` (h, w, 3) display, with what
    belongs to them beside it.

    Painters bend a knee and turn a foot. What has the actor's colours rather than those of the place around him, and
    hangs together with them, is theirs.
    """
    rows, columns = np.flatnonzero((matte > 0.5).any(1)), np.flatnonzero((matte > 0.5).any(0))
    if not len(rows):
        return matte
    tall = int(max(np.ptp(rows), np.ptp(columns))) + 1
    box = np.s_[
        max(0, rows[0] - round(_AROUND * tall)) : rows[-1] + round(_AROUND * tall) + 1,
        max(0, columns[0] - round(_AROUND * tall)) : columns[-1] + round(_AROUND * tall) + 1,
    ]
    part = matte[box]
    scale = min(1.0, _HEIGHT / max(part.shape))
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    place = np.ascontiguousarray(picture[box], np.float32)
    small = np.asarray(cv2.resize(place, size, interpolation=cv2.INTER_AREA), np.float32)
    inside = np.asarray(cv2.resize(np.ascontiguousarray(part), size, interpolation=cv2.INTER_AREA) > 0.5)
    found = _grab_cut(small, inside.astype(np.uint8), tall * scale)
    if found is None:
        return matte
    # What they hold has colours of its own, which are known to be theirs once some of it was found.
    again = _grab_cut(small, found, tall * scale)
    if again is not None and again.sum() <= _MOST_AGAIN * found.sum():
        found = again
    more = cv2.resize(found.astype(np.float32), part.shape[::-1], interpolation=cv2.INTER_LINEAR)
    whole = np.array(matte, np.float32)
    whole[box] = np.maximum(part, more)
    return whole


def _grab_cut(picture: Picture, inside: NDArray[np.uint8], tall: float) -> NDArray[np.uint8] | None:
    """The actor as GrabCut tells them from the place, or None when it cannot."""
    core = np.asarray(cv2.erode(inside, _disc(_CORE * tall)))
    around = np.asarray(cv2.dilate(inside, _disc(_REACH * tall)))
    if not core.any() or around.all():
        return None
    cv2.setRNGSeed(0)  # clusters begin at random
    to_actor, to_place = (_far_from(picture, picture[where > 0]) for where in (core, 1 - around))
    labels = np.full(inside.shape, cv2.GC_BGD, np.uint8)
    labels[around > 0] = cv2.GC_PR_BGD
    # Or a limb, seen nowhere else, would pass for a part of the place.
    labels[to_actor + _GRAIN < _ALIKE * to_place] = cv2.GC_PR_FGD
    labels[inside > 0] = cv2.GC_PR_FGD
    labels[core > 0] = cv2.GC_FGD
    if not np.isin(labels, (cv2.GC_BGD, cv2.GC_PR_BGD)).any():
        return None
    codes = np.ascontiguousarray(np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8))
    cv2.grabCut(codes, labels, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 6, cv2.GC_INIT_WITH_MASK)
    found = np.maximum(inside, np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8))
    _, islands = cv2.connectedComponents(found)
    whole = np.isin(islands, np.unique(islands[inside > 0])).astype(np.uint8)
    return whole if whole.sum() <= _MOST_GROWTH * inside.sum() else None


def _far_from(picture: Picture, samples: Picture) -> Picture:
    """(h, w): how far each colour is from the nearest of the few that ``samples`` (N, 3) are made of."""
    count = min(_COLOURS, len(samples))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-3)
    way = cv2.KMEANS_PP_CENTERS
    _, labels, colours = cv2.kmeans(np.ascontiguousarray(samples, np.float32), count, None, criteria, 1, way)  # type: ignore[call-overload]
    shares = np.bincount(np.asarray(labels).ravel(), minlength=count) / len(samples)
    colours = np.asarray(colours)[shares >= min(_SPECK, shares.max())]
    apart = np.linalg.norm(picture[..., None, :] - colours, axis=-1)
    return np.asarray(apart.min(-1), np.float32)


def _disc(radius: float) -> NDArray[np.uint8]:
    size = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
