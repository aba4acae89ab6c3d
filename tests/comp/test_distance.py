"""Distances in a region are right to the last digit, so that two runs agree."""

from __future__ import annotations

import math

import numpy as np

from actanywhere.distance import distance_inside


def test_a_distance_is_the_root_of_a_whole_number() -> None:
    region = np.ones((40, 61), bool)
    region[3, 4] = False
    away = distance_inside(region)
    assert away[3, 4] == 0 and away[3, 5] == 1 and away[6, 8] == 5  # 3, 4, 5
    assert away[39, 60] == np.float32(math.sqrt(36**2 + 56**2))
    assert away.dtype == np.float32


def test_a_long_distance_is_exact_too() -> None:
    region = np.ones((240, 320), bool)
    region[0, 0] = False
    y, x = np.indices(region.shape)
    assert np.array_equal(distance_inside(region), np.sqrt(x * x + y * y).astype(np.float32))
