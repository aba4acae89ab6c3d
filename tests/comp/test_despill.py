"""The actor's own light without the plate's background, against shots put together from known halves."""

from __future__ import annotations

import numpy as np

from actanywhere.comp.despill import despill

SCREEN, SKIN = (0.05, 0.6, 0.08), (0.45, 0.3, 0.22)


def soft_matte(height: int = 40, width: int = 80) -> np.ndarray:
    """1 on the left, 0 on the right, a rim of 16 pixels between."""
    ramp = np.clip((48 - np.arange(width)) / 16, 0, 1).astype(np.float32)
    return np.broadcast_to(ramp, (height, width)).copy()


def over(matte: np.ndarray, actor: np.ndarray, background: np.ndarray) -> np.ndarray:
    m = matte[..., None]
    return (actor * m + background * (1 - m)).astype(np.float32)


def test_before_a_screen_the_rim_is_the_actor_alone() -> None:
    matte = soft_matte()
    actor, screen = np.full((40, 80, 3), SKIN, np.float32), np.full((40, 80, 3), SCREEN, np.float32)
    made = despill(over(matte, actor, screen), matte)
    np.testing.assert_allclose(made, actor * matte[..., None], atol=1e-5)


def test_before_a_place_that_changes_little_is_left_of_it() -> None:
    """A background that goes from dark to bright along the edge, and is grainy."""
    matte = soft_matte()
    slope = np.linspace(0.1, 0.8, 40, dtype=np.float32)[:, None, None] * np.ones((1, 80, 3), np.float32)
    place = slope + np.random.default_rng(0).normal(0, 0.02, slope.shape).astype(np.float32)
    actor = np.full((40, 80, 3), SKIN, np.float32)
    plate, wanted = over(matte, actor, place), actor * matte[..., None]
    rim = (matte > 0) & (matte < 1)
    before, after = np.abs(plate - wanted)[rim].mean(), np.abs(despill(plate, matte) - wanted)[rim].mean()
    assert after < 0.15 * before
    clean = np.dstack([place, np.ones((40, 80), np.float32)])
    np.testing.assert_allclose(despill(plate, matte, clean), wanted, atol=1e-6)  # exactly
    clean[:20] = (9, 9, 9, 0)  # nothing is known there
    half = despill(plate, matte, clean)
    np.testing.assert_allclose(half[20:], wanted[20:], atol=1e-6)
    np.testing.assert_array_equal(half[:20], despill(plate, matte)[:20])


def test_where_the_matte_is_1_the_plate_stays_to_the_bit_and_nothing_is_below_0() -> None:
    matte = soft_matte()
    plate = np.random.default_rng(1).uniform(-0.1, 4, (40, 80, 3)).astype(np.float32)
    made = despill(plate, matte)
    assert (made[matte == 1] == plate[matte == 1]).all()
    assert (made[matte == 0] == 0).all() and made[(matte > 0) & (matte < 1)].min() >= 0


def test_a_frame_that_is_all_actor_stays() -> None:
    plate, whole = np.full((8, 8, 3), 0.3, np.float32), np.ones((8, 8), np.float32)
    assert (despill(plate, whole) == plate).all()
