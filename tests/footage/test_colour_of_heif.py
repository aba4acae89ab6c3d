"""The colour of AVIF, JPEG XL, Cineon and DPX files, by the numbers that stand in them."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import linearise, open_plate
from actanywhere.footage.headers import heif_properties
from tests.footage.ffmpeg import ffmpeg, needs_ffmpeg

CODE = 128
PQ, HLG, SRGB, UNSAID = 16, 18, 13, 2
BT709, BT2020, P3 = 1, 9, 12


def _avif(path: Path, primaries: int, transfer: int) -> Path:
    """A grey AVIF of Pillow's, with other numbers in its colour box (ISO 14496-12)."""
    Image.new("RGB", (16, 12), (CODE,) * 3).save(path, quality=100)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"colrnclx") + 8
    struct.pack_into(">2H", raw, at, primaries, transfer)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("primaries", "transfer", "space"),
    [
        (BT2020, PQ, "Rec.2100-PQ - Display"),
        (BT2020, HLG, "Rec.2100-HLG - Display"),
        (P3, SRGB, "sRGB Encoded P3-D65"),
        (BT709, SRGB, "srgb"),
        (UNSAID, UNSAID, "srgb"),
    ],
)
def test_the_colour_box_of_an_avif_is_heeded(
    tmp_path: Path, primaries: int, transfer: int, space: str
) -> None:
    path = _avif(tmp_path / "p.avif", primaries, transfer)
    assert heif_properties(str(path))[0][:2] == (primaries, transfer)  # type: ignore[index]
    assert open_plate(ImageSequence(str(path))).info.space == space


def test_a_pq_avif_has_the_light_that_st_2084_gives_its_codes(tmp_path: Path) -> None:
    plate = open_plate(ImageSequence(str(_avif(tmp_path / "p.avif", BT2020, PQ))))
    # SMPTE ST 2084 of 128/255, over 100 cd/m²; a grey is the same in every gamut with the same white.
    power = (CODE / 255) ** (32 / 2523)
    light = (max(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)) ** (16384 / 2610) * 100
    assert np.allclose(linearise(plate.read(1001).pixels, plate.info.space), light, rtol=0.03)


def test_an_avif_without_a_colour_box_is_srgb_by_custom(tmp_path: Path) -> None:
    path = _avif(tmp_path / "p.avif", BT709, SRGB)
    path.write_bytes(path.read_bytes().replace(b"colrnclx", b"freenclx"))
    assert heif_properties(str(path))[0] is None


@pytest.mark.skipif(shutil.which("avifenc") is None, reason="the command avifenc is not here")
def test_more_than_eight_bits_of_an_avif_are_told(tmp_path: Path) -> None:
    Image.new("RGB", (16, 12), (CODE,) * 3).save(tmp_path / "p.png")
    words = ["avifenc", "-d", "10", "--cicp", "9/16/9", str(tmp_path / "p.png"), str(tmp_path / "p.avif")]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    plate = open_plate(ImageSequence(str(tmp_path / "p.avif")))
    assert any("10 bits a channel are read as 8" in one for one in plate.warnings)
    assert plate.info.space == "Rec.2100-PQ - Display"


@pytest.mark.skipif(shutil.which("cjxl") is None, reason="the command cjxl is not here")
@pytest.mark.parametrize(
    ("said", "space"),
    [("RGB_D65_202_Rel_PeQ", "Rec.2100-PQ - Display"), ("RGB_D65_SRG_Rel_Lin", "linear-rec709")],
)
def test_the_colour_of_a_jpeg_xl_is_heeded(tmp_path: Path, said: str, space: str) -> None:
    codes = np.random.default_rng(1).integers(0, 256, (24, 40, 3), np.uint8)
    Image.fromarray(codes).save(tmp_path / "p.ppm")
    words = ["cjxl", "p.ppm", "p.jxl", "-d", "0", "-x", f"color_space={said}"]
    subprocess.run(words, check=True, capture_output=True, timeout=60, cwd=tmp_path)
    plate = open_plate(ImageSequence(str(tmp_path / "p.jxl")))
    assert plate.info.space == space and np.allclose(plate.read(1001).pixels, codes / 255, atol=1e-3)


def imagemagick() -> bool:
    """Whether ``convert`` is here and is ImageMagick's: others bear that name."""
    if shutil.which("convert") is None:
        return False
    said = subprocess.run(["convert", "-version"], capture_output=True, text=True)
    return "Version: ImageMagick" in said.stdout


@needs_ffmpeg
def test_a_dpx_that_says_linear_is_taken_so_and_told(tmp_path: Path) -> None:
    plate = open_plate(ImageSequence(str(ffmpeg(tmp_path / "p.dpx", "-pix_fmt", "gbrp10le", frames=1))))
    assert plate.info.space == "linear-rec709"
    assert any("FFmpeg says that of every DPX" in one for one in plate.warnings)


@pytest.mark.skipif(not imagemagick(), reason="ImageMagick's convert is not here")
def test_a_cineon_file_is_read_as_cineon_log_and_told(tmp_path: Path) -> None:
    Image.new("RGB", (40, 24), (CODE,) * 3).save(tmp_path / "p.png")
    words = ["convert", "p.png", "-depth", "10", "p.cin"]
    subprocess.run(words, check=True, capture_output=True, timeout=60, cwd=tmp_path)
    plate = open_plate(ImageSequence(str(tmp_path / "p.cin")))
    assert plate.info.space == "Cineon" and any("Cineon log" in one for one in plate.warnings)
