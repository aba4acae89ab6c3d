"""The layer comes back where the artist works, at the right frames; takes are kept and can be chosen from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.takes import read_take
from tests.blender import stage
from tests.blender.conftest import Blender, Facts
from tests.blender.double import background


@pytest.fixture(scope="module")
def facts(blender: Blender, double: Path) -> Facts:
    return blender.play("layer", timeout=600, engine=str(double))


def comp_of(take: str, frame: int) -> np.ndarray:
    """The comp in the take's own file."""
    return stage.read(read_take(take).layer.replace("####", f"{frame:04d}"), ("R", "G", "B"))


def test_the_layer_is_an_image_sequence_in_linear_light_that_tells_its_seed_and_settings(
    facts: Facts,
) -> None:
    said = facts["image"]
    assert said["source"] == "SEQUENCE"
    assert said["colour"] in ("Linear Rec.709", "Linear", "Non-Color")
    assert Path(said["path"]).parent == Path(said["take"])
    assert (said["seed"], said["first"], said["shift"]) == (0, 1, 1000)
    job = Job.from_json(Path(said["take"], "job.json").read_text(encoding="utf-8"))
    assert Settings(**json.loads(said["settings"])) == job.settings


def test_the_nodes_that_come_back_give_the_engines_own_comp(facts: Facts) -> None:
    said = facts["compositor"]
    for frame, path in zip((1001, 1003, 1006), said["rendered"], strict=True):
        found = stage.read(path, ("R", "G", "B"))
        wanted = comp_of(said["take"], frame)
        assert np.ptp(wanted) > 0.3
        assert np.abs(found - wanted).max() < 0.004, frame


def test_a_second_run_replaces_its_own_nodes_and_leaves_the_artists_alone(facts: Facts) -> None:
    said = facts["compositor"]
    assert "my blur" in said["twice"]
    assert said["once"] == said["twice"]
    assert [name for name in said["frames"] if "ActAnywhere" in name] == ["ActAnywhere compositor"]
    assert said["homeless"] == []
    assert said["again"] != said["take"]


def test_the_strip_lies_below_the_plate_and_shows_the_background_of_each_frame(facts: Facts) -> None:
    said = facts["strip"]
    assert said["plate"] == [11, 16, 2]
    assert said["bounds"] == [11, 16, 1]
    for frame, path in zip((1002, 1004, 1006), said["rendered"], strict=True):
        found = stage.read(path, ("R", "G", "B"))
        assert np.abs(found - np.float32(background(frame, 0))).max() < 0.004, frame


def test_a_strip_follows_a_take_of_other_frames(facts: Facts) -> None:
    said = facts["strip_of_other_frames"]
    assert said["shown"] == [103, 106], "as far from the shot as the artist has put it"
    assert [Path(file).name for file in said["files"]] == [f"background.{f}.exr" for f in (1003, 1004, 1005)]
    assert all(Path(file).is_file() for file in said["files"])


def test_another_matte_takes_the_place_of_the_artists_node(facts: Facts) -> None:
    said = facts["another_matte"]
    assert "my key" in said["first"]
    assert "my key" not in said["later"] and len(said["later"]) == 3 and said["there"]


def test_the_background_comes_into_the_clip_editor_the_camera_and_onto_a_plane(facts: Facts) -> None:
    said = facts["places"]
    assert said["clip"] == [6, 1, stage.WIDTH, stage.HEIGHT]
    assert said["plane"] == ["camera", "MESH"]
    shown, source, start = said["camera"]
    assert shown and source in ("IMAGE", "MOVIE_CLIP")
    assert source == "MOVIE_CLIP" or start == 1


def test_takes_are_kept_and_switched_and_removed(facts: Facts) -> None:
    said = facts["takes"]
    assert len(set(said["folders"])) == 3
    assert said["seeds"] == [0, 1, 2] and said["current"] == 3
    path, seed, current = said["switched"]
    assert Path(path).parent == Path(said["folders"][0]) and (seed, current) == (0, 1)
    mine, other, split, count = said["compared"]
    assert (mine, other) == (0, 2) and len(split) == 1 and count >= 4
    assert said["left"] == [1, 3] and said["on_disk"] == [True, False, True]
    found = stage.read(said["rendered"][0], ("R", "G", "B"))
    assert np.abs(found - comp_of(said["folders"][0], 1002)).max() < 0.004


def test_the_list_is_of_the_shot_and_takes_may_be_moved(facts: Facts) -> None:
    said = facts["takes_elsewhere"]
    assert said["others"] == 0 and said["listed"] == [1]
    assert Path(said["path"]).is_file() and Path(said["path"]).is_relative_to(said["new"])
    assert said["notes"].startswith("camera: still (the double knows no other)")


def test_a_take_that_was_stopped_goes_on_where_its_project_was_moved_to(facts: Facts) -> None:
    said = facts["continue_elsewhere"]
    assert 2 <= len(said["stopped"]) < 6
    assert said["resumed"] == ["FINISHED"] and len(said["frames"]) == 6
    assert not said["old"], "nothing is written where the project was before"
    assert Path(said["matte"]).parent == Path(said["new"], "prepared_001")
    assert Path(said["layer"]).parent == Path(said["new"], "take_001")
    assert said["left"] == [], "removed with what was drawn for it"


def test_a_damaged_order_is_told_by_its_file_and_its_take_can_be_removed(facts: Facts) -> None:
    for what, said in facts["damaged_order"].items():
        assert len(said["told"]) == 2, what
        for raised, message, remedy in said["told"]:
            assert message.startswith(said["path"]) and message in raised, what
            assert ("No such file" if what == "gone" else "damaged") in message, what
            assert "generate a new one" in remedy
        assert said["removed"] == ["FINISHED"] and not said["there"], what


def test_an_order_that_is_cut_off_while_it_is_written_leaves_the_one_that_was_there(facts: Facts) -> None:
    assert facts["order_cut_off"]["same"]


def test_a_wedge_is_takes_of_seeds_in_a_row_and_a_sheet_to_pick_from(facts: Facts) -> None:
    said = facts["wedge"]
    assert said["said"] == ["FINISHED"] and said["seeds"] == [0, 1, 2]
    path, width, height = said["sheet"]
    assert Path(path).is_file() and width > 100 and height > 50


def test_the_operator_alone_says_everything_and_leaves_the_panel_as_it_was(facts: Facts) -> None:
    said: dict[str, Any] = facts["operator"]
    job = Job.from_json(Path(said["take"], "job.json").read_text(encoding="utf-8"))
    assert str(job.shot.frames) == "1002-1004"
    assert (job.settings.seed, job.settings.camera) == (5, "still")
    assert said["panel_seed"] == 0 and said["path"] == ""


def test_a_take_s_solved_camera_becomes_the_scene_s_camera(facts: Facts) -> None:
    said = facts["camera"]
    assert "has no solved camera" in said["without"]
    assert said["cameras"] == ["solved camera"], "made anew, not twice"
    assert said["points"] == [[[3, 12, 0], [0, 4, 1.5]]], "z up, and once too"
    given, back = (json.loads(said[name])["frames"] for name in ("given", "back"))
    assert sorted(back) == sorted(given) == [str(1001 + number) for number in range(6)]
    for frame, camera in given.items():
        assert back[frame]["matrix"] == pytest.approx(camera["matrix"], abs=1e-5)
        assert back[frame]["focal_pixels"] == pytest.approx(camera["focal_pixels"], rel=1e-5)
    # In frame 4 it stands at 3, 2, 1.6 and looks 0.3 radians down, with a focal length of 93 rows of 64.
    c, s = np.cos(0.3), np.sin(0.3)
    ahead, above = 10 * c + 1.6 * s, 10 * s - 1.6 * c
    assert said["seen"][0] == pytest.approx(0.5, abs=1e-5)
    assert said["seen"][1] == pytest.approx(0.5 + 93 / 64 * above / ahead, abs=1e-4)
