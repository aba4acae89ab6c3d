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
from actanywhere.render.grounded import follow_ground
from tests.camera.set3d import EYE, HEIGHT, WIDTH, cameras, codes, frames, look
from tests.render.stage import texture

FRAMES, SIDE, MARGIN = 8, 160, 60


def walked(pan: float, contrast: float = 1.0, hop: int = 0, count: int = FRAMES) -> Clip:
    """A ground that moves by ``pan`` pixels a frame to the right under an actor who rises by ``hop``."""
    rng = np.random.default_rng(5)
    wide = (texture(rng, SIDE, SIDE + 2 * MARGIN, 3.0) - 0.5) * contrast + 0.5
    rgb, matte = [], np.zeros((count, SIDE, SIDE), np.uint8)
    for t in range(count):
        shift = np.float32([[1, 0, -MARGIN + pan * t], [0, 1, 0]])
        frame = np.round(255 * np.clip(cv2.warpAffine(wide, shift, (SIDE, SIDE)), 0, 1)).astype(np.uint8)
        matte[t, 40 - hop * t : 120 - hop * t, 60:100] = 255
        frame[matte[t] > 0] = 40
        rgb.append(frame)
    return Clip(FrameRange(1001, 1000 + count), np.stack(rgb), matte, 1.0)


def said(clip: Clip, pan: float, asked: str = "auto") -> tuple[str, ...]:
    """What is said of a place that moves by ``pan`` pixels a frame; the plate has 480 rows, three for each here."""
    return slides(clip, panned(pan, len(clip.frames)), asked)


def panned(pan: float, count: int) -> CameraTrack:
    """A camera by which the place moves ``pan`` pixels a frame."""
    path = np.tile(np.eye(3), (count, 1, 1))
    path[:, 0, 2] = pan * np.arange(count) / SIDE
    return CameraTrack(path, True, "", np.ones(count))


def slides(clip: Clip, track: CameraTrack, asked: str = "auto") -> tuple[str, ...]:
    """What is said of a place that moves so."""
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


@pytest.mark.parametrize(("pan", "sure"), [(4.0, True), (1.5, False)])
def test_a_flat_camera_is_slid_by_the_ground_under_the_feet(pan: float, sure: bool) -> None:
    clip = walked(1.0, count=12)
    found = follow_ground(clip, panned(pan, 12), lambda: None)
    assert found is not None and (found.told, found.pairs, found.sure) == (11, 11, sure)
    assert np.abs(np.diff(found.track.transforms[:, 0, 2]) * SIDE - 1).max() < 0.15
    assert slides(clip, found.track) == ()
    assert "--camera ground" in slides(clip, panned(4.0, 12))[0]


def test_no_camera_is_named_that_was_tried_or_that_so_few_frames_cannot_give() -> None:
    own = "Give a track of the ground, or the camera of your own 3-D solve, with --track."
    assert slides(walked(1.0, count=12), panned(4.0, 12), "ground")[0].endswith(own)
    assert said(walked(1.0), 4.0)[0].endswith(own)  # 7 pairs of frames: --camera ground needs 8
    assert "Use --camera 3d, or give" in said(walked(1.0), 4.0, "plate")[0]
    assert "Use --camera 3d or ground, or give" in slides(walked(1.0, count=12), panned(4.0, 12), "plate")[0]


def test_turn_and_scale_stay_the_cameras_where_it_is_slid() -> None:
    zoom = panned(0.0, 12)
    for t, move in enumerate(zoom.transforms):
        move[:2, :2] *= 1.01**t
    found = follow_ground(walked(1.0, count=12), zoom, lambda: None)
    assert found is not None
    assert np.allclose(found.track.transforms[:, :2, :2], zoom.transforms[:, :2, :2])
    # At the feet, 0.25 below the middle, the place grows by 0.4 pixels a frame downwards, and the ground does not.
    at_feet = [move @ [0, 0.25, 1] for move in found.track.transforms]
    assert np.ptp([y for _, y, _ in at_feet]) * SIDE < 3


def test_where_a_frame_repeats_another_and_of_a_locked_camera_nothing_is_slid() -> None:
    clip, same = walked(1.0, count=14), np.array([0, 1, 2, 3, 4, 5, 5, *range(7, 14)])
    held = replace(clip, rgb=clip.rgb[same], matte=clip.matte[same])
    found = follow_ground(held, panned(4.0, 14).holding(same), lambda: None)
    assert found is not None and found.pairs == 12
    steps = np.diff(found.track.transforms[:, 0, 2]) * SIDE
    assert steps[5] == 0 and np.abs(np.delete(steps, [5, 6]) - 1).max() < 0.15
    assert abs(steps[6] - 2) < 0.15  # frame 7 shows what comes two steps after frame 5
    assert follow_ground(clip, panned(0.0, 14), lambda: None) is None


def test_of_who_stands_nowhere_no_ground_tells() -> None:
    assert follow_ground(walked(2.0, hop=3, count=12), panned(5.0, 12), lambda: None) is None


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
