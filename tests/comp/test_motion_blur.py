"""A layer blurred along the camera's motion, against streaks worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.comp.motion_blur import Streaks, squeezed


def _pan(pixels: float, opened: float, height: int = 40, width: int = 120) -> Streaks:
    """A place that moves right by so many pixels a frame."""
    before, after = (np.zeros((height, width, 2), np.float32) for _ in range(2))
    before[..., 0], after[..., 0] = pixels, -pixels
    return Streaks(before, after, opened)


@pytest.mark.parametrize(("pixels", "degrees"), [(40, 180), (-40, 180), (24, 90), (30, 360)])
def test_a_dot_becomes_a_streak_of_its_way_while_the_shutter_is_open(pixels: float, degrees: float) -> None:
    light = np.zeros((40, 120, 3), np.float32)
    light[20, 60] = 0.9
    streaks = _pan(pixels, degrees / 360)
    blurred = streaks.rows(light, slice(0, 40))
    way = abs(pixels) * degrees / 360
    assert streaks.longest == pytest.approx(way)
    line = blurred[20, :, 0]
    assert (line > line.max() / 2).sum() == pytest.approx(way, abs=1)
    assert (line * np.arange(120)).sum() / line.sum() == pytest.approx(60, abs=0.05)
    assert blurred.sum() == pytest.approx(light.sum(), rel=1e-3)
    assert not np.delete(blurred, 20, 0).any()
    np.testing.assert_array_equal(streaks.rows(light, slice(16, 24)), blurred[16:24])


def test_each_half_of_a_streak_is_of_its_own_half_of_the_time() -> None:
    """At rest before the frame, 40 pixels a frame after it: ten of them while 180 degrees are open, to the right."""
    streaks = _pan(40, 0.5)
    streaks.before[:] = 0
    light = np.zeros((40, 120, 3), np.float32)
    light[20, 60] = 0.9
    line = streaks.rows(light, slice(0, 40))[20, :, 0]
    assert line[60] == pytest.approx(0.45, abs=0.05)
    assert np.flatnonzero(line > 0.01).min() == 60
    assert np.flatnonzero(line > 0.01).max() == pytest.approx(70, abs=1)


def test_a_level_field_stays_and_white_does_not_eat_what_stands_before_it() -> None:
    light = np.full((40, 120, 3), 128, np.float32)
    streaks = _pan(40, 0.5)
    np.testing.assert_allclose(streaks.rows(squeezed(light), slice(0, 40)), 128, rtol=1e-4)
    light[:, :60] = 0.1
    edge = streaks.rows(squeezed(light), slice(0, 40))[20, :, 0]
    assert edge[49] == pytest.approx(0.1)
    assert edge[53] < 1.5  # 15 % of 128 would be 19
    assert (np.diff(edge) >= -1e-3).all()


def test_less_than_half_a_pixel_is_not_seen() -> None:
    assert not _pan(0.9, 0.5).seen
    assert _pan(1.1, 0.5).seen
