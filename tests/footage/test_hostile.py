"""What a hostile or broken file may say of itself: metadata in no encoding, sizes without end, no contents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import ImageSequence, Matte
from actanywhere.footage import open_matte, open_plate
from tests.footage.pictures import ramp, write_movie, write_still
from tests.layers import write_layer_frame

LATIN = "Käthe".encode("cp1252")  # five bytes, one of which is no UTF-8


def patched(path: Path, old: bytes, new: bytes) -> str:
    data = path.read_bytes()
    assert old in data and len(old) == len(new)
    path.write_bytes(data.replace(old, new))
    return str(path)


def test_an_exr_attribute_that_is_no_utf8_is_left_out_and_told(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(), attributes={"owner": "OWNER", "reelName": "A003"})
    with open_plate(ImageSequence(patched(path, b"OWNER", LATIN))) as plate:
        read = plate.read(plate.frames.first)
        assert any("1 of its metadata are not in UTF-8" in text for text in plate.warnings)
        assert np.abs(read.pixels - ramp()).max() < 1e-3
        alpha = np.zeros(read.pixels.shape[:2], np.float32)
        out = str(tmp_path / "layer.exr")
        write_layer_frame(out, read.pixels, alpha, read.pixels, alpha, plate.info, read.attributes)
    written = Path(out).read_bytes()
    assert b"reelName" in written and b"owner" not in written


@pytest.mark.parametrize("name", [b"zebra", b"zzzzz"])
def test_a_name_inside_an_exr_that_is_no_utf8_costs_no_picture(tmp_path: Path, name: bytes) -> None:
    channels = ("R", "G", "B", "zebra.R")
    path = write_still(tmp_path / "p.exr", ramp(channels=4), channels=channels, attributes={"zzzzz": "x"})
    with open_plate(ImageSequence(patched(path, name, b"z\xe4bra"))) as plate:
        assert np.abs(plate.read(plate.frames.first).pixels - ramp(channels=4)[..., :3]).max() < 1e-3
        "\n".join(plate.warnings).encode("utf-8")
        with pytest.raises(FootageError, match=r"no channel 'other'") as caught:
            open_matte(Matte("", "other"), plate)
        caught.value.message.encode("utf-8")


def test_a_movie_tag_that_is_no_utf8_costs_no_picture(tmp_path: Path) -> None:
    picture = np.full((48, 64, 3), 0.5, np.float32)
    path = write_movie(tmp_path / "p.mkv", [picture] * 2, metadata={"title": "TITLE"})
    with open_plate(ImageSequence(patched(path, b"TITLE", LATIN))) as plate:
        assert abs(float(plate.read(1002).pixels.mean()) - 0.5) < 0.01


@pytest.mark.parametrize("extension", ["exr", "png", "jpg", "tif", "dpx", "mov", "mp4", "mxf"])
@pytest.mark.parametrize("contents", [b"", b"\0" * 100, b"not a picture\n"])
def test_a_file_without_contents_is_refused_by_name(tmp_path: Path, extension: str, contents: bytes) -> None:
    path = tmp_path / f"p.1001.{extension}"
    path.write_bytes(contents)
    with pytest.raises(FootageError, match=rf"p\.1001\.{extension}.*cannot be read") as caught:
        open_plate(ImageSequence(str(path)))
    assert caught.value.remedy
