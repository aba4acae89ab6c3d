"""The command line: help, flags, and the jobs that are made of them."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from types import ModuleType

import pytest

from actanywhere import cli
from actanywhere.cli.flags import job_from_flags
from actanywhere.cli.parser import build_parser
from actanywhere.contract.errors import FootageError, JobError
from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings, setting_fields
from actanywhere.contract.shot import FrameRange
from tests import settings_table as table

from .conftest import SHOT, write_list

OTHER_SETTINGS = table.others()


def parse(*words: str) -> Job:
    return job_from_flags(build_parser().parse_args(["render", *words]))


def settings_words(settings: Settings) -> list[str]:
    words: list[str] = []
    for field in setting_fields():
        flag, value = "--" + field.name.replace("_", "-"), getattr(settings, field.name)
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        elif isinstance(value, tuple):
            words += [flag, *value]
        elif value is not None:
            words += [flag, str(value)]
    return words


def test_the_help_of_render_has_a_flag_and_the_help_of_every_setting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["render", "--help"])
    text = "".join(capsys.readouterr().out.split())
    assert "default:)" not in text
    for field in setting_fields():
        assert "--" + field.name.replace("_", "-") in text
        assert "".join(field.about.split()) in text


@pytest.mark.parametrize("command", ["render", "batch", "review", "doctor", "demo", "train"])
def test_every_flag_of_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = build_parser()
    commands = next(a.choices for a in parser._actions if isinstance(a.choices, dict))
    actions = commands[command]._actions
    assert len(actions) > 1 and all(action.help for action in actions)
    with pytest.raises(SystemExit, match="0"):
        cli.main([command, "--help"])
    assert "usage: actanywhere " + command in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (["train", "--output", "o"], "--footage"),
        (["train", "--output", "o"], "--pictures"),
        (["train", "--output", "o"], "--rendered"),
        (["evaluate", "--output", "o"], "--pictures"),
        (["batch", "shots.csv"], "--storage"),
        (["review"], "--wedge"),
    ],
)
def test_a_flag_of_several_folders_may_be_given_twice(words: list[str], flag: str) -> None:
    args = build_parser().parse_args([*words, flag, "a", flag, "b", "c"])
    assert [str(one) for one in getattr(args, flag[2:])] == ["a", "b", "c"]


def test_a_flag_that_is_misspelt_is_told_with_the_one_that_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["render", "--plate", "p.####.exr", "--condition", "c.png", "--output", "o"]
    for wrong, told in (
        ("--mate", "did you mean --matte?"),
        ("--qqqq", "actanywhere render --help lists them."),
    ):
        with pytest.raises(SystemExit) as ended:
            cli.main([*words, wrong, "m.####.exr"])
        assert ended.value.code == 2 and told in capsys.readouterr().err


def test_flags_round_trip_to_every_setting(here: Path) -> None:
    changed = [
        f.name for f in setting_fields() if getattr(OTHER_SETTINGS, f.name) == getattr(Settings(), f.name)
    ]
    assert changed == [], "a setting that this test leaves at its default"
    wanted = OTHER_SETTINGS.with_files(lambda path: str(here / path))
    assert parse(*SHOT, *settings_words(OTHER_SETTINGS)).settings == wanted
    assert parse(*SHOT).settings == Settings()


def test_shot_flags_make_the_shot_with_absolute_paths(here: Path) -> None:
    words = [
        "--matte",
        "roto.exr",
        "--matte-channel",
        "roto.actor.A",
        "--plate-first",
        "87",
        "--frames",
        "90-95",
    ]
    words += ["--plate-colour", "acescg", "--condition-colour", "srgb", "--condition-kind", "composite"]
    job = parse(*SHOT, *words, "--condition-matte", "subject.png", "--name", "sh010")
    assert job.output == str(here / "out")
    assert job.shot.plate == dataclasses.replace(
        job.shot.plate, path=str(here / "run.####.exr"), first_frame=87
    )
    assert (job.shot.plate.colour, job.shot.condition.colour) == ("acescg", "srgb")
    assert (job.shot.matte.path, job.shot.matte.channel) == (str(here / "roto.exr"), "roto.actor.A")
    assert (job.shot.condition.kind, job.shot.condition.matte) == ("composite", str(here / "subject.png"))
    assert (job.shot.name, job.shot.frames) == ("sh010", FrameRange(90, 95))


@pytest.mark.parametrize(
    ("plate", "name"),
    [
        ("a/man_run.####.exr", "man_run"),
        ("sh.010.%04d.exr", "sh.010"),
        ("b/walk.mov", "walk"),
        ("c/####.exr", "c"),
    ],
)
def test_a_shot_without_a_name_has_its_plates(here: Path, plate: str, name: str) -> None:
    assert parse("--plate", plate, "--condition", "c.png", "--output", "o").shot.name == name


def test_a_job_file_renders_the_same_job_and_takes_settings_anew(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = settings_words(OTHER_SETTINGS)
    assert cli.main(["render", *SHOT, *words, "--write-job", "job.json"]) == 0
    assert "actanywhere render --job job.json" in capsys.readouterr().err
    assert parse("--job", "job.json") == parse(*SHOT, *words)
    again = parse("--job", "job.json", "--seed", "8", "--output", "take2", "--no-preview")
    assert (again.settings.seed, again.settings.preview, again.output) == (8, False, str(here / "take2"))
    assert again.settings.steps == OTHER_SETTINGS.steps


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--plate", "a.####.exr"], "no condition and no output"),
        ([*SHOT, "--steps", "0"], "steps is 0"),
        ([*SHOT, "--layer", "rgba"], "cannot be a layer's name"),
        ([*SHOT, "--frames", "1010-1001"], "ends before it begins"),
        ([*SHOT, "--plate-first", "x"], "shot.plate.first_frame is 'x'"),
        (["--job", "none.json"], "none.json cannot be read"),
        (["--job", "none.json", "--plate", "a"], "--plate cannot be given besides --job"),
        ([*SHOT, "--shadow-side", "1"], "shadow_side has no effect unless shadow is 'given'"),
    ],
)
def test_bad_flags_are_named_with_a_remedy_and_status_2(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert cli.main(["render", *words]) == 2
    said = capsys.readouterr().err
    assert message in said and "  -> " in said


@pytest.mark.parametrize("command", [["batch", "shots.json"], ["demo"]])
def test_a_flag_without_effect_is_refused_by_every_command(
    here: Path, surveyed: list[str], capfd: pytest.CaptureFixture[str], command: list[str]
) -> None:
    write_list(here / "shots.json", "good")
    assert cli.main([*command, "--shadow-density", "0.9"]) == 2
    said = capfd.readouterr().err
    assert "shadow_density has no effect unless shadow is 'given'" in said
    assert "Set shadow to 'given' besides" in said


def test_a_job_files_settings_may_lack_effect_but_not_those_given_anew(here: Path) -> None:
    job = dataclasses.replace(parse(*SHOT), settings=Settings(shadow="none", shadow_side=1.0))
    (here / "job.json").write_text(job.to_json())
    assert parse("--job", "job.json") == job
    with pytest.raises(JobError, match="shadow_side has no effect"):
        parse("--job", "job.json", "--shadow-side", "2")
    assert parse("--job", "job.json", "--shadow-side", "2", "--shadow", "given").settings.shadow_side == 2.0


def test_train_hands_its_flags_to_the_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def run(args: argparse.Namespace) -> int:
        seen.append(args.steps)
        return 0

    door = ModuleType("actanywhere.training.cli")
    door.main = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "actanywhere.training.cli", door)
    monkeypatch.setattr("actanywhere.training.cli", door, raising=False)
    assert cli.main(["train", "--output", "run", "--steps", "12"]) == 0 and seen == [12]


def test_demo_without_its_example_says_what_is_missing(tmp_path: Path) -> None:
    from actanywhere.cli.demo import demo_job

    with pytest.raises(FootageError, match="plate"):
        demo_job("out", {}, tmp_path)


def test_demo_finds_the_sequences_of_its_example(tmp_path: Path) -> None:
    from actanywhere.cli.demo import demo_job

    for name in (
        "plate/tos_bridge.1001.jpg",
        "plate/tos_bridge.1002.jpg",
        "matte/m.1001.png",
        "condition.jpg",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    job = demo_job(str(tmp_path / "out"), {"seed": 3}, tmp_path)
    assert job.shot.plate.path == str(tmp_path / "plate" / "tos_bridge.####.jpg")
    assert job.shot.matte.path == str(tmp_path / "matte" / "m.####.png")
    assert (job.shot.condition.path, job.settings.seed) == (str(tmp_path / "condition.jpg"), 3)
