"""A movie's code values decoded to R'G'B', in this one place.

FFmpeg's scaler is not asked, since its rounding puts nominal white at 255/256. Planes are read as the decoder left
them. Limited range follows ITU-R BT.709 and BT.2020 (luma 16..235 and chroma 16..240 of 8 bit, times four for
10 bit, and so on), full range 0..2^n-1; matrices are those of ITU-T H.273. Nominal black is exactly 0 and nominal
white exactly 1 at every depth; what lies beyond is kept. Chroma is brought up linearly, from where it is sited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Samples = NDArray[Any]

#: Kr and Kb of H.273's MatrixCoefficients.
MATRICES = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
YCGCO = 8

# Samples that share a plane: planes of letters, and by how many bits 16-bit samples are shifted up. U and V in a
# plane of four letters (YUYV) belong to two pixels. x is nothing.
_SHARED: dict[str, tuple[tuple[str, ...], int]] = {
    **{name: ((name[:3].upper(),), 0) for name in ("rgb24", "bgr24", "rgb48", "bgr48")},
    **{name: ((name.upper(),), 0) for name in ("rgba", "bgra", "argb", "abgr")},
    **{name: ((name.upper().replace("0", "x"),), 0) for name in ("rgb0", "bgr0", "0rgb", "0bgr")},
    "rgba64": (("RGBA",), 0),
    "bgra64": (("BGRA",), 0),
    "ya8": (("YA",), 0),
    "ya16": (("YA",), 0),
    "yuyv422": (("YUYV",), 0),
    "uyvy422": (("UYVY",), 0),
    "yvyu422": (("YVYU",), 0),
    "y210": (("YUYV",), 6),
    "y212": (("YUYV",), 4),
    "y216": (("YUYV",), 0),
    "xv36": (("UYVx",), 4),
    "vuya": (("VUYA",), 0),
    "vuyx": (("VUYx",), 0),
    "ayuv": (("AYUV",), 0),
    "uyva": (("UYVA",), 0),
    "ayuv64": (("AYUV",), 0),
    "xyz12": (("RGB",), 4),
    **dict.fromkeys(("nv12", "nv16", "nv24", "p016", "p216", "p416", "nv20"), (("Y", "UV"), 0)),
    **dict.fromkeys(("nv21", "nv42"), (("Y", "VU"), 0)),
    **dict.fromkeys(("p010", "p210", "p410"), (("Y", "UV"), 6)),
    **dict.fromkeys(("p012", "p212", "p412"), (("Y", "UV"), 4)),
}
# Ten bits a colour in one word: how far red, green and blue are shifted.
_WORDS = {"x2rgb10": (20, 10, 0), "x2bgr10": (0, 10, 20)}


class UnknownCodes(Exception):
    """A pixel format or matrix whose values cannot be read; the text names it."""


@dataclass(frozen=True)
class Coding:
    """How a movie's code values stand for R'G'B'.

    ``matrix`` is a number of H.273 (0 is RGB). ``full`` range, else limited. ``siting`` is where the first chroma
    sample lies, across and down, as a share of the way between two samples: 0 on the first pixel, 0.5 midway.
    """

    matrix: int
    full: bool
    siting: tuple[float, float] = (0.0, 0.5)


def is_rgb(form: VideoFormat) -> bool:
    """Whether a pixel format holds R, G and B, or an index into a palette of them, or X, Y and Z."""
    return bool(form.is_rgb or form.has_palette or form.name.startswith("xyz"))


def is_grey(form: VideoFormat) -> bool:
    """Whether a pixel format holds one channel of light."""
    return form.name.startswith(("gray", "mono", "ya8", "ya16"))


def has_alpha(frame: VideoFrame) -> bool:
    """Whether a picture has an alpha; of a palette, whether a colour that it uses is transparent."""
    if frame.format.has_palette:
        return bool((frame.reformat(format="rgba").to_ndarray()[..., 3] < 255).any())
    return any(component.is_alpha for component in frame.format.components)


def decode_codes(frame: VideoFrame, coding: Coding) -> tuple[Pixels, Pixels | None]:
    """A decoded picture: (H, W, 3) float32 R'G'B' in the movie's own curve, and its alpha or None.

    Black is 0 and white 1; what is below or above them is kept. Raises ``UnknownCodes``.
    """
    form = frame.format
    if form.name.startswith(("bayer", "xyz")):
        raise UnknownCodes(f"{'a raw camera format' if form.name[0] == 'b' else 'X, Y and Z'} ({form.name})")
    planes = _planes(frame)
    if planes is None:
        # Rare little formats, of at most 8 bit: the scaler repacks these exactly.
        frame = frame.reformat(format="gray" if is_grey(form) else "rgba" if is_rgb(form) else "yuv444p")
        form = frame.format
        planes = _planes(frame)
    assert planes is not None
    bits = form.components[0].bits
    floating = planes["Y" if "Y" in planes else "R"].dtype.kind == "f"
    stored = planes.pop("A", None)
    alpha = None if stored is None else _light(stored, bits, True, False)
    light = {
        name: _light(plane, bits, coding.full or floating, name in "UV") for name, plane in planes.items()
    }
    if "R" in light:
        return np.stack([light["R"], light["G"], light["B"]], axis=-1), alpha
    luma = light["Y"]
    if "U" not in light:
        return np.repeat(luma[..., None], 3, axis=-1), alpha
    chroma = [_brought_up(light[name], luma.shape, coding.siting) for name in "UV"]
    return _rgb(luma, chroma[0], chroma[1], coding.matrix), alpha


def encode_codes(rgb: Pixels, pix_fmt: str) -> VideoFrame:
    """A picture to be encoded: (H, W, 3) float32 R'G'B', of even size, as ``yuv420p`` or ``yuv422p10le``.

    BT.709, limited range, chroma sited on the left, every code the nearest.
    """
    frame = VideoFrame(rgb.shape[1], rgb.shape[0], pix_fmt)
    bits, lines = frame.format.components[0].bits, frame.planes[0].height // frame.planes[1].height
    red, blue = MATRICES[1]
    y = red * rgb[..., 0] + (1 - red - blue) * rgb[..., 1] + blue * rgb[..., 2]
    u, v = (rgb[..., 2] - y) / (2 * (1 - blue)), (rgb[..., 0] - y) / (2 * (1 - red))
    step = 2.0 ** (bits - 8)
    codes = [16 * step + 219 * step * y]
    codes += [128 * step + 224 * step * _brought_down(chroma, lines) for chroma in (u, v)]
    for plane, code in zip(frame.planes, codes, strict=True):
        kind = np.dtype("u1" if bits == 8 else "<u2")
        room = np.zeros((plane.height, plane.line_size // kind.itemsize), kind)
        room[:, : code.shape[1]] = np.round(code)
        plane.update(room.tobytes())
    return frame


def _brought_down(plane: Pixels, lines: int) -> Pixels:
    """Every second column, with half of each neighbour; of two lines the mean."""
    beside = np.pad(plane, ((0, 0), (1, 1)), mode="edge")
    columns = (beside[:, 0:-2:2] + 2 * beside[:, 1:-1:2] + beside[:, 2::2]) / 4
    down = columns if lines == 1 else (columns[::2] + columns[1::2]) / 2
    return np.asarray(down, np.float32)


def _light(plane: Samples, bits: int, full: bool, chroma: bool) -> Pixels:
    """Code values as 0..1, or -0.5..0.5 for chroma."""
    code = plane.astype(np.float32)
    if plane.dtype.kind == "f":
        return code
    step = 2.0 ** (bits - 8)
    if full:
        low, span = (2.0 ** (bits - 1) if chroma else 0.0), 2.0**bits - 1
    else:
        low, span = (128 * step, 224 * step) if chroma else (16 * step, 219 * step)
    code -= np.float32(low)
    code /= np.float32(span)
    return code


def _rgb(y: Pixels, u: Pixels, v: Pixels, matrix: int) -> Pixels:
    out = np.empty((*y.shape, 3), np.float32)
    if matrix == YCGCO:
        base = y - u
        out[..., 0], out[..., 1], out[..., 2] = base + v, y + u, base - v
        return out
    if matrix not in MATRICES:
        raise UnknownCodes(f"a colour matrix (H.273 number {matrix})")
    red, blue = MATRICES[matrix]
    green = 1 - red - blue
    out[..., 0] = y + np.float32(2 * (1 - red)) * v
    out[..., 2] = y + np.float32(2 * (1 - blue)) * u
    out[..., 1] = (
        y - np.float32(2 * (1 - red) * red / green) * v - np.float32(2 * (1 - blue) * blue / green) * u
    )
    return out


def _planes(frame: VideoFrame) -> dict[str, Samples] | None:
    """The samples by letter (Y, U, V or R, G, B, and A), unsigned or float, unshifted; None for a rare format."""
    form = frame.format
    name, order = _endless(form.name)
    if name in _WORDS:
        word = _samples(frame, 0, np.dtype(f"{order}u4"), frame.width, frame.height)
        return {letter: (word >> shift) & 1023 for letter, shift in zip("RGB", _WORDS[name], strict=True)}
    bits = form.components[0].bits
    floating = "f32" in name or "f16" in name
    kind = np.dtype(f"{order}{'f' if floating else 'u'}{1 if bits <= 8 else 2 if bits <= 16 else 4}")
    if name in _SHARED:
        return _shared(frame, *_SHARED[name], kind)
    own = [component.plane for component in form.components]
    if form.has_palette or form.is_bit_stream or bits < 8 or len(set(own)) < len(own):
        return None
    shift = kind.itemsize * 8 - bits if name.endswith("msb") else 0
    letters = ("RGBA" if form.is_rgb else "YA" if len(own) == 2 else "YUVA")[: len(own)]
    planes = {}
    for letter, part in zip(letters, form.components, strict=True):
        plane = _samples(frame, part.plane, kind, part.width, part.height)
        planes[letter] = plane >> shift if shift else plane
    return planes


def _shared(
    frame: VideoFrame, layout: tuple[str, ...], shift: int, kind: np.dtype[Any]
) -> dict[str, Samples]:
    planes: dict[str, Samples] = {}
    chroma_width, chroma_height = frame.format.chroma_width(), frame.format.chroma_height()
    for number, letters in enumerate(layout):
        # YUYV: a run of four samples is two pixels.
        paired = letters.count("Y") == 2
        small = number > 0
        width = -(-frame.width // 2) if paired else chroma_width if small else frame.width
        height = chroma_height if small else frame.height
        run = _samples(frame, number, kind, width * len(letters), height).reshape(height, width, len(letters))
        for letter in set(letters) - {"x"}:
            at = [place for place, one in enumerate(letters) if one == letter]
            plane = run[..., at].reshape(height, -1)
            planes[letter] = (plane >> shift if shift else plane)[:, : frame.width]
    return planes


def _samples(frame: VideoFrame, number: int, kind: np.dtype[Any], width: int, height: int) -> Samples:
    plane: Any = frame.planes[number]
    rows: Samples = np.frombuffer(plane, np.uint8)[: height * plane.line_size].reshape(height, -1)
    return rows[:, : width * kind.itemsize].view(kind)


def _endless(name: str) -> tuple[str, str]:
    """``yuv420p10`` and ``<`` of ``yuv420p10le``."""
    if name.endswith(("le", "be")):
        return name[:-2], "<" if name.endswith("le") else ">"
    return name, "<"


def _brought_up(plane: Pixels, shape: tuple[int, ...], siting: tuple[float, float]) -> Pixels:
    """A chroma plane in the size of luma: linear between samples, the outermost repeated."""
    for axis, share in ((0, siting[1]), (1, siting[0])):
        size = shape[axis]
        factor = _factor(size, plane.shape[axis])
        if factor == 1:
            continue
        place = (np.arange(size) - share * (factor - 1)) / factor
        place = np.clip(place, 0, plane.shape[axis] - 1)
        low = np.floor(place).astype(np.intp)
        high = np.minimum(low + 1, plane.shape[axis] - 1)
        weight = (place - low).astype(np.float32)
        weight = weight[:, None] if axis == 0 else weight[None]
        first = plane.take(low, axis)
        plane = first + weight * (plane.take(high, axis) - first)
    return plane


def _factor(size: int, small: int) -> int:
    """By how much chroma is subsampled: 1, 2 or 4."""
    return next(factor for factor in (1, 2, 4) if -(-size // factor) == small)
