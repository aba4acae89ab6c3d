"""The sheet and the movie of a rendered folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from actanywhere import cli
from actanywhere.contract.errors import FootageError, JobError
from actanywhere.contract.job import DecisionRecord, Job, Result
from actanywhere.contract.shot import FrameRange, ImageSequence
from actanywhere.footage import linearise, open_plate
from actanywhere.review.folder import write_review
from actanywhere.shotlist import job_from_flat
from tests.layers import write_layer_frame

WIDTH, HEIGHT, FRAMES = 96, 64, FrameRange(1001, 1006)
# What each picture shows, sRGB-encoded RGB; the condition is green, the layer blue, the plate red.
PLATE, CONDITION, LAYER = (0.8, 0.2, 0.2), (0.2, 0.7, 0.2), (0.2, 0.3, 0.9)


def write_picture(path: Path, colour: tuple[float, float, float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bgr = np.full((HEIGHT, WIDTH, 3), colour[::-1], np.float32) * 255
    assert cv2.imwrite(str(path), bgr.round().astype(np.uint8))


@pytest.fixture
def rendered(tmp_path: Path) -> Path:
    """A folder as ``render`` leaves it: a blue layer behind an actor on the left half of a red plate."""
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    matte[:, : WIDTH // 2] = 1.0
    for frame in FRAMES:
        write_picture(tmp_path / "plate" / (f"run.{frame:04d}.png"), PLATE)
        (tmp_path / "matte").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "matte" / (f"m.{frame:04d}.png")), (matte * 255).astype(np.uint8))
    write_picture(tmp_path / "place.png", CONDITION)
    flat = {"plate": "plate/run.####.png", "matte": "matte/m.####.png", "condition": "place.png"}
    job = job_from_flat({**flat, "output": "out", "name": "Zürich run", "plate_colour": "srgb"}, tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    write_layers(job, out, matte)
    layer = str(out / "run.####.exr")
    result = Result(
        job,
        layer,
        FRAMES,
        [
            DecisionRecord("camera", "plate", "the background can be tracked", "camera"),
            DecisionRecord("shadow", "none", "none was asked for", "shadow"),
        ],
        "0" * 64,
        {},
        {},
        {},
        [],
    )
    (out / "result.json").write_text(json.dumps(result.to_dict()))
    return out


def write_layers(job: Job, out: Path, matte: np.ndarray) -> None:
    background = linearise(np.full((HEIGHT, WIDTH, 3), LAYER, np.float32), "srgb")
    with open_plate(job.shot.plate) as plate:
        for frame in FRAMES:
            taken = plate.read(frame)
            soft = matte[..., None]
            comp = linearise(taken.pixels, "srgb") * soft + background * (1 - soft)
            path = str(out / (f"run.{frame:04d}.exr"))
            one = np.ones_like(matte)
            write_layer_frame(
                path, background, one, comp, one, plate.info, taken.attributes, job.settings.layer
            )


def cell(sheet: np.ndarray, row: int, column: int, x: float) -> list[float]:
    """The colour in a cell of the sheet, at a share of its width."""
    left, top = 100 + column * (WIDTH + 4), 58 + 26 + row * (HEIGHT + 4)
    pixel = sheet[top + HEIGHT // 2, left + int(x * WIDTH), ::-1]
    return [round(float(value) / 255, 1) for value in pixel]


def test_the_sheet_shows_plate_matte_condition_layer_and_comp(rendered: Path) -> None:
    sheet = cv2.imread(str(write_review(rendered, columns=4).sheet))
    for column in range(4):
        assert cell(sheet, 0, column, 0.75) == [0.8, 0.2, 0.2]
        assert cell(sheet, 1, column, 0.25) == [1, 1, 1] and cell(sheet, 1, column, 0.75) == [0, 0, 0]
        assert cell(sheet, 2, column, 0.75) == [0.2, 0.7, 0.2]
        assert cell(sheet, 3, column, 0.25) == cell(sheet, 3, column, 0.75) == [0.2, 0.3, 0.9]
        assert cell(sheet, 4, column, 0.25) == [0.8, 0.2, 0.2]
        assert cell(sheet, 4, column, 0.75) == [0.2, 0.3, 0.9]


def test_the_movie_has_every_frame_with_plate_layer_and_comp_side_by_side(rendered: Path) -> None:
    with av.open(str(write_review(rendered).movie)) as movie:
        frames = [frame.to_ndarray(format="rgb24") for frame in movie.decode(video=0)]
    assert len(frames) == len(FRAMES) and frames[0].shape == (HEIGHT, 3 * WIDTH, 3)
    middle = frames[0][HEIGHT // 2] / 255
    for x, colour in ((0.5, PLATE), (1.5, LAYER), (2.25, PLATE), (2.75, LAYER)):
        assert np.abs(middle[int(x * WIDTH)] - colour).max() < 0.06


def test_a_folder_that_was_moved_is_reviewed_from_its_own_frames(rendered: Path) -> None:
    moved = rendered.with_name("moved")
    shutil.move(rendered, moved)
    assert write_review(moved).sheet.is_file() and not rendered.exists()


def test_more_columns_than_frames_show_each_frame_once(rendered: Path) -> None:
    sheet = cv2.imread(str(write_review(rendered, columns=50).sheet))
    assert cell(sheet, 0, len(FRAMES) - 1, 0.5) == [0.8, 0.2, 0.2]
    assert sheet.shape[1] >= 100 + len(FRAMES) * (WIDTH + 4) and sheet.shape[1] < 100 + 7 * (WIDTH + 4)


def test_a_failed_review_leaves_the_earlier_one_and_no_half_file(rendered: Path) -> None:
    written = write_review(rendered)
    before = written.sheet.read_bytes(), written.movie.read_bytes()
    frame = rendered / "run.1004.exr"
    frame.write_bytes(frame.read_bytes()[:400])
    with pytest.raises(FootageError, match=r"run\.1004\.exr"):
        write_review(rendered)
    assert sorted(p.name for p in written.sheet.parent.iterdir()) == ["review.mp4", "sheet.png"]
    assert (written.sheet.read_bytes(), written.movie.read_bytes()) == before


def test_a_folder_without_a_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"result\.json"):
        write_review(tmp_path)
    (tmp_path / "result.json").write_text("[]")
    with pytest.raises(JobError, match="not a result"):
        write_review(tmp_path)
    assert not (tmp_path / "review").exists()


def test_the_command_says_where_to_look(rendered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["review", str(rendered), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert cli.main(["review", str(rendered), "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["event"] == "review" and Path(last["sheet"]).is_file() and Path(last["movie"]).is_file()


def test_scene_linear_layers_are_shown_through_the_view(rendered: Path) -> None:
    job_plate = json.loads((rendered / "result.json").read_text())["job"]["shot"]["plate"]["path"]
    with open_plate(ImageSequence(job_plate, colour="srgb")) as plate:
        assert plate.info.space == "srgb"
    data = json.loads((rendered / "result.json").read_text())
    data["job"]["shot"]["plate"]["path"] = str(rendered / "run.####.exr")
    data["job"]["shot"]["plate"]["colour"] = "auto"
    (rendered / "result.json").write_text(json.dumps(data))
    sheet = cv2.imread(str(write_review(rendered).sheet))
    assert cell(sheet, 0, 0, 0.25) == cell(sheet, 4, 0, 0.25) != [0.8, 0.2, 0.2]
