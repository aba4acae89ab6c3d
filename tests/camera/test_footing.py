"""The picture is moved by as little as brings the actor onto its ground, and not at all where that gains nothing."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera.footing import Footing, find_footing

TALL = 0.4


def feet(row: float) -> np.ndarray:
    """Somebody 0.4 frame heights tall, who walks across the frame at a row (unit coordinates)."""
    return np.array([[x, row, TALL] for x in np.linspace(-0.3, 0.3, 7)])


def ground(top: float, low: float = 1.0) -> np.ndarray:
    """A picture whose ground lies between two rows, as shares of its height."""
    rows = (np.arange(100) + 0.5) / 100
    return np.repeat(np.float32((rows > top) & (rows < low))[:, None], 150, 1)


def test_an_actor_who_stands_on_ground_under_the_right_horizon_is_left_alone() -> None:
    known = Footing(feet(0.3), ground(0.6), (-0.05, 0.05), (0.5, 0.56))
    centred, best = find_footing(known, "fill", 1.5, 1.5)
    assert best is centred and not best.placement.moved
    assert (best.feet, best.apart) == (1.0, 0.0)


def test_feet_before_a_wall_come_down_onto_the_ground_by_the_least_move() -> None:
    # Feet at 0.80 of the frame's height; the ground begins at 0.93 of the picture's.
    _, best = find_footing(Footing(feet(0.3), ground(0.93)), "fill", 1.5, 1.5)
    assert best.feet == pytest.approx(1.0)
    assert best.placement.scale == 1 and best.placement.x == 0
    assert best.placement.y == pytest.approx(-0.15)  # in steps of 0.025: 0.80 + 0.15 is the first below 0.93


def test_no_move_goes_farther_than_it_may() -> None:
    # As above, -0.15 is the least move that mends it.
    assert (
        find_footing(Footing(feet(0.3), ground(0.93), reach=(0.15, 0.15)), "fill", 1.5, 1.5)[1].placement.y
        == -0.15
    )
    centred, best = find_footing(Footing(feet(0.3), ground(0.93), reach=(0.14, 0.14)), "fill", 1.5, 1.5)
    assert best is centred


def test_a_tall_picture_is_moved_as_far_as_it_reaches_beyond_the_frame() -> None:
    # 2:3 under 16:9 is 2.667 frame heights tall: 0.833 are cut off above and below. Feet at 0.80 of the frame are at
    # 0.6125 of the picture, its ground begins at 0.75: 0.3667 frame heights higher, in steps of 0.025.
    _, best = find_footing(Footing(feet(0.3), ground(0.75), reach=(0.15, 0.15)), "fill", 2 / 3, 16 / 9)
    assert best.feet == pytest.approx(1.0) and best.placement.y == pytest.approx(-0.375)
    assert best.placement.shown(2 / 3, 16 / 9)[1] == pytest.approx(1.0)


def test_what_is_too_far_away_is_left_and_told_as_it_is() -> None:
    centred, best = find_footing(Footing(feet(0.0), ground(0.9)), "fill", 1.5, 1.5)
    assert best is centred and best.feet == 0


def test_nobody_stands_as_a_giant_at_the_horizon() -> None:
    # Feet at 0.80; the ground begins at the horizon, 0.85: just below it they would stand miles away.
    known = Footing(feet(0.3), ground(0.85), None, (0.84, 0.86))
    _, best = find_footing(known, "fill", 1.5, 1.5)
    assert best.placement.y <= -0.15 + 1e-9
    assert 0.8 - best.placement.y > 0.85 + 0.25 * TALL


def test_a_horizon_that_is_off_is_brought_nearer_where_the_picture_still_fills_the_frame() -> None:
    known = Footing(feet(0.4), ground(0.5), (-0.2, -0.16), (0.5, 0.52))
    centred, best = find_footing(known, "fill", 1.5, 1.5)
    assert centred.apart == pytest.approx(0.16) and best.apart == pytest.approx(0.0, abs=0.011)
    assert best.placement.y == pytest.approx(-0.15, abs=0.026)
    assert best.placement.shown(1.5, 1.5)[1] >= 0.8


def test_a_horizon_that_is_a_little_off_is_left() -> None:
    known = Footing(feet(0.4), ground(0.5), (-0.06, -0.05), (0.5, 0.52))
    centred, best = find_footing(known, "fill", 1.5, 1.5)
    assert best is centred and centred.apart == pytest.approx(0.05)


def test_with_nothing_known_nothing_is_moved() -> None:
    centred, best = find_footing(Footing(np.zeros((0, 3))), "fill", 1.5, 1.5)
    assert best is centred and best.feet is None and best.apart is None


def test_a_bench_in_the_way_is_passed_at_its_side() -> None:
    room = ground(0.5)
    room[:, 60:90] = 0  # the middle of the picture is no ground
    known = Footing(np.array([[0.0, 0.3, TALL], [0.03, 0.3, TALL]]), room)
    _, best = find_footing(known, "fill", 1.5, 1.5)
    assert best.feet == pytest.approx(1.0)
    assert abs(best.placement.x) == pytest.approx(0.2, abs=0.051) and best.placement.y == 0
