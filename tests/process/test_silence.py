"""No command is silent: a line comes before anything heavy is loaded, and whatever is done over and over is counted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from actanywhere import cli
from actanywhere.cli import screen as screens
from actanywhere.contract.errors import Cancelled
from actanywhere.contract.job import Job, Progress
from actanywhere.contract.shot import Condition, ImageSequence, Matte, Shot
from actanywhere.engines.find import Engines
from actanywhere.render import progress as telling
from actanywhere.render.render import render
from tests.review.test_folder import rendered as rendered

#: Each says its first line by itself: when the engine starts, a download begins, or a check is done.
BY_THEMSELVES = {"render", "demo", "doctor", "models", "farm"}
HEAVY = ("numpy", "cv2", "OpenImageIO", "torch", "onnxruntime", "diffusers", "scipy")


class Heard(screens.QuietScreen):
    """Keeps what a screen is told."""

    def __init__(self) -> None:
        self.told: list[Progress] = []

    def progress(self, shot: str, progress: Progress) -> None:
        self.told.append(progress)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    kept = Heard()
    monkeypatch.setattr(screens, "choose_screen", lambda as_json, quiet: kept)
    return kept


WORDS = {
    "batch": ["shots.csv"],
    "review": ["out"],
    "selftest": [],
    "train": ["--output", "o"],
    "evaluate": ["--output", "o"],
    "assemble": ["--unet", "u", "--motion", "m", "--clip", "c", "--output", "o"],
    "export": ["--model", "m"],
    "cleanplate": ["--plate", "p.####.exr", "--output", "o"],
    "matte": ["--plate", "p.####.exr", "--output", "o"],
    "camera": ["--plate", "p.####.exr", "--output", "o"],
}


def test_every_command_that_works_here_is_in_the_table() -> None:
    assert set(WORDS) | BY_THEMSELVES == set(cli._COMMANDS)


@pytest.mark.parametrize("command", WORDS)
def test_the_first_line_comes_before_the_command(
    command: str, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []

    def work(args: object, screen: object) -> int:
        lines.extend(progress.stage for progress in heard.told)
        return 0

    monkeypatch.setitem(cli._COMMANDS, command, work)
    assert cli.main([command, *WORDS[command]]) == 0
    assert lines == ["starting"]


def test_nothing_heavy_is_loaded_before_the_first_line() -> None:
    script = f"""
import sys
from actanywhere import cli
for name in cli._COMMANDS:
    cli._COMMANDS[name] = lambda args, screen: 0
for words in {[[name, *words] for name, words in WORDS.items()]!r}:
    assert cli.main(words) == 0
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]" and done.stderr.count("starting") == len(WORDS)


def footage(folder: Path) -> list[str]:
    """Four frames of a speckled plate, with an actor who walks."""
    speckle = np.random.default_rng(5).integers(60, 200, (48, 80, 3), np.uint8)
    for index in range(4):
        matte = np.zeros((48, 80), np.uint8)
        matte[14:34, 10 + 14 * index : 20 + 14 * index] = 255
        cv2.imwrite(str(folder / f"plate.{1001 + index}.png"), np.where(matte[..., None] > 0, 20, speckle))
        cv2.imwrite(str(folder / f"matte.{1001 + index}.png"), matte)
    return ["--plate", str(folder / "plate.####.png"), "--matte", str(folder / "matte.####.png")]


def clean_plate(folder: Path, out: Path) -> list[str]:
    return ["cleanplate", *footage(folder), "--output", str(folder / "clean")]


def camera(folder: Path, out: Path) -> list[str]:
    return ["camera", *footage(folder), "--output", str(folder / "camera")]


def sheet(folder: Path, out: Path) -> list[str]:
    return ["review", str(out)]


def page(folder: Path, out: Path) -> list[str]:
    return ["review", "--page", str(folder)]


def batch(folder: Path, out: Path) -> list[str]:
    (folder / "shots.csv").write_text("plate,condition,output\na.#.exr,c.png,x\nb.#.exr,c.png,y\n")
    return ["batch", str(folder / "shots.csv"), "--dry-run"]


# (what is asked, the exit status, and each stage with every count of it that is told)
COUNTED: list[tuple[Callable[[Path, Path], list[str]], int, dict[str, list[str]]]] = [
    (
        clean_plate,
        0,
        {
            "checking footage": ["0/4", "4/4"],
            "reading footage": ["0/4", "1/4", "2/4", "3/4", "4/4"],
            "pulling the shadow": ["0/4", "4/4"],
            "writing the clean plate": ["0/4", "1/4", "2/4", "3/4", "4/4"],
        },
    ),
    (
        camera,
        2,
        {
            "reading footage": ["0/4", "1/4", "2/4", "3/4", "4/4"],
            "solving the camera": ["0/100", "100/100"],
        },
    ),
    (sheet, 0, {"making the review": [f"{done}/6" for done in range(7)]}),
    (page, 0, {"making the page": ["0/1", "1/1"]}),
    (batch, 2, {"checking the shots": ["0/2", "1/2"]}),
]


@pytest.mark.parametrize(("asked", "status", "stages"), COUNTED, ids=[row[0].__name__ for row in COUNTED])
def test_whatever_is_done_over_and_over_is_counted(
    asked: Callable[[Path, Path], list[str]],
    status: int,
    stages: dict[str, list[str]],
    heard: Heard,
    rendered: Path,
    tmp_path: Path,
) -> None:
    if asked is camera:
        pytest.importorskip("pycolmap", reason="a 3-D solve needs pycolmap")
    assert cli.main(asked(tmp_path, rendered)) == status
    assert heard.told[0].stage == "starting"
    told = [(one.stage, f"{one.done}/{one.total}") for one in heard.told[1:]]
    assert {stage for stage, _ in told} - {"opening footage"} == set(stages)  # told where that takes long
    for stage, counts in stages.items():
        said = list(dict.fromkeys(count for name, count in told if name == stage))
        assert [count for count in said if count in counts] == counts, (stage, said)
    shares = [one.fraction for one in heard.told]
    assert shares == sorted(shares), "a bar never goes back"


def test_every_picture_of_a_page_moves_its_bar(heard: Heard, rendered: Path, tmp_path: Path) -> None:
    assert cli.main(page(tmp_path, rendered)) == 0
    shares = [round(6 * one.fraction, 6) for one in heard.told if one.stage == "making the page"]
    assert list(dict.fromkeys(shares)) == [0, 1, 2, 3, 4, 5, 6]
    assert all(one.seconds_left is not None for one in heard.told if one.fraction > 0)


LONG = 1500
"""Frames of a movie whose packets have no times: they are counted by decoding them all."""


@pytest.fixture(scope="module")
def long_movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "long.avi"
    with av.open(str(path), "w") as movie:
        stream = movie.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuvj420p"
        for number in range(LONG):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), number % 250, np.uint8), "rgb24")
            movie.mux(stream.encode(frame))
        movie.mux(stream.encode())
    return path


@pytest.fixture
def each_count_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_EVERY", 0.0)
    monkeypatch.setattr("actanywhere.footage.movie_pictures._decoded_counts", {})


@pytest.mark.parametrize(
    "command", ["render", "batch", "bundle", "matte", "cleanplate", "camera", "evaluate"]
)
def test_a_movie_that_has_to_be_decoded_to_be_counted_moves_a_bar(
    command: str, heard: Heard, each_count_is_told: None, long_movie: Path, tmp_path: Path
) -> None:
    if command == "camera":
        pytest.importorskip("pycolmap", reason="a 3-D solve needs pycolmap")
    place, out = tmp_path / "place.png", str(tmp_path / "out")
    cv2.imwrite(str(place), np.zeros((16, 32, 3), np.uint8))
    words = ["--plate", str(long_movie), "--frames", "1-2", "--output", out]
    whole = [*words, "--matte", str(long_movie), "--condition", str(place)]
    (tmp_path / "shots.csv").write_text(
        f"plate,matte,condition,output,frames\n{long_movie},{long_movie},{place},{out},1-2\n"
    )
    listed = ["batch", str(tmp_path / "shots.csv")]
    if command == "evaluate":
        shot = tmp_path / "shots" / "one"
        shot.mkdir(parents=True)
        for name in ("plate", "matte"):
            (shot / f"{name}.avi").symlink_to(long_movie)
        (shot / "condition.png").write_bytes(place.read_bytes())
    asked = {
        "evaluate": [
            "evaluate",
            "--shots",
            str(tmp_path / "shots"),
            "--frames",
            "2",
            "--dry-run",
            "--output",
            out,
        ],
        "render": ["render", *whole, "--dry-run"],
        "batch": [*listed, "--dry-run"],
        "bundle": [*listed, "--openjd", str(tmp_path / "bundle")],
    }.get(command, [command, *(words if command == "matte" else whole[:-2])])
    refused = command != "evaluate"  # the others ask for frames 1-2 of a movie that has 1001 on
    assert cli.main(asked) == 2 * refused
    counts = [one for one in heard.told if one.stage == "opening footage"]
    told = [(one.done, one.total) for one in counts[:LONG]]
    assert told == [(done, LONG) for done in range(1, LONG + 1)]
    assert all(one.seconds_left is not None for one in counts)
    shares = [one.fraction for one in counts]
    assert shares == sorted(shares) and len(set(shares)) > LONG / 2


def test_who_stops_while_a_movie_is_counted_is_heard_at_once(
    each_count_is_told: None, long_movie: Path, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "place.png"), np.zeros((16, 32, 3), np.uint8))
    shot = Shot("s", ImageSequence(str(long_movie)), Matte(), Condition(str(tmp_path / "place.png")))
    told: list[Progress] = []
    with pytest.raises(Cancelled):
        render(Job(shot, str(tmp_path / "out")), told.append, lambda: len(told) == 9, Engines())
    assert [one.done for one in told] == list(range(1, 10)) and not (tmp_path / "out").exists()
