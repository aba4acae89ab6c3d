"""The plate's camera in three dimensions, by COLMAP (the extra 'solve'), and whether to believe it.

COLMAP's SIFT runs on the CPU: its GPU features carry a non-commercial licence. One pinhole camera and no lens
distortion: left free on a short shot, it runs away and bends everything.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import ModelError
from .level import angles, gravity

__all__ = ["Ground", "Solve", "SolveFacts", "doubt", "require_pycolmap", "solve_camera"]

Picture = NDArray[np.float32]

_WIDTH = 960
_FEATURES = 3000
_NEIGHBOURS = 10
_FIRST_ANGLE = 4.0
"""Degrees between the rays of the first pair; COLMAP asks 16, which neighbours in a short shot hardly have."""
_GENERAL = (2, 3)
"""COLMAP's kinds of image pairs that have parallax (calibrated, uncalibrated); 4 to 6 are planar or panoramic."""
_AROUND_FEET = (0.25, 0.12, 0.2)
"""Frame heights to each side of the feet, above and below them, in which points are taken for the ground."""
_FEWEST_ON_GROUND = 30


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
        return (
            f"{self.posed} of {self.frames} frames posed, {self.points} points, {self.reprojection:.2f} px, "
            f"{self.angle:.1f}° between rays, {self.general:.0%} of the pairs with parallax, roll ±{self.roll:.1f}°"
        )


@dataclass(frozen=True)
class Ground:
    """The level ground under the feet: ``height`` of the first camera over it in the solve's units, from ``points``."""

    height: float | None
    points: int
    reason: str


@dataclass(frozen=True)
class Solve:
    """A camera of the whole shot. ``doubt`` is why it is not to be believed, empty where it is.

    ``rotations`` (T, 3, 3) camera from world, x right, y down, z forward; ``centres`` (T, 3); ``focal`` in frame
    heights; ``up`` (3,) in the world. A frame without a pose lies between its neighbours.
    """

    facts: SolveFacts
    doubt: str
    rotations: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3, 3)))
    centres: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    focal: float = 0.0
    up: NDArray[np.float64] = field(default_factory=lambda: np.array([0.0, -1.0, 0.0]))
    ground: Ground = field(default_factory=lambda: Ground(None, 0, "no solve"))

    @property
    def attitude(self) -> NDArray[np.float64]:
        """(T, 2) roll and pitch (down), in degrees."""
        return np.asarray(np.degrees(angles(self.rotations, self.up)), np.float64)

    @property
    def horizons(self) -> NDArray[np.float64]:
        """(T,) where the horizon crosses the frame's middle column, in unit coordinates (0 = centre, y down)."""
        seen = self.rotations @ self.up
        return np.asarray(-self.focal * seen[:, 2] / seen[:, 1], np.float64)


def require_pycolmap() -> Any:
    """The module pycolmap. Raises ``ModelError`` that says how to get it."""
    try:
        import pycolmap
    except ImportError as error:
        raise ModelError(
            "The camera cannot be solved in three dimensions: pycolmap is not installed.",
            "pip install 'actanywhere[solve]', or use --camera plate.",
        ) from error
    pycolmap.logging.minloglevel = 3
    return pycolmap


def doubt(facts: SolveFacts) -> str:
    """Why a solve with these facts is not believed, in words; empty where it is."""
    if facts.posed == 0:
        return "no model could be built: the plate shows no parallax, or nothing to follow"
    for wrong, words in (
        (facts.posed < 0.9 * facts.frames, f"only {facts.posed} of {facts.frames} frames hold together"),
        (facts.points < 300, f"only {facts.points} points are seen in four frames or more (300 are needed)"),
        (facts.reprojection >= 0.8, f"points miss by {facts.reprojection:.2f} pixels (0.8 at most)"),
        (
            not 1.5 <= facts.angle <= 15,
            f"rays meet at {facts.angle:.1f}°, where 1.5 to 15 can be believed",
        ),
        (facts.general < 0.03, f"{facts.general:.0%} of the image pairs show parallax: a plane, or a pan"),
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


def solve_camera(frames: Iterable[tuple[Picture, Picture]]) -> Solve:
    """The camera of a shot: ``rgb`` (h, w, 3) display 0..1 and ``matte`` (h, w), 1 = subject, of every frame.

    Takes about a second a frame. Raises ``ModelError`` where pycolmap is missing.
    """
    colmap = require_pycolmap()
    with tempfile.TemporaryDirectory() as folder:
        size, feet = _write(Path(folder), frames)
        best, general = _map(colmap, Path(folder))
        if best is None:
            facts = SolveFacts(len(feet), general=general)
            return Solve(facts, doubt(facts))
        return _judged(best, size, feet, general)


def _write(
    folder: Path, frames: Iterable[tuple[Picture, Picture]]
) -> tuple[tuple[int, int], list[tuple[float, float] | None]]:
    """The frames and masks as COLMAP reads them; their size, and where the actor's feet are in each."""
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    size, feet = (0, 0), []
    for index, (rgb, matte) in enumerate(frames):
        width = min(_WIDTH, rgb.shape[1])
        size = (round(rgb.shape[0] * width / rgb.shape[1]), width)
        small = np.asarray(cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_AREA))
        actor = np.asarray(cv2.resize(matte, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
        picture = np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)[..., ::-1]
        grown = cv2.dilate((actor > 0.04).astype(np.uint8), np.ones((9, 9), np.uint8))
        cv2.imwrite(str(folder / "images" / f"{index:06d}.png"), picture)
        cv2.imwrite(str(folder / "masks" / f"{index:06d}.png.png"), (1 - np.asarray(grown)) * 255)
        feet.append(_feet(actor))
    return size, feet


def _feet(actor: Picture) -> tuple[float, float] | None:
    """Where the actor stands, in pixels; None where they are cut off by the frame's lower border, or absent."""
    rows, columns = np.nonzero(actor > 0.5)
    if len(rows) < 20 or rows.max() > 0.97 * actor.shape[0]:
        return None
    return float(columns[rows > rows.max() - 0.04 * actor.shape[0]].mean()), float(rows.max())


def _map(colmap: Any, folder: Path) -> tuple[Any, float]:
    """COLMAP's largest model, or None, and the share of image pairs that have parallax."""
    database, images = str(folder / "database.db"), str(folder / "images")
    reader = colmap.ImageReaderOptions()
    reader.mask_path, reader.camera_model = str(folder / "masks"), "SIMPLE_PINHOLE"
    extract = colmap.FeatureExtractionOptions()
    extract.use_gpu, extract.sift.max_num_features = False, _FEATURES
    single = colmap.CameraMode.SINGLE
    colmap.extract_features(
        database, images, camera_mode=single, reader_options=reader, extraction_options=extract
    )
    match, pairs = colmap.FeatureMatchingOptions(), colmap.SequentialPairingOptions()
    match.use_gpu, pairs.overlap = False, _NEIGHBOURS
    colmap.match_sequential(database, pairing_options=pairs, matching_options=match)
    kinds = [int(found.config) for found in colmap.Database.open(database).read_two_view_geometries()[1]]
    kinds = [kind for kind in kinds if kind > 1]
    general = sum(kind in _GENERAL for kind in kinds) / max(1, len(kinds))
    options = colmap.IncrementalPipelineOptions()
    options.min_model_size = 5
    options.mapper.init_min_tri_angle = _FIRST_ANGLE
    (folder / "models").mkdir()
    models = colmap.incremental_mapping(database, images, str(folder / "models"), options=options)
    return max(models.values(), key=lambda model: model.num_reg_images(), default=None), general


def _judged(
    best: Any, size: tuple[int, int], feet: list[tuple[float, float] | None], general: float
) -> Solve:
    poses: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    numbers: dict[int, int] = {}
    for number, image in best.images.items():
        if image.has_pose:
            pose = image.cam_from_world()
            turn = np.asarray(pose.rotation.matrix(), np.float64)
            poses[int(image.name[:6])] = turn, -turn.T @ np.asarray(pose.translation, np.float64)
            numbers[number] = int(image.name[:6])
    rotations, centres = _between(poses, len(feet))
    posed = np.stack([poses[index][0] for index in sorted(poses)])
    up = gravity(posed)
    roll = float(np.degrees(np.abs(angles(posed, up)[:, 0]).max()))
    tracks = [
        (point.xyz, [numbers[part.image_id] for part in point.track.elements if part.image_id in numbers])
        for point in best.points3D.values()
    ]
    lasting = [(np.asarray(xyz, np.float64), seen) for xyz, seen in tracks if len(set(seen)) >= 4]
    focal = float(next(iter(best.cameras.values())).params[0]) / size[0]
    facts = SolveFacts(
        len(feet),
        len(poses),
        len(lasting),
        float(best.compute_mean_reprojection_error()),
        _angle(lasting, centres),
        roll,
        general,
        focal,
    )
    scale = 10.0 / _depth(lasting, rotations, centres)
    ground = _ground(lasting, rotations, centres, focal, up, size, feet, scale)
    return Solve(facts, doubt(facts), rotations, centres * scale, focal, up, ground)


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


def _ground(
    points: list[tuple[NDArray[np.float64], list[int]]],
    rotations: NDArray[np.float64],
    centres: NDArray[np.float64],
    focal: float,
    up: NDArray[np.float64],
    size: tuple[int, int],
    feet: list[tuple[float, float] | None],
    scale: float,
) -> Ground:
    """Level ground through the points about the feet: the normal is up, and its height is what they agree on."""
    side, above, below = (part * size[0] for part in _AROUND_FEET)
    heights = []
    for xyz, seen in points:
        for index in seen:
            foot = feet[index]
            ray = rotations[index] @ (xyz - centres[index])
            if foot is None or ray[2] <= 0:
                continue
            x, y = focal * size[0] * ray[:2] / ray[2] + [size[1] / 2, size[0] / 2]
            if abs(x - foot[0]) < side and -above < y - foot[1] < below:
                heights.append(float((centres[0] - xyz) @ up))
                break
    if len(heights) < _FEWEST_ON_GROUND:
        return Ground(None, len(heights), f"only {len(heights)} points lie about the actor's feet")
    middle = float(np.median(heights))
    spread = float(np.median(np.abs(np.array(heights) - middle)))
    if middle <= 0 or spread > 0.15 * middle:
        return Ground(None, len(heights), "the points about the actor's feet lie at no one height")
    return Ground(middle * scale, len(heights), f"{len(heights)} points about the actor's feet")
