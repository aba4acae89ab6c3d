"""What does not agree within a shot: frames of two spaces, a matte of another rate or shape, several streams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import ImageSequence, Matte
from actanywhere.footage import open_matte, open_plate
from tests.footage.ffmpeg import ffmpeg, needs_ffmpeg
from tests.footage.pictures import ramp, write_still

ACESCG = (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767)
GREY = np.full((24, 40, 3), 0.5, np.float32)
NTSC = "24000/1001"


def _two_spaces(folder: Path) -> str:
    write_still(folder / "p.0001.exr", GREY)
    write_still(folder / "p.0002.exr", GREY, attributes={"chromaticities": ("float[8]", ACESCG)})
    return str(folder / "p.####.exr")


def test_a_plate_whose_frames_are_of_two_colour_spaces_is_refused_with_the_frame(tmp_path: Path) -> None:
    with pytest.raises(
        FootageError, match=r"\(frame 2\): its colour space is acescg.*first frame's is lin"
    ) as one:
        open_plate(ImageSequence(_two_spaces(tmp_path)))
    assert "--plate-colour" in one.value.remedy


def test_a_colour_space_that_is_said_holds_for_every_frame(tmp_path: Path) -> None:
    plate = open_plate(ImageSequence(_two_spaces(tmp_path), colour="acescg"))
    assert plate.info.space == "acescg" and (plate.read(2).pixels == 0.5).all()


def test_frames_of_other_depths_are_one_plate(tmp_path: Path) -> None:
    write_still(tmp_path / "p.1.png", GREY, kind="uint8")
    write_still(tmp_path / "p.2.png", GREY, kind="uint16")
    plate = open_plate(ImageSequence(str(tmp_path / "p.#.png")))
    assert np.abs(plate.read(1).pixels - plate.read(2).pixels).max() <= 0.5 / 255


@needs_ffmpeg
def test_a_matte_movie_of_another_rate_is_told_but_24_and_23_976_are_one(tmp_path: Path) -> None:
    plate = open_plate(ImageSequence(str(ffmpeg(tmp_path / "p.mkv", "-c:v", "ffv1", rate=NTSC, frames=1))))
    for rate, told in (("25", True), ("24", False)):
        path = ffmpeg(tmp_path / f"m{rate}.mkv", "-c:v", "ffv1", "-pix_fmt", "gray", rate=rate, frames=1)
        with open_matte(Matte(str(path)), plate) as matte:
            assert any("25 frames a second, the plate 23.976" in one for one in matte.warnings) is told


@pytest.mark.parametrize(("aspect", "told"), [(2.0, False), (1.0, True)])
def test_a_matte_of_another_pixel_aspect_than_the_plates_is_told(
    tmp_path: Path, aspect: float, told: bool
) -> None:
    plate = open_plate(
        ImageSequence(str(write_still(tmp_path / "p.exr", ramp(), attributes={"PixelAspectRatio": 2.0})))
    )
    path = write_still(
        tmp_path / "m.exr", ramp(channels=1), channels=("A",), attributes={"PixelAspectRatio": aspect}
    )
    with open_matte(Matte(str(path)), plate) as matte:
        assert any("pixel aspect is 1, the plate's 2" in one for one in matte.warnings) is told


def test_a_matte_that_says_no_pixel_aspect_has_the_plates(tmp_path: Path) -> None:
    plate = open_plate(
        ImageSequence(str(write_still(tmp_path / "p.exr", ramp(), attributes={"PixelAspectRatio": 2.0})))
    )
    path = write_still(tmp_path / "m.png", ramp(channels=1), kind="uint8")
    with open_matte(Matte(str(path)), plate) as matte:
        assert not any("pixel aspect" in one for one in matte.warnings)


@needs_ffmpeg
def test_of_several_video_streams_the_first_is_read_and_that_is_told(tmp_path: Path) -> None:
    red = ["-f", "lavfi", "-i", "color=red:size=64x48:rate=25"]
    path = ffmpeg(tmp_path / "p.mkv", "-map", "0", "-map", "1", "-c:v", "ffv1", inputs=red, frames=1)
    plate = open_plate(ImageSequence(str(path)))
    assert any("holds 2 video streams; the first is read" in one for one in plate.warnings)
    # The test pattern, not the red one.
    assert plate.read(1001).pixels[..., 2].max() > 0.9


@needs_ffmpeg
def test_a_movie_with_both_views_in_a_picture_is_told(tmp_path: Path) -> None:
    words = ("-c:v", "ffv1", "-metadata:s:v:0", "stereo_mode=left_right")
    plate = open_plate(ImageSequence(str(ffmpeg(tmp_path / "p.mkv", *words, frames=1))))
    assert any("stereoscopic" in one for one in plate.warnings)
