"""Every JSON that the product writes is in a list, and those that are kept carry the number of their layout.

To add one: ``numbered`` where it is written, ``upgraded`` where it is read (``contract/schema.py``), and its line here.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from actanywhere.camera.given import read_track
from actanywhere.contract.errors import ActAnywhereError
from actanywhere.contract.job import DecisionRecord, Job, Result
from actanywhere.contract.schema import numbered
from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.contract.takes import find_result
from actanywhere.contract.track import track_text, with_track_number
from actanywhere.farm.paths import Roots
from actanywhere.farm.record import Outcome, read_outcomes, write_outcome
from actanywhere.farm.shots import SHOTS_UPGRADES, FarmShot, read_shots
from actanywhere.hostkit.order import Order
from actanywhere.models.manifest import check_manifest, write_manifest
from actanywhere.models.record import Record, read_record, write_record
from actanywhere.render.clean_plate import _claim
from actanywhere.render.folder import OutputFolder
from actanywhere.render.matte_note import check_note, write_note
from actanywhere.render.matte_prompts import Prompts
from actanywhere.render.plate_job import PlateJob
from actanywhere.training.state import load_state, save_state
from tests.golden.make import JOBS

ROOT = Path(__file__).parents[2]
CORE, NUKE = "core/actanywhere/", "nuke_gizmo/actanywhere_nuke/"

#: Kept from one version to the next, by artists, farms or studios: numbered.
KEPT = {
    "contract/job.py Job.to_json": "job.json",
    "contract/track.py track_text": "track.json of both hosts",
    "contract/track.py cameras_text": "the JSON of an artist's 3-D camera",
    "camera/camera_files.py write_cameras": "camera.json",
    "evaluation/selftest.py selftest": "report.json",
    "farm/bundle.py _write_json": "shots.json; and parameters.json, whose layout is Open Job Description's",
    "farm/record.py write_outcome": "status/0001_SHOT.json",
    "hostkit/order.py Order.write": "order.json",
    "models/manifest.py write_manifest": "manifest.json of a model",
    "models/record.py write_record": "actanywhere.json of a model",
    "render/clean_plate.py _claim": "cleanplate.json",
    "render/matte_note.py write_note": "matte.json",
    "render/folder.py OutputFolder.claim": ".actanywhere/job.json",
    "render/folder.py OutputFolder.finish": "result.json",
    "render/folder.py OutputFolder.keep_networks": ".actanywhere/networks.json",
    "training/state.py save_state": "state.json of a training",
    "engines/unet/model/checkpoint.py save_model": "model.json",
    "engines/unet/model/assemble.py assemble": "model.json",
    NUKE + "read/inputs.py finish": "inputs.json",
    NUKE + "operators/installation.py store_engine": "~/.nuke/actanywhere.json",
}
#: Of one sitting, or made anew where it is not what this version writes: no number.
PASSING = {
    "engines/disk.py RunState.keep": "run.json: what a job has finished, of the very same job alone",
    "farm/kept.py _write_entry": "worker.json: where a session's worker listens",
    "models/digests.py _keep": "which files were found right; else they are read once more",
    "render/matte_note.py _as_kept": "prompts, to be compared with those of a note",
    "render/lock.py _create": "who is writing",
    "render/lock.py _beat": "and that they are alive",
    "training/datasets/footage.py make_proxy": "a clip's small copy; another stamp makes another",
    "render/camera.py _keep": "a clip's solve: another clip has another, and what cannot be read is solved again",
    "nuke_gizmo/smoke.py main": "a report to be sent",
}
#: In somebody else's layout, or a part of a numbered one.
FOREIGN = {
    "engines/unet/model/adapter_parts.py adapter_part": "config.json of a part; model.json beside it has the number",
    "engines/unet/model/assemble.py _write_part": "the index of shards, as diffusers writes it",
    "engines/vace/parts.py _config_folder": "config.json, as diffusers writes it",
}
#: Said on a screen or a pipe, told in a page, or hashed: no file.
SAID = (
    "cli/", "worker.py", "contract/launch.py", "farm/kept.py KeptWorker",
    "farm/kept.py _converse", "addon/second/", "addon/show/blocks.py",
    "evaluation/shots.py", "engines/vace/layout.py", "engines/vace/options.py", "review/page.py",
    "nuke_gizmo/smoke.py Smoke.take", NUKE + "read/plan.py",
)  # fmt: skip


def writers() -> set[str]:
    """``FILE FUNCTION`` of every place in the product that makes JSON."""
    found = set()
    for folder in ("core/actanywhere", "addon", "nuke_gizmo"):
        for path in (ROOT / folder).rglob("*.py"):
            place = path.relative_to(ROOT).as_posix().removeprefix(CORE)
            for name, function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
                if any(_makes_json(call) for call in ast.walk(function)):
                    found.add(f"{place} {name}")
    return found


def _functions(tree: ast.AST, inside: str = "") -> list[tuple[str, ast.AST]]:
    found: list[tuple[str, ast.AST]] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            found += _functions(node, node.name + ".")
        elif isinstance(node, ast.FunctionDef):
            found.append((inside + node.name, node))
    return found


def _makes_json(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("dump", "dumps")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "json"
    )


def test_every_place_that_makes_json_is_listed_and_no_other() -> None:
    files = {one for one in writers() if not one.startswith(SAID)}
    listed = {**KEPT, **PASSING, **FOREIGN}
    assert files - set(listed) == set(), "say in this file what it is"
    assert set(listed) - writers() == set(), "is gone"


# -- each is written, and read as it was, without a number, and from a later version ------------------------------


JOB = JOBS["job_full.json"]


def _folder_claim(folder: Path) -> tuple[Path, Callable[[], Any]]:
    job = replace(JOB, output=str(folder))
    output = OutputFolder(job, FrameRange(1012, 1013))
    output.claim({"plate": "1"}, "2")
    return folder / ".actanywhere" / "job.json", lambda: output.claim({"plate": "1"}, "2")


def _networks(folder: Path) -> tuple[Path, Callable[[], Any]]:
    output = OutputFolder(replace(JOB, output=str(folder)), FrameRange(1012, 1013))
    output.work.mkdir(parents=True)
    output.keep_networks({"subjects": "eomt"})
    return output.work / "networks.json", lambda: output.keep_networks({"subjects": "eomt"})


def _clean_plate(folder: Path) -> tuple[Path, Callable[[], Any]]:
    job = PlateJob(ImageSequence("plate.####.exr"), Matte("roto.####.exr"), str(folder))
    _claim(folder, job, FrameRange(1001, 1002), {"plate": "0"})
    return folder / "cleanplate.json", lambda: _claim(folder, job, FrameRange(1001, 1002), {"plate": "0"})


def _matte(folder: Path) -> tuple[Path, Callable[[], Any]]:
    identity: dict[str, object] = {"plate": "plate.####.exr", "frames": "1001-1002"}
    write_note(folder, identity, Prompts(), "0", [1002])
    return folder / "matte.json", lambda: check_note(folder, identity)


def _job(folder: Path) -> tuple[Path, Callable[[], Any]]:
    path = folder / "job.json"
    path.write_text(JOB.to_json())
    return path, lambda: Job.from_json(path.read_text())


def _result(folder: Path) -> tuple[Path, Callable[[], Any]]:
    frames = FrameRange(1012, 1013)
    result = Result(JOB, "layer.####.exr", frames, [DecisionRecord("camera", "still")], "", {}, {}, {})
    OutputFolder(replace(JOB, output=str(folder)), frames).finish(result)
    return folder / "result.json", lambda: find_result(str(folder)) == result or None


def _order(folder: Path) -> tuple[Path, Callable[[], Any]]:
    Order(JOB, str(folder), "Scene", 1, 2, 1000).write(str(folder))
    return folder / "order.json", lambda: Order.read(str(folder))


def _track(folder: Path) -> tuple[Path, Callable[[], Any]]:
    path = folder / "track.json"
    path.write_text(track_text(96, 64, {1001: (1, 0, 0, 0, 1, 0, 0, 0, 1)}))
    return path, lambda: read_track(str(path), FrameRange(1001, 1001), 96, 64)


def _cameras(folder: Path) -> tuple[Path, Callable[[], Any]]:
    path = folder / "camera.json"
    eye = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    frames = {"1001": {"matrix": eye, "focal_pixels": 90}}
    data = {"kind": "cameras", "width": 96, "height": 64, "frames": frames}
    path.write_text(json.dumps(with_track_number(data)))
    return path, lambda: read_track(str(path), FrameRange(1001, 1001), 96, 64)


def _outcome(folder: Path) -> tuple[Path, Callable[[], Any]]:
    write_outcome(folder, Outcome(1, "run", "finished"))
    shot = FarmShot(1, "run", JOB)
    return folder / "status" / "0001_run.json", lambda: read_outcomes(folder, [shot])[0].status == "finished"


def _shots(folder: Path) -> tuple[Path, Callable[[], Any]]:
    path = folder / "shots.json"
    path.write_text(json.dumps(numbered({"shots": [{"name": "run", "job": JOB.to_dict()}]}, SHOTS_UPGRADES)))
    return path, lambda: read_shots(path, Roots({}))


def _manifest(folder: Path) -> tuple[Path, Callable[[], Any]]:
    (folder / "model.json").write_text("{}")
    write_manifest(folder)
    return folder / "manifest.json", lambda: check_manifest(folder)


def _record(folder: Path) -> tuple[Path, Callable[[], Any]]:
    write_record(folder, Record("migan", "somebody/migan", "1", "MIT", {}))
    return folder / "actanywhere.json", lambda: read_record(folder)


def _state(folder: Path) -> tuple[Path, Callable[[], Any]]:
    save_state(folder / "state", {"one": torch.ones(2)}, {"step": 3})
    return folder / "state" / "state.json", lambda: load_state(folder / "state")


FILES = (
    _job, _result, _order, _track, _cameras, _folder_claim, _networks, _clean_plate, _matte, _outcome, _shots,
    _manifest, _record, _state,
)  # fmt: skip


@pytest.mark.parametrize("write", FILES, ids=[one.__name__[1:] for one in FILES])
def test_a_later_layout_is_told_and_one_of_today_is_read(
    write: Callable[[Path], tuple[Path, Callable[[], Any]]], tmp_path: Path
) -> None:
    path, read = write(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    number = data["schema"]
    assert isinstance(number, int) and number >= 1
    assert read() is not False
    path.write_text(json.dumps({**data, "schema": number + 1}), encoding="utf-8")
    with pytest.raises(ActAnywhereError, match="later version of ActAnywhere") as told:
        read()
    assert (
        path.name in told.value.message or "job is" in told.value.message or "result is" in told.value.message
    )
    assert told.value.remedy


@pytest.mark.parametrize("write", FILES, ids=[one.__name__[1:] for one in FILES])
def test_one_from_before_layouts_were_numbered_is_read(
    write: Callable[[Path], tuple[Path, Callable[[], Any]]], tmp_path: Path
) -> None:
    path, read = write(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["schema"]
    if write is _folder_claim:
        del data["job"]["schema"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert read() is not False


def test_an_unfinished_render_of_footage_with_a_first_frame_of_its_own_goes_on(tmp_path: Path) -> None:
    """The note of whose folder it is holds a job of today's layout, and says so: nothing of it is upgraded away."""
    plate = ImageSequence("plate.####.png", first_frame=1001)
    job = replace(JOB, output=str(tmp_path), shot=replace(JOB.shot, plate=plate))
    OutputFolder(job, FrameRange(1012, 1013)).claim({"plate": "1"}, "2")
    OutputFolder(job, FrameRange(1012, 1013)).claim({"plate": "1"}, "2")
