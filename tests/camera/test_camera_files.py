"""A 3-D camera comes in and goes out as Nuke and Blender know it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.camera.camera_files import cameras_of, write_cameras, write_chan
from actanywhere.camera.fit import apply
from actanywhere.camera.given import read_track
from actanywhere.camera.solve import Solve, SolveFacts, doubt
from actanywhere.contract.errors import JobError
from actanywhere.contract.shot import FrameRange

GOOD = SolveFacts(frames=40, posed=40, points=900, reprojection=0.4, angle=5.0, roll=0.5, general=0.3)
FRAMES = FrameRange(1001, 1003)


def chan(folder: Path, *lines: str) -> str:
    path = folder / "camera.chan"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_pan_of_a_chan_file_moves_the_horizon_s_point_as_the_tangent_says(tmp_path: Path) -> None:
    # A field of view of 53.13 degrees is a focal length of one frame height; ry = -10 turns the camera to the right.
    path = chan(
        tmp_path, "1001 0 0 0 0 0 0 53.1301", "1002 0 0 0 0 -5 0 53.1301", "1003 0 0 0 0 -10 0 53.1301"
    )
    track = read_track(path, FRAMES, 1920, 1080).camera
    moved = [apply(t, np.zeros((1, 2)))[0] for t in track.transforms]
    assert np.array(moved) == pytest.approx(
        np.array([[0, 0], [-np.tan(np.radians(5)), 0], [-np.tan(np.radians(10)), 0]]), abs=1e-5
    )
    assert track.doubts == ()


def test_a_tilt_down_lifts_the_picture_and_a_longer_lens_enlarges_it(tmp_path: Path) -> None:
    path = chan(tmp_path, "1001 0 0 0 0 0 0 53.1301", "1002 0 0 0 -5 0 0 53.1301", "1003 0 0 0 0 0 0 28.0725")
    track = read_track(path, FRAMES, 1920, 1080).camera
    assert apply(track.transforms[1], np.zeros((1, 2)))[0] == pytest.approx(
        [0, -np.tan(np.radians(5))], abs=1e-5
    )
    assert apply(track.transforms[2], np.array([[0.1, 0.2]]))[0] == pytest.approx([0.2, 0.4], abs=1e-4)


def test_a_half_turn_looking_down_keeps_the_place_level_and_finite(tmp_path: Path) -> None:
    lines = [f"{1001 + k} 0 0 0 -15 {-3 * k} 0 40" for k in range(61)]
    track = read_track(chan(tmp_path, *lines), FrameRange(1001, 1061), 1920, 1080).camera
    turn = np.degrees(np.arctan2(track.transforms[:, 1, 0], track.transforms[:, 0, 0]))
    assert np.isfinite(track.transforms).all() and np.abs(turn).max() < 1e-6
    assert np.diff(track.transforms[:, 0, 2]).max() < 0


def test_a_camera_that_travels_is_handed_on_to_stand_the_place_in(tmp_path: Path) -> None:
    path = chan(tmp_path, *(f"{f} {f - 1001} 0 0 0 0 0 53" for f in FRAMES))
    found = read_track(path, FRAMES, 1920, 1080)
    assert np.allclose(found.camera.transforms, np.eye(3))
    assert found.space is not None
    assert found.space.matrices[:, 0, 3].tolist() == [0, 1, 2] and found.space.ground is None


def test_a_chan_file_without_a_lens_takes_the_artist_s(tmp_path: Path) -> None:
    path = chan(tmp_path, *(f"{f} {f - 1001} 0 0 0 0 0" for f in FRAMES))
    with pytest.raises(JobError, match="line 1") as told:
        read_track(path, FRAMES, 1920, 1080)
    assert "--focal" in told.value.remedy
    # 36 mm on a sensor 36 mm wide: a focal length of one frame width.
    found = read_track(path, FRAMES, 1920, 1080, focal=36 / 36 * 1920 / 1080).space
    assert found is not None and found.focal == pytest.approx([16 / 9] * 3)


def _cameras(folder: Path, width: int, height: int) -> str:
    eye = np.eye(4)
    rows = {}
    for frame in FRAMES:
        eye[0, 3] = frame
        rows[str(frame)] = {"matrix": eye.ravel().tolist(), "focal_pixels": height}
    path = folder / "cameras.json"
    path.write_text(json.dumps({"kind": "cameras", "width": width, "height": height, "frames": rows}))
    return str(path)


def test_cameras_of_a_proxy_are_those_of_the_plate_and_those_of_another_crop_are_refused(
    tmp_path: Path,
) -> None:
    found = read_track(_cameras(tmp_path, 960, 540), FRAMES, 1920, 1080).space
    assert found is not None and found.focal == pytest.approx([1] * 3)
    with pytest.raises(JobError, match="made for 1920 x 1080 pixels; the plate has 1920 x 800") as told:
        read_track(_cameras(tmp_path, 1920, 1080), FRAMES, 1920, 800)
    assert "cropping" in told.value.remedy


def test_cameras_of_a_squeezed_plate_may_be_of_its_square_pixels(tmp_path: Path) -> None:
    for width in (960, 1920):
        found = read_track(_cameras(tmp_path, width, 800), FRAMES, 960, 800, squeeze=2).space
        assert found is not None and found.focal == pytest.approx([1] * 3)


def test_cameras_of_an_overscanned_plate_may_be_of_its_raster_or_its_display_window(tmp_path: Path) -> None:
    """A focal length in pixels is the same in both; a field of view is the display window's."""
    for height, width in ((1080, 1920), (1188, 2112)):
        found = read_track(_cameras(tmp_path, width, height), FRAMES, 2112, 1188, shown=(1920, 1080)).space
        assert found is not None and found.focal == pytest.approx([height / 1188] * 3)
    path = chan(tmp_path, *(f"{f} {f} 0 0 0 0 0 {2 * math.degrees(math.atan(0.5))}" for f in FRAMES))
    found = read_track(path, FRAMES, 2112, 1188, shown=(1920, 1080)).space
    assert found is not None and found.focal == pytest.approx([1080 / 1188] * 3)


def test_the_lens_that_is_given_goes_before_that_of_a_file_of_either_kind(tmp_path: Path) -> None:
    for path in (
        _cameras(tmp_path, 1920, 1080),
        chan(tmp_path, *(f"{f} {f} 0 0 0 0 0 40" for f in FRAMES)),
    ):
        found = read_track(path, FRAMES, 1920, 1080, focal=2.5).space
        assert found is not None and found.focal == pytest.approx([2.5] * 3)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("1001 0 0 0 0 0 0",), "line 1"),
        (("1001 0 0 0 0 0 0 53", "1002 0 0 0 0 nan 0 53"), "line 2"),
        (("1001 0 0 0 0 0 0 0",), "field of view"),
        (("1001 0 0 0 0 0 0 53",), "no camera for 1002-1003: it has 1001"),
        (("",), "no camera"),
    ],
)
def test_a_bad_chan_file_is_refused_with_its_line(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    with pytest.raises(JobError, match=said) as told:
        read_track(chan(tmp_path, *lines), FRAMES, 1920, 1080)
    assert told.value.remedy and "camera.chan" in str(told.value)


@pytest.mark.parametrize(
    "matrix", [[1] * 16, [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1], [1, 2], "none"]
)
def test_matrices_that_are_no_camera_are_refused(tmp_path: Path, matrix: object) -> None:
    frames = {str(f): {"matrix": matrix, "focal_pixels": 1000} for f in FRAMES}
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps({"kind": "cameras", "width": 1920, "height": 1080, "frames": frames}))
    with pytest.raises(JobError, match="frame 1001"):
        read_track(str(path), FRAMES, 1920, 1080)


def looking(down: float, pan: float) -> np.ndarray:
    tilt = cv2.Rodrigues(np.array([np.radians(down), 0, 0]))[0]
    return np.asarray(tilt @ cv2.Rodrigues(np.array([0, -np.radians(pan), 0]))[0])


def solved(tip: np.ndarray) -> Solve:
    """Three cameras that look 12 degrees down and pan by 0, 4, 8, in a world that lies tipped over by ``tip``."""
    turns = np.stack([looking(12, pan) @ tip for pan in (0, 4, 8)])
    centres = np.array([[0, 0, 0], [1.0, 0, 0], [2, 0, 0.5]]) @ tip
    points = (
        np.array([[0.5, 1.5, 4], [0, -1, 8]]) @ tip
    )  # on the ground four ahead, and two and a half above it
    return Solve(replace(GOOD, focal=1.2), "", turns, centres, np.array([0, -1.0, 0]) @ tip, points)


def test_a_solve_is_written_level_over_its_ground_and_read_back_as_the_same_motion(tmp_path: Path) -> None:
    tip = cv2.Rodrigues(np.array([0.3, -0.8, 0.5]))[0]
    cameras = cameras_of(solved(tip), 1001).over(np.array([-1.5, -1.5, -2.0]))
    # By hand: over the ground by 1.5 at the start, looking along -z and 12 degrees down, going to +x, and ahead to -z.
    assert cameras.matrices[:, :3, 3] == pytest.approx(
        np.array([[0, 1.5, 0], [1, 1.5, 0], [2, 1.5, -0.5]]), abs=1e-9
    )
    ahead = -cameras.matrices[0, :3, 2]
    assert ahead == pytest.approx([0, -np.sin(np.radians(12)), -np.cos(np.radians(12))], abs=1e-9)
    written = [tmp_path / "camera.chan", tmp_path / "camera.json"]
    write_chan(cameras, str(written[0]))
    write_cameras(cameras, (1920, 1080), str(written[1]), {"believed": True})
    lines = [[float(word) for word in line.split()] for line in written[0].read_text().splitlines()]
    assert [line[0] for line in lines] == [1001, 1002, 1003]
    assert lines[1][4:7] == pytest.approx([-12, -4, 0], abs=1e-6)
    assert lines[0][7] == pytest.approx(2 * np.degrees(np.arctan(0.5 / 1.2)))
    told = json.loads(written[1].read_text())
    assert told["frames"]["1001"]["horizon_row"] == pytest.approx((0.5 - 1.2 * np.tan(np.radians(12))) * 1080)
    space = read_track(str(written[1]), FRAMES, 1920, 1080).space
    assert space is not None and space.ground == pytest.approx([0, 0, -0.5])
    assert space.points == pytest.approx(np.array([[0.5, 0, -4], [0, 2.5, -8]]), abs=1e-5)
    told["points"][1] = "0 2.5"
    written[1].write_text(json.dumps(told))
    with pytest.raises(JobError, match="points are not lines of three numbers"):
        read_track(str(written[1]), FRAMES, 1920, 1080)
    write_cameras(cameras, (1920, 1080), str(written[1]), {"believed": True})
    lens = np.diag([1.2, 1.2, 1.0])
    for path in written:
        track = read_track(str(path), FRAMES, 1920, 1080).camera
        expected = lens @ looking(12, 8) @ looking(12, 0).T @ np.linalg.inv(lens)
        assert track.transforms[2] / track.transforms[2, 2, 2] == pytest.approx(
            expected / expected[2, 2], abs=1e-6
        )


def test_a_solve_with_good_facts_is_believed_and_each_bad_one_is_named() -> None:
    assert doubt(GOOD) == ""
    for change, word in (
        ({"posed": 0}, "parallax"),
        ({"posed": 35}, "35 of 40"),
        ({"points": 299}, "299 points"),
        ({"reprojection": 0.9}, "0.90 pixels"),
        ({"angle": 26.0}, "26.0"),
        ({"angle": 1.46}, "1.46"),
        ({"angle": 1.0}, "1.0"),
        ({"general": 0.02}, "2%"),
        ({"roll": 3.5}, "3.5"),
    ):
        assert word in doubt(replace(GOOD, **change))


def test_a_lens_that_no_short_move_fixes_is_not_believed() -> None:
    assert doubt(GOOD) == ""
    assert "the lens came out at 98 mm" in doubt(replace(GOOD, focal=4.1))
