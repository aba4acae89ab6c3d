"""Somebody in a ``background``, in real Blenders, by the real worker and a tiny network that finds what is red."""

from __future__ import annotations

from pathlib import Path

import pytest

from actanywhere.contract.takes import read_take
from tests.blender import stage
from tests.blender.conftest import Blender
from tests.engines.own_model import OWN, prefill_model
from tests.seeing.networks import library_of_one
from tests.seeing.scenes import body, street, with_body


def test_it_is_told_in_the_panels_words_they_stay_and_the_layer_comes_back(
    blender: Blender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = stage.write(tmp_path / "somebody.png", with_body(street(), body()))
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(library_of_one(tmp_path / "library")))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("ACTANYWHERE_ENGINES", str(OWN))
    model = prefill_model(tmp_path / "prefill")
    said = blender.play("background", timeout=600, model=str(model), place=str(place))["somebody"]
    assert said["said"] == ["FINISHED"] and "layer" in said["nodes"]
    assert "warning: Somebody stands in the condition picture" in said["notes"], said["notes"]
    assert "found by isnet-general-use" in said["notes"] and "--" not in said["notes"]
    take = read_take(said["take"])
    assert take.state == "finished"
    channels = ("generated_bg.R", "generated_bg.G", "generated_bg.B")
    red, green, _ = stage.read(take.layer.replace("####", "1001"), channels).transpose(2, 0, 1)
    assert (red - green > 0.3).sum() > 20, "they are in the layer"
