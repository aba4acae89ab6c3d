"""Pairs of frames that disagree about the camera are reconciled over the shot."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera.reconcile import Pair, pair_of, reconcile
from tests.camera.staged import similarity


def slid(*places: float | None) -> list[np.ndarray | None]:
    return [None if x is None else similarity(1, 0, x, 0) for x in places]


def pair(earlier: int, later: int, x: float) -> Pair:
    return Pair(earlier, later, similarity(1, 0, x, 0), 1.0)


def test_a_contradiction_is_spread_over_the_frames_between() -> None:
    # Two steps of 0.1, and 0.1 over both at 1/sqrt(2) of the weight: 2 (x/2 - 0.1)^2 + (x - 0.1)^2 / sqrt(2) is least
    # at 0.1 sqrt(2).
    pairs = [pair(0, 1, 0.1), pair(1, 2, 0.1), pair(0, 2, 0.1)]
    found = reconcile(slid(0, 0.1, 0.1), pairs, 1.0, 1e3)
    assert [m[0, 2] for m in found] == pytest.approx([0, 0.1 / np.sqrt(2), 0.1 * np.sqrt(2)], abs=1e-3)


def test_what_agrees_stays_as_it_is_and_a_lost_frame_stays_lost() -> None:
    turned = [similarity(1.1**k, 0.05 * k, 0.2 * k, -0.1 * k) for k in range(5)]
    pairs = [
        Pair(i, j, turned[j] @ np.linalg.inv(turned[i]), 0.9) for i, j in ((0, 1), (0, 3), (1, 3), (3, 4))
    ]
    found = reconcile([*turned[:2], None, *turned[3:]], pairs, 1.5, 0.001)
    assert found[2] is None
    for k in (0, 1, 3, 4):
        assert found[k] == pytest.approx(turned[k], abs=1e-9)


def test_a_pair_that_is_far_from_the_track_counts_for_nothing() -> None:
    found = reconcile(slid(0, 0.1, 0.2), [pair(0, 1, 0.1), pair(1, 2, 0.1), pair(0, 2, 3.0)], 1.0, 0.002)
    assert [m[0, 2] for m in found] == pytest.approx([0, 0.1, 0.2], abs=1e-9)


def test_a_track_that_jumps_where_neighbours_agree_does_not() -> None:
    steps, across = [pair(k, k + 1, 0.1) for k in range(3)], pair(0, 3, 0.3)
    found = reconcile(slid(0, 0.1, 0.9, 1.0), [*steps, across], 1.0, 0.002)
    assert [m[0, 2] for m in found] == pytest.approx([0, 0.1, 0.2, 0.3], abs=1e-9)


def test_points_without_a_common_motion_make_no_pair() -> None:
    rng = np.random.default_rng(0)
    there, here = rng.random((100, 2)), rng.random((100, 2))
    assert pair_of(0, 1, there, here, 0.002) is None
    made = pair_of(0, 1, there, there + [0.1, 0], 0.002)
    assert made is not None and made.share == 1 and made.transform[0, 2] == pytest.approx(0.1)
