"""Shot lists as spreadsheets save them: each file is written here byte by byte, as the program it stands for does."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from actanywhere.contract.errors import JobError
from actanywhere.contract.job import Job
from actanywhere.contract.shot import FrameRange
from actanywhere.shotlist import read_shot_list

HEADER = ["plate", "matte", "condition", "output", "frames"]
ROW = ["p.####.exr", "m.####.png", "Plätze/c.png", "o1", "1001-1002"]


def table(separator: str, *rows: list[str], newline: str = "\r\n") -> str:
    return newline.join(separator.join(row) for row in rows) + newline


def jobs(path: Path) -> list[Job]:
    entries = read_shot_list(path)
    for entry in entries:
        if entry.error is not None:
            raise entry.error
    return [entry.job for entry in entries if entry.job is not None]


READ = {
    "comma with a byte order mark": ("﻿" + table(",", HEADER, ROW)).encode(),
    "semicolon, as Excel writes where the comma is decimal": ("﻿" + table(";", HEADER, ROW)).encode(),
    "tabs": table("\t", HEADER, ROW).encode(),
    "Excel's Unicode text, little end first": b"\xff\xfe" + table("\t", HEADER, ROW).encode("utf-16-le"),
    "UTF-16, big end first": b"\xfe\xff" + table("\t", HEADER, ROW).encode("utf-16-be"),
    "a line that says the separator": ("sep=;\r\n" + table(";", HEADER, ROW)).encode(),
    "empty rows between and after": table(",", HEADER, [""] * 5, ROW, [""] * 5, [" "] * 5).encode(),
    "everything in quotes": table(",", [f'"{one}"' for one in HEADER], [f'"{one}"' for one in ROW]).encode(),
    "carriage returns alone": table(",", HEADER, ROW, newline="\r").encode(),
    "capital headers": table(",", [one.title() for one in HEADER], ROW).encode(),
    "spaces behind the separators": table(", ", HEADER, ROW).encode(),
    "empty columns at the end": table(",", [*HEADER, "", ""], [*ROW, "", ""]).encode(),
    "fewer values than the header": table(",", [*HEADER, "seed"], ROW).encode(),
    "a column of notes, marked": table(",", [*HEADER, "# notes"], [*ROW, "fix the roto, please"])
    .replace("fix the roto, please", '"fix the roto,\r\nplease"')
    .encode(),
    "a dash that autocorrect made": table(",", HEADER, [*ROW[:4], "1001\u20131002"]).encode(),
    "bars": table("|", HEADER, ROW).encode(),
}


@pytest.mark.parametrize("name", READ)
def test_a_list_is_read_as_spreadsheets_save_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "shots.csv").write_bytes(READ[name])
    (job,) = jobs(tmp_path / "shots.csv")
    assert job.shot.plate.path == str(tmp_path / "p.####.exr")
    assert job.shot.matte.path == str(tmp_path / "m.####.png")
    assert job.shot.condition.path == str(tmp_path / "Plätze" / "c.png")
    assert job.shot.frames == FrameRange(1001, 1002) and job.output == str(tmp_path / "o1")


def test_headers_are_known_with_spaces_dashes_and_in_american_spelling(tmp_path: Path) -> None:
    header = [
        "Plate",
        "Plate Color",
        "--matte-first",
        "Shadow",
        "Shadow Side",
        "Grow Matte",
        "Condition",
        "OUTPUT",
        "Seed",
    ]
    row = ["p.mov", "srgb", "1", "given", "0,5", "-1,25", "c.png", "o", "7.0"]
    (tmp_path / "shots.csv").write_text(table(";", header, row))
    (job,) = jobs(tmp_path / "shots.csv")
    assert (job.shot.plate.colour, job.shot.matte.first_frame) == ("srgb", 1)
    # A decimal comma, and the ".0" that a spreadsheet puts behind whole numbers.
    assert (job.settings.shadow_side, job.settings.grow_matte, job.settings.seed) == (0.5, -1.25, 7)


@pytest.mark.parametrize(("word", "meant"), [("WAHR", True), ("FAUX", False), ("TRUE", True), ("no", False)])
def test_yes_and_no_are_read_in_the_spreadsheets_own_language(tmp_path: Path, word: str, meant: bool) -> None:
    (tmp_path / "shots.csv").write_text(table(";", [*HEADER, "invert_matte"], [*ROW, word]))
    (job,) = jobs(tmp_path / "shots.csv")
    assert job.settings.invert_matte is meant


@pytest.mark.parametrize("suffix", [".tsv", ".txt", ".CSV"])
def test_a_table_may_have_other_extensions(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"shots{suffix}").write_text(table("\t", HEADER, ROW))
    assert len(jobs(tmp_path / f"shots{suffix}")) == 1


REFUSED = {
    "cp1252": ("s.csv", table(",", HEADER, ROW).encode("cp1252"), "line 2 holds the byte 0xe4", "CSV UTF-8"),
    "a workbook": ("s.xlsx", b"PK\x03\x04" + bytes(40), "is a workbook", "CSV UTF-8"),
    "an old workbook, renamed": ("s.csv", b"\xd0\xcf\x11\xe0" + bytes(40), "is a workbook", "CSV UTF-8"),
    "notes without a mark": (
        "s.csv",
        table(",", [*HEADER, "notes"], [*ROW, "fix roto"]).encode(),
        "Unknown fields: notes",
        "begins with #",
    ),
    "a comma that is not in quotes": (
        "s.csv",
        table(",", HEADER, [*ROW, "b"]).encode(),
        "'b' has no column",
        "commas in quotes",
    ),
    "a value below no name": (
        "s.csv",
        table(",", [*HEADER, ""], [*ROW, "late"]).encode(),
        "'late' has no column",
        "name the column",
    ),
    "a column twice": (
        "s.csv",
        table(",", [*HEADER, "Plate"], [*ROW, "q"]).encode(),
        "plate is there twice",
        "Rename",
    ),
    "no header": ("s.csv", table(",", ROW).encode(), "names no column that is known", "plate,matte"),
    "nothing": ("s.csv", b"", "names no column", "plate,matte"),
    "a header alone": ("s.csv", table(",", HEADER).encode(), "lists no shots", "Add at least one"),
    "zeros": ("s.csv", table(",", HEADER, ROW).encode() + bytes(20), "shot", "Give"),
    "frames that a spreadsheet took for a date": (
        "s.csv",
        table(",", HEADER, [*ROW[:4], "01. Feb"]).encode(),
        "'01. Feb' is not a frame range",
        "1001-1047",
    ),
    "too many frames": (
        "s.csv",
        table(",", HEADER, [*ROW[:4], "1-999999999"]).encode(),
        "more than 1000000",
        "digit",
    ),
    "brackets without end": ("s.json", b"[" * 200000, "too deep in one another", "plate"),
    "UTF-16 that does not say so": (
        "s.csv",
        table(",", HEADER, ROW).encode("utf-16-le"),
        "zero bytes",
        "CSV UTF-8",
    ),
    "a name twice in JSON": (
        "s.json",
        b'[{"plate": "a", "plate": "b"}]',
        "plate is there twice",
        "Remove one",
    ),
    "a number that is none": (
        "s.json",
        b'[{"plate": "a.exr", "condition": "c.png", "output": "o", "matte_white": NaN}]',
        "is nan",
        "Give",
    ),
    "JSON in another encoding": ("s.json", '["ä"]'.encode("cp1252"), "is not in UTF-8", "UTF-8"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_list_that_cannot_be_read_is_refused_with_what_mends_it(tmp_path: Path, name: str) -> None:
    file, raw, said, remedy = REFUSED[name]
    (tmp_path / file).write_bytes(raw)
    began = time.monotonic()
    with pytest.raises(JobError) as caught:
        jobs(tmp_path / file)
    assert said in caught.value.message and remedy in caught.value.remedy
    assert time.monotonic() - began < 2


SHOT = '"name": "s", "plate": {"path": "p.mov"}, "condition": {"path": "c.png"}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 200000, "too deep in one another"),
        ('{"shot":' * 200000, "too deep in one another"),
        ('{"output": "o", "shot": ' + "[" * 900 + "]" * 900 + "}", "it must be a JSON object"),
        (f'{{"output": "o", "shot": {{{SHOT}, "frames": "1-999999999"}}}}', "more than 1000000 frames"),
        (f'{{"output": "o", "shot": {{{SHOT}, "frames": "1-{"9" * 5000}"}}}}', "is not a frame range"),
        ('{"output": "o", "schema": 3, "shot": {}}', "of schema 3"),
        ("", "is not JSON"),
        ("null", "it must be a JSON object"),
        ('{"output": ' + "9" * 5000 + "}", "is not JSON"),
    ],
)
def test_a_hostile_job_is_refused_at_once_and_by_name(text: str, said: str) -> None:
    began = time.monotonic()
    with pytest.raises(JobError) as caught:
        Job.from_json(text)
    assert said in caught.value.message and caught.value.remedy
    assert len(caught.value.message) < 1000 and time.monotonic() - began < 2


def test_a_job_of_before_numbers_its_movies_and_leaves_sequences_their_own(tmp_path: Path) -> None:
    old = {
        "output": "o",
        "shot": {
            "name": "s",
            "plate": {"path": "p.####.exr", "first_frame": 1001, "colour": "auto"},
            "matte": {"path": "m.mov", "channel": "", "first_frame": 7},
            "condition": {"path": "c.png"},
        },
    }
    shot = Job.from_dict(old).shot
    assert (shot.plate.first_frame, shot.matte.first_frame) == (None, 7)
    again = Job.from_json(Job.from_dict({**old, "schema": 2}).to_json()).shot
    assert (again.plate.first_frame, again.matte.first_frame) == (1001, 7)
