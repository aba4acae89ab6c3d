"""The blue sky of a picture, without a network."""

from __future__ import annotations

import cv2
import numpy as np

from actanywhere.seeing.plain_sky import plain_sky


def _outdoors() -> np.ndarray:
    """(96, 128, 3) a blue sky down to row 60, with a cloud and a wire, over grass."""
    picture = np.empty((96, 128, 3), np.float32)
    picture[:60], picture[60:] = (0.4, 0.6, 0.9), (0.35, 0.45, 0.2)
    picture[20:35, 40:80] = 0.95
    picture[:60, 100] = 0.1
    return picture


def test_sky_is_told_from_the_ground_with_its_clouds_and_what_hangs_before_it() -> None:
    sky = plain_sky(_outdoors())
    assert sky is not None and sky.shape == (192, 256)
    assert sky[:114].mean() > 0.97 and sky[126:].max() == 0


def test_a_picture_that_is_blue_down_to_its_lower_border_may_be_a_floor() -> None:
    assert plain_sky(np.full((96, 128, 3), (0.4, 0.6, 0.9), np.float32)) is None


def test_water_a_wall_and_who_stands_before_it_are_no_sky() -> None:
    waves = _outdoors()
    waves[:60] *= 1 + 0.35 * np.random.default_rng(1).standard_normal((60, 128, 1)).astype(np.float32)
    assert plain_sky(np.clip(waves, 0, 1)) is None
    wall = _outdoors()
    wall[:60] = 0.8
    assert plain_sky(wall) is None
    hidden = cv2.circle(np.zeros((96, 128), np.float32), (64, 0), 200, 1.0, -1)
    assert plain_sky(_outdoors(), hidden) is None
