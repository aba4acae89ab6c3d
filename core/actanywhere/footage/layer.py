"""The layer as files: EXR frames and display PNGs, never torn.

A frame is written under a temporary name, flushed to the disk, read back and compared, and only then given
its own name. A kill at any moment leaves a stray, which ``sweep_strays`` removes, and no half frame.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..errors import OutputError
from .colour import layer_space
from .metadata import CHROMATICITIES, COLOUR_TAGS
from .plate import PlateInfo

__all__ = ["HALF_MAX", "replace_atomically", "sweep_strays", "write_layer_frame", "write_png"]

Pixels = NDArray[np.float32]

#: The largest half float; brighter values are clamped to it, and counted.
HALF_MAX = 65504.0

_STRAY = ".partial-"
# What describes the plate's file and not its picture: the layer's file has its own.
_OWN = {
    "acesImageContainerFlag",
    "channels",
    "chromaticities",
    "chunkCount",
    "colorInteropID",
    "compression",
    "dataWindow",
    "DateTime",
    "capDate",
    "displayWindow",
    "framesPerSecond",
    "ICCProfile",
    "name",
    "Orientation",
    "PixelAspectRatio",
    "planarconfig",
    "Software",
    "tiles",
    "type",
    "version",
    "view",
    "multiView",
    "XResolution",
    "YResolution",
    "ResolutionUnit",
}
_OWN_FAMILIES = ("oiio:", "openexr:", "tiff:", "png:", "jpeg:", "dpx:", "ICCProfile", "Exif:", "IPTC:")


def write_layer_frame(
    path: str,
    background: Pixels,
    alpha: Pixels,
    comp: Pixels,
    comp_alpha: Pixels,
    info: PlateInfo,
    attributes: dict[str, Any],
    layer_name: str = "generated_bg",
) -> int:
    """Writes one EXR frame, half and ZIP; gives the number of values that were clamped to ±65504.

    ``background`` and ``comp`` are (H, W, 3) float32 in the plate's layer space (``colour.layer_space``),
    ``alpha`` and ``comp_alpha`` (H, W). The comp is the main R, G, B, A; the background
    ``<layer_name>.R/G/B/A``. Values are stored as their nearest half, unchanged otherwise. ``info`` gives the
    windows, pixel aspect, rate and colour space; ``attributes`` (``PlateFrame.attributes``) are passed on.
    Raises ``OutputError`` for NaN or Inf, and when the disk refuses; then nothing has the final name.
    """
    pixels = _join(path, info, (comp, comp_alpha, background, alpha))
    over = int(np.count_nonzero(np.abs(pixels) > HALF_MAX))
    half = np.clip(pixels, -HALF_MAX, HALF_MAX).astype(np.float16)
    spec = _layer_spec(info, attributes, layer_name)
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


def sweep_strays(folder: str) -> list[str]:
    """Removes the temporary files that a killed writer left in a folder; gives their names.

    Call it while the folder is locked: another writer's unfinished frame looks the same.
    """
    try:
        strays = [name for name in os.listdir(folder) if name.startswith(".") and _STRAY in name]
        for name in strays:
            os.remove(os.path.join(folder, name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be cleaned of unfinished files ({error.strerror}).",
            "Check the folder's permissions.",
        ) from error
    return sorted(strays)


def replace_atomically(path: str, write: Callable[[str], None]) -> None:
    """Lets ``write`` make a temporary file beside ``path``, flushes it to the disk and gives it the name.

    The temporary name keeps the extension, by which libraries choose the format. On any error the temporary
    file is removed, and ``OSError`` becomes ``OutputError``.
    """
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    temporary = os.path.join(folder, f".{stem}{_STRAY}{os.getpid()}-{secrets.token_hex(4)}{extension}")
    try:
        write(temporary)
        _flush(temporary)
        os.replace(temporary, path)
        if os.name == "posix":
            _flush(folder or ".")
    except OSError as error:
        raise _refused(path, error.strerror or str(error)) from error
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def _flush(path: str) -> None:
    # A file must be open for writing to be flushed on Windows; a folder cannot be.
    handle = os.open(path, os.O_RDONLY if os.path.isdir(path) else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _join(path: str, info: PlateInfo, planes: tuple[Pixels, ...]) -> Pixels:
    """R, G, B, A of the comp, then of the layer, in one contiguous raster."""
    pixels = np.empty((info.height, info.width, 8), np.float32)
    for start, plane in zip((0, 3, 4, 7), planes, strict=True):
        if plane.shape[:2] != (info.height, info.width):
            raise ValueError(f"{plane.shape} does not fit a plate of {info.width}x{info.height}")
        pixels[..., start : start + (plane.shape[2] if plane.ndim == 3 else 1)] = np.atleast_3d(plane)
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


def _layer_spec(info: PlateInfo, attributes: dict[str, Any], layer_name: str) -> oiio.ImageSpec:
    spec = oiio.ImageSpec(info.width, info.height, 8, oiio.HALF)
    spec.channelnames = ("R", "G", "B", "A", *(f"{layer_name}.{one}" for one in "RGBA"))
    spec.alpha_channel = 3
    spec.x, spec.y = info.data_window.x, info.data_window.y
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = info.display_window
    for name, (kind, value) in attributes.items():
        if name not in _OWN and not name.startswith(_OWN_FAMILIES):
            spec.attribute(name, oiio.TypeDesc(kind), value)
    space = layer_space(info.space)
    spec.attribute("compression", "zip")
    spec.attribute("oiio:ColorSpace", COLOUR_TAGS[space])
    spec.attribute("chromaticities", oiio.TypeDesc("float[8]"), CHROMATICITIES[space])
    spec.attribute("PixelAspectRatio", float(info.pixel_aspect))
    spec.attribute("Software", "ActAnywhere")
    if info.fps is not None:
        rate = (info.fps.numerator, info.fps.denominator)
        spec.attribute("framesPerSecond", oiio.TypeDesc("rational"), rate)
    return spec


def _write_verified(temporary: str, path: str, spec: oiio.ImageSpec, pixels: NDArray[Any]) -> None:
    oiio.geterror()
    output = oiio.ImageOutput.create(temporary)
    if output is None:
        raise _refused(path, oiio.geterror())
    # A full disk shows in write_image alone: close() then says that all is well.
    written = output.open(temporary, spec) and output.write_image(np.ascontiguousarray(pixels))
    error = output.geterror()
    closed = output.close()
    error = error or output.geterror()
    if not written or not closed or error:
        raise _refused(path, error)
    _compare(temporary, path, pixels)


def _compare(temporary: str, path: str, pixels: NDArray[Any]) -> None:
    source = oiio.ImageInput.open(temporary)
    if source is None:
        raise _refused(path, f"it cannot be read back: {oiio.geterror()}")
    try:
        names = source.spec().channelnames
        back = source.read_image(0, 0, 0, len(names), "half" if pixels.dtype == np.float16 else "uint16")
        error = source.geterror()
    finally:
        source.close()
    if back is None or error or not np.array_equal(back.reshape(pixels.shape), pixels):
        raise _refused(path, f"what was read back differs from what was written {error}".strip())


def _refused(path: str, reason: str) -> OutputError:
    return OutputError(
        f"{path}: cannot be written: {' '.join(reason.split()) or 'the disk refused it (is it full?)'}.",
        "Check the free space and the folder's permissions, then run the same command: it continues.",
    )
