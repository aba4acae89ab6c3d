"""A picture is widened towards its borders as far as a camera looks."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop, View
from actanywhere.camera.cover import Path, path_of, widen
from actanywhere.camera.placement import Placement
from actanywhere.camera.track import CameraTrack, still_track
from actanywhere.camera.widened import Wider, wider

SQUARE = Placement()


def test_the_border_comes_to_where_the_camera_looks_and_the_middle_stays() -> None:
    # By 0.18 of its width, over 0.6 of it: 1 + 2 * 0.18 / 0.6 = 1.6 times as wide at the border.
    one = Wider(right=0.18)
    assert one.stretch == pytest.approx(1.6)
    # Halfway into the band: x + x² / 2 = 0.3, so x = sqrt(1.6) - 1.
    shown = np.array([0.1, 0.4, 0.7, 1.18, 1.28])
    assert one.across(shown) == pytest.approx([0.1, 0.4, 0.4 + 1.6**0.5 - 1, 1.0, 1.1])
    assert Wider(left=0.18).across(1 - shown) == pytest.approx(1 - one.across(shown))
    assert one.down(shown) is shown
    assert Wider(top=0.15).down(np.array([-0.15, 0.3, 0.9])) == pytest.approx([0, 0.3, 0.9])
    assert Wider(bottom=0.1).down(np.array([0.1, 0.65, 1.1, 1.2])) == pytest.approx([0.1, 0.65, 1.0, 1.1])


def test_it_becomes_as_wide_as_it_may_and_has_room() -> None:
    free = (1.0, 1.0, 1.0, 1.0)
    assert wider((0.9, 0, 0.9, 0), free, 2.0) == Wider(0.3, 0, 0.15)
    assert wider((0, 0, 0, 0.9), free, 2.0) == Wider(bottom=0.175)
    assert wider((0.9, 0.1, 0, 0), free, 2.0) == Wider(0.25, 0.1, 0, 0, (0.5, 0.5, 0.3, 0.35))
    assert wider((0.9, 0.9, 0.9, 0.9), free, 1.5).stretch == pytest.approx(1.5)
    # Somebody stands from 0.2 of its width on, and their head is at its upper border.
    beside = wider((0.9, 0, 0.9, 0), (0.2, 0.5, 0.0, 1.0), 2.0)
    assert (beside.left, beside.top) == (pytest.approx(0.1), 0) and beside.across(0.2) == 0.2
    assert not wider((0.9, 0, 0, 0), (0.01, 1, 1, 1), 2.0)


def borders(right: float, down: float = 0.0) -> Path:
    """Square frames that look so far to the right, and down."""
    moved = np.tile(np.eye(3), (2, 1, 1))
    moved[1, :2, 2] = -right, -down
    return path_of(CameraTrack(moved, True, "", np.ones(2)), 1.0, View(1.0), borders=True)


def test_it_is_widened_to_where_the_frames_end() -> None:
    right, up = borders(0.2), borders(0.0, -0.1)
    found = widen(SQUARE, right, 1.0, 1.0)
    assert found.wider == Wider(right=pytest.approx(0.2)) and str(found) == "centred"
    assert right.beyond(SQUARE, 1.0, 1.0)[1] > 0.15 and not right.beyond(found, 1.0, 1.0).any()
    mirrored = widen(Placement(mirrored=True), right, 1.0, 1.0)
    assert mirrored.wider == Wider(left=pytest.approx(0.2)) and not right.beyond(mirrored, 1.0, 1.0).any()
    assert widen(SQUARE, up, 1.0, 1.0).wider == Wider(top=pytest.approx(0.1))
    assert widen(SQUARE, borders(0.0, 0.1), 1.0, 1.0).wider == Wider(bottom=pytest.approx(0.1))
    below = borders(0.0, 0.1)
    assert not below.beyond(widen(SQUARE, below, 1.0, 1.0), 1.0, 1.0).any()


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_frame_shows_the_pictures_last_column_at_its_border(mirrored: bool) -> None:
    ramp = np.tile(np.linspace(0, 1, 100, dtype=np.float32)[None, :, None], (100, 1, 3))
    laid = widen(Placement(mirrored=mirrored), borders(0.2), 1.0, 1.0)
    moved = np.tile(np.eye(3), (2, 1, 1))
    moved[1, 0, 2] = -0.2
    backdrop = Backdrop(ramp, CameraTrack(moved, True, "", np.ones(2)), 1.0, placement=laid)
    rgb, valid = backdrop.frame(1, 100, 100)
    assert valid[:, :-1].min() == 1
    assert rgb[50, 98, 0] == pytest.approx(0 if mirrored else 1, abs=0.02)
    assert backdrop.looks(1, np.array([[99.5, 50.0]]), 100, 100)[0, 0] == pytest.approx(
        -0.5 if mirrored else 99.5, abs=0.01
    )
    plain = Backdrop(ramp, still_track(2), 1.0, placement=Placement(mirrored=mirrored))
    left = np.s_[:, :40]  # what is not beside that border stays as it was
    np.testing.assert_allclose(
        backdrop.frame(0, 100, 100)[0][left], plain.frame(0, 100, 100)[0][left], atol=1e-5
    )
