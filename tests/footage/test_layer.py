from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from actanywhere.contract.errors import OutputError
from actanywhere.contract.files import sweep_strays
from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import (
    Plate,
    open_plate,
    write_png,
)
from tests.conftest import Mount
from tests.footage.pictures import ramp, write_still
from tests.layers import write_layer_frame

ATTRIBUTES = {
    "PixelAspectRatio": 2.0,
    "framesPerSecond": ("rational", (24000, 1001)),
    "smpteTimeCode": ("timecode", (0x01020304, 0x01)),
    "worldToCamera": ("matrix", tuple(float(i) for i in range(16))),
    "shotName": "a person",
    "oiio:ColorSpace": "ACEScg",
}


@pytest.fixture
def plate(tmp_path: Path) -> Plate:
    (tmp_path / "in").mkdir()
    path = write_still(
        tmp_path / "in" / "p.exr",
        ramp(28, 44),
        origin=(-2, -2),
        display=(0, 0, 40, 24),
        attributes=ATTRIBUTES,
    )
    return open_plate(ImageSequence(str(path)))


def write(
    path: Path, plate: Plate, background: np.ndarray | None = None, comp: np.ndarray | None = None
) -> int:
    frame = plate.read(1001)
    one = np.ones(frame.pixels.shape[:2], np.float32)
    background = frame.pixels * 0.5 if background is None else background
    comp = frame.pixels if comp is None else comp
    return write_layer_frame(str(path), background, one, comp, one * 0.5, plate.info, frame.attributes, "bg")


def read(path: Path) -> tuple[oiio.ImageSpec, np.ndarray]:
    file = oiio.ImageInput.open(str(path))
    return file.spec(), file.read_image(0, 0, 0, 8, "half")


def test_a_layer_frame_is_one_half_zip_part_with_comp_and_layer(tmp_path: Path, plate: Plate) -> None:
    assert write(tmp_path / "l.exr", plate) == 0
    spec, pixels = read(tmp_path / "l.exr")
    assert spec.channelnames == ("R", "G", "B", "A", "bg.R", "bg.G", "bg.B", "bg.A")
    assert str(spec.format) == "half" and not spec.channelformats
    assert spec.getattribute("compression") == "zip" and spec.getattribute("oiio:subimages") == 1
    assert (pixels[..., 3] == 0.5).all() and (pixels[..., 7] == 1).all()
    assert np.allclose(pixels[..., 4:7], pixels[..., :3] * 0.5, atol=1e-3)


def test_pixels_are_the_given_ones_bit_for_bit_as_half(tmp_path: Path, plate: Plate) -> None:
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].astype(np.float32)
    comp = np.resize(finite[::17], 28 * 44 * 3).reshape(28, 44, 3)
    between = (finite[:-1] + finite[1:]) / 2  # a tie each, for the even one of two halves
    background = np.resize(between[::-17], 28 * 44 * 3).reshape(28, 44, 3)
    write(tmp_path / "l.exr", plate, background, comp)
    _, pixels = read(tmp_path / "l.exr")
    assert np.array_equal(pixels[..., :3].view(np.uint16), comp.astype(np.float16).view(np.uint16))
    assert np.array_equal(pixels[..., 4:7].view(np.uint16), background.astype(np.float16).view(np.uint16))


def test_windows_timecode_rate_and_the_plates_own_attributes_survive(tmp_path: Path, plate: Plate) -> None:
    write(tmp_path / "l.exr", plate)
    spec, _ = read(tmp_path / "l.exr")
    assert (spec.x, spec.y, spec.width, spec.height) == (-2, -2, 44, 28)
    assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 40, 24)
    found = {attribute.name: attribute.value for attribute in spec.extra_attribs}
    assert found["smpteTimeCode"] == (0x01020304, 0x01)
    assert found["framesPerSecond"] == (24000, 1001)
    assert found["PixelAspectRatio"] == 2.0
    assert found["worldToCamera"] == tuple(float(i) for i in range(16))
    assert found["shotName"] == "a person"


@pytest.mark.parametrize(
    ("space", "written"), [("acescg", "acescg"), ("srgb", "linear-rec709"), ("rec709", "linear-rec709")]
)
def test_the_layer_says_its_own_colour_space(tmp_path: Path, plate: Plate, space: str, written: str) -> None:
    plate.info = replace(plate.info, space=space)
    write(tmp_path / "l.exr", plate)
    layer = open_plate(ImageSequence(str(tmp_path / "l.exr")))
    assert layer.info.space == written and layer.warnings == []


def test_values_over_65504_are_clamped_and_counted(tmp_path: Path, plate: Plate) -> None:
    comp = np.zeros((28, 44, 3), np.float32)
    comp[0, :3] = 1e6
    comp[1, 0, 0] = -1e6
    assert write(tmp_path / "l.exr", plate, comp=comp) == 10
    _, pixels = read(tmp_path / "l.exr")
    assert np.isfinite(pixels).all() and pixels[0, 0, 0] == 65504 and pixels[1, 0, 0] == -65504


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_inf_are_never_written(tmp_path: Path, plate: Plate, value: float) -> None:
    bad = np.zeros((28, 44, 3), np.float32)
    bad[3, 3] = value
    with pytest.raises(OutputError, match=r"l\.exr: (3|0) NaN and (3|0) Inf"):
        write(tmp_path / "l.exr", plate, background=bad)
    assert not (tmp_path / "l.exr").exists() and sweep_strays(str(tmp_path)) == []


def test_a_layer_frame_is_replaced_whole_and_leaves_no_strays(tmp_path: Path, plate: Plate) -> None:
    for _ in range(3):
        write(tmp_path / "l.exr", plate)
    assert sorted(os.listdir(tmp_path)) == ["in", "l.exr"]


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path, plate: Plate) -> None:
    with pytest.raises(OutputError, match=r"none/l\.exr"):
        write(tmp_path / "none" / "l.exr", plate)


def test_what_differs_when_read_back_is_not_given_the_name(
    tmp_path: Path, plate: Plate, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actanywhere.footage import layer

    true_flush = layer._compare

    def damaged(temporary: str, path: str, pixels: np.ndarray, names: list[str]) -> None:
        data = bytearray(Path(temporary).read_bytes())
        data[-40] ^= 0xFF
        Path(temporary).write_bytes(bytes(data))
        true_flush(temporary, path, pixels, names)

    monkeypatch.setattr(layer, "_compare", damaged)
    with pytest.raises(OutputError, match=r"l\.exr: cannot be written"):
        write(tmp_path / "l.exr", plate)
    assert sorted(os.listdir(tmp_path)) == ["in"]


@pytest.fixture
def small_disk(mount: Mount) -> Path:
    return mount("size=256k")


@pytest.mark.parametrize("name", ["l.exr", "l.png"])
def test_a_full_disk_is_an_error_that_names_the_file_and_leaves_none(
    small_disk: Path, plate: Plate, name: str
) -> None:
    noise = np.random.default_rng(0).random((400, 400, 3), np.float32)
    one = noise[..., 0]
    info = replace(plate.info, width=400, height=400)
    with pytest.raises(OutputError, match=rf"{name}.*cannot be written") as refused:  # noqa: PT012
        if name == "l.png":
            write_png(str(small_disk / name), noise)
        else:
            write_layer_frame(str(small_disk / name), noise, one, noise, one, info, {})
    assert "free space" in refused.value.remedy
    assert os.listdir(small_disk) == []
    write(small_disk / "small.exr", plate)
    assert os.listdir(small_disk) == ["small.exr"]


def test_a_kill_at_any_moment_leaves_whole_frames_and_sweepable_strays(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np, itertools\n"
        "from actanywhere.footage import write_png\n"
        "p = np.random.default_rng(0).random((300, 300, 3), np.float32)\n"
        "write_png(sys.argv[1] + '/f.0.png', p); print('ready', flush=True)\n"
        "for n in itertools.count(): write_png(f'{sys.argv[1]}/f.{n % 4}.png', p)\n"
    )
    random = np.random.default_rng(5)
    for _ in range(2):
        child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
        assert child.stdout is not None and child.stdout.readline()
        time.sleep(0.2 + float(random.random()) * 0.2)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    sweep_strays(str(tmp_path))
    names = os.listdir(tmp_path)
    assert names and all(name.startswith("f.") for name in names)
    for name in names:
        assert open_plate(ImageSequence(str(tmp_path / name))).read(1001).pixels.shape == (300, 300, 3)


def test_strays_are_swept_and_everything_else_stays(tmp_path: Path) -> None:
    for name in (".l.1001.partial-12-ab.exr", ".hidden", "l.1001.exr", "partial-.exr"):
        (tmp_path / name).write_bytes(b"x")
    assert sweep_strays(str(tmp_path)) == [".l.1001.partial-12-ab.exr"]
    assert sorted(os.listdir(tmp_path)) == [".hidden", "l.1001.exr", "partial-.exr"]
    assert sweep_strays(str(tmp_path / "none")) == []


def test_a_png_holds_the_display_picture_in_16_bit(tmp_path: Path) -> None:
    write_png(str(tmp_path / "c.png"), ramp())
    plate = open_plate(ImageSequence(str(tmp_path / "c.png")))
    assert plate.info.space == "srgb"
    assert np.abs(plate.read(1001).pixels - ramp()).max() <= 1 / 65535
