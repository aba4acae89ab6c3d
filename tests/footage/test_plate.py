from __future__ import annotations

import os
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.footage import Window, digest, open_matte, open_plate
from tests.footage.pictures import ramp, write_parts, write_sequence, write_still

SHOTS = Path(__file__).resolve().parents[3] / "shared" / "shots"


@pytest.mark.parametrize(
    "pattern",
    ["p.####.exr", "p.#.exr", "p.%04d.exr", "p.@@@@.exr", "p.$F4.exr", "p.1001-1003#.exr"],
)
def test_every_pattern_that_fileseq_reads_finds_the_same_frames(tmp_path: Path, pattern: str) -> None:
    write_sequence(tmp_path, range(1001, 1004), name="p")
    plate = open_plate(ImageSequence(str(tmp_path / pattern)))
    assert plate.frames == FrameRange(1001, 1003)
    assert np.allclose(plate.read(1002).pixels, ramp(), atol=1e-3)


def test_a_folder_with_brackets_commas_and_spaces_is_found(tmp_path: Path) -> None:
    pattern = write_sequence(tmp_path / "shot [v2], final", range(-1, 2))
    assert open_plate(ImageSequence(pattern)).frames == FrameRange(-1, 1)


def test_all_missing_frames_are_listed_before_anything_is_read(tmp_path: Path) -> None:
    pattern = write_sequence(tmp_path, range(1001, 1011))
    for frame in (1003, 1004, 1008):
        os.remove(tmp_path / f"plate.{frame}.exr")
    with pytest.raises(FootageError, match=r"5 of 12 frames are missing: 1003-1004, 1008, 1011-1012"):
        open_plate(ImageSequence(pattern), FrameRange(1001, 1012))
    with pytest.raises(FootageError, match=r"3 of 10 frames are missing: 1003-1004, 1008\."):
        open_plate(ImageSequence(pattern))


def test_frames_that_the_pattern_names_must_be_there(tmp_path: Path) -> None:
    write_sequence(tmp_path, range(1, 4))
    with pytest.raises(FootageError, match="missing: 4-5"):
        open_plate(ImageSequence(str(tmp_path / "plate.1-5#.exr")))


@pytest.mark.parametrize(
    ("frames", "said"),
    [(FrameRange(1, 5), "one still stands for all 5 frames"), (None, "one still is taken")],
)
def test_one_still_stands_for_every_frame_and_says_once_that_a_sequence_lies_beside_it(
    tmp_path: Path, frames: FrameRange | None, said: str
) -> None:
    pattern = write_sequence(tmp_path, range(1001, 1003), "png", kind="uint8")
    plate = open_plate(ImageSequence(str(tmp_path / "plate.1001.png")), frames)
    assert np.array_equal(plate.read(plate.frames.first).pixels, plate.read(plate.frames.last).pixels)
    (warning,) = plate.warnings
    assert said in warning and f"one of 2 numbered files; for all of them give {pattern}" in warning


@pytest.mark.parametrize(
    ("one", "other", "pattern"),
    [
        ("plate1001.png", "plate1002.png", "plate####.png"),
        ("0001.png", "0002.png", "####.png"),
        ("roto_v003.9.png", "roto_v003.10.png", "roto_v003.#.png"),
        ("roto_v003.png", "roto_v002.png", ""),
        ("roto_v0003.png", "roto_v0002.png", ""),
        ("MatteA1.png", "MatteA2.png", ""),
        ("x#1.0002.png", "x#1.0003.png", "x#1.####.png"),
        ("r.%02d.0002.png", "r.%02d.0003.png", "r.%02d.####.png"),
        ("p1-30001.png", "p1-30002.png", "p1-#####.png"),
        ("p.0001.png", "q.0002.png", ""),
    ],
)
def test_a_still_suggests_a_sequence_only_where_it_is_a_frame_of_one(
    tmp_path: Path, one: str, other: str, pattern: str
) -> None:
    for name in (one, other):
        write_still(tmp_path / name, ramp(), "uint8")
    (warning,) = open_plate(ImageSequence(str(tmp_path / one)), FrameRange(1, 5)).warnings
    assert ("numbered" in warning) == bool(pattern)
    if pattern:
        assert warning.endswith(f"for all of them give {tmp_path / pattern}.")
        assert len(open_plate(ImageSequence(str(tmp_path / pattern))).frames) == 2


def test_a_folder_that_cannot_be_listed_costs_the_hint_and_not_the_shot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sequence(tmp_path, range(1001, 1003), "png", kind="uint8")

    def refuse(folder: str) -> None:
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr(os, "scandir", refuse)
    plate = open_plate(ImageSequence(str(tmp_path / "plate.1001.png")), FrameRange(1, 5))
    (warning,) = plate.warnings
    assert "one still stands" in warning and "numbered" not in warning


@pytest.mark.parametrize(
    ("extension", "kind", "step"),
    [("exr", "half", 2**-11), ("exr", "float", 0), ("png", "uint8", 1 / 255), ("png", "uint16", 1 / 65535),
     ("tif", "uint16", 1 / 65535), ("dpx", "uint16", 1 / 65535), ("jpg", "uint8", 0.1)],
)  # fmt: skip
def test_each_format_comes_back_at_its_own_precision(
    tmp_path: Path, extension: str, kind: str, step: float
) -> None:
    path = write_still(tmp_path / f"p.1.{extension}", ramp(), kind)
    pixels = open_plate(ImageSequence(str(path))).read(1001).pixels
    assert pixels.dtype == np.float32 and pixels.flags.c_contiguous
    assert np.abs(pixels - ramp()).max() <= step


def test_a_dpx_whose_frame_rate_was_never_set_has_none(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.1.dpx", ramp(), "uint8", attributes={"dpx:FrameRate": 1e-14})
    assert open_plate(ImageSequence(str(path))).info.fps is None


def test_ten_bit_dpx_keeps_its_ten_bits(tmp_path: Path) -> None:
    codes = np.arange(1024, dtype=np.float32).repeat(3).reshape(1, 1024, 3).repeat(2, 0) / 1023
    path = write_still(tmp_path / "p.1.dpx", codes, "uint16", attributes={"oiio:BitsPerSample": 10})
    plate = open_plate(ImageSequence(str(path)))
    assert len(np.unique(np.round(plate.read(1001).pixels[..., 0] * 1023))) == 1024


def test_channels_are_taken_by_name_and_never_by_position(tmp_path: Path) -> None:
    values = np.broadcast_to(np.float32([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), (4, 6, 6))
    names = ("A", "B", "G", "R", "depth.Z", "Alpha2")
    plate = open_plate(ImageSequence(str(write_still(tmp_path / "p.exr", values, "float", names))))
    frame = plate.read(1001)
    assert np.allclose(frame.pixels[0, 0], [0.4, 0.3, 0.2])


def test_png_colour_is_not_multiplied_by_its_alpha(tmp_path: Path) -> None:
    values = np.broadcast_to(np.float32([0.8, 0.8, 0.8, 0.5]), (4, 6, 4))
    path = write_still(tmp_path / "p.png", values, "uint16", ("R", "G", "B", "A"))
    frame = open_plate(ImageSequence(str(path))).read(1001)
    assert frame.pixels[0, 0, 0] == pytest.approx(0.8, abs=1e-4)


def _keyed() -> tuple[np.ndarray, np.ndarray]:
    """A picture (24, 40, 3) and an alpha (24, 40, 1) with a soft edge, 0 on the left."""
    alpha = np.clip((np.arange(40, dtype=np.float32) - 10) / 8, 0, 1)[None, :, None].repeat(24, 0)
    return ramp() + np.float32(0.2), alpha


def test_an_exr_premultiplied_by_its_alpha_gives_its_own_colours_and_is_told(tmp_path: Path) -> None:
    colour, alpha = _keyed()
    for frame in (1, 2, 3):
        values = (
            np.concatenate([colour * alpha, alpha], -1) if frame > 1 else np.zeros((24, 40, 4), np.float32)
        )
        write_still(
            tmp_path / f"p.{frame}.exr", values, "float", ("R", "G", "B", "A")
        )  # the first is empty yet
    plate = open_plate(ImageSequence(str(tmp_path / "p.#.exr")))
    assert [one for one in plate.warnings if "premultiplied" in one]
    there = alpha[..., 0] > 0.01
    np.testing.assert_allclose(plate.read(2).pixels[there], colour[there], rtol=1e-5)
    np.testing.assert_array_equal(plate.read(2).pixels[alpha[..., 0] == 1], colour[alpha[..., 0] == 1])
    assert not plate.read(2).pixels[alpha[..., 0] == 0].any() and not plate.read(1).pixels.any()


def test_a_straight_exr_that_is_black_where_its_alpha_is_0_is_left_as_it_is(tmp_path: Path) -> None:
    # As the Blender extension writes a render with a transparent film.
    colour, alpha = _keyed()
    values = np.concatenate([colour * (alpha > 0), alpha], -1)
    path = write_still(tmp_path / "p.exr", values, "float", ("R", "G", "B", "A"))
    plate = open_plate(ImageSequence(str(path)))
    assert not [one for one in plate.warnings if "premultiplied" in one]
    np.testing.assert_array_equal(plate.read(1001).pixels, values[..., :3])


def test_a_plate_with_a_roto_in_its_alpha_is_left_as_it_is(tmp_path: Path) -> None:
    colour, alpha = _keyed()
    path = write_still(tmp_path / "p.exr", np.concatenate([colour, alpha], -1), "float", ("R", "G", "B", "A"))
    plate = open_plate(ImageSequence(str(path)))
    assert not [one for one in plate.warnings if "premultiplied" in one]
    np.testing.assert_array_equal(plate.read(1001).pixels, colour)


def test_a_grey_plate_has_three_equal_channels(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.png", ramp(channels=1), "uint16")
    pixels = open_plate(ImageSequence(str(path))).read(1001).pixels
    assert pixels.shape == (24, 40, 3) and np.array_equal(pixels[..., 0], pixels[..., 2])


def test_a_plate_without_main_colour_takes_its_layer_and_says_so(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(), "half", ("beauty.R", "beauty.G", "beauty.B"))
    plate = open_plate(ImageSequence(str(path)))
    assert np.allclose(plate.read(1001).pixels, ramp(), atol=1e-3)
    assert any("beauty.R" in warning for warning in plate.warnings)


def test_a_plate_without_colour_is_refused_with_its_channels(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(channels=1), "half", ("depth.Z",))
    with pytest.raises(FootageError, match=r"depth\.Z"):
        open_plate(ImageSequence(str(path)))


def test_overscan_that_differs_from_frame_to_frame_is_one_raster_black_outside(tmp_path: Path) -> None:
    display = (0, 0, 40, 24)
    write_still(tmp_path / "p.1.exr", np.ones((28, 44, 3)), origin=(-2, -2), display=display)
    write_still(tmp_path / "p.2.exr", np.ones((10, 20, 3)), origin=(5, 6), display=display)
    write_still(tmp_path / "p.3.exr", np.ones((24, 50, 3)), origin=(0, 0), display=display)
    plate = open_plate(ImageSequence(str(tmp_path / "p.#.exr")))
    assert plate.info.data_window == Window(-2, -2, 52, 28)
    assert plate.info.display_window == Window(*display)
    assert (plate.info.width, plate.info.height) == (52, 28)
    second = plate.read(2).pixels
    assert second.shape == (28, 52, 3) and second.sum() == 10 * 20 * 3
    assert second[8:18, 7:27].min() == 1.0


def test_a_frame_of_another_format_is_refused_by_number(tmp_path: Path) -> None:
    write_sequence(tmp_path, range(1, 3))
    write_still(tmp_path / "plate.0002.exr", ramp(10, 10))
    with pytest.raises(FootageError, match=r"frame 2\): its display window is 10x10"):
        open_plate(ImageSequence(str(tmp_path / "plate.####.exr")))


def test_metadata_of_the_plate_is_known(tmp_path: Path) -> None:
    attributes = {
        "PixelAspectRatio": 2.0,
        "framesPerSecond": ("rational", (24000, 1001)),
    }
    path = write_still(tmp_path / "p.exr", ramp(), attributes=attributes)
    info = open_plate(ImageSequence(str(path))).info
    assert (info.pixel_aspect, info.fps) == (2.0, Fraction(24000, 1001))


def test_multi_part_files_give_their_main_colour(tmp_path: Path) -> None:
    path = write_parts(
        tmp_path / "p.exr", [("depth", ("Z",), ramp(channels=1)), ("rgb", ("R", "G", "B"), ramp())]
    )
    plate = open_plate(ImageSequence(str(path)))
    assert np.allclose(plate.read(1001).pixels, ramp(), atol=1e-3)


@pytest.mark.parametrize("extension", ["exr", "png", "jpg", "tif", "dpx"])
@pytest.mark.parametrize("share", [0.9, 0.5, 0.0])
def test_a_truncated_file_is_refused_with_its_frame(tmp_path: Path, extension: str, share: float) -> None:
    kind = {"exr": "half", "jpg": "uint8"}.get(extension, "uint16")
    noise = np.random.default_rng(0).random((64, 64, 3), np.float32)
    path = write_still(tmp_path / f"p.7.{extension}", noise, kind)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FootageError, match=rf"p\.7\.{extension} \(frame 7\).*cannot be read"):
        open_plate(ImageSequence(str(tmp_path / f"p.#.{extension}"))).read(7)


@pytest.mark.parametrize("extension", ["exr", "png", "tif"])
def test_a_flipped_byte_in_compressed_pixels_is_refused(tmp_path: Path, extension: str) -> None:
    noise = np.random.default_rng(0).random((64, 64, 3), np.float32)
    path = write_still(tmp_path / f"p.{extension}", noise, "half" if extension == "exr" else "uint8")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(FootageError, match="cannot be read"):
        open_plate(ImageSequence(str(path))).read(1001)


def test_a_png_named_exr_is_refused(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.png", ramp(), "uint8").rename(tmp_path / "p.1.exr")
    with pytest.raises(FootageError, match=r"p\.1\.exr.*not what its name says"):
        open_plate(ImageSequence(str(path)))


@pytest.mark.parametrize("side", [30000, 2_000_000_000])
def test_an_oversize_header_is_refused_at_once(tmp_path: Path, side: int) -> None:
    path = write_still(tmp_path / "p.exr", ramp())
    data = bytearray(path.read_bytes())
    for name in (b"dataWindow\0box2i\0", b"displayWindow\0box2i\0"):
        struct.pack_into("<4i", data, data.index(name) + len(name) + 4, 0, 0, side - 1, side - 1)
    path.write_bytes(bytes(data))
    with pytest.raises(FootageError, match=r"large|claims|cannot be read"):
        open_plate(ImageSequence(str(path)))


@pytest.mark.parametrize(("nan", "inf"), [(3, 0), (0, 2), (1, 1)])
def test_nan_and_inf_are_refused_with_frame_and_counts(tmp_path: Path, nan: int, inf: int) -> None:
    pixels = ramp()
    pixels.reshape(-1)[100 : 100 + nan] = np.nan
    pixels.reshape(-1)[200 : 200 + inf] = -np.inf
    path = write_still(tmp_path / "p.12.exr", pixels, "float")
    with pytest.raises(FootageError, match=rf"frame 12\).*{nan} NaN and {inf} Inf"):
        open_plate(ImageSequence(str(path.with_name("p.#.exr")))).read(12)


def test_an_alpha_that_nobody_uses_refuses_nothing_and_as_the_matte_it_is_checked(tmp_path: Path) -> None:
    pixels = np.ones((24, 40, 4), np.float32)
    pixels[3, 5, 3] = np.nan
    joined = write_still(tmp_path / "p.exr", pixels, "float", ("R", "G", "B", "A"))
    apart = write_parts(
        tmp_path / "q.exr", [("rgb", ("R", "G", "B"), pixels[..., :3]), ("own", ("A",), pixels[..., 3:])]
    )
    for path in (joined, apart):
        plate = open_plate(ImageSequence(str(path)))
        assert (plate.read(1001).pixels == 1).all()
        with pytest.raises(FootageError, match=r"frame 1001\): the matte holds 1 NaN"):
            open_matte(Matte(), plate).read(1001)


def test_values_whose_sum_overflows_are_not_taken_for_inf(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", np.full((4, 4, 3), 3e38), "float")
    assert open_plate(ImageSequence(str(path))).read(1001).pixels[0, 0, 0] == np.float32(3e38)


@pytest.mark.parametrize("name", ["no.####.exr", "no.exr", "no.mov", "nofolder/p.####.exr", "p.xyz", "p"])
def test_what_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(FootageError) as caught:
        open_plate(ImageSequence(str(tmp_path / name)))
    assert str(tmp_path) in caught.value.message and caught.value.remedy


def test_the_digest_follows_the_contents_and_not_the_names(tmp_path: Path) -> None:
    one = write_sequence(tmp_path / "a", range(1, 4))
    before = digest(ImageSequence(one))
    os.rename(tmp_path / "a", tmp_path / "b")
    moved = ImageSequence(one.replace("/a/", "/b/"))
    assert digest(moved) == before and len(before) == 64
    assert digest(moved, FrameRange(1, 2)) != before
    with open(tmp_path / "b" / "plate.0002.exr", "ab") as file:
        file.write(b"x")
    assert digest(moved) != before


@pytest.mark.skipif(not SHOTS.is_dir(), reason="shared/shots is not here")
def test_a_real_shot_opens_and_its_sizes_agree() -> None:
    from actanywhere.contract.shot import Condition, Matte, Shot
    from actanywhere.footage import open_shot

    folder = SHOTS / "bmx_trees"
    plate, matte = open_shot(
        Shot(
            "bmx",
            ImageSequence(str(folder / "plate" / "bmx_trees.####.jpg")),
            Matte(str(folder / "matte" / "bmx_trees_matte.####.png")),
            Condition("place.jpg"),
        )
    )
    assert len(plate.frames) == 80 and plate.info.space == "srgb"
    assert matte.read(1040).shape == plate.read(1040).pixels.shape[:2]
    assert matte.read(1001).max() == 1.0
