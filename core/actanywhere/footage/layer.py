"""The layer as files: EXR frames and display PNGs, never torn.

A frame is written under a temporary name, flushed to the disk, read back and compared, and only then given
its own name. A kill at any moment leaves no half frame.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..contract.errors import OutputError
from ..contract.files import replace_atomically, unwritable
from .decoders import error_of
from .plate import PlateInfo
from .spaces import chromaticities_of, interop_name, layer_space

__all__ = ["HALF_MAX", "write_exr_frame", "write_layer_frame", "write_png"]

Pixels = NDArray[np.float32]

#: The largest half float; brighter values are clamped to it, and counted.
HALF_MAX = 65504.0

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


def write_layer_frame(
    path: str,
    background: Pixels,
    alpha: Pixels,
    comp: Pixels,
    comp_alpha: Pixels,
    info: PlateInfo,
    attributes: dict[str, Any],
    layer_name: str = "generated_bg",
    shadow: Pixels | None = None,
) -> int:
    """Writes one EXR frame, half and ZIP; gives the number of values that were clamped to ±65504.

    ``background`` and ``comp`` are (H, W, 3) float32 in the plate's layer space (``colour.layer_space``),
    ``alpha`` and ``comp_alpha`` (H, W). The comp is the main R, G, B, A; the background
    ``<layer_name>.R/G/B/A``; a ``shadow`` (H, W), how much light it takes, is ``shadow.A``. Values are stored as their
    nearest half, unchanged otherwise. ``info`` gives the windows, pixel aspect, rate and colour space; ``attributes``
    (``PlateFrame.attributes``) are passed on.
    Raises ``OutputError`` for NaN or Inf, and when the disk refuses; then nothing has the final name.
    """
    planes = {"R G B": comp, "A": comp_alpha, " ".join(f"{layer_name}.{one}" for one in "RGB"): background}
    planes |= {f"{layer_name}.A": alpha} | ({} if shadow is None else {"shadow.A": shadow})
    return write_exr_frame(path, planes, info, attributes)


def write_exr_frame(path: str, planes: dict[str, Pixels], info: PlateInfo, attributes: dict[str, Any]) -> int:
    """Writes one EXR frame in a plate's raster, half and ZIP; gives how many values were clamped to ±65504.

    ``planes`` maps channel names, parted by spaces, to (H, W) or (H, W, n) float32 in the plate's layer space; they are
    written in this order. The rest is as ``write_layer_frame`` says.
    """
    pixels = _join(path, info, tuple(planes.values()))
    over = int(np.count_nonzero(np.abs(pixels) > HALF_MAX))
    half = np.clip(pixels, -HALF_MAX, HALF_MAX).astype(np.float16)
    spec = _layer_spec(info, attributes, tuple(" ".join(planes).split()))
    replace_atomically(path, lambda temporary: _write_verified(temporary, path, spec, half))
    return over


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


def _join(path: str, info: PlateInfo, planes: tuple[Pixels, ...]) -> Pixels:
    """All planes behind one another, in one contiguous raster."""
    depths = [plane.shape[2] if plane.ndim == 3 else 1 for plane in planes]
    pixels = np.empty((info.height, info.width, sum(depths)), np.float32)
    start = 0
    for plane, depth in zip(planes, depths, strict=True):
        if plane.shape[:2] != (info.height, info.width):
            raise ValueError(f"{plane.shape} does not fit a plate of {info.width}x{info.height}")
        pixels[..., start : start + depth] = np.atleast_3d(plane)
        start += depth
    _refuse_unfinite(path, pixels)
    return pixels


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
    spec.attribute(
        "DateTime", ""
    )  # left out, the library writes the time of day: one job gives one layer, to the byte
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
            raise unwritable(path, error_of(output))
        raise _faulty(path, f"its header is refused: {error_of(output)}")
    # A full disk shows in write_image alone: close() then says that all is well.
    written = output.write_image(np.ascontiguousarray(pixels))
    error = error_of(output)
    closed = output.close()
    error = error or error_of(output)
    if not written or not closed or error:
        raise unwritable(path, error)
    _compare(temporary, path, pixels)


def _compare(temporary: str, path: str, pixels: NDArray[Any]) -> None:
    source = oiio.ImageInput.open(temporary)
    if source is None:
        raise _faulty(path, f"it cannot be read back: {error_of(oiio)}")
    try:
        names = source.spec().channelnames
        back = source.read_image(0, 0, 0, len(names), "half" if pixels.dtype == np.float16 else "uint16")
        error = error_of(source)
    finally:
        source.close()
    if back is None or error or not np.array_equal(back.reshape(pixels.shape), pixels):
        raise _faulty(path, f"what was read back differs from what was written {error}".strip())


def _faulty(path: str, reason: str) -> OutputError:
    """The error of a file that the disk took and that is not right all the same."""
    return OutputError(
        f"{path}: cannot be written: {' '.join(reason.split())}.",
        "Render into a folder on another disk. If it stays, an attribute of the plate's files is the likely cause: "
        "write the plate again without metadata.",
    )
