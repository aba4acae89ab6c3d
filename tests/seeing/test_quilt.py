"""Beyond its sides a picture goes on level, and what stands out of it does not stand there again."""

from __future__ import annotations

import numpy as np

from actanywhere.seeing.extension import Margins, extend
from actanywhere.seeing.prominent import prominent, without
from actanywhere.seeing.shift_map import ShiftMap
from tests.seeing.scenes import HORIZON, SIZE, street

NO_HOLE = np.zeros(SIZE, np.float32)
TOWER = np.s_[20:HORIZON, 70:86]


def with_tower() -> np.ndarray:
    """The street with a red tower of 16 columns on its horizon."""
    picture = street().copy()
    picture[TOWER] = (0.7, 0.15, 0.1)
    return picture


def test_a_tower_stands_out_and_a_street_does_not() -> None:
    found = prominent(with_tower())
    assert found[TOWER].all() and found.mean() < 3 * 16 * (HORIZON - 20) / found.size
    assert not prominent(street()).any()


def test_a_coloured_kerb_from_side_to_side_goes_on_and_one_that_ends_stands_out() -> None:
    picture = street()
    colours = np.array([(0.9, 0.1, 0.1), (0.9, 0.8, 0.1), (0.1, 0.2, 0.9)], np.float32)
    picture[100:106] = colours[np.arange(SIZE[1]) // 8 % 3]
    assert not prominent(picture)[100:106].any()
    red = extend(picture, NO_HOLE, Margins(left=80, right=80), ShiftMap())[102, :, 0] > 0.7
    assert red[:80].mean() > 0.5 and red[-80:].mean() > 0.5
    picture[100:106, SIZE[1] // 4 :] = street()[100:106, SIZE[1] // 4 :]
    assert prominent(picture)[100:106, : SIZE[1] // 5].all()


def test_where_the_tower_was_is_its_level() -> None:
    picture = with_tower()
    calm = without(picture, prominent(picture))
    assert np.abs(calm - street())[TOWER].mean() < 0.05


def test_one_tower_stays_one_and_the_horizon_level_two_pictures_away() -> None:
    made = extend(with_tower(), NO_HOLE, Margins(left=SIZE[1], right=SIZE[1]), ShiftMap())
    red = made[..., 0] - made[..., 2] > 0.3
    assert red[:, SIZE[1] : 2 * SIZE[1]][TOWER].all()
    red[:, SIZE[1] : 2 * SIZE[1]] = False
    assert red.sum() < 20
    blue = made[..., 2] - made[..., 0]
    assert (blue[HORIZON - 5] > 0.2).mean() > 0.9 and (blue[HORIZON + 5] < 0.1).mean() > 0.97


def test_nothing_jumps_at_a_border() -> None:
    rows, columns = np.indices(SIZE)
    light = 0.5 + 0.2 * np.sin(rows / 9.0 + columns / 13.0)  # its lines cross every border at a slant
    picture = np.repeat(light.astype(np.float32)[..., None], 3, 2)
    (height, width), more = SIZE, 9
    made = extend(picture, NO_HOLE, Margins(more, more, more, more), ShiftMap())
    least = 0.2 * (light.max() - light.min())
    across, down = (np.abs(np.diff(made, axis=axis)) for axis in (1, 0))
    for border in (more - 1, more + width - 1):
        assert across[more : more + height, border].max() < least
    for border in (more - 1, more + height - 1):
        assert down[border].max() < least
    # The true light above the border: where the lines go on, and not back as in a mirror.
    beyond = 0.5 + 0.2 * np.sin((rows[:more] - more) / 9.0 + columns[:more] / 13.0)
    apart, mirror = (
        np.abs(one - beyond)[:, 20:-20].mean() for one in (made[:more, more:-more, 0], light[:more][::-1])
    )
    assert apart < 0.6 * mirror


def test_a_slanting_line_goes_on_straight_beside_the_border_and_without_a_step_beyond() -> None:
    # A road's edge that falls by 2 rows in 5 columns and meets the right border at row 84.
    rows, columns = np.indices((120, 200), np.float32)
    road = rows > 84 + 0.4 * (columns - 199)
    picture = np.where(road, 0.3, 0.7).astype(np.float32)[..., None].repeat(3, 2)
    picture += np.random.default_rng(3).normal(0, 0.01, (*picture.shape[:2], 1)).astype(np.float32)
    made = extend(picture, np.zeros((120, 200), np.float32), Margins(right=120), ShiftMap())[:, 200:, 0]
    edge = (made > 0.5).sum(0)
    np.testing.assert_allclose(edge[:6], 85 + 0.4 * np.arange(1, 7), atol=1)
    assert np.abs(np.diff(edge)).max() <= 2


def test_a_smooth_sky_goes_on_without_a_speck() -> None:
    rows, columns = np.indices((288, 512), np.float32)
    sky = np.dstack([0.5 + rows / 1000, 0.6 + columns / 4000, 0.9 - rows / 2000]).astype(np.float32)
    made = extend(sky, np.zeros((288, 512), np.float32), Margins(60, 90, 60), ShiftMap())
    assert made.min() > 0.45 and max(np.abs(np.diff(made, axis=axis)).max() for axis in (0, 1)) < 0.05
