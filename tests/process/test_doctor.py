"""What the doctor finds, and that nothing stops the doctor."""

from __future__ import annotations

import importlib
import importlib.metadata as metadata
import json
from pathlib import Path

import pytest

from actanywhere import cli, doctor
from actanywhere.doctor import Check, examine
from tests.onnx_runner.networks import brighter


def find(name: str) -> list[Check]:
    return [check for check in examine() if check.name == name]


def test_every_part_of_the_machine_has_its_line() -> None:
    names = [check.name for check in examine()]
    for name in (
        "python",
        "torch",
        "OpenImageIO",
        "opencolorio",
        "onnxruntime",
        "pycolmap",
        "colour",
        "model",
        "memory",
    ):
        assert name in names
    assert any(name.startswith("gpu") for name in names) and {"memory", "temporary"} <= set(names)


def test_what_is_not_ok_comes_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path / "nowhere"))
    wrong = [check for check in examine() if check.status != "ok"]
    assert wrong and all(check.remedy for check in wrong)


def test_a_library_that_cannot_be_imported_is_a_finding_and_the_status_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = importlib.import_module

    def broken(name: str, package: str | None = None) -> object:
        if name == "cv2":
            raise OSError("libGL.so.1: cannot open shared object file")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", broken)
    (check,) = find("opencv-contrib-python-headless")
    assert check.status == "FAIL" and "libGL.so.1" in check.found
    assert cli.main(["doctor", "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert check.to_dict() in [{k: v for k, v in line.items() if k != "event"} for line in lines]


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Check]:
        raise RuntimeError("the driver is gone")

    broken.__name__ = "_gpu"
    monkeypatch.setattr(doctor, "_gpu", broken)
    (check,) = find("gpu")
    assert check.status == "warn" and "the driver is gone" in check.found
    assert find("memory")


def test_two_onnxruntimes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "1.0")
    (rivals,) = [check for check in find("onnxruntime") if "both" in check.found]
    assert rivals.status == "warn" and "pip uninstall onnxruntime onnxruntime-gpu" in rivals.remedy


def test_models_are_found_and_a_damaged_one_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from actanywhere.models.manifest import write_manifest

    for name, untrained in (("good", []), ("damaged", []), ("raw", ["condition_projection"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(json.dumps({"name": name, "untrained": untrained}))
        (tmp_path / name / "weights.safetensors").write_bytes(b"0123")
        write_manifest(tmp_path / name)
    (tmp_path / "damaged" / "weights.safetensors").write_bytes(b"0124")
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path))
    damaged, good, raw = find("model")[-3:]
    assert raw.status == "warn" and "not trained yet: condition_projection" in raw.found
    assert "actanywhere train --from" in raw.remedy
    assert good.status == "ok" and str(tmp_path / "good") in good.found
    assert damaged.status == "warn" and "damaged/weights.safetensors" in damaged.found


def test_a_temporary_folder_that_cannot_be_written_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/proc/no-such-folder")
    (check,) = find("temporary")
    assert check.status == "FAIL" and "/proc/no-such-folder" in check.found


def test_networks_that_are_here_are_listed_and_a_damaged_one_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path))
    (missing,) = find("networks")
    assert missing.status == "warn" and missing.remedy == "actanywhere models pull vision"
    file = tmp_path / "depth-anything-v2-small/onnx/model_fp16.onnx"
    brighter(file)
    (here,) = find("network")
    assert here.status == "ok" and "depth-anything-v2-small (depth)" in here.found
    file.write_bytes(file.read_bytes()[:50])
    (damaged,) = find("network")
    assert damaged.status == "warn" and "half downloaded" in damaged.remedy
