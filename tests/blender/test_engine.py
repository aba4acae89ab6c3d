"""From a file in Blender to a comp out of its compositor, with the real engine and the starter."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from actanywhere.contract.job import Result
from actanywhere.contract.takes import read_take
from actanywhere.footage import linearise
from tests.blender import stage
from tests.blender.conftest import Blender, Facts
from tests.engines.own_model import OWN, prefill_model


@pytest.fixture(scope="module")
def facts(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    model = prefill_model(tmp_path_factory.mktemp("models") / "prefill")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACTANYWHERE_ENGINES", str(OWN))
        return blender.play("engine", timeout=600, model=str(model))


def test_generate_gives_a_layer_and_blenders_comp_is_the_engines_own(facts: Facts) -> None:
    said = facts["generate"]
    assert said["said"] == ["FINISHED"] and said["message"] == ""
    assert {"layer", "plate", "matte", "over"} <= set(said["nodes"])
    take = read_take(said["take"])
    assert take.state == "finished" and take.frames_done == list(stage.FRAMES)
    for frame, path in zip((1001, 1004, 1006), said["rendered"], strict=True):
        own = stage.read(take.layer.replace("####", str(frame)), ("R", "G", "B"))
        found = stage.read(path, ("R", "G", "B"))
        assert np.ptp(own) > 0.3
        assert np.abs(found - own).max() < 0.004, frame


def test_the_layer_is_a_new_background_behind_the_actor_that_was_drawn_in_blender(facts: Facts) -> None:
    take = read_take(facts["generate"]["take"])
    assert take.result is not None
    result: Result = take.result
    assert result.job.settings.preview and "starter" in json.dumps(result.to_dict())
    names = ("generated_bg.R", "generated_bg.G", "generated_bg.B")
    for frame in (1001, 1006):
        path = take.layer.replace("####", str(frame))
        comp, background = stage.read(path, ("R", "G", "B")), stage.read(path, names)
        cover = stage.matte(frame) > 0
        assert np.ptp(comp[cover], axis=0).max() < 1e-3, "the actor is flat in the plate"
        assert np.abs(background[~cover] - comp[~cover]).max() < 1e-3
        plate = stage.plate(frame) ** 2.2
        assert np.abs(background[~cover] - plate[~cover]).mean() > 0.05


def test_an_engine_of_the_studios_own_paints_the_layer(facts: Facts) -> None:
    """``tests/engines/own/prefill.py`` paints what it was given to paint over: the picture of the place."""
    said = facts["own_engine"]
    assert said["said"] == ["FINISHED"] and said["message"] == ""
    take = read_take(said["take"])
    assert take.state == "finished" and take.result is not None
    assert take.result.checkpoint == "0" * 64, "its own digest"
    place = cv2.resize(stage.place(), (stage.WIDTH, stage.HEIGHT), interpolation=cv2.INTER_AREA)
    for frame, path in zip((1001, 1006), said["rendered"], strict=True):
        file = take.layer.replace("####", str(frame))
        background = stage.read(file, ("generated_bg.R", "generated_bg.G", "generated_bg.B"))
        assert np.abs(background - linearise(place, "srgb")).mean() < 0.02
        found, own = stage.read(path, ("R", "G", "B")), stage.read(file, ("R", "G", "B"))
        assert np.abs(found - own).max() < 0.004, "and Blender's comp is the engine's own"


def test_the_self_test_runs(facts: Facts, blender: Blender) -> None:
    if blender.version.name != "4.2":
        pytest.skip("the self-test is run in Blender 4.2")
    said = facts["self_test"]
    assert said["said"] == ["FINISHED"], said["message"]
