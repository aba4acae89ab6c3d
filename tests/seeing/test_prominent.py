"""What stands out of a picture, and what of it a border cuts."""

from __future__ import annotations

import numpy as np

from actanywhere.seeing.prominent import cut_by_border


def test_what_a_border_cuts_goes_on_as_far_as_it_is_no_higher_than_there() -> None:
    tower, cable, car, apart = (np.zeros((60, 100), bool) for _ in range(4))
    tower[5:55, 60:70] = True
    cable[20:24, 70:] = True
    car[40:50, 85:] = True
    apart[10:20, 10:20] = True
    np.testing.assert_array_equal(cut_by_border(tower | cable | apart, last=True), cable)
    np.testing.assert_array_equal(cut_by_border(car | apart, last=True), car)
    np.testing.assert_array_equal(cut_by_border((tower | cable)[:, ::-1], last=False), cable[:, ::-1])
    assert not cut_by_border(tower | cable | car, last=False).any()
