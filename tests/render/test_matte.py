"""A matte from the plate alone as files: right in every frame, numbered as the plate, the same after a kill."""

from __future__ import annotations

import json
import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from actanywhere.cli import main
from actanywhere.contract.errors import Cancelled, ModelError
from actanywhere.contract.job import Progress
from actanywhere.contract.sequences import sequences_in
from actanywhere.contract.shot import ImageSequence
from actanywhere.models import Found, find_entry
from actanywhere.models.record import Record
from actanywhere.render import matte_readers
from actanywhere.render.matte import MatteJob, matte_stages, write_matte
from actanywhere.render.matte_prompts import Prompts
from actanywhere.render.progress import JobProgress
from actanywhere.seeing.protocol import Followed
from tests.footage.pictures import write_still
from tests.render.stage import read_layer
from tests.seeing.networks import red_mask
from tests.seeing.scenes import SIZE, body, street, with_body

FRAMES = 7


def walk(index: int) -> np.ndarray:
    return body((50 + 4 * index, 62))


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A studio's library with the network for stills, which finds what is red, and nothing else."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path / "models"))
    folder = tmp_path / "models" / "isnet-general-use"
    folder.mkdir(parents=True)
    red_mask(folder / "isnet-general-use.onnx", 192, std=256 / 255)
    return tmp_path / "models"


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """Two people in red: one walks, one stands at the right."""
    (tmp_path / "plate").mkdir()
    for index in range(FRAMES):
        picture = with_body(with_body(street(), walk(index)), body((150, 62)))
        name = tmp_path / "plate" / f"sc010.{1001 + index}.png"
        write_still(name, picture, "uint8")
    return tmp_path


def made(shot: Path, *words: str, output: str = "roto") -> int:
    plate = str(shot / "plate" / "sc010.####.png")
    return main(["matte", "--plate", plate, "--output", str(shot / output), *words])


def alpha(shot: Path, frame: int, output: str = "roto") -> np.ndarray:
    _, channels = read_layer(shot / output / f"sc010_matte.{frame}.exr")
    assert list(channels) == ["A"]
    return channels["A"]


def read_still(path: Path) -> np.ndarray:
    return oiio.ImageBuf(str(path)).get_pixels("float")


def overlap(found: np.ndarray, true: np.ndarray) -> float:
    return float(np.minimum(found, true).sum() / np.maximum(found, true).sum())


def stopping_after(steps: int) -> JobProgress:
    heard: list[object] = []
    return JobProgress(heard.append, lambda: len(heard) >= steps, matte_stages())


def files(shot: Path, output: str = "roto") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((shot / output).glob("*.exr"))}


@pytest.mark.parametrize(
    "words", [["--box", "36,32,28,60"], ["--click", "74,62@1007"], []], ids=["box", "last frame", "nothing"]
)
def test_the_actor_alone_in_every_frame_whether_boxed_clicked_in_the_last_or_only_moving(
    shot: Path, words: list[str]
) -> None:
    assert made(shot, "--quiet", *words) == 0
    assert len(files(shot)) == FRAMES
    for index in range(FRAMES):
        found = alpha(shot, 1001 + index)
        assert overlap(found, walk(index)) > 0.9
        assert found[:, 130:].max() < 0.05


def test_it_goes_on_after_a_kill_with_the_same_bytes(shot: Path) -> None:
    assert made(shot, "--quiet", "--box", "36,32,28,60", output="whole") == 0
    prompts = Prompts(boxes=("36,32,28,60",))
    job = MatteJob(ImageSequence(str(shot / "plate" / "sc010.####.png")), str(shot / "roto"), None, prompts)
    for steps in (4, 6, 12):
        with pytest.raises(Cancelled):
            write_matte(job, stopping_after(steps))
    assert 0 < len(files(shot)) < FRAMES
    assert made(shot, "--quiet", "--box", "36,32,28,60") == 0
    assert files(shot) == files(shot, "whole")


def test_the_bar_moves_evenly_and_one_that_goes_on_begins_with_what_is_left(shot: Path) -> None:
    plate, prompts = ImageSequence(str(shot / "plate" / "sc010.####.png")), Prompts(boxes=("36,32,28,60",))
    job = MatteJob(plate, str(shot / "roto"), None, prompts)
    told: list[Progress] = []
    stop = lambda: len([one for one in told if one.stage.startswith("following")]) > 3  # noqa: E731
    with pytest.raises(Cancelled):
        write_matte(job, JobProgress(told.append, stop, matte_stages()))
    assert [(one.done, one.total) for one in told] == [(0, 7), (1, 7), (2, 7), (3, 7)]
    told.clear()
    write_matte(job, JobProgress(told.append, lambda: False, matte_stages()))
    following = [one for one in told if one.stage.startswith("following")]
    assert [(one.done, one.total) for one in following] == [(0, 4)] * 4 + [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(one.fraction == 0 for one in following[:4]), "what was there is no work"
    edges = [one for one in told if one.stage.startswith("drawing")]
    assert [one.done for one in edges] == list(range(1, 8)) and edges[-1].fraction == 1


def test_looking_for_whoever_moves_is_told_picture_by_picture(shot: Path) -> None:
    told: list[Progress] = []
    job = MatteJob(ImageSequence(str(shot / "plate" / "sc010.####.png")), str(shot / "roto"))
    write_matte(job, JobProgress(told.append, lambda: False, matte_stages()))
    looking = [(one.done, one.total) for one in told if one.stage.startswith("looking")]
    assert looking == [(number, 4) for number in range(5)], (
        "frames 1001 to 1004, and three frames on from each"
    )


def test_other_prompts_make_it_anew_and_another_plates_folder_is_refused(
    shot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made(shot, "--quiet", "--box", "36,32,28,60") == 0
    assert made(shot, "--click", "150,62") == 0
    assert "Who is meant was said otherwise" in "".join(capsys.readouterr())
    assert alpha(shot, 1004)[62, 150] == 1 and alpha(shot, 1004)[62, 62] < 0.05
    assert made(shot, "--click", "150,62", "--frames", "1001-1003") == 2
    assert "holds another matte" in capsys.readouterr().err


def test_a_plate_rendered_again_in_its_place_is_matted_again(
    shot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made(shot, "--quiet", "--box", "36,32,28,60") == 0
    write_still(shot / "plate" / "sc010.1004.png", with_body(street(), walk(6)), "uint8")
    assert made(shot, "--dry-run", "--box", "36,32,28,60") == 0
    assert "The plate's files are others" in "".join(capsys.readouterr())
    assert overlap(alpha(shot, 1004), walk(3)) > 0.9, "nothing was written"
    assert made(shot, "--box", "36,32,28,60") == 0
    assert "The plate's files are others" in "".join(capsys.readouterr())
    assert overlap(alpha(shot, 1004), walk(6)) > 0.8
    kept = files(shot)
    assert made(shot, "--box", "36,32,28,60") == 0
    assert files(shot) == kept and "others" not in "".join(capsys.readouterr())


def test_a_folder_that_another_network_began_says_so(shot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert made(shot, "--quiet", "--box", "36,32,28,60") == 0
    note = shot / "roto" / "matte.json"
    note.write_text(note.read_text().replace("isnet-general-use", "ormbg"))
    assert made(shot, "--box", "36,32,28,60") == 2
    said = capsys.readouterr().err
    assert "by ormbg and guided filter, and isnet-general-use and guided filter would make it now" in said
    assert "give another output folder" in said


def test_frames_that_it_is_unsure_of_are_listed_and_drawn(
    shot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = with_body(street(), body((150, 62)))
    hidden = grey + (np.float32((0.3, 0.3, 0.3)) - grey) * walk(3)[..., None]
    write_still(shot / "plate" / "sc010.1004.png", hidden, "uint8")
    assert made(shot, "--json", "--box", "36,32,28,60") == 0
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert event["event"] == "matte" and event["unsure"] == [1004]
    assert json.loads((shot / "roto" / "matte.json").read_text())["unsure"] == [1004]
    assert Path(event["sheet"]) == shot / "roto" / "review" / "matte_sheet.png"
    assert Path(event["sheet"]).is_file()
    # The folder holds nothing else that could be meant: it may be given as the matte.
    assert sequences_in(str(shot / "roto")) == ["sc010_matte.####.exr"]


def test_a_part_that_comes_at_once_is_told_at_the_frame_that_lacks_it(
    shot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The network sees what is red: the board that the walker carries, from the fifth frame on."""
    for index in range(FRAMES):
        picture = with_body(street(), walk(index))
        red = picture[62, 50 + 4 * index]
        left = 50 + 4 * index
        picture[58:66, left : left + 26] = red if index > 3 else red.mean()
        write_still(shot / "plate" / f"sc010.{1001 + index}.png", picture, "uint8")
    assert made(shot, "--json", "--box", "36,32,28,60") == 0
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert event["unsure"] == [1004, 1005], "in the second it is half there"
    assert any("comes or goes at once at frames 1004:" in one for one in event["warnings"])


def test_a_part_that_is_half_there_is_told(shot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The network is half sure of legs that are paler than the rest, in the fourth frame."""
    picture = with_body(street(), walk(3))
    legs = (walk(3) > 0.99) & (np.arange(SIZE[0])[:, None] > 65)
    picture[legs] = (0.62, 0.31, 0.31)
    write_still(shot / "plate" / "sc010.1004.png", picture, "uint8")
    assert made(shot, "--json", "--box", "36,32,28,60") == 0
    event = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert event["unsure"] == [1004]
    assert any("half there" in one and "at frames 1004:" in one for one in event["warnings"])


def test_a_plate_that_is_woven_of_fields_is_told(shot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index in range(FRAMES):
        upper, lower = (with_body(street(), body((50 + 2 * time, 62))) for time in (2 * index, 2 * index + 1))
        woven = np.where(np.arange(SIZE[0])[:, None, None] % 2, lower, upper)
        write_still(shot / "plate" / f"sc010.{1001 + index}.png", woven, "uint8")
    assert made(shot, "--box", "36,32,28,60") == 0
    assert "plate: it is interlaced (frames 1002-1007)" in "".join(capsys.readouterr())
    assert made(shot, "--box", "36,32,28,60") == 0
    assert "plate: it is interlaced" in "".join(capsys.readouterr()), "told again where all is kept"


@pytest.mark.parametrize("same", [True, False], ids=["the same actor", "somebody else"])
def test_where_they_were_lost_what_is_surely_found_on_the_way_back_to_them_counts_and_is_told(
    same: bool, shot: Path, library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Film:
        """On the way forth it takes the bystander in two frames; on the way back it is right in them."""

        notices: tuple[str, ...] = ()

        def __init__(self, *_: object) -> None:
            pass

        def start(self, picture: np.ndarray, _: object) -> Followed:
            self.frame = -1
            return self.step(picture)

        def step(self, picture: np.ndarray) -> Followed:
            red = (picture[..., 0] - picture[..., 1] > 0.4)[:, :130]
            frame = round((np.nonzero(red)[1].mean() - 50) / 4)
            forth, self.frame = frame > self.frame, frame
            if forth and frame in (2, 3):
                return Followed(body((150, 62)), 0.1)
            if not (forth or same) and frame == 1:
                return Followed(body((90, 20)), 0.9)
            return Followed(walk(frame), 0.9)

    found = Found(find_entry("sam2.1-hiera-tiny"), library, (), None)
    monkeypatch.setattr(matte_readers, "Sam2Follow", Film)
    monkeypatch.setattr(matte_readers, "find_network", lambda role: found if role == "follow" else None)
    prompts = Prompts(boxes=("36,32,28,60",))
    job = MatteJob(ImageSequence(str(shot / "plate" / "sc010.####.png")), str(shot / "killed"), None, prompts)
    assert made(shot, "--json", "--box", "36,32,28,60") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["unsure"] == [1003, 1004]
    right = [overlap(alpha(shot, 1001 + index), walk(index)) > 0.9 for index in range(FRAMES)]
    assert right == [True, True, same, same, True, True, True]
    for steps in (5, 6, 7, 8):
        with pytest.raises(Cancelled):
            write_matte(job, stopping_after(steps))
    assert write_matte(job, stopping_after(999)).unsure == [1003, 1004]
    assert files(shot, "killed") == files(shot)


def test_a_dry_run_says_what_would_be_made_and_writes_nothing(
    shot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made(shot, "--dry-run", "--box", "36,32,28,60@1003") == 0
    said = capsys.readouterr().out
    assert "sc010_matte.####.exr, led by frames 1003, by isnet-general-use and guided filter" in said
    assert not (shot / "roto").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--box", "500,10,20,20"], "holds nothing of the plate"),
        (["--click", "20,20@1200"], "none of the frames 1001-1007"),
        (["--click", "20"], "it must be x,y"),
        (["--click-off", "20,20"], "only --click-off"),
        (["--matte", "plate/none.png"], "none.png"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    shot: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made(shot, *words) == 2
    assert said in capsys.readouterr().err
    assert not (shot / "roto").exists()


def test_a_rough_matte_of_one_frame_leads(shot: Path) -> None:
    rough = (walk(2) > 0.3).astype(np.float32)[..., None]
    write_still(shot / "rough.png", rough, "uint8")
    assert made(shot, "--quiet", "--matte", f"{shot / 'rough.png'}@1003") == 0
    assert all(overlap(alpha(shot, 1001 + index), walk(index)) > 0.9 for index in range(FRAMES))


@pytest.mark.parametrize("fails_at", [1001, 1004])
def test_the_network_for_stills_goes_on_where_sam_fails_and_the_frames_are_told(
    shot: Path,
    library: Path,
    fails_at: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Film:
        """SAM 2.1 as it runs out of memory in a frame."""

        def __init__(self, *_: object) -> None:
            self.notices: list[str] = []

        def start(self, *_: object) -> Followed:
            self.frame = 1000
            return self.step()

        def step(self, *_: object) -> Followed:
            self.frame += 1
            if self.frame == fails_at:
                raise ModelError("sam2.1 cannot be run: CUDA out of memory.", "Close other applications.")
            return Followed(walk(self.frame - 1001), 1.0)

    film, find = Found(find_entry("sam2.1-hiera-tiny"), library, (), None), matte_readers.find_network
    imported = replace(find("subjects"), record=Record("isnet-general-use", "", "imported", "", {}))
    here = {"follow": film, "edge": None, "subjects": imported}
    monkeypatch.setattr(matte_readers, "Sam2Follow", Film)
    monkeypatch.setattr(matte_readers, "find_network", lambda role: here[role])
    assert made(shot, "--box", "36,32,28,60") == 0
    said = "".join(capsys.readouterr())
    assert f"instead in frames {fails_at}-1007: give another folder" in said and "out of memory" in said
    assert all(overlap(alpha(shot, 1001 + index), walk(index)) > 0.9 for index in range(FRAMES))
    here["subjects"] = None
    assert made(shot, "--box", "36,32,28,60", output="alone") == 2
    said = capsys.readouterr().err
    assert f"It was to follow the actor in frame {fails_at}; what is done is kept" in said
    assert "Close other applications" in said


def test_without_any_network_the_command_that_gets_one_is_named(
    shot: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (library / "isnet-general-use" / "isnet-general-use.onnx").unlink()
    assert made(shot, "--box", "36,32,28,60") == 2
    assert "actanywhere models pull sam2.1-hiera-tiny" in capsys.readouterr().err


def test_metadata_time_code_and_overscan_are_the_plates_and_a_box_is_in_pixels_of_its_display_window(
    tmp_path: Path,
) -> None:
    (tmp_path / "plate").mkdir()
    for index in range(2):
        light = with_body(street(), walk(index)) ** 2.2
        window = {"origin": (-10, -5), "display": (0, 0, SIZE[1] - 20, SIZE[0] - 10)}
        write_still(
            tmp_path / "plate" / f"sc010.{1001 + index}.exr",
            light,
            attributes={"unit": "b", "smpte:TimeCode": ("timecode", (0x01020304 + index, 0))},
            **window,
        )
    assert made_of(tmp_path, "sc010.####.exr", "--box", "26,27,28,60", "--plate-colour", "linear-rec709") == 0
    spec, channels = read_layer(tmp_path / "roto" / "sc010_matte.1002.exr")
    assert (spec.x, spec.y, spec.full_width) == (-10, -5, SIZE[1] - 20)
    assert spec.get_string_attribute("unit") == "b"
    assert tuple(spec.getattribute("smpte:TimeCode")) == (0x01020305, 0), (
        "of this frame, and not of the first"
    )
    assert overlap(channels["A"], walk(1)) > 0.85


def made_of(folder: Path, name: str, *words: str) -> int:
    plate = str(folder / "plate" / name)
    return main(["matte", "--quiet", "--plate", plate, "--output", str(folder / "roto"), *words])


def test_memory_does_not_grow_with_the_shot(tmp_path: Path) -> None:
    (tmp_path / "plate").mkdir()
    for index in range(24):
        picture = with_body(street(), body((50 + 2 * index, 62)))
        write_still(
            tmp_path / "plate" / f"a.{index + 1:04d}.png", np.kron(picture, np.ones((3, 3, 1))), "uint8"
        )
    peaks = []
    for last in (8, 24):
        job = MatteJob(
            ImageSequence(str(tmp_path / "plate" / "a.####.png")),
            str(tmp_path / f"to{last}"),
            None,
            Prompts(boxes=("108,96,84,180",)),
        )
        for extra in range(last + 1, 25) if last == 8 else ():
            (tmp_path / "plate" / f"a.{extra:04d}.png").rename(tmp_path / f"later.{extra:04d}.png")
        for extra in range(9, 25) if last == 24 else ():
            (tmp_path / f"later.{extra:04d}.png").rename(tmp_path / "plate" / f"a.{extra:04d}.png")
        tracemalloc.start()
        write_matte(job, JobProgress(lambda one: None, lambda: False, matte_stages()))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.15 * peaks[0]


@pytest.mark.skipif(
    "ACTANYWHERE_TEST_ISNET" not in os.environ, reason="ACTANYWHERE_TEST_ISNET names no ISNet file"
)
def test_a_real_network_mattes_the_runner_of_a_real_shot(tmp_path: Path, library: Path) -> None:
    shot = Path(__file__).resolve().parents[3] / "shared/shots/parkour"
    if not shot.is_dir():
        pytest.skip("../shared/shots is not here")
    network = library / "isnet-general-use" / "isnet-general-use.onnx"
    network.unlink()
    network.symlink_to(os.environ["ACTANYWHERE_TEST_ISNET"])
    true = [read_still(path)[..., 0] > 0.5 for path in sorted((shot / "matte").iterdir())[:3]]
    rows, columns = np.nonzero(true[0])
    box = f"{columns.min()},{rows.min()},{np.ptp(columns) + 1},{np.ptp(rows) + 1}"
    (tmp_path / "plate").mkdir()
    for index, path in enumerate(sorted((shot / "plate").iterdir())[:3]):
        (tmp_path / "plate" / f"sc010.{1001 + index}{path.suffix}").symlink_to(path)
    assert made_of(tmp_path, f"sc010.####{path.suffix}", "--box", box) == 0
    for index, one in enumerate(true):
        assert overlap(alpha(tmp_path, 1001 + index) > 0.5, one) > 0.85
