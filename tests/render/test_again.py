"""The same job rendered twice, stopped, killed and gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from actanywhere.contract.errors import Cancelled, OutputError
from actanywhere.contract.job import Job, Progress
from actanywhere.contract.shot import FrameRange
from actanywhere.engines.protocol import Painted
from actanywhere.render.folder import OutputFolder
from actanywhere.render.resume import PaintedWindows
from tests.render.stage import (
    CORE,
    Staged,
    environment,
    frames_of,
    pixels_of,
    render,
    stage_shot,
)

# Renders a job and dies, by SIGKILL, at the moment asked for: in a step of painting, with a frame's file half way
# between its temporary and its own name, or with all done but for what was kept for going on.
KILLED = """
import os, pathlib, signal, sys
from actanywhere.contract import files
from actanywhere.contract.job import Job
from tests.render.stage import render

moment, count = sys.argv[2], int(sys.argv[3])
calls = 0

def die(*_):
    global calls
    calls += 1
    if calls == count:
        os.kill(os.getpid(), signal.SIGKILL)

if moment == "writing":
    flush = files._flush
    files._flush = lambda path: (die() if path.endswith(".exr") else None, flush(path))
if moment == "finishing":
    unlink = pathlib.Path.unlink
    pathlib.Path.unlink = lambda path: (die() if (path.parents[1] / "result.json").exists() else None, unlink(path))
with open(sys.argv[1]) as stream:
    job = Job.from_json(stream.read())
render(job, lambda told: die() if moment == told.stage and not told.frame_ready else None)
"""


def test_the_same_seed_gives_the_same_layer_and_another_seed_another(shot: Staged, model: Path) -> None:
    for camera in ("still", "subject"):
        for output, seed in (("one", 4), ("two", 4), ("three", 5)):
            render(shot.job(model, camera + output, camera=camera, seed=seed))
        one, two, three = (pixels_of(shot.folder / (camera + output)) for output in ("one", "two", "three"))
        assert one == two
        assert len(one) == 6 and all(one[name] != three[name] for name in one)


@pytest.mark.parametrize("camera", ["still", "subject"])
def test_the_first_frames_do_not_depend_on_how_far_the_shot_goes_on(
    tmp_path: Path, model: Path, camera: str
) -> None:
    shot = stage_shot(tmp_path / "long", frames=10)
    long = shot.job(model, "long", camera=camera)
    render(long)
    short = shot.job(model, "short", camera=camera)
    render(replace(short, shot=replace(short.shot, frames=FrameRange(1001, 1004))))
    one, other = pixels_of(long.output), pixels_of(short.output)
    assert len(other) == 4
    assert all(other[name] == one[name] for name in other)


def test_a_finished_folder_gives_its_result_at_once(shot: Staged, model: Path) -> None:
    first = render(shot.job(model))
    files = [path for path in (shot.folder / "out").rglob("*") if not path.name.endswith(".lock")]
    times = [path.stat().st_mtime_ns for path in files]
    told: list[Progress] = []
    assert render(shot.job(model), told.append) == first
    assert {progress.stage for progress in told} == {"checking footage"}
    assert len(files) == 9 and [path.stat().st_mtime_ns for path in files] == times


@pytest.mark.parametrize("text", ["", "{}", "[]", "3", '{"surprise": 1}', "the result and a surprise"])
def test_a_result_that_is_none_is_written_anew(shot: Staged, model: Path, text: str) -> None:
    first = render(shot.job(model))
    path = shot.folder / "out/result.json"
    before, whole = pixels_of(shot.folder / "out"), json.loads(path.read_text())
    path.write_text(json.dumps({**whole, "surprise": 1}) if text == "the result and a surprise" else text)
    assert render(shot.job(model)).job == first.job
    assert json.loads(path.read_text()).keys() == whole.keys()
    assert pixels_of(shot.folder / "out") == before


def note_of(shot: Staged) -> Path:
    """The file that says whose the folder is."""
    return shot.folder / "out/.actanywhere/job.json"


def test_a_folder_noted_before_a_setting_was_known_is_this_jobs_still(shot: Staged, model: Path) -> None:
    first = render(shot.job(model))
    note = json.loads(note_of(shot).read_text())
    del note["job"]["settings"]["shading"], note["job"]["shot"]["track"]
    note_of(shot).write_text(json.dumps(note))
    assert render(shot.job(model)) == first
    with pytest.raises(OutputError, match=r"another job \(settings\.shading is None there and 0\.5 here\)"):
        render(shot.job(model, shading=0.5))


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ("{", "is not what was written there"),
        ("[]", "is not what was written there"),
        ('{"job": []}', "is not what was written there"),
        ('{"job": {}, "inputs": 3}', "is not what was written there"),
        ('{"job": {}}', "cannot be read as a job: job has no shot"),
    ],
)
def test_a_folder_whose_note_cannot_be_read_is_refused_with_the_reason(
    shot: Staged, model: Path, note: str, message: str
) -> None:
    render(shot.job(model))
    note_of(shot).write_text(note)
    with pytest.raises(OutputError, match=message) as caught:
        render(shot.job(model))
    assert str(note_of(shot)) in caught.value.message and caught.value.remedy


def test_a_setting_without_effect_makes_no_other_job(shot: Staged, model: Path) -> None:
    first = render(shot.job(model, shadow="none", shadow_side=1.0))
    assert render(shot.job(model, shadow="none", shadow_side=2.0)) == first


def test_a_finished_folder_can_be_asked_for_display_files_afterwards(shot: Staged, model: Path) -> None:
    render(shot.job(model))
    render(shot.job(model, format=("exr", "png")))
    assert len(list((shot.folder / "out").glob("*.png"))) == 6


def test_a_frame_that_was_removed_is_painted_again_as_it_was(shot: Staged, model: Path) -> None:
    render(shot.job(model))
    before = pixels_of(shot.folder / "out")
    (shot.folder / "out/shot_generated_bg.1005.exr").unlink()
    render(shot.job(model))
    assert pixels_of(shot.folder / "out") == before


@pytest.mark.parametrize("stop_at", [("painting", 3), ("writing the layer", 2)])
def test_a_stopped_job_goes_on_and_ends_as_if_it_had_not_been_stopped(
    shot: Staged, model: Path, stop_at: tuple[str, int]
) -> None:
    render(shot.job(model, "unbroken"))
    seen: list[Progress] = []
    job = shot.job(model, "stopped")
    with pytest.raises(Cancelled):
        render(job, seen.append, lambda: bool(seen) and (seen[-1].stage, seen[-1].done) == stop_at)
    assert (seen[-1].stage, seen[-1].done) == stop_at, "it went on after the stop"
    assert 0 < len(frames_of(job.output)) < 6
    render(job)
    assert pixels_of(job.output) == pixels_of(shot.folder / "unbroken")
    assert not list((shot.folder / "stopped/.actanywhere").glob("*.safetensors"))


def test_a_stopped_job_goes_on_where_it_was_moved_to_with_its_footage(tmp_path: Path, model: Path) -> None:
    old, new = stage_shot(tmp_path / "old").job(model), tmp_path / "new"
    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        render(old, seen.append, lambda: bool(seen) and (seen[-1].stage, seen[-1].done) == ("painting", 3))
    before = pixels_of(old.output)
    (tmp_path / "old").rename(new)
    moved = Job.from_json(old.to_json().replace(str(tmp_path / "old"), str(new)))
    times = [(new / "out" / name).stat().st_mtime_ns for name in before]
    render(moved)
    assert 0 < len(before) < 6 and len(frames_of(moved.output)) == 6
    assert [(new / "out" / name).stat().st_mtime_ns for name in before] == times, "finished frames are kept"
    (new / "matte.1004.png").write_bytes((new / "matte.1005.png").read_bytes())
    with pytest.raises(OutputError, match="matte changed"):
        render(moved)


def test_a_job_stopped_before_anything_was_painted_leaves_nothing(shot: Staged, model: Path) -> None:
    with pytest.raises(Cancelled):
        render(shot.job(model, "a/b/out"), cancelled=lambda: True)
    assert not (shot.folder / "a").exists()


@pytest.mark.parametrize(
    ("moment", "count", "finished"), [("painting", 4, 4), ("writing", 3, 2), ("finishing", 1, 6)]
)
def test_a_killed_job_leaves_nothing_torn_and_nothing_over_and_goes_on(
    shot: Staged, model: Path, moment: str, count: int, finished: int
) -> None:
    render(shot.job(model, "unbroken"))
    whole = pixels_of(shot.folder / "unbroken")
    job = shot.job(model, "killed")
    (shot.folder / "job.json").write_text(job.to_json())
    words = [sys.executable, "-c", KILLED, str(shot.folder / "job.json"), moment, str(count)]
    # As many threads as this process has: another number adds up in another order, and rounds otherwise.
    threads = {**environment(CORE.parent), "OMP_NUM_THREADS": str(torch.get_num_threads())}
    done = subprocess.run(words, env=threads, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = pixels_of(job.output)
    assert len(left) == finished and left == {name: whole[name] for name in left}
    strays = [path for path in Path(job.output).iterdir() if ".partial-" in path.name]
    assert len(strays) == (moment == "writing")
    assert (Path(job.output) / "result.json").exists() == (moment == "finishing")
    render(job)
    assert pixels_of(job.output) == whole
    assert files_in(Path(job.output)) == files_in(shot.folder / "unbroken")


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_progress_never_goes_back_and_names_every_finished_frame(shot: Staged, model: Path) -> None:
    told: list[Progress] = []
    render(shot.job(model), told.append)
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(1)
    ready = [Path(progress.frame_ready).name for progress in told if progress.frame_ready]
    assert ready == frames_of(shot.folder / "out")
    assert any(progress.message.startswith("camera: still") for progress in told)


def test_another_job_or_other_footage_is_refused_by_name(shot: Staged, model: Path) -> None:
    job = shot.job(model)
    render(job)
    before = pixels_of(job.output)
    with pytest.raises(OutputError, match=r"settings\.seed is 3 there and 12 here"):
        render(shot.job(model, seed=12))
    plate = shot.folder / "plate.1002.exr"
    plate.write_bytes((shot.folder / "plate.1003.exr").read_bytes())
    with pytest.raises(OutputError, match="plate changed"):
        render(job)
    assert pixels_of(job.output) == before


def test_a_window_that_was_painted_with_another_shadow_is_not_gone_on_with(shot: Staged, model: Path) -> None:
    output = OutputFolder(shot.job(model, "begun"), FrameRange(1001, 1006))
    output.work.mkdir(parents=True)
    kept = PaintedWindows(output.work)
    kept.save(0, Painted(np.zeros((1, 2, 2, 3), np.float32), {}))
    output.keep_beside("")
    assert kept.last() == 0
    output.keep_beside("1001-1048 of others")
    assert kept.last() is None
