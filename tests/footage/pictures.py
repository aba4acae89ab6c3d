"""Real files for the tests of footage, written by the libraries themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import OpenImageIO as oiio
from av.video.reformatter import ColorRange, Colorspace


def ramp(height: int = 24, width: int = 40, channels: int = 3) -> np.ndarray:
    """Distinct values in every pixel and channel, 0..1."""
    count = height * width * channels
    return (np.arange(count, dtype=np.float32) / count).reshape(height, width, channels)


def write_still(
    path: Path,
    pixels: np.ndarray,
    kind: str = "half",
    channels: tuple[str, ...] | None = None,
    origin: tuple[int, int] = (0, 0),
    display: tuple[int, int, int, int] | None = None,
    attributes: dict[str, Any] | None = None,
) -> Path:
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], kind)
    if channels:
        spec.channelnames = channels
    spec.x, spec.y = origin
    if display:
        spec.full_x, spec.full_y, spec.full_width, spec.full_height = display
    for name, value in (attributes or {}).items():
        if isinstance(value, tuple) and isinstance(value[0], str):
            spec.attribute(name, oiio.TypeDesc(value[0]), value[1])
        else:
            spec.attribute(name, value)
    # Stored as given: colour is not multiplied by alpha.
    spec.attribute("oiio:UnassociatedAlpha", 1)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(np.ascontiguousarray(pixels, np.float32)), output.geterror()
    assert output.close()
    return path


def write_parts(path: Path, parts: list[tuple[str, tuple[str, ...], np.ndarray]]) -> Path:
    specs = []
    for name, channels, pixels in parts:
        spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], len(channels), "half")
        spec.channelnames = channels
        spec.attribute("oiio:subimagename", name)
        specs.append(spec)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), tuple(specs)), output.geterror()
    for number, (_, _, pixels) in enumerate(parts):
        if number:
            assert output.open(str(path), specs[number], "AppendSubimage"), output.geterror()
        assert output.write_image(np.ascontiguousarray(pixels, np.float32)), output.geterror()
    assert output.close()
    return path


def write_sequence(
    folder: Path, frames: range, extension: str = "exr", name: str = "plate", **kwargs: Any
) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    pixels = kwargs.pop("pixels", ramp())
    for frame in frames:
        write_still(folder / f"{name}.{frame:04d}.{extension}", pixels, **kwargs)
    return str(folder / f"{name}.####.{extension}")


def write_movie(
    path: Path,
    pictures: list[np.ndarray],
    codec: str = "prores_ks",
    pix_fmt: str = "yuv422p10le",
    tagged: bool = True,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Pictures are (H, W, 3) float32 0..1, written with BT.709's matrix and curve and video levels."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(24000, 1001), options=options or {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.metadata.update(metadata or {})
        if tagged:
            stream.codec_context.colorspace = Colorspace.ITU709
            stream.codec_context.color_range = ColorRange.MPEG
            stream.codec_context.color_primaries = stream.codec_context.color_trc = 1
        for number, picture in enumerate(pictures):
            code = np.ascontiguousarray(np.round(picture * 65535).astype(np.uint16))
            frame = av.VideoFrame.from_ndarray(code, "gbrp16le").reformat(
                format=pix_fmt,
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
            )
            frame.pts = number
            frame.time_base = Fraction(1001, 24000)
            if not tagged:
                frame.colorspace = Colorspace(2) if 2 in [c.value for c in Colorspace] else 2
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
