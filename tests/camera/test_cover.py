"""The picture is enlarged and slid by as little as keeps the camera's move inside of it."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera.backdrop import View
from actanywhere.camera.cover import Path, cover, path_of
from actanywhere.camera.footing import Footing, judge, keeps
from actanywhere.camera.placement import Placement
from actanywhere.camera.track import CameraTrack, still_track

SQUARE = Placement()


def pan(*looks: float) -> Path:
    """Square frames whose middle looks so far to the right of the first frame's, in frame heights."""
    moved = np.tile(np.eye(3), (len(looks), 1, 1))
    moved[:, 0, 2] = np.negative(looks)
    return path_of(CameraTrack(moved, True, "", np.ones(len(looks))), 1.0, View(1.0))


def covered(path: Path, picture: float = 1.0, laid: Placement = SQUARE) -> Placement:
    return cover(lambda scale: path, laid, picture, 1.0, lambda placement: True)


def test_what_a_pan_sees_beyond_a_picture_is_a_share_of_each_frame() -> None:
    # A quarter of the frame to the right of a picture as large as the frame; 17 columns are asked.
    beyond = pan(0.0, 0.25).beyond(SQUARE, 1.0, 1.0)
    assert beyond == pytest.approx([0, 0.25], abs=0.5 / 17)


def test_a_locked_camera_leaves_the_picture_as_it_is() -> None:
    assert covered(path_of(still_track(9), 1.0, View(1.0))) is SQUARE


def test_a_pan_to_one_side_of_a_wide_picture_slides_it_and_enlarges_nothing() -> None:
    # A picture of 1.5 reaches 0.25 beyond each border; the pan looks 0.4 to the right: 0.15 are missing.
    found = covered(pan(0.0, 0.2, 0.4), picture=1.5)
    assert (found.scale, found.y) == (1, 0)
    assert found.x == pytest.approx(0.15, abs=0.04)


def test_a_pan_to_both_sides_enlarges_the_picture_by_no_more_than_it_takes() -> None:
    # 0.08 to either side: a picture 1.16 times as wide holds all of it, from its middle.
    path = pan(-0.08, 0.08)
    found = covered(path)
    assert found.scale <= 1.16 and (abs(found.x), found.y) == (0, 0)
    assert path.beyond(found, 1.0, 1.0).max() < path.beyond(SQUARE, 1.0, 1.0).min() / 2


def test_a_pan_that_no_enlargement_within_bounds_holds_is_left_as_it_was() -> None:
    # Three frames wide: 1.25 times as large still leaves more than half of it beyond.
    assert covered(pan(*np.linspace(-1.5, 1.5, 13))) is SQUARE


def test_a_move_that_hardly_leaves_the_picture_is_left() -> None:
    assert covered(pan(*np.linspace(-0.03, 0.03, 13))) is SQUARE


def test_no_slide_or_size_goes_beyond_its_bounds() -> None:
    for look in np.linspace(0.1, 1.2, 12):
        found = covered(pan(0.0, look))
        assert abs(found.x) <= 0.3 + 1e-9 and 1 <= found.scale <= 1.25


def test_a_picture_that_its_horizon_holds_is_slid_to_the_side_alone() -> None:
    low = Path(pan(0.0, 0.2).places + [0, 0.1])
    free, held = (
        cover(lambda scale: low, SQUARE, 1.5, 1.0, lambda placement: True, level) for level in (False, True)
    )
    assert free.y > 0 and held.y == 0
    assert low.beyond(held, 1.5, 1.0).mean() < low.beyond(SQUARE, 1.5, 1.0).mean()


def test_the_actor_stands_no_worse_for_it() -> None:
    ground = np.zeros((100, 150), np.float32)
    ground[80:] = 1
    # Feet at 0.85 of the frame; 1.25 times as large, the picture's row there is 0.5 + 0.35 / 1.25 = 0.78: no ground.
    known = Footing(np.array([[0.0, 0.35, 0.4]]), ground)
    before = judge(known, SQUARE, 1.5, 1.5)
    assert not keeps(known, before, Placement(scale=1.25), 1.5, 1.5)
    # Slid up by 0.0625 it is 0.83, which is.
    assert keeps(known, before, Placement(y=-0.0625, scale=1.25), 1.5, 1.5)


def test_a_horizon_that_agrees_is_not_moved_away() -> None:
    known = Footing(np.zeros((0, 3)), None, (-0.05, 0.0), (0.46, 0.5))
    before = judge(known, SQUARE, 1.5, 1.5)
    assert keeps(known, before, Placement(x=0.2, scale=1.2), 1.5, 1.5)
    assert not keeps(known, before, Placement(y=0.1), 1.5, 1.5)


def test_where_nothing_tells_the_ground_feet_stay_about_where_they_stood_in_the_picture() -> None:
    known = Footing(np.array([[0.0, 0.35, 0.4]]))
    before = judge(known, SQUARE, 1.5, 1.5)
    assert keeps(known, before, Placement(x=0.15, scale=1.1), 1.5, 1.5)
    assert not keeps(known, before, Placement(x=0.2), 1.5, 1.5)
    assert not keeps(known, before, Placement(y=0.1), 1.5, 1.5)


def test_feet_above_the_lower_part_of_a_picture_rise_no_farther_where_nothing_tells_its_ground() -> None:
    known = Footing(np.array([[0.0, 0.2, 0.4]]))
    before = judge(known, SQUARE, 1.5, 1.5)
    # At 0.7: 1.25 times as large it is 0.66, and slid up by 0.1 then 0.74.
    assert not keeps(known, before, Placement(scale=1.25), 1.5, 1.5)
    assert keeps(known, before, Placement(y=-0.1, scale=1.25), 1.5, 1.5)
