"""Decoders of still pictures: OpenImageIO, and Pillow for AVIF and HEIC."""

from __future__ import annotations

import os
from typing import Any, Protocol

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ..contract.errors import FootageError
from .headers import heif_properties, png_chunks

Pixels = NDArray[np.float32]

# Process-wide, and meant so: a file is read as what its extension says (or a PNG named .exr would open), and
# a header that claims more than this is refused before a byte is allocated for it.
LARGEST_MB = 4096
LARGEST_SIDE = 32768
oiio.attribute("try_all_readers", 0)
oiio.attribute("limits:imagesize_MB", LARGEST_MB)

_BY_PILLOW = (".avif", ".heic", ".heif")
# Formats that may hold more than one picture. (The others of a PSD are its layers, of which the first is the sum.)
_PAGES = {"tiff": "pages", "gif": "pictures", "webp": "pictures", "jpegxl": "pictures"}


class Decoder(Protocol):
    """An opened file. ``specs`` are the headers of its parts, ``notes`` what the artist should hear of its kind."""

    format: str
    specs: list[oiio.ImageSpec]
    notes: list[str]

    def read(self, part: int, low: int, high: int) -> Pixels | None:
        """Channels ``low`` to ``high`` of a part's data window as float; None or an ``error`` where it fails."""

    def error(self) -> str:
        """What went wrong since it was last asked."""

    def close(self) -> None:
        """Closes the file."""


def open_decoder(path: str, label: str) -> Decoder:
    """The decoder for a file. Raises ``FootageError`` for what is no such picture, or claims to be oversize."""
    if os.path.splitext(path)[1].lower() in _BY_PILLOW:
        return _Pillow(path, label)
    return _Stored(path, label)


def _require_display_window(path: str, label: str) -> None:
    """OpenImageIO makes one up where the header of an EXR has lost it."""
    with open(path, "rb") as file:
        for length in (1 << 16, 1 << 26):  # a header is seldom long, but Cryptomatte writes long ones
            file.seek(0)
            if b"displayWindow\0box2i\0" in file.read(length):
                return
    raise unreadable(path, label, "its header has no displayWindow")


# A TIFF's PhotometricInterpretation.
_RGB = 2


class _Stored:
    """A file that OpenImageIO reads as it is stored."""

    def __init__(self, path: str, label: str) -> None:
        self._file = self._open(path, label)
        self.format = str(self._file.format_name())
        self.notes: list[str] = []
        self.specs = [oiio.ImageSpec(self._file.spec())]
        if (
            self.specs[0].get_int_attribute("tiff:PhotometricInterpretation") == _RGB
            and self.specs[0].nchannels < 3
        ):
            self._file.close()
            raise unreadable(path, label, "it is said to be RGB, and has no three channels")
        if self.format == "openexr":
            _require_display_window(path, label)
            while self._file.seek_subimage(len(self.specs), 0):
                self.specs.append(oiio.ImageSpec(self._file.spec()))
            error_of(self._file)
        elif self.format == "png" and "acTL" in png_chunks(path, os.path.getmtime(path)):
            self.notes.append("the first of its pictures is taken")
        elif self.format in _PAGES:
            # Asked of another opening: a WebP cannot go back.
            other = self._open(path, label)
            if other.seek_subimage(1, 0):
                self.notes.append(f"the first of its {_PAGES[self.format]} is taken")
            other.close()

    @staticmethod
    def _open(path: str, label: str) -> oiio.ImageInput:
        config = oiio.ImageSpec()
        # Colour as stored: OpenImageIO would multiply PNG and TIFF colour by alpha.
        config.attribute("oiio:UnassociatedAlpha", 1)
        error_of(oiio)
        opened = oiio.ImageInput.open(path, config)
        if opened is None:
            raise unreadable(path, label, error_of(oiio))
        return opened

    def read(self, part: int, low: int, high: int) -> Pixels | None:
        spec = self.specs[part]
        pixels = self._file.read_image(part, 0, low, high, "float")
        return None if pixels is None else np.reshape(pixels, (spec.height, spec.width, high - low))

    def error(self) -> str:
        return error_of(self._file)

    def close(self) -> None:
        self._file.close()


class _Pillow:
    """An AVIF, or a HEIC where pillow-heif is installed; its alpha is straight."""

    def __init__(self, path: str, label: str) -> None:
        from PIL import Image, UnidentifiedImageError

        self.format = os.path.splitext(path)[1].lower()[1:]
        if self.format != "avif":
            _allow_heic(label)
        try:
            with Image.open(path) as opened:
                if max(opened.size) > LARGEST_SIDE:
                    raise oversize(label, f"{opened.size[0]}x{opened.size[1]}")
                pictures = int(getattr(opened, "n_frames", 1))
                profile = opened.info.get("icc_profile")
                orientation = int(opened.getexif().get(_ORIENTATION, 1))
                codes = np.asarray(opened if opened.mode in _MODES else opened.convert("RGBA"))
        except UnidentifiedImageError as error:
            raise unreadable(path, label, "") from error
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise unreadable(path, label, str(error)) from error
        self.notes = [f"the first of its {pictures} pictures is taken"] if pictures > 1 else []
        said, bits = heif_properties(path)
        if bits > 8:
            self.notes.append(f"its {bits} bits a channel are read as 8")
        codes = codes.reshape(*codes.shape[:2], -1)
        self._pixels = codes.astype(np.float32) / np.float32(np.iinfo(codes.dtype).max)
        self.specs = [_spec_of(codes, profile)]
        self.specs[0].attribute("Orientation", orientation)
        if said is not None:
            self.specs[0].attribute("CICP", oiio.TypeDesc("int[4]"), said)

    def read(self, part: int, low: int, high: int) -> Pixels | None:
        return self._pixels[..., low:high]

    def error(self) -> str:
        return ""

    def close(self) -> None:
        pass


# EXIF's tag of it; Pillow gives an AVIF's own turn and mirror there, and pillow-heif has undone a HEIC's.
_ORIENTATION = 0x0112
_MODES = {"L": ("Y",), "LA": ("Y", "A"), "RGB": ("R", "G", "B"), "RGBA": ("R", "G", "B", "A")}


def _spec_of(codes: NDArray[Any], profile: bytes | None) -> oiio.ImageSpec:
    height, width, count = codes.shape
    spec = oiio.ImageSpec(width, height, count, str(codes.dtype))
    spec.channelnames = next(names for names in _MODES.values() if len(names) == count)
    spec.alpha_channel = count - 1 if count in (2, 4) else -1
    spec.attribute("oiio:UnassociatedAlpha", 1)
    if profile:
        spec.attribute("ICCProfile", oiio.TypeDesc(f"uint8[{len(profile)}]"), tuple(profile))
        spec.attribute("ICCProfile:profile_description", _description(profile))
    return spec


def _description(profile: bytes) -> str:
    import io

    from PIL import ImageCms

    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()
    except (ImageCms.PyCMSError, OSError):
        return "unknown"


def _allow_heic(label: str) -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise FootageError(
            f"{label}: HEIC cannot be read without pillow-heif.",
            "Install it (pip install pillow-heif), or save the picture as PNG or TIFF.",
        ) from None
    register_heif_opener()


def oversize(label: str, claim: str) -> FootageError:
    """What a header that claims too much is refused with."""
    return FootageError(
        f"{label}: its header claims {claim}, more than {LARGEST_SIDE} pixels a side.",
        "The file is damaged, or must be scaled down first.",
    )


def error_of(source: Any) -> str:
    """What OpenImageIO says went wrong since it was last asked; it may quote a file's bytes that are no text."""
    try:
        return plain(str(source.geterror()))
    except UnicodeDecodeError:
        return "it is damaged"


def plain(text: str) -> str:
    """The text, with ? for the bytes of a file that are no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def unreadable(path: str, label: str, error: str) -> FootageError:
    """What a file that cannot be decoded is refused with."""
    if not os.path.exists(path):
        return FootageError(f"{label}: there is no such file.", "Check the path.")
    reason = " ".join(error.split()) or "its pixels cannot be decoded"
    if "limits:imagesize_MB" in reason or "exceeds" in reason:
        return FootageError(
            f"{label}: its header claims a picture that is too large ({reason}).",
            "The file is damaged, or must be scaled down first.",
        )
    return FootageError(
        f"{label}: cannot be read: truncated, damaged, or not what its name says ({reason}).",
        "Render or copy the file again.",
    )
