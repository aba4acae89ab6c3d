"""A solved camera is kept beside the job: who goes on sees the same bits, and nobody solves twice."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.camera.solve import Solve, SolveFacts, doubt
from actanywhere.contract.job import Progress
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.engines.protocol import Watch
from actanywhere.footage import PlateInfo
from actanywhere.footage.stills import Window
from actanywhere.render import camera as cameras
from actanywhere.render import solved_plate
from actanywhere.render.camera import Solved, Solving, deliver_camera, facts_of, solve_clip
from actanywhere.render.clip import Clip
from actanywhere.render.plate_job import PlateJob
from actanywhere.render.progress import JobProgress
from tests.camera.set3d import EYE, FOCAL, HEIGHT, WIDTH, codes, frames, look
from tests.camera.staged import wall
from tests.footage.pictures import write_still

COUNT = 8
TURNS = np.stack([look(9, -1.0 * k, 0.3 * np.sin(k)) for k in range(COUNT)])
PLACES = np.array([[0.12 * k, 0.0, 0.03 * k] for k in range(COUNT)])
GOOD = SolveFacts(COUNT, COUNT, 900, 0.3, 6.0, 0.3, 0.5, FOCAL)


@pytest.fixture(scope="module")
def clip() -> Clip:
    shot = codes(frames(TURNS, PLACES))
    rgb, matte = (np.stack([one[k] for one in shot]) for k in (0, 1))
    return Clip(FrameRange(1001, 1000 + COUNT), rgb, matte, WIDTH / HEIGHT)


def solves(monkeypatch: pytest.MonkeyPatch, facts: SolveFacts) -> list[float | None]:
    """The staged cameras stand in for COLMAP's; gives the lenses that were asked with, a call each."""
    asked: list[float | None] = []

    def staged(frame: Any, count: int, focal: float | None, step: Any) -> Solve:
        asked.append(focal)
        step(0.5)
        return Solve(facts, doubt(facts), TURNS, PLACES, np.array([0.0, -1.0, 0.0]))

    monkeypatch.setattr(cameras, "solve_camera", staged)
    return asked


def test_a_solve_is_kept_with_its_ground_and_taken_up_to_the_bit(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, heard = solves(monkeypatch, GOOD), list[int]()
    first = solve_clip(clip, None, Solving(Watch(heard.append), tmp_path))
    again = solve_clip(clip, None, Solving(Watch(), tmp_path))
    assert asked == [None] and heard == [50]
    assert first.cameras is not None and again.cameras is not None
    assert first.cameras.ground is not None and again.cameras.ground is not None
    for name in ("matrices", "focal", "ground"):
        assert np.array_equal(getattr(first.cameras, name), getattr(again.cameras, name))
    assert first.cameras.matrices[0, 1, 3] == pytest.approx(EYE, rel=0.02)
    solve_clip(clip, 1.5, Solving(Watch(), tmp_path))
    other = replace(clip, matte=255 - clip.matte)
    solve_clip(other, None, Solving(Watch(), tmp_path))
    assert asked == [None, 1.5, None], "another lens, or another matte, is another solve"


def test_frames_that_repeat_others_are_left_out_of_the_solve_and_get_the_pose_of_what_they_repeat(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    solves(monkeypatch, GOOD)
    rows = [0, 1, 1, 2, 3, 4, 4, 5, 6, 7]
    held = Clip(FrameRange(1001, 1010), clip.rgb[rows], clip.matte[rows], clip.aspect)
    plain, found = (solve_clip(one, None, Solving()).cameras for one in (clip, held))
    assert plain is not None and plain.ground is not None
    assert found is not None and found.ground is not None
    assert found.frames == tuple(range(1001, 1011))
    assert np.array_equal(found.matrices, plain.matrices[rows])
    assert np.array_equal(found.ground, plain.ground[rows])


def test_a_frame_that_flashes_is_left_out_of_the_solve_and_lies_between_its_neighbours(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    solves(monkeypatch, GOOD)
    rows = [0, 1, 2, 3, 3, 4, 5, 6, 7]
    rgb = clip.rgb[rows]
    rgb[4] = np.clip(rgb[4] * 1.8 + 20, 0, 255)
    flashes = Clip(FrameRange(1001, 1009), rgb, clip.matte[rows], clip.aspect)
    plain, found = (solve_clip(one, None, Solving()).cameras for one in (clip, flashes))
    assert plain is not None and found is not None
    others = [0, 1, 2, 3, 5, 6, 7, 8]
    assert np.array_equal(found.matrices[others], plain.matrices)
    middle = (plain.matrices[3, :3, 3] + plain.matrices[4, :3, 3]) / 2
    np.testing.assert_allclose(found.matrices[4, :3, 3], middle, atol=1e-9)
    turn = found.rotations[4]
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)


def test_a_solve_that_is_not_believed_is_kept_with_its_reason(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = solves(monkeypatch, replace(GOOD, angle=26.0, points=41))
    for _ in range(2):
        found = solve_clip(clip, None, Solving(Watch(), tmp_path))
        assert found.cameras is None and "41 points" in found.reason
    assert len(asked) == 1


def test_a_solve_is_given_back_as_files_that_lead_a_camera_again(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actanywhere.camera.given import read_track

    solves(monkeypatch, GOOD)
    found = solve_clip(clip, None, Solving())
    assert found.cameras is not None
    files = deliver_camera(found.cameras, facts_of(found), _info(0), tmp_path / "bg" / "shot_camera")
    assert [Path(file).name for file in files] == ["shot_camera.chan", "shot_camera.nk", "shot_camera.json"]
    for file in files[::2]:
        space = read_track(file, clip.frames, WIDTH, HEIGHT).space
        assert space is not None
        np.testing.assert_allclose(space.matrices, found.cameras.matrices, atol=1e-6)
        np.testing.assert_allclose(space.focal, FOCAL, rtol=1e-6)


def _info(overscan: int) -> PlateInfo:
    """A plate of WIDTH x HEIGHT pixels, so many of them beyond each side of its display window."""
    raster, shown = Window(0, 0, WIDTH, HEIGHT), Window(0, 0, WIDTH - 2 * overscan, HEIGHT - 2 * overscan)
    return PlateInfo(WIDTH, HEIGHT, shown, raster, raster, 1.0, None, "srgb")


def test_the_field_of_view_of_an_overscanned_plates_chan_is_its_display_windows_as_in_nuke(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actanywhere.camera.given import read_track

    solves(monkeypatch, GOOD)
    found, info = solve_clip(clip, None, Solving()), _info(4)
    assert found.cameras is not None
    shown = info.display_window.width, info.display_window.height
    files = deliver_camera(found.cameras, facts_of(found), info, tmp_path / "camera")
    view = float(Path(files[0]).read_text().split()[7])
    assert math.tan(math.radians(view / 2)) == pytest.approx(shown[1] / 2 / (FOCAL * HEIGHT))
    (focal,) = re.findall(r"focal \{\{curve x\d+ ([\d.]+)", Path(files[1]).read_text())
    assert float(focal) == pytest.approx(36 * FOCAL * HEIGHT / shown[0])
    for file in files[::2]:
        space = read_track(file, clip.frames, WIDTH, HEIGHT, shown=shown).space
        assert space is not None
        np.testing.assert_allclose(space.focal, FOCAL, rtol=1e-6)


def test_a_plate_that_is_woven_of_fields_or_shows_no_parallax_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = wall(np.random.default_rng(1), 96, 300)
    for index in range(6):
        upper, lower = (picture[:, 3 * time : 3 * time + 160] for time in (2 * index, 2 * index + 1))
        woven = np.where(np.arange(96)[:, None, None] % 2, lower, upper)
        write_still(tmp_path / f"plate.{1001 + index}.png", woven, "uint8")
        write_still(tmp_path / f"matte.{1001 + index}.png", np.zeros((96, 160, 1), np.float32), "uint8")
    monkeypatch.setattr(solved_plate, "require_pycolmap", lambda: None)
    monkeypatch.setattr(solved_plate, "solve_clip", lambda *_: Solved(None, "staged"))
    plate, matte = (str(tmp_path / f"{name}.####.png") for name in ("plate", "matte"))
    job = PlateJob(ImageSequence(plate), Matte(matte), str(tmp_path / "camera"), None, Settings())
    heard = list[Progress]()
    progress = JobProgress(heard.append, lambda: False, solved_plate.solve_stages(1))
    told = solved_plate.solve_plate(job, progress).warnings
    assert any(one.startswith("plate: it is interlaced (frames 1002-1006)") for one in told)
    assert any(one.message.startswith("no parallax is seen") for one in heard)
