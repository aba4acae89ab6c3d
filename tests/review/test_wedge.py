"""The sheet that an artist chooses a take by."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere import cli
from actanywhere.contract.errors import JobError
from actanywhere.contract.job import Job, Progress
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from actanywhere.contract.takes import new_take, wedge
from actanywhere.footage import linearise, open_plate
from actanywhere.render.folder import OutputFolder
from actanywhere.review.wedge import write_wedge_sheet
from tests.layers import write_layer_frame

WIDTH, HEIGHT, FRAMES = 96, 96, FrameRange(1001, 1005)
#: Each take's comp in its first, middle and last frame: the blue tells the take, the green the frame.
BLUES, GREENS = (0.2, 0.6, 0.9), {1001: 0.1, 1003: 0.5, 1005: 0.9}


@pytest.fixture
def takes(tmp_path: Path) -> list[Job]:
    """Three takes of a wedge; the third was also given another band."""
    for frame in FRAMES:
        picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        assert cv2.imwrite(str(tmp_path / f"plate.{frame}.png"), picture)
    plate = ImageSequence(str(tmp_path / "plate.####.png"), colour="srgb")
    shot = Shot("run", plate, Matte(), Condition("place.jpg"), FRAMES)
    jobs = wedge(Job(shot, new_take(str(tmp_path / "takes"), "run"), Settings(seed=7)), 3)
    jobs[2] = replace(jobs[2], settings=replace(jobs[2].settings, band=0.2))
    Path(jobs[2].output, "job.json").write_text(jobs[2].to_json())
    return jobs


def paint(job: Job, blue: float, *frames: int) -> None:
    with open_plate(job.shot.plate) as plate:
        for frame in frames:
            colour = (0.3, GREENS.get(frame, 0.0), blue)
            comp = linearise(np.full((HEIGHT, WIDTH, 3), colour, np.float32), "srgb")
            path = str(OutputFolder(job, FRAMES).frame_path(frame))
            one = np.ones((HEIGHT, WIDTH), np.float32)
            write_layer_frame(path, comp * 0, one, comp, one, plate.info, plate.read(frame).attributes, "bg")


def cell(sheet: np.ndarray, row: int, column: int, y: float = 0.5) -> list[float]:
    """The colour in a cell; cells lie at the sheet's right end."""
    left = sheet.shape[1] - (3 - column) * (WIDTH + 6)
    height = (sheet.shape[0] - 30) // 3
    pixel = sheet[30 + row * height + int(y * HEIGHT), left + WIDTH // 2, ::-1]
    return [round(float(value) / 255, 1) for value in pixel]


def test_each_take_has_a_row_with_its_first_middle_and_last_comp(takes: list[Job], tmp_path: Path) -> None:
    for job, blue in zip(takes, BLUES, strict=True):
        paint(job, blue, *FRAMES)
    told: list[Progress] = []
    path = write_wedge_sheet([job.output for job in takes], str(tmp_path / "sheet.png"), 3, told.append)
    assert [(one.done, one.total) for one in told] == [(done, len(takes)) for done in range(len(takes))]
    sheet = cv2.imread(str(path))
    for row, blue in enumerate(BLUES):
        for column, green in enumerate(GREENS.values()):
            assert cell(sheet, row, column) == [0.3, green, blue]


def test_a_frame_that_is_not_rendered_is_an_empty_cell(takes: list[Job], tmp_path: Path) -> None:
    paint(takes[0], BLUES[0], *FRAMES)
    paint(takes[1], BLUES[1], 1001, 1002)
    sheet = cv2.imread(str(write_wedge_sheet([job.output for job in takes], str(tmp_path / "s.png"))))
    assert cell(sheet, 1, 0) == [0.3, 0.1, 0.6]
    assert cell(sheet, 1, 1, 0.2) == cell(sheet, 1, 2, 0.2) == cell(sheet, 2, 0, 0.2) == [0.1, 0.1, 0.1]


def test_the_labels_say_take_seed_and_what_differs_and_nothing_that_is_the_same(takes: list[Job]) -> None:
    from actanywhere.contract.takes import read_take
    from actanywhere.review.wedge import _labels

    paint(takes[0], BLUES[0], *FRAMES)
    assert _labels([read_take(job.output) for job in takes]) == [
        ["take 1", "seed 7", "band 0.08", "unfinished"],
        ["take 2", "seed 8", "band 0.08", "unfinished"],
        ["take 3", "seed 9", "band 0.2", "unfinished"],
    ]


def test_a_folder_that_holds_no_take_is_named(takes: list[Job], tmp_path: Path) -> None:
    paint(takes[0], BLUES[0], 1001)
    with pytest.raises(JobError, match=r"nowhere holds no take"):
        write_wedge_sheet([takes[0].output, str(tmp_path / "nowhere")], str(tmp_path / "s.png"))
    with pytest.raises(JobError, match="None of these takes"):
        write_wedge_sheet([takes[1].output, takes[2].output], str(tmp_path / "s.png"))
    with pytest.raises(JobError, match=r"ends? in \.png|not a PNG"):
        write_wedge_sheet([takes[0].output], str(tmp_path / "s.jpg"))
    assert not (tmp_path / "s.png").exists()


def test_the_command_writes_the_sheet_and_says_where(
    takes: list[Job], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paint(takes[0], BLUES[0], 1001)
    words = [
        "review",
        "--wedge",
        *(job.output for job in takes),
        "--output",
        str(tmp_path / "s.png"),
        "--json",
    ]
    assert cli.main(words) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said == {"event": "review", "sheet": str(tmp_path / "s.png")} and (tmp_path / "s.png").is_file()


@pytest.mark.parametrize("words", [[], ["a", "--wedge", "b"], ["--wedge", "b"], ["a", "--output", "s.png"]])
def test_a_review_of_nothing_or_of_both_is_refused(words: list[str]) -> None:
    assert cli.main(["review", *words]) == 2
