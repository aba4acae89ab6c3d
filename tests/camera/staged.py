"""A staged plate with known camera: a painted wall, an actor walking in front of it, grain and softness."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from actanywhere.camera.fit import to_pixels

Picture = NDArray[np.float32]


def wall(rng: np.random.Generator, height: int, width: int) -> Picture:
    """(h, w, 3) a picture with texture at all sizes, and some shapes with hard edges."""
    picture = np.zeros((height, width, 3), np.float32)
    for octave in range(3, 9):
        cells = rng.random((max(2, height * 2**octave // width), 2**octave, 3), np.float32) - 0.5
        picture += cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC) / octave
    for _ in range(60):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        size = rng.integers(width // 60, width // 12, 2)
        colour = [float(c) for c in rng.random(3) - 0.5]
        cv2.rectangle(picture, (x, y), (x + int(size[0]), y + int(size[1])), colour, -1, cv2.LINE_AA)
    picture = cv2.GaussianBlur(picture, (0, 0), 1.0)
    low, high = np.percentile(picture, (1, 99))
    return np.asarray(np.clip(0.1 + 0.8 * (picture - low) / (high - low), 0.0, 1.0), np.float32)


@dataclass
class StagedPlate:
    """Frames and mattes of ``wall`` seen by ``transforms`` (unit coordinates, wall fitted to frame 0)."""

    transforms: NDArray[np.float64]
    height: int
    width: int
    grain: float = 0.01
    softness: float = 0.7
    seed: int = 1

    @property
    def aspect(self) -> float:
        return self.width / self.height

    def frames(self) -> list[tuple[Picture, Picture]]:
        rng = np.random.default_rng(self.seed)
        over = 3  # the wall is this many times the frame, so that a moving camera does not run off it
        picture = wall(rng, self.height * over, self.width * over)
        actor = wall(rng, self.height, self.width)
        frame = to_pixels(self.height, self.width, self.aspect)
        centre = np.array([[1, 0, self.width], [0, 1, self.height], [0, 0, 1.0]])
        made = []
        for index, transform in enumerate(self.transforms):
            onto = frame @ transform @ np.linalg.inv(frame) @ np.linalg.inv(centre)
            size = (self.width, self.height)
            rgb = cv2.warpPerspective(picture, onto, size, flags=cv2.INTER_LANCZOS4)
            matte = self._walking(index)[..., None]
            walked = np.roll(actor, 3 * index, axis=1)
            rgb = cv2.GaussianBlur(rgb * (1 - matte) + walked * matte, (0, 0), self.softness)
            rgb = rgb + rng.normal(0, self.grain, rgb.shape)
            made.append((np.clip(rgb, 0, 1).astype(np.float32), matte[..., 0]))
        return made

    def _walking(self, index: int) -> Picture:
        x = self.width * (0.3 + 0.4 * index / max(1, len(self.transforms) - 1))
        centre = (int(x), int(0.6 * self.height))
        matte = np.zeros((self.height, self.width), np.float32)
        cv2.ellipse(matte, centre, (self.width // 9, self.height // 3), 10, 0, 360, 1.0, -1, cv2.LINE_AA)
        return matte


def similarity(zoom: float, turn: float, x: float, y: float) -> NDArray[np.float64]:
    """Scale, angle in radians, and a move in frame heights."""
    c, s = zoom * np.cos(turn), zoom * np.sin(turn)
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1.0]])


def handheld(count: int, pan: float = 0.3, zoom: float = 0.1, shake: float = 0.004) -> NDArray[np.float64]:
    """(T, 3, 3) a pan with a zoom, shaken by hand; identity at the first frame."""
    rng = np.random.default_rng(7)
    jolts = np.cumsum(rng.normal(0, shake, (count, 3)), 0) * 0.5 + rng.normal(0, shake, (count, 3))
    path = [
        similarity(1 + zoom * k / count, 0.5 * jolts[k, 2], pan * k / count + jolts[k, 0], jolts[k, 1])
        for k in range(count)
    ]
    first = np.linalg.inv(path[0])
    return np.stack([p @ first for p in path])


def turning(count: int, angle: float = 0.15, focal: float = 1.2) -> NDArray[np.float64]:
    """(T, 3, 3) a camera turned on a tripod: true homographies. ``focal`` in frame heights."""
    lens = np.diag([focal, focal, 1.0])
    made = []
    for k in range(count):
        a = angle * k / max(1, count - 1)
        turn = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
        tilt = np.array([[1, 0, 0], [0, np.cos(a / 2), -np.sin(a / 2)], [0, np.sin(a / 2), np.cos(a / 2)]])
        made.append(lens @ turn @ tilt @ np.linalg.inv(lens))
    return np.stack(made)
