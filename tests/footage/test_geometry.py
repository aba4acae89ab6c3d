"""Windows, pixel aspects and views: the layer covers the frame, and a circle stays round."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image

from actanywhere.camera.backdrop import Backdrop, View, choose_anchor
from actanywhere.camera.track import still_track
from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import Condition, ImageSequence, Matte
from actanywhere.footage import open_matte, open_plate, read_condition, read_still_matte
from actanywhere.footage.clean_aperture import clean_aperture
from tests.footage.pictures import ramp, write_movie, write_parts, write_still
from tests.layers import write_layer_frame


def _disc(height: int, width: int, radius: float, squeeze: float = 1.0) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    inside = ((x - width / 2 + 0.5) * squeeze) ** 2 + (y - height / 2 + 0.5) ** 2 < radius**2
    return inside.astype(np.float32)[..., None].repeat(3, 2)


def _shape(picture: np.ndarray) -> tuple[int, int]:
    """Width and height of what is bright."""
    bright = picture[..., 1] > 0.5
    return int(bright.any(0).sum()), int(bright.any(1).sum())


def test_a_cropped_plate_has_its_whole_frame_and_is_black_around_its_pixels(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(6, 8) + 0.5, origin=(3, -1), display=(0, 0, 16, 9))
    with open_plate(ImageSequence(str(path))) as plate:
        # The display window, and the row above it that the file has besides.
        assert plate.info.data_window == (0, -1, 16, 10)
        pixels = plate.read(1001).pixels
        assert pixels.shape == (10, 16, 3)
        assert np.allclose(pixels[:6, 3:11], ramp(6, 8) + 0.5, atol=1e-3)
        outside = np.ones((10, 16), bool)
        outside[:6, 3:11] = False
        assert not pixels[outside].any()
        assert any("do not cover the frame" in one for one in plate.warnings)


def test_a_panorama_is_told_and_a_flat_picture_of_its_shape_is_not(tmp_path: Path) -> None:
    across, down = np.meshgrid(np.arange(256) / 256, np.arange(128) / 128)
    round_about = 0.5 + 0.3 * np.cos(2 * np.pi * across) * np.sin(
        np.pi * down
    )  # meets itself, one grey at a pole
    flat = 0.2 + 0.6 * across
    told = []
    for name, values in (("round", round_about), ("flat", flat)):
        path = tmp_path / f"{name}.0001.png"
        Image.fromarray((values * 255).astype(np.uint8)).save(path)
        Image.fromarray((values * 255).astype(np.uint8)).save(tmp_path / f"{name}.0002.png")
        told.append(read_condition(Condition(str(path))).warnings)
    (warning,), none = told  # and nothing of the numbered file beside it: one picture is what is asked for
    assert "360 degree panorama" in warning and "SphericalTransform" in warning and none == []


def test_the_layer_of_a_cropped_plate_covers_the_frame(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(6, 8), origin=(3, 2), display=(0, 0, 16, 9))
    with open_plate(ImageSequence(str(path))) as plate:
        frame, one = plate.read(1001), np.ones((9, 16), np.float32)
        background = np.full((9, 16, 3), 0.25, np.float32)
        write_layer_frame(
            str(tmp_path / "l.exr"), background, one, frame.pixels, one, plate.info, frame.attributes
        )
    spec = oiio.ImageInput.open(str(tmp_path / "l.exr")).spec()
    assert (spec.x, spec.y, spec.width, spec.height) == (0, 0, 16, 9)


@pytest.mark.parametrize("of", ["its box", "the frame", "the box within the frame"])
def test_the_matte_of_a_cropped_plate_lies_where_its_window_says(tmp_path: Path, of: str) -> None:
    plate = open_plate(
        ImageSequence(str(write_still(tmp_path / "p.exr", ramp(6, 8), origin=(3, 2), display=(0, 0, 16, 9))))
    )
    box = ramp(6, 8, 1)
    if of == "its box":
        path = write_still(tmp_path / "m.exr", box)
    elif of == "the frame":
        whole = np.zeros((9, 16, 1), np.float32)
        whole[2:8, 3:11] = box
        path = write_still(tmp_path / "m.exr", whole)
    else:
        path = write_still(tmp_path / "m.exr", box, origin=(3, 2), display=(0, 0, 16, 9))
    matte = open_matte(Matte(str(path)), plate).read(1001)
    assert matte.shape == (9, 16)
    assert np.allclose(matte[2:8, 3:11], box[..., 0], atol=1e-3) and matte[:2].max() == 0


def test_a_condition_fits_the_display_window_of_an_overscanned_plate() -> None:
    # A raster of 120 x 60 pixels, of which the frame is 80 x 40, at 30 from the left and 10 from above.
    view = View(aspect=2.0, x=(30 + 40 - 60) / 60, y=(10 + 20 - 30) / 60, height=40 / 60)
    place = np.zeros((40, 80, 3), np.float32)
    place[:, :40] = [1, 0, 0]
    place[:20, 40:] = [0, 1, 0]
    shown, valid = Backdrop(place, still_track(1), 2.0, view=view).frame(0, 60, 120)
    assert np.abs(shown[11:49, 31:109] - place[1:-1, 1:-1]).max() < 1e-3
    assert valid[11:49, 31:109].min() > 0.99
    assert valid[:9].max() == valid[51:].max() == valid[:, :29].max() == valid[:, 111:].max() == 0
    assert view.cropped(np.arange(60 * 120).reshape(60, 120), 2.0)[0, 0] == 10 * 120 + 30
    assert choose_anchor(still_track(5), 2.0, 2.0, view) == 2


def test_a_condition_that_is_a_crop_is_unknown_where_it_has_no_pixels(tmp_path: Path) -> None:
    path = write_still(tmp_path / "c.exr", ramp(6, 8) + 0.2, origin=(8, 0), display=(0, 0, 16, 6))
    condition = read_condition(Condition(str(path)))
    assert condition.pixels.shape == (6, 16, 3) and condition.hole is not None
    assert (condition.hole[:, :8] == 1).all() and (condition.hole[:, 8:] == 0).all()
    assert any("50.0 % of the picture is transparent or empty" in one for one in condition.warnings)


def test_a_condition_with_overscan_is_cut_to_its_display_window(tmp_path: Path) -> None:
    values = ramp(10, 20)
    path = write_still(tmp_path / "c.exr", values, origin=(-2, -2), display=(0, 0, 16, 6))
    condition = Condition(str(path), colour="srgb")
    assert np.allclose(read_condition(condition).pixels, values[2:8, 2:18], atol=1e-3)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.0])
def test_a_circle_of_an_anamorphic_condition_is_round_again(tmp_path: Path, aspect: float) -> None:
    squeezed = _disc(60, round(120 / aspect), 20, aspect)
    attributes = {"PixelAspectRatio": aspect}
    path = write_still(tmp_path / "c.exr", squeezed, attributes=attributes)
    condition = Condition(str(path), colour="srgb")
    width, height = _shape(read_condition(condition).pixels)
    assert read_condition(condition).pixels.shape == (60, 120, 3)
    assert abs(width - height) <= max(1, aspect)
    matte = write_still(tmp_path / "m.exr", squeezed[..., :1], attributes=attributes)
    assert _shape(read_still_matte(str(matte), condition)[..., None].repeat(3, 2)) == (width, height)


@pytest.mark.parametrize("aspect", [1.0, 2.0])
def test_a_round_thing_is_round_on_the_screen_of_an_anamorphic_plate(tmp_path: Path, aspect: float) -> None:
    path = write_still(tmp_path / "p.exr", ramp(60, 60), attributes={"PixelAspectRatio": aspect})
    info = open_plate(ImageSequence(str(path))).info
    assert info.aspect == aspect
    shown, _ = Backdrop(_disc(100, 200, 30), still_track(1), info.aspect).frame(0, 60, 60)
    width, height = _shape(shown)
    assert abs(width * aspect - height) <= aspect


@pytest.mark.parametrize("turned", [False, True])
def test_the_pixel_aspect_of_a_movie_is_heeded(tmp_path: Path, turned: bool) -> None:
    path = tmp_path / "p.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for number in range(2):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    if turned:
        from tests.footage.test_orientation import _matrix_into

        _matrix_into(path, 6)
    info = open_plate(ImageSequence(str(path))).info
    assert (info.width, info.height) == ((48, 64) if turned else (64, 48))
    assert info.pixel_aspect == pytest.approx(3 / 4 if turned else 4 / 3)
    # Shown as 16:9, or as 9:16.
    assert info.aspect == pytest.approx(9 / 16 if turned else 16 / 9)
    picture = read_condition(Condition(str(path))).pixels
    assert picture.shape[:2] == ((64, 36) if turned else (48, 85))


@pytest.mark.parametrize("extension", ["jpg", "png", "tif"])
def test_dots_an_inch_that_differ_are_a_pixel_aspect(tmp_path: Path, extension: str) -> None:
    """300 dots an inch across and 150 down: a pixel is half as wide as it is high."""
    path = tmp_path / f"c.{extension}"
    Image.new("RGB", (40, 24)).save(path, dpi=(300, 150))
    assert open_plate(ImageSequence(str(path))).info.pixel_aspect == pytest.approx(0.5, rel=1e-3)


def test_a_plate_with_two_pixel_aspects_is_refused(tmp_path: Path) -> None:
    for frame in (1, 2):
        write_still(tmp_path / f"p.{frame}.exr", ramp(), attributes={"PixelAspectRatio": float(frame)})
    with pytest.raises(FootageError, match=r"pixel aspect is 2\.0, but the first frame's is 1\.0"):
        open_plate(ImageSequence(str(tmp_path / "p.#.exr")))


def test_of_two_views_the_first_is_read_and_that_is_told(tmp_path: Path) -> None:
    left, right = ramp(6, 8) * 0.5, ramp(6, 8) * 0.5 + 0.5
    names = ("R", "G", "B", "right.R", "right.G", "right.B")
    one = write_still(
        tmp_path / "one.exr",
        np.concatenate([left, right], -1),
        channels=names,
        attributes={"multiView": ("string[2]", ("left", "right"))},
    )
    plate = open_plate(ImageSequence(str(one)))
    assert np.allclose(plate.read(1001).pixels, left, atol=1e-3)
    assert any("views left, right; left is read" in told for told in plate.warnings)


def test_of_views_in_parts_of_their_own_the_left_is_read(tmp_path: Path) -> None:
    specs = []
    for view in ("right", "left"):
        spec = oiio.ImageSpec(8, 6, 3, "half")
        spec.attribute("oiio:subimagename", f"rgba.{view}")
        spec.attribute("view", view)
        specs.append(spec)
    path = str(tmp_path / "p.exr")
    output = oiio.ImageOutput.create(path)
    assert output.open(path, tuple(specs)) and output.write_image(np.full((6, 8, 3), 0.75, np.float32))
    assert output.open(path, specs[1], "AppendSubimage")
    assert output.write_image(np.full((6, 8, 3), 0.25, np.float32)) and output.close()
    plate = open_plate(ImageSequence(path))
    assert (plate.read(1001).pixels == 0.25).all()
    assert any("views right, left; left is read" in told for told in plate.warnings)


def test_a_pixel_aspect_that_no_lens_makes_is_refused(tmp_path: Path) -> None:
    path = write_still(tmp_path / "c.exr", ramp(6, 8), attributes={"PixelAspectRatio": 1e6})
    with pytest.raises(FootageError, match="claims a pixel aspect of 1e"):
        read_condition(Condition(str(path)))


def test_the_beauty_of_a_multi_part_file_is_found_wherever_it_stands(tmp_path: Path) -> None:
    depth, diffuse, beauty = ramp(6, 8, 1), ramp(6, 8) * 0.2, ramp(6, 8) * 0.5 + 0.5
    names = ("R", "G", "B")
    path = write_parts(
        tmp_path / "p.exr",
        [("depth", ("Z",), depth), ("diffuse", names, diffuse), ("rgba", names, beauty)],
    )
    assert np.allclose(open_plate(ImageSequence(str(path))).read(1001).pixels, beauty, atol=1e-3)


def test_of_parts_that_are_all_passes_the_first_is_taken_and_that_is_told(tmp_path: Path) -> None:
    names = ("R", "G", "B")
    passes = [("spec", names, ramp(6, 8)), ("diffuse", names, ramp(6, 8) * 0.5)]
    plate = open_plate(ImageSequence(str(write_parts(tmp_path / "p.exr", passes))))
    assert any("spec, diffuse" in one and "spec is taken" in one for one in plate.warnings)
    assert np.allclose(plate.read(1001).pixels, ramp(6, 8), atol=1e-3)


def test_the_y_of_a_position_is_no_grey_picture(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(6, 8), channels=("X", "Y", "Z"))
    with pytest.raises(FootageError, match=r"no R, G, B among its channels \(X, Y, Z\)"):
        open_plate(ImageSequence(str(path)))


def _with_clean_aperture(path: Path, width: int, height: int) -> None:
    """Puts a clap box into the only sample entry of an MP4 whose header is at its end (ISO 14496-12, 12.1.4)."""
    data = bytearray(path.read_bytes())
    box = struct.pack(">I4s8I", 40, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    entry = data.index(b"avc1", data.index(b"stsd")) - 4
    end = entry + int.from_bytes(data[entry : entry + 4], "big")
    around = [
        data.rindex(kind, 0, entry) - 4 for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    ]
    for start in [*around, entry]:
        data[start : start + 4] = struct.pack(">I", int.from_bytes(data[start : start + 4], "big") + len(box))
    data[end:end] = box
    path.write_bytes(bytes(data))


def test_the_clean_aperture_of_a_movie_is_told_and_its_whole_picture_read(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "p.mp4", [ramp(48, 64)] * 2, "libx264", "yuv420p")
    before = open_plate(ImageSequence(str(path)))
    assert not any("aperture" in one for one in before.warnings)
    whole = before.read(1002).pixels
    _with_clean_aperture(path, 60, 44)
    with open_plate(ImageSequence(str(path))) as plate:
        assert any("clean aperture is 60x44 of 64x48" in one for one in plate.warnings)
        assert np.array_equal(plate.read(1002).pixels, whole)


@pytest.mark.parametrize("cut", [0, 4, 30, 60, 120])
def test_a_header_that_is_cut_off_has_no_clean_aperture(tmp_path: Path, cut: int) -> None:
    path = write_movie(tmp_path / "p.mp4", [ramp(48, 64)] * 2, "libx264", "yuv420p")
    _with_clean_aperture(path, 60, 44)
    data = path.read_bytes()
    assert clean_aperture(str(path)) == (60, 44)
    path.write_bytes(data[: data.index(b"moov") + cut])
    assert clean_aperture(str(path)) is None
