"""Light evened out between patches: seams of light go, other edges stay."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.inpaint.gradient_blend import blend_gradients

_ROWS, _COLUMNS = 30, 48
_KNOWN = np.ones((_ROWS, _COLUMNS), bool)


def _slope(steepness: float) -> NDArray[np.float32]:
    """A wall that gets lighter to the right."""
    row = 0.3 + steepness * np.arange(_COLUMNS, dtype=np.float32)
    return np.repeat(np.tile(row, (_ROWS, 1))[..., None], 3, 2)


def _own_places() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows, columns = np.indices((_ROWS, _COLUMNS))
    return rows, columns


def _steps(picture: NDArray[np.float32], column: int) -> float:
    """The mean step between a column and the next."""
    return float(np.abs(picture[:, column + 1] - picture[:, column]).mean())


def test_a_picture_in_its_own_place_stays_as_it_is() -> None:
    y, x = _own_places()
    assert not blend_gradients(_slope(0.01), _KNOWN, y, x, _KNOWN).any()


def test_a_patch_from_a_lighter_part_loses_its_seams_and_keeps_its_slope() -> None:
    wall = _slope(0.01)
    y, x = _own_places()
    hole = np.zeros((_ROWS, _COLUMNS), bool)
    hole[:, 12:24] = True
    x[hole] += 6  # 0.06 lighter than what it stands beside
    canvas = wall[y, x]
    assert _steps(canvas, 11) == pytest.approx(0.07, abs=1e-3)
    even = canvas + blend_gradients(wall, _KNOWN, y, x, hole)
    assert max(_steps(even, column) for column in (11, 23)) < 0.025
    assert np.diff(even[15, 13:23, 0]) == pytest.approx(0.01, abs=0.006)
    np.testing.assert_array_equal(even[~hole], wall[~hole])


def test_a_seam_within_a_hole_goes_too() -> None:
    wall = _slope(0.01)
    y, x = _own_places()
    hole = np.zeros((_ROWS, _COLUMNS), bool)
    hole[8:22, 10:36] = True
    x[:, 23:36][hole[:, 23:36]] -= 7
    canvas = wall[y, x]
    even = canvas + blend_gradients(wall, _KNOWN, y, x, hole)
    assert _steps(canvas[8:22], 22) > 0.055
    assert _steps(even[8:22], 22) < 0.02


def test_an_edge_between_different_things_is_no_light() -> None:
    street = _slope(0.0)
    street[:, 24:] = 0.9  # a white house
    y, x = _own_places()
    hole = np.zeros((_ROWS, _COLUMNS), bool)
    hole[:, 16:24] = True
    x[hole] += 16  # the house goes on over the street
    added = blend_gradients(street, _KNOWN, y, x, hole)
    assert np.abs(added).max() < 0.01


def test_what_is_added_fades_out_far_from_the_seam() -> None:
    wall = _slope(0.0)
    wall[:, 40:] += 0.05
    y, x = _own_places()
    beyond = np.concatenate([x, np.full((_ROWS, 200), 45)], 1)
    rows = np.concatenate([y, np.tile(np.arange(_ROWS)[:, None], (1, 200))], 1)
    beyond[:, 40:48] = 10  # the picture ends in its darker part
    open = np.zeros(beyond.shape, bool)
    open[:, _COLUMNS:] = True
    added = blend_gradients(wall, _KNOWN, rows, beyond, open)[15, :, 0]
    assert added[_COLUMNS + 1] == pytest.approx(-0.05, abs=0.015)
    assert abs(added[-1]) < 0.002
    assert (np.diff(added[_COLUMNS:]) >= -1e-4).all()
