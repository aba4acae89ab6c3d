"""The plate over the background."""

from __future__ import annotations

import numpy as np

from actanywhere.comp.over import composite

RNG = np.random.default_rng(5)
PLATE = (RNG.random((24, 40, 3)) * 30 - 0.2).astype(np.float32)
BACKGROUND = (RNG.random((24, 40, 3)) * 8).astype(np.float32)


def soft_matte() -> np.ndarray:
    matte = np.clip(RNG.random((24, 40)) * 3 - 1, 0, 1).astype(np.float32)
    assert (matte == 1).any() and (matte == 0).any() and ((matte > 0) & (matte < 1)).any()
    return matte


def test_the_plates_pixels_are_bit_exact_where_the_matte_is_one() -> None:
    matte = soft_matte()
    over = composite(PLATE, BACKGROUND, matte)
    assert over.dtype == np.float32
    assert over[matte == 1].tobytes() == PLATE[matte == 1].tobytes()


def test_the_backgrounds_pixels_are_bit_exact_where_the_matte_is_zero() -> None:
    matte = soft_matte()
    over = composite(PLATE, BACKGROUND, matte)
    assert over[matte == 0].tobytes() == BACKGROUND[matte == 0].tobytes()


def test_a_soft_edge_mixes_light_in_proportion() -> None:
    half = np.full((24, 40), 0.25, np.float32)
    np.testing.assert_allclose(
        composite(PLATE, BACKGROUND, half), 0.25 * PLATE + 0.75 * BACKGROUND, rtol=1e-5
    )


def test_a_foreground_stands_for_the_plate_in_the_soft_edge_alone() -> None:
    matte = soft_matte()
    red = (np.float32([1, 0, 0]) * matte[..., None]).astype(np.float32)
    made, plain = composite(PLATE, BACKGROUND, matte, red), composite(PLATE, BACKGROUND, matte)
    soft = (matte > 0) & (matte < 1)
    assert made[~soft].tobytes() == plain[~soft].tobytes()
    wanted = red + BACKGROUND * (1 - matte[..., None])
    np.testing.assert_allclose(made[soft], wanted[soft], rtol=1e-5)
