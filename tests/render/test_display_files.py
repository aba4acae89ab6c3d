"""Display files of the comp are part of the job: they show progress, can be stopped, and go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actanywhere.contract.errors import Cancelled
from actanywhere.contract.job import Progress
from tests.render.stage import Staged, pixels_of, render

STAGE = "writing display files"


class Watched:
    """Progress as it came, and a cancel once so many frames of display files are done."""

    def __init__(self, stop_at: int = 0) -> None:
        self.told: list[Progress] = []
        self.stop_at = stop_at

    def report(self, progress: Progress) -> None:
        self.told.append(progress)

    def cancelled(self) -> bool:
        return bool(self.stop_at) and self.done == list(range(1, self.stop_at + 1))

    @property
    def done(self) -> list[int]:
        return [progress.done for progress in self.told if progress.stage == STAGE]


def test_every_display_frame_is_told_and_the_fraction_never_goes_back(shot: Staged, model: Path) -> None:
    watched = Watched()
    render(shot.job(model, format=("exr", "png", "mov")), watched.report)
    assert watched.done == list(range(1, 13))
    assert {progress.total for progress in watched.told if progress.stage == STAGE} == {12}
    fractions = [progress.fraction for progress in watched.told]
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(1)
    first = next(progress for progress in watched.told if progress.stage == STAGE)
    assert 0.3 < first.fraction < 1


def test_a_stop_among_the_display_files_leaves_whole_ones_and_the_same_job_goes_on(
    shot: Staged, model: Path
) -> None:
    job = shot.job(model, format=("exr", "png", "mov"))
    watched = Watched(stop_at=4)
    with pytest.raises(Cancelled, match="Stopped"):
        render(job, watched.report, watched.cancelled)
    output = Path(job.output)
    assert len(list(output.glob("*.png"))) == 4 and not list(output.glob("*.mov"))
    layer = pixels_of(output)
    stopped = Watched(stop_at=5)  # in the movie
    with pytest.raises(Cancelled):
        render(job, stopped.report, stopped.cancelled)
    assert len(list(output.glob("*.png"))) == 6
    assert not [path for path in output.iterdir() if ".mov" in path.name]
    again = Watched()
    render(job, again.report)
    assert {progress.stage for progress in again.told} == {"checking footage", STAGE}
    assert again.done == list(range(1, 7))
    assert len(list(output.glob("*.mov"))) == 1 and pixels_of(output) == layer


def test_without_display_files_nothing_is_told_of_them(shot: Staged, model: Path) -> None:
    watched = Watched()
    job = shot.job(model)
    render(job, watched.report)
    render(replace(job), watched.report)
    assert watched.told and not watched.done
