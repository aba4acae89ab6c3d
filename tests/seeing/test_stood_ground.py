"""Somebody who stands in a picture tells its ground; who hangs in the air, or is cut off, does not."""

from __future__ import annotations

import numpy as np

from actanywhere.seeing.stood_ground import stood_ground

ROWS, COLUMNS = 200, 300


def street() -> np.ndarray:
    """A wall down to row 120, a road from there on, both with some grain."""
    picture = np.full((ROWS, COLUMNS, 3), (0.7, 0.35, 0.25), np.float32)
    picture[120:] = (0.4, 0.42, 0.45)
    return picture + np.random.default_rng(1).normal(0, 0.02, picture.shape).astype(np.float32)


def body(feet: int, tall: int = 100) -> np.ndarray:
    mask = np.zeros((ROWS, COLUMNS), np.float32)
    mask[feet - tall : feet, 140:165] = 1
    return mask


def shadow(feet: int) -> np.ndarray:
    cast = np.zeros((ROWS, COLUMNS), np.float32)
    cast[feet : feet + 6, 140:190] = 1
    return cast


def test_the_ground_ends_where_its_colour_does() -> None:
    # Feet on row 155, 100 tall: ground is looked for down from row 155 - 40 = 115, and ends on row 120, 0.6 down;
    # of the 9 pixels in 192 by which that may be wrong, half (0.02) is left out.
    ground = stood_ground(street(), body(155), body(155), shadow(155))
    assert ground is not None
    beside = ground[:, np.r_[0:120, 180:288]]
    above, below = beside[: int(192 * 0.6)], beside[int(192 * 0.64) :]
    assert above.mean() < 0.02 and below.mean() > 0.98


def test_a_ground_of_one_colour_ends_where_who_stands_there_would_be_half_as_tall() -> None:
    plain = street()[[150]].repeat(ROWS, 0)
    ground = stood_ground(plain, body(155), body(155), shadow(155))
    assert ground is not None and not ground[: int(192 * 0.57)].any()


def test_who_casts_no_shadow_or_is_cut_off_tells_nothing() -> None:
    nothing = np.zeros((ROWS, COLUMNS), np.float32)
    assert stood_ground(street(), body(155), body(155), nothing) is None
    assert stood_ground(street(), body(155), body(155), None) is None
    assert stood_ground(street(), body(ROWS), body(ROWS), shadow(ROWS - 6)) is None
