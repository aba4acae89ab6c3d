"""Augmentation of mattes with the faults of real ones, so that the network does not trust them to the last pixel.

All mattes here are (T, H, W) float32, 1 = subject; what comes back is hard. Lengths are shares of the frame's height.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Mattes = NDArray[np.float32]


def augment_matte(matte: Mattes, rng: np.random.Generator) -> Mattes:
    """A hard copy of ``matte`` with one to three kinds of fault, each over a run of frames or all of them."""
    faulty: Mattes = (matte > 0.5).astype(np.float32)
    for name in rng.choice(list(KINDS), int(rng.integers(1, 4)), replace=False):
        faulty = KINDS[str(name)](faulty, rng)
    return faulty


def holes(matte: Mattes, rng: np.random.Generator) -> Mattes:
    """Spots of the actor are missing for a while, as where a keyer met its own colour in the costume."""
    seen, made = np.argwhere(matte > 0.5), matte.copy()
    for _ in range(int(rng.integers(1, 5)) if len(seen) else 0):
        _, y, x = seen[int(rng.integers(len(seen)))]
        axes = (rng.uniform(0.01, 0.06, 2) * matte.shape[1]).round().astype(int) + 1
        spot = np.ones(matte.shape[1:], np.float32)
        size = (int(axes[0]), int(axes[1]))
        cv2.ellipse(spot, (int(x), int(y)), size, float(rng.uniform(0, 180)), 0, 360, 0.0, -1)
        made[_run(len(matte), rng)] *= spot
    return made


def leaks(matte: Mattes, rng: np.random.Generator) -> Mattes:
    """Blobs of background that touch the actor are taken for the actor for a while."""
    run, blob = _run(len(matte), rng), _blobs(matte.shape, rng).astype(np.uint8)
    made = matte.copy()
    for t in range(len(matte))[run]:
        made[t] = np.maximum(made[t], _touching(blob, matte[t]))
    return made


def specks(matte: Mattes, rng: np.random.Generator) -> Mattes:
    """Dust: small dots, in every frame elsewhere, of actor in the background and of background in the actor."""
    made = matte.copy()
    height, width = matte.shape[1:]
    for frame in made:
        for _ in range(int(rng.integers(2, 16))):
            x, y = int(rng.integers(width)), int(rng.integers(height))
            radius = max(1, round(float(rng.uniform(0.003, 0.012)) * height))
            cv2.circle(frame, (x, y), radius, 1.0 - float(frame[y, x] > 0.5), -1)
    return made


def late(matte: Mattes, rng: np.random.Generator) -> Mattes:
    """The matte of one frame for another: late or early by one, or held on twos."""
    times = np.arange(len(matte))
    if rng.random() < 0.5:
        times = np.clip(times + int(rng.choice((-1, 1))), 0, len(matte) - 1)
    else:
        times = times // 2 * 2
    return np.ascontiguousarray(matte[times])


def smear(matte: Mattes, rng: np.random.Generator) -> Mattes:
    """Motion blur cut by a threshold: along its way the actor is too fat (all of the blur) or too lean (none)."""
    angle, length = rng.uniform(0, np.pi), float(rng.uniform(0.01, 0.05)) * matte.shape[1]
    size = max(3, round(length) | 1)
    kernel = np.zeros((size, size), np.uint8)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (size // 2)
    (x0, y0), (x1, y1) = (np.round(size // 2 + sign * reach).astype(int) for sign in (-1, 1))
    cv2.line(kernel, (int(x0), int(y0)), (int(x1), int(y1)), 1)
    change = cv2.dilate if rng.random() < 0.5 else cv2.erode
    return _each(matte, lambda frame: change(frame, kernel))


def boil(matte: Mattes, rng: np.random.Generator) -> Mattes:
    """Edges that boil: every frame a little fatter or leaner than the one before, as frame-by-frame roto is."""
    most = max(1.0, 0.02 * matte.shape[1])

    def breathe(frame: NDArray[np.float32]) -> NDArray[np.float32]:
        by = round(float(rng.uniform(-most, most)))
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(by) + 1,) * 2)
        return np.asarray((cv2.dilate if by > 0 else cv2.erode)(frame, disc), np.float32)

    return _each(matte, breathe)


def occluder(matte: Mattes, rng: np.random.Generator) -> Mattes:
    """Something passes before the actor: a bar, at any slant, moving or still, that the matte leaves out."""
    frames, height, width = matte.shape
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    slant = float(rng.normal(0, 0.25)) + (np.pi / 2 if rng.random() < 0.3 else 0)
    across = (xs - width / 2) * np.cos(slant) + (ys - height / 2) * np.sin(slant)
    wide = float(rng.uniform(0.02, 0.12)) * height
    seen = np.argwhere(matte > 0.5)
    if not len(seen):
        return matte.copy()
    time, y, x = seen[int(rng.integers(len(seen)))]  # at that frame it certainly covers a piece of the actor
    speed = float(rng.normal(0, 0.03)) * height
    made = matte.copy()
    for t in range(frames):
        middle = float(across[y, x]) + speed * (t - int(time))
        made[t][np.abs(across - middle) < wide / 2] = 0
    return made


#: What can be wrong with a matte, by name.
KINDS: dict[str, Callable[[Mattes, np.random.Generator], Mattes]] = {
    "holes": holes,
    "leaks": leaks,
    "specks": specks,
    "late": late,
    "smear": smear,
    "boil": boil,
    "occluder": occluder,
}


def _run(frames: int, rng: np.random.Generator) -> slice:
    first = int(rng.integers(frames))
    return slice(first, first + int(rng.integers(1, frames + 1)))


def _blobs(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.bool_]:
    """(H, W): smooth noise above a threshold."""
    height, width = shape[1:]
    coarse = rng.random((max(2, height // 24), max(2, width // 24)), dtype=np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth > rng.uniform(0.75, 0.95))


def _touching(blob: NDArray[np.uint8], frame: NDArray[np.float32]) -> NDArray[np.float32]:
    """The blobs that touch the actor; all of them when they are out of the picture."""
    if not frame.any():
        return blob.astype(np.float32)
    _, labels = cv2.connectedComponents(blob)
    near = np.unique(labels[cv2.dilate(frame, np.ones((5, 5), np.uint8)) > 0.5])
    return np.isin(labels, near[near > 0]).astype(np.float32)


def _each(
    matte: Mattes, change: Callable[[NDArray[np.float32]], NDArray[np.float32] | cv2.typing.MatLike]
) -> Mattes:
    return np.stack([np.asarray(change(frame), np.float32) for frame in matte])
