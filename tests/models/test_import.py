"""Models from files that somebody has: a hub's folder, its cache, a file; never a pickle, never another model."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from actanywhere.models import find_model
from tests.models import tiny
from tests.models.conftest import Run, of_kind, the_error
from tests.onnx_runner.networks import brighter

DEPTH = "depth-anything-v2-small"


def test_a_single_file_is_taken_over_whatever_it_is_called(run: Run, tmp_path: Path, library: Path) -> None:
    file = tmp_path / "my_depth.onnx"
    file.write_bytes(tiny.one_picture(tmp_path))
    status, events = run("import", str(file), "--as", DEPTH)
    assert status == 0 and of_kind(events, "imported")[0]["folder"] == str(library / DEPTH)
    assert find_model(DEPTH).path == library / DEPTH / tiny.DEPTH_FILE
    assert file.is_file()


def test_weights_beside_an_onnx_file_come_along(run: Run, tmp_path: Path) -> None:
    file = brighter(tmp_path / "in/depth.onnx", external="depth.onnx_data", dtype=np.float16)
    assert run("import", str(file), "--as", DEPTH)[0] == 0
    found = find_model(DEPTH)
    assert found.path.name == "model_fp16.onnx" and (found.path.parent / "depth.onnx_data").is_file()
    assert run("remove", DEPTH)[0] == 0 and not found.folder.exists()


def test_a_folder_is_taken_over_without_what_is_not_the_models(
    run: Run, tmp_path: Path, library: Path
) -> None:
    source = tiny.lay_out(tiny.vitmatte(), tmp_path / "source")
    assert run("import", str(source), "--as", "vitmatte-small")[0] == 0
    names = {p.name for p in (library / "vitmatte-small").iterdir()}
    assert "pytorch_model.bin" not in names and "model.safetensors" in names


def test_a_repository_in_the_hubs_cache_is_taken_over_without_taking_room_twice(
    run: Run, tmp_path: Path
) -> None:
    blobs = tiny.lay_out(tiny.vitmatte(), tmp_path / "models--x--y/blobs")
    snapshot = tmp_path / "models--x--y/snapshots/abc"
    snapshot.mkdir(parents=True)
    for blob in blobs.iterdir():
        (snapshot / blob.name).symlink_to(os.path.relpath(blob, snapshot))
    assert run("import", str(tmp_path / "models--x--y"), "--as", "vitmatte-small")[0] == 0
    got = find_model("vitmatte-small").file(".safetensors")
    assert got.samefile(blobs / "model.safetensors") and not got.is_symlink()
    shutil.rmtree(tmp_path / "models--x--y")
    find_model("vitmatte-small")


@pytest.mark.parametrize("name", ["model.ckpt", "model.pt", "model.bin", "model.safetensors", "model.onnx"])
def test_a_pickle_is_refused_by_name_or_by_content_with_a_way_out(
    run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"\x80\x02}q\x00.")
    status, events = run("import", str(tmp_path / name), "--as", DEPTH)
    error = the_error(events)
    assert status == 2 and "pickle" in error["message"] and "safetensors" in error["remedy"]


def test_a_folder_with_pickles_in_place_of_weights_is_told_so(run: Run, tmp_path: Path) -> None:
    files = tiny.vitmatte()
    del files["model.safetensors"]
    error = the_error(run("import", str(tiny.lay_out(files, tmp_path / "s")), "--as", "vitmatte-small")[1])
    assert "pytorch_model.bin, a pickle" in error["message"]
    assert error["remedy"].endswith("actanywhere models pull vitmatte-small")


def test_another_network_than_its_name_says_is_refused_and_nothing_is_left(
    run: Run, tmp_path: Path, library: Path
) -> None:
    fill = tmp_path / "fill.onnx"
    fill.write_bytes(tiny.picture_and_mask(tmp_path))
    assert "takes one picture" in the_error(run("import", str(fill), "--as", DEPTH)[1])["message"]
    error = the_error(run("import", str(fill), "--as", "migan")[1])
    assert "is not the file that MI-GAN, the whole pipeline is known by" in error["message"]
    source = tiny.lay_out(tiny.vace(heads=40), tmp_path / "vace")
    assert "another model" in the_error(run("import", str(source), "--as", "vace-1.3b")[1])["message"]
    assert [p for p in library.iterdir() if p.name != ".coming"] == []


@pytest.mark.parametrize(
    ("source", "name", "said"),
    [
        ("nowhere", DEPTH, "is not there"),
        ("text.txt", DEPTH, "is a .onnx file"),
        ("text.txt", "vace-1.3b", "is a folder of"),
        ("empty", "vace-1.3b", "lacks model_index.json"),
        ("text.txt", "my-own", "no model 'my-own'"),
    ],
)
def test_what_cannot_be_imported_is_told(run: Run, tmp_path: Path, source: str, name: str, said: str) -> None:
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    status, events = run("import", str(tmp_path / source), "--as", name)
    assert status == 2 and said in the_error(events)["message"]


def test_what_may_not_be_used_in_paid_work_is_told_with_the_alternative(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "RMBG-1.4.onnx"
    file.write_bytes(tiny.one_picture(tmp_path))
    _, events = run("import", str(file), "--as", "birefnet-lite-fp16")
    notes = " ".join(event["text"] for event in of_kind(events, "note"))
    assert "may not be used in paid work" in notes and "actanywhere models pull birefnet-lite" in notes


def test_a_model_that_is_here_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    source = tiny.lay_out(tiny.vitmatte(), tmp_path / "source")
    run("import", str(source), "--as", "vitmatte-small")
    error = the_error(run("import", str(source), "--as", "vitmatte-small")[1])
    assert "is here already" in error["message"] and "remove" in error["remedy"]
