"""An actor whose feet the place slides under is told so, where they surely stand on the plate's ground."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop
from actanywhere.camera.space import SpaceTrack
from actanywhere.camera.track import CameraTrack
from actanywhere.contract.shot import FrameRange
from actanywhere.render.clip import Clip
from actanywhere.render.feet import warn_of_sliding
from tests.camera.set3d import EYE, HEIGHT, WIDTH, cameras, codes, frames, look
from tests.render.stage import texture

FRAMES, SIDE, MARGIN = 8, 160, 60


def walked(pan: float, contrast: float = 1.0, hop: int = 0) -> Clip:
    """A ground that moves by ``pan`` pixels a frame to the right under an actor who rises by ``hop``."""
    rng = np.random.default_rng(5)
    wide = (texture(rng, SIDE, SIDE + 2 * MARGIN, 3.0) - 0.5) * contrast + 0.5
    rgb, matte = [], np.zeros((FRAMES, SIDE, SIDE), np.uint8)
    for t in range(FRAMES):
        shift = np.float32([[1, 0, -MARGIN + pan * t], [0, 1, 0]])
        frame = np.round(255 * np.clip(cv2.warpAffine(wide, shift, (SIDE, SIDE)), 0, 1)).astype(np.uint8)
        matte[t, 40 - hop * t : 120 - hop * t, 60:100] = 255
        frame[matte[t] > 0] = 40
        rgb.append(frame)
    return Clip(FrameRange(1001, 1000 + FRAMES), np.stack(rgb), matte, 1.0)


def said(clip: Clip, pan: float, asked: str = "auto") -> tuple[str, ...]:
    """What is said of a place that moves by ``pan`` pixels a frame; the plate has 480 rows, three for each here."""
    path = np.tile(np.eye(3), (FRAMES, 1, 1))
    path[:, 0, 2] = pan * np.arange(FRAMES) / SIDE
    track = CameraTrack(path, True, "", np.ones(FRAMES))
    backdrop = Backdrop(np.zeros((32, 32, 3), np.float32), track, 1.0)
    return warn_of_sliding(clip, backdrop, None, (asked, "plate"), 3 * SIDE, lambda: None)


def test_feet_that_slide_are_told_with_pixels_of_the_plate_and_frames() -> None:
    (warning,) = said(walked(1.0), 4.0)
    assert "slides under the actor's feet by 9 pixels a frame in frames 1001-1007:" in warning
    assert warning.endswith("with --track.") and "--camera 3d" not in warning
    assert "--camera 3d" in said(walked(1.0), 4.0, "plate")[0]


@pytest.mark.parametrize("pan", [0.0, 2.0, 2.8])
def test_feet_that_hardly_slide_are_not_told(pan: float) -> None:
    assert said(walked(pan), 2.0 if pan else 0.0) == ()


def test_nothing_is_told_where_nobody_surely_stands() -> None:
    assert said(walked(2.0, hop=4), 5.0) == ()
    assert said(walked(2.0, contrast=0.0), 5.0) == ()


def test_without_a_place_that_is_moved_nothing_slides() -> None:
    assert warn_of_sliding(walked(2.0), None, None, ("auto", "subject"), 480, lambda: None) == ()


@pytest.mark.parametrize(("first", "level", "told"), [(19, 1.0, 0), (0, 0.4, 1)])
def test_in_3_d_a_nearer_card_at_the_feet_is_not_told_and_a_wrong_ground_is(
    first: int, level: float, told: int
) -> None:
    turns = np.stack([look(9 + 0.1 * k, -0.8 * k) for k in range(24)])
    places = np.array([[0.07 * k, 0.0, 0.03 * k] for k in range(24)])
    made = codes(frames(turns, places, walk=0.05))[first : first + 5]
    clip = Clip(FrameRange(1, 5), *(np.stack(one) for one in zip(*made, strict=True)), WIDTH / HEIGHT)
    seen = slice(first, first + 5)
    shot = replace(cameras(turns[seen], places[seen]), ground=np.full(5, -EYE * level))
    track = SpaceTrack(shot, WIDTH / HEIGHT, "", np.ones(5), np.array([[0.0, -5.0]]))
    backdrop = Backdrop(np.zeros((32, 32, 3), np.float32), track, WIDTH / HEIGHT)
    assert len(warn_of_sliding(clip, backdrop, None, ("3d", "3d"), HEIGHT, lambda: None)) == told
