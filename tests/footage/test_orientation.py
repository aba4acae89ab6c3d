"""Pictures that lie in their files: each comes as another reader shows it."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from actanywhere.contract.shot import Condition, ImageSequence, Matte
from actanywhere.footage import Window, open_matte, open_plate, read_condition
from actanywhere.footage.orientation import of_matrix, pixels_upright, window_upright
from tests.footage.pictures import ramp, write_movie, write_still

# As EXIF 2.32 defines them: where the stored picture's first row and first column are in the shown one.
# A stored 2 by 3 picture  1 2 3 / 4 5 6  is shown as:
SHOWN = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
GREYS = (np.random.default_rng(3).integers(0, 2, (6, 10)) * 255).astype(np.uint8)


@pytest.mark.parametrize("orientation", SHOWN)
def test_each_of_exifs_orientations_is_shown_as_its_standard_says(orientation: int) -> None:
    stored = np.array(SHOWN[1], np.float32)
    assert pixels_upright(stored, orientation).tolist() == SHOWN[orientation]


@pytest.mark.parametrize("orientation", SHOWN)
def test_a_window_turns_with_its_picture(orientation: int) -> None:
    frame = Window(0, 0, 10, 6)
    picture = np.zeros((6, 10), np.float32)
    picture[1:3, 2:7] = 1
    window = window_upright(Window(2, 1, 5, 2), frame, orientation)
    shown = pixels_upright(picture, orientation)
    assert shown[window.y : window.y + window.height, window.x : window.x + window.width].all()
    assert shown.sum() == window.width * window.height


def _write(path: Path, orientation: int) -> np.ndarray:
    """A black and white picture by Pillow; gives it turned by Pillow, 0..1."""
    exif = Image.Exif()
    exif[274] = orientation
    # Blocks of 8: a JPEG keeps them.
    picture = Image.fromarray(GREYS.repeat(8, 0).repeat(8, 1))
    if path.suffix == ".tif":
        picture.save(path, tiffinfo={274: orientation})
    elif path.suffix == ".png":
        picture.save(path, exif=exif)
    else:
        picture.convert("RGB").save(path, exif=exif, quality=100)
    turned = picture if orientation == 1 else picture.transpose(TURNS[orientation])
    return np.asarray(turned, np.float32) / 255


@pytest.mark.parametrize("extension", ["jpg", "tif", "png", "webp", "avif"])
@pytest.mark.parametrize("orientation", SHOWN)
def test_plate_matte_condition_and_its_matte_are_upright(
    tmp_path: Path, extension: str, orientation: int
) -> None:
    path = tmp_path / f"p.{extension}"
    shown = _write(path, orientation)
    with open_plate(ImageSequence(str(path))) as plate:
        assert (plate.info.width, plate.info.height) == shown.shape[::-1]
        assert np.abs(plate.read(1001).pixels[..., 1] - shown).max() < 0.1
        assert any("as the file says" in one for one in plate.warnings) == (orientation > 1)
        with open_matte(Matte(str(path)), plate) as matte:
            assert np.abs(matte.read(1001) - shown).max() < 0.1
    condition = read_condition(Condition(str(path))).pixels
    assert np.abs(condition[..., 1] - shown).max() < 0.1


def test_a_plate_that_is_turned_fits_a_matte_that_was_saved_upright(tmp_path: Path) -> None:
    shown = _write(tmp_path / "p.jpg", 6)
    Image.fromarray((shown * 255).astype(np.uint8)).save(tmp_path / "m.png")
    with open_plate(ImageSequence(str(tmp_path / "p.jpg"))) as plate:
        matte = open_matte(Matte(str(tmp_path / "m.png")), plate)
        assert np.abs(matte.read(1001) - plate.read(1001).pixels[..., 1]).max() < 0.1


def test_an_exr_says_nothing_of_orientation_and_that_is_told(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(6, 10), attributes={"Orientation": 6})
    with open_plate(ImageSequence(str(path))) as plate:
        assert (plate.info.width, plate.info.height) == (10, 6)
        assert any("Orientation (6) is ignored" in one for one in plate.warnings)


# ISO 14496-12, 8.5.2: a stored point (x, y) is shown at (a x + c y + tx, b x + d y + ty).
MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


@pytest.mark.parametrize("orientation", MATRICES)
def test_a_display_matrix_moves_the_corners_as_it_says(orientation: int) -> None:
    a, b, c, d = MATRICES[orientation]
    found = of_matrix([a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30])
    stored = np.zeros((4, 6), np.float32)
    stored[0, 0] = 1
    corners = np.array([(a * x + c * y, b * x + d * y) for x in (0, 5) for y in (0, 3)])
    at_x, at_y = np.array([0, 0]) - corners.min(0)
    assert pixels_upright(stored, found or 0)[at_y, at_x] == 1


def _matrix_into(path: Path, orientation: int) -> None:
    """Writes a track's display matrix into an MP4, as a phone does."""
    data = path.read_bytes()
    plain = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = data.index(plain, data.index(b"tkhd"))
    a, b, c, d = (value * (1 << 16) for value in MATRICES[orientation])
    path.write_bytes(data[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + data[at + 36 :])


@pytest.mark.parametrize("orientation", MATRICES)
def test_a_movie_is_shown_as_its_display_matrix_says_and_as_ffmpeg_does(
    tmp_path: Path, orientation: int
) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not here")
    picture = GREYS.repeat(16, 0).repeat(16, 1)[..., None].repeat(3, 2).astype(np.float32) / 255
    path = write_movie(tmp_path / "p.mp4", [picture] * 2, "libx264", "yuv420p", options={"crf": "1"})
    _matrix_into(path, orientation)
    run = ["ffmpeg", "-v", "error", "-i", str(path), "-frames:v", "1", str(tmp_path / "shown.png")]
    subprocess.run(run, check=True)
    shown = np.asarray(Image.open(tmp_path / "shown.png").convert("L"), np.float32) / 255
    with open_plate(ImageSequence(str(path))) as plate:
        assert np.abs(plate.read(1001).pixels[..., 1] - shown).max() < 0.1
        with open_matte(Matte(str(path)), plate) as matte:
            assert np.abs(matte.read(1002) - shown).max() < 0.1
    assert np.abs(read_condition(Condition(str(path))).pixels[..., 1] - shown).max() < 0.1


def test_the_exif_of_a_motion_jpeg_turns_it(tmp_path: Path) -> None:
    exif, data = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.fromarray(GREYS.repeat(16, 0).repeat(16, 1)).convert("RGB").save(
        data, "jpeg", exif=exif, quality=98
    )
    path = tmp_path / "p.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", 25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuvj420p"
        packet = av.Packet(data.getvalue())
        packet.stream, packet.pts, packet.dts, packet.time_base = stream, 0, 0, Fraction(1, 25)
        container.mux(packet)
    with open_plate(ImageSequence(str(path))) as plate:
        # 1 2 3 / 4 5 6 turned clockwise is 4 1 / 5 2 / 6 3.
        shown = plate.read(1001).pixels[8::16, 8::16, 0] * 255
        assert np.abs(shown - GREYS[::-1].T).max() < 4
        assert any("turned by 90 degrees" in one for one in plate.warnings)


def test_a_movie_that_is_to_be_shown_askew_is_told(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "p.mp4", [ramp(32, 48)] * 2, "libx264", "yuv420p")
    data = path.read_bytes()
    plain = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = data.index(plain, data.index(b"tkhd"))
    path.write_bytes(data[: at + 4] + struct.pack(">i", 1 << 15) + data[at + 8 :])
    with open_plate(ImageSequence(str(path))) as plate:
        assert any("skewed" in one for one in plate.warnings)
