"""How the background moves: whether it is steady, and whether it moves as the plate's does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.dense_flow import dense_flow

Frames = NDArray[np.uint8]
Grey = NDArray[np.uint8]
Region = NDArray[np.bool_]

_STILL = 0.25
"""A plate whose background moves less than this, in pixels of 256 a frame, has no camera to agree with."""
_FEWEST = 8
_AGREED = 0.2
"""A plate's motion is believed where at least this share of its features moves alike."""
_FAINT = 0.1
"""Motion below this share of the plate's is not told from the noise of a layer that stands still."""
_NONE = np.zeros(6)


@dataclass(frozen=True)
class Motion:
    """The background's motion from frame to frame.

    ``steps`` (T - 1, 6): a, b, c, d, e, f of x' - x = a + b x + c y and y' - y = d + e x + f y, origin at the frame's
    centre, lengths in frame heights. ``support`` (T - 1,): the share of features that move so, 0 where too few were
    found (the step is 0 then). Features that the motion itself takes out of sight are not asked.
    """

    steps: NDArray[np.float64]
    support: NDArray[np.float64]


def warp_error(frames: Frames, outside: Region) -> float:
    """What is left between neighbouring frames once one is moved onto the other, 0..255; 0 is steady.

    Mean absolute difference of ``frames`` (T, H, W, 3) display after dense optical flow (DIS, "medium"), ``outside``
    (T, H, W) of the matte in both frames and where the flow stays inside of the frame. NaN if there is no such place.
    """
    height, width = frames.shape[1:3]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    found = []
    for (before, seen), (after, still) in pairwise(zip(frames, outside, strict=True)):
        back = dense_flow(_grey(after), _grey(before), cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        from_x, from_y = x + back[..., 0], y + back[..., 1]
        moved = cv2.remap(before, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        open_before = cv2.remap(_inner(seen), from_x, from_y, cv2.INTER_NEAREST, borderValue=0) > 0
        counted = open_before & (_inner(still) > 0)
        if counted.any():
            apart = np.abs(np.asarray(moved, np.float32) - after.astype(np.float32)).mean(2)
            found.append(float(apart[counted].mean()))
    return float(np.mean(found)) if found else float("nan")


def background_motion(frames: Frames, outside: Region) -> Motion:
    """The motion that most features of ``frames`` (T, H, W, 3), ``outside`` (T, H, W) of the matte, agree on."""
    greys, masks = [_grey(frame) for frame in frames], [_inner(where) for where in outside]
    found = [_step(greys[t], greys[t + 1], masks[t], masks[t + 1]) for t in range(len(frames) - 1)]
    steps = np.array([step for step, _ in found]).reshape(-1, 6)
    return Motion(steps, np.array([support for _, support in found]))


def camera_agreement(layer: Motion, plate: Motion, aspect: float = 1.0) -> float:
    """Cosine (-1..1) between the motion of the layer's background and that of the plate's; 1 is the plate's camera.

    Compared as displacements over the whole frame and over all frames at once. A layer that stands still gives 0, and
    one that moves less than a tenth as much as the plate less than its cosine, in proportion. NaN where the plate's
    camera stands still, or where its background has no single motion (water, a grey screen).
    """
    known = plate.support >= _AGREED
    if np.count_nonzero(known) < max(1, len(known) / 2):
        return float("nan")
    here, wanted = (_displacements(motion.steps[known], aspect) for motion in (layer, plate))
    if 256 * float(np.linalg.norm(wanted, axis=-1).mean()) < _STILL:
        return float("nan")
    wanted_length = float(np.linalg.norm(wanted))
    length = max(float(np.linalg.norm(here)), _FAINT * wanted_length)
    return float((here * wanted).sum()) / (length * wanted_length)


def _displacements(steps: NDArray[np.float64], aspect: float) -> NDArray[np.float64]:
    """(T - 1, 25, 2) how far each of 25 places in the frame moves."""
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 5) * aspect, np.linspace(-0.5, 0.5, 5))
    places = np.stack([np.ones(25), x.ravel(), y.ravel()], 1)
    return np.stack([steps[:, :3] @ places.T, steps[:, 3:] @ places.T], -1)


def _grey(rgb: NDArray[np.uint8]) -> Grey:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _inner(outside: Region) -> Grey:
    """The background without its rim towards the actor, where features belong to both."""
    rim = max(3, outside.shape[0] // 64)
    square = np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)
    return np.asarray(cv2.erode(outside.astype(np.uint8), square, borderValue=1), np.uint8)


def _step(before: Grey, after: Grey, seen: Grey, still: Grey) -> tuple[NDArray[np.float64], float]:
    """The motion between two frames and the share of features that agree: the better of two first guesses."""
    height = before.shape[0]
    corners = cv2.goodFeaturesToTrack(before, 400, 0.005, max(3.0, height / 50), mask=seen * 255, blockSize=5)
    if corners is None or len(corners) < _FEWEST:
        return _NONE, 0.0
    points = np.asarray(corners, np.float32).reshape(-1, 2)
    tries = [
        _fit(before, after, still, points, move) for move in (np.zeros(2), _pan(before, after, seen, still))
    ]
    return max(tries, key=lambda found: found[1])


def _pan(before: Grey, after: Grey, seen: Grey, still: Grey) -> NDArray[np.float64]:
    """(2,) the shift of the whole background, for moves too large to be followed from rest."""
    flat = [
        np.where(mask > 0, grey, grey[mask > 0].mean() if mask.any() else 0).astype(np.float64)
        for grey, mask in ((before, seen), (after, still))
    ]
    move, _ = cv2.phaseCorrelate(flat[0], flat[1], cv2.createHanningWindow(before.shape[::-1], cv2.CV_64F))
    return np.asarray(move, np.float64)


def _fit(
    before: Grey, after: Grey, still: Grey, points: NDArray[np.float32], move: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    height, width = before.shape
    here = _follow(before, after, points, (points + move).astype(np.float32))
    back = _follow(after, before, here, points)
    place = np.clip(np.round(here), 0, [width - 1, height - 1]).astype(int)
    inside = (here >= 0).all(1) & (here <= [width - 1, height - 1]).all(1)
    good = inside & (np.linalg.norm(back - points, axis=1) < 1.0) & (still[place[:, 1], place[:, 0]] > 0)
    if np.count_nonzero(good) < _FEWEST:
        return _NONE, 0.0
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    source, target = ((some[good] - centre) / height for some in (points, here))
    found, agree = cv2.estimateAffine2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=1.0 / height)
    if found is None:
        return _NONE, 0.0
    step = np.array([found[0, 2], found[0, 0] - 1, found[0, 1], found[1, 2], found[1, 0], found[1, 1] - 1])
    return step, float(np.count_nonzero(agree)) / max(
        _FEWEST, _expected(found, points, centre, height, still)
    )


def _expected(
    motion: NDArray[np.float64],
    points: NDArray[np.float32],
    centre: NDArray[np.float64],
    height: int,
    still: Grey,
) -> int:
    """How many of the features that motion leaves inside of the frame, outside of the matte."""
    there = (points - centre) / height @ motion[:, :2].T + motion[:, 2]
    place = np.round(there * height + centre).astype(int)
    inside = ((place >= 0) & (place < [still.shape[1], still.shape[0]])).all(1)
    x, y = place[inside].T
    return int(np.count_nonzero(still[y, x]))


def _follow(
    before: Grey, after: Grey, points: NDArray[np.float32], guess: NDArray[np.float32]
) -> NDArray[np.float32]:
    moved, _, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, guess.copy(), winSize=(21, 21), maxLevel=3, flags=cv2.OPTFLOW_USE_INITIAL_FLOW
    )
    return np.asarray(moved, np.float32).reshape(-1, 2)
