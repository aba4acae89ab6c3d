"""Kinds of still files: read, or refused by name; and what of their headers the layer takes over."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image

from actanywhere.contract.errors import FootageError, OutputError
from actanywhere.contract.shot import Condition, ImageSequence, Matte
from actanywhere.footage import layer as layer_module
from actanywhere.footage import open_matte, open_plate, read_condition
from tests.footage.pictures import ramp, write_still
from tests.layers import write_layer_frame

FULL = {"subsampling": "4:4:4"}
BLOCKS = (
    (np.random.default_rng(5).integers(0, 2, (6, 10, 3)) * 200).astype(np.uint8).repeat(16, 0).repeat(16, 1)
)


def _deep(path: Path) -> Path:
    names, kinds = ("R", "G", "B", "A", "Z"), (oiio.TypeDesc("float"),) * 5
    spec = oiio.ImageSpec(8, 6, 5, "float")
    spec.channelnames, spec.deep = names, True
    data = oiio.DeepData()
    data.init(48, 5, kinds, names)
    for pixel in range(48):
        data.set_samples(pixel, 1)
        for channel in range(5):
            data.set_deep_value(pixel, channel, 0, 0.5)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec) and output.write_deep_image(data) and output.close()
    return path


def test_a_deep_exr_is_refused_as_deep_by_every_reader(tmp_path: Path) -> None:
    deep = str(_deep(tmp_path / "d.exr"))
    plate = open_plate(ImageSequence(str(write_still(tmp_path / "p.exr", ramp(6, 8)))))
    with pytest.raises(FootageError, match="a deep EXR"):
        open_plate(ImageSequence(deep))
    with pytest.raises(FootageError, match="a deep EXR"):
        open_matte(Matte(deep), plate)
    with pytest.raises(FootageError, match="a deep EXR") as refused:
        read_condition(Condition(deep))
    assert "DeepToImage" in refused.value.remedy


def test_luminance_and_chroma_are_refused_by_name(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(6, 8), channels=("Y", "RY", "BY"))
    with pytest.raises(FootageError, match="luminance and chroma"):
        open_plate(ImageSequence(str(path)))


def chroma_dpx(path: Path) -> Path:
    """A DPX whose header says 4:4:4 Cb, Y, Cr (byte 800: 102)."""
    data = bytearray(write_still(path, ramp(6, 8), "uint8").read_bytes())
    data[800] = 102
    path.write_bytes(data)
    return path


def test_a_dpx_of_luma_and_chroma_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=r"p.dpx: its pixels are in luma and chroma \(CbYCr\)"):
        open_plate(ImageSequence(str(chroma_dpx(tmp_path / "p.dpx"))))


@pytest.mark.parametrize("name", ["p.exr", "p.tif"])
def test_codes_that_were_stored_as_float_are_no_light_and_a_bright_sun_is(tmp_path: Path, name: str) -> None:
    codes = np.round(ramp(24, 32) * 255).astype(np.float32)
    with pytest.raises(FootageError, match="whole numbers alone, up to 255: codes"):
        read_condition(Condition(str(write_still(tmp_path / name, codes, "float")), "background"))
    sun = np.where(ramp(24, 32) > 0.9, np.float32(4096), ramp(24, 32))
    read_condition(Condition(str(write_still(tmp_path / name, sun, "float")), "background"))


@pytest.mark.parametrize(("name", "kind"), [("p.exr", "uint"), ("p.tif", "int")])
def test_whole_numbers_of_32_bits_are_no_colours(tmp_path: Path, name: str, kind: str) -> None:
    path = write_still(tmp_path / name, ramp(6, 8) / 2**24, kind)
    with pytest.raises(FootageError, match="R, G, B are whole numbers of 32 bits"):
        open_plate(ImageSequence(str(path)))


@pytest.mark.parametrize(
    "compression", ["none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab"]
)
def test_every_compression_of_exr_is_read(tmp_path: Path, compression: str) -> None:
    path = write_still(tmp_path / "p.exr", ramp(40, 60), attributes={"compression": compression})
    tolerance = 0.02 if compression[:3] in ("b44", "dwa") else 1e-3
    assert np.abs(open_plate(ImageSequence(str(path))).read(1001).pixels - ramp(40, 60)).max() < tolerance


def _texture(path: Path) -> Path:
    """A tiled, mip-mapped texture, by OpenImageIO's maketx."""
    buffer = oiio.ImageBuf(oiio.ImageSpec(64, 48, 3, "half"))
    buffer.set_pixels(oiio.ROI(), ramp(48, 64))
    assert oiio.ImageBufAlgo.make_texture(oiio.MakeTxTexture, buffer, str(path))
    return path


def test_the_layer_of_a_texture_is_a_plain_file_that_others_read(tmp_path: Path) -> None:
    plate = open_plate(ImageSequence(str(_texture(tmp_path / "p.exr"))))
    frame, one = plate.read(1001), np.ones((48, 64), np.float32)
    assert np.abs(frame.pixels - ramp(48, 64)).max() < 1e-3
    out = tmp_path / "l.exr"
    attributes = frame.attributes | {"cryptomatte/abc1234/name": ("string", "CryptoObject")}
    write_layer_frame(str(out), frame.pixels, one, frame.pixels, one, plate.info, attributes)
    spec = oiio.ImageInput.open(str(out)).spec()
    found = {attribute.name for attribute in spec.extra_attribs}
    assert not found & {"textureformat", "wrapmodes", "fovcot"}
    assert not [name for name in found if name.startswith(("maketx", "cryptomatte/"))]
    assert spec.tile_width == 0
    if shutil.which("exrheader"):
        header = subprocess.run(["exrheader", str(out)], capture_output=True, text=True, check=True).stdout
        assert "single tile" not in header and "generated_bg.R" in header and "mipmap" not in header


def test_a_layer_that_cannot_be_read_back_says_so_and_speaks_of_no_free_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plate = open_plate(ImageSequence(str(_texture(tmp_path / "p.exr"))))
    frame, one = plate.read(1001), np.ones((48, 64), np.float32)
    # As it was: the texture's own attributes in the layer make OpenImageIO refuse it.
    monkeypatch.setattr(layer_module, "_OWN", frozenset())
    with pytest.raises(OutputError) as refused:
        write_layer_frame(
            str(tmp_path / "l.exr"), frame.pixels, one, frame.pixels, one, plate.info, frame.attributes
        )
    assert "attribute of the plate" in refused.value.remedy and "free space" not in refused.value.remedy
    assert not (tmp_path / "l.exr").exists()


def _by_pillow(path: Path) -> None:
    options = {
        ".webp": {"lossless": True},
        ".jp2": {"irreversible": False},
        ".avif": {"quality": 100, "subsampling": "4:4:4"},
    }
    Image.fromarray(BLOCKS).save(path, **options.get(path.suffix, {}))


def _by_command(*command: str) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("extension", "close"),
    [("webp", 1e-6), ("jp2", 1e-6), ("tga", 1e-6), ("bmp", 1e-6), ("sgi", 1e-6), ("ppm", 1e-6), ("avif", 0.1)]
    + [("gif", 1e-6), ("psd", 1e-6), ("jxl", 1e-6), ("hdr", 0.02), ("heic", 0.1)],
)  # fmt: skip
def test_a_still_of_another_writer_serves_as_plate_matte_and_condition(
    tmp_path: Path, extension: str, close: float
) -> None:
    path, source = tmp_path / f"c.{extension}", tmp_path / "source.png"
    Image.fromarray(BLOCKS).save(source)
    wanted = BLOCKS / np.float32(255)
    if extension == "psd":
        _by_command("/usr/bin/convert", str(source), str(path))
    elif extension == "jxl":
        _by_command("cjxl", str(source), str(path), "-d", "0")
    elif extension == "heic":
        _by_command("heif-enc", "-L", str(source), "-o", str(path))
    elif extension == "hdr":
        _by_command(
            "/usr/bin/convert", str(source), "-colorspace", "RGB", "-set", "colorspace", "RGB", str(path)
        )
        wanted = np.where(BLOCKS > 0, np.float32(((200 / 255 + 0.055) / 1.055) ** 2.4), np.float32(0))
    else:
        _by_pillow(path)
    with open_plate(ImageSequence(str(path))) as plate:
        assert np.abs(plate.read(1001).pixels - wanted).max() < close
        with open_matte(Matte(str(path), "G"), plate) as matte:
            assert np.abs(matte.read(1001) - wanted[..., 1]).max() < close
        assert read_condition(Condition(str(path))).pixels.shape == wanted.shape


@pytest.mark.parametrize("extension", ["jpg", "tif"])
def test_cmyk_is_brought_to_rgb_as_pillow_does(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"c.{extension}"
    Image.fromarray(BLOCKS).convert("CMYK").save(path, **({"quality": 100} if extension == "jpg" else {}))
    wanted = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    assert np.abs(open_plate(ImageSequence(str(path))).read(1001).pixels - wanted).max() < 0.02


@pytest.mark.parametrize(
    ("extension", "what"),
    [("gif", "pictures"), ("png", "pictures"), ("tif", "pages"), ("webp", "pictures"), ("avif", "pictures")],
)
def test_of_several_pictures_in_a_file_the_first_is_taken_and_that_is_told(
    tmp_path: Path, extension: str, what: str
) -> None:
    path = tmp_path / f"c.{extension}"
    second = Image.fromarray(255 - BLOCKS)
    options = {"webp": {"lossless": True}, "avif": FULL}.get(extension, {})
    Image.fromarray(BLOCKS).save(path, save_all=True, append_images=[second], **options)
    with open_plate(ImageSequence(str(path))) as plate:
        assert np.abs(plate.read(1001).pixels - BLOCKS / 255).mean() < 0.02
        assert any("the first of its" in one and what in one for one in plate.warnings)


def test_a_heic_without_its_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "c.heic").write_bytes(b"")
    with pytest.raises(FootageError, match="pillow-heif") as refused:
        read_condition(Condition(str(tmp_path / "c.heic")))
    assert "PNG or TIFF" in refused.value.remedy


@pytest.mark.parametrize("extension", ["avif", "heic", "jxl", "psd", "webp", "hdr", "jp2", "tga"])
def test_a_file_that_is_cut_off_is_refused_by_its_name(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"c.{extension}"
    path.write_bytes(b"\0" * 200)
    with pytest.raises(FootageError, match=rf"c\.{extension}.*cannot be read"):
        read_condition(Condition(str(path)))
