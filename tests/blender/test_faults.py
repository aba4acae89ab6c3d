"""What goes wrong on an artist's machine is said in the panel, with a remedy, and loses no finished frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blender.conftest import Blender, Facts


@pytest.fixture(scope="module")
def facts(blender: Blender, double: Path) -> Facts:
    return blender.play("faults", timeout=600, engine=str(double))


# (scene, words that the message must have)
REFUSED = [
    ("engine_missing", ["no/python"]),
    ("engine_half_made", ["not installed"]),
    ("engine_that_is_none", ["actanywhere"]),
    ("missing_frames", ["1003", "1004"]),
    ("matte_of_other_numbers", ["1001-1006", "1-6"]),
    ("matte_with_a_gap", ["nothing for scene frame 3"]),
    ("nothing_chosen", ["plate"]),
    ("no_matte", ["mask"]),
    ("alpha_of_a_plate_without", ["no channel 'a'", "plate.1001.png"]),
    ("frames_beyond_the_plate", ["4-9", "1-6"]),
]


@pytest.mark.parametrize(("scene", "words"), REFUSED, ids=[scene for scene, _ in REFUSED])
def test_what_cannot_be_rendered_is_refused_with_a_remedy(facts: Facts, scene: str, words: list[str]) -> None:
    said = facts[scene]
    assert said["message"] and said["remedy"], said
    assert said["message"].splitlines()[0] in said["raised"]
    for word in words:
        assert word in said["message"].lower(), said["message"]
    assert said["seconds"] < 20
    assert not any(said["folders"].values()), "frames of a job that was refused"
    assert not said["folders"], "a take of a job that was refused"
    assert "--" not in said["remedy"], "a panel has no flags"
    assert scene != "matte_of_other_numbers" or "Starts At" in said["remedy"]
    assert scene != "matte_with_a_gap" or "scene frames 1-2, 4-6" in said["remedy"]
    if scene.startswith("engine"):
        assert "Preferences" in said["remedy"], "where another engine is chosen"
        assert "again" not in said["remedy"].lower(), "it would end the same way"


# (scene, words that the message must have, words that the remedy must have)
NOT_CREATED = [
    ("create_without_consent", "without your consent", "Tick the box"),
    ("create_offline", "may not go online", "folder of wheels"),
    ("create_from_no_folder", "no wheels is not a folder", "Choose the folder"),
    ("create_from_empty_folder", "No matching distribution", "try again"),
]


@pytest.mark.parametrize(("scene", "words", "remedy"), NOT_CREATED, ids=[scene for scene, *_ in NOT_CREATED])
def test_an_environment_that_cannot_be_made_is_said_and_leaves_no_half(
    facts: Facts, scene: str, words: str, remedy: str
) -> None:
    said = facts[scene]
    assert words in said["message"], said["message"]
    assert remedy in said["remedy"]
    assert said["message"].splitlines()[0] in said["raised"]
    assert not said["left"]


def test_a_cancelled_take_keeps_its_frames_and_goes_on_from_them(facts: Facts) -> None:
    said = facts["cancel_and_continue"]
    before = said["folders"]["take_001"]
    assert 2 <= len(before) < 6
    assert said["states"] == [False]
    assert said["resumed"] == ["FINISHED"]
    assert len(said["after"]["take_001"]) == 6 and list(said["after"]) == ["take_001"]
    assert said["kept"] and all(said["kept"])
    assert said["message"] == ""
    assert "Take 1 of this shot cannot be continued: it is finished" in said["again"]


def test_without_a_number_the_take_that_was_stopped_last_goes_on(facts: Facts) -> None:
    said = facts["two_stopped"]
    assert {name: len(frames) < 6 for name, frames in said["before"].items()} == {
        "take_001": True,
        "take_002": True,
    }
    assert said["resumed"] == ["FINISHED"]
    assert said["after"]["take_001"] == said["before"]["take_001"] and len(said["after"]["take_002"]) == 6


def test_a_worker_that_is_killed_is_said_and_the_take_goes_on(facts: Facts) -> None:
    said = facts["worker_killed"]
    assert "killed" in said["message"] and said["remedy"]
    assert len(said["folders"]["take_001"]) == 2
    assert said["resumed"] == ["FINISHED"]
    assert len(said["after"]["take_001"]) == 6


def test_takes_of_an_unsaved_file_go_into_the_extensions_own_folder(facts: Facts) -> None:
    said = facts["unsaved_file"]
    assert said["said"] == ["FINISHED"]
    assert Path(said["take"]).is_relative_to(said["resources"])
    assert len(list(Path(said["take"]).glob("*.exr"))) == 6


def test_the_message_goes_when_it_works_again(facts: Facts) -> None:
    said = facts["message_goes_when_it_works"]
    assert said["before"] and said["after"] == said["remedy"] == ""


def test_no_process_is_left_when_the_extension_goes(facts: Facts) -> None:
    assert facts["no_process_is_left"]["left"] == 0
