"""The controls beside the settings, in the node: what they do, and that they speak the words of every host."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from actanywhere.camera.camera_files import Cameras, write_nuke_camera
from actanywhere.contract.job import Job
from actanywhere.farm.paths import Roots
from actanywhere.farm.shots import read_shots
from actanywhere.hostkit.controls import CONTROLS
from actanywhere.hostkit.widgets import USE, widgets
from tests.nuke.conftest import SHIPPED, Stage
from tests.nuke.shot import ABOVE, FIRST, LAST, SIDE, actor_at, plate_at, read_exr
from tests.nuke_standin.nk import UserKnob, read
from tests.seeing.networks import red_mask

#: Buttons of Nuke alone, and why.
ONLY_HERE = {
    "a list switches takes; their settings are put back by themselves": "use_settings",
    "Blender shows a sheet in its Image Editor": "open_sheet",
    "Nuke's frames are those of the job": "condition_here anchor_here",
    "a script is rendered by farms": "write_job",
    "Blender shows what a model needs in rows of its panel": "choose_model",
}
CALLED = {"output_folder": "takes_folder"}


def knobs() -> dict[str, UserKnob]:
    """The node's own knobs, as they stand in the file that artists paste."""
    (node,) = [
        node for node in read((SHIPPED / "ActAnywhere.nk").read_text("utf-8")).nodes if node.cls == "Group"
    ]
    return {knob.name: knob for knob in node.user}


def test_every_label_and_tooltip_is_that_of_every_host() -> None:
    told, found = knobs(), set()
    for name, knob in told.items():
        control = CONTROLS.get(CALLED.get(name, name))
        if control is not None:
            found.add(CALLED.get(name, name))
            label = re.sub(r"</?b>", "", knob.options["l"])
            assert label == (control.button if knob.code == 22 else control.label), name
            assert knob.options["t"].startswith(control.tip), name
    assert found == set(CONTROLS)
    buttons = {name for name, knob in told.items() if knob.code == 22 and name not in CONTROLS}
    assert buttons == set(" ".join(ONLY_HERE.values()).split())


def test_the_settings_knobs_are_the_settings_widgets() -> None:
    told = knobs()
    for widget in widgets():
        assert told[widget.name].options["t"] == widget.tip
        label = told[widget.name].options["l"]
        assert label == widget.label or (widget.beside and label == "") or widget.name.startswith(USE)


def test_boxes_points_strokes_and_an_extended_picture_go_with_the_condition(stage: Stage) -> None:
    said = stage.play("beside")
    assert said["box"] == "10,14,50,30; 0,0,6,64", "y counts down there; the second is cut at the edges"
    assert said["point"] == "5,4"
    assert said["place"] == "-10,30,60,30", "what the frame shows may reach beyond the picture"
    (message,) = said["outside"]
    assert "96 x 64" in message and "\n\n" in message
    condition = Job.from_dict(said["job"]).shot.condition
    place = str(stage.work / "footage" / "place.exr")
    assert condition.scribble == condition.extended == place
    (message,) = said["gone"]
    assert "gone.png: there is no such extended picture" in message


def test_a_clean_plate_is_made_while_nuke_is_free_and_taken(stage: Stage) -> None:
    said = stage.play("clean_plate")
    assert said["free"] and said["whole"] and said["said"] == []
    assert said["reads"] == [[said["clean"], FIRST, LAST]], "a Read of it lies beside the node"
    assert "shadow:" in said["log"] and any("of 4 frames" in line for line in said["messages"])
    assert said["rendered"] == ["write_plate", "write_matte"], "the picture of the place is not asked for"
    spec, pixels = read_exr(said["clean"].replace("####", str(FIRST)))
    plate, cover = plate_at(FIRST), actor_at(FIRST)
    assert (spec.x, spec.y) == (-SIDE, -ABOVE)
    far = cover == 0
    far[:, 20:70] = False
    for index, name in enumerate("RGB"):
        np.testing.assert_allclose(pixels[name][far], plate[..., index][far], rtol=1e-3, atol=1e-3)
    assert said["again"] == ["clean_001", "clean_002"]
    assert said["stopped"] == ["clean_001", "clean_002"] and said["stopped_log"], (
        "what is stopped leaves nothing"
    )
    assert Path(said["clean"]).parent.name == "clean_001"


def test_a_take_s_solved_camera_becomes_a_camera_beside_the_node(stage: Stage) -> None:
    count = LAST - FIRST + 1
    matrices = np.tile(np.eye(4), (count, 1, 1))
    down = np.radians(12)  # the camera looks 12 degrees down, and turns to the left by 5 degrees a frame
    tilt = [[1, 0, 0], [0, np.cos(down), np.sin(down)], [0, -np.sin(down), np.cos(down)]]
    for step in range(count):
        c, s = np.cos(np.radians(5 * step)), np.sin(np.radians(5 * step))
        matrices[step, :3, :3] = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ tilt
        matrices[step, :3, 3] = (0.5 * step, 1.6, -1e-7)
    cameras = Cameras(tuple(range(FIRST, LAST + 1)), matrices, np.full(count, 1.5))
    write_nuke_camera(cameras, str(stage.work / "solved.nk"), 1.0, 2.0)
    said = stage.play("camera")
    (message,) = said["without"]
    assert "has no solved camera" in message and "\n\n" in message
    assert said["made"] == [["PlateCamera1", True], ["PlateCamera2", True]], "they hang at nothing"
    for step, values in enumerate(said["values"]):
        # A width of two heights on 36 mm: 1.5 heights of focal length are 27 mm.
        wanted = [0.5 * step, 1.6, -1e-7, -12, 5 * step, 0, 27, 36, 18]
        assert values == pytest.approx(wanted, abs=1e-6)


def network(folder: Path) -> Path:
    """A studio's shelf with a network that finds what is red."""
    (folder / "isnet-general-use").mkdir(parents=True)
    return red_mask(folder / "isnet-general-use" / "isnet-general-use.onnx", 192, std=256 / 255)


def test_a_matte_of_the_plate_alone_is_pointed_at_stopped_made_and_connected_as_a_roto_is(
    stage: Stage, tmp_path: Path
) -> None:
    network(tmp_path / "models")
    said = stage.play("matte", environment={"ACTANYWHERE_MODELS": str(tmp_path / "models")})
    assert said["box"] == f"20,12,40,50@{FIRST + 2}" and said["off"] == f"5,4@{FIRST + 2}"
    assert said["stopped"] and said["kept"] > 0 and said["stopped_said"] == []
    assert "goes on from the frames that are done" in said["stopped_log"]
    assert said["free"] and said["whole"] and said["said"] == [], said["log"]
    assert said["name"] == "plate_matte" and said["raw"] and said["span"] == [FIRST, LAST]
    assert said["channel"] == "rgba.alpha" and not said["inverted"], "nothing of an old roto turns it round"
    assert "invert matte is set back" in said["log"] and "sheet: " in said["log"]
    assert any(name.endswith("invert_matte") for name in said["undo"]), "Ctrl-Z takes it back"
    assert said["rendered"] == ["write_plate"], "no roto and no place is asked for"
    assert any("of 4 frames" in line for line in said["messages"])
    for frame in range(FIRST, LAST + 1):
        spec, pixels = read_exr(said["file"].replace("####", str(frame)))
        assert (spec.x, spec.y) == (-SIDE, -ABOVE)
        true = actor_at(frame)
        assert np.minimum(pixels["A"], true).sum() / np.maximum(pixels["A"], true).sum() > 0.85
    assert "made again" in said["anew"] and said["reads"] == 0, "the Read that is there shows the new one"
    assert [name[:6] for name in said["folders"]] == ["matte_", "take_0"]
    _, pixels = read_exr(said["job"]["shot"]["matte"]["path"].replace("####", str(FIRST)))
    assert np.abs(pixels["A"] - actor_at(FIRST)).mean() < 0.05, "and Generate reads it"


def test_without_a_plate_or_a_network_that_works_it_is_told_and_nothing_is_left(
    stage: Stage, tmp_path: Path
) -> None:
    path = network(tmp_path / "models")
    path.write_bytes(b"no network")
    said = stage.play(
        "no_matte", environment={"ACTANYWHERE_MODELS": str(tmp_path / "models")}, network=str(path)
    )
    words = {
        "no plate": "Connect the plate",
        "no plate to point at": "No plate",
        "damaged": path.name,
        "none": "models pull",
    }
    for case, word in words.items():
        (message,) = said[case]
        assert word in message and "\n\n" in message, case
    assert said["matte"] and not said["left"]


def test_a_farm_bundle_of_the_selected_nodes_is_told_asked_for_written_and_submitted(stage: Stage) -> None:
    said = stage.play("farm_bundle")
    (question,) = said["left"]["said"]
    assert question.startswith(f"2 shots, {2 * (LAST - FIRST + 1)} frames, about 0:")
    assert "MB of layers" in question and question.endswith("Write the bundle and submit it?")
    nothing = {"other": [], "sh010_comp_ActAnywhere1": []}
    assert said["left"]["there"] == nothing, "what is not asked for leaves nothing"
    first = {"other": ["take_001"], "sh010_comp_ActAnywhere1": ["farm_001", "take_001"]}
    assert said["written"]["there"] == first
    bundle = Path(said["asked"][-1])
    assert said["asked"][:2] == ["bundle", "submit"] and bundle.parent.name == "farm_001"
    values = json.loads((bundle / "parameters.json").read_text(encoding="utf-8"))
    shots = read_shots(bundle / "shots.json", Roots(values))
    assert [shot.job.output for shot in shots] == said["shown"], "each node shows its take, as frames come"
    assert "no model" in said["refused"]["said"][0] and said["refused"]["there"] == first
