"""A camera from the actor alone, for green screens: while a foot stands on the ground, the ground moves with it.

Where the plate's background must not be used, or shows nothing (a grey or green screen), only the actor is left. The
foot on which they stand, or the wheel's lowest point, moves through the frame as the place around them does.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .track import CameraTrack

Pictures = NDArray[np.uint8]

_HEIGHT = 192
"""Pixels of the frame's height at which the actor's motion is measured."""
_FOOT = 0.07
"""Half the side of the piece that is followed from frame to frame, as a share of the actor's height."""
_REACH = (0.16, 0.02)
"""How far to look for it across and along the frame, in frame heights."""
_ALIKE = 0.45
"""Correlation below which the foot was not found again."""
_WINDOW = 4
"""Frames to each side over which the feet, which take turns, are heard together."""
_AGREED = 0.04
"""Frame heights a frame: when what the feet say is spread wider than this they are not believed."""
_DRIFT = 0.004
"""Frame heights a frame, about, by which the camera of a take drifts where the feet tell nothing."""
_SWAY = 0.006
"""Frame heights by which a hand-held camera sways."""


def actor_led_track(rgb: Pictures, matte: Pictures, aspect: float, seed: int) -> CameraTrack:
    """How the place moves around the actor, from ``rgb`` (T, h, w, 3) inside of ``matte`` (T, h, w; 255 = actor) alone.

    ``aspect`` is width over height of the frame. Where no foot is seen on the ground the camera drifts slowly; that
    drift, and a slight sway, are the ``seed``'s, so that every take has a move of its own, and nothing to build on.
    """
    count = len(rgb)
    steps, weights = np.zeros((count, 2)), np.zeros(count)
    held = np.zeros(count, bool)
    before = None
    for t in range(count):
        here = _actor_alone(rgb[t], matte[t], aspect)
        if before is not None:
            held[t] = np.array_equal(before[1], here[1]) and cv2.norm(before[0], here[0], cv2.NORM_INF) <= 8
            steps[t], weights[t] = _foot_step(*before, *here)
        before = here
    heard, seen = _heard(steps, weights, held)
    rng = np.random.default_rng([seed, 0xAC7])
    drift = rng.normal(0, _DRIFT, 2) * (1, 0.25)
    if seen:
        places = np.cumsum(heard, axis=0)
        reason = "led by what the actor stands on"
    else:
        places = np.cumsum(np.where(held[:, None], 0, drift), axis=0)
        reason = "the actor's feet are not seen on the ground: a slow drift, as the seed has it"
    places += _sway(rng, np.cumsum(~held))
    transforms = np.tile(np.eye(3), (count, 1, 1))
    transforms[:, :2, 2] = places - places[0]
    return CameraTrack(transforms, seen, reason, np.ones(count))


def _actor_alone(rgb: Pictures, matte: Pictures, aspect: float) -> tuple[Pictures, NDArray[np.bool_]]:
    """The actor on grey, and where they are, ``_HEIGHT`` pixels high in square pixels."""
    size = (max(16, round(_HEIGHT * aspect)), _HEIGHT)
    grey = cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    inside = cv2.resize(matte, size, interpolation=cv2.INTER_AREA) > 127
    return np.where(inside, grey, 128).astype(np.uint8), inside


def _foot_step(
    before: Pictures, before_inside: NDArray[np.bool_], here: Pictures, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], float]:
    """(2,) by how much the lowest piece of the actor moved since the frame before, in frame heights, and its weight.

    The weight is 0 when the frame cuts the feet off or the piece is not found again.
    """
    nothing = np.zeros(2), 0.0
    rows = np.flatnonzero(before_inside.any(1))
    if len(rows) < 8 or rows[-1] >= len(before) - 2 or not inside.any():
        return nothing
    half = max(4, round(_FOOT * (rows[-1] - rows[0])))
    ground = rows[-1] - max(1, half // 3)
    x = int(np.median(np.flatnonzero(before_inside[ground:].any(0))))
    y = int(rows[-1]) - half // 2
    wide, tall = (max(2, round(reach * _HEIGHT)) for reach in _REACH)
    edge = half + wide
    framed = [
        cv2.copyMakeBorder(part, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(128,))
        for part in (before, here)
    ]
    top, left = y + edge, x + edge
    piece = framed[0][top - half : top + half + 1, left - half : left + half + 1]
    around = framed[1][top - half - tall : top + half + 1 + tall, left - half - wide : left + half + 1 + wide]
    if piece.std() < 2:
        return nothing
    _, alike, _, (dx, dy) = cv2.minMaxLoc(cv2.matchTemplate(around, piece, cv2.TM_CCOEFF_NORMED))
    return np.array([dx - wide, dy - tall]) / _HEIGHT, max(0.0, alike - _ALIKE) ** 2


def _heard(
    steps: NDArray[np.float64], weights: NDArray[np.float64], held: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], bool]:
    """(T, 2) the ground's motion, and whether the feet agree on it. In a held frame nothing moves."""
    count = len(steps)
    weights = np.where(held, 0, weights)
    heard, spread = np.zeros((count, 2)), []
    for t in np.flatnonzero(~held):
        near = slice(max(0, t - _WINDOW), t + _WINDOW + 1)
        if weights[near].sum() < 1e-3:
            spread.append(np.inf)
            continue
        middle = [_weighted_median(steps[near, k], weights[near]) for k in (0, 1)]
        spread.append(_weighted_median(np.abs(steps[near, 0] - middle[0]), weights[near]))
        heard[t] = middle[0], 0.3 * middle[1]  # up and down is mostly the foot's own
    free = ~held
    if not spread or np.median(spread) > _AGREED:
        return np.zeros((count, 2)), False
    heard[free] = cv2.GaussianBlur(heard[free], (1, 5), 0, sigmaY=1.2, borderType=cv2.BORDER_REPLICATE)
    heard[0] = 0
    return heard, True


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def _sway(rng: np.random.Generator, times: NDArray[np.int64]) -> NDArray[np.float64]:
    """(T, 2) a slow, hand-held wander, at ``times`` (T,) in frames."""
    waves = [
        rng.normal(0, _SWAY, 2)
        / k
        * np.sin(2 * np.pi * k * times[:, None] / 60 + rng.uniform(0, 2 * np.pi, 2))
        for k in (1, 2, 3)
    ]
    return np.asarray(sum(waves), np.float64)
