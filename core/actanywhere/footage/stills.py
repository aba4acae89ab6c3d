"""One still picture: its header, and the requested channels, upright."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..contract.errors import FootageError
from . import channels
from .channels import Part
from .decoders import LARGEST_SIDE, open_decoder, oversize, plain, unreadable
from .headers import radiance_fields
from .orientation import Window, aspect_upright, pixels_upright, spoken, window_upright
from .still_codes import codes_of

__all__ = ["Part", "Still", "Window", "place", "screen", "screen_light"]

Pixels = NDArray[np.float32]

# Anamorphic lenses squeeze by 2 at most; beyond this a header is damaged.
_WIDEST_PIXEL = 8.0
# Whole numbers alone up to more than the one and no more than the other are codes.
_FEW, _CODES = 16, 65535
# Formats whose alpha is straight by their own definition; of the others, only the pixels can tell.
_STRAIGHT = ("png", "gif", "bmp", "webp", "avif", "heic", "heif")


class Still:
    """An open picture; use it in ``with``. ``label`` names file and frame in messages.

    ``display`` window, ``pixel_aspect`` and ``parts`` are of the picture as it is shown: its ``orientation`` (EXIF's
    number) is undone by ``read``. ``floating``: half and float pixels. ``alpha``: ``straight``, ``premultiplied``,
    ``unsaid`` or empty, as the file says. ``attributes``: name to (OpenImageIO type, value), so that timecodes and
    matrices survive a round trip. ``notes`` is what the artist should hear of how it is read. Raises ``FootageError``
    for what is no such picture, is truncated, or claims to be oversize.
    """

    def __init__(self, path: str, label: str = "") -> None:
        self.path, self.label = path, label or path
        self._file = open_decoder(path, self.label)
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def _read_header(self) -> None:
        spec = self._file.specs[0]
        self.format = self._file.format
        self.floating = str(spec.format) in ("half", "float", "double")
        self.notes = list(self._file.notes)
        self.attributes = {name: (kind, value) for name, kind, value in _attributes(spec, self.notes)}
        self.orientation = self._orientation(spec)
        stored = Window(spec.full_x, spec.full_y, spec.full_width, spec.full_height)
        self.display = window_upright(stored, stored, self.orientation)
        aspect = float(spec.get_float_attribute("PixelAspectRatio", 1.0)) or 1.0
        if self.format == "jpeg" and spec.get_string_attribute("ResolutionUnit") in ("in", "cm"):
            # OpenImageIO divides the wrong way: the more dots an inch there are across, the narrower a pixel.
            aspect = 1 / aspect
        if self.format == "hdr":
            tall = radiance_fields(self.path).get("PIXASPECT", [1.0])[0]  # a pixel's height over its width
            aspect = 1 / tall if tall > 0 else 0.0
        if not 1 / _WIDEST_PIXEL <= aspect <= _WIDEST_PIXEL:
            raise FootageError(
                f"{self.label}: its header claims a pixel aspect of {aspect:g}.",
                "The file is damaged, or its pixel aspect has to be set right where it was made.",
            )
        self.pixel_aspect = aspect_upright(aspect, self.orientation)
        self.parts = tuple(self._part(index, one, stored) for index, one in enumerate(self._file.specs))
        self.alpha = self._alpha_kind(spec)
        self._codes, notes = codes_of(self.path, self.format, self.parts[0], self.plain_attributes)
        self.notes += notes
        self.other_views: list[str] = []
        self._tell_views()

    def _orientation(self, spec: oiio.ImageSpec) -> int:
        found = int(spec.get_int_attribute("Orientation", 1))
        if self.format == "openexr" and found != 1:
            self.notes.append(f"its attribute Orientation ({found}) is ignored: EXR has no orientation")
            return 1
        if self.format == "dpx" and found > 4:
            raise FootageError(
                f"{self.label}: it lies on its side (orientation {found}), which is not read from DPX.",
                "Turn it upright where it was made, or convert it to EXR.",
            )
        return found if 1 <= found <= 8 else 1

    def _part(self, index: int, spec: oiio.ImageSpec, stored: Window) -> Part:
        if spec.deep:
            raise FootageError(
                f"{self.label}: it is a deep EXR, with several samples in a pixel; flat pictures are read.",
                "Flatten it where it was rendered (in Nuke: DeepToImage).",
            )
        window = Window(spec.x, spec.y, spec.width, spec.height)
        for one in (window, Window(spec.full_x, spec.full_y, spec.full_width, spec.full_height)):
            if not (0 < one.width <= LARGEST_SIDE and 0 < one.height <= LARGEST_SIDE):
                raise oversize(self.label, str(one))
        return Part(
            index,
            plain(spec.get_string_attribute("oiio:subimagename")),
            tuple(plain(name) for name in spec.channelnames),
            window_upright(window, stored, self.orientation),
            kind=str(spec.format),
            bits=int(spec.get_int_attribute("oiio:BitsPerSample", 8 * spec.format.size())),
            view=plain(spec.get_string_attribute("view")),
            kinds=tuple(str(kind) for kind in spec.channelformats),
        )

    def _alpha_kind(self, spec: oiio.ImageSpec) -> str:
        if self.find_alpha() is None:
            return ""
        if self.format in _STRAIGHT or spec.get_int_attribute("oiio:UnassociatedAlpha"):
            return "straight"
        return "premultiplied" if self.format == "tiff" else "unsaid"

    def _tell_views(self) -> None:
        said: Any = self.attributes.get("multiView", ("", ()))[1]
        views = [part.view for part in self.parts if part.view] or ([said] if isinstance(said, str) else said)
        names: list[str] = list(dict.fromkeys(views))
        if len(names) > 1:
            # In a file of one part the first is the one without a prefix. Parts may stand in any order.
            in_parts = any(part.view for part in self.parts)
            chosen = "left" if in_parts and "left" in names else names[0]
            self.notes.append(f"it holds the views {', '.join(names)}; {chosen} is read")
            self.parts = tuple(part for part in self.parts if part.view in ("", chosen)) or self.parts
            self.other_views = [] if in_parts else [f"{name}." for name in names if name != chosen]

    @property
    def turned(self) -> str:
        """What is done to show it, clockwise (``turned by 90 degrees``); empty where it lies upright."""
        return "" if self.orientation == 1 else spoken(self.orientation)

    @property
    def plain_attributes(self) -> dict[str, Any]:
        """The attributes by name, without their types."""
        return {name: value for name, (_, value) in self.attributes.items()}

    def part_attributes(self, part: Part) -> dict[str, Any]:
        """The attributes of one part by name: in a multi-part file each has its own."""
        return {name: value for name, _, value in _attributes(self._file.specs[part.index], [])}

    def channel_names(self) -> list[str]:
        """Every channel's full name; in a multi-part file the part's name stands before it."""
        return channels.full_names(self.parts)

    def find(self, name: str) -> tuple[Part, str] | None:
        """The part and channel that a full name means, ``part.channel`` or as the file has it; or None."""
        return channels.find(self.parts, name)

    def find_alpha(self) -> tuple[Part, str] | None:
        """Part and channel of the main alpha, or None."""
        return channels.find_alpha(self.parts)

    def find_colour(self) -> tuple[Part, tuple[str, ...]] | None:
        """The main colour: R, G, B, or a single grey channel; else the first layer that has all three."""
        return channels.find_colour(self.parts)

    def read(self, part: Part, names: tuple[str, ...]) -> Pixels:
        """The named channels of a part's data window: (H, W, len(names)) float32, upright, integers scaled to 0..1.

        Channels are found by name, since files order them as they like.
        """
        wanted = [part.channels.index(name) for name in names]
        low, high = min(wanted), max(wanted) + 1
        pixels = self._file.read(part.index, low, high)
        # Both must be asked: a truncated JPEG gives pixels and an error, a damaged TIFF neither.
        error = self._file.error()
        if pixels is None or error:
            raise unreadable(self.path, self.label, error)
        if wanted != list(range(low, high)):
            pixels = pixels[..., [one - low for one in wanted]]
        pixels = self._codes.read(pixels, [name.lower() in ("a", "alpha") for name in names])
        return np.ascontiguousarray(pixels_upright(pixels, self.orientation), np.float32)

    def __enter__(self) -> Still:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _attributes(spec: oiio.ImageSpec, notes: list[str]) -> Iterator[tuple[str, str, Any]]:
    """Name, OpenImageIO type and value of what a header says; text that is not in UTF-8 is left out and told."""
    lost = 0
    for attribute in spec.extra_attribs:
        values = attribute.value if isinstance(attribute.value, tuple) else (attribute.value,)
        if all(plain(text) == text for text in (attribute.name, *values) if isinstance(text, str)):
            yield attribute.name, str(attribute.type), attribute.value
        else:
            lost += 1
    if lost:
        notes.append(f"{lost} of its metadata are not in UTF-8, and are not passed on")


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


def screen_light(pixels: Pixels, label: str, what: str) -> None:
    """As ``screen``; also for codes that were stored as half or float."""
    screen(pixels, label, what)
    if not _FEW < pixels.max(initial=0) <= _CODES or (pixels[::8, ::8] % 1).any() or (pixels % 1).any():
        return
    raise FootageError(
        f"{label}: the {what} holds whole numbers alone, up to {pixels.max():g}: codes that were stored as float, "
        "which would be read as light.",
        "Divide them by the code of white (255 of 8 bits), or store them as whole numbers.",
    )


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
