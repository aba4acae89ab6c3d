"""A place stays as level as the plate, and what stands still leads the camera, whatever moves by itself."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from actanywhere.camera.fit import apply, normalise
from actanywhere.camera.level import angles, gravity, level_pan
from actanywhere.camera.track import Tracker
from tests.camera.shots import load
from tests.camera.staged import handheld, wall


def rotations(count: int, pan: float, down: float, roll: float = 0.0) -> np.ndarray:
    """Camera from world, degrees: a pan by ``pan`` looking ``down``, rolling by ``roll`` in the end."""
    made = []
    for k in np.linspace(0, 1, count):
        yaw = cv2.Rodrigues(np.array([0, -np.radians(pan * k), 0]))[0]
        tilt = cv2.Rodrigues(np.array([np.radians(down), 0, 0]))[0]
        made.append(cv2.Rodrigues(np.array([0, 0, np.radians(roll * k)]))[0] @ tilt @ yaw)
    return np.stack(made)


def followed(turns: np.ndarray, focal: float) -> np.ndarray:
    """What a similarity that follows the frame's middle makes of it."""
    lens = np.diag([focal, focal, 1.0])
    found = [np.eye(3)]
    for before, here in itertools.pairwise(turns):
        move = normalise(lens @ here @ before.T @ np.linalg.inv(lens))
        at, right = apply(move, np.array([[0.0, 0], [1e-4, 0]]))
        c, s = (right - at) / 1e-4
        found.append(np.array([[c, -s, at[0]], [s, c, at[1]], [0, 0, 1]]) @ found[-1])
    return np.stack(found)


def roll_of(transforms: np.ndarray) -> np.ndarray:
    return np.degrees(np.unwrap(np.arctan2(transforms[:, 1, 0], transforms[:, 0, 0])))


@pytest.mark.parametrize("focal", [0.9, 1.4, 2.5])
@pytest.mark.parametrize(("pan", "down"), [(70, 15), (-120, 18), (40, -20)])
def test_a_pan_that_looks_down_or_up_leaves_the_place_level(focal: float, pan: float, down: float) -> None:
    rolling = followed(rotations(30, pan, down), focal)
    assert np.ptp(roll_of(rolling)) == pytest.approx(abs(pan * np.sin(np.radians(down))), rel=0.05)
    level = level_pan(rolling)
    assert level is not None
    assert np.abs(roll_of(level)).max() < 1.0
    # And it slides as fast as the plate does at the frame's centre.
    pace = [
        np.diff([apply(t[k + 1] @ np.linalg.inv(t[k]), np.zeros((1, 2)))[0, 0] for k in range(29)])
        for t in (rolling, level)
    ]
    assert np.abs(pace[0] - pace[1]).max() < 0.01


def test_a_pan_does_not_breathe_and_its_zoom_is_kept() -> None:
    rolling = followed(rotations(30, 70, 15), 1.4)
    zoom = 1.2 ** np.linspace(0, 1, 30)
    fitted = zoom * (1 + 0.015 * np.random.default_rng(0).standard_normal(30))
    level = level_pan(np.stack([np.diag([f, f, 1.0]) @ t for f, t in zip(fitted, rolling, strict=True)]))
    assert level is not None
    found = np.sqrt(np.linalg.det(level[:, :2, :2]))
    steps = np.abs(np.diff(np.log(found)) - np.log(1.2) / 29)
    assert steps.max() < 0.006 < np.abs(np.diff(np.log(fitted))).max() / 4
    assert found[-1] == pytest.approx(1.2, rel=0.03)


def test_a_camera_that_rolls_is_left_rolling() -> None:
    assert level_pan(followed(rotations(20, 40, 0, roll=25), 1.4)) is None
    assert level_pan(followed(rotations(20, 0, 0, roll=25), 1.4)) is None


def test_a_small_handheld_move_is_left_as_it_was_measured() -> None:
    assert level_pan(handheld(40)) is None


def test_up_is_found_to_a_tenth_of_a_degree() -> None:
    turns = rotations(25, 50, 18)
    up = gravity(turns)
    assert np.degrees(np.arccos(np.clip(up @ [0, -1, 0], -1, 1))) < 0.1
    assert np.degrees(angles(turns, up)) == pytest.approx(np.tile([0.0, 18.0], (25, 1)), abs=0.1)


def shore(frames: int, pan: float, water: float, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """A shore above, panned by ``pan`` pixels a frame; below, water that runs by ``water`` and changes its waves."""
    rng = np.random.default_rng(seed)
    height, width = 180, 320
    land = wall(rng, 72, 1200)
    made = []
    for k in range(frames):
        x = pan * k + 100
        top = cv2.getRectSubPix(land, (width, 72), (x + width / 2, 35.5))
        now, then = (wall(np.random.default_rng(seed + 50 + k // 2 + n), height, 1200) for n in (0, 1))
        waves = now + (then - now) * (k % 2) / 2
        bottom = cv2.getRectSubPix(waves, (width, height - 72), (x + width / 2 - water * k, 60))
        rgb = np.concatenate([top, bottom]) + rng.normal(0, 0.01, (height, width, 3))
        made.append((np.clip(rgb, 0, 1).astype(np.float32), np.zeros((height, width), np.float32)))
    return made


@pytest.mark.parametrize("seed", [3, 8])
def test_the_shore_leads_the_camera_though_there_is_more_water(seed: int) -> None:
    tracker = Tracker(320 / 180)
    for rgb, matte in shore(8, 5.0, 2.5, seed):
        tracker.add(rgb, matte)
    found = tracker.solve()
    moved = apply(found.transforms[-1], np.zeros((1, 2)))[0] * 180
    assert moved == pytest.approx([-35.0, 0.0], abs=1.0)


def test_near_and_far_that_move_apart_are_told() -> None:
    rng = np.random.default_rng(2)
    far, near = wall(rng, 90, 900), wall(rng, 90, 900)
    tracker = Tracker(320 / 180)
    for k in range(8):
        rows = [cv2.getRectSubPix(p, (320, 90), (300 + v * k, 44.5)) for p, v in ((far, 1.0), (near, 5.0))]
        tracker.add(np.concatenate(rows), np.zeros((180, 320), np.float32))
    found = tracker.solve()
    assert not found.trackable or any("no single motion" in doubt for doubt in found.doubts)


def test_a_camera_lost_at_the_end_goes_on_as_it_moved() -> None:
    picture = wall(np.random.default_rng(5), 180, 900)
    tracker = Tracker(320 / 180)
    for k in range(12):
        rgb = cv2.getRectSubPix(picture, (320, 180), (200 + 6.0 * k, 89.5))
        tracker.add(rgb if k < 10 else np.full_like(rgb, 0.5), np.zeros((180, 320), np.float32))
    found = tracker.solve()
    moved = apply(found.transforms[-1], np.zeros((1, 2)))[0] * 180
    assert moved == pytest.approx([-66.0, 0.0], abs=0.5)
    assert any("lost in 2 of 12 frames (number 11, 12" in doubt for doubt in found.doubts)


def test_a_surfer_s_shore_is_followed_as_far_as_it_goes() -> None:
    """Followed by hand (SIFT on the trees alone, frame by frame) the shore moves by 631 pixels of 256."""
    frames, _ = load("woman_surf")
    tracker = Tracker(1.0)
    for rgb, matte in frames:
        tracker.add(rgb, matte)
    moved = apply(tracker.solve().transforms[-1], np.zeros((1, 2)))[0] * 256
    assert moved[0] == pytest.approx(631, abs=20)


def test_a_dolly_that_looks_down_is_not_leaned() -> None:
    """Solved in three dimensions the camera of this shot rolls by 0.2 degrees."""
    frames, _ = load("parkour")
    tracker = Tracker(854 / 480)
    for rgb, matte in frames[:40]:
        tracker.add(rgb, matte)
    assert np.abs(roll_of(tracker.solve().transforms)).max() < 3.5
