"""Outlines that jump: a square of noise of 60 pixels that goes right by 3, its mask cut by hand."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.seeing.outline_jumps import JUMPS, come_and_gone


def _frame(index: int) -> np.ndarray:
    rng = np.random.default_rng(4)
    ground, square = rng.random((40, 56)), rng.random((20, 20))
    picture = np.kron(ground, np.ones((3, 3)))
    left = 50 + 3 * index
    picture[30:90, left : left + 60] = np.kron(square, np.ones((3, 3)))
    return np.repeat(picture[..., None], 3, 2).astype(np.float32)


def _mask(index: int, rows: int = 60) -> np.ndarray:
    mask = np.zeros((120, 168), np.float32)
    mask[30 : 30 + rows, 50 + 3 * index : 110 + 3 * index] = 1
    return mask


@pytest.mark.parametrize("rows", [60, 45])
def test_a_part_of_a_quarter_is_a_quarter_and_on_the_side_that_lacks_it(rows: int) -> None:
    comes, goes = come_and_gone(_frame(0), _mask(0, rows), _frame(1), _mask(1))
    assert comes == pytest.approx((60 - rows) / 60, abs=0.03) and goes < JUMPS / 2
    comes, goes = come_and_gone(_frame(0), _mask(0), _frame(1), _mask(1, rows))
    assert goes == pytest.approx((60 - rows) / 60, abs=0.03) and comes < JUMPS / 2
