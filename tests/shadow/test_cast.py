"""The cast shadow: where it falls, how dark and how soft it is, and who casts none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.shadow.cast import CastShadow, cast_shadow, shade_at, standing

_HEIGHT, _WIDTH = 120, 200
_TOP, _FEET = 40, 89
_TALL = _FEET - _TOP + 1


def _post(left: int = 95, right: int = 105, top: int = _TOP, feet: int = _FEET) -> NDArray[np.float32]:
    """One who stands upright."""
    matte = np.zeros((_HEIGHT, _WIDTH), np.float32)
    matte[top : feet + 1, left:right] = 1
    return matte


def _shade(shadow: CastShadow, matte: NDArray[np.float32]) -> NDArray[np.float32]:
    return cast_shadow(shadow, standing(matte), *matte.shape)


def _tip(shade: NDArray[np.float32]) -> tuple[float, float]:
    """Column and row of the farthest part of a shadow from the post's feet."""
    rows, columns = np.nonzero(shade > 0.5 * shade.max())
    farthest = np.argsort(np.hypot(rows - _FEET, columns - 100))[-12:]
    return float(columns[farthest].mean()), float(rows[farthest].mean())


@pytest.mark.parametrize("side", [-1.2, 1.2])
@pytest.mark.parametrize("away", [-0.4, 0.4])
def test_the_heads_shadow_falls_where_it_is_said_to(side: float, away: float) -> None:
    column, row = _tip(_shade(CastShadow(side, away, 1.0, 0.002), _post()))
    assert column == pytest.approx(100 + side * _TALL, abs=6)
    assert row == pytest.approx(_FEET - away * _TALL, abs=4)


def test_a_shadow_begins_at_the_feet_and_is_as_dark_as_it_is_dense() -> None:
    shade = _shade(CastShadow(1.0, -0.3, 0.6, 0.01), _post())
    assert shade.max() == pytest.approx(0.6, abs=0.02)
    assert shade[_FEET + 1, 100] > 0.5
    assert not shade[: _FEET - 8].any()
    assert not shade[:, :80].any()


def test_a_shadow_is_sharp_at_the_feet_and_soft_at_the_head() -> None:
    shade = _shade(CastShadow(0.0, -0.5, 1.0, 0.05), _post())
    near, far = shade[_FEET + 5], shade[_FEET + 20]
    assert np.abs(np.diff(near)).max() > 1.8 * np.abs(np.diff(far)).max()


def test_a_line_of_a_shadow_is_not_lost() -> None:
    assert _shade(CastShadow(1.0, 0.0, 0.8, 0.01), _post()).max() > 0.3


def test_each_of_two_actors_casts_from_his_own_feet() -> None:
    both = np.maximum(_post(30, 40, 30, 60), _post(150, 160, 50, 100))
    assert [actor.feet for actor in standing(both)] == [60, 100]
    shade = _shade(CastShadow(0.5, -0.2, 1.0, 0.005), both)
    assert shade[62, 37] > 0.5 and shade[102, 157] > 0.5
    assert not shade[110:, :100].any()


def test_an_actor_who_sinks_by_parts_of_a_row_takes_his_shadow_along_by_as_much() -> None:
    feet = []
    for sunk in np.linspace(0, 2, 21):
        shift = np.array([[1, 0, 0], [0, 1, sunk]])
        matte = cv2.warpAffine(_post(), shift, (_WIDTH, _HEIGHT), flags=cv2.INTER_LINEAR)
        feet += [actor.feet for actor in standing(matte)]
    assert np.diff(feet).min() >= 0 and np.diff(feet).max() < 0.35
    assert feet[-1] - feet[0] == pytest.approx(2)


def test_what_is_parted_by_a_post_before_it_is_one_actor() -> None:
    matte = _post()
    matte[60:64] = 0
    assert [actor.feet for actor in standing(matte)] == [_FEET]


def test_who_is_cut_by_the_lower_border_casts_no_shadow_and_a_foot_out_of_frame_is_no_matter() -> None:
    assert standing(_post(feet=_HEIGHT - 1)) == []
    walking = _post(80, 120, 40, 100)
    walking[100:, 110:120] = 1
    (actor,) = standing(walking)
    assert actor.share == 1
    assert standing(np.zeros((_HEIGHT, _WIDTH), np.float32)) == []


def test_the_shadow_is_the_same_at_any_size() -> None:
    shadow = CastShadow(0.8, -0.4, 0.5, 0.01)
    large, small = shade_at(shadow, _post(), 240, 400), shade_at(shadow, _post(), 120, 200)
    assert np.abs(large.reshape(120, 2, 200, 2).mean((1, 3)) - small).max() < 0.12
    assert large.max() == pytest.approx(0.5, abs=0.04) and large.min() >= 0
