"""Models that are here: found by name and role, whole and unchanged, or refused with the command that gets them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actanywhere.contract.errors import ModelError
from actanywhere.contract.launch import Worker
from actanywhere.models import all_entries, find_model, find_network, missing_network
from actanywhere.models.registry import find_entry, names_of
from actanywhere.shotlist import job_from_flat
from tests.models import tiny
from tests.models.conftest import CORE, Run, of_kind, the_error

DEPTH = "depth-anything-v2-small"


def depth(library: Path) -> Path:
    """A depth network, put into its place by hand."""
    return tiny.lay_out({tiny.DEPTH_FILE: tiny.one_picture(library.parent)}, library / DEPTH)


def test_every_role_has_a_network_and_every_entry_says_what_an_artist_asks() -> None:
    roles = {entry.role for entry in all_entries() if entry.role}
    assert roles == {"subjects", "follow", "edge", "regions", "depth", "fill"}
    names = [entry.name for entry in all_entries()]
    assert len(names) == len(set(names))
    for entry in all_entries():
        assert entry.licence and entry.does and entry.disk and entry.files, entry.name
        assert bool(entry.role) != bool(entry.engine), entry.name
        assert entry.repository or entry.licence == "unstated", entry.name
        assert all(other in names for other in entry.extends), entry.name
        assert not any(rule.path.endswith((".bin", ".pt", ".ckpt")) for rule in entry.files), entry.name


def test_the_recommended_set_answers_the_roles_of_stills_with_a_third_of_a_gigabyte() -> None:
    chosen = [find_entry(name) for name in names_of(["vision"])]
    assert {entry.role for entry in chosen} == {"subjects", "regions", "depth", "fill"}
    assert sum(entry.disk for entry in chosen) < 0.4e9
    assert {entry.licence for entry in chosen} <= {"MIT", "Apache-2.0"}


def test_what_is_missing_is_named_with_the_command_that_gets_it() -> None:
    with pytest.raises(ModelError, match=r"'vace-14b' \(Wan 2.1 VACE 14B\) is not here") as error:
        find_model("vace-14b")
    assert error.value.remedy == "Get it: actanywhere models pull vace-14b"
    assert find_network("depth") is None
    assert "actanywhere models pull depth-anything-v2-small (0.05 GB, Apache-2.0)" in missing_network("depth")


def test_a_mistyped_name_gets_the_nearest_and_a_non_commercial_one_its_alternative() -> None:
    with pytest.raises(ModelError, match=r"no model 'vace-1\.4b'") as error:
        find_model("vace-1.4b")
    assert "'vace-1" in error.value.remedy
    for name, instead in (
        ("rmbg-2.0", "birefnet-lite"),
        ("RMBG-1.4", "birefnet-lite"),
        ("depth-anything-v2-large", "depth-anything-v2-small"),
        ("matanyone2", "sam2.1-hiera-tiny"),
        ("flux.2-klein-9b", "flux2-klein-4b"),
    ):
        with pytest.raises(ModelError, match="may not be used in paid work") as error:
            find_model(name)
        assert f"'{instead}'" in error.value.remedy


def test_a_folder_that_was_copied_by_hand_is_found_where_it_is_whole(library: Path) -> None:
    folder = depth(library)
    found = find_network("depth")
    assert found is not None and found.path == folder / tiny.DEPTH_FILE and found.record is None


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_half_a_file_never_loads_and_is_never_passed_over(library: Path, share: float) -> None:
    file = depth(library) / tiny.DEPTH_FILE
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(ModelError, match=r"model_fp16\.onnx is"):
        find_network("depth")


def test_half_a_folder_never_loads(library: Path) -> None:
    files = tiny.vace()
    folder = tiny.lay_out(files, library / "vace-1.3b")
    assert find_model("vace-1.3b").folder == folder
    for name in ("transformer/p-00002-of-00002.safetensors", "vae/config.json", "model_index.json"):
        (folder / name).rename(library / "away")
        with pytest.raises(ModelError, match="lacks"):
            find_model("vace-1.3b")
        (library / "away").rename(folder / name)
    shard = folder / "transformer/p-00001-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-4])
    with pytest.raises(ModelError, match="cut short"):
        find_model("vace-1.3b")


def test_another_model_under_the_name_never_loads(library: Path) -> None:
    tiny.lay_out(tiny.vace(heads=40), library / "vace-1.3b")
    with pytest.raises(ModelError, match="it is another model"):
        find_model("vace-1.3b")


def test_a_file_that_was_changed_after_it_came_never_loads(library: Path, run: Run, tmp_path: Path) -> None:
    source = tiny.lay_out(tiny.vitmatte(), tmp_path / "source")
    assert run("import", str(source), "--as", "vitmatte-small")[0] == 0
    file = library / "vitmatte-small/model.safetensors"
    find_model("vitmatte-small")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.unlink()
    file.write_bytes(content)
    with pytest.raises(ModelError, match="changed or damaged") as error:
        find_model("vitmatte-small")
    assert "actanywhere models remove vitmatte-small" in error.value.remedy


def test_a_file_that_was_added_beside_a_pulled_models_own_is_refused(
    run: Run, library: Path, tmp_path: Path
) -> None:
    run("import", str(tiny.lay_out(tiny.vitmatte(), tmp_path / "source")), "--as", "vitmatte-small")
    (library / "vitmatte-small/notes.txt").write_text("mine")
    find_model("vitmatte-small")
    (library / "vitmatte-small/adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"adapter_config\.json does not belong"):
        find_model("vitmatte-small")


def test_a_file_without_change_is_read_once_and_verified_on_request(
    run: Run, library: Path, tmp_path: Path
) -> None:
    run("import", str(tiny.lay_out(tiny.vitmatte(), tmp_path / "source")), "--as", "vitmatte-small")
    file = library / "vitmatte-small/model.safetensors"
    stat, content = file.stat(), bytearray(file.read_bytes())
    content[-1] ^= 1  # a bit that a disk lost: neither size nor time tell it
    file.write_bytes(content)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    find_model("vitmatte-small")
    command = [sys.executable, "-m", "actanywhere", "models", "verify", "vitmatte-small"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "changed or damaged" in done.stderr


def test_verify_gives_a_folder_that_was_copied_by_hand_its_record(run: Run, library: Path) -> None:
    folder = depth(library)
    status, events = run("verify")
    assert status == 0 and of_kind(events, "verified") == [
        {"event": "verified", "name": DEPTH, "folder": str(folder)}
    ]
    assert find_model(DEPTH).record is not None
    shares = [one["progress"]["fraction"] for one in of_kind(events, "progress")]
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares), "told by bytes"


def test_a_studios_folder_that_is_read_only_is_used_as_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = tmp_path / "studio"
    folder = depth(studio)
    monkeypatch.setenv("ACTANYWHERE_MODELS", f"{tmp_path / 'other'}{os.pathsep}{studio}")
    before = sorted(p.name for p in studio.rglob("*"))
    found = find_network("depth")
    assert found is not None and found.folder == folder
    assert sorted(p.name for p in studio.rglob("*")) == before


def test_the_list_tells_what_is_here_what_is_damaged_and_what_is_not(
    run: Run, library: Path, tmp_path: Path
) -> None:
    depth(library)
    tiny.lay_out({"model.safetensors": tiny.weights()}, library / "vitmatte-small")
    models = {event["model"]["name"]: event["model"] for event in run("list")[1]}
    assert models[DEPTH]["state"] == "here" and models[DEPTH]["folder"] == str(library / DEPTH)
    assert (
        models["vitmatte-small"]["state"] == "damaged" and "config.json" in models["vitmatte-small"]["found"]
    )
    assert models["vace-14b"]["state"] == "absent"
    assert models["vace-14b"]["command"] == "actanywhere models pull vace-14b"
    assert models["vace-14b"]["gpu_memory"] == 16 and models["vace-14b"]["licence"] == "Apache-2.0"


def test_models_are_removed_and_what_is_not_theirs_stays(run: Run, library: Path) -> None:
    folder = depth(library)
    (folder / "notes.txt").write_text("mine")
    status, events = run("remove", DEPTH)
    assert status == 0 and events[0]["left"] == [str(folder / "notes.txt")]
    assert [p.name for p in folder.iterdir()] == ["notes.txt"]
    assert "is not here" in the_error(run("remove", "migan")[1])["message"]


def test_looking_for_a_network_imports_neither_a_runtime_nor_the_hub() -> None:
    code = (
        "import sys, actanywhere.models as m; m.find_network('depth'); m.models_here();"
        "print([n for n in ('torch', 'onnxruntime', 'huggingface_hub', 'httpx') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_process_that_renders_is_kept_from_the_hub(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CORE))
    code = (
        "from actanywhere import worker; from actanywhere.contract.errors import ModelError\n"
        "def render(*_):\n"
        "    from huggingface_hub import constants; raise ModelError(f'offline: {constants.HF_HUB_OFFLINE}')\n"
        "worker.main(render)"
    )
    job = job_from_flat({"plate": "p.####.png", "condition": "c.png", "output": "."}, tmp_path)
    with Worker([sys.executable, "-c", code]) as worker, pytest.raises(ModelError, match="offline: True"):
        list(worker.events(worker.submit(job)))


def test_a_network_without_what_runs_it_is_told_and_not_chosen(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"config.json": tiny.configuration(model_type="eomt"), "model.safetensors": tiny.weights()}
    tiny.lay_out(files, library / "eomt-coco-small")
    assert find_network("regions") is not None
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else real(name, *rest)
    )
    assert find_network("regions") is None
    assert "runs on PyTorch, which is not: pip install 'actanywhere[torch]'" in missing_network("regions")
