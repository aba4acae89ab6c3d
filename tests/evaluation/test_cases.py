"""The shots to evaluate are found in folders and in lists, and what is wrong with them is said by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import ActAnywhereError, FootageError
from actanywhere.evaluation.cases import find_cases
from tests.footage.pictures import write_still
from tests.render.stage import stage_shot

PICTURE = np.full((16, 24, 3), 0.5, np.float32)


def folder_of(
    path: Path, conditions: tuple[str, ...] = ("condition.png",), references: tuple[str, ...] = ()
) -> None:
    stage_shot(path, frames=3, kind="png")
    (path / "place.png").unlink()
    for name in conditions:
        write_still(path / name, PICTURE, "uint8")
    if references:
        (path / "reference").mkdir()
    for name in references:
        (path / "reference" / name).write_bytes(b"")


def test_every_condition_is_a_case_with_the_results_that_belong_to_it(tmp_path: Path) -> None:
    folder_of(tmp_path / "run", references=("authors1.mp4", "authors2.mp4", "gen1.mp4"))
    folder_of(tmp_path / "jog", ("condition1.png", "condition2.png"), ("authors1.mp4", "authors2.mp4"))
    cases = {case.name: case for case in find_cases(tmp_path, {}, 48).found}
    assert set(cases) == {"jog_1", "jog_2", "run"}
    assert list(cases["run"].references) == ["authors1", "authors2", "gen1"]
    assert {name: path.name for name, path in cases["jog_2"].references.items()} == {
        "authors": "authors2.mp4"
    }
    assert Path(cases["jog_2"].job.shot.condition.path).name == "condition2.png"
    assert Path(cases["run"].job.shot.matte.path).name == "matte.####.png"


def test_settings_reach_every_case_and_frames_are_at_most_as_many_as_asked_for(tmp_path: Path) -> None:
    folder_of(tmp_path / "run")
    [case] = find_cases(tmp_path, {"camera": "still", "seed": 4}, 2).found
    assert (case.job.settings.camera, case.job.settings.seed) == ("still", 4)
    assert str(case.job.shot.frames) == "1001-1002"
    [case] = find_cases(tmp_path, {}, 48).found
    assert str(case.job.shot.frames) == "1001-1003"


def test_the_matte_of_an_actor_painted_into_the_condition_is_taken(tmp_path: Path) -> None:
    folder_of(tmp_path / "run", ("condition.png", "condition_matte.png"))
    [case] = find_cases(tmp_path, {}, 48).found
    assert Path(case.job.shot.condition.matte).name == "condition_matte.png"


def test_footage_in_folders_of_its_own_is_found(tmp_path: Path) -> None:
    folder_of(tmp_path / "run")
    for name in ("plate", "matte"):
        (tmp_path / "run" / name).mkdir()
        for path in (tmp_path / "run").glob(f"{name}.*.png"):
            path.rename(tmp_path / "run" / name / path.name.replace(name, "take"))
    [case] = find_cases(tmp_path, {}, 48).found
    assert Path(case.job.shot.plate.path).name == "take.####.png"
    assert Path(case.job.shot.matte.path).parent.name == "matte"


def test_a_shot_without_a_condition_is_left_out_and_named(tmp_path: Path) -> None:
    folder_of(tmp_path / "run")
    folder_of(tmp_path / "bmx", ())
    cases = find_cases(tmp_path, {}, 48)
    assert [case.name for case in cases.found] == ["run"]
    assert cases.notes == ["bmx has no condition picture and is left out."]
    (tmp_path / "run" / "condition.png").unlink()
    with pytest.raises(FootageError, match="bmx has no condition picture"):
        find_cases(tmp_path, {}, 48)


def test_a_list_of_shots_is_evaluated_too_and_its_errors_are_told(tmp_path: Path) -> None:
    folder_of(tmp_path / "run")
    listed = tmp_path / "shots.csv"
    listed.write_text(
        "name,plate,matte,condition,output\nfirst,run/plate.####.png,run/matte.####.png,run/condition.png,out\n"
    )
    [case] = find_cases(listed, {"seed": 9}, 2).found
    assert (case.name, case.job.settings.seed, str(case.job.shot.frames)) == ("first", 9, "1001-1002")
    listed.write_text("name,plate,output\nfirst,run/plate.####.png,out\n")
    with pytest.raises(ActAnywhereError, match="no condition"):
        find_cases(listed, {}, 2)
