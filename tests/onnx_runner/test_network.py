"""Networks run: right numbers, on a provider that works, and errors that say what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from actanywhere.contract.errors import ModelError
from actanywhere.onnx_runner import Network, network, open_network, providers, providers_here
from tests.onnx_runner.networks import brighter, close_networks, write

FLOAT = TensorProto.FLOAT


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("ACTANYWHERE_ONNX_PROVIDERS", raising=False)
    monkeypatch.setattr(network, "_broken", {})
    close_networks()
    yield
    close_networks()


def picture(side: int = 4) -> Any:
    return np.arange(3 * side * side, dtype=np.float32).reshape(1, 3, side, side) / 100


def test_a_network_is_run_by_names_and_gives_what_is_asked(tmp_path: Path) -> None:
    opened = open_network(brighter(tmp_path / "n.onnx", 3.0))
    found = opened.run({"picture": picture()})
    assert set(found) == {"bright", "mean"}
    np.testing.assert_array_equal(found["bright"], picture() * np.float32(3))
    assert found["mean"] == pytest.approx(picture().mean() * 3)
    assert set(opened.run({"picture": picture()}, ["mean"])) == {"mean"}
    assert opened.notices == []


def test_a_dynamic_network_takes_any_size_and_a_fixed_one_its_own(tmp_path: Path) -> None:
    for side in (4, 9, 5):
        assert (
            open_network(brighter(tmp_path / "n.onnx")).run({"picture": picture(side)})["bright"].shape[2]
            == side
        )
    fixed = open_network(brighter(tmp_path / "fixed.onnx", side=4))
    with pytest.raises(ModelError, match="takes picture: float32 1×3×4×4, and was given float32 1×3×5×5"):
        fixed.run({"picture": picture(5)})


def test_a_half_float_network_takes_floats_and_gives_floats(tmp_path: Path) -> None:
    opened = open_network(brighter(tmp_path / "n.onnx", 0.5, dtype=np.float16))
    found = opened.run({"picture": picture().astype(np.float64)})["bright"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, picture() / 2, rtol=1e-3)


def test_codes_are_never_taken_for_floats_nor_floats_for_codes(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="was given uint8"):
        open_network(brighter(tmp_path / "n.onnx")).run({"picture": picture().astype(np.uint8)})
    node = helper.make_node("Identity", ["x"], ["y"])
    slots = [("x", TensorProto.UINT8, [1])], [("y", TensorProto.UINT8, [1])]
    with pytest.raises(ModelError, match="was given float32"):
        open_network(write(tmp_path / "u.onnx", [node], *slots)).run({"x": np.zeros(1, np.float32)})


def test_what_is_kept_is_given_again_and_again(tmp_path: Path) -> None:
    opened = open_network(brighter(tmp_path / "n.onnx", 2.0), keep_memory=True)
    kept = opened.keep("picture", picture())
    for _ in range(2):
        found = opened.run({"picture": kept}, ["bright"])["bright"]
        np.testing.assert_array_equal(found, picture() * np.float32(2))


def test_a_copy_of_a_file_shares_its_session_and_another_network_does_not(tmp_path: Path) -> None:
    path = brighter(tmp_path / "n.onnx")
    copy = Path(shutil.copy(path, tmp_path / "copy.onnx"))
    assert open_network(path) is open_network(copy)
    assert open_network(brighter(tmp_path / "other.onnx", 7.0)) is not open_network(path)
    first = open_network(path)
    brighter(path, 5.0)
    assert open_network(path) is not first
    assert open_network(path).run({"picture": picture()})["bright"].max() == pytest.approx(
        picture().max() * 5
    )


def test_threads_are_those_that_the_farm_grants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    opened = open_network(brighter(tmp_path / "n.onnx"))
    assert opened._session.get_session_options().intra_op_num_threads == 3


def test_a_provider_whose_libraries_are_missing_gives_way_and_that_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = onnxruntime.InferenceSession

    def without_cuda(path: str, *, providers: list[Any], **others: Any) -> Any:
        # What a GPU build of ONNX Runtime does without CUDA's libraries: it goes on with the rest.
        return real(
            path, providers=[p for p in providers if "CUDA" not in p[0]] or ["CPUExecutionProvider"], **others
        )

    monkeypatch.setattr(onnxruntime, "InferenceSession", without_cuda)
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    opened = open_network(brighter(tmp_path / "n.onnx"))
    assert opened.provider == "cpu"
    assert opened.notices == ["n.onnx runs on cpu: cuda could not load it (its libraries are not there)."]
    np.testing.assert_array_equal(opened.run({"picture": picture()})["bright"], picture() * np.float32(2))
    opened.run({"picture": picture()})
    assert len(opened.notices) == 1


def _failing_to_load(monkeypatch: pytest.MonkeyPatch, *failing: str) -> list[str]:
    """ONNX Runtime with CUDA, TensorRT and the processor, of which those ``failing`` load nothing; what was tried."""
    real, tried = onnxruntime.InferenceSession, []

    class Session:
        def __init__(self, path: str, *, providers: list[Any], **others: Any) -> None:
            self.first = providers[0][0]
            tried.append(self.first)
            if self.first in failing:
                raise RuntimeError(f"[ONNXRuntimeError] : 1 : FAIL : no card for {self.first}")
            self.own = real(path, providers=["CPUExecutionProvider"], **others)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.own, name)

        def get_providers(self) -> list[str]:
            return [self.first, "CPUExecutionProvider"]

    long = ["CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: long)
    return tried


def test_where_the_first_of_several_providers_fails_the_second_runs_it_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = _failing_to_load(monkeypatch, "CUDAExecutionProvider")
    opened = open_network(brighter(tmp_path / "n.onnx"))
    assert opened.provider == "tensorrt" and len(tried) == 2
    assert opened.notices == [
        "n.onnx runs on tensorrt: cuda could not load it (no card for CUDAExecutionProvider)."
    ]


def test_where_all_providers_fail_each_is_told_with_its_reason_and_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = "CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider"
    _failing_to_load(monkeypatch, *names)
    with pytest.raises(ModelError) as caught:
        open_network(brighter(tmp_path / "n.onnx"))
    assert all(f"no card for {name}" in caught.value.message for name in names)
    assert "cannot be run on cpu" in caught.value.message and "newer ONNX Runtime" in caught.value.remedy


@pytest.fixture
def openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second provider that opens every network: the one beside the processor's that ONNX Runtime always has."""
    monkeypatch.setitem(providers.PROVIDERS, "openvino", "AzureExecutionProvider")


@pytest.mark.usefixtures("openvino")
def test_a_provider_that_fails_while_running_gives_way_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Network._run_here

    def no_memory(self: Network, *args: Any) -> Any:
        if self.provider == "openvino":
            raise RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : out of memory on the card")
        return real(self, *args)

    monkeypatch.setattr(Network, "_run_here", no_memory)
    opened = open_network(brighter(tmp_path / "n.onnx"))
    assert opened.provider == "openvino"
    np.testing.assert_array_equal(opened.run({"picture": picture()})["bright"], picture() * np.float32(2))
    assert opened.provider == "cpu"
    assert opened.notices == ["n.onnx runs on cpu: openvino could not run it (out of memory on the card)."]


@pytest.mark.usefixtures("openvino")
def test_an_answer_that_is_not_a_number_is_asked_of_the_next_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Network._run_here

    def spoilt(self: Network, feeds: Any, *args: Any) -> Any:
        if self.provider == "openvino":
            feeds = {name: value * np.float32(np.nan) for name, value in feeds.items()}
        return real(self, feeds, *args)

    monkeypatch.setattr(Network, "_run_here", spoilt)
    opened = open_network(brighter(tmp_path / "n.onnx"))
    np.testing.assert_array_equal(opened.run({"picture": picture()})["bright"], picture() * np.float32(2))
    assert opened.provider == "cpu" and "NaN" in opened.notices[0]
    with pytest.raises(ModelError, match="NaN"):
        opened.run({"picture": picture() * np.float32(np.nan)})
    opened.run({"picture": picture()})  # and goes on working


def test_too_little_memory_is_said_and_the_network_goes_on_with_less(tmp_path: Path) -> None:
    node = helper.make_node("ConstantOfShape", ["sides"], ["y"])
    path = write(tmp_path / "n.onnx", [node], [("sides", TensorProto.INT64, [2])], [("y", FLOAT, ["h", "w"])])
    opened = open_network(path)
    with pytest.raises(ModelError, match="too little memory") as error:
        opened.run({"sides": np.array([1 << 21, 1 << 21])})
    assert "smaller picture" in error.value.remedy
    assert opened.run({"sides": np.array([2, 3], np.int32)})["y"].shape == (2, 3)


def test_custom_operators_are_refused_before_a_session_is_tried(tmp_path: Path) -> None:
    node = helper.make_node("Warp", ["x"], ["y"], domain="ai.onnx.contrib")
    path = write(
        tmp_path / "n.onnx", [node], [("x", FLOAT, [1])], [("y", FLOAT, [1])], domains=["ai.onnx.contrib"]
    )
    with pytest.raises(ModelError, match=r"operators of ai\.onnx\.contrib") as error:
        open_network(path)
    assert "without custom operators" in error.value.remedy


def test_an_opset_of_the_future_is_refused_with_a_newer_runtime_as_the_remedy(tmp_path: Path) -> None:
    node = helper.make_node("Identity", ["x"], ["y"])
    path = write(tmp_path / "n.onnx", [node], [("x", FLOAT, [1])], [("y", FLOAT, [1])], opset=99)
    with pytest.raises(ModelError, match="opset 99") as error:
        open_network(path)
    assert "newer ONNX Runtime" in error.value.remedy


def test_another_network_than_expected_is_told_by_its_names(tmp_path: Path) -> None:
    opened = open_network(brighter(tmp_path / "n.onnx"))
    with pytest.raises(ModelError, match="needs 'picture' besides image"):
        opened.run({"image": picture()})
    with pytest.raises(ModelError, match="no input 'image'; it has picture"):
        opened.run({"picture": picture(), "image": picture()})
    with pytest.raises(ModelError, match="no output 'alpha'; it has bright, mean"):
        opened.run({"picture": picture()}, ["alpha"])


def test_without_onnx_runtime_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = brighter(tmp_path / "n.onnx")
    providers.load_runtime.cache_clear()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="not installed") as error:
        open_network(path)
    assert "actanywhere[cpu]" in error.value.remedy and "actanywhere[gpu]" in error.value.remedy


def test_a_provider_may_be_named_and_a_wrong_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert providers_here("cpu") == ("cpu",)
    with pytest.raises(ModelError, match="'cuda' is not part of this ONNX Runtime") as error:
        providers_here("cuda")
    assert "cpu" in error.value.remedy
    monkeypatch.setenv("ACTANYWHERE_ONNX_PROVIDERS", "quantum")
    with pytest.raises(ModelError, match="no 'quantum'"):
        open_network(brighter(tmp_path / "n.onnx"))


def test_onnx_runtime_is_imported_with_the_first_network_and_not_before() -> None:
    code = "import sys, actanywhere.onnx_runner; print('onnxruntime' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
