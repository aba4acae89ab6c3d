"""Takes of a shot on disk, as hosts list, compare, continue and remove them."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
from pathlib import Path

import pytest

from actanywhere.contract.errors import JobError, LaterVersion, OutputError
from actanywhere.contract.job import DecisionRecord, Job, Result
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from actanywhere.contract.takes import (
    Take,
    changed,
    last_stopped,
    list_takes,
    missing_frames,
    new_take,
    read_take,
    remove_take,
    wedge,
    write_job,
)
from actanywhere.render.folder import OutputFolder

SHOT = Shot(
    "run_010",
    ImageSequence("plate.####.exr"),
    Matte("matte.####.exr"),
    Condition("place.jpg"),
    FrameRange(1001, 1004),
)


def start(root: Path, name: str = "run_010", **settings: object) -> Job:
    """A take that has been started, and nothing more."""
    shot = dataclasses.replace(SHOT, name=name)
    job = Job(shot, new_take(str(root), name), Settings(**settings))  # type: ignore[arg-type]
    write_job(job)
    return job


def paint(job: Job, *frames: int) -> None:
    """Frames of the layer, under the names that the renderer gives them."""
    assert job.shot.frames is not None
    for frame in frames:
        OutputFolder(job, job.shot.frames).frame_path(frame).write_bytes(b"exr")


def finish(job: Job) -> None:
    assert job.shot.frames is not None
    paint(job, *job.shot.frames)
    output = OutputFolder(job, job.shot.frames)
    result = Result(job, output.pattern, job.shot.frames, [DecisionRecord("camera", "still")], "", {}, {}, {})
    output.result_path.write_text(json.dumps(result.to_dict()))


def test_takes_are_numbered_and_a_removed_ones_number_below_the_last_is_not_given_again(
    tmp_path: Path,
) -> None:
    first, second, third = (new_take(str(tmp_path), "run_010") for _ in range(3))
    assert [os.path.basename(path) for path in (first, second, third)] == ["take_001", "take_002", "take_003"]
    assert Path(first).parent == tmp_path / "run_010"
    remove_take(read_take(second))
    assert not os.path.exists(second)
    assert sorted(os.listdir(tmp_path / "run_010")) == ["take_001", "take_003"]
    assert new_take(str(tmp_path), "run_010").endswith("take_004")


def test_many_that_ask_at_once_get_a_folder_each(tmp_path: Path) -> None:
    made: list[str] = []
    asking = [threading.Thread(target=lambda: made.append(new_take(str(tmp_path), "s"))) for _ in range(16)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert len(set(made)) == 16
    assert [take.number for take in list_takes(str(tmp_path), "s")] == list(range(1, 17))


def test_a_take_is_unfinished_until_its_last_frame_and_its_result_are_there(tmp_path: Path) -> None:
    job = start(tmp_path)
    (take,) = list_takes(str(tmp_path), "run_010")
    assert (take.number, take.folder, take.job) == (1, job.output, job)
    assert take.state == "unfinished" and missing_frames(take) == [1001, 1002, 1003, 1004]
    paint(job, 1001, 1003)
    take = read_take(job.output)
    assert take.frames_done == [1001, 1003] and missing_frames(take) == [1002, 1004]
    finish(job)
    take = read_take(job.output)
    assert take.state == "finished" and missing_frames(take) == [] and take.result is not None
    os.remove(OutputFolder(job, FrameRange(1001, 1004)).frame_path(1002))
    take = read_take(job.output)
    assert take.state == "unfinished" and missing_frames(take) == [1002]


def test_the_layers_pattern_is_the_renderers_own_also_after_the_folder_moved(tmp_path: Path) -> None:
    job = start(tmp_path / "here", "Läufer 3/b")
    assert read_take(job.output).layer == OutputFolder(job, FrameRange(1001, 1004)).pattern
    finish(job)
    (tmp_path / "here").rename(tmp_path / "there")
    (take,) = list_takes(str(tmp_path / "there"), "Läufer 3/b")
    assert take.layer.startswith(str(tmp_path / "there")) and take.state == "finished"


def test_only_what_makes_another_layer_makes_a_cache_stale(tmp_path: Path) -> None:
    job = start(tmp_path, seed=3)
    (take,) = list_takes(str(tmp_path), "run_010")
    same = dataclasses.replace(job.settings, device="cpu", format=("exr", "mov"))
    assert changed(take, dataclasses.replace(job, output="elsewhere", settings=same)) == []
    shot = dataclasses.replace(SHOT, matte=Matte("other.####.exr"), track="track.json")
    other = dataclasses.replace(job.settings, seed=4, band=0.1)
    assert changed(take, Job(shot, job.output, other)) == ["matte", "track", "seed", "band"]
    assert changed(Take(1, job.output), job) == ["job"]


def test_a_setting_without_effect_makes_no_other_layer(tmp_path: Path) -> None:
    job = start(tmp_path, shadow="none", shadow_side=1.0)
    (take,) = list_takes(str(tmp_path), "run_010")
    moved = dataclasses.replace(job.settings, shadow_side=-1.0, shadow_density=0.9)
    assert changed(take, dataclasses.replace(job, settings=moved)) == []
    given = dataclasses.replace(moved, shadow="given")
    assert changed(take, dataclasses.replace(job, settings=given)) == [
        "shadow",
        "shadow_side",
        "shadow_density",
    ]


def test_a_wedge_is_the_same_job_with_the_seeds_after_its_own_each_in_a_take(tmp_path: Path) -> None:
    job = Job(SHOT, new_take(str(tmp_path), "run_010"), Settings(seed=7, band=0.1))
    jobs = wedge(job, 4)
    assert [one.settings.seed for one in jobs] == [7, 8, 9, 10]
    assert [os.path.basename(one.output) for one in jobs] == ["take_001", "take_002", "take_003", "take_004"]
    takes = list_takes(str(tmp_path), "run_010")
    assert [take.job for take in takes] == jobs
    assert [changed(take, job) for take in takes] == [[], ["seed"], ["seed"], ["seed"]]


def test_a_wedge_past_the_last_seed_makes_no_folder(tmp_path: Path) -> None:
    job = Job(SHOT, new_take(str(tmp_path), "run_010"), Settings(seed=2**31 - 2))
    with pytest.raises(JobError, match="seed"):
        wedge(job, 3)
    assert os.listdir(tmp_path / "run_010") == ["take_001"]


def test_files_that_are_no_takes_are_left_alone(tmp_path: Path) -> None:
    job = start(tmp_path)
    folder = tmp_path / "run_010"
    (folder / "take_002.txt").write_text("notes")
    (folder / "review").mkdir()
    (folder / "take_12").mkdir()
    assert [take.number for take in list_takes(str(tmp_path), "run_010")] == [1]
    assert read_take(str(folder / "review")) == Take(0, str(folder / "review"))
    with pytest.raises(OutputError, match="not a take"):
        remove_take(Take(1, str(folder)))
    assert Path(job.output).is_dir()
    assert list_takes(str(tmp_path), "never_shot") == []


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "[[1, 2, 3]]", "3", '{"shot": 1}', "\x00\xff"])
def test_a_job_or_result_that_is_not_understood_leaves_an_unfinished_take(tmp_path: Path, text: str) -> None:
    folder = Path(new_take(str(tmp_path), "run_010"))
    (folder / "job.json").write_bytes(text.encode("latin-1"))
    (folder / "result.json").write_bytes(text.encode("latin-1"))
    (take,) = list_takes(str(tmp_path), "run_010")
    assert take == Take(1, str(folder))


@pytest.mark.parametrize("name", ["job.json", "result.json"])
def test_a_take_of_a_later_version_is_told_and_neither_unfinished_nor_overwritten(
    tmp_path: Path, name: str
) -> None:
    job = start(tmp_path)
    finish(job)
    path = Path(job.output) / name
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99, "surprise": 1}))
    take = read_take(job.output)
    assert take.state == "unreadable" and "later version" in take.problem and "schema 99" in take.problem
    with pytest.raises(LaterVersion, match="schema 99"):
        OutputFolder(job, FrameRange(1001, 1004)).result() if name == "result.json" else Job.from_json(
            path.read_text()
        )


def test_a_result_of_the_first_layout_is_finished_and_its_decisions_are_read(tmp_path: Path) -> None:
    job = start(tmp_path)
    finish(job)
    path = Path(job.output) / "result.json"
    data = json.loads(path.read_text())
    del data["schema"], data["decisions"], data["job"]["schema"]
    data.update(camera="plate", camera_reason="41 features", shadow="none was asked for")
    path.write_text(json.dumps(data))
    take = read_take(job.output)
    assert take.state == "finished" and take.result is not None and take.result.job == job
    assert [str(one) for one in take.result.decisions] == [
        "camera: plate (41 features)",
        "shadow: none was asked for",
    ]


def test_the_take_that_goes_on_is_the_one_that_was_written_last(tmp_path: Path) -> None:
    jobs = [start(tmp_path) for _ in range(3)]
    finish(start(tmp_path))
    for age, job in zip((30, 10, 20), jobs, strict=True):
        paint(job, 1001)
        for path in Path(job.output).iterdir():
            os.utime(path, (1e9 - age, 1e9 - age))
    stopped = last_stopped(list_takes(str(tmp_path), "run_010"))
    assert stopped is not None and stopped.number == 2
    assert last_stopped([read_take(new_take(str(tmp_path), "other"))]) is None, "it was never begun"


def test_a_take_without_a_frame_range_is_refused(tmp_path: Path) -> None:
    job = Job(dataclasses.replace(SHOT, frames=None), new_take(str(tmp_path), "run_010"))
    with pytest.raises(JobError, match="frame range"):
        write_job(job)


def test_a_root_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "root").write_text("")
    with pytest.raises(OutputError, match=r"root.*cannot be made|cannot be made in .*root"):
        new_take(str(tmp_path / "root"), "run_010")
