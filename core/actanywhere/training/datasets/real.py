"""Worlds of real pictures: a panorama or a photograph around the stage, and movies as they are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...camera.fit import to_pixels
from .pictures import Bytes, Still, Take
from .procedural.geometry import INFINITY, Canvas, Matrix, floor_plane
from .procedural.scenery import Builder, Layer, World


def photo_world(rng: np.random.Generator, builder: Builder, still: Still) -> World:
    """The picture at infinity above the horizon, and lying on the floor below it, so that a dolly has parallax."""
    far, floor = builder.canvas(INFINITY), floor_plane(builder.stage.ground)
    near = builder.canvas(floor)
    view = (
        _Panorama.any(rng, still.pixels)
        if still.panorama
        else _Photograph.any(rng, still.pixels, [far, near])
    )
    layers = [Layer(view.paint(far), far, INFINITY)]
    _, v = near.grid()
    cover = np.clip((v - 0.02) * near.scale, 0, 1)
    alpha = np.broadcast_to((cover * 255).astype(np.uint8), (near.height, near.width))
    ground = np.dstack([(view.paint(near) * cover[..., None]).astype(np.uint8), alpha])
    layers.append(Layer(ground, near, floor, 1.0))
    main = floor if far.row(0) < 0.4 * far.height else INFINITY
    return World(f"{'panorama' if still.panorama else 'photograph'} {still.name}", layers, "picture", main)


@dataclass(frozen=True)
class _Panorama:
    pixels: Bytes
    yaw: float
    flip: int

    @classmethod
    def any(cls, rng: np.random.Generator, pixels: Bytes) -> _Panorama:
        return cls(pixels, float(rng.uniform(0, 2 * np.pi)), int(rng.choice((-1, 1))))

    def paint(self, canvas: Canvas) -> Bytes:
        height, width = self.pixels.shape[:2]
        u, v = canvas.grid()
        longitude = np.arctan(u * self.flip) + self.yaw
        latitude = np.arctan2(v, np.sqrt(1 + u * u))
        x = np.mod(longitude / (2 * np.pi) * width, width)
        x = np.broadcast_to(x, latitude.shape).astype(np.float32)
        y = ((latitude / np.pi + 0.5) * height - 0.5).astype(np.float32)
        picture = cv2.remap(self.pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
        return _crisp(np.asarray(picture, np.uint8))


@dataclass(frozen=True)
class _Photograph:
    pixels: Bytes
    centre: tuple[float, float]
    density: float

    @classmethod
    def any(cls, rng: np.random.Generator, pixels: Bytes, canvases: list[Canvas]) -> _Photograph:
        if rng.random() < 0.5:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
        height, width = pixels.shape[:2]
        low = np.min([(canvas.left, canvas.top) for canvas in canvases], axis=0)
        high = np.max([(c.left + c.width / c.scale, c.top + c.height / c.scale) for c in canvases], axis=0)
        spans = high - low
        density = float(min(width / spans[0], height / spans[1])) * float(rng.uniform(0.6, 1.0))
        spare = np.array([width, height]) - spans * density
        corner = spare * rng.uniform(0, 1, 2)
        return cls(
            pixels, (float(low[0] - corner[0] / density), float(low[1] - corner[1] / density)), density
        )

    def paint(self, canvas: Canvas) -> Bytes:
        step = self.density / canvas.scale
        x, y = (canvas.left - self.centre[0]) * self.density, (canvas.top - self.centre[1]) * self.density
        matrix = np.array([[step, 0, x], [0, step, y]])
        flags = (cv2.INTER_AREA if step > 1.5 else cv2.INTER_CUBIC) | cv2.WARP_INVERSE_MAP
        picture = cv2.warpAffine(self.pixels, matrix, (canvas.width, canvas.height), flags=flags,
                                 borderMode=cv2.BORDER_REFLECT)  # fmt: skip
        return np.asarray(picture, np.uint8)


def _crisp(picture: Bytes) -> Bytes:
    """A little unsharp mask: the pictures are small and get magnified."""
    return np.asarray(
        cv2.addWeighted(picture, 1.6, cv2.GaussianBlur(picture, (0, 0), 1.5), -0.6, 0), np.uint8
    )


def film_take(rng: np.random.Generator, take: Take, frames: int, height: int, width: int) -> Bytes:
    """``frames`` running frames of the take in a random crop, uint8 (T, height, width, 3)."""
    stride = int(rng.integers(1, max(min(3, (len(take.frames) - 1) // max(frames - 1, 1)), 1) + 1))
    start = int(rng.integers(0, len(take.frames) - (frames - 1) * stride))
    shots = [take.read(start + n * stride) for n in range(frames)]
    tall, wide = shots[0].shape[:2]
    zoom = min(tall / height, wide / width) * float(rng.uniform(0.6, 1.0))
    rows, columns = int(height * zoom), int(width * zoom)
    y, x = int(rng.integers(0, tall - rows + 1)), int(rng.integers(0, wide - columns + 1))
    mirror = int(rng.choice((-1, 1)))
    method = cv2.INTER_AREA if zoom > 1 else cv2.INTER_CUBIC
    cropped = [shot[y : y + rows, x : x + columns][:, ::mirror] for shot in shots]
    return np.stack(
        [np.asarray(cv2.resize(c, (width, height), interpolation=method), np.uint8) for c in cropped]
    )


def track(frames: Bytes) -> tuple[Matrix, bool]:
    """(T, 3, 3) similarities in unit coordinates, frame 0 to t, from tracked corners; identity when unsure."""
    count, height, width = frames.shape[:3]
    greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    onto_pixels = to_pixels(height, width, width / height)
    result = [np.eye(3)]
    for last, grey in itertools.pairwise(greys):
        step = _step(last, grey)
        if step is None:
            return np.tile(np.eye(3), (count, 1, 1)), False
        result.append(np.linalg.inv(onto_pixels) @ step @ onto_pixels @ result[-1])
    return np.stack(result), True


def _step(last: NDArray[np.uint8], grey: NDArray[np.uint8]) -> Matrix | None:
    corners = cv2.goodFeaturesToTrack(last, 120, 0.01, 6)
    if corners is None or len(corners) < 12:
        return None
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        last, grey, corners, np.empty_like(corners), winSize=(13, 13), maxLevel=2
    )
    kept = found.ravel() == 1
    if kept.sum() < 12:
        return None
    matrix, inliers = cv2.estimateAffinePartial2D(corners[kept], moved[kept], ransacReprojThreshold=1.5)
    if matrix is None or inliers.mean() < 0.45:
        return None
    return np.vstack([matrix, [0, 0, 1.0]])
