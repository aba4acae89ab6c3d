"""The place stands in a camera in 3-D: its ground moves as the plate's, and its uprights stand upright."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from actanywhere.camera.alignment import find_features, match
from actanywhere.camera.ground import feet_on_ground, find_ground
from actanywhere.camera.parallax import shows_parallax
from actanywhere.camera.space import SpaceTrack, read_horizon
from actanywhere.contract.errors import JobError
from tests.camera.set3d import EYE, FOCAL, HEIGHT, WIDTH, cameras, codes, frames, look

ASPECT = WIDTH / HEIGHT
COUNT = 9
TURNS = np.stack([look(8 + 0.5 * k, 9.0 * k - 30, 0.4 * np.sin(k)) for k in range(COUNT)])
PLACES = np.array([[0.5 * k - 1, 0.1 * np.cos(k), 0.3 * k] for k in range(COUNT)])


def standing(reference: int = 3, **rows: float) -> SpaceTrack:
    shot = replace(cameras(TURNS, PLACES), ground=np.full(COUNT, -EYE))
    track = SpaceTrack(shot, ASPECT, "staged", np.ones(COUNT), np.zeros((0, 2))).relative_to(reference)
    return track.standing(rows.get("horizon"), rows.get("foot"))


def seen(points: np.ndarray, index: int) -> np.ndarray:
    """Where frame ``index`` has points of the world (x right, y down, z ahead), in unit coordinates: a pinhole."""
    ray = (points - PLACES[index]) @ TURNS[index].T
    return np.asarray(FOCAL * ray[:, :2] / ray[:, 2:])


def from_reference(points: np.ndarray, horizon: float, reference: int = 3) -> np.ndarray:
    """The same points as a level camera at the reference has them, whose horizon lies on that row."""
    ahead = TURNS[reference, 2] * [1, 0, 1]
    ahead = ahead / np.linalg.norm(ahead)
    right = np.array([ahead[2], 0, -ahead[0]])
    away = points - PLACES[reference]
    depth = away @ ahead
    return np.stack([FOCAL * (away @ right) / depth, horizon + FOCAL * away[:, 1] / depth], 1)


def ahead_of_reference(right: float, ahead: float, down: float) -> np.ndarray:
    forward = TURNS[3, 2] * [1, 0, 1]
    forward = forward / np.linalg.norm(forward)
    return PLACES[3] + right * np.array([forward[2], 0, -forward[0]]) + ahead * forward + [0, down, 0]


def test_ground_is_looked_up_where_a_level_camera_at_the_reference_saw_it() -> None:
    track = standing(horizon=0.1, foot=0.1 + FOCAL * (EYE - PLACES[3, 1]) / 12)  # the wall 12 metres away
    level = EYE - PLACES[3, 1]
    points = np.array([ahead_of_reference(x, z, level) for x in (-1.5, 0, 1.2) for z in (4, 6, 9)])
    for index in (0, 3, 6):
        places = seen(points, index)
        x, y, ahead = track.look(index, places[:, 0], places[:, 1])
        assert ahead.all()
        assert np.stack([x, y], 1) == pytest.approx(from_reference(points, 0.1), abs=1e-9)


def test_feet_stand_in_the_reference_view_where_the_ground_under_them_is_looked_up() -> None:
    points = np.array(
        [ahead_of_reference(x, z, EYE - PLACES[3, 1]) for x, z in ((-0.5, 2), (0, 3), (1, 4), (0, -1))]
    )
    feet = (points * [1, 1, -1])[:, [0, 2]]  # the cameras' z is backward
    track = replace(standing(horizon=0.1), feet=feet)
    assert track.stands == pytest.approx(
        from_reference(points[:3], 0.1), abs=1e-9
    )  # who is behind it stands nowhere


def test_uprights_of_the_picture_stand_upright_on_the_wall_in_every_frame() -> None:
    track = standing(horizon=0.1, foot=0.1 + FOCAL * (EYE - PLACES[3, 1]) / 12)
    for index in range(COUNT):
        for right in (-9.0, 2.0, 8.0):
            upright = np.array([ahead_of_reference(right, 12, down) for down in (-6.0, -2, 0, 1)])
            if (upright - PLACES[index])[0] @ TURNS[index, 2] < 1:
                continue  # behind this frame's camera
            places = seen(upright, index)
            x, y, ahead = track.look(index, places[:, 0], places[:, 1])
            assert ahead.all() and x == pytest.approx(np.full(4, FOCAL * right / 12), abs=1e-9)
            assert y == pytest.approx(from_reference(upright, 0.1)[:, 1], abs=1e-9)


@pytest.mark.parametrize("turn", [0, 50, 80, 115])
def test_far_aside_the_wall_goes_on_without_a_gap_or_a_lean(turn: float) -> None:
    turns = np.stack([look(10, 0.0), look(10, turn)])
    shot = replace(cameras(turns, np.zeros((2, 3))), ground=np.full(2, -EYE))
    track = SpaceTrack(shot, ASPECT, "", np.ones(2), np.zeros((0, 2)))
    x = np.linspace(-0.8, 0.8, 401)
    places = [track.look(1, x, np.full(401, y)) for y in (-0.19, -0.1, 0.3)]
    assert all(ahead.all() for _, _, ahead in places)
    across = places[0][0]
    assert (np.diff(across) > 0).all() and np.diff(across).max() < 40 * np.diff(across).min()
    # The plate's horizon is the picture's, however far aside it is looked.
    assert track.look(1, np.zeros(1), np.full(1, track.plate_horizon))[1] == pytest.approx(
        track.plate_horizon
    )
    # An upright line of the world, seen from above and below the horizon: one column of the picture.
    down = np.linspace(-1, 0.2, 7)
    upright = np.stack(
        [np.full(7, np.sin(np.radians(turn + 8))), down, np.full(7, np.cos(np.radians(turn + 8)))], 1
    )
    ray = upright @ turns[1].T
    column = track.look(1, FOCAL * ray[:, 0] / ray[:, 2], FOCAL * ray[:, 1] / ray[:, 2])[0]
    assert column == pytest.approx(np.full(7, column[0]), abs=1e-9)


def test_left_to_itself_the_wall_stands_behind_the_actor_and_beyond_the_camera_s_way() -> None:
    track = standing()
    feet = np.stack([ahead_of_reference(0, z, 0)[[0, 2]] * [1, -1] for z in np.linspace(3, 9, 20)])
    assert replace(track, feet=feet).wall > 8.1 * 1.1
    assert track.wall > 1.5 * np.linalg.norm(PLACES[-1] - PLACES[3]) * 0.4
    assert "beyond the foot" in replace(standing(horizon=0.0, foot=0.45), feet=feet).warnings[0]
    assert "comes too near" in standing(horizon=0.0, foot=1.5).warnings[0]
    assert standing(horizon=0.0, foot=0.45).warnings == ()


def test_the_ground_is_found_by_its_own_motion_about_the_feet_and_the_actor_on_it() -> None:
    count = 8
    turns = np.stack([look(9, -1.0 * k) for k in range(count)])
    places = np.array([[0.12 * k, 0.0, 0.03 * k] for k in range(count)])
    shot = codes(frames(turns, places))
    found = find_ground(cameras(turns, places), shot.__getitem__, ASPECT)
    assert found.levels is not None, found.reason
    assert found.levels == pytest.approx(np.full(count, -EYE), rel=0.02)
    feet = feet_on_ground(replace(cameras(turns, places), ground=found.levels), shot.__getitem__, ASPECT)
    assert len(feet) >= 3 and feet == pytest.approx(np.tile([0.0, -5.0], (len(feet), 1)), abs=0.25)


def _shows_parallax(shot: list[tuple[np.ndarray, np.ndarray]]) -> bool:
    features = [find_features(picture, matte > 16) for picture, matte in shot]
    return shows_parallax(lambda one, other: match(features[one], features[other]), len(shot), WIDTH)


def test_a_camera_that_only_turns_tells_no_ground_and_shows_no_parallax() -> None:
    turns = np.stack([look(9, 2.0 * k) for k in range(12)])
    shot = codes(frames(turns, np.zeros((12, 3))))
    found = find_ground(cameras(turns, np.zeros((12, 3))), shot.__getitem__, ASPECT)
    assert found.levels is None and "does not travel" in found.reason
    assert not _shows_parallax(shot)


def test_a_camera_that_goes_past_cards_shows_parallax() -> None:
    turns = np.stack([look(9, 0.0)] * 12)
    shot = codes(frames(turns, np.array([[0.12 * k, 0.0, 0.0] for k in range(12)])))
    assert _shows_parallax(shot)


@pytest.mark.parametrize(
    ("text", "rows"), [("", (None, None)), ("240", (240.0, None)), ("240, 310", (240.0, 310.0))]
)
def test_the_horizon_is_a_row_and_perhaps_a_foot(text: str, rows: tuple[float | None, float | None]) -> None:
    assert read_horizon(text, 480) == rows


@pytest.mark.parametrize("text", ["middle", "1,2,3", "nan", "300,240", "240,240", "9000"])
def test_a_horizon_that_is_none_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(JobError, match="horizon is") as warnings:
        read_horizon(text, 480)
    assert warnings.value.remedy


def test_points_that_opencv_gives_up_on_tell_no_parallax(monkeypatch: pytest.MonkeyPatch) -> None:
    # What OpenCV 5.0 did on two frames of a motorcycle that fills the picture.
    def gives_up(*points: object) -> None:
        raise cv2.error("(-215:Assertion failed) !model.empty() in function 'setModelParameters'")

    monkeypatch.setattr(cv2, "findFundamentalMat", gives_up)
    points = np.float32(np.random.default_rng(0).uniform(0, 600, (200, 2)))
    assert not shows_parallax(lambda there, here: (points, points + 3), 30, 640)
