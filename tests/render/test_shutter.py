"""A place that a fast pan blurs as it blurs the plate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop
from actanywhere.camera.camera_files import Cameras
from actanywhere.camera.space import SpaceTrack
from actanywhere.camera.timing import Timing
from actanywhere.camera.track import still_track
from actanywhere.comp.motion_blur import Streaks
from actanywhere.contract.errors import JobError
from actanywhere.render.shutter import shutter_of, streaks_at
from tests.render.stage import Staged, read_layer, render, stage_shot, texture

HEIGHT, WIDTH = 90, 160
PICTURE = np.zeros((HEIGHT, WIDTH, 3), np.float32)


def _streaks(track: object, index: int) -> Streaks:
    backdrop = Backdrop(PICTURE, track, WIDTH / HEIGHT)  # type: ignore[arg-type]
    return streaks_at(backdrop, 0.5, index, HEIGHT, WIDTH)


def test_a_pan_and_a_zoom_of_known_pixels_give_these() -> None:
    track = still_track(4)
    # Unit coordinates: a frame is 1 high. 9 pixels right, then 18, then twice as large about the middle.
    track.transforms[1:, 0, 2] = 0.1, 0.3, 0.3
    track.transforms[3] = np.diag([2, 2, 1]) @ track.transforms[3]
    one = _streaks(track, 1)
    np.testing.assert_allclose(one.before, np.broadcast_to([9, 0], one.before.shape), atol=1e-3)
    np.testing.assert_allclose(one.after, np.broadcast_to([-18, 0], one.after.shape), atol=1e-3)
    assert one.longest == pytest.approx((9 + 18) / 4)
    # At the border there is one side alone.
    np.testing.assert_allclose(_streaks(track, 0).before, -_streaks(track, 0).after)
    # What frame 3 shows in its corner lies in frame 2 half as far from the middle.
    corner = _streaks(track, 2).after[-1, -1]
    half = np.array([WIDTH - 16, HEIGHT - 15]) / 2
    np.testing.assert_allclose(corner, -half / 2, atol=0.1)


def test_a_camera_that_travels_moves_the_ground_by_its_distance() -> None:
    """Half a height of the camera to the right a frame: ground that is seen 0.3 below the horizon moves by 0.3 / 2."""
    matrices = np.tile(np.eye(4), (3, 1, 1))
    matrices[:, 1, 3], matrices[:, 0, 3] = 1.0, (0, 0.5, 1.0)
    cameras = Cameras((0, 1, 2), matrices, np.ones(3), np.zeros(3))
    track = SpaceTrack(cameras, WIDTH / HEIGHT, "", np.ones(3), np.zeros((0, 2)), reference=1, foot=0.1)
    found = _streaks(track, 1)
    rows = (np.arange(6) + 0.5) * HEIGHT / 6
    low = int(np.abs((rows - HEIGHT / 2) / HEIGHT - 0.42).argmin())
    depth = (rows[low] - HEIGHT / 2) / HEIGHT
    assert np.median(found.after[low, :, 0]) == pytest.approx(0.5 * depth * HEIGHT, abs=0.5)
    assert np.abs(found.after[..., 1]).max() < 0.5


@pytest.mark.parametrize(
    ("said", "degrees"),
    [
        ({"com.arri.camera.ShutterAngle": "172.8"}, 172.8),
        ({"dpx:ShutterAngle": 90.0}, 90.0),
        ({"ExposureTime": 1 / 48}, 180.0),
        ({"ExposureTime": "long", "shutterAngle": -3}, None),
        ({}, None),
    ],
)
def test_what_a_file_says_of_its_shutter(said: dict[str, object], degrees: float | None) -> None:
    found = shutter_of(said, 24.0)
    assert found == (None if degrees is None else pytest.approx(degrees))


def test_a_repeated_frame_is_blurred_as_what_it_repeats() -> None:
    """9 pixels a frame: one that a conform repeats, then one that fills a lost frame, which is followed by 18."""
    track = still_track(7)
    track.transforms[:, 0, 2] = np.array([0, 9, 9, 18, 27, 27, 45]) / HEIGHT
    backdrop = Backdrop(PICTURE, track, WIDTH / HEIGHT)
    timing = Timing(np.array([0, 1, 1, 3, 4, 4, 6]))
    for index in range(6):
        found = streaks_at(backdrop, 0.5, index, HEIGHT, WIDTH, timing)
        np.testing.assert_allclose(found.before, np.broadcast_to([9, 0], found.before.shape), atol=1e-3)
        np.testing.assert_allclose(found.after, np.broadcast_to([-9, 0], found.after.shape), atol=1e-3)


def _rgb(shot: Staged, output: str, frame: int, layer: str = "") -> np.ndarray:
    channels = read_layer(shot.folder / output / f"shot_generated_bg.{frame}.exr")[1]
    return np.dstack([channels[layer + one] for one in "RGB"]).astype(np.float32)


def test_a_pan_blurs_the_layer_and_leaves_the_actor(tmp_path: Path, model: Path) -> None:
    shot = stage_shot(
        tmp_path / "pan", frames=4, pan=(-12, 0), condition=texture(np.random.default_rng(9), 80, 120)
    )
    sharp = render(shot.job(model, "sharp", camera="plate", shutter="off"))
    result = render(shot.job(model, camera="plate", shutter="180"))
    told = result.decided("shutter")
    assert told.value == "180" and told.reason.startswith(
        "180 degrees, as asked for: 4 of 4 frames are blurred"
    )
    assert float(told.reason.split("up to ")[1].split()[0]) == pytest.approx(6, abs=0.5)
    frame = 1002
    before, after = (_rgb(shot, one, frame, "generated_bg.") for one in ("sharp", "out"))
    across, down = (
        np.abs(np.diff(after, axis=a)).mean() / np.abs(np.diff(before, axis=a)).mean() for a in (1, 0)
    )
    assert across < 0.6 and down > across + 0.1
    solid = shot.mattes[frame] == 1
    np.testing.assert_array_equal(_rgb(shot, "out", frame)[solid], shot.plates[frame][solid])
    assert not any(record.name == "shutter" for record in sharp.decisions)
    unknown = render(shot.job(model, "auto", camera="plate"))
    assert unknown.decided("shutter").value == "none"
    assert any("nor its background tell how long the shutter was open" in one for one in unknown.warnings)
    led = render(shot.job(model, "led", camera="subject"))
    assert led.decided("shutter").reason.startswith("this model moves the place itself")
    assert not any("shutter" in one for one in led.warnings)


def test_at_rest_nothing_changes_to_the_bit_and_nothing_is_warned_of(shot: Staged, model: Path) -> None:
    render(shot.job(model, "plain", shutter="off"))
    still = render(shot.job(model, shutter="360"))
    auto = render(shot.job(model, "auto"))
    for output in ("out", "auto"):
        for layer in ("", "generated_bg."):
            np.testing.assert_array_equal(_rgb(shot, output, 1003, layer), _rgb(shot, "plain", 1003, layer))
    assert still.decided("shutter").reason.endswith("the place moves too little for a blur")
    assert auto.decided("shutter").reason == "the place moves too little for a blur"
    assert not any("--shutter auto" in warning for warning in auto.warnings)


def test_a_shutter_that_is_none_is_refused_before_anything_is_read(shot: Staged, model: Path) -> None:
    job = shot.job(model, shutter="half")
    with pytest.raises(JobError, match="shutter is 'half'"):
        render(replace(job, shot=replace(job.shot, plate=replace(job.shot.plate, path="/not/there.mov"))))
