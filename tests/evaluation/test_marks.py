"""Shots held to what was marked in them by hand: who was found and left, their shadow, the feet."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere import cli
from actanywhere.evaluation.against_marks import left_standing, moved_to_frame, overlap, shadow_count
from actanywhere.evaluation.feet import feet_sliding
from actanywhere.evaluation.marks import drawn
from tests.evaluation.world import CONDITION, COUNT, MARGIN, MATTE, PAN, SIDE, actor_at, place
from tests.footage.pictures import write_still
from tests.render.stage import stage_shot, texture, tiny_model

MARKS = Path(__file__).parents[1] / "data" / "marks"
SHOTS = Path(__file__).parents[3] / "shared" / "shots"


def code(picture: np.ndarray) -> np.ndarray:
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def pan(frame: int) -> np.ndarray:
    """Where in the world's condition the pixels of a frame look."""
    x, y = np.meshgrid(np.arange(SIDE, dtype=np.float32), np.arange(SIDE, dtype=np.float32))
    return np.stack([x + PAN * (frame - COUNT // 2), y], -1)


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[top:bottom, left:right] = True
    return mask


VIEWS = [pan(frame) for frame in range(COUNT)]
SOMEBODY = box(40, 90, 80, 110)
NO_ACTOR = np.zeros_like(MATTE)


def with_somebody() -> np.ndarray:
    """The condition with somebody else, noisy and red, in it."""
    noise = texture(np.random.default_rng(4), SIDE, SIDE) * np.float32([1, 0.2, 0.2])
    return np.where(SOMEBODY[..., None], code(noise), CONDITION)


def test_an_outline_covers_its_own_pixels_and_one_inside_of_it_is_a_hole() -> None:
    ring = drawn([[2, 1, 8, 1, 8, 7, 2, 7], [4, 3, 6, 3, 6, 5, 4, 5]], 10, 9)
    wanted = np.zeros((9, 10), bool)
    wanted[1:7, 2:8] = True
    wanted[3:5, 4:6] = False
    np.testing.assert_array_equal(ring, wanted)


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(box(0, 0, 10, 10), box(0, 5, 10, 15)) == pytest.approx(50 / 150)
    assert overlap(box(0, 0, 4, 4), box(0, 0, 0, 0)) == 0
    assert np.isnan(overlap(box(0, 0, 0, 0), box(0, 0, 0, 0)))


def test_a_condition_is_moved_to_a_frame_as_the_camera_pans() -> None:
    for frame in (0, COUNT - 1):
        moved = moved_to_frame(CONDITION, pan(frame))
        np.testing.assert_array_equal(moved[:, 20:-20], code(place(frame))[:, 20:-20])
    half = moved_to_frame(
        np.kron(CONDITION, np.ones((2, 2, 1), np.uint8)), 2 * pan(COUNT // 2) + np.float32(0.5)
    )
    assert np.abs(half.astype(int) - CONDITION).max() <= 1


def test_somebody_who_stays_is_left_whole_and_half_of_them_is_left_half() -> None:
    condition = with_somebody()
    stays = np.stack([moved_to_frame(condition, view) for view in VIEWS])
    gone = np.stack([moved_to_frame(CONDITION, view) for view in VIEWS])
    upper = np.where(box(60, 0, SIDE, SIDE)[..., None], gone, stays)
    left = [left_standing(one, NO_ACTOR, condition, SOMEBODY, VIEWS) for one in (stays, gone, upper)]
    assert left[0] == 1
    assert left[1] < 0.02
    assert left[2] == pytest.approx(0.45, abs=0.06)  # a window across the cut shows neither


def test_what_the_actor_hides_is_not_left() -> None:
    condition = with_somebody()
    stays = np.stack([moved_to_frame(condition, view) for view in VIEWS])
    everywhere = np.full_like(MATTE, 255)
    assert np.isnan(left_standing(stays, everywhere, condition, SOMEBODY, VIEWS))


def test_a_shadow_beside_the_marked_one_is_no_precision_and_half_of_it_half_the_recall() -> None:
    mark, nobody = box(60, 20, 100, 60), box(0, 0, 0, 0)
    half = box(60, 20, 80, 60) * np.float32(0.4)
    count = shadow_count([half], [mark], [nobody])
    assert count.precision == 1
    assert count.recall == pytest.approx(0.5, abs=0.04)  # as wide as a hand may be off
    beside = shadow_count([box(60, 70, 100, 110) * np.float32(0.4)], [mark], [nobody])
    assert (beside.precision, beside.recall) == (0, 0)
    faint = shadow_count([mark * np.float32(0.05)], [mark], [nobody])
    assert np.isnan(faint.precision) and faint.recall == 0
    assert shadow_count([half], [nobody], [nobody]).precision == 0


def seen_with(
    pan: float, contrast: float = 1.0, hop: int = 0, grain: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """A ground that moves by ``pan`` pixels a frame, grain on it, under an actor who rises by ``hop``; their matte."""
    rng = np.random.default_rng(grain)
    wide = (texture(np.random.default_rng(11), SIDE, SIDE + 2 * MARGIN, 3.0) - 0.5) * contrast + 0.5
    frames, mattes = [], []
    for t in range(COUNT):
        shift = np.float32([[1, 0, -MARGIN + pan * t], [0, 1, 0]])
        ground = cv2.warpAffine(wide, shift, (SIDE, SIDE), flags=cv2.INTER_CUBIC)
        ground += rng.normal(0, 1 / 255, ground.shape)
        frames.append(np.roll(code(actor_at(np.roll(ground, hop * t, 0), 60)), -hop * t, 0))
        mattes.append(np.roll(MATTE[0], -hop * t, 0))
    return np.stack(frames), np.stack(mattes)


def test_feet_slide_by_as_much_as_the_ground_under_them_moves_otherwise() -> None:
    plate, matte = seen_with(2.0)
    same = feet_sliding(seen_with(2.0, grain=2)[0], plate, matte)
    assert same.median < 0.1 and same.worst < 0.1 and same.measured == 1
    slide = feet_sliding(seen_with(4.0)[0], plate, matte)
    assert slide.median == pytest.approx(2.0, abs=0.2) and slide.worst == pytest.approx(2.0, abs=0.3)


def test_no_slide_is_told_where_a_ground_is_plain_or_nobody_stands_on_it() -> None:
    (plate, matte), (plain, _) = seen_with(2.0), seen_with(2.0, contrast=0.0)
    jumping, risen = seen_with(2.0, hop=4)
    cut, moving = np.roll(matte, 16, axis=1), np.full_like(matte, 255)
    nothing = [
        feet_sliding(plain, plate, matte),
        feet_sliding(plate, plain, matte),
        feet_sliding(jumping, jumping, risen),
        feet_sliding(plate, plate, cut),
        feet_sliding(plate, plate, matte, moving),
    ]
    assert all(np.isnan(slide.median) and np.isnan(slide.worst) and slide.measured == 0 for slide in nothing)


@pytest.mark.skipif(not SHOTS.is_dir(), reason="no ../shared/shots beside the checkout")
def test_the_kept_marks_fit_their_pictures_and_say_who_is_in_each() -> None:
    nobody = {"car_drift", "mallard_swimming_pool", "woman_run_beach", "horsejump_high", "green_suit"}
    for path in sorted(MARKS.glob("*.json")):
        told = json.loads(path.read_text())
        for name, one in told["conditions"].items():
            height, width = cv2.imread(str(SHOTS / path.stem / name)).shape[:2]
            assert one["size"] == [width, height]
            share = drawn(one["subject"], width, height).mean()
            assert share == 0 if path.stem in nobody else 0.01 < share < 0.6
    true = cv2.imread(str(SHOTS / "scooter_black" / "condition_matte.png"), cv2.IMREAD_GRAYSCALE) > 127
    told = json.loads((MARKS / "scooter_black.json").read_text())["conditions"]["condition.png"]
    assert overlap(drawn(told["subject"], *told["size"]), true) > 0.98


@pytest.fixture
def marked(tmp_path: Path) -> list[str]:
    """The flags of a still shot whose condition has somebody in it, with their marks."""
    folder = tmp_path / "shots" / "run"
    stage_shot(folder, frames=4, kind="png")
    (folder / "place.png").unlink()
    condition = texture(np.random.default_rng(9), 80, 120)
    condition[20:60, 80:100] = texture(np.random.default_rng(2), 40, 20) * np.float32([1, 0.1, 0.1])
    write_still(folder / "condition.png", condition, "uint16")
    marks = tmp_path / "marks"
    marks.mkdir()
    one = {"size": [120, 80], "subject": [[80, 20, 100, 20, 100, 60, 80, 60]], "shadow": []}
    (marks / "run.json").write_text(json.dumps({"schema": 1, "conditions": {"condition.png": one}}))
    return [
        *(
            "evaluate",
            "--shots",
            str(folder.parent),
            "--marks",
            str(marks),
            "--output",
            str(tmp_path / "out"),
        ),
        *("--model", str(tiny_model()), "--device", "cpu", "--precision", "fp32", "--camera", "still"),
        *("--shadow", "none"),
    ]


def test_whoever_is_not_found_is_told_to_be_left_standing(tmp_path: Path, marked: list[str]) -> None:
    assert cli.main([*marked, "--networks", "none"]) == 0
    row = next(csv.DictReader((tmp_path / "out" / "marks.csv").read_text().splitlines()))
    assert (row["shot"], row["method"]) == ("run", "ours without networks")
    assert float(row["overlap"]) == 0
    assert float(row["left"]) > 0.5 and float(row["left_standing"]) == 1
    assert row["feet_slide"] == "" and float(row["feet_measured"]) == 0
    assert row["shadow_precision"] == "" and cv2.imread(str(tmp_path / "out" / "marks.png")) is not None


def test_a_matte_in_the_shots_folder_marks_who_is_in_the_picture_and_helps_nobody_to_find_them(
    tmp_path: Path, marked: list[str]
) -> None:
    (tmp_path / "marks" / "run.json").unlink()
    matte = np.zeros((80, 120, 3), np.float32)
    matte[20:60, 80:100] = 1
    write_still(tmp_path / "shots/run/condition_matte.png", matte, "uint8")
    assert cli.main([*marked, "--networks", "none"]) == 0
    row = next(csv.DictReader((tmp_path / "out" / "marks.csv").read_text().splitlines()))
    assert float(row["overlap"]) == 0 and float(row["left"]) > 0.5 and float(row["left_standing"]) == 1


@pytest.mark.parametrize(
    ("broken", "said"),
    [('{"schema": 9}', "schema 9, not 1"), ("{", "cannot be read"), ('{"schema": 1}', "conditions")],
)
def test_marks_that_cannot_be_read_are_told_with_their_file(
    tmp_path: Path, marked: list[str], broken: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "marks" / "run.json").write_text(broken)
    assert cli.main(marked) == 2
    told = capsys.readouterr().err
    assert "run.json" in told and said in told
    shutil.rmtree(tmp_path / "marks")
    assert cli.main(marked) == 2
