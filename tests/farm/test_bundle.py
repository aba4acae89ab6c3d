"""What is handed to a farm: a bundle that the specification's own library accepts, or a list of all that is wrong."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from actanywhere.contract.errors import JobError
from actanywhere.contract.fields import TEXT
from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings, setting_fields
from actanywhere.contract.shot import Condition, ImageSequence, Matte, Shot
from actanywhere.farm.paths import Roots, with_paths
from actanywhere.farm.shots import read_shots, task_shots

from .batch import actanywhere, bundle, read_rows, tool, write_list, write_rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    return bundle(write_list(folder, 3), folder / "bundle", "--shots-per-task", 2)


def test_the_specifications_own_tool_accepts_the_template(made: Path) -> None:
    done = subprocess.run(
        [tool("openjd"), "check", str(made / "template.yaml")], capture_output=True, text=True
    )
    assert done.returncode == 0 and "passes validation" in done.stdout, done.stdout + done.stderr


def test_its_library_makes_a_job_of_it_with_a_task_a_shot_in_chunks(made: Path) -> None:
    model = pytest.importorskip("openjd.model")
    template = model.decode_job_template(
        template=yaml.safe_load((made / "template.yaml").read_text()), supported_extensions=["TASK_CHUNKING"]
    )
    values = {
        one["name"]: one["value"]
        for one in yaml.safe_load((made / "parameter_values.yaml").read_text())["parameterValues"]
    }
    values = model.preprocess_job_parameters(
        job_template=template, job_parameter_values=values, job_template_dir=made, current_working_dir=made
    )
    job = model.create_job(job_template=template, job_parameter_values=values)
    render, review = job.steps
    chunks = [task["Shot"].value for task in model.StepParameterSpaceIterator(space=render.parameterSpace)]
    assert chunks == ["1-2", "3-3"]
    assert [one.dependsOn for one in review.dependencies] == ["Render"]
    assert render.script.actions.onRun.cancelation.mode == "NOTIFY_THEN_TERMINATE"
    assert render.script.actions.onRun.timeout == 2 * 600
    assert [one.name for one in render.hostRequirements.amounts] == [
        "amount.worker.memory"
    ]  # no GPU asked for


def test_every_file_that_is_read_and_every_folder_that_is_written_is_told(made: Path) -> None:
    assets = yaml.safe_load((made / "asset_references.yaml").read_text())["assetReferences"]
    files = set(assets["inputs"]["filenames"])
    expected = {made / "shots.json"}
    for number in range(3):
        plates = made.parent / f"plates {number}"
        expected |= {
            plates / f"{kind}.{frame}.png" for kind in ("plate", "matte") for frame in range(1001, 1005)
        }
        expected.add(plates / "place.png")
    assert files == {str(path) for path in expected}
    outputs = [str(made.parent / "out" / f"run_{number}") for number in range(3)]
    assert assets["outputs"]["directories"] == [*outputs, str(made / "report")]


@pytest.mark.parametrize(("shadow", "named"), [("auto", range(1001, 1013)), ("none", range(1003, 1011))])
def test_frames_beside_a_range_that_tell_of_its_shadow_are_told_too(
    tmp_path: Path, shadow: str, named: range
) -> None:
    """A farm that copies what is listed, and no more, would else pull another shadow than the artist saw."""
    ranged = {**read_rows(write_list(tmp_path, 1, 12))[0], "frames": "1003-1010", "shadow": shadow}
    made = bundle(write_rows(tmp_path / "ranged.csv", [ranged]), tmp_path / "bundle")
    assets = yaml.safe_load((made / "asset_references.yaml").read_text())["assetReferences"]
    files = {Path(name).name for name in assets["inputs"]["filenames"]} - {"shots.json", "place.png"}
    assert files == {f"{kind}.{frame}.png" for kind in ("plate", "matte") for frame in named}


def test_deadlines_own_library_reads_the_bundle(made: Path) -> None:
    parameters = pytest.importorskip("deadline.client.job_bundle.parameters")
    read = {
        one["name"]: one.get("value", one.get("default"))
        for one in parameters.read_job_bundle_parameters(str(made))
    }
    assert read["Shots"] == str(made / "shots.json") and read["Root1"] == str(made.parent)


def test_a_host_of_another_system_reads_the_same_list_below_its_own_roots(made: Path, tmp_path: Path) -> None:
    said = (made / "shots.json").read_text()
    assert str(made.parent) not in said  # every path hangs on a root
    shots = read_shots(made / "shots.json", Roots({"Root1": str(tmp_path / "elsewhere")}))
    assert shots[2].job.shot.plate.path == str(tmp_path / "elsewhere" / "plates 2" / "plate.####.png")
    assert shots[2].job.output == str(tmp_path / "elsewhere" / "out" / "run_2")
    assert [shot.name for shot in task_shots(shots, "2-3")] == ["run_1", "run_2"]


def test_paths_of_several_disks_hang_on_the_fewest_folders() -> None:
    roots = Roots.of(["/mnt/show/a/p.####.exr", "/mnt/show/b/out", "/net/stills/place.jpg"])
    assert roots.folders == {"Root1": "/mnt/show", "Root2": "/net/stills"}
    assert roots.write("/mnt/show/a/p.####.exr") == "{Root1}/a/p.####.exr"
    assert roots.write("/net/stills") == "{Root2}"


#: Text that is no path: a new field of the contract has to be named here, or be mapped.
NO_PATHS = {
    *(
        "name",
        "output",
        "colour",
        "kind",
        "channel",
        "first_frame",
        "frames",
        "matte_id",
        "condition_box",
        "condition_point",
        "place",
        "horizon",
        "shutter",
    ),
    *("prompt", "negative_prompt", "device", "layer"),
}


def test_every_path_of_a_job_is_mapped() -> None:
    sequence, condition = ImageSequence("/s/plate.mov"), Condition("/s/place.png")
    given = {
        f.name: f"/s/{f.name}" for f in dataclasses.fields(Condition) if f.name not in {*NO_PATHS, "path"}
    }
    texts = [f.name for f in setting_fields() if f.kind == TEXT and f.name not in NO_PATHS]
    job = Job(
        Shot(
            "a",
            sequence,
            Matte("/s/matte.mov"),
            dataclasses.replace(condition, **given),
            None,
            "/s/track.json",
        ),
        "/s/out",
        dataclasses.replace(Settings(), **{name: f"/s/{name}" for name in texts}),
    )
    assert {"alive", "clean_plate", "model"} <= set(texts) and {"matte", "scribble", "extended"} == set(given)
    there = with_paths(with_paths(job, Roots({"Root1": "/s"}).write), Roots({"Root1": "/elsewhere"}).read)
    assert there.to_json() == job.to_json().replace('"/s/', '"/elsewhere/')


def test_a_written_path_never_leads_out_of_its_root() -> None:
    with pytest.raises(JobError, match="leads out"):
        Roots({"Root1": "/mnt/show"}).read("{Root1}/../../etc/passwd")


def test_all_that_is_wrong_is_told_in_one_list_and_nothing_is_written_or_submitted(tmp_path: Path) -> None:
    rows = read_rows(write_list(tmp_path, 8))
    rows[1]["plate"] = str(tmp_path / "nowhere" / "plate.####.png")
    rows[2]["output"] = rows[0]["output"] + "/../run_0"
    rows[3]["matte"] = ""  # and the plate is opaque
    rows[4]["model"] = str(tmp_path / "no_model")
    rows[5]["model"] = str(tmp_path / "theirs")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "model.json").write_text('{"engine": "nobodys"}')
    rows.append({**rows[6], "output": str(tmp_path / "out" / "again")})
    shots = write_rows(tmp_path / "shots.csv", rows)
    seen = [tmp_path / name for name in ("out", "nowhere", "theirs", *(f"plates {n}" for n in range(7)))]
    _stand_in_for_deadline(tmp_path)
    there = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = actanywhere(
        "batch", shots, "--openjd", tmp_path / "bundle", "--submit", "--storage", *seen, env=there
    )
    assert done.returncode == 2 and not (tmp_path / "bundle").exists() and not (tmp_path / "asked").exists()
    for said in (
        "run_1: ",
        "nowhere",
        "run_2: Its output",
        "run_3: ",
        "run_4: ",
        "no_model",
        "is for the engine 'nobodys', and there is none of that name",
        "It is in the list twice: run_6",
        f"{tmp_path / 'plates 7'}/place.png is on no storage that the farm sees",
        "7 shots are wrong; nothing was written",
    ):
        assert said in done.stderr, f"{said!r} is not in\n{done.stderr}"
    assert "run_0: " not in done.stderr


def _stand_in_for_deadline(folder: Path) -> None:
    """A command in the place of AWS's own, which needs an account: it writes down what it is asked, and ends with 3."""
    command = folder / "deadline"
    command.write_text('#!/bin/sh\necho "$@" > "$(dirname "$0")/asked"\nexit 3\n')
    command.chmod(0o755)


def test_a_path_that_the_farm_does_not_see_is_refused(tmp_path: Path) -> None:
    shots = write_list(tmp_path, 2)
    done = actanywhere(
        "batch", shots, "--openjd", tmp_path / "bundle", "--storage", tmp_path / "plates 0", tmp_path / "out"
    )
    assert done.returncode == 2 and not (tmp_path / "bundle").exists()
    assert "plates 1" in done.stderr and "--storage" in done.stderr
    assert "run_0" not in done.stderr


def test_a_dry_run_tells_frames_time_and_disk_and_writes_nothing(tmp_path: Path) -> None:
    shots = write_list(tmp_path, 2)
    done = actanywhere("batch", shots, "--openjd", tmp_path / "bundle", "--dry-run", "--json")
    assert done.returncode == 0 and not (tmp_path / "bundle").exists()
    plan = json.loads(done.stdout.splitlines()[-1])["shots"]
    assert [one["frames"] for one in plan] == ["1001-1004"] * 2
    assert plan[0]["disk"] == 4 * 96 * 64 * 8 * 2  # frames, pixels, channels, bytes of a half


def test_a_dry_run_says_how_long_so_many_hosts_take(tmp_path: Path) -> None:
    shots = write_list(tmp_path, 7)
    words = ("--openjd", tmp_path / "bundle", "--dry-run", "--frame-seconds", 100, "--hosts", 2)
    done = actanywhere("batch", shots, *words)
    assert done.returncode == 0, done.stderr
    # A shot takes 400 s, so two are a task: four tasks, of which two hosts take two each.
    assert "7 shots, 28 frames, about 46:40 of machine time by 100 seconds a frame" in done.stdout
    assert "2 hosts take about 26:40, 2 shots a task" in done.stdout  # 1600 s
    refused = actanywhere("batch", shots, *words, "--frame-seconds", 0)
    assert refused.returncode == 2 and "--frame-seconds 0.0 is no time" in refused.stderr


def test_it_is_submitted_by_the_farms_own_command_or_nothing_is_written(tmp_path: Path) -> None:
    shots = write_list(tmp_path, 1)
    nothing = {**os.environ, "PATH": str(tmp_path)}
    done = actanywhere("batch", shots, "--openjd", tmp_path / "bundle", "--submit", env=nothing)
    assert (
        done.returncode == 2 and "no command 'deadline'" in done.stderr and not (tmp_path / "bundle").exists()
    )
    _stand_in_for_deadline(tmp_path)
    there = {**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = actanywhere("batch", shots, "--openjd", tmp_path / "bundle", "--submit", env=there)
    assert (tmp_path / "asked").read_text().split() == ["bundle", "submit", str(tmp_path / "bundle")]
    assert done.returncode == 1 and "status 3" in done.stderr


def test_opencue_takes_a_bundle_as_a_frame_a_shot_whose_command_renders_it(tmp_path: Path) -> None:
    pytest.importorskip("outline")
    (tmp_path / "my show").mkdir()
    made = bundle(write_list(tmp_path / "my show", 2), tmp_path / "my show" / "bundle")
    script = Path(__file__).parents[2] / "examples" / "farm_opencue.py"
    words = [sys.executable, script, made, "--show", "show", "--shot", "sq010", "--print"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    job = ElementTree.fromstring(done.stdout[done.stdout.index("<spec>") :])
    render, finish = job.iter("layer")
    assert (render.findtext("range"), render.findtext("chunk"), render.findtext("memory")) == (
        "1-2",
        "1",
        "2048m",
    )
    (waits,) = job.iter("depend")
    assert (waits.get("type"), waits.findtext("deplayer"), waits.findtext("onlayer")) == (
        "LAYER_ON_LAYER", "finish", "render",
    )  # fmt: skip
    for command in (
        *(render.findtext("cmd").replace("#IFRAME#", str(n)) for n in (1, 2)),
        finish.findtext("cmd"),
    ):
        ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "# 2 finished" in (made / "report" / "report.md").read_text()
