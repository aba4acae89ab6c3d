"""Following background points from one frame into another."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .fit import Matrix, Points, apply, from_pixels

Points32 = NDArray[np.float32]

_FEATURES = 700
_ENOUGH = 40
"""Points on what stands still that are enough to follow nothing else."""
_SURE = (0.75, 0.25)
_WIDE_ENOUGH = 0.06
"""Share of the frame that what stands still has to take for that."""
_LIKENESS = 0.6
_RECOGNISE_WIDTH = 720
"""SIFT finds too little in a small picture as it is."""
_TEXTURE = 4e-5
"""Least corner strength (cv2.cornerMinEigenVal): gradients of about 0.8 grey levels a pixel both ways."""


@dataclass
class View:
    """A frame as the tracker keeps it.

    ``grey`` (h, w); ``background`` (h, w), 255 where points may be followed; ``points`` (N, 2) pixel places;
    ``transforms`` the frame's place in the shot by each model; ``support`` the most points that agreed in a
    later frame.
    """

    index: int
    aspect: float
    grey: NDArray[np.uint8]
    background: NDArray[np.uint8]
    points: NDArray[np.float32]
    transforms: dict[str, Matrix]
    support: int = 0
    doubtful: bool = False
    """Too little of it is known to stand still: points are followed everywhere off the actor."""

    @property
    def unit(self) -> Matrix:
        """From this view's pixels to unit coordinates."""
        return from_pixels(self.grey.shape[0], self.grey.shape[1], self.aspect)


def look(
    index: int,
    aspect: float,
    size: tuple[int, int],
    rgb: NDArray[np.float32],
    matte: NDArray[np.float32],
    still: NDArray[np.float32] | None = None,
) -> View:
    """What is needed of a frame, at ``size`` (height, width): where its background is, what to follow.

    ``still`` (h, w), any size, is how surely each part stands still (leaves: half). Points are followed where it is 1,
    else where it is not 0, else everywhere off the actor, as soon as that shows enough of them.
    """
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb, np.float32), cv2.COLOR_RGB2GRAY), np.float32)
    if grey.shape != size:
        grey = np.asarray(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
        matte = np.asarray(cv2.resize(matte, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
    picture = (np.clip(grey, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    background = _background(matte, max(3, round(0.03 * size[0])))
    if still is not None:
        sure = np.asarray(cv2.resize(still, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        for least in _SURE:
            trusted = np.where(sure > least, background, 0).astype(np.uint8)
            share = float((trusted > 0).mean())
            points = _points(picture, trusted, min(1.0, np.sqrt(4 * share)))
            if len(points) >= _ENOUGH and share > _WIDE_ENOUGH:
                return View(index, aspect, picture, trusted, points, {})
    points = _points(picture, background)
    return View(index, aspect, picture, background, points, {}, doubtful=still is not None)


def _background(matte: NDArray[np.float32], grow: int) -> NDArray[np.uint8]:
    """255 where a point may be followed: well outside of the actor, off the frame's border."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * grow + 1, 2 * grow + 1))
    actor = np.asarray(cv2.dilate((matte > 0.02).astype(np.uint8), disc))
    background = np.where(actor > 0, 0, 255).astype(np.uint8)
    rim = max(2, grow // 3)
    background[:rim], background[-rim:], background[:, :rim], background[:, -rim:] = 0, 0, 0, 0
    return background


def _points(grey: NDArray[np.uint8], background: NDArray[np.uint8], near: float = 1.0) -> NDArray[np.float32]:
    """(N, 2) pixel places with texture in both directions, spread over the background; ``near``, 0..1, is how much
    nearer to each other they may lie.
    """
    nothing = np.zeros((0, 2), np.float32)
    strength = np.asarray(cv2.cornerMinEigenVal(grey, 5))
    strongest = float(strength[background > 0].max()) if background.any() else 0.0
    if strongest <= _TEXTURE:
        return nothing
    apart = max(4.0, near * grey.shape[1] / 70)
    quality = max(_TEXTURE / strongest, 2e-4)
    found = cv2.goodFeaturesToTrack(grey, _FEATURES, quality, apart, mask=background, blockSize=5)
    return nothing if found is None else np.asarray(found, np.float32).reshape(-1, 2)


def follow(reference: View, view: View, guess: Matrix, levels: int) -> tuple[Points, Points]:
    """Matched points (N, 2), (N, 2) in unit coordinates: in ``reference``, and in ``view``.

    The reference is first moved by ``guess``, so that what is left to find is small whatever the camera's
    turn and zoom; only points that come back to where they started are kept. ``levels`` of the pyramid
    say how far to search.
    """
    height, width = view.grey.shape
    unit = view.unit
    warp = np.linalg.inv(unit) @ guess @ unit
    grey = reference.grey
    moved = apply(warp, reference.points.astype(np.float64))
    if not np.allclose(guess, np.eye(3), atol=1e-7):
        grey = np.asarray(cv2.warpPerspective(grey, warp, (width, height), flags=cv2.INTER_CUBIC), np.uint8)
    inside = _within(moved, view.background)
    if np.count_nonzero(inside) < 4:
        return np.zeros((0, 2)), np.zeros((0, 2))
    start = moved[inside].astype(np.float32).reshape(-1, 1, 2)
    there, seen = _flow(grey, view.grey, start, levels)
    back, seen_back = _flow(view.grey, grey, there, levels)
    astray = np.linalg.norm((back - start).reshape(-1, 2), axis=1)
    keep = seen & seen_back & (astray < 0.5 * max(1.0, width / 480))
    keep &= _alike(grey, view.grey, start.reshape(-1, 2), there.reshape(-1, 2)) > _LIKENESS
    source = reference.points[inside][keep].astype(np.float64)
    return apply(unit, source), apply(unit, there.reshape(-1, 2)[keep].astype(np.float64))


def _alike(
    grey: NDArray[np.uint8], onto: NDArray[np.uint8], points: Points32, there: Points32
) -> NDArray[np.float64]:
    """(N,) correlation of the patches about each point before and after: what stands still keeps its look, while
    waves, leaves and a crowd change theirs.
    """
    half = max(4, grey.shape[1] // 140)
    y, x = (part.astype(np.float32) for part in np.mgrid[-half : half + 1, -half : half + 1])
    first, second = (
        np.asarray(
            cv2.remap(
                picture,
                (places[:, 0, None, None] + x).reshape(-1, 2 * half + 1),
                (places[:, 1, None, None] + y).reshape(-1, 2 * half + 1),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float64,
        ).reshape(len(places), -1)
        for picture, places in ((grey, points), (onto, there))
    )
    first, second = (patch - patch.mean(1, keepdims=True) for patch in (first, second))
    size = np.sqrt((first**2).sum(1) * (second**2).sum(1))
    return np.asarray((first * second).sum(1) / np.maximum(size, 1e-9))


def _within(points: Points, background: NDArray[np.uint8]) -> NDArray[np.bool_]:
    height, width = background.shape
    inside = np.isfinite(points).all(1) & ((points > 4) & (points < [width - 5, height - 5])).all(1)
    place = np.round(points[inside]).astype(int)
    flags = np.zeros(len(points), np.bool_)
    flags[np.flatnonzero(inside)] = background[place[:, 1], place[:, 0]] > 0
    return flags


def _flow(
    grey: NDArray[np.uint8], onto: NDArray[np.uint8], points: NDArray[np.float32], levels: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Lucas-Kanade on a pyramid: where ``points`` (N, 1, 2) went, and which were found."""
    side = max(11, 2 * (grey.shape[1] // 90) + 1)
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 0.003)
    guess = points.copy()
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        grey, onto, points, guess, winSize=(side, side), maxLevel=levels, criteria=stop, minEigThreshold=1e-5
    )
    return np.asarray(there, np.float32), np.asarray(found).ravel() > 0


def recognise(reference: View, view: View) -> tuple[Points, Points]:
    """Matched points as in ``follow``, recognised by their look (SIFT): for jumps too far to follow."""
    sift = cv2.SIFT.create(nfeatures=2000, contrastThreshold=0.01)
    size = view.grey.shape[1]
    enlarged = max(1, round(_RECOGNISE_WIDTH / size))
    places: list[NDArray[np.float64]] = []
    looks = []
    for side in (reference, view):
        found, described = sift.detectAndCompute(
            _enlarge(side.grey, enlarged), _enlarge(side.background, enlarged)
        )
        if described is None or len(found) < 8:
            return np.zeros((0, 2)), np.zeros((0, 2))
        points = np.array([point.pt for point in found], np.float64)
        places.append((points + 0.5) / enlarged - 0.5)
        looks.append(np.asarray(described, np.float32))
    there = cv2.BFMatcher().knnMatch(looks[0], looks[1], k=2)
    sure = [pair[0] for pair in there if len(pair) == 2 and pair[0].distance < 0.8 * pair[1].distance]
    source = places[0][[match.queryIdx for match in sure]].reshape(-1, 2)
    target = places[1][[match.trainIdx for match in sure]].reshape(-1, 2)
    return apply(reference.unit, source), apply(view.unit, target)


def _enlarge(picture: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    if times == 1:
        return picture
    size = (picture.shape[1] * times, picture.shape[0] * times)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)
