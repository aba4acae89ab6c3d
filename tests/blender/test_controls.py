"""The controls beside the settings do what they say, and say it in the words of every host."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.job import Job
from actanywhere.farm.paths import Roots
from actanywhere.farm.shots import read_shots
from actanywhere.footage import read_scribble
from actanywhere.hostkit.controls import CONTROLS
from actanywhere.hostkit.widgets import widgets
from tests.blender import stage
from tests.blender.conftest import Blender, Facts

#: Of Blender alone, and why.
ONLY_HERE = {
    "where things come from in Blender": "plate_source plate_clip plate_path use_plate_start plate_start plate_colour "
    "plate_strip plate_scene matte_source matte_mask matte_node matte_socket matte_names matte_index matte_scene "
    "matte_clip matte_path use_matte_start matte_start matte_channel condition_source condition_image condition_clip "
    "condition_scene condition_camera range_source track_source track_clip use_shown alive_mask condition_mask",
    "where a layer goes in Blender": "bring_back take_compare",
    "a take is switched to, and its settings with it; in Nuke a list switches": "take_use",
    "what the panel remembers": "settings takes takes_index current_take message remedy",
    "Nuke has them in its menu": "engine_look engine_create networks_get self_test",
}
#: Called otherwise in Blender's files and scripts, which stay as they are.
CALLED = {
    "takes_root": "takes_folder",
    "resume": "continue_take",
    "takes_refresh": "refresh",
    "take_remove": "remove_take",
    "condition_scribble": "scribble",
    "condition_extended": "extended",
}


@pytest.fixture(scope="module")
def facts(blender: Blender, double: Path) -> Facts:
    return blender.play("controls", timeout=600, engine=str(double))


def condition_of(said: dict[str, str]) -> Job:
    return Job.from_json(Path(said["take"], "job.json").read_text(encoding="utf-8"))


def test_strokes_painted_in_blender_reach_the_engine_and_so_does_an_extended_picture(
    facts: Facts, footage: dict[str, str]
) -> None:
    said = facts["beside"]
    assert said["said"] == ["FINISHED"] and said["scenes"] == 1
    condition = condition_of(said).shot.condition
    assert condition.extended == footage["place"]
    strokes = read_scribble(condition.scribble, (128, 192))
    where = np.zeros((128, 192), bool)
    where[20:40, 10:30] = True
    assert np.array_equal(strokes[..., 3] > 0.5, where)
    assert np.allclose(strokes[where], (0, 1, 0, 1), atol=0.01)


def test_a_call_names_them_as_files_and_one_that_is_not_there_is_refused(
    facts: Facts, footage: dict[str, str]
) -> None:
    said = facts["beside_in_a_call"]
    condition = condition_of(said).shot.condition
    assert condition.scribble == condition.extended == footage["place"]
    assert "/gone.png" in said["message"] and "extended" in said["message"]


def test_boxes_and_points_are_added_to_what_is_said_already(facts: Facts) -> None:
    said = facts["picked"]
    assert said["box"] == "10,20,50,70; 180,100,12,28", "the second is cut at the picture's edges"
    assert said["point"] == "5,7"
    assert said["place"] == "-10,0,160,90", "what the frame shows may reach beyond the picture"
    assert "192,3" in said["outside"] and "192 x 128" in said["outside"]


def test_a_clean_plate_is_made_of_what_the_panel_says_and_taken(facts: Facts) -> None:
    said = facts["clean_plate"]
    assert said["said"] == ["FINISHED"]
    for frame in stage.FRAMES:
        path = Path(said["clean"].replace("####", str(frame)))
        pixels = stage.read(path, ("R", "G", "B", "A"))
        plate = stage.plate(frame)
        cover = stage.matte(frame) > 0
        far = ~cover
        far[:, max(0, stage.box(frame)[0] - 20) : stage.box(frame)[2] + 20] = False
        light = np.where(plate <= 0.04045, plate / 12.92, ((plate + 0.055) / 1.055) ** 2.4)
        assert np.abs(pixels[..., :3] - light)[far].max() < 0.005, (
            "the plate's own pixels, away from the actor"
        )
    assert "matte_white" in said["refused"] and said["folders"] == ["clean_001"], "nothing is left of it"


def test_a_farm_bundle_of_the_shot_is_planned_written_and_submitted(facts: Facts) -> None:
    said = facts["farm"]
    assert said["said"] == ["FINISHED"]
    bundle, ((take, finished),) = Path(said["asked"][-1]), said["takes"]
    assert said["asked"][:2] == ["bundle", "submit"] and bundle.parent.name == "farm_001"
    assert not finished, "the take waits for the farm"
    values = json.loads((bundle / "parameters.json").read_text(encoding="utf-8"))
    (shot,) = read_shots(bundle / "shots.json", Roots(values))
    assert shot.job.output == take and shot.job == condition_of({"take": take})
    assert Path(shot.job.shot.matte.path.replace("####", str(stage.FRAMES[0]))).is_file(), "drawn before"
    assert "no model" in said["refused"]
    kept = {"farm_001", "prepared_001", Path(take).name}
    assert set(said["left"]) == kept, "of what is refused nothing is left"


def test_every_label_and_tooltip_is_that_of_every_host(facts: Facts) -> None:
    told = facts["words"]
    for widget in widgets():
        assert told.pop(widget.name) == [widget.label.title(), widget.tip], widget.name
    for name in " ".join(ONLY_HERE.values()).split():
        assert told.pop(name)[1] or name, name
    for name, (label, tip) in told.items():
        control = CONTROLS[CALLED.get(name, name)]
        assert label == control.title, name
        assert tip.startswith(control.bare_tip), name
    assert set(CONTROLS) == {CALLED.get(name, name) for name in told}
