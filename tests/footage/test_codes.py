"""What a movie's code values mean, by the numbers of BT.601, BT.709 and BT.2020, worked out here once more."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.footage.codes import Coding, UnknownCodes, decode_codes
from actanywhere.footage.movie import MovieReader

HEIGHT, WIDTH = 6, 8
LIMITED, FULL = 1, 2


def frame_of(pix_fmt: str, planes: list[np.ndarray]) -> av.VideoFrame:
    """A decoded picture whose planes hold these samples."""
    frame = av.VideoFrame(WIDTH, HEIGHT, pix_fmt)
    assert len(frame.planes) == len(planes)
    for plane, samples in zip(frame.planes, planes, strict=True):
        raw = np.ascontiguousarray(samples).view(np.uint8).reshape(len(samples), -1)
        room = np.zeros((len(samples), plane.line_size), np.uint8)
        room[:, : raw.shape[1]] = raw
        plane.update(room.tobytes())
    return frame


def flat(value: int, kind: str, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.full((height, width), value, kind)


def chroma_size(pix_fmt: str) -> tuple[int, int]:
    form = av.VideoFormat(pix_fmt, WIDTH, HEIGHT)
    return form.chroma_height(), form.chroma_width()


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("layout", ["yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "gray"])
@pytest.mark.parametrize("bits", [8, 9, 10, 12, 14, 16])
def test_nominal_white_is_exactly_1_and_black_exactly_0(layout: str, bits: int, full: bool) -> None:
    pix_fmt = layout if bits == 8 else f"{layout}{bits}le"
    try:
        av.VideoFormat(pix_fmt)
    except ValueError:
        pytest.skip(f"there is no {pix_fmt}")
    kind, step = ("u1", 1) if bits == 8 else ("<u2", 2 ** (bits - 8))
    for wanted, code in ((1.0, 2**bits - 1 if full else 235 * step), (0.0, 0 if full else 16 * step)):
        planes = [flat(code, kind)]
        if layout != "gray":
            planes += [flat(128 * step, kind, *chroma_size(pix_fmt))] * 2
        rgb, alpha = decode_codes(frame_of(pix_fmt, planes), Coding(1, full))
        assert alpha is None and (rgb == wanted).all(), code


@pytest.mark.parametrize(
    ("matrix", "codes", "colour"),
    [
        # Tables of code values that the Recommendations themselves lead to: 8 bit, limited.
        (1, (63, 102, 240), (1, 0, 0)),
        (1, (173, 42, 26), (0, 1, 0)),
        (1, (32, 240, 118), (0, 0, 1)),
        (6, (81, 90, 240), (1, 0, 0)),
        (6, (145, 54, 34), (0, 1, 0)),
        (6, (41, 240, 110), (0, 0, 1)),
        (9, (74, 97, 240), (1, 0, 0)),
        (9, (164, 47, 25), (0, 1, 0)),
        (9, (29, 240, 119), (0, 0, 1)),
        (4, (82, 90, 240), (1, 0, 0)),
        (7, (62, 102, 240), (1, 0, 0)),
        # YCgCo: Y = R/4 + G/2 + B/4, Cg = G/2 - R/4 - B/4, Co = R/2 - B/2.
        (8, (71, 72, 240), (1, 0, 0)),
        (8, (126, 240, 128), (0, 1, 0)),
    ],
)
def test_primaries_have_the_codes_of_their_matrix(
    matrix: int, codes: tuple[int, ...], colour: tuple[int, ...]
) -> None:
    rgb, _ = decode_codes(frame_of("yuv444p", [flat(code, "u1") for code in codes]), Coding(matrix, False))
    # Each code is rounded: half a code of luma, and of chroma times 2 (1 - Kb), the largest factor.
    assert np.abs(rgb[0, 0] - colour).max() < 0.5 / 219 + 1.88 * 0.5 / 224


def test_every_shared_layout_gives_the_samples_that_were_put_in() -> None:
    red, green, blue, alpha = 200, 100, 50, 25
    order = {"R": red, "G": green, "B": blue, "A": alpha, "0": 0}
    for name in ("rgb24", "bgr24", "rgba", "bgra", "argb", "abgr", "rgb0", "0rgb", "bgr0", "0bgr"):
        letters = name[:3].upper() if name.endswith("24") else name.upper()
        samples = np.tile(np.uint8([order[one] for one in letters]), (HEIGHT, WIDTH))
        rgb, share = decode_codes(frame_of(name, [samples]), Coding(0, True))
        assert np.abs(rgb[3, 3] * 255 - (red, green, blue)).max() < 1e-4, name
        assert (share is None) == ("A" not in letters)
        assert share is None or share[0, 0] * 255 == pytest.approx(alpha)
    word = np.full((HEIGHT, WIDTH), 1000 << 20 | 500 << 10 | 3, "<u4")
    rgb, _ = decode_codes(frame_of("x2rgb10le", [word]), Coding(0, True))
    assert np.abs(rgb[0, 0] * 1023 - (1000, 500, 3)).max() < 1e-3


@pytest.mark.parametrize(
    ("layout", "bits", "shift"), [("nv12", 8, 0), ("nv21", 8, 0), ("p010le", 10, 6), ("p016le", 16, 0)]
)
def test_chroma_that_shares_a_plane_is_that_of_planes_of_its_own(layout: str, bits: int, shift: int) -> None:
    random = np.random.default_rng(4)
    kind, step = ("u1", 1) if bits == 8 else ("<u2", 2 ** (bits - 8))
    luma = (random.integers(16, 235, (HEIGHT, WIDTH)) * step).astype(kind)
    u, v = ((random.integers(16, 240, (HEIGHT // 2, WIDTH // 2)) * step).astype(kind) for _ in range(2))
    pair = np.stack([v, u] if layout == "nv21" else [u, v], axis=-1).reshape(HEIGHT // 2, -1)
    shared = frame_of(layout, [luma << shift, pair << shift])
    apart = frame_of("yuv420p" if bits == 8 else f"yuv420p{bits}le", [luma, u, v])
    assert np.array_equal(decode_codes(shared, Coding(1, False))[0], decode_codes(apart, Coding(1, False))[0])


@pytest.mark.parametrize(("siting", "expected"), [(0.0, [0, 0.5, 1, 1]), (0.5, [0, 0.25, 0.75, 1])])
def test_chroma_is_brought_up_from_where_it_is_sited(siting: float, expected: list[float]) -> None:
    red = np.zeros((HEIGHT, WIDTH // 2), np.uint8) + np.uint8(128)
    red[:, 2:] = 240
    frame = frame_of("yuv422p", [flat(126, "u1"), flat(128, "u1", HEIGHT, WIDTH // 2), red])
    rgb, _ = decode_codes(frame, Coding(1, False, (siting, 0.5)))
    share = (rgb[0, :, 0] - rgb[0, 0, 0]) / (rgb[0, -1, 0] - rgb[0, 0, 0])
    # Sample 1 lies on pixel 2 (left) or midway between 2 and 3; sample 2 two pixels on.
    assert share[2:6] == pytest.approx(expected, abs=1e-5)


def test_what_lies_above_white_and_below_black_is_kept() -> None:
    frame = frame_of("yuv444p", [flat(254, "u1"), flat(128, "u1"), flat(128, "u1")])
    assert decode_codes(frame, Coding(1, False))[0][0, 0, 0] == pytest.approx(238 / 219)


@pytest.mark.parametrize("matrix", [10, 14])
def test_a_matrix_that_is_not_linear_is_refused_by_its_number(matrix: int, tmp_path: Path) -> None:
    path = written(tmp_path / "m.mkv", "ffv1", "yuv444p", 120, tag=LIMITED, matrix=matrix)
    with pytest.raises(FootageError, match=f"number {matrix}"):
        MovieReader(str(path)).read(0)


@pytest.mark.parametrize("pix_fmt", ["xyz12le", "bayer_rggb8"])
def test_formats_that_are_neither_rgb_nor_yuv_are_refused_by_name(pix_fmt: str) -> None:
    with pytest.raises(UnknownCodes, match=pix_fmt):
        decode_codes(av.VideoFrame(16, 16, pix_fmt), Coding(0, True))


def test_rgb_that_says_limited_range_is_read_so_and_told(tmp_path: Path) -> None:
    path = written(tmp_path / "m.mp4", "libx264rgb", "rgb24", 235, tag=LIMITED, matrix=0, qp="0")
    movie = MovieReader(str(path))
    limited = [one for one in movie.warnings if "RGB and says limited range" in one]
    assert len(limited) == 1 and (movie.read(0)[0] == (1 if "16 to 235" in limited[0] else 235 / 255)).all()


def written(
    path: Path, codec: str, pix_fmt: str, code: int, tag: int = 0, matrix: int = 1, **options: str
) -> Path:
    """A grey movie of two pictures, every sample of luma (or of R, G and B) this code."""
    form = av.VideoFormat(pix_fmt, 256, 128)
    bits = form.components[0].bits
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 256, 128, pix_fmt
        if tag:
            stream.codec_context.color_range, stream.codec_context.colorspace = tag, matrix
        for number in range(2):
            frame = av.VideoFrame(256, 128, pix_fmt)
            for place, plane in enumerate(frame.planes):
                value = 2 ** (bits - 1) if place and not form.is_rgb else code
                kind = "u1" if bits == 8 else "<u2"
                plane.update(
                    np.full(plane.line_size * plane.height // np.dtype(kind).itemsize, value, kind).tobytes()
                )
            frame.pts, frame.time_base = number, Fraction(1, 24)
            if tag:
                frame.color_range, frame.colorspace = tag, matrix
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


CODECS = [
    ("libx264", "yuv420p", ".mp4", {"qp": "0"}),
    ("libx264", "yuv422p10le", ".mp4", {"qp": "0"}),
    ("libx264", "gray", ".mp4", {"qp": "0"}),
    ("libx265", "yuv420p10le", ".mp4", {"x265-params": "lossless=1:ctu=32:bframes=0:log-level=none"}),
    ("libx265", "yuv444p12le", ".mp4", {"x265-params": "lossless=1:ctu=32:bframes=0:log-level=none"}),
    ("libx265", "gray12le", ".mp4", {"x265-params": "lossless=1:ctu=32:bframes=0:log-level=none"}),
    ("libvpx-vp9", "yuv420p", ".webm", {"lossless": "1"}),
    ("ffv1", "yuv420p", ".mkv", {}),
    ("ffv1", "yuv422p12le", ".mkv", {}),
    ("ffv1", "gray16le", ".mkv", {}),
    ("dnxhd", "yuv422p", ".mov", {"profile": "dnxhr_hq"}),
    ("dnxhd", "yuv422p10le", ".mov", {"profile": "dnxhr_hqx"}),
    ("prores_ks", "yuv422p10le", ".mov", {"profile": "3", "qscale": "1"}),
    ("prores_ks", "yuv444p10le", ".mov", {"profile": "4", "qscale": "1"}),
]


# A codec carries either range alike, and one of each library shows it; DNxHD and ProRes are limited alone.
RANGES = [(LIMITED, *codec) for codec in CODECS] + [
    (FULL, *codec) for codec in (CODECS[i] for i in (1, 5, 6, 8))
]


@pytest.mark.parametrize(("tag", "codec", "pix_fmt", "extension", "options"), RANGES)
def test_white_of_every_codec_is_1_and_its_black_0(
    tmp_path: Path, codec: str, pix_fmt: str, extension: str, options: dict[str, str], tag: int
) -> None:
    bits = av.VideoFormat(pix_fmt).components[0].bits
    white, black = (2**bits - 1, 0) if tag == FULL else (235 << (bits - 8), 16 << (bits - 8))
    for wanted, code in ((1.0, white), (0.0, black)):
        path = written(tmp_path / f"m{wanted}{extension}", codec, pix_fmt, code, tag, **options)
        movie = MovieReader(str(path))
        rgb, _ = movie.read(1)
        assert (rgb == wanted).all(), rgb[0, 0]
        assert not [one for one in movie.warnings if "range" in one]


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "extension"),
    [
        ("qtrle", "rgb24", ".mov"),
        ("png", "rgb24", ".mov"),
        ("png", "rgb48be", ".mov"),
        ("ffv1", "gbrp10le", ".mkv"),
        ("ffv1", "bgr0", ".mkv"),
        ("rawvideo", "bgr24", ".avi"),
        ("rawvideo", "rgb24", ".mov"),
        ("libx264rgb", "rgb24", ".mp4"),
        ("mjpeg", "yuvj420p", ".mov"),
        ("mjpeg", "yuvj444p", ".avi"),
    ],
)
def test_white_of_rgb_and_of_jpeg_is_its_largest_code(
    tmp_path: Path, codec: str, pix_fmt: str, extension: str
) -> None:
    bits = av.VideoFormat(pix_fmt).components[0].bits
    options = {"qp": "0"} if codec == "libx264rgb" else {}
    for wanted in (1.0, 0.0):
        path = written(
            tmp_path / f"m{wanted}{extension}", codec, pix_fmt, int(wanted) * (2**bits - 1), **options
        )
        assert (MovieReader(str(path)).read(0)[0] == wanted).all()


def test_the_palette_of_a_quicktime_is_there_in_any_order_of_reading(tmp_path: Path) -> None:
    path = written(tmp_path / "p.mov", "qtrle", "gray", 200)
    movie = MovieReader(str(path))
    for number in (1, 0, 1):
        assert movie.read(number)[0][0, 0] * 255 == pytest.approx([200] * 3)


def test_grey_of_an_unknown_range_is_full_and_is_told(tmp_path: Path) -> None:
    movie = MovieReader(str(written(tmp_path / "g.mkv", "ffv1", "gray", 255)))
    assert (movie.read(0)[0] == 1).all()
    assert any("grey and does not say its range" in one for one in movie.warnings)


FFMPEG = shutil.which("ffmpeg")


@pytest.mark.skipif(FFMPEG is None, reason="needs ffmpeg")
@pytest.mark.parametrize(
    "pix_fmt", ["yuv444p", "yuv444p10le", "yuvj444p", "gbrp", "yuyv422", "uyvy422", "nv12"]
)
def test_a_ramp_that_ffmpeg_wrote_is_within_a_code_of_its_pixels(tmp_path: Path, pix_fmt: str) -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (16, 1, 3))
    source = tmp_path / "ramp.rgb"
    source.write_bytes(ramp.tobytes())
    path = tmp_path / "ramp.nut.mkv"
    matrix = "in_color_matrix=bt709:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int"
    codec = "ffv1" if pix_fmt not in ("yuyv422", "uyvy422", "nv12") else "rawvideo"
    subprocess.run(
        [str(FFMPEG), "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "256x16", "-i", str(source),
         "-vf", f"scale={matrix}", "-pix_fmt", pix_fmt, "-colorspace", "bt709", "-c:v", codec, str(path)],
        check=True,
    )  # fmt: skip
    rgb, _ = MovieReader(str(path)).read(0)
    bound = 0.5 / 255 if pix_fmt == "gbrp" else 1.2 / 219
    assert np.abs(rgb - ramp / 255).max() < bound
