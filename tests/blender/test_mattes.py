"""Make Matte in real Blenders, with the real engine and a tiny network that finds what is red."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.job import Job
from tests.blender import stage
from tests.blender.conftest import Blender, Facts
from tests.seeing.networks import library_of_one


@pytest.fixture(scope="module")
def facts(blender: Blender, double: Path, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    library = library_of_one(tmp_path_factory.mktemp("library") / "models")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ACTANYWHERE_MODELS", str(library))
        environment.setenv("XDG_DATA_HOME", str(library / "none"))
        return blender.play("mattes", timeout=600, engine=str(double))


def alpha(pattern: str, frame: int) -> stage.Picture:
    return stage.read(pattern.replace("####", f"{frame:04d}"), ("A",))[..., 0]


def overlap(found: stage.Picture, true: stage.Picture) -> float:
    return float(np.minimum(found, true).sum() / np.maximum(found, true).sum())


def test_boxes_and_points_have_the_frame_that_is_shown(facts: Facts) -> None:
    said = facts["pointed"]
    assert said["matte_box"] == "38,4,24,56@3"
    assert said["matte_point"] == "50,40@3; 60,40@5" and said["matte_point_off"] == "5,6@3"
    assert "96 x 64" in said["outside"]
    assert "no frame 7: it has 1-6" in said["beyond"]
    shown = {"clip": 4, "stabilised": None, "another clip": None, "sequence": 3, "place": None}
    assert facts["shown"] == shown


def test_a_matte_is_made_of_the_plate_alone_after_a_stop_and_is_the_shots(facts: Facts) -> None:
    said = facts["made"]
    assert said["stopped"] == ["Stopped.", "Make matte goes on from the frames that are done."]
    assert said["between"] == "NODE", "what is stopped changes nothing"
    assert said["said"] == ["FINISHED"]
    assert len(said["kept"]) == 1 and said["folders"] == said["kept"], "it went on in the same folder"
    assert said["chosen"] == ["FILES", "A", False, False], "and nothing of the old roto's turns it round"
    assert Path(said["sheet"]).is_file()
    for frame in stage.FRAMES:
        assert overlap(alpha(said["pattern"], frame), stage.matte(frame)) > 0.85, frame
    job = Job.from_json(Path(said["take"]["take"], "job.json").read_text(encoding="utf-8"))
    assert said["take"]["said"] == ["FINISHED"]
    assert (job.shot.matte.path, job.shot.matte.channel) == (said["pattern"], "A")


def test_a_plate_that_blender_draws_is_followed_as_it_is_drawn_now(facts: Facts) -> None:
    said = facts["drawn"]
    assert said["said"] == [["FINISHED"]] * 2 and len(said["folders"]) == 1
    for frame in (1, 2):
        true = stage.matte(frame + stage.FIRST - 1)[::-1]
        assert overlap(alpha(said["pattern"], frame), true) > 0.85, frame


def test_without_a_plate_or_a_network_that_works_it_is_told_and_nothing_is_left(facts: Facts) -> None:
    said = facts["refused"]
    assert "No movie clip is chosen as the plate" in said["no plate"][0]
    assert "isnet-general-use.onnx" in said["damaged"][0] and said["damaged"][1]
    assert "none is here" in said["none"][0] and "actanywhere models pull" in said["none"][1]
    assert said["matte"] == "MASK" and said["folders"] == []
