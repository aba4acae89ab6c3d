"""How far the place slides under the actor's feet, how far its uprights lean, and how like it is, in 3-D and flat.

``python -m benchmarks.slide`` makes a dolly past cards, a wall and textured ground, with an actor who walks and a
camera that is known; ``--plate FILES --matte FILES --condition FILE`` measures a shot by its own optical flow. Every
camera moves the condition as ``render`` would; nothing is painted. Pixels are those of a frame of 540 rows.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from actanywhere.camera.fit import from_pixels
from actanywhere.camera.ground import feet_of
from actanywhere.camera.motion import Motion
from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, ImageSequence, Matte, Shot
from actanywhere.engines.protocol import Watch
from actanywhere.render.preflight import open_inputs
from actanywhere.render.scene import Scene, read_scene
from tests.camera.set3d import EYE, FOCAL, HEIGHT, WALL, WIDTH, codes, frames, look
from tests.camera.staged import wall

_ROWS = 540
_SIZE = 384
Points = NDArray[np.float64]
Moved = Callable[[int], tuple[Points, Points]]
"""Points (N, 2) about the feet in a frame and where the plate has them in the next, in unit coordinates."""


def main() -> None:
    """Measure, and print a line for each camera."""
    parser = argparse.ArgumentParser("python -m benchmarks.slide", description=__doc__)
    for name in ("plate", "matte", "condition"):
        parser.add_argument("--" + name)
    parser.add_argument("--cameras", nargs="+", default=["plate", "3d"])
    parser.add_argument(
        "--track", default="", help="A camera that leads where 'tracked' is among the cameras."
    )
    parser.add_argument("--horizon", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        truth = None
        if args.plate is None:
            args.plate, args.matte, args.condition, truth = _staged(Path(name))
        for camera in args.cameras:
            scene = _scene(args, camera, name, args.condition, args.horizon)
            assert scene.backdrop.value is not None
            track = scene.backdrop.value.track
            slides = [_slide(track, k, *_flow(scene, k)) for k in range(len(track) - 1)]
            told = _told(np.array([s for s in slides if s is not None]), "by the plate's flow")
            if truth is not None:
                turns, places = truth
                moved = [_slide(track, k, *_true(turns, places, k)) for k in range(len(track) - 1)]
                told += "; " + _told(np.array([s for s in moved if s is not None]), "by the true camera")
                told += f"; uprights lean {_lean(track, turns, places):.2f} degrees at most"
                told += _likeness(args, camera, Path(name), turns, places)
            print(f"{camera}: used {scene.camera.value}; feet slide {told}", flush=True)
            for line in (scene.camera.reason, *scene.camera.warnings):
                print(f"  {line}", flush=True)


def _told(slides: Points, how: str) -> str:
    return (
        f"{np.median(slides):.2f} px a frame (worst {slides.max():.2f}) {how}"
        if len(slides)
        else f"unknown {how}"
    )


def _likeness(args: argparse.Namespace, camera: str, folder: Path, turns: Points, places: Points) -> str:
    """PSNR of a picture of the set, moved, against the set without the actor."""
    made = frames(turns, places, walk=_WALK, empty=True)
    condition = str(folder / "empty.png")
    cv2.imwrite(condition, np.round(made[_SHOWN][0][..., ::-1] * 255).astype(np.uint8))
    far = np.array([[0.0, EYE, 1e6], [0.0, EYE, WALL]])
    row, foot = HEIGHT * (0.5 + _seen(turns, places, _SHOWN, far)[:, 1])
    scene = _scene(args, camera, str(folder), condition, f"{row:.1f},{foot:.1f}", 1001 + _SHOWN, "0,0,1")
    backdrop, errors = scene.backdrop.value, [list[float](), list[float]()]
    assert backdrop is not None
    for index, (truth, matte) in enumerate(made):
        moved, _ = backdrop.frame(index, HEIGHT, WIDTH, slice(0, HEIGHT))
        apart = ((moved - truth) ** 2).mean(2)
        away = cv2.distanceTransform((matte == 0).astype(np.uint8), cv2.DIST_L2, 5)
        for found, where in zip(errors, (away > 0, (away > 0) & (away < 0.08 * HEIGHT)), strict=True):
            found.append(float(apart[where].mean()))
    background, contact = (-10 * np.log10(np.mean(found)) for found in errors)
    return f"; a picture of the set, moved: {background:.1f} dB, in the contact band {contact:.1f}"


def _scene(
    args: argparse.Namespace,
    camera: str,
    folder: str,
    condition: str,
    horizon: str,
    anchor: int | None = None,
    place: str = "auto",
) -> Scene:
    track = args.track if camera == "tracked" else ""
    paths = [os.path.abspath(path) for path in (args.plate, args.matte, condition)]
    shot = Shot(
        "slide", ImageSequence(paths[0]), Matte(paths[1]), Condition(paths[2], "background"), None, track
    )
    settings = Settings(
        camera=camera,
        shadow="none",
        size=_SIZE,
        horizon="" if camera in ("plate", "ground") else horizon,
        anchor=anchor,
        place=place,
    )
    with open_inputs(Job(shot, os.path.join(folder, "out"), settings)) as inputs:
        return read_scene(inputs, Watch())


def _slide(track: Motion, index: int, here: Points, there: Points) -> float | None:
    """By how far the layer's ground moves otherwise than the plate's, from one frame to the next."""
    if len(here) < 4:
        return None
    x, y, ahead = track.look(index, here[:, 0], here[:, 1])
    step = 1e-4
    base, right, below = (
        np.stack(track.look(index + 1, there[:, 0] + dx, there[:, 1] + dy)[:2], 1)
        for dx, dy in ((0, 0), (step, 0), (0, step))
    )
    local = np.stack([right - base, below - base], 2) / step
    apart = np.linalg.solve(local[ahead], (np.stack([x, y], 1) - base)[ahead][..., None])[..., 0]
    return float(np.linalg.norm(np.median(apart, axis=0))) * _ROWS


def _flow(scene: Scene, index: int) -> tuple[Points, Points]:
    """Points of the plate about the feet, followed to the next frame."""
    clip, none = scene.clip, (np.zeros((0, 2)), np.zeros((0, 2)))
    feet = feet_of(clip.matte[index])
    if feet is None:
        return none
    height, width = clip.size
    where = np.zeros((height, width), np.uint8)
    (x, y), reach = feet, (0.25 * height, 0.15 * height)
    where[
        max(0, int(y - reach[1] / 3)) : int(y + reach[1]), max(0, int(x - reach[0])) : int(x + reach[0])
    ] = 255
    rim = np.ones((2 * round(height / 40) + 1,) * 2, np.uint8)
    where[cv2.dilate(np.asarray(clip.matte[index]), rim) > 5] = 0
    one, two = (cv2.cvtColor(np.asarray(clip.rgb[k]), cv2.COLOR_RGB2GRAY) for k in (index, index + 1))
    points = cv2.goodFeaturesToTrack(one, 150, 0.005, 3, mask=where)
    if points is None:
        return none
    there, sure, _ = cv2.calcOpticalFlowPyrLK(one, two, points, None, winSize=(15, 15), maxLevel=4)
    back, again, _ = cv2.calcOpticalFlowPyrLK(two, one, there, None, winSize=(15, 15), maxLevel=4)
    good = (sure[:, 0] > 0) & (again[:, 0] > 0) & (np.linalg.norm((back - points)[:, 0], axis=1) < 0.5)
    unit = from_pixels(height, width, clip.aspect)

    def placed(pixels: NDArray[np.float32]) -> Points:
        return np.asarray(pixels[good, 0] * np.diag(unit)[:2] + unit[:2, 2], np.float64)

    return placed(points), placed(there)


_WALK, _SHOWN = 0.05, 12
"""Metres a frame, and the frame whose picture of the set is moved."""


def _staged(folder: Path) -> tuple[str, str, str, tuple[Points, Points]]:
    count = 24
    turns = np.stack([look(9 + 0.1 * k, -0.8 * k, 0.2 * np.sin(k)) for k in range(count)])
    places = np.array([[0.07 * k, 0.0, 0.03 * k] for k in range(count)])
    for index, (picture, matte) in enumerate(codes(frames(turns, places, walk=_WALK))):
        cv2.imwrite(str(folder / f"plate.{1001 + index}.png"), picture[..., ::-1])
        cv2.imwrite(str(folder / f"matte.{1001 + index}.png"), matte)
    place = wall(np.random.default_rng(9), HEIGHT, WIDTH)
    cv2.imwrite(str(folder / "place.png"), np.round(place[..., ::-1] * 255).astype(np.uint8))
    plate, matte_path = str(folder / "plate.####.png"), str(folder / "matte.####.png")
    return plate, matte_path, str(folder / "place.png"), (turns, places)


def _seen(turns: Points, places: Points, index: int, world: Points) -> Points:
    ray = (world - places[index]) @ turns[index].T
    return np.asarray(FOCAL * ray[:, :2] / ray[:, 2:], np.float64)


def _true(turns: Points, places: Points, index: int) -> tuple[Points, Points]:
    """Ground about the feet in a frame and in the next."""
    x, z = np.meshgrid(np.linspace(-0.3, 0.3, 5) + _WALK * index, np.linspace(4.8, 5.2, 5))
    world = np.stack([x.ravel(), np.full(x.size, EYE), z.ravel()], 1)
    return _seen(turns, places, index, world), _seen(turns, places, index + 1, world)


def _lean(track: Motion, turns: Points, places: Points) -> float:
    """The largest angle between an upright of the picture and the plate's own, on the wall in any frame."""
    worst = 0.0
    for index in range(len(track)):
        x = np.linspace(-1.5, 1.5, 7) + places[index, 0]
        low, high = (
            _seen(turns, places, index, np.stack([x, np.full(7, y), np.full(7, WALL)], 1))
            for y in (-0.2, -0.6)
        )
        step = 1e-4
        base = track.look(index, low[:, 0], low[:, 1])[0]
        across = (track.look(index, low[:, 0] + step, low[:, 1])[0] - base) / step
        down = (track.look(index, low[:, 0], low[:, 1] + step)[0] - base) / step
        drawn = np.arctan2(-down, across)  # the way along which the picture's column stays the same
        true = np.arctan2((high - low)[:, 0], (high - low)[:, 1])
        apart = np.degrees(np.abs(np.arctan(np.tan(drawn - true))))
        worst = max(worst, float(apart.max()))
    return worst


if __name__ == "__main__":
    main()
