"""Names and numbers of files as strangers write them: found, or refused with the words that mend it."""

from __future__ import annotations

import os
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actanywhere.contract.errors import FootageError, JobError
from actanywhere.contract.numbering import compact, named_after, numbered_name, numbering_remedy, stem_of
from actanywhere.contract.sequences import find_footage, sequences_in
from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.footage import open_matte, open_plate
from tests.footage.ffmpeg import ffmpeg, needs_ffmpeg
from tests.footage.pictures import ramp, write_still


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def numbers(folder: Path, pattern: str) -> dict[int, str]:
    found = find_footage(ImageSequence(str(folder / pattern)))
    return {frame: os.path.basename(path) for frame, path in found.files.items()}


# pattern, and the names of frames 1 and 2
SPELLINGS = [
    ("sh010-####.exr", "sh010-0001.exr", "sh010-0002.exr"),
    ("shot010_v02.####.exr", "shot010_v02.0001.exr", "shot010_v02.0002.exr"),
    ("SQ01_SH010-%04d.exr", "SQ01_SH010-0001.exr", "SQ01_SH010-0002.exr"),
    ("render_v2####.exr", "render_v20001.exr", "render_v20002.exr"),
    ("a1####.png", "a10001.png", "a10002.png"),
    ("take1,####.exr", "take1,0001.exr", "take1,0002.exr"),
    ("shot#1.####.exr", "shot#1.0001.exr", "shot#1.0002.exr"),
    ("me@home.####.exr", "me@home.0001.exr", "me@home.0002.exr"),
    ("my plate (1) [v2].####.exr", "my plate (1) [v2].0001.exr", "my plate (1) [v2].0002.exr"),
    ("100%.####.exr", "100%.0001.exr", "100%.0002.exr"),
    ("-dash.####.exr", "-dash.0001.exr", "-dash.0002.exr"),
    ("p.%d.exr", "p.1.exr", "p.2.exr"),
    ("p.%05d.exr", "p.00001.exr", "p.00002.exr"),
    ("p.@@@.exr", "p.001.exr", "p.002.exr"),
    ("p.$F4.exr", "p.0001.exr", "p.0002.exr"),
    ("p.$F.exr", "p.1.exr", "p.2.exr"),
    ("p.${F4}.exr", "p.0001.exr", "p.0002.exr"),
    ("p_[####].exr", "p_0001.exr", "p_0002.exr"),
    ("p_[####].png", "p_[0001].png", "p_[0002].png"),
    ("A001_[0001-0002].dpx", "A001_0001.dpx", "A001_0002.dpx"),
    ("p.1-2#.exr", "p.0001.exr", "p.0002.exr"),
    ("p.1-2@@@@.exr", "p.0001.exr", "p.0002.exr"),
    ("p.1-2%04d.exr", "p.0001.exr", "p.0002.exr"),
    ("p.1-2.exr", "p.0001.exr", "p.0002.exr"),
    ("p.%04d.exr 1-2", "p.0001.exr", "p.0002.exr"),
    ("ComfyUI_#####_.png", "ComfyUI_00001_.png", "ComfyUI_00002_.png"),
    ("####.png", "0001.png", "0002.png"),
    ("%05d.jpg", "00001.jpg", "00002.jpg"),
    ("####_mask.png", "0001_mask.png", "0002_mask.png"),
    ("frame####_obj1.png", "frame0001_obj1.png", "frame0002_obj1.png"),
    ("C0001.####.TIF", "C0001.0001.TIF", "C0001.0002.TIF"),
    ("プレート.####.exr", "プレート.0001.exr", "プレート.0002.exr"),
    ("plate.####.left.exr", "plate.0001.left.exr", "plate.0002.left.exr"),
]


@pytest.mark.parametrize(("pattern", "one", "two"), SPELLINGS, ids=[spelling[0] for spelling in SPELLINGS])
def test_every_spelling_of_the_frame_number_finds_its_files(
    tmp_path: Path, pattern: str, one: str, two: str
) -> None:
    touch(tmp_path, one, two, "another.0001.exr", "matte.0003.png")
    assert numbers(tmp_path, pattern) == {1: one, 2: two}


@pytest.mark.parametrize(
    "pattern", ["p.####.exr", "p.%04d.exr", "p.@@@@.exr", "p.$F4.exr", "p.#.exr", "p.1-3#.exr"]
)
def test_fileseq_finds_the_same_files(tmp_path: Path, pattern: str) -> None:
    fileseq = pytest.importorskip("fileseq")
    touch(tmp_path, "p.0001.exr", "p.0002.exr", "p.0003.exr", "p.0001.png", "q.0001.exr")
    theirs = fileseq.findSequenceOnDisk(str(tmp_path / pattern))
    assert sorted(numbers(tmp_path, pattern)) == sorted(theirs.frameSet())


@given(
    head=st.text("abc.,_- #@%$[](){}+1v", max_size=8).filter(
        lambda text: not text.endswith(("-", "[", "#", "%", "$")) and text[:2] != "._"  # macOS' own
    ),
    frames=st.sets(st.integers(0, 9999), min_size=1, max_size=5),
)
def test_whatever_stands_before_the_padding_is_meant_letter_by_letter(
    tmp_path_factory: pytest.TempPathFactory, head: str, frames: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("n")
    touch(folder, *(f"{head}{frame:04d}.exr" for frame in frames))
    assert sorted(numbers(folder, f"{head}####.exr")) == sorted(frames)


def test_accents_are_the_same_however_they_are_composed(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "plät.0001.exr")
    touch(tmp_path, apart, unicodedata.normalize("NFD", "stillä.exr"))
    assert list(numbers(tmp_path, unicodedata.normalize("NFC", "plät.####.exr"))) == [1]
    assert find_footage(ImageSequence(str(tmp_path / "stillä.exr"))).kind == "still"


@pytest.mark.parametrize("name", ["PLATE.0001.EXR", "Plate.0001.Png", "x.0001.JPEG", "x.0001.TIFF"])
def test_capital_extensions_are_read(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    assert list(numbers(tmp_path, name.replace("0001", "####"))) == [1]


@pytest.mark.parametrize(
    ("names", "frames"),
    [
        (["p.-0002.exr", "p.-0001.exr", "p.0000.exr", "p.0001.exr"], [-2, -1, 0, 1]),
        (["p.7.exr", "p.0007.exr", "p.0008.exr"], [7, 8]),
        (["p.9999.exr", "p.10000.exr"], [9999, 10000]),
    ],
)
def test_frames_may_be_negative_zero_or_beyond_the_padding(
    tmp_path: Path, names: list[str], frames: list[int]
) -> None:
    touch(tmp_path, *names)
    found = numbers(tmp_path, "p.####.exr")
    assert list(found) == frames and found.get(7, "p.0007.exr") == "p.0007.exr"


def test_a_dash_before_the_number_is_no_minus_where_it_belongs_to_the_name(tmp_path: Path) -> None:
    touch(tmp_path, "render-0001.exr", "render-0002.exr")
    assert list(numbers(tmp_path, "render-####.exr")) == [1, 2]
    with pytest.raises(FootageError, match=r"no file matches this pattern; there is render-####\.exr"):
        numbers(tmp_path, "render####.exr")
    touch(tmp_path, "alpha.mov")
    with pytest.raises(FootageError, match=r"no file matches this pattern; there is render-####\.exr\."):
        numbers(tmp_path, "rendr-####.exr")


@pytest.mark.parametrize(
    ("path", "said", "remedy"),
    [
        ("p.<UDIM>.exr", "'<UDIM>' does not stand for a frame number", "####"),
        ("p.<f4>.exr", "'<f4>' does not stand for a frame number", "####"),
        ("p.%V.0001.exr", "'%V' does not stand for a frame number", "view"),
        ("p.####.exr", r"no file matches this pattern; there is P.####.EXR", "padding"),
        ("p.exr", "there is no such file; there is P.####.EXR", "Check the path"),
        ("p.mov", "there is no such movie.", "Check the path"),
        ("no/p.####.exr", "cannot be listed", "Check the path"),
        ("p.####", "no extension", "Use EXR"),
        ("roto", "there is no such file or folder", "Check the path"),
        ("p\0.exr", "no file can have such a name", "Check the path"),
        ("x" * 5000 + ".exr", "no file can have such a name", "Check the path"),
        ("p\udce4.####.exr", "not in UTF-8", "Rename it"),
        ("folder.exr", "the folder holds no footage", "Give its files"),
    ],
)
def test_what_is_not_found_is_told_with_what_is_near(
    tmp_path: Path, path: str, said: str, remedy: str
) -> None:
    touch(tmp_path, "P.0001.EXR", "P.0002.EXR")
    (tmp_path / "folder.exr").mkdir()
    with pytest.raises(FootageError) as caught:
        find_footage(ImageSequence(os.path.join(str(tmp_path), path)))
    assert said in caught.value.message and remedy in caught.value.remedy


def test_a_folder_stands_for_the_one_sequence_in_it(tmp_path: Path) -> None:
    touch(tmp_path / "one", "run.1001.exr", "run.1002.exr", "notes.txt", ".run.1003.exr.swp")
    assert find_footage(ImageSequence(str(tmp_path / "one"))).frames == FrameRange(1001, 1002)
    touch(tmp_path / "two", "run.1001.exr", "run.1002.exr", "roto_001.png", "roto_002.png")
    with pytest.raises(FootageError, match=r"is a folder, and holds roto_###\.png, run\.####\.exr"):
        find_footage(ImageSequence(str(tmp_path / "two")))
    touch(tmp_path / "movie", "A001C003.mov")
    assert find_footage(ImageSequence(str(tmp_path / "movie"))).kind == "movie"


def test_the_footage_of_a_folder_is_told_by_the_number_that_runs(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"sh010_v2_{n:03d}_.png" for n in range(3)),
        *(f"b.{n}.s1.exr" for n in range(9, 12)),
        "one.jpg",
    )
    assert sequences_in(str(tmp_path)) == ["b.#.s1.exr", "one.jpg", "sh010_v2_###_.png"]


def test_folders_and_links_that_lead_nowhere_are_no_frames(tmp_path: Path) -> None:
    touch(tmp_path, "p.0001.exr", "p.0004.exr")
    (tmp_path / "p.0002.exr").mkdir()
    os.symlink(tmp_path / "p.0003.exr", tmp_path / "p.0003.exr")  # leads to itself
    os.symlink(tmp_path / "gone.exr", tmp_path / "p.0005.exr")
    assert list(numbers(tmp_path, "p.####.exr")) == [1, 4]
    with pytest.raises(FootageError, match="2 of 4 frames are missing: 2-3"):
        open_plate(ImageSequence(str(tmp_path / "p.####.exr")))


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        ([], ""),
        ([5], "5"),
        ([1, 2, 3, 7], "1-3, 7"),
        ([1, 2, 4], "1-2, 4"),
        ([-1, 0, 1], "-1-1"),
        ([1002, 1004, 1006, 1008], "1002-1008x2"),
        ([1, 4, 7, 10, 11], "1-10x3, 11"),
    ],
)
def test_frames_are_told_as_a_person_writes_them(frames: list[int], said: str) -> None:
    assert compact(frames) == said


def test_very_many_gaps_are_cut_short() -> None:
    squares = [n * n for n in range(10, 1000)]
    assert compact(squares).endswith("and 950 more") and len(compact(squares)) < 400


def test_where_two_paddings_lie_side_by_side_the_patterns_own_is_read(tmp_path: Path) -> None:
    touch(tmp_path, "p.1.exr", "p.0001.exr", "._p.0001.exr")
    for pattern, name in (("p.%d.exr", "p.1.exr"), ("p.#.exr", "p.1.exr"), ("p.%04d.exr", "p.0001.exr")):
        assert find_footage(ImageSequence(str(tmp_path / pattern))).at(1) == str(tmp_path / name)
    (tmp_path / "p.1.exr").unlink()
    assert find_footage(ImageSequence(str(tmp_path))).path == str(tmp_path / "p.####.exr")


def test_a_plate_on_twos_is_told_as_such(tmp_path: Path) -> None:
    touch(tmp_path, *(f"p.{n}.exr" for n in range(1001, 1010, 2)))
    with pytest.raises(FootageError) as caught:
        open_plate(ImageSequence(str(tmp_path / "p.####.exr")))
    assert "4 of 9 frames are missing: 1002-1008x2" in caught.value.message
    assert "Only one frame in 2 is there (1001-1009x2)" in caught.value.remedy


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("p.1-999999999#.exr", ["p.0001.exr"]),
        ("p.[1-999999999].exr", ["p.1.exr"]),
        ("p.#.exr", ["p.1.exr", "p.999999999.exr"]),
        ("p.#.png", ["p.1700000000123456789.png", "p.1.png"]),
    ],
)
def test_ranges_without_end_are_counted_before_they_are_listed(
    tmp_path: Path, pattern: str, names: list[str]
) -> None:
    touch(tmp_path, *names)
    began = time.monotonic()
    with pytest.raises((FootageError, JobError), match="more than 1000000 frames"):
        open_plate(ImageSequence(str(tmp_path / pattern)))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("whole", "wanted", "flag", "movie_first", "remedy"),
    [
        ((1, 4), (1, 4), "--matte-first", None, ""),
        ((0, 3), (1001, 1004), "--matte-first", None, "number it so: --matte-first 1001."),
        (
            (0, 3),
            (1001, 1004),
            "--matte-first",
            1001,
            "--matte-first 1001, or number the plate as it is: --plate-first 0.",
        ),
        (
            (1001, 1004),
            (1, 4),
            "--plate-first",
            None,
            "--plate-first 1. Else choose the frames that are there (1001-1004).",
        ),
        (
            (1001, 1020),
            (1001, 1024),
            "--matte-first",
            None,
            "choose the frames that are there: --frames 1001-1020.",
        ),
        ((1002, 1005), (1001, 1004), "--matte-first", None, "number it so: --matte-first 1001."),
    ],
)
def test_the_remedy_for_numbers_that_do_not_meet_is_the_flag_that_mends_it(
    whole: tuple[int, int], wanted: tuple[int, int], flag: str, movie_first: int | None, remedy: str
) -> None:
    said = numbering_remedy(FrameRange(*whole), FrameRange(*wanted), flag, movie_first)
    assert said.endswith(remedy) and bool(said) == bool(remedy)


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A plate 1001-1004, and mattes 1-4 whose level is their number (n / 10 of white)."""
    for number in range(1, 5):
        write_still(tmp_path / f"p.{1000 + number}.exr", ramp())
        matte = np.full((24, 40, 1), number / 10, np.float32)
        write_still(tmp_path / f"m.{number}.exr", matte, kind="float", channels=("A",))
    return tmp_path


def test_a_matte_numbered_from_one_is_refused_with_the_flag_and_read_with_it(shot: Path) -> None:
    plate = open_plate(ImageSequence(str(shot / "p.####.exr")))
    with pytest.raises(FootageError) as caught:
        open_matte(Matte(str(shot / "m.#.exr")), plate)
    assert "4 of 4 frames are missing: 1001-1004" in caught.value.message
    assert caught.value.remedy.endswith("number it so: --matte-first 1001.")
    matte = open_matte(Matte(str(shot / "m.#.exr"), first_frame=1001), plate)
    assert [round(float(matte.read(frame).max()), 3) for frame in plate.frames] == [0.1, 0.2, 0.3, 0.4]


def test_a_plate_may_be_given_other_numbers(shot: Path) -> None:
    plate = open_plate(ImageSequence(str(shot / "p.####.exr"), first_frame=0))
    assert plate.frames == FrameRange(0, 3)
    with pytest.raises(FootageError) as caught:
        open_plate(ImageSequence(str(shot / "p.####.exr")), FrameRange(1, 4))
    assert "--plate-first 1. " in caught.value.remedy


def test_a_matte_with_a_gap_names_the_frames_and_one_that_goes_on_is_told(shot: Path) -> None:
    plate = open_plate(ImageSequence(str(shot / "p.####.exr")))
    write_still(shot / "m.5.exr", np.zeros((24, 40, 1), np.float32), kind="float", channels=("A",))
    matte = open_matte(Matte(str(shot / "m.#.exr"), first_frame=1001), plate)
    assert any("the matte has the frames 1001-1005, the plate 1001-1004" in text for text in matte.warnings)
    os.remove(shot / "m.3.exr")
    with pytest.raises(FootageError, match="1 of 4 frames are missing: 1003"):
        open_matte(Matte(str(shot / "m.#.exr"), first_frame=1001), plate)


@needs_ffmpeg
def test_a_movie_and_its_matte_share_their_numbers(tmp_path: Path) -> None:
    plate = ffmpeg(tmp_path / "p.mov", "-c:v", "prores_ks", frames=4)
    matte = ffmpeg(tmp_path / "m.mov", "-c:v", "prores_ks", frames=4)
    with open_plate(ImageSequence(str(plate), first_frame=87)) as opened:
        assert opened.frames == FrameRange(87, 90)
        open_matte(Matte(str(matte)), opened).close()
        with pytest.raises(
            FootageError, match="frames 87-90 are asked for, but the movie holds 1-4"
        ) as caught:
            open_matte(Matte(str(matte), first_frame=1), opened)
        assert "--matte-first 87, or number the plate as it is: --plate-first 1" in caught.value.remedy


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("/s/man_run.####.exr", "man_run"),
        ("/s/man_run.1001-1047#.exr", "man_run"),
        ("/s/man_run.mov", "man_run"),
        ("/s/sh010-%04d.exr", "sh010"),
        ("/s/shot#1.####.exr", "shot_1"),
        ("/s/a [v2].####.exr", "a _v2"),
        ("/s/run/", "run"),
        ("/s/####.png", ""),
    ],
)
def test_a_shot_is_called_after_its_plate_without_signs_that_mean_something(path: str, stem: str) -> None:
    assert stem_of(path) == stem


@pytest.mark.parametrize(
    ("plate", "first"),
    [
        ("/s/man_run.####.exr", "man_run_matte.0007.exr"),
        ("/s/man_run.#.exr", "man_run_matte.0007.exr"),
        ("/s/bear/#####.jpg", "bear_matte.00007.exr"),
        ("/s/bear/%06d.jpg", "bear_matte.000007.exr"),
        ("/s/sh010.v2/####.jpg", "sh010.v2_matte.0007.exr"),
        ("/s/man_run.mov", "man_run_matte.0007.exr"),
        ("#####.jpg", "shot_matte.00007.exr"),
    ],
)
def test_what_is_made_of_a_plate_has_its_name_or_its_folders_and_its_digits(plate: str, first: str) -> None:
    assert numbered_name("/v##/" + named_after(plate, "matte"), 7) == "/v##/" + first
