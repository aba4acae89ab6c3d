"""The command line: what it says, what it makes of flags, and how it ends."""

from __future__ import annotations

import argparse
import dataclasses
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import ModuleType

import pytest

from actanywhere import cli
from actanywhere.cli.flags import job_from_flags
from actanywhere.cli.parser import build_parser
from actanywhere.contract.errors import FootageError, JobError
from actanywhere.contract.job import DecisionRecord, Job, Progress, Result
from actanywhere.contract.settings import Settings, setting_fields
from actanywhere.contract.shot import FrameRange
from actanywhere.render.preflight import Preflight
from actanywhere.shotlist import job_from_flat
from tests import settings_table as table

from .conftest import gone

SHOT = ["--plate", "run.####.exr", "--condition", "place.png", "--output", "out"]
OTHER_SETTINGS = table.others()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, double_python: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def surveyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """``preflight.preflight`` without footage: refuses shots by their name; gives the names it was asked about."""
    asked: list[str] = []

    def preflight(job: Job) -> Preflight:
        asked.append(job.shot.name)
        if job.shot.name.startswith("missing"):
            raise FootageError("frame 1003 is missing", "Copy it again.")
        return Preflight(
            reads=[job.shot.plate.path],
            writes=[job.output],
            frames=FrameRange(1001, 1004),
            camera="plate",
            warnings=["the matte looks inverted"],
            done=2,
        )

    room = ModuleType("actanywhere.render.preflight")
    room.preflight = preflight  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "actanywhere.render.preflight", room)
    return asked


def parse(*words: str) -> Job:
    return job_from_flags(build_parser().parse_args(["render", *words]))


def settings_words(settings: Settings) -> list[str]:
    words: list[str] = []
    for field in setting_fields():
        flag, value = "--" + field.name.replace("_", "-"), getattr(settings, field.name)
        if value is True:
            words.append(flag)
        elif isinstance(value, tuple):
            words += [flag, *value]
        elif value is not None and value is not False:
            words += [flag, str(value)]
    return words


def test_the_help_of_render_has_a_flag_and_the_help_of_every_setting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["render", "--help"])
    text = "".join(capsys.readouterr().out.split())
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


def test_render_prints_where_the_layer_is(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", *SHOT, "--name", "good"]) == 0
    said = capfd.readouterr()
    assert said.out.splitlines()[-1] == str(here / "out" / "layer.####.exr")
    assert "100 %" in said.err or "Denoising" in said.err


def test_json_is_one_object_a_line_and_nothing_else(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", *SHOT, "--name", "noisy", "--json"]) == 0
    said = capfd.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["event"] for line in lines] == ["progress"] * 5 + ["result"]
    assert lines[0]["progress"]["stage"] == "starting the engine"
    assert lines[-1]["result"]["decisions"][0]["value"] == "still" and said.err == ""
    assert cli.main(["render", *SHOT, "--name", "bad", "--json"]) == 2
    error = {"kind": "FootageError", "message": "frame 1003 is missing", "remedy": "Copy it again."}
    last = capfd.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"event": "error", "shot": "", "error": error}


def test_quiet_says_nothing_unless_it_fails(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", *SHOT, "--name", "good", "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")
    assert cli.main(["render", *SHOT, "--name", "bad", "--quiet"]) == 2
    assert capfd.readouterr() == ("", "frame 1003 is missing\n  -> Copy it again.\n")


@pytest.mark.parametrize(("name", "status"), [("bad", 2), ("die", 1), ("bug", 1)])
def test_the_exit_status_tells_bad_input_from_a_failed_worker(here: Path, name: str, status: int) -> None:
    assert cli.main(["render", *SHOT, "--name", name, "--quiet"]) == status


def test_dry_run_shows_what_would_be_read_and_written(
    here: Path, surveyed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(here.iterdir())
    assert cli.main(["render", *SHOT, "--name", "good", "--dry-run"]) == 0
    said = capsys.readouterr().out
    for part in (
        "1001-1004",
        "2 of them",
        "plate",
        str(here / "run.####.exr"),
        str(here / "out"),
        "inverted",
    ):
        assert part in said
    assert cli.main(["render", *SHOT, "--name", "missing", "--dry-run"]) == 2
    capsys.readouterr()
    assert cli.main(["render", *SHOT, "--name", "good", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["preflight"]["frames"] == "1001-1004"
    assert sorted(here.iterdir()) == before


def start_slow(name: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "actanywhere", "render", *SHOT, "--name", name, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload]
    while b"Denoising" not in (line := process.stdout.readline()):
        assert b"progress" in line
    return process  # type: ignore[no-any-return]


def worker_of(process: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_cleanly_with_status_130(here: Path, number: signal.Signals) -> None:
    with start_slow("slow") as process:
        worker = worker_of(process)
        process.send_signal(number)
        began = time.monotonic()
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130 and time.monotonic() - began < 5
    last = json.loads(out.splitlines()[-1])
    assert last["error"]["kind"] == "Cancelled" and "Stopped at step" in last["error"]["message"]
    assert b"Traceback" not in err and gone(worker)


def test_a_second_ctrl_c_stops_at_once(here: Path) -> None:
    with start_slow("deaf") as process:
        worker = worker_of(process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = process.communicate(timeout=10)
    assert process.returncode == 130 and time.monotonic() - began < 2
    assert b"Traceback" not in err and gone(worker)


def test_a_render_that_does_not_hear_one_ctrl_c_ends_within_5_seconds(here: Path) -> None:
    with start_slow("deaf") as process:
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        process.communicate(timeout=10)
    assert process.returncode == 130 and time.monotonic() - began < 5


def test_a_killed_command_line_leaves_no_worker(here: Path) -> None:
    with start_slow("slow") as process:
        worker = worker_of(process)
        process.kill()
        process.communicate(timeout=10)
    assert gone(worker)


def test_on_a_terminal_a_bar_shows_steps_and_time_left(here: Path) -> None:
    host, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    command = [sys.executable, "-m", "actanywhere", "render", *SHOT, "--name", "slow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal) as process:
        os.close(terminal)
        seen, until = b"", time.monotonic() + 10
        while b"left" not in seen and time.monotonic() < until:
            seen += os.read(host, 4096)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    os.close(host)
    text = seen.decode()
    assert "slow: Denoising" in text and "/600 steps" in text and "0:" in text and "left" in text


def write_list(path: Path, *names: str) -> Path:
    shots = [{"name": n, "plate": "p.####.exr", "condition": "c.png", "output": "out/" + n} for n in names]
    path.write_text(json.dumps(shots))
    return path


def test_batch_continues_past_bad_shots_and_names_them(
    here: Path, surveyed: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    shots = write_list(here / "shots.json", "good-1", "missing", "bad", "die", "good-2")
    assert cli.main(["batch", str(shots)]) == 2
    said = capfd.readouterr()
    table = {line.split()[0]: line.split() for line in said.out.splitlines() if line and " " in line}
    assert [table[n][1] for n in ("good-1", "missing", "bad", "die", "good-2")] == [
        "finished",
        "bad",
        "failed",
        "failed",
        "finished",
    ]
    assert table["good-1"][2:4] == ["1001-1004", "still"]
    assert said.err.splitlines()[-1] == "not rendered: missing, bad, die"
    assert said.err.index("missing: frame 1003") < said.err.index("1 of 5")


def test_batch_keeps_one_worker_with_its_model(
    here: Path, surveyed: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    shots = write_list(here / "shots.json", "good-1", "bad", "good-2")
    assert cli.main(["batch", str(shots), "--json"]) == 2
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    results = [line["result"]["versions"] for line in lines if line["event"] == "result"]
    assert [r["served"] for r in results] == ["1", "3"] and len({r["pid"] for r in results}) == 1
    assert [s["status"] for s in lines[-1]["shots"]] == ["finished", "failed", "finished"]


def test_batch_of_good_shots_ends_with_0(here: Path, surveyed: list[str]) -> None:
    assert cli.main(["batch", str(write_list(here / "shots.json", "good-1", "good-2")), "--quiet"]) == 0
    assert surveyed == ["good-1", "good-2"]


def test_batch_dry_run_checks_every_shot_and_renders_none(
    here: Path, surveyed: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTANYWHERE_PYTHON", "/no-worker-may-start")
    shots = write_list(here / "shots.json", "good-1", "missing", "good-2")
    assert cli.main(["batch", str(shots), "--dry-run"]) == 2
    said = capfd.readouterr()
    assert said.out.count("would write") == 2 and "missing: frame 1003 is missing" in said.err


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


def test_a_warning_is_told_once_a_render(capsys: pytest.CaptureFixture[str]) -> None:
    from actanywhere.cli.screen import LineScreen

    flat = {"plate": "p.#.exr", "condition": "c.png", "output": "out", "frames": "1-2"}
    job = job_from_flat(flat)
    result = Result(
        job,
        "out/p.#.exr",
        FrameRange(1, 2),
        [DecisionRecord("camera", "still")],
        "",
        {},
        {},
        {},
        ["it is odd"],
    )
    screen = LineScreen()
    screen.progress("shot", Progress("reading footage", message="warning: it is odd"))
    screen.result("shot", result)
    assert capsys.readouterr().err.count("it is odd") == 1
    screen.result("shot", result)  # finished already: nothing was told on the way
    assert capsys.readouterr().err.count("it is odd") == 1
