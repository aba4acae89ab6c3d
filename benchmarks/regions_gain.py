"""What regions gain: shadow, camera and placement of shots read without regions, and with right ones drawn by hand.

No network is asked: ``regions.json`` has the outlines, in percent of the frame, of some frames of each shot, between
which they move in a straight line. The actor of the plate is whoever its matte shows. Besides the shots of
``--shots DIR``, with the marks of ``tests/data/marks``, there are the three clips of ``tests/data/rendered`` and a
shore of moving water that a camera pans along, whose cameras are known.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from actanywhere.camera.fit import apply, from_pixels
from actanywhere.camera.footing import share_at
from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from actanywhere.engines.protocol import Watch
from actanywhere.evaluation.against_marks import shadow_count
from actanywhere.evaluation.marks import drawn
from actanywhere.render.plate_regions import PlateRegions
from actanywhere.render.preflight import open_inputs
from actanywhere.render.scene import Scene, read_scene
from actanywhere.seeing.protocol import REGIONS, RegionMap
from actanywhere.seeing.readers import Readers
from actanywhere.shadow.pulled import PulledShadow
from tests.camera.staged import wall

from .machine import describe
from .records import Figure, Record

__all__ = ["measure_regions"]

_HERE = Path(__file__).parent
_DATA = _HERE.parent / "tests" / "data"
_SIZE = 384
_RENDERED = {
    "sunrise_truck": "held_00_sunrise_person_truck",
    "woods_pan": "held_01_woods_person_pan",
    "desert_car": "held_02_desert_car_handheld",
}
_DARK = 0.08
"""Share of the light, from which on a rendered effect is a shadow, as in ``evaluate --procedural``."""

Matrix = NDArray[np.float64]
Region = NDArray[np.bool_]


@dataclass(frozen=True)
class _Clip:
    """A shot, the ``regions`` of its plate and of its condition (``place``), shadows by frame counted from 0, and its
    true ``moves`` from the first frame, of the ground and of all else.
    """

    shot: Shot
    regions: dict[str, Any]
    place: dict[str, Any] | None
    shadows: dict[int, Region]
    moves: tuple[Matrix, Matrix] | None = None


def measure_regions(shots: Path | None, command: str) -> Iterator[Record]:
    """Two readings of every clip, side by side."""
    said = json.loads((_HERE / "regions.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        for clip in [*_real(shots, said), *_rendered(Path(name), said), _shore(Path(name), said)]:
            without, right = (_figures(clip, name, with_regions) for with_regions in (False, True))
            pairs = [
                Figure(f"{what}, {how}", value[what], unit)
                for what, unit in _COLUMNS
                for how, value in (("none", without), ("right", right))
            ]
            yield Record("regions", clip.shot.name, tuple(pairs), command, describe())


_COLUMNS = (
    ("shadow precision", ""),
    ("shadow recall", ""),
    ("camera off", "px"),
    ("camera off, 90th percentile", "px"),
    ("feet on ground", ""),
    ("horizons apart", "%"),
)


def _figures(clip: _Clip, folder: str, with_regions: bool) -> dict[str, float | None]:
    settings = Settings(camera="plate", size=_SIZE)
    with open_inputs(Job(clip.shot, f"{folder}/out", settings)) as inputs:
        readers, place, count = Readers({}), inputs.condition.pixels, len(inputs.frames)
        asked = iter(PlateRegions(lambda picture: None, count).asked)
        mattes = [inputs.matte.read(frame) for frame in inputs.frames]

        def regions_of(picture: NDArray[np.float32]) -> RegionMap | None:
            size = picture.shape[:2]
            if picture is place:
                return None if clip.place is None else _map(clip.place, size)
            index = next(asked)
            return _map(clip.regions, size, index, np.asarray(cv2.resize(mattes[index], size[::-1])))

        if with_regions:
            readers.regions_of = regions_of  # type: ignore[method-assign]
        scene = read_scene(inputs, Watch(), readers)
        first, rows = inputs.frames.first - inputs.plate.frames.first, inputs.plate.info.height
        laid = place.shape[1] / place.shape[0], inputs.view.aspect
    seen = shadow_count(*zip(*_shadows(clip, scene, first), strict=True)) if clip.shadows else None
    off = [one * rows for one in _camera_off(clip, scene)]
    feet, apart = _stands(clip, scene, laid)
    figures = {
        "shadow precision": None if seen is None else seen.precision,
        "shadow recall": None if seen is None else seen.recall,
        "camera off": float(np.median(off)) if off else None,
        "camera off, 90th percentile": float(np.quantile(off, 0.9)) if off else None,
        "feet on ground": feet,
        "horizons apart": apart,
    }
    return {name: None if value is None or np.isnan(value) else value for name, value in figures.items()}


def _at(keys: dict[str, Any], index: int) -> NDArray[np.float64]:
    """What is said of some frames, at frame ``index``: in a straight line between two, held beyond them."""
    frames = sorted(keys, key=int)
    values = np.array([np.atleast_1d(keys[one]) for one in frames], np.float64)
    places = [int(one) for one in frames]
    return np.array([np.interp(index, places, column) for column in values.T])


def _outline(points: NDArray[np.float64], size: tuple[int, int]) -> Region:
    shares = np.reshape(points, (-1, 2)) / 100 * [size[1], size[0]]
    return drawn([shares.ravel()], size[1], size[0])


def _labels(regions: dict[str, Any], size: tuple[int, int], index: int | None = None) -> NDArray[np.uint8]:
    """(h, w) the region of every pixel, by its place in ``REGIONS``; each outline lies over those before it."""
    labels = np.full(size, REGIONS.index(regions["first"]), np.uint8)
    for name, points in regions["parts"]:
        where = np.array(points, np.float64) if index is None else _at(points, index)
        labels[_outline(where, size)] = REGIONS.index(name)
    return labels


def _map(
    regions: dict[str, Any],
    size: tuple[int, int],
    index: int | None = None,
    actor: NDArray[np.float32] | None = None,
) -> RegionMap:
    labels = _labels(regions, size, index)
    if actor is not None:
        labels[actor > 0.5] = REGIONS.index("person")
    return RegionMap({name: np.float32(labels == place) for place, name in enumerate(REGIONS)}, "hand")


def _shadows(clip: _Clip, scene: Scene, first: int) -> Iterator[tuple[NDArray[np.float32], Region, Region]]:
    """Of each marked frame, what is laid, what is marked, and the actor."""
    shadow = scene.shadow.value
    for place, mark in clip.shadows.items():
        index = place - first
        if not 0 <= index < len(scene.clip.frames):
            continue
        pulled = isinstance(shadow, PulledShadow)
        laid = shadow.at(index, *mark.shape) if pulled else np.zeros(mark.shape, np.float32)
        yield laid, mark, np.asarray(cv2.resize(scene.clip.matte[index], mark.shape[::-1])) > 60


def _camera_off(clip: _Clip, scene: Scene) -> Iterator[float]:
    """How far the layer's ground, buildings and trees move otherwise than the plate's, in frame heights, by frames."""
    assert scene.backdrop.value is not None
    moves, shot = scene.backdrop.value.track.flat().transforms, scene.clip
    unit = from_pixels(*shot.size, shot.aspect)
    rim = np.ones((2 * round(shot.size[0] / 40) + 1,) * 2, np.uint8)
    for one, two in pairwise(shot.indices()):
        labels = _labels(clip.regions, shot.size, one)
        ground = labels == REGIONS.index("ground")
        still = np.isin(labels, [REGIONS.index(name) for name in ("ground", "upright", "foliage")])
        free = cv2.erode((still & (shot.matte[one] < 5)).astype(np.uint8) * 255, rim)
        here, there = _true(clip, free, ground, one, unit) if clip.moves else _followed(shot, free, one, unit)
        if len(here) >= 8:
            step = moves[two] @ np.linalg.inv(moves[one])
            yield float(np.median(np.linalg.norm(apply(step, here) - there, axis=1)))


def _true(
    clip: _Clip, free: NDArray[np.uint8], ground: Region, index: int, unit: Matrix
) -> tuple[Matrix, Matrix]:
    assert clip.moves is not None
    rows, columns = np.nonzero(free[::6, ::6])
    here = apply(unit, 6.0 * np.stack([columns, rows], 1))
    steps = [moves[index + 1] @ np.linalg.inv(moves[index]) for moves in clip.moves]
    on_ground = ground[6 * rows, 6 * columns]
    return here, np.where(on_ground[:, None], apply(steps[0], here), apply(steps[1], here))


def _followed(shot: Any, free: NDArray[np.uint8], index: int, unit: Matrix) -> tuple[Matrix, Matrix]:
    none = np.zeros((0, 2))
    one, two = (cv2.cvtColor(np.asarray(shot.rgb[k]), cv2.COLOR_RGB2GRAY) for k in (index, index + 1))
    points = cv2.goodFeaturesToTrack(one, 300, 0.01, 4, mask=free)
    if points is None:
        return none, none
    there, sure, _ = cv2.calcOpticalFlowPyrLK(one, two, points, None, winSize=(15, 15), maxLevel=4)
    back, again, _ = cv2.calcOpticalFlowPyrLK(two, one, there, None, winSize=(15, 15), maxLevel=4)
    good = (sure[:, 0] > 0) & (again[:, 0] > 0) & (np.linalg.norm((back - points)[:, 0], axis=1) < 0.3)
    here, moved = (apply(unit, one[good, 0].astype(np.float64)) for one in (points, there))
    return here, moved


def _stands(clip: _Clip, scene: Scene, laid: tuple[float, float]) -> tuple[float | None, float | None]:
    """The share of the feet on the place's ground (or water, where the plate's are), and how far, in percent of the
    frame's height, its horizon lies from the plate's.
    """
    if clip.place is None or scene.place is None or scene.place.standpoint is None:
        return None, None
    seen, placement = scene.place.standpoint, scene.placement.value
    marked = _map(clip.place, (100, 100))
    ground = marked.of("ground", clip.regions.get("stands", "ground"))
    feet = float((share_at(ground, seen.feet, placement, *laid) > 0.5).mean()) if len(seen.feet) else None
    own, other = clip.regions.get("horizon"), clip.place.get("horizon")
    if own is None or other is None:
        return feet, None
    row = placement.y + (other / 100 - 0.5) * placement.sides(*laid)[1]
    return feet, 100 * abs(row - (float(_at(own, seen.anchor)[0]) / 100 - 0.5))


def _real(shots: Path | None, said: dict[str, Any]) -> Iterator[_Clip]:
    for name, regions in said.items():
        if "frames" not in regions or shots is None:
            continue
        folder = shots / name
        matte = min((folder / "matte").iterdir()).name
        stills = folder / "plate"
        plate = (
            str(stills / f"{min(stills.iterdir()).name.rsplit('.', 2)[0]}.####.jpg")
            if stills.is_dir()
            else str(folder / "plate.mp4")
        )
        shot = Shot(
            name,
            ImageSequence(plate),
            Matte(str(folder / "matte" / f"{matte.rsplit('.', 2)[0]}.####.png")),
            Condition(str(folder / "condition.png")),
            FrameRange.parse(regions["frames"]),
        )
        marks = json.loads((_DATA / "marks" / f"{name}.json").read_text(encoding="utf-8"))
        shadows = {
            int(place): drawn(outlines, *marks["plate"]["size"])
            for place, outlines in (marks.get("plate") or {"shadows": {}})["shadows"].items()
        }
        yield _Clip(shot, regions["plate"], regions["place"], shadows)


def _rendered(folder: Path, said: dict[str, Any]) -> Iterator[_Clip]:
    """Each rendered clip, with the empty set of the next as its condition."""
    names = list(_RENDERED)
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        source = _DATA / "rendered" / _RENDERED[name]
        rgb, matte, effect = (_movie(source / f"{part}.mp4") for part in ("rgb", "matte", "effect"))
        place = _movie(_DATA / "rendered" / _RENDERED[other] / "background.mp4")[0]
        shot = _written(folder / name, rgb, [np.where(one > 127, 255, 0)[..., 0] for one in matte], place)
        told = json.loads((source / "clip.json").read_text(encoding="utf-8"))["transforms"]
        moves = tuple(np.reshape(told[part], (-1, 3, 3)) for part in ("floor", "back"))
        shadows = {k: one[..., 0] > 255 * _DARK for k, one in enumerate(effect)}
        yield _Clip(shot, said[name]["plate"], said[other]["place"], shadows, (moves[0], moves[1]))


def _shore(folder: Path, said: dict[str, Any]) -> _Clip:
    """A level pan along houses behind water, whose waves run the other way; who wades in it stands still in it."""
    rng = np.random.default_rng(3)
    height, width, frames = 270, 480, 16
    houses, water = wall(rng, round(0.15 * height), 3 * width), wall(rng, round(0.55 * height), 3 * width)
    pictures, mattes = [], []
    for index in range(frames):
        rgb = np.full((height, width, 3), (0.75, 0.8, 0.9), np.float32)
        for top, strip, pan in ((0.3, houses, 2.5), (0.45, water, -4.0)):
            shift = np.float32([[1, 0, -width + pan * index], [0, 1, 0]])
            row, size = round(top * height), (width, len(strip))
            rgb[row : row + len(strip)] = cv2.warpAffine(strip, shift, size)[: height - row]
        matte = np.zeros((height, width), np.uint8)
        matte[100:200, 220:260] = 255
        rgb[matte > 0] = (0.6, 0.2, 0.2)
        noisy = rgb + rng.normal(0, 0.006, rgb.shape)
        pictures.append(np.round(np.clip(noisy, 0, 1) * 255).astype(np.uint8)[..., ::-1])
        mattes.append(matte)
    moves = np.tile(np.eye(3), (frames, 1, 1))
    moves[:, 0, 2] = 2.5 * np.arange(frames) / height
    shot = _written(folder / "shore", pictures, mattes, pictures[0])
    none = {k: np.zeros((height, width), np.bool_) for k in range(frames)}
    return _Clip(shot, said["shore"]["plate"], None, none, (moves, moves))


def _written(folder: Path, pictures: Any, mattes: Any, place: Any) -> Shot:
    """A shot of frames (h, w, 3), blue first, and mattes (h, w)."""
    folder.mkdir()
    for index, (picture, matte) in enumerate(zip(pictures, mattes, strict=True)):
        cv2.imwrite(str(folder / f"plate.{1001 + index}.png"), picture)
        cv2.imwrite(str(folder / f"matte.{1001 + index}.png"), np.asarray(matte, np.uint8))
    cv2.imwrite(str(folder / "place.png"), place)
    plate, matte_path = (str(folder / f"{part}.####.png") for part in ("plate", "matte"))
    condition = Condition(str(folder / "place.png"), kind="background")
    return Shot(folder.name, ImageSequence(plate), Matte(matte_path), condition)


def _movie(path: Path) -> list[NDArray[np.uint8]]:
    """Frames (h, w, 3), blue first."""
    opened, frames = cv2.VideoCapture(str(path)), []
    while (read := opened.read())[0]:
        frames.append(np.asarray(read[1], np.uint8))
    return frames
