"""The tiny network that the doctor runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from actanywhere.onnx_runner import network, providers, read_facts
from actanywhere.onnx_runner.protobuf import Malformed, fields, message
from actanywhere.onnx_runner.trial import try_providers, write_trial_network
from tests.onnx_runner.networks import close_networks


def test_the_tiny_network_is_a_valid_one_to_the_onnx_library(tmp_path: Path) -> None:
    path = write_trial_network(tmp_path / "trial.onnx")
    onnx.checker.check_model(str(path), full_check=True)
    (node,) = onnx.load(str(path)).graph.node
    assert node.op_type == "Conv" and list(node.attribute[0].ints) == [1, 1, 1, 1]
    assert read_facts(path).input("picture").shape == ("n", "c", "h", "w")


def test_the_processor_works_and_a_provider_that_gives_way_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = list(try_providers())
    assert trials[-1].provider == "cpu" and not trials[-1].why and trials[-1].milliseconds > 0
    monkeypatch.setitem(providers.PROVIDERS, "openvino", "AzureExecutionProvider")
    monkeypatch.setattr(network, "_broken", {"openvino": "its libraries are not there"})
    close_networks()
    first, last = try_providers()
    assert first.provider == "openvino" and "its libraries are not there" in first.why
    assert last.provider == "cpu" and not last.why


def test_wrong_numbers_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = network.Network.run
    monkeypatch.setattr(
        network.Network, "run", lambda *words: {k: np.roll(v, 1, -1) for k, v in real(*words).items()}
    )
    (trial,) = try_providers()
    assert "its numbers are wrong by" in trial.why


def test_what_is_written_is_read_and_a_length_beyond_the_end_is_not() -> None:
    written = message({1: 300, 2: ["a", "bc"], 20: 7})
    assert [(n, v if isinstance(v, int) else bytes(v)) for n, v in fields(memoryview(written))] == [
        (1, 300),
        (2, b"a"),
        (2, b"bc"),
        (20, 7),
    ]
    assert written[:3] == b"\x08\xac\x02"  # the example of the format's own page
    with pytest.raises(Malformed):
        list(fields(memoryview(written[:-4])))
