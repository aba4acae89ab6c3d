"""Files that change, and drives that go, while a job reads them or writes to them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError, OutputError
from actanywhere.contract.job import Job, Progress
from tests.footage.pictures import write_movie
from tests.render.stage import Staged, frames_of, pixels_of, render, write_matte

Happening = Callable[[], object]


def when(stage: str, done: int, happens: Happening) -> Callable[[Progress], None]:
    """A listener in whose hearing something happens once, when a stage has come so far."""
    left = [happens]

    def report(progress: Progress) -> None:
        if progress.stage == stage and progress.done >= done and left:
            left.pop()()

    return report


def unbroken(shot: Staged, model: Path) -> dict[str, bytes]:
    render(shot.job(model, "../unbroken"))
    return pixels_of(shot.folder / "../unbroken")


@pytest.mark.parametrize("footage", ["plate", "matte"])
def test_a_drive_that_vanishes_is_named_and_the_same_job_goes_on_when_it_is_back(
    shot: Staged, model: Path, footage: str
) -> None:
    whole, job = unbroken(shot, model), shot.job(model, "../out")
    away = shot.folder.parent / "away"
    away.mkdir()

    def move(source: Path, target: Path) -> None:
        for path in source.glob(f"{footage}.*"):
            path.rename(target / path.name)

    with pytest.raises(FootageError, match="cannot be had now") as caught:
        render(job, when("writing the layer", 2, lambda: move(shot.folder, away)))
    # A frame is read ahead while others are finished: it may be named first.
    assert re.search(rf"{footage}\.100[3-6]\.\w+ \(frame 100[3-6]\)", caught.value.message)
    assert "Connect its drive again" in caught.value.remedy
    left = pixels_of(job.output)
    assert 2 <= len(left) < 6 and left == {name: whole[name] for name in left}
    move(away, shot.folder)
    render(job)
    assert pixels_of(job.output) == whole


def test_an_output_drive_that_vanishes_is_named_and_the_same_job_goes_on_when_it_is_back(
    shot: Staged, model: Path
) -> None:
    whole, job = unbroken(shot, model), shot.job(model, "../out")
    output, away = Path(job.output), shot.folder.parent / "away"
    with pytest.raises(OutputError) as caught:
        render(job, when("writing the layer", 2, lambda: output.rename(away)))
    assert str(output) in caught.value.message and caught.value.remedy
    assert not output.exists(), "nothing is written where a drive was"
    away.rename(output)
    render(job)
    assert pixels_of(output) == whole


def other_plate(folder: Path) -> None:
    shutil.copy(folder / "plate.1001.exr", folder / "plate.1005.exr")


def half_a_plate(folder: Path) -> None:
    path = folder / "plate.1005.exr"
    path.write_bytes(path.read_bytes()[:2000])


def other_matte(folder: Path) -> None:
    write_matte(folder / "matte.1005.png", np.ones((64, 96), np.float32))


@pytest.mark.parametrize("change", [other_plate, half_a_plate, other_matte])
def test_a_frame_that_changes_while_a_job_is_at_work_is_named_and_never_painted_over(
    shot: Staged, model: Path, change: Callable[[Path], None]
) -> None:
    whole, job = unbroken(shot, model), shot.job(model, "../out")
    with pytest.raises(FootageError, match=r"1005.* \(frame 1005\): it changed since the job began"):
        render(job, when("writing the layer", 2, lambda: change(shot.folder)))
    left = pixels_of(job.output)
    assert len(left) == 4 and left == {name: whole[name] for name in left}
    assert not (Path(job.output) / "result.json").exists()


def test_a_condition_that_changes_before_anything_is_painted_leaves_nothing(
    shot: Staged, model: Path
) -> None:
    picture = shot.folder / "place.png"
    change = when("reading footage", 2, lambda: picture.write_bytes(picture.read_bytes() + b"\0"))
    job = shot.job(model, "../out")
    with pytest.raises(FootageError, match=r"place\.png: it changed since the job began"):
        render(job, change)
    assert not Path(job.output).exists()


def test_a_movie_that_is_written_anew_while_a_job_is_at_work_is_named(shot: Staged, model: Path) -> None:
    movie = shot.folder / "plate.mov"
    pictures = list(shot.plates.values())
    write_movie(movie, pictures)
    plate = replace(shot.shot.plate, path=str(movie), first_frame=1001)
    job = Job(replace(shot.shot, plate=plate), str(shot.folder.parent / "out"), shot.job(model).settings)

    def rewrite() -> None:
        write_movie(shot.folder / "again.mov", pictures[::-1])
        (shot.folder / "again.mov").replace(movie)

    with pytest.raises(FootageError, match=r"plate\.mov \(frame 100[3-6]\): it changed since the job began"):
        render(job, when("writing the layer", 2, rewrite))
    assert 2 <= len(frames_of(job.output)) < 6
