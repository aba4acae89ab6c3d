"""The node as an artist uses it, in the stand-in for Nuke under a real Nuke's Python, with the real engine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.engines.own_model import OWN, prefill_model
from tests.engines.vace import tiny_vace
from tests.golden.hosts import check_golden
from tests.nuke.conftest import Stage
from tests.nuke.pythons import NUKES
from tests.nuke.shot import (
    ABOVE,
    ASPECT,
    FIRST,
    HEIGHT,
    LAST,
    SIDE,
    WIDTH,
    actor_at,
    plate_at,
    read_exr,
    write_exr,
    write_real_shot,
)
from tests.seeing.networks import library_of_one
from tests.seeing.scenes import body, street, with_body

SHOTS = Path(__file__).parents[3] / "shared" / "shots"
LAYER = [f"generated_bg.{c}" for c in ("alpha", "blue", "green", "red")]
COMP = [f"rgba.{c}" for c in ("alpha", "blue", "green", "red")]
EVERY_NUKE = pytest.mark.parametrize("nuke", NUKES)


@pytest.mark.parametrize("nuke", ["13.2", "16.0"])
def test_from_the_menu_to_a_layer_beside_the_plate(stage: Stage, nuke: str) -> None:
    said = stage.play("generate", nuke)

    assert said["whole"] and said["free"], "Nuke was free while the engine worked"
    assert said["plain"] == ["rgba.blue", "rgba.green", "rgba.red"], "before a take the plate passes through"
    assert said["channels"] == LAYER + COMP
    assert said["beyond"] == ["rgba.blue", "rgba.green", "rgba.red"], "frames without a layer are the plate"
    assert said["after"]["taken"] and (said["after"]["take_first"], said["after"]["take_last"]) == (
        FIRST,
        LAST,
    )
    assert "camera:" in said["after"]["log"]

    (messages,) = said["messages"]
    assert any("left" in message for message in messages), "the time left is told"

    writes = [(one["node"].split(".")[1], one["frames"]) for one in said["rendered"]]
    shot = list(range(FIRST, LAST + 1))
    assert writes == [("write_plate", shot), ("write_matte", shot), ("write_condition", [FIRST])]
    assert not any(one["proxy"] for one in said["rendered"]) and said["proxy"] is True
    assert said["disabled"] == [True, True]

    check_pixels(stage.work, said)

    assert "stale" in said["stale"] and "seed" in said["stale"]
    assert "fresh" in said["fresh"]
    check_second_take(said)


def check_pixels(work: Path, said: dict[str, str]) -> None:
    """The plate came through raw, whole and wide; comp and layer are what the engine wrote."""
    (plate,) = work.glob(f"actanywhere/inputs/plate_*/plate.{FIRST}.exr")
    spec, rendered = read_exr(plate)
    assert (spec.x, spec.y, spec.width, spec.height) == (-SIDE, -ABOVE, WIDTH + 2 * SIDE, HEIGHT + 2 * ABOVE)
    assert (spec.full_width, spec.full_height) == (WIDTH, HEIGHT)
    assert spec.get_float_attribute("PixelAspectRatio") == ASPECT
    for i, name in enumerate("RGB"):
        np.testing.assert_array_equal(rendered[name], plate_at(FIRST)[..., i])

    (engine,) = work.glob(f"actanywhere/*/take_001/*.{FIRST}.exr")
    _, layer = read_exr(engine)
    _, comp = read_exr(said["comp"])
    _, shown = read_exr(said["layer"])
    _, passed = read_exr(said["plate"])
    for i, name in enumerate("RGB"):
        in_file = layer[f"generated_bg.{name}"]
        np.testing.assert_array_equal(comp[name], layer[name])
        np.testing.assert_array_equal(shown[name], in_file)
        np.testing.assert_array_equal(passed[name], plate_at(FIRST)[..., i])
        nuke_name = f"generated_bg.{ {'R': 'red', 'G': 'green', 'B': 'blue'}[name] }"
        np.testing.assert_array_equal(comp[nuke_name], in_file)
    assert float(comp["R"].max()) > 3.0, "highlights above 1 survive"


def check_second_take(said: dict[str, object]) -> None:
    """Takes are kept and selectable, found again, and nothing renders by itself."""
    assert said["rendered_again"] == 0, "the inputs are not rendered twice"
    assert [line.split(" (")[0] for line in said["takes"]] == [  # type: ignore[attr-defined]
        "none",
        "take 001 seed 0 preview",
        "take 002 seed 5 preview",
    ]
    assert "take_002" in str(said["second"]) and "take_001" in str(said["first"])
    assert "seed" in str(said["chosen"])
    assert said["put_back"] == 0 and "fresh" in str(said["put_back_state"]), "a take's settings come back"
    assert said["rendered_on_open"] == 0
    for when in ("reopened", "looked_at"):
        found = said[when]
        assert isinstance(found, dict)
        assert found["taken"] and "take_001" in found["layer_file"] and found["take"].startswith("take 001")
    assert said["found"] == said["takes"]
    assert said["reopened_channels"] == LAYER + COMP


def test_an_engine_of_the_studios_own_paints_the_layer(stage: Stage, tmp_path: Path) -> None:
    """``tests/engines/own/prefill.py`` paints what it was given to paint over: the picture of the place."""
    model = prefill_model(tmp_path / "prefill")
    said = stage.play("own_engine", environment={"ACTANYWHERE_ENGINES": str(OWN)}, model=str(model))
    assert said["whole"] and said["said"] == [] and said["after"]["taken"]
    assert said["channels"] == LAYER + COMP
    (found,) = stage.work.glob("actanywhere/*/take_001/result.json")
    result = json.loads(found.read_text(encoding="utf-8"))
    assert result["checkpoint"] == "0" * 64, "its own digest"
    _, layer = read_exr(said["layer"])
    _, place = read_exr(stage.work / "footage" / "place.exr")
    inside = (slice(ABOVE, -ABOVE), slice(SIDE, -SIDE))
    for name in "RGB":
        assert np.abs(layer[name][inside] - place[name]).mean() < 0.02


def test_cancel_on_nukes_bar_stops_the_engine_and_continue_take_goes_on(stage: Stage) -> None:
    said = stage.play("cancel")
    assert said["seen"] and said["whole"] and "Stopped" in said["log"]
    assert said["said"] == [], "who cancels needs no message box"
    assert said["continued"]["taken"] and "fresh" in said["continued"]["state"]


def test_a_killed_engine_is_told_and_the_next_generate_has_a_new_one(stage: Stage) -> None:
    said = stage.play("kill")
    assert said["seen"] and said["whole"] and not said["busy"]
    (message,) = said["said"]
    assert "signal 9" in message and "\n\n" in message, "what happened, and what to do"
    assert said["after"]["taken"] and said["said_after"] == []


def test_a_wedge_is_a_take_for_each_seed_and_a_contact_sheet(stage: Stage) -> None:
    said = stage.play("wedge")
    assert said["whole"], said["log"]
    assert [line.split()[3] for line in said["takes"][1:]] == ["0", "1"]
    assert "seed" in said["stale"], "the last take's seed is not the node's"
    assert said["seed"] == 1 and "fresh" in said["fresh"], "until the knobs are set as they were for it"
    assert Path(said["sheet"]).is_file() and said["reads"] == 1
    assert said["seen"], "the engine was at work"
    assert said["deleted"] and said["said"] == [], "a node that is deleted while it renders breaks nothing"


def test_a_plates_own_channel_a_picture_from_a_file_buttons_and_menus(stage: Stage, engine: str) -> None:
    said = stage.play("by_hand")
    shot = said["job"]["shot"]
    _, picture = read_exr(shot["condition"]["path"])
    _, place = read_exr(stage.work / "footage" / "place.exr")
    _, matte = read_exr(shot["matte"]["path"].replace("####", str(FIRST)))
    for name in "RGB":
        np.testing.assert_array_equal(picture[name], place[name])
    np.testing.assert_array_equal(matte["A"], actor_at(FIRST))
    assert said["job"]["settings"]["anchor"] == LAST, "the current frame, at the press of a button"
    check_golden("nuke/by_hand", said["job"], {"SHOT": str(stage.work)})

    assert said["undo"] == [] and said["proxy"], "Ctrl-Z never switches a Write on, nor proxy off"
    assert said["steps"] and any("use_steps" in name for name in said["undone"]), (
        "what he asked for he can take back"
    )
    assert said["panel"] and said["enabled"] and said["greyed"]
    assert "nothing is running" in said["log"]
    assert len(said["kept"]) == 2 and said["removed"] == ["none"], (
        "a take is deleted when the artist says yes"
    )
    check_menus(said["menus"], stage.work / "home", engine)


def test_a_roto_at_the_input_alive_is_what_lives_and_comes_before_the_file(stage: Stage) -> None:
    said = stage.play("alive")
    assert said["idle"] == f"{stage.work}/water.####.png", "a path starts at the script's folder"
    assert "the knob 'life' is 0" in said["log"]
    path = said["job"]["settings"]["alive"]
    for frame in range(FIRST, LAST + 1):
        _, mask = read_exr(path.replace("####", str(frame)))
        np.testing.assert_array_equal(mask["A"], actor_at(frame))
    check_golden("nuke/alive", said["job"], {"SHOT": str(stage.work)})


def test_a_roto_at_the_input_others_says_who_else_is_in_the_picture_of_the_place(stage: Stage) -> None:
    said = stage.play("others")
    _, mask = read_exr(said["job"]["shot"]["condition"]["matte"])
    np.testing.assert_array_equal(mask["A"], actor_at(FIRST + 2))
    check_golden("nuke/others", said["job"], {"SHOT": str(stage.work)})


def test_nobody_found_in_a_composite_is_told_in_the_words_of_the_node(stage: Stage) -> None:
    environment = {"ACTANYWHERE_MODELS": str(stage.work / "no models")}
    said = stage.play("told", environment=environment, kind="composite")
    assert said["whole"] and "said to be a composite" in said["notes"]
    assert "'condition box'" in said["notes"] and "others input" in said["notes"]
    assert "ActAnywhere > Networks..." in said["notes"] and "--" not in said["notes"]


def test_somebody_found_in_a_background_is_told_in_the_words_of_the_node_and_the_layer_comes_back(
    stage: Stage, tmp_path: Path
) -> None:
    person = with_body(street(), body())
    write_exr(stage.work / "footage" / "place.exr", (person**2.2).astype(np.float32), ("R", "G", "B"))
    library = library_of_one(tmp_path / "models")
    said = stage.play("told", environment={"ACTANYWHERE_MODELS": str(library)}, kind="background")
    assert said["whole"] and said["shown"] == LAYER + COMP
    assert "Somebody stands in the condition picture" in said["notes"], said["notes"]
    assert "found by isnet-general-use" in said["notes"]
    assert "Set 'kind' of the condition to composite to take them out" in said["notes"]
    assert "--" not in said["notes"]


def test_a_model_that_generates_is_chosen_from_a_list_stopped_and_continued_and_its_settings_reach_the_layer(
    stage: Stage, tmp_path: Path
) -> None:
    """A tiny VACE under the published name and in its layout; of a real plate, where one lies beside the checkout."""
    if (SHOTS / "bmx_trees").is_dir():
        write_real_shot(stage.work, SHOTS / "bmx_trees", SHOTS / "parkour" / "condition.png")
    tiny_vace.save(
        tiny_vace.pipeline(transformer=tiny_vace.transformer(0, 12)), tmp_path / "models" / "vace-1.3b"
    )
    said = stage.play("generates", environment={"ACTANYWHERE_MODELS": str(tmp_path / "models")})
    assert said["large"] == "vace-14b"
    assert (
        "vace-14b: 16 GB on the graphics card and more, 75 GB on disk, Apache-2.0: not here"
        in said["asked"][0]
    )
    assert "Get it now?" in said["asked"][1], "and the artist said no"
    assert said["model"] == "vace-1.3b" and len(said["listed"]) == 1
    assert (
        "vace-1.3b: 8 GB on the graphics card and more, 19 GB on disk, Apache-2.0: here" in said["listed"][0]
    )
    settings = said["job"]["settings"]
    asked = [settings[name] for name in ("model", "prompt", "quality", "life")]
    assert asked == ["vace-1.3b", "a wet street at dusk", "draft", 0.4]
    assert said["stopped"]["seen"] and "Stopped" in said["stopped"]["log"] and said["stopped"]["said"] == []
    assert "2 frames missing" in said["between"] and "fresh" in said["state"], "it went on in the same take"
    assert said["whole"] and said["shown"] == LAYER + COMP, said["log"]
    assert "quality draft: 2 steps" in said["notes"] and "life: 0.4 (in the alive mask" in said["notes"]
    (layer,) = stage.work.glob(f"actanywhere/*/take_001/*.{FIRST}.exr")
    _, planes = read_exr(layer)
    assert all(np.isfinite(plane).all() for plane in planes.values())
    inside = read_exr(stage.work / "footage" / f"roto.{FIRST}.exr")[1]["roto.a"] == 1
    plate = read_exr(stage.work / "footage" / f"plate.{FIRST}.exr")[1]
    for name in "RGB":
        assert np.array_equal(planes[name][inside], plate[name][inside].astype(np.float16)), "the actor's own"


def check_menus(said: dict[str, str], home: Path, engine: str) -> None:
    """An engine that works is chosen and kept; one that is not there is refused."""
    assert "Connect the plate" in said["Help"] and "Select" in said["Generate selected"]
    assert "no engine at /gone/bin/python" in said["Engine... /gone/bin/python"]
    assert "from now on" in said[f"Engine... {engine}"]
    assert "torch" in said["Doctor"].lower(), "asked of the engine that was chosen"
    networks = next(text for name, text in said.items() if name.startswith("Networks"))
    assert "of 4 are here" in networks and "birefnet-lite: finds who stands in a still" in networks
    assert "Get them now?" in networks
    chosen = json.loads((home / ".nuke" / "actanywhere.json").read_text(encoding="utf-8"))
    assert chosen == {"engine": engine, "schema": 1}


def test_inputs_are_rendered_again_when_their_pictures_change_and_only_then(stage: Stage) -> None:
    said = stage.play("upstream")
    every = ["write_plate", "write_matte", "write_condition"]
    assert said["first"] == every and said["nothing"] == []
    assert said["a reload"] == [] and said["the log and the seed of a node of ours upstream"] == []
    assert said["a node upstream switched off"] == ["write_plate"]
    assert said["the project's format"] == every and said["the project's colour"] == every
    assert said["colour"] == "acescg" and said["said"] == []


def test_only_what_asks_for_other_pictures_walks_the_tree_when_a_knob_changes(stage: Stage) -> None:
    said = stage.play("looks")
    assert [said[name] for name in ("seed", "shadow", "use_steps")] == [0, 0, 0]
    assert [said[name] for name in ("use_condition_frame", "condition_frame", "range")] == [5, 5, 5]
    assert said["enabled"] == ["shadow_side", "steps", "first"] and "No take" in said["state"]


def test_a_node_that_is_renamed_and_saved_elsewhere_while_it_renders_is_still_the_one(stage: Stage) -> None:
    said = stage.play("renamed")
    assert said["seen"] and said["whole"]
    assert len(said["refused"]) == 2 and said["kept"], (
        "a copy neither deletes nor renders what another renders"
    )
    assert all("rendering" in message for message in said["refused"])
    (again,) = said["again"]
    assert "rendering already" in again
    assert "nothing is running" not in said["log"] and "Stopped" in said["log"]


@EVERY_NUKE
def test_a_job_for_the_farm_renders_nothing_here_but_the_inputs(stage: Stage, nuke: str) -> None:
    said = stage.play("farm", nuke)
    assert said["tasks"] == 0 and "4 frames missing" in said["state"]
    (job,) = stage.work.glob("actanywhere/*/take_001/job.json")
    assert said["command"] == f'actanywhere render --job "{job}"'
    data = json.loads(job.read_text(encoding="utf-8"))
    assert data["shot"]["frames"] == f"{FIRST}-{LAST}"
    assert data["shot"]["plate"]["colour"] == "linear-rec709"


def test_a_gizmo_in_a_script_that_is_opened_again_shows_its_take_under_its_layers_name(stage: Stage) -> None:
    said = stage.play("gizmo")
    assert said["said"] == [] and not said["inside"], "a script that has a gizmo has nothing of its inside"
    for name in ("take", "taken", "layer_file", "take_first", "take_last"):
        assert said["after"][name] == said["before"][name] != ""
    assert said["after"]["taken"] and said["after"]["take"].startswith("take 001")
    assert said["copies"] == ["place_bg.red", "place_bg.alpha"] and "place_bg" in said["layers"]
    assert said["matte"] == "roto.alpha"


def test_the_node_picks_up_what_another_machine_rendered(stage: Stage, engine: str) -> None:
    said = stage.play("farm")
    job = said["command"].split('"')[1]
    done = subprocess.run([engine, "-m", "actanywhere", "render", "--job", job], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    said = stage.play("picked_up")
    assert said["taken"] and "fresh" in said["state"]
    assert said["channels"] == LAYER + COMP

    *kept, lost = sorted(Path(job).parent.glob("*.exr"))
    lost.unlink()
    before = [path.stat().st_mtime_ns for path in kept]
    said = stage.play("partial")
    assert f"1 frame missing ({LAST})" in said["missing"] and said["whole"] and said["said"] == []
    assert "fresh" in said["state"] and lost.is_file()
    assert [path.stat().st_mtime_ns for path in kept] == before, "frames that are there are kept"


@EVERY_NUKE
def test_a_tracker_a_corner_pin_and_a_transform_give_the_same_camera(stage: Stage, nuke: str) -> None:
    said = stage.play("tracked", nuke)
    for name in ("Tracker1", "CornerPin1", "Transform1"):
        check_golden("nuke/camera_tracked", said[name]["job"], {"SHOT": str(stage.work)})
        track = said[name]["track"]
        assert track["schema"] == 1
        assert (track["width"], track["height"]) == (WIDTH + 2 * SIDE, HEIGHT + 2 * ABOVE)
        for step in range(LAST - FIRST + 1):
            # Two pixels to the right and one up (Nuke) a frame: one down less in rows.
            wanted = [1, 0, 2 * step, 0, 1, -step, 0, 0, 1]
            np.testing.assert_allclose(track["transforms"][str(FIRST + step)], wanted, atol=1e-9)
    told = [str(said[knob]) for knob in ("projection_mode", "transform_matrix", "disable")]
    assert "orthographic" in told[0] and "extra matrix does something at frame 1002" in told[1]
    assert "disabled" in told[2]
    check_golden("nuke/camera_tracked", said["Camera1"]["job"], {"SHOT": str(stage.work)})
    cameras = said["Camera1"]["track"]
    assert cameras["kind"] == "cameras" and cameras["height"] == HEIGHT + 2 * ABOVE
    for step in range(LAST - FIRST + 1):
        camera = cameras["frames"][str(FIRST + step)]
        # The node is scaled twice, which is no part of a camera; 36 mm on 24 mm: one and a half widths of the format.
        wanted = [1, 0, 0, 0.1 * step, 0, 1, 0, 1.6, 0, 0, 1, 0, 0, 0, 0, 1]
        np.testing.assert_allclose(camera["matrix"], wanted, atol=1e-9)
        assert camera["focal_pixels"] == pytest.approx(1.5 * WIDTH * ASPECT)


def test_what_an_artist_forgets_ends_in_one_message_with_a_remedy(stage: Stage) -> None:
    said = stage.play("errors")
    words = {
        "no plate": "plate",
        "no condition": "condition",
        "no engine": "/gone/bin/python",
        "end before beginning": "20-10",
        "never saved": "Save the script",
    }
    for case, word in words.items():
        (message,) = said[case]
        assert word in message and "\n\n" in message, case
    assert len(said["as_was"]) == 7 and all(said["as_was"]), "proxy is on as it was, and every Write off"
    assert said["render cancelled"] == [], "who cancels needs no message box"
    assert not list(stage.work.glob("cancelled/*/take_*")), "a take that never began leaves no folder"


def test_in_a_terminal_it_blocks_prints_and_ends_with_a_status(stage: Stage) -> None:
    said = stage.play("terminal", gui=False)
    assert (said["done"], said["wrong"], said["usage"], said["no_engine"]) == (0, 2, 2, 1)
    assert said["stopped"] == 130
    assert said["taken"] and (said["take_first"], said["take_last"]) == (FIRST, FIRST + 1)
    assert "Writing the layer 2 of 2 frames" in said["printed"]
    assert f"layer: {stage.work}" in said["printed"]
    assert "/gone/bin/python" in said["errors"]
