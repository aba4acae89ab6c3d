"""What fell on a wall in the plate is laid on no place that has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop
from actanywhere.camera.camera_files import Cameras
from actanywhere.camera.space import SpaceTrack
from actanywhere.contract.shot import FrameRange
from actanywhere.render.shadow import ShadowDecision
from actanywhere.render.shadow_on_place import shadow_off_walls
from actanywhere.shadow.pulled import PulledShadow

HEIGHT, WIDTH, EYE = 90, 160, 1.5


def _space() -> SpaceTrack:
    """Two frames from one place, 1.5 over the ground: posts stand four metres ahead in the left half, up to the eye.

    The ground is seen before them, and in the right half up to nine metres ahead. A frame is one focal length high.
    """
    posts = [(x, y, -4.0) for x in np.linspace(-3.4, -0.2, 9) for y in np.linspace(0.4, 1.4, 5)]
    ground = [(x, 0.0, -z) for z in (3.2, 3.6, 4.5, 6.0, 9.0) for x in np.linspace(-0.8 * z, 0.8 * z, 9)]
    seen = [one for one in ground if one[0] > 0 or one[2] > -4]
    matrices = np.tile(np.eye(4), (2, 1, 1))
    matrices[:, 1, 3] = EYE
    cameras = Cameras((1001, 1002), matrices, np.ones(2), np.zeros(2), np.array([*posts, *seen]))
    return SpaceTrack(cameras, WIDTH / HEIGHT, "staged", np.ones(2), np.array([[0.0, -3.5]]))


def _laid(space: SpaceTrack) -> tuple[np.ndarray, tuple[str, ...]]:
    """A shadow all over the lower half of the second frame, after what falls on walls is taken from it."""
    planes = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    planes[1, HEIGHT // 2 :] = 200
    backdrop = Backdrop(np.zeros((HEIGHT, WIDTH, 3), np.float32), space, WIDTH / HEIGHT)
    pulled = ShadowDecision(PulledShadow(planes, 1.0, 0.0, 0.0), "pulled")
    found = shadow_off_walls(pulled, backdrop, FrameRange(1001, 1002))
    assert isinstance(found.value, PulledShadow)
    return np.asarray(found.value.planes), found.warnings


def test_what_falls_on_something_upright_is_left_out_and_told() -> None:
    planes, warnings = _laid(_space())
    assert planes[0].max() == 0
    # By hand: the ground at the posts' feet is on row 90 * (0.5 + 1.5 / 4) = 79; a height of 0.9 there is on row 58.
    assert planes[1, 50:62, 20:60].max() < 20
    assert planes[1, 84:, :].min() > 180 and planes[1, 55:, 100:].min() > 180
    assert len(warnings) == 1 and warnings[0].startswith(
        "In frames 1002 the actor's shadow falls on something"
    )
    assert "--horizon ROW,FOOT" in warnings[0]


@pytest.mark.parametrize(("away", "kept"), [(4, True), (30, False)])
def test_a_place_whose_wall_is_known_to_be_near_takes_it(away: float, kept: bool) -> None:
    """The actor goes three and a half metres away."""
    planes, warnings = _laid(_space().standing(0.0, EYE / away))
    assert planes[1, 50:62, 20:60].mean() == (200 if kept else pytest.approx(0, abs=10))
    assert len(warnings) == (0 if kept else 1)


def test_without_points_or_a_3d_camera_nothing_is_left_out() -> None:
    space = _space()
    planes, warnings = _laid(replace(space, cameras=replace(space.cameras, points=None)))
    assert (planes[1, HEIGHT // 2 :] == 200).all() and not warnings
