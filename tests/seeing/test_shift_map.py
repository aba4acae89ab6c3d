"""Holes are filled with whole pieces of the picture: lines go on, detail stays, nothing is copied from who goes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.seeing.laid_too_low import laid_too_low
from actanywhere.seeing.shift_map import Pieces, ShiftMap, lay_pieces
from tests.seeing.scenes import HORIZON, SIZE, body, street, with_body


def test_what_is_behind_somebody_goes_on_with_its_lines_and_its_grain() -> None:
    place, mask = street(), body()
    hole = cv2.dilate((mask > 0).astype(np.float32), np.ones((5, 5)))
    filled = ShiftMap().behind(with_body(place, mask), hole)
    inside = hole > 0
    assert np.abs(filled - place)[inside].mean() < 0.03
    rows = np.arange(SIZE[0])[:, None] * np.ones(SIZE[1])
    beside_edges = np.minimum(np.abs(rows - HORIZON + 0.5), np.abs(rows - 92)) > 5
    assert np.abs(filled - place)[inside & beside_edges].max() < 0.25
    fine = filled - cv2.GaussianBlur(filled, (0, 0), 1.5)
    assert fine[inside & beside_edges].std() > 0.7 * fine[~inside & beside_edges].std()


def test_what_is_known_stays_bit_for_bit_and_the_same_picture_gives_the_same_bits() -> None:
    picture, hole = with_body(street(), body()), (body() > 0).astype(np.float32)
    first, second = ShiftMap().behind(picture, hole), ShiftMap().behind(picture, hole)
    np.testing.assert_array_equal(first[hole == 0], picture[hole == 0])
    np.testing.assert_array_equal(first, second)


def test_a_large_picture_is_filled_with_its_own_full_size_detail() -> None:
    place = cv2.resize(street(), None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    place += np.random.default_rng(1).normal(0, 0.02, place.shape).astype(np.float32)
    hole = cv2.resize((body() > 0).astype(np.float32), None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST)
    filled = ShiftMap().behind(np.where(hole[..., None] > 0, np.float32(0), place), hole)
    fine = filled - cv2.GaussianBlur(filled, (0, 0), 1.0)
    inside = cv2.erode(hole, np.ones((9, 9))) > 0
    assert 0.9 < fine[inside].std() / fine[hole == 0].std() < 1.1


def test_nothing_is_copied_from_where_it_must_not_be() -> None:
    picture, hole, other = street(), body((60, 62)), body((120, 62))
    picture = with_body(picture, other)
    filled = ShiftMap().behind(picture, (hole > 0).astype(np.float32), cv2.dilate(other, np.ones((5, 5))))
    red = filled[..., 0] - filled[..., 1]
    assert red[hole > 0].max() < 0.2
    np.testing.assert_array_equal(filled[hole == 0], picture[hole == 0])


def test_what_no_shift_reaches_at_once_is_filled_all_the_same() -> None:
    picture = street()
    hole = np.ones(SIZE, np.float32)
    hole[30:100, 20:70] = 0
    filled = ShiftMap().behind(np.where(hole[..., None] > 0, np.float32(0), picture), hole)
    assert filled.min() > 0.3


def test_a_picture_without_a_hole_and_one_that_is_all_hole_come_back() -> None:
    picture = street()
    np.testing.assert_array_equal(ShiftMap().behind(picture, np.zeros(SIZE, np.float32)), picture)
    np.testing.assert_array_equal(ShiftMap().behind(picture, np.ones(SIZE, np.float32)), picture)


def test_a_hole_too_thin_for_any_piece_is_mended_from_beside_it() -> None:
    picture = np.full((80, 120, 3), 0.5, np.float32)
    hole, small = np.zeros((80, 120), bool), np.zeros((20, 30), bool)
    hole[40, 50:56] = True
    picture[hole] = 0
    pieces = Pieces(small, *(np.array(flat) for flat in np.indices(small.shape)))
    made = lay_pieces(picture, hole, hole, pieces, np.zeros((20, 30, 3), np.float32))
    np.testing.assert_allclose(made, 0.5, atol=0.01)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_sky_is_laid_under_the_horizon(seed: int) -> None:
    picture, hole = street(seed), np.zeros(SIZE, np.float32)
    hole[45:95, :150] = 1  # as of a herd: what is beside it is narrow, and as much sky as ground
    filled = ShiftMap().behind(picture, hole)
    assert np.abs(filled - (0.5, 0.65, 0.85))[HORIZON + 4 : 95, :150].max(-1).min() > 0.12
    np.testing.assert_array_equal(filled[hole == 0], picture[hole == 0])


def test_what_lies_lower_than_it_is_seen_is_told_and_what_lies_as_low_elsewhere_is_not() -> None:
    picture, hole = street(), np.zeros(SIZE, np.bool_)
    hole[70:85, 40:90] = True
    assert laid_too_low(picture, hole, ~hole) == (0.0, 0)
    filled = picture.copy()
    filled[hole] = picture[:15, 40:90].reshape(-1, 3)
    share, row = laid_too_low(filled, hole, ~hole)
    assert share > 0.9 and abs(row - HORIZON) <= 3
    filled[70:85, 120:170] = picture[:15, 120:170]
    assert laid_too_low(filled, hole, ~hole) == (0.0, 0)
