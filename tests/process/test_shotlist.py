"""Lists of shots, as a person writes them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from actanywhere.contract.errors import JobError
from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.shotlist import job_from_flat, read_shot_list

FLAT = {"plate": "p.####.exr", "matte": "m.####.png", "condition": "c.png", "output": "out"}


def test_json_and_csv_of_the_same_shots_give_the_same_jobs(tmp_path: Path) -> None:
    row = {**FLAT, "name": "a", "frames": "1001-1010", "seed": 7, "preview": True, "format": ["exr", "png"]}
    (tmp_path / "shots.json").write_text(json.dumps([row]))
    header = ["name", "frames", "seed", "preview", "format", *FLAT, "guidance"]
    values = ["a", "1001-1010", "7", "yes", "exr png", *FLAT.values(), ""]
    (tmp_path / "shots.csv").write_text(f"﻿{','.join(header)}\n{','.join(values)}\n", "utf-8")
    (of_json,), (of_csv,) = read_shot_list(tmp_path / "shots.json"), read_shot_list(tmp_path / "shots.csv")
    assert of_json == of_csv and of_json.job is not None
    assert of_json.job.settings.format == ("exr", "png") and of_json.job.settings.preview


def test_paths_start_at_the_lists_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    files = {"alive": "water.####.png", "clean_plate": "clean.png", "keep_front": "pole.png"}
    (tmp_path / "sub" / "shots.json").write_text(json.dumps([{**FLAT, **files}]))
    monkeypatch.chdir(tmp_path)
    (entry,) = read_shot_list("sub/shots.json")
    assert entry.job is not None
    shot = entry.job.shot
    read = [shot.plate.path, shot.matte.path, shot.condition.path, entry.job.output]
    read += [entry.job.settings.alive, entry.job.settings.clean_plate, entry.job.settings.keep_front]
    assert read == [str(tmp_path / "sub" / name) for name in [*FLAT.values(), *files.values()]]


def test_defaults_hold_for_all_shots_and_the_command_line_wins(tmp_path: Path) -> None:
    shots = [{"output": "a"}, {"output": "b", "seed": 2, "camera": "plate"}]
    data = {"defaults": {**FLAT, "seed": 1, "camera": "still"}, "shots": shots}
    (tmp_path / "shots.json").write_text(json.dumps(data))
    jobs = [entry.job for entry in read_shot_list(tmp_path / "shots.json", {"camera": "subject"})]
    assert [(j.settings.seed, j.settings.camera) for j in jobs if j] == [(1, "subject"), (2, "subject")]


def test_a_whole_job_may_stand_in_a_list(tmp_path: Path) -> None:
    job = job_from_flat(FLAT, tmp_path)
    (tmp_path / "shots.json").write_text(json.dumps([job.to_dict()]))
    assert [entry.job for entry in read_shot_list(tmp_path / "shots.json")] == [job]
    (tmp_path / "shots.json").write_text(json.dumps([job.to_dict()]))
    (changed,) = read_shot_list(tmp_path / "shots.json", {"seed": 9})
    assert changed.job is not None and changed.job.settings.seed == 9
    assert Job.from_json(job.to_json()) == job


def test_what_a_list_says_of_a_given_shadow_goes_where_the_shadow_is_wanted_otherwise(tmp_path: Path) -> None:
    shots = [{"output": "a", "shadow_side": 2.0}, {"output": "b", "shadow": "none"}]
    data = {"defaults": {**FLAT, "shadow": "given", "shadow_density": 0.9}, "shots": shots}
    (tmp_path / "shots.json").write_text(json.dumps(data))
    given, none = (entry.job.settings for entry in read_shot_list(tmp_path / "shots.json") if entry.job)
    assert (given.shadow, given.shadow_side, given.shadow_density) == ("given", 2.0, 0.9)
    assert none == Settings(shadow="none")
    jobs = [entry.job for entry in read_shot_list(tmp_path / "shots.json", {"shadow": "auto"})]
    assert [job.settings for job in jobs if job] == [Settings(), Settings()]


def test_a_whole_job_keeps_settings_without_effect_and_takes_none_anew(tmp_path: Path) -> None:
    job = job_from_flat(FLAT, tmp_path)
    job = dataclasses.replace(job, settings=Settings(shadow_side=1.0))
    (tmp_path / "shots.json").write_text(json.dumps([job.to_dict()]))
    assert [entry.job for entry in read_shot_list(tmp_path / "shots.json")] == [job]
    (refused,) = read_shot_list(tmp_path / "shots.json", {"shadow_density": 0.9})
    assert "shadow_density has no effect" in str(refused.error)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**FLAT, "sede": 7}, "Unknown fields: sede. Did you mean seed?"),
        ({**FLAT, "zzz": 7}, "Unknown fields: zzz.Known are: "),
        ({"plate": "p.exr"}, "no condition and no output"),
        ({**FLAT, "seed": 1.5}, "settings.seed is 1.5; it must be a whole number"),
        ({**FLAT, "seed": "x"}, "settings.seed is 'x'"),
        ({**FLAT, "seed": True}, "settings.seed is True"),
        ({**FLAT, "preview": "maybe"}, "settings.preview is 'maybe'; it must be true or false"),
        ({**FLAT, "preview": 2}, "settings.preview is 2"),
        ({**FLAT, "camera": "handheld"}, "settings.camera is 'handheld'; it must be one of: auto, plate"),
        ({**FLAT, "condition_kind": "photo"}, "shot.condition.kind is 'photo'"),
        ({**FLAT, "plate_first": "x"}, "shot.plate.first_frame is 'x'"),
        ({**FLAT, "plate": 5}, "shot.plate.path is 5"),
        ({**FLAT, "matte": ["m.png"]}, "shot.matte.path is ['m.png']"),
        ({**FLAT, "model": 5}, "settings.model is 5"),
        ({**FLAT, "output": 5}, "output is 5"),
        ({**FLAT, "shadow_side": 1.0}, "shadow_side has no effect unless shadow is 'given'"),
        ({**FLAT, "shadow_side": 1.0, "shadow": "none"}, "Set shadow to 'given' besides"),
        ("run", "not an object"),
    ],
)
def test_a_bad_shot_is_an_entry_with_its_error_beside_the_good(
    tmp_path: Path, row: object, message: str
) -> None:
    (tmp_path / "shots.json").write_text(json.dumps([row, {**FLAT, "output": "other"}]))
    bad, good = read_shot_list(tmp_path / "shots.json")
    assert bad.job is None and bad.error is not None
    assert message in bad.error.message + bad.error.remedy
    assert good.job is not None


def test_shots_of_one_name_are_told_apart_by_their_place_in_the_list(tmp_path: Path) -> None:
    rows = [{**FLAT, "output": str(n)} for n in range(2)] + [{**FLAT, "output": "c", "name": "other"}]
    (tmp_path / "shots.json").write_text(json.dumps(rows))
    first, second, other = read_shot_list(tmp_path / "shots.json")
    assert first.name.endswith(" (shot 1)") and second.name.endswith(" (shot 2)") and other.name == "other"
    assert first.job is not None and first.job.shot.name == first.name.removesuffix(" (shot 1)")


def test_two_shots_may_not_share_an_output(tmp_path: Path) -> None:
    (tmp_path / "shots.json").write_text(json.dumps([{**FLAT, "name": "a"}, {**FLAT, "output": "./out/."}]))
    first, second = read_shot_list(tmp_path / "shots.json")
    assert first.job is not None and "also that of a" in str(second.error)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", "[]", "lists no shots"),
        ("a.json", "3", "not a list of shots"),
        ("a.json", '{"shot": []}', "unknown fields: shot"),
        ("a.csv", "plate,output\n", "lists no shots"),
        ("a.csv", "plate,output\na,b,c\n", "more values than the header"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(JobError, match=message):
        read_shot_list(tmp_path / name)
    with pytest.raises(JobError, match="cannot be read"):
        read_shot_list(tmp_path / "none.json")
