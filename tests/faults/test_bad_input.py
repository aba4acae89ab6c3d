"""Bad input: a clear error, exit status 2, before a model is loaded, and nothing touched."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from actanywhere.contract.errors import ActAnywhereError, FootageError, ModelError, OutputError
from actanywhere.contract.job import Job, Progress
from actanywhere.contract.shot import FrameRange
from tests.footage.pictures import write_still
from tests.render.stage import (
    ACES,
    HEIGHT,
    WIDTH,
    Staged,
    command,
    disc,
    frames_of,
    pixels_of,
    render,
    run_command,
    write_matte,
)


@pytest.fixture
def no_torch(tmp_path: Path) -> Path:
    """A folder for Python's path: what imports torch behind it ends with a traceback, and not with status 2."""
    (tmp_path / "poison/torch").mkdir(parents=True)
    (tmp_path / "poison/torch/__init__.py").write_text("raise SystemError('torch was loaded')\n")
    return tmp_path / "poison"


def listing(folder: Path) -> set[tuple[str, int]]:
    return {(str(path), path.stat().st_mtime_ns) for path in folder.rglob("*")}


def missing_frames(shot: Staged, job: Job) -> Job:
    for frame in (1002, 1004, 1005):
        (shot.folder / f"plate.{frame}.exr").unlink()
    return replace(job, shot=replace(job.shot, frames=FrameRange(1001, 1008)))


def missing_mattes(shot: Staged, job: Job) -> Job:
    (shot.folder / "matte.1003.png").unlink()
    return job


def matte_of_another_size(shot: Staged, job: Job) -> Job:
    write_matte(shot.folder / "matte.1004.png", disc(20, 20, 9, HEIGHT, WIDTH + 2))
    return job


def disguised_frame(shot: Staged, job: Job) -> Job:
    shutil.copy(shot.folder / "matte.1004.png", shot.folder / "plate.1004.exr")
    return job


def unreadable_condition(shot: Staged, job: Job) -> Job:
    (shot.folder / "place.png").write_bytes(b"no picture")
    return job


def condition_that_is_not_there(shot: Staged, job: Job) -> Job:
    (shot.folder / "place.png").unlink()
    return job


def unknown_model(shot: Staged, job: Job) -> Job:
    return replace(job, settings=replace(job.settings, model="nobody"))


def corrupted_weights(shot: Staged, job: Job) -> Job:
    weights = next((shot.folder / "model/unet").glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    return job


def missing_weights(shot: Staged, job: Job) -> Job:
    next((shot.folder / "model/vae").glob("*.safetensors")).unlink()
    return job


def anchor_outside(shot: Staged, job: Job) -> Job:
    return replace(job, settings=replace(job.settings, anchor=1100))


def another_jobs_folder(shot: Staged, job: Job) -> Job:
    output = Path(job.output)
    (output / ".actanywhere").mkdir(parents=True)
    identity = replace(job, settings=replace(job.settings, seed=99)).to_dict()
    del identity["output"], identity["settings"]["device"], identity["settings"]["format"]
    (output / ".actanywhere/job.json").write_text(json.dumps({"job": identity}))
    return job


def frames_that_no_job_wrote(shot: Staged, job: Job) -> Job:
    Path(job.output).mkdir()
    shutil.copy(shot.folder / "plate.1001.exr", Path(job.output) / "shot_generated_bg.1001.exr")
    return job


def output_that_is_a_file(shot: Staged, job: Job) -> Job:
    Path(job.output).write_text("mine")
    return replace(job, output=job.output + "/below")


BEFORE_ANYTHING_IS_READ: list[tuple[Callable[[Staged, Job], Job], str, list[str]]] = [
    (missing_frames, "FootageError", ["1002", "1004", "1005", "1007", "1008"]),
    (missing_mattes, "FootageError", ["matte", "1003"]),
    (matte_of_another_size, "FootageError", ["matte.1004.png", "98x64", "96x64"]),
    (disguised_frame, "FootageError", ["plate.1004.exr", "frame 1004"]),
    (unreadable_condition, "FootageError", ["place.png"]),
    (condition_that_is_not_there, "FootageError", ["place.png"]),
    (unknown_model, "ModelError", ["nobody"]),
    (corrupted_weights, "ModelError", ["unet", ".safetensors"]),
    (missing_weights, "ModelError", ["vae/", ".safetensors"]),
    (anchor_outside, "JobError", ["1100", "1001-1006"]),
    (another_jobs_folder, "OutputError", ["out", "seed is 99 there and 3 here"]),
    (frames_that_no_job_wrote, "OutputError", ["shot_generated_bg.1001.exr"]),
    (output_that_is_a_file, "OutputError", ["out", "file"]),
]


@pytest.mark.parametrize(
    ("fault", "kind", "words"), BEFORE_ANYTHING_IS_READ, ids=[f[0].__name__ for f in BEFORE_ANYTHING_IS_READ]
)
def test_it_is_named_with_status_2_before_torch_is_loaded_and_nothing_is_touched(
    shot: Staged,
    model: Path,
    no_torch: Path,
    fault: Callable[[Staged, Job], Job],
    kind: str,
    words: list[str],
) -> None:
    own = shot.folder / "model"
    shutil.copytree(model, own)
    job = fault(shot, shot.job(own))
    words_of_command = command(job)
    before = listing(shot.folder)
    said = run_command(words_of_command, no_torch)
    assert said.status == 2, (said.events, said.errors)
    assert said.error["kind"] == kind and said.error["remedy"]
    assert all(word in said.error["message"] for word in words), said.error["message"]
    assert listing(shot.folder) == before


def truncated(shot: Staged) -> None:
    path = shot.folder / "plate.1004.exr"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def changed_bytes(shot: Staged) -> None:
    path = shot.folder / "plate.1004.exr"
    data = bytearray(path.read_bytes())
    for place in range(len(data) // 2, len(data) - 64, 7):
        data[place] ^= 0x5A
    path.write_bytes(data)


def not_a_number(shot: Staged) -> None:
    pixels = shot.plates[1004].copy()
    pixels[10, 20, 1] = np.nan
    write_still(shot.folder / "plate.1004.exr", pixels, "half", attributes=ACES)


def infinite(shot: Staged) -> None:
    pixels = shot.plates[1004].copy()
    pixels[10, 20, 1] = np.inf
    write_still(shot.folder / "plate.1004.exr", pixels, "half", attributes=ACES)


def truncated_matte(shot: Staged) -> None:
    path = shot.folder / "matte.1004.png"
    path.write_bytes(path.read_bytes()[:200])


def empty_mattes(shot: Staged) -> None:
    for frame in shot.mattes:
        write_matte(shot.folder / f"matte.{frame}.png", np.zeros((HEIGHT, WIDTH), np.float32))


def whole_mattes(shot: Staged) -> None:
    for frame in shot.mattes:
        write_matte(shot.folder / f"matte.{frame}.png", np.ones((HEIGHT, WIDTH), np.float32))


WHILE_READING: list[tuple[Callable[[Staged], None], list[str]]] = [
    (truncated, ["plate.1004.exr", "frame 1004"]),
    (changed_bytes, ["plate.1004.exr", "frame 1004"]),
    (not_a_number, ["plate.1004.exr", "1 NaN", "pixel 20, 10"]),
    (infinite, ["plate.1004.exr", "1 Inf"]),
    (truncated_matte, ["matte.1004.png"]),
    (empty_mattes, ["empty", "1001-1006"]),
    (whole_mattes, ["whole picture", "1001-1006"]),
]


def refused(job: Job, kind: type[ActAnywhereError]) -> str:
    """The message of the error that rendering ends with; no stage but reading was entered."""
    told: list[Progress] = []
    with pytest.raises(kind) as caught:
        render(job, told.append)
    assert {progress.stage for progress in told} <= {"checking footage", "reading footage"}
    assert caught.value.remedy
    return caught.value.message


@pytest.mark.parametrize(("fault", "words"), WHILE_READING, ids=[f[0].__name__ for f in WHILE_READING])
def test_what_only_the_pixels_show_is_named_and_leaves_no_folder(
    shot: Staged, model: Path, fault: Callable[[Staged], None], words: list[str]
) -> None:
    fault(shot)
    message = refused(shot.job(model, "new/out"), FootageError)
    assert all(word in message for word in words), message
    assert not (shot.folder / "new").exists()


def test_matte_values_outside_0_to_1_are_refused(shot: Staged, model: Path) -> None:
    for frame, matte in shot.mattes.items():
        write_still(shot.folder / f"roto.{frame}.exr", matte[..., None] * 255, "float", channels=("A",))
    job = shot.job(model)
    matte = replace(job.shot.matte, path=str(shot.folder / "roto.####.exr"))
    message = refused(replace(job, shot=replace(job.shot, matte=matte)), FootageError)
    assert "roto.1001.exr" in message and "0 to 255" in message
    assert not Path(job.output).exists()


def test_a_bad_frame_leaves_a_folder_that_was_there_as_it_was(shot: Staged, model: Path) -> None:
    output = shot.folder / "out"
    output.mkdir()
    (output / "notes.txt").write_text("mine")
    truncated(shot)
    refused(shot.job(model), FootageError)
    assert [path.name for path in output.iterdir()] == ["notes.txt"]


def test_a_bad_frame_ends_the_command_with_status_2_before_torch_is_loaded(
    shot: Staged, model: Path, no_torch: Path
) -> None:
    not_a_number(shot)
    said = run_command(command(shot.job(model)), no_torch)
    assert said.status == 2, (said.events, said.errors)
    assert "plate.1004.exr" in said.error["message"] and "NaN" in said.error["message"]
    assert said.stages == {"starting the engine", "checking footage", "reading footage"}
    assert not (shot.folder / "out").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_told_before_anything_is_read(shot: Staged, model: Path) -> None:
    told: list[Progress] = []
    with pytest.raises(ModelError, match="device 'cuda' cannot be used") as caught:
        render(shot.job(model, device="cuda"), told.append)
    assert not told and "--device auto" in caught.value.remedy


@pytest.mark.parametrize("layer", ["../evil", "$(touch pwned)", "a.b", "a/b", "", "rgba", "x" * 300])
def test_a_hostile_layer_name_is_refused_and_nothing_is_run(
    shot: Staged, model: Path, no_torch: Path, layer: str
) -> None:
    data = shot.job(model).to_dict()
    data["settings"]["layer"] = layer
    path = shot.folder / "job.json"
    path.write_text(json.dumps(data))
    before = listing(shot.folder)
    said = run_command(
        [sys.executable, "-m", "actanywhere", "render", "--job", str(path), "--json"], no_torch
    )
    assert said.status == 2, (said.events, said.errors)
    assert listing(shot.folder) == before


@pytest.mark.parametrize("name", ["../../evil", "$(touch pwned)", "`id`", "a b/c", "-rf"])
def test_a_hostile_shot_name_stays_inside_its_folder(shot: Staged, model: Path, name: str) -> None:
    job = shot.job(model)
    before = set(shot.folder.rglob("*"))
    render(replace(job, shot=replace(job.shot, name=name, frames=FrameRange(1001, 1001))))
    new = set(shot.folder.rglob("*")) - before
    assert len(frames_of(job.output)) == 1
    assert all(path == Path(job.output) or Path(job.output) in path.parents for path in new)
    assert not Path("pwned").exists()


@pytest.mark.parametrize("output", ["a\0b", "x" * 300, "/proc/nowhere/out", "/dev/null/out"])
def test_an_output_that_cannot_be_is_refused(shot: Staged, model: Path, output: str) -> None:
    job = replace(shot.job(model), output=os.path.join(shot.folder, output))
    refused(job, OutputError)


BAD_JOBS: list[tuple[str, Any]] = [
    ("no JSON", "{"),
    ("no object", "[1]"),
    ("no plate", {"shot": {"name": "a"}, "output": "out"}),
    ("unknown field", {"surprise": 1}),
    ("unknown setting", {"settings": {"stepz": 4}}),
    ("setting out of range", {"settings": {"seed": -1}}),
    ("setting of another kind", {"settings": {"erode": "five"}}),
    ("camera that is none", {"settings": {"camera": "drone"}}),
    ("frames that are none", {"shot": {"frames": "x-y"}}),
]


@pytest.mark.parametrize("bad", [data for _, data in BAD_JOBS], ids=[name for name, _ in BAD_JOBS])
def test_a_bad_job_file_is_refused(shot: Staged, model: Path, no_torch: Path, bad: Any) -> None:
    path = shot.folder / "job.json"
    if isinstance(bad, str):
        path.write_text(bad)
    else:
        data = shot.job(model).to_dict()
        for key, value in bad.items():
            known = isinstance(data.get(key), dict) and bad.keys() != {"shot", "output"}
            data[key] = {**data[key], **value} if known else value
        path.write_text(json.dumps(data))
    said = run_command(
        [sys.executable, "-m", "actanywhere", "render", "--job", str(path), "--json"], no_torch
    )
    assert said.status == 2, (said.events, said.errors)
    assert said.error["kind"] == "JobError" and said.error["remedy"]
    assert not (shot.folder / "out").exists()


def test_a_dry_run_lists_what_would_be_read_and_written_and_touches_nothing(
    shot: Staged, model: Path, no_torch: Path
) -> None:
    job = shot.job(model, format=("exr", "png", "mov"))
    words = command(job, "--dry-run")
    before = listing(shot.folder)
    said = run_command(words, no_torch)
    assert said.status == 0, (said.events, said.errors)
    preflight = said.events[-1]["preflight"]
    expected = [job.shot.plate.path, job.shot.matte.path, job.shot.condition.path, str(model)]
    assert preflight["reads"] == expected
    names = [Path(path).name for path in preflight["writes"]]
    layer = "shot_generated_bg"
    place = f"{layer}_place.png (where the condition picture is filled, or goes on)"
    assert names == [f"{layer}.####.exr", "result.json", place, "shot_comp.####.png", "shot_comp.mov"]
    assert preflight["frames"] == "1001-1006" and preflight["done"] == 0
    assert listing(shot.folder) == before


def test_a_second_render_into_a_folder_at_work_is_refused_by_name(shot: Staged, model: Path) -> None:
    from actanywhere.render.lock import lock_folder

    render(shot.job(model))
    before = pixels_of(shot.folder / "out")
    with lock_folder(shot.folder / "out"):
        message = refused(shot.job(model), OutputError)
    assert "Another render" in message and str(shot.folder / "out") in message
    assert pixels_of(shot.folder / "out") == before


def test_a_render_that_was_refused_does_not_take_the_folder_of_the_one_at_work(
    shot: Staged, model: Path
) -> None:
    job = shot.job(model)
    refusals: list[str] = []

    def report(progress: Progress) -> None:
        if progress.stage == "reading footage" and not progress.message and len(refusals) < 1:
            with pytest.raises(OutputError) as caught:
                render(job)
            refusals.append(caught.value.message)

    render(job, report)
    assert refusals and "Another render" in refusals[0]
    assert len(frames_of(job.output)) == 6 and (Path(job.output) / "result.json").is_file()


def test_a_model_that_misses_a_file_says_which(shot: Staged, model: Path) -> None:
    own = shot.folder / "model"
    shutil.copytree(model, own)
    (own / "model.json").unlink()
    assert "model.json" in refused(shot.job(own), ModelError)
