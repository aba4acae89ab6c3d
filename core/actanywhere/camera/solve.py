"""A 3-D solve of the plate's camera by COLMAP (the extra 'solve'), and whether it is reliable."""

from __future__ import annotations

import importlib.util
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import ModelError
from .alignment import Frame
from .level import angles, gravity
from .mapping import Mapping, Step, write_frames

_ATTEMPTS = ((16.0, None), (4.0, None), (4.0, 0.7))
"""Degrees between the rays of the first pair, and the lens in frame heights that is held while the model grows. From a
narrow pair part of a long shot may fall onto one place; a short shot has no wide pair; and from a long lens, which is
COLMAP's guess, a short pan bends instead of finding its wide one.
"""
_SURE = 0.5
"""Pixels by which points miss where no other attempt is needed; else the one with the least is taken. With a lens that
was held they have to miss by less: water was solved with 0.57.
"""
_LEAST = 0.03
"""Share of such pairs without which no solve is believed, and none is tried."""
_STILL, _TORN, _LEAP, _TEAR = 2e-3, 0.1, 2.0, 4.0
"""Share of the usual step below which no camera stays, the noise of a solve alone is more; share of the steps that are
such; the usual steps that a leap from there is more than; and how often a step is more than the usual one and those
before and after it, where two parts are of different scale."""
_MEDIAN_DEPTH = 10.0
"""Units to the median point."""


@dataclass(frozen=True)
class SolveFacts:
    """What a solve is believed by: frames ``posed`` of ``frames``, ``points`` seen in four frames or more, the mean
    ``reprojection`` in pixels, the median triangulation ``angle`` and the largest ``roll`` in degrees, and the
    share of image pairs that are ``general``, neither a plane nor a turn.
    """

    frames: int
    posed: int = 0
    points: int = 0
    reprojection: float = 0.0
    angle: float = 0.0
    roll: float = 0.0
    general: float = 0.0
    focal: float = 1.0
    """In frame heights."""

    def __str__(self) -> str:
        if not self.posed:
            return f"0 of {self.frames} frames posed, {self.general:.0%} of the pairs with parallax"
        return (
            f"{self.posed} of {self.frames} frames posed, {self.points} points, {self.reprojection:.2f} px, "
            f"{self.angle:.1f}° between rays, {self.general:.0%} of the pairs with parallax, roll ±{self.roll:.1f}°"
        )


@dataclass(frozen=True)
class Solve:
    """A camera of the whole shot. ``doubt`` is why it is not to be believed, empty where it is.

    ``rotations`` (T, 3, 3) camera from world, x right, y down, z forward; ``centres`` (T, 3); ``up`` (3,) in the world.
    A frame without a pose lies between its neighbours. ``points`` (N, 3) of what stands still, seen in four frames or
    more, in the world.
    """

    facts: SolveFacts
    doubt: str
    rotations: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3, 3)))
    centres: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    up: NDArray[np.float64] = field(default_factory=lambda: np.array([0.0, -1.0, 0.0]))
    points: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))


def has_pycolmap() -> bool:
    """Whether a camera can be solved here."""
    return importlib.util.find_spec("pycolmap") is not None


def require_pycolmap() -> Any:
    """The module pycolmap. Raises ``ModelError`` that says how to get it."""
    try:
        import pycolmap
    except ImportError as error:
        raise ModelError(
            "The camera cannot be solved in three dimensions: pycolmap is not installed.",
            "pip install 'actanywhere[solve]', or render with --camera plate.",
        ) from error
    pycolmap.logging.minloglevel = 3
    return pycolmap


def doubt(facts: SolveFacts) -> str:
    """Why a solve with these facts is not believed, in words; empty where it is."""
    if facts.general < _LEAST:
        return f"{facts.general:.0%} of the image pairs show parallax: a plane, a pan, or nothing to follow"
    if facts.posed == 0:
        return "no model could be built: too little parallax, or nothing to follow"
    for wrong, words in (
        (facts.posed < 0.9 * facts.frames, f"only {facts.posed} of {facts.frames} frames hold together"),
        (facts.points < 300, f"only {facts.points} points are seen in four frames or more (300 are needed)"),
        (facts.reprojection >= 0.8, f"points miss by {facts.reprojection:.2f} pixels (0.8 at most)"),
        (
            not 1.5 <= facts.angle <= 15,
            f"rays meet at {facts.angle:.2f}°, where 1.5 to 15 can be believed",
        ),
        (facts.roll > 3, f"the camera would roll by {facts.roll:.1f}°, which no level camera does"),
        (
            not 0.4 <= facts.focal <= 3.2,
            f"the lens came out at {facts.focal * 24:.0f} mm over a height of 24: a short move aside does not fix "
            "it, and heights and angles would be wrong (10 to 77 mm can be believed)",
        ),
    ):
        if wrong:
            return words
    return ""


def torn(centres: NDArray[np.float64]) -> str:
    """Why a path (T, 3) is none that a camera went, in words; empty where it may be.

    Frames without enough depth between them fall onto one place, or come out too small, and the next leaps from there.
    """
    steps = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    around = np.maximum(np.maximum(steps[:-2], steps[2:]), usual)
    if (leaps := np.flatnonzero(steps[1:-1] > _TEAR * around)).size:
        return f"the camera would leap after frame {leaps[0] + 2} of the range: part of the range may solve"
    still = steps < _STILL * usual
    usual = float(np.median(steps[~still])) if still.any() and not still.all() else usual
    beside = np.convolve(still, [1, 0, 1], "same") > 0
    if still.sum() < _TORN * len(steps) or not (steps[beside & ~still] > _LEAP * usual).any():
        return ""
    return f"{still.sum() + 1} frames fall onto one place, and the next leaps from there: part of the range may solve"


def solve_camera(
    frame: Frame, count: int, focal: float | None = None, step: Step = lambda share: None
) -> Solve:
    """The camera of a shot of ``count`` frames; ``frame`` gives each one's picture and matte.

    The pictures are (h, w, 3) display and the mattes (h, w), 255 = subject, all 8-bit. ``focal`` is the lens in frame
    heights where it is known. ``step`` hears the share that is done; what it raises ends the solve. Takes about a
    second a frame. Raises ``ModelError`` where pycolmap is missing.
    """
    colmap = require_pycolmap()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_frames(folder, frame, count)
        mapping = Mapping(colmap, folder, size, count, focal, step)
        general = mapping.match()
        facts = SolveFacts(count, general=general)
        found = Solve(facts, doubt(facts))
        for attempt, (angle, lens) in enumerate(_ATTEMPTS if general >= _LEAST else ()):
            if focal is not None and lens is not None:
                continue
            best = mapping.map(angle, lens, attempt)
            other = found if best is None else _judged(best, size, count, general)
            if lens is not None and other.facts.reprojection >= _SURE:
                continue
            better = not other.doubt and other.facts.reprojection < found.facts.reprojection
            found = other if found.doubt or better else found
            if not found.doubt and found.facts.reprojection < _SURE:
                break
        step(1.0)
        return found


def _judged(best: Any, size: tuple[int, int], count: int, general: float) -> Solve:
    poses: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    numbers: dict[int, int] = {}
    for number, image in best.images.items():
        if image.has_pose:
            pose = image.cam_from_world()
            turn = np.asarray(pose.rotation.matrix(), np.float64)
            poses[int(image.name[:6])] = turn, -turn.T @ np.asarray(pose.translation, np.float64)
            numbers[number] = int(image.name[:6])
    rotations, centres = _between(poses, count)
    posed = np.stack([poses[index][0] for index in sorted(poses)])
    up = gravity(posed)
    tracks = [
        (point.xyz, [numbers[part.image_id] for part in point.track.elements if part.image_id in numbers])
        for point in best.points3D.values()
    ]
    lasting = [(np.asarray(xyz, np.float64), seen) for xyz, seen in tracks if len(set(seen)) >= 4]
    facts = SolveFacts(
        count,
        len(poses),
        len(lasting),
        float(best.compute_mean_reprojection_error()),
        _angle(lasting, centres),
        float(np.degrees(np.abs(angles(posed, up)[:, 0]).max())),
        general,
        float(next(iter(best.cameras.values())).params[0]) / size[0],
    )
    scale = _MEDIAN_DEPTH / _depth(lasting, rotations, centres)
    points = np.array([xyz for xyz, _ in lasting], np.float64).reshape(-1, 3)
    return Solve(facts, doubt(facts) or torn(centres), rotations, centres * scale, up, points * scale)


def _between(
    poses: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Poses of all frames: one that has none lies between its neighbours, or is its only neighbour's."""
    known = sorted(poses)
    flat = np.stack([np.append(poses[i][0].ravel(), poses[i][1]) for i in known])
    filled = np.stack([np.interp(range(count), known, column) for column in flat.T], 1)
    u, _, v = np.linalg.svd(filled[:, :9].reshape(-1, 3, 3))
    return np.asarray(u @ v, np.float64), np.asarray(filled[:, 9:], np.float64)


def _angle(points: list[tuple[NDArray[np.float64], list[int]]], centres: NDArray[np.float64]) -> float:
    """The median over the points of the largest angle, in degrees, between the rays that see each."""
    found = []
    for xyz, seen in points[:: max(1, len(points) // 500)]:
        rays = centres[seen] - xyz
        rays = rays / np.linalg.norm(rays, axis=1, keepdims=True)
        found.append(float(np.degrees(np.arccos(np.clip((rays @ rays.T).min(), -1, 1)))))
    return float(np.median(found)) if found else 0.0


def _depth(
    points: list[tuple[NDArray[np.float64], list[int]]],
    rotations: NDArray[np.float64],
    centres: NDArray[np.float64],
) -> float:
    depths = [float(rotations[seen[0], 2] @ (xyz - centres[seen[0]])) for xyz, seen in points]
    return max(float(np.median(depths)), 1e-9) if depths else 1.0
