"""The layer on disk: EXR frames and display PNGs, each written whole or not at all.

A frame is written under a temporary name, flushed to the disk, read back and compared, and only then given
its own name. A kill at any moment leaves no half frame.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..contract.errors import OutputError
from ..contract.files import replace_atomically, unwritable
from .decoders import error_of
from .plate import PlateInfo
from .spaces import chromaticities_of, interop_name, layer_space

Pixels = NDArray[np.float32]

#: The largest half float; brighter values are clamped to it, and counted.
HALF_MAX = 65504.0
_FULL = 1 << 20
"""Bytes of free space with which a disk is full."""
_ROWS = 64
"""Rows that are put in, and read back, at once."""

# What describes the plate's file and not its picture: the layer's file has its own.
_OWN = frozenset(
    [
        *(
            "acesImageContainerFlag",
            "capDate",
            "channels",
            "chromaticities",
            "chunkCount",
            "CICP",
            "colorInteropID",
        ),
        *(
            "compression",
            "dataWindow",
            "DateTime",
            "deepImageState",
            "displayWindow",
            "DocumentName",
            "envmap",
        ),
        *(
            "dwaCompressionLevel",
            "fovcot",
            "framesPerSecond",
            "HostComputer",
            "lineOrder",
            "maxSamplesPerPixel",
        ),
        *(
            "multiView",
            "name",
            "Orientation",
            "PixelAspectRatio",
            "planarconfig",
            "preview",
            "ResolutionUnit",
        ),
        *(
            "Software",
            "textureformat",
            "tiles",
            "type",
            "version",
            "view",
            "wrapmodes",
            "XResolution",
            "YResolution",
        ),
    ]
)
_OWN_FAMILIES = (
    *(
        "oiio:",
        "openexr:",
        "tiff:",
        "png:",
        "jpeg:",
        "dpx:",
        "gif:",
        "webp:",
        "psd:",
        "targa:",
        "bmp:",
        "cineon:",
    ),
    *(
        "jpegxl:",
        "jpeg2000:",
        "iff:",
        "sgi:",
        "photoshop:",
        "maketx:",
        "thumbnail",
        "ICCProfile",
        "Exif:",
        "IPTC:",
    ),
    *("GPS:", "XMP:", "xmp:", "cryptomatte/"),
)


class HalfFrame:
    """One EXR frame in a plate's raster, half and ZIP, whose rows are put in one after another, and then written.

    ``names`` are its channels in their order. ``info`` gives the windows, pixel aspect, rate and colour space. Values
    are stored as their nearest half, those beyond it clamped to ±65504. Threads may put rows in at the same time.
    """

    def __init__(self, path: str, names: Sequence[str], info: PlateInfo) -> None:
        self.path = path
        self._clamped: list[int] = []
        self._names, self._info = tuple(names), info
        self._pixels = np.empty((info.height, info.width, len(self._names)), np.float16)

    @property
    def clamped(self) -> int:
        """How many values were clamped."""
        return sum(self._clamped)

    def put(self, rows: slice, *planes: Pixels | float) -> None:
        """Puts rows (start and stop) in: planes (n, W) or (n, W, k), or one value for a channel; in the order of names.

        Raises ``OutputError`` for NaN or Inf.
        """
        into = self._pixels[rows]
        halves: list[NDArray[np.int16]] = []
        to: list[int] = []
        start = 0
        for plane in planes:
            if isinstance(plane, np.ndarray):
                halves.append(self._half(plane))
                depth = plane.shape[2] if plane.ndim == 3 else 1
                to += range(start, start + depth)
                start += depth
            else:
                into[..., start] = plane
                start += 1
        if start != len(self._names):
            raise ValueError(f"{start} channels for {self._names}")
        # As whole numbers: OpenCV moves these too.
        cv2.mixChannels(halves, [into.view(np.int16)], [one for pair in enumerate(to) for one in pair])

    def _half(self, plane: Pixels) -> NDArray[np.int16]:
        """A plane in bits of halves."""
        # A NaN is passed on by both, and is no less than anything.
        if not (plane.max() <= HALF_MAX and plane.min() >= -HALF_MAX):
            _refuse_unfinite(self.path, plane)
            self._clamped.append(int(np.count_nonzero(np.abs(plane) > HALF_MAX)))
            plane = np.clip(plane, -HALF_MAX, HALF_MAX)
        # Several times as quick as numpy's own conversion, to the same bits.
        plane = np.ascontiguousarray(plane, np.float32)
        return np.asarray(cv2.addWeighted(plane, 1, plane, 0, 0, dtype=cv2.CV_16F)).view(np.int16)

    def write(self, attributes: dict[str, Any]) -> int:
        """Writes the file; ``attributes`` (``PlateFrame.attributes``) are passed on. Gives ``clamped``.

        Raises ``OutputError`` when the disk refuses; then nothing has the final name.
        """
        spec = _layer_spec(self._info, attributes, self._names)
        replace_atomically(
            self.path, lambda temporary: _write_verified(temporary, self.path, spec, self._pixels)
        )
        return self.clamped


def layer_channels(
    layer_name: str,
    shadow: bool,
    unmatched: bool = False,
    despilled: bool = False,
    mended: bool = False,
    closed: bool = False,
    interaction: bool = False,
) -> list[str]:
    """A layer's channels: the comp, the background ``<layer_name>.R/G/B/A``, how much light its shadow takes, the
    background before it was matched to the plate, the actor's own light with their matte, their mended matte, the
    actor where their slits are closed, and what of splash, spray and dust lies behind them.
    """
    names = [*"RGBA", *(f"{layer_name}.{one}" for one in "RGBA"), *(["shadow.A"] if shadow else [])]
    names += [f"unmatched.{one}" for one in "RGB" if unmatched]
    names += [f"despilled.{one}" for one in "RGBA" if despilled]
    names += ["mended.A"] if mended else []
    names += [f"closed.{one}" for one in "RGBA" if closed]
    return names + [f"interaction.{one}" for one in "RGBA" if interaction]


def write_exr_frame(path: str, planes: dict[str, Pixels], info: PlateInfo, attributes: dict[str, Any]) -> int:
    """Writes one EXR frame in a plate's raster; gives how many values were clamped.

    ``planes`` maps channel names, parted by spaces, to (H, W) or (H, W, n) float32 in the plate's layer space; they are
    written in this order. The rest is as ``HalfFrame`` says.
    """
    frame = HalfFrame(path, " ".join(planes).split(), info)
    return _whole(frame, list(planes.values()), info).write(attributes)


def _whole(frame: HalfFrame, planes: list[Pixels], info: PlateInfo) -> HalfFrame:
    """The frame with whole planes put in."""
    for plane in planes:
        if plane.shape[:2] != (info.height, info.width):
            raise ValueError(f"{plane.shape} does not fit a plate of {info.width}x{info.height}")
    for start in range(0, info.height, _ROWS):
        rows = slice(start, min(start + _ROWS, info.height))
        frame.put(rows, *(plane[rows] for plane in planes))
    return frame


def write_png(path: str, rgb: Pixels, pixel_aspect: float = 1.0) -> None:
    """Writes a display picture, (H, W, 3) float32 0..1 sRGB-encoded, as 16-bit PNG, with the same care."""
    height, width = rgb.shape[:2]
    spec = oiio.ImageSpec(width, height, 3, oiio.UINT16)
    spec.attribute("oiio:ColorSpace", "srgb_rec709_scene")
    if pixel_aspect != 1.0:
        spec.attribute("PixelAspectRatio", float(pixel_aspect))
    _refuse_unfinite(path, rgb)
    code = np.round(np.clip(rgb, 0.0, 1.0) * 65535.0).astype(np.uint16)
    replace_atomically(path, lambda temporary: _write_verified(temporary, path, spec, code))


def _refuse_unfinite(path: str, pixels: Pixels) -> None:
    if np.isfinite(pixels).all():
        return
    nan, inf = int(np.isnan(pixels).sum()), int(np.isinf(pixels).sum())
    raise OutputError(
        f"{os.path.basename(path)}: {nan} NaN and {inf} Inf values were to be written; nothing was.",
        "Try --precision fp32; if it stays, the model's weights are damaged.",
    )


def _layer_spec(info: PlateInfo, attributes: dict[str, Any], names: tuple[str, ...]) -> oiio.ImageSpec:
    spec = oiio.ImageSpec(info.width, info.height, len(names), oiio.HALF)
    spec.channelnames = names
    spec.alpha_channel = names.index("A") if "A" in names else -1
    spec.x, spec.y = info.data_window.x, info.data_window.y
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = info.display_window
    for name, (kind, value) in attributes.items():
        if name not in _OWN and not name.startswith(_OWN_FAMILIES):
            spec.attribute(name, oiio.TypeDesc(kind), value)
    space = layer_space(info.space)
    spec.attribute("compression", "zip")
    if interop_name(space):
        spec.attribute("oiio:ColorSpace", interop_name(space))
    spec.attribute("chromaticities", oiio.TypeDesc("float[8]"), chromaticities_of(space))
    spec.attribute("PixelAspectRatio", float(info.pixel_aspect))
    spec.attribute("Software", "ActAnywhere")
    # Left out, the library writes the time of day: one job gives one layer, to the byte.
    spec.attribute("DateTime", "")
    if info.fps is not None:
        rate = (info.fps.numerator, info.fps.denominator)
        spec.attribute("framesPerSecond", oiio.TypeDesc("rational"), rate)
    return spec


def _write_verified(temporary: str, path: str, spec: oiio.ImageSpec, pixels: NDArray[Any]) -> None:
    error_of(oiio)
    output = oiio.ImageOutput.create(temporary)
    if output is None:
        raise _faulty(path, f"there is no writer for it: {error_of(oiio)}")
    if not output.open(temporary, spec):
        # The writer opens the file before it takes the header.
        if not os.path.exists(temporary):
            raise _refused(path, error_of(output))
        raise _faulty(path, f"its header is refused: {error_of(output)}")
    # A full disk shows in write_image alone: close() then says that all is well.
    written = output.write_image(np.ascontiguousarray(pixels))
    error = error_of(output)
    closed = output.close()
    error = error or error_of(output)
    if not written or not closed or error:
        raise _refused(path, error)
    _compare(temporary, path, pixels, spec.channelnames)


def _compare(temporary: str, path: str, pixels: NDArray[Any], names: Sequence[str]) -> None:
    source = oiio.ImageInput.open(temporary)
    if source is None:
        raise _faulty(path, f"it cannot be read back: {error_of(oiio)}")
    same, first = True, source.spec().y
    # A file of several layers gives their channels back in the order of its own.
    found = list(source.spec().channelnames)
    order = [found.index(name) for name in names if name in found]
    kind = "half" if pixels.dtype == np.float16 else "uint16"
    try:
        for start in range(0, len(pixels), _ROWS):
            wrote = pixels[start : start + _ROWS]
            ends = first + start, first + start + len(wrote)
            back = source.read_scanlines(0, 0, *ends, 0, 0, wrote.shape[-1], kind)
            # By their bits: comparing halves as numbers is slow.
            if back is None or back.size != wrote.size or len(order) != len(names):
                same = False
                break
            back = back.reshape(wrote.shape)
            same = same and np.array_equal(
                _bits(back if found == list(names) else back[..., order]), _bits(wrote)
            )
        error = error_of(source)
    finally:
        source.close()
    if error or not same:
        raise _faulty(path, f"what was read back differs from what was written {error}".strip())


def _bits(pixels: NDArray[Any]) -> NDArray[np.uint16]:
    return np.ascontiguousarray(pixels).view(np.uint16)


def _faulty(path: str, reason: str) -> OutputError:
    """The error of a file that the disk took and that is not right all the same; OpenEXR hears of no full one."""
    if _full(path):
        return _refused(path, reason)
    return OutputError(
        f"{path}: cannot be written: {' '.join(reason.split())}.",
        "Render into a folder on another disk. If it stays, an attribute of the plate's files is the likely cause: "
        "write the plate again without metadata.",
    )


def _refused(path: str, reason: str) -> OutputError:
    """The error of a file that was not written; a library's own ``reason`` does not say that the disk is full."""
    return unwritable(path, "the disk is full" if _full(path) else reason.rstrip("."))


def _full(path: str) -> bool:
    return shutil.disk_usage(os.path.dirname(path) or ".").free < _FULL
