"""A picture goes on beyond its borders: sides first, then above and below, its own pixels untouched."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop
from actanywhere.camera.track import CameraTrack, still_track
from actanywhere.contract.errors import FootageError
from actanywhere.seeing.extension import Margins, extend
from actanywhere.seeing.outpaint import extended_by_artist, outpaint
from actanywhere.seeing.shift_map import ShiftMap
from tests.camera.staged import similarity
from tests.seeing.scenes import HORIZON, SIZE, body, street, with_body

NO_HOLE = np.zeros(SIZE, np.float32)


def test_horizon_and_line_go_on_to_both_sides_and_nothing_stays_black() -> None:
    margins = Margins(left=80, top=30, right=60, bottom=40)
    picture, shares = street(), []
    made = extend(picture, NO_HOLE, margins, ShiftMap(), step=shares.append)
    assert made.shape == (SIZE[0] + 70, SIZE[1] + 140, 3)
    np.testing.assert_array_equal(made[30 : 30 + SIZE[0], 80 : 80 + SIZE[1]], picture)
    assert made.min() > 0.2
    blue = made[..., 2] - made[..., 0]
    edge = 30 + HORIZON
    assert (blue[edge - 6, :] > 0.2).mean() > 0.95 and (blue[edge + 6, :] < 0.1).mean() > 0.95
    assert (made[30 + 92, :, 0] > 0.7).mean() > 0.9
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)


def test_who_is_in_the_picture_is_not_seen_again_beside_it() -> None:
    mask = body((150, 62))
    made = extend(with_body(street(), mask), NO_HOLE, Margins(right=90), ShiftMap(), never_from=mask)
    red = made[..., 0] - made[..., 1]
    assert red[:, : SIZE[1]].max() > 0.5, "they stay where they are"
    assert red[:, SIZE[1] + 2 :].max() < 0.2


def test_a_shot_that_sees_no_more_than_the_picture_needs_nothing() -> None:
    backdrop = Backdrop(street(), still_track(2), 1.5)
    assert outpaint(street(), NO_HOLE, backdrop, ShiftMap()) is None


def test_less_than_a_pixel_beyond_a_small_picture_is_gone_on_into() -> None:
    picture = street()
    down = similarity(1, 0, 0, -0.7 / SIZE[0])  # 0.7 of its pixels: 2.8 rows of a frame four times as high
    tilt = CameraTrack(np.stack([np.eye(3), down]), True, "staged", np.ones(2))
    backdrop = Backdrop(picture, tilt, 1.5)
    size = 4 * SIZE[0], 4 * SIZE[1]
    place = outpaint(picture, NO_HOLE, backdrop, ShiftMap())
    assert place is not None
    assert backdrop.within(place.surroundings).seen(1, *size).min() == 1


def test_the_place_lies_where_the_camera_looks_for_it() -> None:
    picture = street()
    pan = CameraTrack(np.stack([np.eye(3), similarity(1, 0, -0.4, 0)]), True, "staged", np.ones(2))
    backdrop = Backdrop(picture, pan, 1.5)
    place = outpaint(picture, NO_HOLE, backdrop, ShiftMap())
    assert place is not None
    rgb, valid = backdrop.within(place.surroundings).frame(1, *SIZE)
    assert valid.min() == 1
    moved = round(0.4 * SIZE[0])
    np.testing.assert_allclose(rgb[:, : SIZE[1] - moved - 3], picture[:, moved:-3], atol=2e-3)
    left, top = place.corner
    beyond = place.picture[top : top + SIZE[0], left + SIZE[1] + 2 : left + SIZE[1] + 30]
    np.testing.assert_allclose(rgb[:, SIZE[1] - moved + 2 : SIZE[1] - moved + 30], beyond, atol=2e-3)


def test_an_artists_own_place_is_found_by_the_condition_in_it() -> None:
    place = street(3)
    wide = np.concatenate([street(4)[:, :37], place, street(5)[:, :20]], 1)
    hole = (body() > 0).astype(np.float32)
    painted = wide.copy()
    painted[:, 37 : 37 + SIZE[1]][hole > 0] = (0.2, 0.9, 0.2)
    found = extended_by_artist(painted, with_body(place, body()), hole, "mine.png")
    assert found.corner == (37, 0) and found.picture is painted
    assert extended_by_artist(place, place, hole, "mine.png").corner == (0, 0)


def test_an_artists_picture_of_another_place_or_size_is_refused() -> None:
    other = np.random.default_rng(0).random((200, 260, 3)).astype(np.float32)
    with pytest.raises(FootageError, match=r"is not found in mine\.png"):
        extended_by_artist(other, street(), NO_HOLE, "mine.png")
    with pytest.raises(
        FootageError, match=r"mine\.png is 90x60, smaller than the condition picture \(180x120\)"
    ):
        extended_by_artist(other[:60, :90], street(), NO_HOLE, "mine.png")


def test_a_shore_near_the_upper_border_does_not_stand_twice() -> None:
    # Sand on the uppermost 10 of 100 rows, water below; the 14 rows that are mirrored reach the water.
    picture = np.full((100, 140, 3), (0.1, 0.4, 0.6), np.float32)
    picture[:10] = (0.85, 0.75, 0.6)
    picture += np.random.default_rng(2).normal(0, 0.01, picture.shape).astype(np.float32)
    made = extend(picture, np.zeros((100, 140), np.float32), Margins(top=45), ShiftMap())
    assert (made[:45, :, 0] > 0.7).all()
    # Nor does a shore that is soft over three rows.
    soft = picture.copy()
    soft[8:10] = (0.65, 0.65, 0.6)
    made = extend(soft, np.zeros((100, 140), np.float32), Margins(top=45), ShiftMap())
    assert (made[:45, :, 0] > 0.7).all()
    # A shore 15 rows below the border is not reached: what is mirrored is as it was, and ends no sooner.
    low = picture.copy()
    low[10:15] = low[5:10]
    made = extend(low, np.zeros((100, 140), np.float32), Margins(top=12), ShiftMap())
    np.testing.assert_allclose(made[:12], low[:12][::-1], atol=2e-3)


def test_lamps_near_the_upper_border_make_no_comb() -> None:
    # A lamp on rows 5 to 7 of every 14th column: it is mirrored once at most, however far the picture goes on.
    picture = np.full((100, 140, 3), 0.3, np.float32)
    for column in range(7, 140, 14):
        picture[5:8, column - 2 : column + 3] = 0.9
    for more in (30, 150):
        made = extend(picture, np.zeros((100, 140), np.float32), Margins(top=more), ShiftMap())[:more, :, 0]
        assert (np.diff((made > 0.5).astype(int), axis=0) == 1).sum(0).max() == 1


def test_into_the_bars_of_a_letterbox_the_picture_goes_on_as_beyond_its_borders() -> None:
    place, rows = street(), 40
    bars = np.zeros((SIZE[0] + 2 * rows, SIZE[1]), np.float32)
    bars[:rows] = bars[-rows:] = 1
    boxed = np.zeros((*bars.shape, 3), np.float32)
    boxed[rows:-rows] = place
    whole = extend(boxed, bars, Margins(left=50), ShiftMap())
    assert np.array_equal(whole, extend(place, NO_HOLE, Margins(50, rows, 0, rows), ShiftMap()))
    assert np.array_equal(whole[rows:-rows, 50:], place)
