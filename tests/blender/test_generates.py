"""A tiny VACE under the published name: listed with its needs in Blender, its settings read, its layer back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.takes import read_take
from tests.blender import stage
from tests.blender.conftest import Blender
from tests.engines.vace import tiny_vace

SHOT = Path(__file__).parents[3] / "shared" / "shots" / "bmx_trees"
SMALL = "8 GB on the graphics card and more, 19 GB on disk, Apache-2.0"


def test_a_model_that_generates_is_listed_chosen_and_its_layer_comes_back(
    blender: Blender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = tiny_vace.pipeline(transformer=tiny_vace.transformer(0, 12))
    tiny_vace.save(tiny, tmp_path / "models" / "vace-1.3b")
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("ACTANYWHERE_CACHE", str(tmp_path / "cache"))
    footage = dict(blender.given["footage"])
    if SHOT.is_dir():  # a real plate, where one lies beside the checkout
        plates, mattes = (sorted((SHOT / part).iterdir()) for part in ("plate", "matte"))
        footage |= {"plate": str(plates[0]), "matte": str(mattes[0])}
    said = blender.play("generates", timeout=600, footage=footage)["generates"]
    starter = ["starter", "comes with the software, needs no graphics card"]
    assert said["before"]["listed"] == [starter]
    assert said["before"]["drawn"] == [["actanywhere.engine_look", "List the Models", True]]
    listed = dict(said["listed"])
    assert listed["vace-1.3b"] == f"{SMALL}: here" and listed["vace-14b"].endswith("Apache-2.0: not here")
    assert set(listed) == {"starter", "vace-1.3b", "vace-14b", "vace-fun-a14b"}
    assert said["drawn"]["starter"] == [] and " ".join(said["drawn"]["vace-1.3b"]) == f"{SMALL}: here"
    assert said["drawn"]["vace-14b"][-1] == ["actanywhere.networks_get", "Get vace-14b", False], "offline"

    assert said["said"] == ["FINISHED"], said
    take = read_take(said["take"])
    assert take.state == "finished" and take.job is not None
    settings = take.job.settings
    assert (settings.model, settings.prompt) == ("vace-1.3b", "a wet street at dusk")
    assert (settings.quality, settings.life) == ("draft", 0.4)
    assert "quality draft: 2 steps" in said["notes"] and "life: 0.4 (in the alive mask" in said["notes"]
    names = ("generated_bg.R", "generated_bg.G", "generated_bg.B")
    for frame in (1001, 1002):
        layer = stage.read(take.layer.replace("####", str(frame)), names)
        assert np.isfinite(layer).all() and np.ptp(layer) > 0.1
