"""Time code: the codes are SMPTE ST 12-1's, counted by hand; OpenEXR's own library reads the layer's header."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import MovieWriter, open_plate
from actanywhere.footage.timecode import ATTRIBUTE, pack_dpx, read_time_code, said
from tests.footage.ffmpeg import ffmpeg, needs_ffmpeg
from tests.footage.pictures import ramp, write_movie, write_still
from tests.layers import write_layer_frame

# rate, the first picture's code, how many pictures later, and then: hours, minutes, seconds, frames, drop, second half
COUNTED = [
    ("24000/1001", "01:00:00:23", 1, (1, 0, 1, 0, 0, 0)),
    ("24", "23:59:59:23", 1, (0, 0, 0, 0, 0, 0)),
    ("25", "10:00:00:24", 1, (10, 0, 1, 0, 0, 0)),
    ("30000/1001", "00:00:59;29", 1, (0, 1, 0, 2, 1, 0)),
    ("30000/1001", "00:09:59;29", 1, (0, 10, 0, 0, 1, 0)),
    ("30000/1001", "01:00:00;00", 107892, (2, 0, 0, 0, 1, 0)),
    ("30000/1001", "00:00:59.29", 1, (0, 1, 0, 2, 1, 0)),
    ("30000/1001", "00:00:59:29", 1, (0, 1, 0, 0, 0, 0)),
    ("30", "00:00:59:29", 1, (0, 1, 0, 0, 0, 0)),
    ("48000/1001", "01:00:00:46", 1, (1, 0, 0, 23, 0, 1)),
    ("48", "01:00:00:47", 1, (1, 0, 1, 0, 0, 0)),
    ("50", "10:00:00:48", 0, (10, 0, 0, 24, 0, 0)),
    ("50", "10:00:00:48", 1, (10, 0, 0, 24, 0, 1)),
    ("60000/1001", "00:00:59;59", 0, (0, 0, 59, 29, 1, 1)),
    ("60000/1001", "00:00:59;59", 1, (0, 1, 0, 2, 1, 0)),
    ("60", "00:00:00:58", 1, (0, 0, 0, 29, 0, 1)),
    ("120", "01:00:00:116", 2, (1, 0, 0, 29, 0, 1)),
    ("120", "01:00:00:119", 1, (1, 0, 1, 0, 0, 0)),
]


def header(path: Path) -> Any:
    """The header as OpenEXR's own library reads it."""
    return pytest.importorskip("OpenEXR").File(str(path)).header()


def written(plate: Any, frame: int, path: Path) -> Path:
    """A layer of the plate's frame."""
    read = plate.read(frame)
    alpha = np.zeros(read.pixels.shape[:2], np.float32)
    write_layer_frame(str(path), read.pixels, alpha, read.pixels, alpha, plate.info, read.attributes)
    return path


def fields(code: Any) -> tuple[int, ...]:
    return (code.hours, code.minutes, code.seconds, code.frame, int(code.dropFrame), int(code.fieldPhase))


@pytest.mark.parametrize(("rate", "start", "later", "right"), COUNTED)
def test_a_time_code_counts_on_by_the_rules_of_its_rate(
    rate: str, start: str, later: int, right: tuple[int, ...]
) -> None:
    code, _ = read_time_code(start, Fraction(rate))
    assert code is not None
    packed, user = code.packed(later)
    digits = tuple(
        (packed >> shift & 15) + 10 * (packed >> shift + 4 & tens)
        for shift, tens in ((24, 3), (16, 7), (8, 7), (0, 3))
    )
    assert (*digits, packed >> 6 & 1, packed >> 15 & 1) == right
    assert user == 0 and not packed >> 7 & 1, "no colour frame, no user bits"


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "codec", "rate", "start", "second"),
    [
        ("a.mov", "prores_ks", "24000/1001", "01:00:00:23", (1, 0, 1, 0, 0, 0)),
        ("a.mov", "prores_ks", "30000/1001", "00:00:59;29", (0, 1, 0, 2, 1, 0)),
        ("a.mov", "prores_ks", "60000/1001", "00:00:59;59", (0, 1, 0, 2, 1, 0)),
        ("a.mov", "prores_ks", "50", "10:00:00:48", (10, 0, 0, 24, 0, 1)),
        ("a.mp4", "libx264", "25", "10:00:00:24", (10, 0, 1, 0, 0, 0)),
        ("a.mxf", "mpeg2video", "25", "10:00:00:24", (10, 0, 1, 0, 0, 0)),
        ("a.mkv", "libx264", "24", "09:59:59:23", (10, 0, 0, 0, 0, 0)),
    ],
)
def test_the_time_code_of_a_movie_is_in_the_layers_header_where_exr_readers_look(
    tmp_path: Path, name: str, codec: str, rate: str, start: str, second: tuple[int, ...]
) -> None:
    movie = ffmpeg(tmp_path / name, "-timecode", start, "-c:v", codec, rate=rate)
    with open_plate(ImageSequence(str(movie))) as plate:
        found = header(written(plate, 1002, tmp_path / "layer.exr"))
    assert fields(found["timeCode"]) == second
    rates = found["framesPerSecond"]
    assert Fraction(rates.numerator, rates.denominator) == Fraction(rate)
    assert "smpteTimeCode" not in found


def test_the_time_code_of_an_exr_plate_is_passed_on_as_it_is(tmp_path: Path) -> None:
    for frame in (1001, 1002):
        code = ("timecode", (0x81020300 | frame - 1000, 7))  # a binary group flag and user bits are kept too
        write_still(tmp_path / f"p.{frame}.exr", ramp(), attributes={"smpte:TimeCode": code})
    with open_plate(ImageSequence(str(tmp_path / "p.####.exr"))) as plate:
        found = header(written(plate, 1002, tmp_path / "layer.exr"))["timeCode"]
    assert fields(found) == (1, 2, 3, 2, 0, 0) and found.bgf2 and found.userData == 7


@pytest.mark.parametrize(
    ("rate", "coded", "right"),
    [
        (24.0, 0x01000023, (1, 0, 0, 23, 0, 0)),
        (48.0, 0x01000047, (1, 0, 0, 23, 0, 1)),
        (60.0, 0x01000046, (1, 0, 0, 23, 0, 0)),
    ],
)
def test_the_time_code_of_a_dpx_keeps_its_frames_above_thirty(
    tmp_path: Path, rate: float, coded: int, right: tuple[int, ...]
) -> None:
    about = {"smpte:TimeCode": ("timecode", (coded, 0)), "dpx:FrameRate": rate}
    write_still(tmp_path / "p.1001.dpx", ramp(), kind="uint16", attributes=about)
    with open_plate(ImageSequence(str(tmp_path / "p.####.dpx"))) as plate:
        found = header(written(plate, 1001, tmp_path / "layer.exr"))
    assert fields(found["timeCode"]) == right
    assert found["framesPerSecond"].numerator == rate


def test_a_dpx_code_that_cannot_be_is_passed_on_as_it_is() -> None:
    assert pack_dpx(0x01000099, Fraction(60)) == 0x01000099


@pytest.mark.parametrize(
    ("tag", "rate", "said"),
    [
        ("n/a", "24", "'n/a' is not one"),
        ("01:00:00:24", "24", "does not exist at 24 frames a second"),
        ("25:00:00:00", "24", "does not exist"),
        ("00:01:00;00", "30000/1001", "does not exist"),
        ("01:00:00:00", None, "cannot be counted without a frame rate"),
    ],
)
def test_what_is_no_time_code_is_told_and_left_out(tag: str, rate: str | None, said: str) -> None:
    code, warning = read_time_code(tag, Fraction(rate) if rate else None)
    assert code is None and said in warning


def test_drop_frame_at_a_rate_that_drops_none_is_counted_on_and_told(tmp_path: Path) -> None:
    code, warning = read_time_code("01:00:59;23", Fraction(24))
    assert code is not None and code.packed(1) == (0x01010000, 0)
    assert "drop-frame, which 24 frames a second have not" in warning


def test_two_time_codes_that_differ_are_told(tmp_path: Path) -> None:
    import av

    picture = np.full((48, 64, 3), 0.5, np.float32)
    path = write_movie(tmp_path / "p.mov", [picture] * 2, metadata={"timecode": "01:00:00:00"})
    with av.open(str(path)) as source, av.open(str(tmp_path / "q.mkv"), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        stream.metadata["timecode"] = "01:00:00:00"
        copy.metadata["timecode"] = "02:00:00:00"
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    with open_plate(ImageSequence(str(tmp_path / "q.mkv"))) as plate:
        assert any("01:00:00:00, 02:00:00:00; the first is taken" in text for text in plate.warnings)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("00:59:59;28", Fraction(30000, 1001)), ("01:02:03:23", Fraction(24)), ("10:00:00:48", Fraction(50))],
)
def test_a_movie_of_the_comp_begins_at_the_layers_time_code(
    tmp_path: Path, text: str, rate: Fraction
) -> None:
    code = read_time_code(text, rate)[0]
    assert code is not None and said(code.packed(0)[0], rate) == text
    assert said(code.packed(0)[0], Fraction(12)) == ""
    with MovieWriter(str(tmp_path / "c.mov"), rate, 1.0, text) as movie:
        movie.write(np.zeros((16, 16, 3), np.float32))
    with open_plate(ImageSequence(str(tmp_path / "c.mov"))) as plate:
        assert plate.read(1001).attributes[ATTRIBUTE][1] == code.packed(0)
