"""One picture file: its header, and the channels that are asked for. OpenImageIO carries it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..contract.errors import FootageError

__all__ = ["Part", "Still", "Window", "place", "screen"]

Pixels = NDArray[np.float32]

# Process-wide, and meant so: a file is read as what its extension says (or a PNG named .exr would open), and
# a header that claims more than this is refused before a byte is allocated for it.
LARGEST_MB = 4096
LARGEST_SIDE = 32768
oiio.attribute("try_all_readers", 0)
oiio.attribute("limits:imagesize_MB", LARGEST_MB)


_MAIN: tuple[tuple[str, ...], ...] = (("R", "G", "B"), ("r", "g", "b"), ("red", "green", "blue"))


class Window(NamedTuple):
    """A pixel rectangle: its top left corner and its size. y runs down."""

    x: int
    y: int
    width: int
    height: int

    def union(self, other: Window) -> Window:
        """The smallest window that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Window(x, y, right - x, bottom - y)

    def __str__(self) -> str:
        return f"{self.width}x{self.height} at {self.x},{self.y}"


@dataclass(frozen=True)
class Part:
    """One part (subimage) of a file. ``name`` is empty in single-part files."""

    index: int
    name: str
    channels: tuple[str, ...]
    data: Window


class Still:
    """An open picture; use it in ``with``. ``label`` names file and frame in messages.

    ``display`` window, ``parts``, ``floating`` (half and float pixels), and
    ``attributes``: name to (OpenImageIO type, value), so that timecodes and matrices survive a round trip.
    Raises ``FootageError`` for what is no such picture, is truncated, or claims to be oversize.
    """

    def __init__(self, path: str, label: str = "") -> None:
        self.path, self.label = path, label or path
        config = oiio.ImageSpec()
        # Colour as stored: OpenImageIO would multiply PNG and TIFF colour by alpha.
        config.attribute("oiio:UnassociatedAlpha", 1)
        oiio.geterror()
        opened = oiio.ImageInput.open(path, config)
        if opened is None:
            raise self._unreadable(oiio.geterror())
        self._file: oiio.ImageInput = opened
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def _read_header(self) -> None:
        spec = self._file.spec()
        self.display = Window(spec.full_x, spec.full_y, spec.full_width, spec.full_height)
        self.format = str(self._file.format_name())
        self.floating = str(spec.format) in ("half", "float", "double")
        self.attributes = {a.name: (str(a.type), a.value) for a in spec.extra_attribs}
        self.pixel_aspect = float(spec.get_float_attribute("PixelAspectRatio", 1.0)) or 1.0
        parts: list[Part] = []
        while self._file.seek_subimage(len(parts), 0):
            spec = self._file.spec()
            window = Window(spec.x, spec.y, spec.width, spec.height)
            self._check_size(window)
            name = str(spec.get_string_attribute("oiio:subimagename"))
            parts.append(Part(len(parts), name, tuple(spec.channelnames), window))
            if self.format != "openexr":
                break
        self._file.geterror()
        self.parts = tuple(parts)

    def _check_size(self, data: Window) -> None:
        for window in (data, self.display):
            if not (0 < window.width <= LARGEST_SIDE and 0 < window.height <= LARGEST_SIDE):
                raise FootageError(
                    f"{self.label}: its header claims {window}, more than {LARGEST_SIDE} pixels a side.",
                    "The file is damaged, or must be scaled down first.",
                )

    @property
    def plain_attributes(self) -> dict[str, Any]:
        """The attributes by name, without their types."""
        return {name: value for name, (_, value) in self.attributes.items()}

    def channel_names(self) -> list[str]:
        """Every channel's full name; in a multi-part file the part's name stands before it."""
        if len(self.parts) == 1:
            return list(self.parts[0].channels)
        return [_full_name(part, channel) for part in self.parts for channel in part.channels]

    def find(self, name: str) -> tuple[Part, str] | None:
        """The part and channel that a full name means, ``part.channel`` or as the file has it; or None."""
        for part in self.parts:
            for channel in part.channels:
                if name in (_full_name(part, channel), f"{part.name}.{channel}"):
                    return part, channel
        for part in self.parts:
            if name in part.channels:
                return part, name
        return None

    def find_alpha(self) -> tuple[Part, str] | None:
        """Part and channel of the main alpha, or None."""
        for name in ("A", "a", "alpha", "Alpha"):
            found = self.find(name)
            if found is not None:
                return found
        return None

    def find_colour(self) -> tuple[Part, tuple[str, ...]] | None:
        """The main colour: R, G, B, or a single grey channel; else the first layer that has all three."""
        for part in self.parts:
            for names in _MAIN:
                if set(names) <= set(part.channels):
                    return part, names
        first = self.parts[0]
        grey = [name for name in first.channels if name in ("Y", "I", "gray", "channel0")]
        if grey and not {"RY", "BY"} & set(first.channels):
            return first, (grey[0],)
        for part in self.parts:
            for channel in part.channels:
                layer, _, last = channel.rpartition(".")
                wanted = {"R": ("R", "G", "B"), "red": ("red", "green", "blue")}.get(last, ())
                names = tuple(f"{layer}.{one}" for one in wanted)
                if names and set(names) <= set(part.channels):
                    return part, names
        return None

    def read(self, part: Part, names: tuple[str, ...]) -> Pixels:
        """The named channels of a part's data window: (H, W, len(names)) float32, integers scaled to 0..1.

        Channels are found by name, since files order them as they like.
        """
        wanted = [part.channels.index(name) for name in names]
        low, high = min(wanted), max(wanted) + 1
        pixels = self._file.read_image(part.index, 0, low, high, "float")
        # Both must be asked: a truncated JPEG gives pixels and an error, a damaged TIFF neither.
        error = self._file.geterror()
        if pixels is None or error:
            raise self._unreadable(error)
        pixels = pixels.reshape(part.data.height, part.data.width, high - low)
        if wanted == list(range(low, high)):
            return np.ascontiguousarray(pixels, np.float32)
        return np.ascontiguousarray(pixels[..., [one - low for one in wanted]], np.float32)

    def _unreadable(self, error: str) -> FootageError:
        if not os.path.exists(self.path):
            return FootageError(f"{self.label}: there is no such file.", "Check the path.")
        reason = " ".join(error.split()) or "its pixels cannot be decoded"
        if "limits:imagesize_MB" in reason or "exceeds" in reason:
            return FootageError(
                f"{self.label}: its header claims a picture that is too large ({reason}).",
                "The file is damaged, or must be scaled down first.",
            )
        return FootageError(
            f"{self.label}: cannot be read: truncated, damaged, or not what its name says ({reason}).",
            "Render or copy the file again.",
        )

    def __enter__(self) -> Still:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _full_name(part: Part, channel: str) -> str:
    """``roto.actor.A`` for channel ``actor.A`` (or ``roto.actor.A``) of the part ``roto``."""
    if not part.name or channel.startswith(part.name + "."):
        return channel
    return f"{part.name}.{channel}"


def place(pixels: Pixels, window: Window, raster: Window) -> Pixels:
    """Pixels of one window in another: cropped to it, zero where there are none. No copy when they agree."""
    if window == raster:
        return pixels
    out = np.zeros((raster.height, raster.width, *pixels.shape[2:]), np.float32)
    left, top = max(window.x, raster.x), max(window.y, raster.y)
    right = min(window.x + window.width, raster.x + raster.width)
    bottom = min(window.y + window.height, raster.y + raster.height)
    if right > left and bottom > top:
        out[top - raster.y : bottom - raster.y, left - raster.x : right - raster.x] = pixels[
            top - window.y : bottom - window.y, left - window.x : right - window.x
        ]
    return out


def screen(pixels: Pixels, label: str, what: str) -> None:
    """Raises ``FootageError`` with counts when there is a NaN or Inf in the pixels."""
    # One sum is a quarter of the cost of testing every value, and finite sums have finite terms.
    with np.errstate(all="ignore"):
        if np.isfinite(pixels.sum(dtype=np.float32)):
            return
    nan, inf = int(np.isnan(pixels).sum()), int(np.isinf(pixels).sum())
    if nan or inf:
        y, x = np.argwhere(~np.isfinite(pixels))[0][:2]
        raise FootageError(
            f"{label}: the {what} holds {nan} NaN and {inf} Inf values, the first at pixel {x}, {y}.",
            "Render the frame again, or repair those pixels.",
        )
