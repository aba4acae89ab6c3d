"""The button for a matte, without a host: its words, its folder, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actanywhere.contract.errors import ActAnywhereError, Cancelled, ModelError, WorkerError
from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from actanywhere.hostkit.matte import Pointed, finished_matte, matte_folder, matte_words, misread
from actanywhere.hostkit.pick import with_box, with_point
from actanywhere.hostkit.session import Session


def job(folder: Path) -> Job:
    plate = ImageSequence("/show/plate.####.exr", None, "acescg")
    return Job(
        Shot("run", plate, Matte(), Condition(plate.path), FrameRange(1001, 1004)), str(folder), Settings()
    )


def ended(event: dict[str, object], error: ActAnywhereError | None = None) -> Session:
    session = Session([])
    session.error = error
    session.lines = ["a library speaks", json.dumps(event)]
    return session


def test_the_command_has_the_plate_and_every_box_and_point_in_the_jobs_frames(tmp_path: Path) -> None:
    pointed = Pointed("1,2,30,40@5;  5,6,70,80 ;", "9,9@-1", "3,4@x", shift=1000)
    assert matte_words(job(tmp_path), pointed) == [
        "matte",
        "--json",
        "--plate=/show/plate.####.exr",
        "--plate-colour=acescg",
        "--frames=1001-1004",
        f"--output={tmp_path}",
        "--box=1,2,30,40@1005",
        "--box=5,6,70,80",
        "--click=9,9@999",
        "--click-off=3,4@x",
    ]


def test_boxes_and_points_of_several_frames_are_added_to_what_is_said() -> None:
    assert with_point("1,2@3", (4.9, 5.1), (96, 64), -7) == "1,2@3; 4,5@-7"
    assert with_box("", (90, 60), (200, 10), (96, 64), 1001) == "90,10,6,50@1001"


def test_a_folder_is_that_of_the_files_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "plate.1001.exr"
    file.write_bytes(b"one")
    paths = [str(file), str(tmp_path / "gone.exr")]
    first = matte_folder(str(tmp_path), "run", "plate 1-4", paths)
    assert first == matte_folder(str(tmp_path), "run", "plate 1-4", paths)
    assert Path(first).parent.name == "run" and not Path(first).exists()
    other = matte_folder(str(tmp_path), "run", "plate 1-5", paths)
    file.write_bytes(b"another")
    assert len({first, other, matte_folder(str(tmp_path), "run", "plate 1-4", paths)}) == 3


def test_frames_that_it_is_unsure_of_are_told_in_the_hosts_numbers(tmp_path: Path) -> None:
    told = {"source": "a network", "warnings": ["a warning"], "unsure": [1003, 1004, 1007]}
    event = {"event": "matte", "pattern": "m.####.exr", "sheet": "s.png", **told}
    made = finished_matte(ended(event), job(tmp_path), Pointed(shift=1000))
    assert (made.pattern, made.sheet) == ("m.####.exr", "s.png")
    assert made.notes[:2] == ["by a network", "warning: a warning"]
    assert made.notes[2].startswith("unsure of frames 3-4, 7: look at them")


@pytest.mark.parametrize("began", [False, True])
def test_what_was_never_begun_leaves_nothing_and_what_was_stopped_says_that_it_goes_on(
    tmp_path: Path, began: bool
) -> None:
    refusal = {"event": "error", "error": ModelError("No network.", "Get one.").to_dict()}
    cases = [
        (ended(refusal), ModelError, "Get one."),
        (ended({}, Cancelled("Stopped.")), Cancelled, "Make matte goes on" if began else ""),
        (ended({}), WorkerError, "Try again."),
    ]
    for session, kind, remedy in cases:
        folder = tmp_path / "matte_1"
        (folder / "drawn").mkdir(parents=True, exist_ok=True)
        if began:
            (folder / "matte.json").write_text("{}")
        with pytest.raises(kind) as caught:
            finished_matte(session, job(folder), Pointed())
        assert caught.value.remedy.startswith(remedy) and bool(caught.value.remedy) == bool(remedy)
        assert folder.exists() == began


def test_settings_that_read_an_old_roto_are_set_back_and_no_others() -> None:
    assert misread(Settings(grow_matte=2.0, despill=1.0)) == {}
    asked = Settings(matte_white=0.5, matte_id="", invert_matte=True)
    assert misread(asked) == {"matte_white": 1.0, "invert_matte": False}
