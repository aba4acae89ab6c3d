"""Models got from a hub: whole or not at all, going on after a cut, and never another file than is meant."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from actanywhere.contract.errors import ModelError
from actanywhere.models import find_model, find_network, pull
from tests.conftest import Mount
from tests.models import tiny
from tests.models.conftest import Run, alone, of_kind, start, the_error
from tests.models.hub import COMMIT, Hub


def test_a_pulled_model_lies_in_the_library_with_its_record_and_is_found(hub: Hub, library: Path) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte()
    status, events = alone("pull", "vitmatte-small")
    assert status == 0
    folder = library / "vitmatte-small"
    assert of_kind(events, "pulled") == [{"event": "pulled", "name": "vitmatte-small", "folder": str(folder)}]
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", "model.safetensors", "preprocessor_config.json", "actanywhere.json"}
    record = json.loads((folder / "actanywhere.json").read_text())
    assert record["revision"] == COMMIT and record["repository"] == tiny.VITMATTE
    content = hub.repositories[tiny.VITMATTE]["model.safetensors"]
    assert record["files"]["model.safetensors"]["sha256"] == hashlib.sha256(content).hexdigest()
    found = find_model("vitmatte-small")
    assert found.folder == folder and found.file(".safetensors").read_bytes() == content
    assert not (library / ".coming/vitmatte-small").exists()


def test_the_licence_and_the_progress_are_told(hub: Hub, run: Run) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte()
    _, events = run("pull", "vitmatte-small")
    assert "Apache-2.0" in of_kind(events, "note")[0]["text"]
    shares = [event["progress"]["fraction"] for event in of_kind(events, "progress")]
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_shards_come_all_and_what_is_not_asked_for_does_not(hub: Hub, run: Run, library: Path) -> None:
    hub.repositories[tiny.VACE] = tiny.vace()
    status, _ = run("pull", "vace-1.3b")
    assert status == 0
    names = {
        p.relative_to(library / "vace-1.3b").as_posix()
        for p in (library / "vace-1.3b").rglob("*")
        if p.is_file()
    }
    assert names == set(tiny.vace()) - {"assets/picture.jpg"} | {"actanywhere.json"}


def test_a_pull_that_was_killed_goes_on_from_what_has_come(hub: Hub, run: Run, library: Path) -> None:
    files = tiny.vitmatte() | {"model.safetensors": tiny.weights(500_000)}
    hub.repositories[tiny.VITMATTE] = files
    hub.stall_after["model.safetensors"] = 1_200_000
    process = start("pull", "vitmatte-small")
    coming = library / ".coming/vitmatte-small"
    until = time.monotonic() + 30
    while time.monotonic() < until and sum(p.stat().st_size for p in coming.rglob("*.part")) < 1_000_000:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    with pytest.raises(ModelError, match="is not here"):
        find_model("vitmatte-small")
    (row,) = [e["model"] for e in run("list")[1] if e["model"]["name"] == "vitmatte-small"]
    assert row["state"] == "coming"
    (part,) = coming.rglob("*.part")
    came = part.stat().st_size
    hub.stall_after.clear()
    status, _ = run("pull", "vitmatte-small")
    assert status == 0
    assert hub.bytes_from("model.safetensors") == [0, came] and came > 1_000_000
    assert find_model("vitmatte-small").file(".safetensors").read_bytes() == files["model.safetensors"]


def test_a_line_that_is_cut_is_taken_up_again_at_once(hub: Hub, run: Run) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte() | {"model.safetensors": tiny.weights(500_000)}
    hub.cut_after["model.safetensors"] = 1_500_000
    assert run("pull", "vitmatte-small")[0] == 0
    first, second = hub.bytes_from("model.safetensors")
    assert first == 0 and second == 1 << 20  # to the last whole million that was written


def test_what_was_got_is_not_got_again(hub: Hub, run: Run) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte()
    run("pull", "vitmatte-small")
    asked = len(hub.asked)
    assert run("pull", "vitmatte-small")[0] == 0
    assert len(hub.asked) == asked


def test_a_file_that_the_line_changed_is_refused_and_not_kept(hub: Hub, run: Run, library: Path) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte()
    for name in ("config.json", "model.safetensors"):
        hub.altered = {name}
        status, events = run("pull", "vitmatte-small")
        assert status == 2 and name in the_error(events)["message"]
        assert "checksum" in the_error(events)["message"]
        assert not (library / "vitmatte-small").exists()
    hub.altered = set()
    assert run("pull", "vitmatte-small")[0] == 0


def test_a_repository_that_holds_another_file_than_the_registry_knows_is_refused_before_it_comes(
    hub: Hub, run: Run, tmp_path: Path
) -> None:
    hub.repositories["andraniksargsyan/migan"] = {"migan_pipeline_v2.onnx": tiny.picture_and_mask(tmp_path)}
    status, events = run("pull", "migan")
    assert status == 2 and "another file than the one that is known" in the_error(events)["message"]
    assert hub.bytes_from("migan_pipeline_v2.onnx") == []


def test_another_model_in_the_right_place_is_refused(hub: Hub, run: Run, tmp_path: Path) -> None:
    hub.repositories[tiny.VACE] = tiny.vace(heads=40)
    error = the_error(run("pull", "vace-1.3b")[1])
    assert "num_attention_heads = 40" in error["message"] and "another model" in error["message"]
    hub.repositories[tiny.DEPTH] = {tiny.DEPTH_FILE: tiny.picture_and_mask(tmp_path)}
    error = the_error(run("pull", "depth-anything-v2-small")[1])
    assert "takes one picture" in error["message"]


def test_a_set_is_got_and_one_that_cannot_be_had_does_not_keep_the_others(
    hub: Hub, run: Run, tmp_path: Path
) -> None:
    hub.repositories[tiny.DEPTH] = {tiny.DEPTH_FILE: tiny.one_picture(tmp_path)}
    hub.repositories["tue-mps/coco_panoptic_eomt_small_640_2x"] = {
        "config.json": tiny.configuration(model_type="eomt"),
        "model.safetensors": tiny.weights(),
    }
    status, events = run("pull", "vision")
    assert status == 2
    assert {e["name"] for e in of_kind(events, "pulled")} == {"eomt-coco-small", "depth-anything-v2-small"}
    assert {e["shot"] for e in of_kind(events, "error")} == {"birefnet-lite", "migan"}
    depth = find_network("depth")
    assert depth is not None and depth.path.name == "model_fp16.onnx"
    assert find_network("fill") is None


@pytest.mark.parametrize(
    ("fault", "said", "remedy"),
    [
        ("nowhere", "does not have hustvl/vitmatte", "mirror"),
        ("gated", "accepted its terms", "HF_TOKEN"),
        ("emptied", "has no model.safetensors", "newer version"),
        ("broken", "did not give", "goes on from"),
        ("offline", "HF_HUB_OFFLINE", "import"),
        ("unplugged", "did not give", "goes on from"),
    ],
)
def test_a_hub_that_does_not_give_it_is_told_in_plain_words(
    hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch, fault: str, said: str, remedy: str
) -> None:
    if fault == "gated":
        hub.gated.add(tiny.VITMATTE)
    if fault == "emptied":
        hub.repositories[tiny.VITMATTE] = {"config.json": b"{}"}
    hub.broken = fault == "broken"
    if fault == "offline":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if fault == "unplugged":
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    own_process = fault in ("offline", "unplugged")
    status, events = (alone if own_process else run)("pull", "vitmatte-small")
    error = the_error(events)
    assert status == 2 and error["kind"] == "ModelError"
    assert said in error["message"] and remedy in error["remedy"]


def test_what_other_software_has_in_the_hubs_cache_is_not_got_again(
    hub: Hub, run: Run, tmp_path: Path
) -> None:
    files = tiny.vitmatte()
    hub.repositories[tiny.VITMATTE] = files
    cache = tmp_path / "hf/hub/models--hustvl--vitmatte-small-composition-1k"
    (cache / "refs").mkdir(parents=True)
    (cache / "refs/main").write_text(COMMIT)
    blob = tiny.lay_out({"blob": files["model.safetensors"]}, cache / "blobs") / "blob"
    link = cache / "snapshots" / COMMIT / "model.safetensors"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    assert run("pull", "vitmatte-small")[0] == 0
    assert hub.bytes_from("model.safetensors") == []
    got = find_model("vitmatte-small").file(".safetensors")
    assert got.samefile(blob) and not got.is_symlink()  # no room is taken twice


def test_a_studios_folder_is_looked_through_first_and_pulled_into_where_that_is_allowed(
    hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, library: Path
) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte()
    studio, unmounted = tmp_path / "studio", tmp_path / "unmounted"
    studio.mkdir()
    monkeypatch.setenv("ACTANYWHERE_MODELS", os.pathsep.join([str(unmounted), str(studio)]))
    _, events = run("pull", "vitmatte-small")
    assert find_model("vitmatte-small").folder == studio / "vitmatte-small"
    assert not unmounted.exists()  # a share that is not mounted is not made on the local disk
    assert any(str(unmounted) in e["text"] for e in of_kind(events, "note"))
    assert not library.exists()


@pytest.fixture
def small_disk(mount: Mount) -> Path:
    return mount("size=1m")


def test_a_disk_too_small_is_told_before_anything_comes(
    hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch, small_disk: Path
) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte() | {"model.safetensors": tiny.weights(500_000)}
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(small_disk))
    status, events = run("pull", "vitmatte-small")
    assert status == 2 and "GB free" in the_error(events)["message"]
    assert "ACTANYWHERE_MODELS" in the_error(events)["remedy"]
    assert hub.bytes_from("model.safetensors") == []


def test_a_disk_that_fills_up_on_the_way_is_told_and_the_same_command_goes_on(
    hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch, small_disk: Path
) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte() | {"model.safetensors": tiny.weights(200_000)}
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(small_disk))
    (small_disk / "ballast").write_bytes(bytes(400_000))
    with monkeypatch.context() as room:
        room.setattr(
            pull, "_check_space", lambda *_: None
        )  # something else takes the room after the look at it
        status, events = run("pull", "vitmatte-small")
    assert status == 2 and "The disk is full" in the_error(events)["message"]
    (small_disk / "ballast").unlink()
    assert run("pull", "vitmatte-small")[0] == 0
    assert hub.bytes_from("config.json") == [0]


def test_two_pulls_of_one_model_do_not_meet(hub: Hub, run: Run) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte() | {"model.safetensors": tiny.weights(500_000)}
    hub.stall_after["model.safetensors"] = 10_000
    first = start("pull", "vitmatte-small")
    until = time.monotonic() + 30
    while time.monotonic() < until and not hub.bytes_from("model.safetensors"):
        time.sleep(0.05)
    status, events = run("pull", "vitmatte-small")
    first.kill()
    first.communicate()
    assert status == 2 and "Another process is getting vitmatte-small" in the_error(events)["message"]
