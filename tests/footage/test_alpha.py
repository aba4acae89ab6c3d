"""Straight or premultiplied, in every format that can say so; and pictures with holes."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from actanywhere.camera.backdrop import Backdrop
from actanywhere.camera.track import still_track
from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import Condition, ImageSequence, Matte
from actanywhere.footage import open_matte, open_plate, read_condition
from tests.footage.pictures import write_still

ALPHA = np.clip((np.arange(64, dtype=np.float32) - 20) / 16, 0, 1)[None].repeat(48, 0)
COLOUR = np.broadcast_to(np.float32([0.8, 0.5, 0.3]), (48, 64, 3))
MIDDLE = 28  # where the alpha is exactly 0.5


def _tiff(path: Path, colour: np.ndarray, associated: bool) -> Path:
    """A 16-bit RGBA TIFF with the ExtraSamples tag as TIFF 6.0 defines it (1 associated, 2 unassociated)."""
    values = np.dstack([colour, ALPHA])
    write_still(path, values, "uint16", ("R", "G", "B", "A"))
    data = bytearray(path.read_bytes())
    directory = int.from_bytes(data[4:8], "little")
    for entry in range(int.from_bytes(data[directory : directory + 2], "little")):
        at = directory + 2 + 12 * entry
        if int.from_bytes(data[at : at + 2], "little") == 338:
            data[at + 8] = 1 if associated else 2
    path.write_bytes(bytes(data))
    return path


def _movie(path: Path, colour: np.ndarray, codec: str, pix_fmt: str, **options: str) -> Path:
    code = np.round(np.dstack([colour, ALPHA]) * 65535).astype(np.uint16)
    tags = {"dst_colorspace": Colorspace.ITU709, "dst_color_range": ColorRange.MPEG}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        if pix_fmt.startswith("yuv"):
            stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(code, "rgba64le")
            frame = frame.reformat(format=pix_fmt, **(tags if pix_fmt.startswith("yuv") else {}))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("associated", [False, True])
def test_a_tiff_is_divided_by_its_alpha_where_it_says_that_it_is_associated(
    tmp_path: Path, associated: bool
) -> None:
    path = _tiff(tmp_path / "p.tif", COLOUR * ALPHA[..., None] if associated else COLOUR, associated)
    with open_plate(ImageSequence(str(path))) as plate:
        assert np.allclose(plate.read(1001).pixels[:, MIDDLE], COLOUR[:, MIDDLE], atol=1e-4)
        assert any("as the file says" in one for one in plate.warnings) == associated


def test_frames_before_the_first_alpha_change_nothing_and_two_kinds_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (COLOUR.shape[1], COLOUR.shape[0])).save(tmp_path / "p.0001.tif")
    _tiff(tmp_path / "p.0002.tif", COLOUR * ALPHA[..., None], True)
    with open_plate(ImageSequence(str(tmp_path / "p.####.tif"))) as plate:
        assert np.allclose(plate.read(2).pixels[:, MIDDLE], COLOUR[:, MIDDLE], atol=1e-4)
    _tiff(tmp_path / "p.0003.tif", COLOUR, False)
    with pytest.raises(
        FootageError, match=r"frame 3\): its alpha is straight, and that of frame 2 is premul"
    ):
        open_plate(ImageSequence(str(tmp_path / "p.####.tif")))


def test_a_tiff_that_says_associated_and_is_not_is_left_and_told(tmp_path: Path) -> None:
    path = _tiff(tmp_path / "p.tif", COLOUR, associated=True)
    with open_plate(ImageSequence(str(path))) as plate:
        assert np.allclose(plate.read(1001).pixels, COLOUR, atol=1e-4)
        assert any("its pixels show that they are not" in one for one in plate.warnings)


@pytest.mark.parametrize("premultiplied", [False, True])
@pytest.mark.parametrize(
    ("codec", "pix_fmt", "close"),
    [("prores_ks", "yuva444p10le", 0.02), ("qtrle", "argb", 0.02), ("png", "rgba64be", 1e-3)],
)
def test_the_soft_edges_of_a_movie_tell_whether_it_is_premultiplied(
    tmp_path: Path, codec: str, pix_fmt: str, close: float, premultiplied: bool
) -> None:
    colour = COLOUR * ALPHA[..., None] if premultiplied else COLOUR * (ALPHA[..., None] > 0)
    options = {"profile": "4444", "alpha_bits": "16", "qscale": "1"} if codec == "prores_ks" else {}
    path = _movie(tmp_path / "p.mov", colour, codec, pix_fmt, **options)
    with open_plate(ImageSequence(str(path))) as plate:
        # PNG's alpha is straight by its own standard: what it holds is its colour.
        wanted = COLOUR * 0.5 if premultiplied and codec == "png" else COLOUR
        assert np.abs(plate.read(1001).pixels[24, MIDDLE] - wanted[24, MIDDLE]).max() < close
        told = any("premultiplied" in one for one in plate.warnings)
        assert told == (premultiplied and codec != "png")
        with open_matte(Matte(channel="A"), plate) as matte:
            assert np.abs(matte.read(1002) - ALPHA).max() < 0.005


def test_the_alpha_of_a_webm_is_read(tmp_path: Path) -> None:
    dark = np.full((48, 64, 3), 0.05, np.float32)
    path = _movie(tmp_path / "p.webm", dark, "libvpx-vp9", "yuva420p", **{"auto-alt-ref": "0", "crf": "4"})
    plate = open_plate(ImageSequence(str(write_still(tmp_path / "p.exr", COLOUR.copy()))))
    with open_matte(Matte(str(path), first_frame=1001), plate) as matte:
        assert np.abs(matte.read(1001) - ALPHA).max() < 0.03
        assert matte.read(1001)[:, 40:].min() == 1 and matte.read(1001)[:, :18].max() == 0


def test_a_png_whose_colours_stand_for_themselves_is_never_divided(tmp_path: Path) -> None:
    code = np.round(np.dstack([COLOUR * ALPHA[..., None], ALPHA]) * 255).astype(np.uint8)
    Image.fromarray(code).save(tmp_path / "p.png")
    plate = open_plate(ImageSequence(str(tmp_path / "p.png")))
    assert np.allclose(plate.read(1001).pixels, code[..., :3] / 255, atol=1e-6)


def _cut_out(path: Path, hidden: tuple[int, int, int]) -> np.ndarray:
    """A condition by Pillow whose upper third is transparent over a ``hidden`` colour; gives its alpha, 0..1."""
    code = np.full((48, 64, 4), [50, 128, 50, 255], np.uint8)
    code[:16] = [*hidden, 0]
    Image.fromarray(code).save(path, **({"lossless": True, "exact": True} if path.suffix == ".webp" else {}))
    return code[..., 3] / np.float32(255)


@pytest.mark.parametrize("extension", ["png", "webp", "tif", "tga"])
def test_what_lies_under_a_transparent_part_of_the_condition_is_not_shown(
    tmp_path: Path, extension: str
) -> None:
    alpha = _cut_out(tmp_path / f"c.{extension}", (255, 0, 255))
    condition = read_condition(Condition(str(tmp_path / f"c.{extension}")))
    assert condition.hole is not None and np.allclose(condition.hole, 1 - alpha)
    assert np.allclose(condition.pixels, np.float32([50, 128, 50]) / 255, atol=1e-3)
    assert any("33.3 % of the picture is transparent" in one for one in condition.warnings)
    _, valid = Backdrop(condition.pixels, still_track(1), 64 / 48, hole=condition.hole).frame(0, 48, 64)
    assert valid[:15].max() == 0 and valid[17:].min() > 0.99


def test_a_premultiplied_condition_has_its_own_colours_at_soft_edges(tmp_path: Path) -> None:
    values = np.dstack([COLOUR * ALPHA[..., None], ALPHA])
    path = write_still(tmp_path / "c.exr", values, "float", ("R", "G", "B", "A"))
    condition = read_condition(Condition(str(path), colour="srgb"))
    assert np.allclose(condition.pixels, COLOUR, atol=1e-4)
    assert condition.hole is not None and np.allclose(condition.hole, 1 - ALPHA, atol=1e-4)


@pytest.mark.parametrize(
    ("alpha", "told"), [(0.0, "0 everywhere"), (ALPHA, "the picture goes on where it is 0")]
)
def test_an_alpha_that_cuts_nothing_out_of_an_exr_condition_is_not_heeded_and_told(
    tmp_path: Path, alpha: np.ndarray | float, told: str
) -> None:
    values = np.dstack([COLOUR, np.broadcast_to(np.float32(alpha), (48, 64))])
    path = write_still(tmp_path / "c.exr", values, "float", ("R", "G", "B", "A"))
    condition = read_condition(Condition(str(path), colour="srgb"))
    assert condition.hole is None and np.allclose(condition.pixels, COLOUR, atol=1e-4)
    assert any(told in one for one in condition.warnings)


def test_a_condition_that_is_transparent_everywhere_is_refused(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8, 4), [9, 9, 9, 3], np.uint8)).save(tmp_path / "c.png")
    with pytest.raises(FootageError, match="transparent everywhere"):
        read_condition(Condition(str(tmp_path / "c.png")))


def test_an_opaque_condition_has_no_hole(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8, 4), 255, np.uint8)).save(tmp_path / "c.png")
    condition = read_condition(Condition(str(tmp_path / "c.png")))
    assert condition.hole is None and condition.warnings == []
