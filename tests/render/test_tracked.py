"""A shot whose camera the artist tracked, from the command line's flag to the layer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import JobError, OutputError
from actanywhere.engines.protocol import Watch
from actanywhere.render import render as rendering
from actanywhere.render.preflight import open_inputs, preflight
from actanywhere.render.scene import Scene, read_scene
from actanywhere.shotlist import job_from_flat
from tests.render.stage import HEIGHT, WIDTH, Staged, render, run_command, stage_shot

PLACE_SIZE = (80, 120)  # of stage_shot's own condition: a quarter larger than the plate


def with_track(shot: Staged, *moves: tuple[float, float], name: str = "track.json") -> Staged:
    """The shot with a track in which the background has moved (x, y) pixels in frame 1001, 1002 ..."""
    rows = {str(1001 + k): [1, 0, x, 0, 1, y, 0, 0, 1] for k, (x, y) in enumerate(moves)}
    data = {"width": WIDTH, "height": HEIGHT, "transforms": rows}
    (shot.folder / name).write_text(json.dumps(data))
    return replace(shot, shot=replace(shot.shot, track=str(shot.folder / name)))


def steady(count: int) -> list[tuple[float, float]]:
    return [(4.0 * k, -2.0 * k) for k in range(count)]


def seen(job: object) -> tuple[Scene, list[np.ndarray]]:
    """The backdrop's frames at plate size, as the renderer reads them."""
    with open_inputs(job) as inputs:  # type: ignore[arg-type]
        scene = read_scene(inputs, Watch())
    assert scene.backdrop.value is not None
    return scene, [scene.backdrop.value.frame(k, HEIGHT, WIDTH)[0] for k in range(6)]


def test_the_picture_moves_by_the_files_pixels_though_the_plate_stands_still(
    shot: Staged, model: Path
) -> None:
    tracked = with_track(shot, *steady(6))
    still, frames = seen(tracked.job(model, camera="still", anchor=1003))[1][2], None
    for camera in ("tracked", "auto"):
        scene, frames = seen(tracked.job(model, camera=camera, anchor=1003))
        assert scene.camera.value == "tracked" and "track.json" in scene.camera.reason
        np.testing.assert_allclose(frames[2], still, atol=1e-5)  # the anchor: the picture fits as it is
        # Frame 1005: 8 pixels to the right and 4 up from there.
        np.testing.assert_allclose(frames[4][4:-8, 12:-4], still[8:-4, 4:-12], atol=1e-3)
        np.testing.assert_allclose(frames[0][8:-4, 4:-12], still[4:-8, 12:-4], atol=1e-3)


def test_left_to_itself_the_anchor_is_the_middle_of_the_tracked_move(shot: Staged, model: Path) -> None:
    still = seen(shot.job(model, camera="still"))[1][0]
    frames = seen(with_track(shot, *[(10.0 * k, 0.0) for k in range(6)]).job(model, camera="tracked"))[1]
    fits = [float(np.abs(frame - still).mean()) for frame in frames]
    assert min(fits) < 1e-5 and int(np.argmin(fits)) in (2, 3)


def test_a_tracked_layer_says_its_camera_and_what_it_read(shot: Staged, model: Path) -> None:
    tracked = with_track(shot, *steady(6))
    result = render(tracked.job(model, camera="tracked"))
    assert result.camera == "tracked" and "track.json" in result.decided("camera").reason
    assert len(result.inputs["track"]) == 64


def test_frames_of_another_track_are_not_gone_on_with(shot: Staged, model: Path) -> None:
    job = with_track(shot, *steady(6)).job(model, camera="tracked")
    render(job)
    with_track(shot, *[(0.0, 0.0)] * 6)
    with pytest.raises(OutputError, match="track changed"):
        render(job)


def test_a_bad_track_is_told_before_anything_is_computed(
    shot: Staged, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "read_scene", lambda *_: pytest.fail("footage was read"))
    short = with_track(shot, *steady(4)).job(model, camera="tracked")
    with pytest.raises(JobError, match="no transform for 1005-1006: it has"):
        render(short)
    with pytest.raises(JobError, match="no transform for 1005-1006: it has"):
        preflight(short)
    with pytest.raises(JobError, match="no track was given"):
        render(shot.job(model, camera="tracked"))
    assert not Path(short.output).exists()


def test_a_track_that_the_chosen_camera_does_not_use_is_told(tmp_path: Path, model: Path) -> None:
    tracked = with_track(stage_shot(tmp_path / "s"), *steady(6))
    job = tracked.job(model, camera="still")
    assert any("track.json is not used" in warning for warning in preflight(job).warnings)
    assert str(tracked.folder / "track.json") not in preflight(job).reads
    assert str(tracked.folder / "track.json") in preflight(tracked.job(model, camera="auto")).reads


@pytest.mark.parametrize(("camera", "told"), [("still", True), ("plate", True), ("auto", False)])
def test_a_lens_that_the_chosen_camera_has_no_use_for_is_told(
    shot: Staged, model: Path, camera: str, told: bool
) -> None:
    warnings = preflight(shot.job(model, camera=camera, focal=35.0)).warnings
    assert any("--focal has no effect" in one for one in warnings) == told


def test_the_command_line_takes_a_track(shot: Staged, model: Path) -> None:
    import sys

    with_track(shot, *steady(6))
    files = {"plate": "plate.####.exr", "matte": "matte.####.png", "condition": "place.png"}
    words = [part for name, file in files.items() for part in ("--" + name, str(shot.folder / file))]
    words += ["--track", str(shot.folder / "track.json"), "--model", str(model), "--overlap", "1", "--json"]
    said = run_command(
        [
            sys.executable,
            "-m",
            "actanywhere",
            "render",
            *words,
            "--output",
            str(shot.folder / "o"),
            "--dry-run",
        ]
    )
    assert said.status == 0, said.errors
    event = said.events[-1]
    assert event["preflight"]["camera"].startswith("tracked: as tracked in track.json")


def with_chan(shot: Staged, right: float) -> Staged:
    """The shot with a camera 1.6 metres over y = 0 that looks 10 degrees down and goes to the right, metres a frame.

    Its field of view of 53.13 degrees is a lens of one frame height.
    """
    lines = [f"{1001 + k} {right * k} 1.6 0 -10 0 0 53.1301" for k in range(6)]
    (shot.folder / "camera.chan").write_text("\n".join(lines))
    return replace(shot, shot=replace(shot.shot, track=str(shot.folder / "camera.chan")))


def test_in_a_camera_that_travels_the_picture_s_ground_lies_where_the_plate_s_does(
    shot: Staged, model: Path
) -> None:
    job = with_chan(shot, 0.1).job(model, camera="tracked", anchor=1001, horizon="30,36")
    scene, _ = seen(job)
    backdrop = scene.backdrop.value
    assert backdrop is not None
    down = np.radians(10)
    # Right, up, ahead of the first camera.
    world = np.array([[0.0, -1.6, 4.0], [0.6, -1.6, 5.0], [-0.4, -1.6, 3.0]])
    places = []
    for index in range(6):
        right, up, ahead = (world - [0.1 * index, 0, 0]).T
        # By hand: turned 10 degrees down, then a pinhole of one frame height.
        depth = ahead * np.cos(down) - up * np.sin(down)
        row = -(up * np.cos(down) + ahead * np.sin(down)) / depth
        pixels = np.stack([right / depth * HEIGHT + WIDTH / 2 - 0.5, row * HEIGHT + HEIGHT / 2 - 0.5], 1)
        places.append(backdrop.looks(index, pixels, HEIGHT, WIDTH))
    for place in places:
        np.testing.assert_allclose(place, places[0], atol=0.01)
    # As a level camera saw it whose horizon is row 30 of 80: 1.6 metres down at 4, 5 and 3 ahead. The picture is a
    # quarter larger than the frame, and covers it: 1 unit of the frame is 80 of its pixels.
    np.testing.assert_allclose(places[0][:, 1] + 0.5, 30 + 80 * 1.6 / np.array([4, 5, 3]), atol=0.01)


def test_a_layer_under_a_travelling_camera_says_what_its_ground_and_horizon_are(
    shot: Staged, model: Path
) -> None:
    result = render(with_chan(shot, 0.1).job(model, camera="tracked"))
    assert result.camera == "tracked" and "camera.chan" in result.decided("camera").reason
    assert any("y = 0" in warning for warning in result.warnings)
    assert "its horizon is at row 40" in result.decided("condition").value
    assert any("horizon is not known" in warning for warning in result.warnings)


def test_a_camera_file_may_be_given_as_the_camera_and_none_is_a_locked_one(tmp_path: Path) -> None:
    flat = {"plate": "p.####.png", "condition": "c.png", "output": "o"}
    job = job_from_flat({**flat, "camera": "solve/camera.chan"}, tmp_path)
    assert (job.settings.camera, job.shot.track) == ("tracked", str(tmp_path / "solve/camera.chan"))
    assert job_from_flat({**flat, "camera": "none"}, tmp_path).settings.camera == "still"
    with pytest.raises(JobError, match="and the track"):
        job_from_flat({**flat, "camera": "a.json", "track": "b.json"}, tmp_path)
