"""The plate's camera is found from its background."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.camera.fit import normalise
from actanywhere.camera.track import CameraTrack, Tracker, corner_distance, still_track
from tests.camera.shots import load
from tests.camera.staged import StagedPlate, handheld, similarity, turning, wall


def track(plate: StagedPlate) -> CameraTrack:
    tracker = Tracker(plate.aspect)
    for rgb, matte in plate.frames():
        tracker.add(rgb, matte)
    return tracker.solve()


def errors(found: CameraTrack, plate: StagedPlate) -> np.ndarray:
    """Largest error over the frame, in pixels of a picture 960 wide, for every frame."""
    pairs = zip(found.transforms, plate.transforms, strict=True)
    return np.array([corner_distance(a, b, plate.aspect) for a, b in pairs]) * 960 / plate.aspect


def test_a_handheld_move_is_followed_to_a_small_part_of_a_pixel() -> None:
    plate = StagedPlate(handheld(4), 540, 960)
    found = track(plate)
    assert found.trackable, found.reason
    assert errors(found, plate).max() < 0.15


def test_a_camera_turned_on_a_tripod_is_followed_with_its_keystone() -> None:
    plate = StagedPlate(turning(4), 540, 960)
    found = track(plate)
    assert found.trackable
    assert np.abs(found.transforms[-1][2, :2]).max() > 0.05
    assert errors(found, plate).max() < 0.25


def test_a_flat_move_is_not_given_a_keystone_by_grain() -> None:
    found = track(StagedPlate(handheld(10), 270, 480, grain=0.02))
    assert np.array_equal(found.transforms[:, 2], np.tile([0.0, 0.0, 1.0], (10, 1)))


def test_errors_do_not_add_up_over_a_hundred_frames() -> None:
    plate = StagedPlate(handheld(100, pan=0.9, zoom=0.5), 180, 320)
    found = track(plate)
    assert errors(found, plate).max() < 1.0
    assert np.median(errors(found, plate)) < 0.3


def test_the_track_is_the_same_on_any_number_of_threads() -> None:
    plate, threads, found = StagedPlate(turning(3), 180, 320), cv2.getNumThreads(), []
    try:
        for count in (1, 2):
            cv2.setNumThreads(count)
            found.append(track(plate).transforms)
    finally:
        cv2.setNumThreads(threads)
    assert np.array_equal(found[0], found[1])


def test_the_card_does_not_shake_against_the_plate() -> None:
    plate = StagedPlate(handheld(12), 270, 480, grain=0.015)
    found = track(plate)
    centre = (found.transforms[:, :2, 2] - plate.transforms[:, :2, 2]) * 960 / plate.aspect
    assert np.sqrt((np.diff(centre, axis=0) ** 2).sum(1).mean()) < 0.08


@pytest.mark.parametrize("grain", [0.0, 0.01, 0.03])
def test_a_locked_off_plate_gives_exact_identities(grain: float) -> None:
    found = track(StagedPlate(np.tile(np.eye(3), (5, 1, 1)), 270, 480, grain=grain))
    assert found.trackable
    assert np.array_equal(found.transforms, np.tile(np.eye(3), (5, 1, 1)))
    assert "locked off" in found.reason


def test_a_camera_that_breathes_by_a_third_of_a_pixel_is_not_taken_for_locked_off() -> None:
    sway = [similarity(1, 0, 0.33 / 540 * np.sin(k), 0.33 / 540 * np.cos(k)) for k in range(4)]
    plate = StagedPlate(np.stack([s @ np.linalg.inv(sway[0]) for s in sway]), 540, 960)
    found = track(plate)
    assert not np.array_equal(found.transforms[3], np.eye(3))
    assert errors(found, plate).max() < 0.15


def test_a_jump_of_half_the_frame_is_recognised() -> None:
    jump = np.stack([np.eye(3), similarity(1.1, 0.15, 0.6, 0.1), similarity(1.1, 0.15, 0.6, 0.1)])
    plate = StagedPlate(jump, 270, 480)
    found = track(plate)
    assert found.trackable
    assert errors(found, plate).max() < 0.8


def test_the_actor_does_not_lead_the_camera() -> None:
    plate = StagedPlate(np.tile(np.eye(3), (6, 1, 1)), 270, 480)
    frames = plate.frames()
    inside = np.abs(frames[0][0] - frames[1][0])[frames[0][1] > 0.5].mean()
    outside = np.abs(frames[0][0] - frames[1][0])[frames[0][1] == 0].mean()
    assert inside > 2 * outside  # he does move, and the wall does not
    assert np.array_equal(track(plate).transforms[-1], np.eye(3))


def a_train_passes(still: np.ndarray | None, frames: int = 6) -> CameraTrack:
    """A locked plate whose upper two thirds pass by as a train does, 3 pixels a frame; the ground is below."""
    rng = np.random.default_rng(8)
    ground, train = wall(rng, 270, 480), wall(rng, 270, 640)
    tracker = Tracker(480 / 270)
    for k in range(frames):
        rgb = ground.copy()
        rgb[:180] = train[:180, 3 * k : 3 * k + 480]
        tracker.add(rgb, np.zeros((270, 480), np.float32), still)
    return tracker.solve()


def test_what_is_known_to_move_by_itself_does_not_lead_the_camera() -> None:
    ground = np.zeros((90, 160), np.float32)
    ground[62:] = 1
    assert a_train_passes(None).transforms[-1][0, 2] * 270 == pytest.approx(-15, abs=0.2)
    found = a_train_passes(ground)
    assert np.array_equal(found.transforms[-1], np.eye(3))
    assert "features on what stands still in it" in found.reason


def test_leaves_lead_where_nothing_stands_quite_still() -> None:
    leaves = np.zeros((90, 160), np.float32)
    leaves[62:] = 0.5
    assert np.array_equal(a_train_passes(leaves).transforms[-1], np.eye(3))


def test_all_of_the_background_leads_where_too_little_stands_still_and_it_is_said() -> None:
    found = a_train_passes(np.zeros((90, 160), np.float32))
    assert found.transforms[-1][0, 2] * 270 == pytest.approx(-15, abs=0.2)
    assert "what stands still in it shows too few" in found.reason


@pytest.mark.parametrize("grain", [0.0, 0.02])
def test_a_grey_screen_is_not_trackable_and_it_says_why(grain: float) -> None:
    rng, matte = np.random.default_rng(0), np.zeros((270, 480), np.float32)
    matte[60:, 200:280] = 1
    tracker = Tracker(480 / 270)
    for _ in range(6):
        tracker.add((0.5 + rng.normal(0, grain, (270, 480, 3))).astype(np.float32), matte)
    found = tracker.solve()
    assert not found.trackable
    assert "flat" in found.reason or "no single motion" in found.reason
    assert np.isfinite(found.transforms).all() and len(found) == 6


def test_green_screen_with_tracking_markers_is_trackable() -> None:
    frames, marks = [], [(x, y) for x in range(30, 460, 60) for y in range(25, 260, 70)]
    for k in range(8):
        rgb = np.full((270, 480, 3), (0.1, 0.6, 0.2), np.float32)
        for x, y in marks:
            rgb[y - 4 : y + 5, x + 2 * k - 1 : x + 2 * k + 2] = (0.9, 0.3, 0.2)
            rgb[y - 1 : y + 2, x + 2 * k - 4 : x + 2 * k + 5] = (0.9, 0.3, 0.2)
        frames.append(rgb)
    tracker = Tracker(480 / 270)
    for rgb in frames:
        tracker.add(rgb, np.zeros((270, 480), np.float32))
    found = tracker.solve()
    assert found.trackable, found.reason
    assert found.transforms[-1][0, 2] * 270 == pytest.approx(14, abs=0.1)


def test_a_matte_over_everything_leaves_nothing_to_track() -> None:
    plate = StagedPlate(handheld(3), 135, 240)
    tracker = Tracker(plate.aspect)
    for rgb, _ in plate.frames():
        tracker.add(rgb, np.ones(rgb.shape[:2], np.float32))
    found = tracker.solve()
    assert not found.trackable
    assert "matte" in found.reason


def test_a_background_that_moves_in_itself_is_not_trackable() -> None:
    rng = np.random.default_rng(4)
    tracker = Tracker(480 / 270)
    for _ in range(5):
        tracker.add(rng.random((270, 480, 3)).astype(np.float32), np.zeros((270, 480), np.float32))
    assert not tracker.solve().trackable


def test_one_frame_has_no_motion() -> None:
    tracker = Tracker(16 / 9)
    tracker.add(np.zeros((90, 160, 3), np.float32), np.zeros((90, 160), np.float32))
    assert np.array_equal(tracker.solve().transforms, [np.eye(3)])


def test_a_track_can_be_told_from_any_frame() -> None:
    path = np.stack([normalise(t) for t in turning(6)])
    found = CameraTrack(path, True, "", np.ones(6)).relative_to(4)
    assert np.array_equal(found.transforms[4], np.eye(3))
    for k in range(6):
        expected = path[k] @ np.linalg.inv(path[4])
        assert corner_distance(found.transforms[k], normalise(expected), 1.78) < 1e-9


def test_a_still_camera_stays_exactly_still_from_any_frame() -> None:
    assert np.array_equal(still_track(5).relative_to(3).transforms, np.tile(np.eye(3), (5, 1, 1)))


def test_the_same_plate_gives_the_same_track() -> None:
    plate = StagedPlate(handheld(4), 135, 240)
    assert np.array_equal(track(plate).transforms, track(plate).transforms)


REAL = {
    "woman_run_beach": True,
    "man_dog": True,
    "man_city": True,
    "man_run_lake": True,
    "boy_bucket": False,
    "mallard_firepit": False,  # nothing but rippling water
}


@pytest.mark.parametrize(("name", "trackable"), REAL.items())
def test_real_shots_are_judged_as_an_artist_would(name: str, trackable: bool) -> None:
    frames, _ = load(name)
    tracker = Tracker(frames[0][0].shape[1] / frames[0][0].shape[0])
    for rgb, matte in frames:
        tracker.add(rgb, matte)
    found = tracker.solve()
    assert found.trackable == trackable, found.reason
    if name == "boy_bucket":
        assert "grey or green screen" in found.reason
