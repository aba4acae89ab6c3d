"""Parts of a shadow that are of another colour than the rest, by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from actanywhere.shadow.unlike import as_codes, leave_out_unlike, redness

SHADOW, SAND = np.s_[10:20, 10:30], np.s_[30:44, 10:40]
HALF = np.log(2)


def _actor(left: int) -> NDArray[np.bool_]:
    actor = np.zeros((50, 60), bool)
    actor[20:40, left : left + 8] = True
    return actor


def test_wet_sand_is_left_out_though_it_is_the_larger_part_in_some_frames() -> None:
    planes = np.zeros((5, 50, 60), np.uint8)
    bluer = np.zeros((50, 60), np.float32)
    bluer[SHADOW], bluer[SAND] = 0.2 * HALF, -0.6 * HALF  # as shares of their depth, half of the light
    planes[:, *SHADOW] = 128
    planes[3:, *SAND] = 128
    planes[4, 22:24, 10:12] = 128  # a few pixels tell nothing
    dark, codes = planes.copy(), np.repeat(as_codes(bluer)[None], 5, 0)
    assert abs(redness(planes[0], dark[0], codes[0])[0] + 0.2) < 0.02
    sand = np.where(bluer < 0, planes[3], np.uint8(0))
    assert abs(redness(sand, dark[3], codes[3])[0] - 0.6) < 0.02
    beside = planes.copy()
    leave_out_unlike(beside, dark, codes, lambda index: _actor(40), range(5))
    assert np.array_equal(beside, planes)  # they throw their own colour on what lies at them
    leave_out_unlike(planes, dark, codes, lambda index: _actor(50), range(5))
    assert not planes[:, *SAND].any()
    assert (planes[:, *SHADOW] == 128).all() and (planes[4, 22:24, 10:12] == 128).all()


def test_parts_that_differ_as_those_of_a_shadow_do_stay() -> None:
    planes = np.zeros((3, 50, 60), np.uint8)
    planes[:, *SHADOW] = planes[:, *SAND] = 128
    bluer = np.zeros((50, 60), np.float32)
    bluer[SHADOW], bluer[SAND] = 0.2 * HALF, -0.2 * HALF
    before, codes = planes.copy(), np.repeat(as_codes(bluer)[None], 3, 0)
    leave_out_unlike(planes, before, codes, lambda index: _actor(50), range(3))
    assert np.array_equal(planes, before)


def test_what_is_half_or_three_times_as_deep_and_apart_is_another() -> None:
    planes = np.zeros((6, 50, 60), np.uint8)
    planes[:3, *SHADOW] = 60  # at them
    planes[:, *SAND] = np.array([33, 42, 175, 27, 27, 190])[:, None, None]
    planes[4, *SAND][::2, ::2] = 0  # grains
    planes[5, 10:30, 10:30] = 60  # joins it to them
    before = planes.copy()
    grey = np.full(planes.shape, 128, np.uint8)
    leave_out_unlike(planes, before, grey, lambda index: np.roll(_actor(30), -14, 0), range(6))
    assert np.array_equal(planes[:3], before[:3])
    assert not planes[3:5].any() and not planes[5, *SAND].any() and (planes[5, *SHADOW] == 60).all()
