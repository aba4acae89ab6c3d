"""An actor whose feet are over the blue sky of the picture of the place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from actanywhere.camera.placement import Placement
from actanywhere.contract.shot import FrameRange
from actanywhere.render.clip import Clip
from actanywhere.render.standpoint import Standpoint, actor_feet, hangs_in_sky
from actanywhere.seeing.plain_sky import plain_sky

HEIGHT, WIDTH = 120, 200
ASPECT = WIDTH / HEIGHT


def _picture(horizon: int) -> NDArray[np.float32]:
    """Blue sky down to a row, and rough ground from there on."""
    rough = np.random.default_rng(1).uniform(0.2, 0.5, (HEIGHT, WIDTH, 3))
    rough[:horizon] = (0.35, 0.55, 0.85)
    return rough.astype(np.float32)


def _told(condition_horizon: int, plate_horizon: int) -> tuple[str, ...]:
    plate, condition = _picture(plate_horizon), _picture(condition_horizon)
    matte = np.zeros((1, HEIGHT, WIDTH), np.uint8)
    matte[0, 30:80, 90:106] = 255
    plate[matte[0] > 0] = (0.6, 0.2, 0.1)
    clip = Clip(FrameRange(1001, 1001), np.round(plate[None] * 255).astype(np.uint8), matte, ASPECT)
    feet = actor_feet(matte[0], ASPECT)
    seen = Standpoint(0, feet, None, None, None, "ground", None, sky=plain_sky(condition))
    return hangs_in_sky(seen, clip, Placement("fill"), ASPECT, ASPECT)


def test_feet_over_the_sky_are_told_and_feet_on_what_is_below_it_are_not() -> None:
    (warning,) = _told(100, 40)
    assert "over the sky of the condition picture (100% of them)" in warning and "--place" in warning
    assert _told(60, 40) == ()


def test_who_flies_in_the_plate_too_may_fly() -> None:
    assert _told(100, 100) == ()
