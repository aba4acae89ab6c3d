"""The colour space of a file: as the artist says, else as the file says, else assumed and reported.

In this order: ACES containers and chromaticities (EXR); cICP, the ICC profile, sRGB, gAMA with cHRM (PNG, in the
order of its specification); CICP (JPEG XL); the ICC profile, EXIF's colour space (JPEG, TIFF, and others); CICP (AVIF
and HEIC, as ISO 23000-22 has it); the transfer of a DPX; the primaries of a Radiance picture; Cineon's log; the tags of
a movie; a camera's log by the name that it wrote into the metadata; ``oiio:ColorSpace``.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..contract.errors import FootageError
from .colour import linearise
from .headers import interoperability, png_chunks, radiance_fields
from .spaces import (
    CHROMATICITIES,
    Chromaticities,
    added_profile,
    added_space,
    encoding_of,
    find_space,
    layer_space,
)
from .tags import ColourTags, space_of_gamma, space_of_tags

_LARGEST_PROFILE = 1 << 24
_SETTLE = "Say it (--plate-colour, --condition-colour) if it is another."
_NO_RGB = ("LAB", "CIELAB", "ICCLAB", "ITULAB", "LOGLUV")
_LAB = (8, 9, 10, 32844, 32845)
"""TIFF's numbers for CIE, ICC and ITU Lab, and for LogL and LogLuv."""
_ADOBE_RGB, _UNCALIBRATED = 2, 65535
_HEIF = ("avif", "heic", "heif")
_UNSAID = 2
_SHORT = ("acescg", "linear-rec709", "aces2065-1", "srgb", "rec709")
# What cameras write, without signs; the first that is found.
_CAMERAS = {
    "logc4": "ARRI LogC4",
    "logc": "ARRI LogC3 (EI800)",
    "slog3sgamut3cine": "S-Log3 S-Gamut3.Cine",
    "sgamut3cineslog3": "S-Log3 S-Gamut3.Cine",
    "slog3sgamut3": "S-Log3 S-Gamut3",
    "sgamut3slog3": "S-Log3 S-Gamut3",
    "vlog": "V-Log V-Gamut",
    "log3g10": "Log3G10 REDWideGamutRGB",
    "canonlog2": "CanonLog2 CinemaGamut D55",
    "canonlog3": "CanonLog3 CinemaGamut D55",
    "applelog": "Apple Log",
    "acescct": "ACEScct",
    "acescc": "ACEScc",
}
_CAMERA_KEYS = re.compile(r"gamma|colou?r.?space|transfer|gamut|curve|colou?r.?science", re.IGNORECASE)
_DPX_VIDEO = ("ITU-R", "Rec709", "SMPTE 274M", "Unspecified video", "BT.709")


def resolve_still(
    said: str,
    attributes: Mapping[str, Any],
    format_name: str,
    floating: bool,
    path: str = "",
    as_plate: bool = True,
) -> tuple[str, list[str]]:
    """A picture's colour space, and what to tell of it. ``attributes`` are plain values by name; ``as_plate``: a layer
    is made in its colours.

    Raises ``FootageError`` for a name that is not known, and for pictures in Lab.
    """
    _refuse_lab(attributes, path)
    if said != "auto":
        return _as_said(said, as_plate)
    found, notes = _still_word(attributes, format_name, floating, path)
    if not found:
        found, assumed = _assume(attributes, format_name, floating)
        notes += assumed
    return found, notes + _read_as(found, format_name, as_plate)


def resolve_movie(
    said: str, tags: ColourTags, metadata: Iterable[Mapping[str, str]], as_plate: bool = True
) -> tuple[str, list[str]]:
    """A movie's colour space by its tags, and what to tell of it; ``as_plate`` as above."""
    if said != "auto":
        return _as_said(said, as_plate)
    for words in metadata:
        camera = _camera(words)
        if camera:
            return camera, [_said_by_camera(camera), *_read_as(camera, "movie", as_plate)]
    space, assumed = space_of_tags(tags)
    notes = [f"The colour space is taken as {space}: the movie says {assumed}. {_SETTLE}"] if assumed else []
    return space, notes + _read_as(space, "movie", as_plate)


def _as_said(said: str, as_plate: bool) -> tuple[str, list[str]]:
    space = find_space(said)
    return space, _read_as(space, "", as_plate)


def _read_as(space: str, format_name: str, as_plate: bool) -> list[str]:
    """A word where a plate's layer is in other colours than the file, which the short names say by themselves."""
    layer = layer_space(space)
    if space in _SHORT or (layer == space and format_name == "openexr"):
        return []
    if not as_plate:
        return [f"Its colours are read as '{space}'."]
    of_light = " (1 is 100 cd/m²)" if space.endswith("- Display") and encoding_of(space) == "scene" else ""
    return [f"Its colours are read as '{space}'; the layer is in '{layer}', scene-linear{of_light}."]


def _refuse_lab(attributes: Mapping[str, Any], path: str) -> None:
    said = str(attributes.get("tiff:ColorSpace", ""))
    photometric = attributes.get("tiff:PhotometricInterpretation", 0)
    if re.sub(r"[^A-Z]", "", said.upper()) in _NO_RGB or photometric in _LAB:
        raise FootageError(
            f"{path}: its colours are {said or 'CIE Lab'}, which is not read.", "Convert it to RGB (sRGB)."
        )


def _still_word(
    attributes: Mapping[str, Any], format_name: str, floating: bool, path: str
) -> tuple[str, list[str]]:
    """The space that the file itself says, or an empty one."""
    if attributes.get("acesImageContainerFlag") == 1:
        return "aces2065-1", []
    primaries = attributes.get("chromaticities")
    if primaries is not None:
        return _of_chromaticities(tuple(float(one) for one in primaries)), []
    if format_name == "png" and path:
        return _png_word(attributes, path)
    if format_name == "jpegxl" and "CICP" in attributes:
        return _of_cicp(attributes["CICP"])
    profile = _profile(attributes)
    if profile is not None:
        return _of_profile(profile, attributes)
    if format_name in _HEIF and "CICP" in attributes:
        return _of_cicp(attributes["CICP"])
    if format_name == "dpx":
        return _dpx_word(attributes)
    if format_name == "hdr" and path:
        return _radiance_word(path)
    if format_name == "pnm":
        # OpenImageIO says BT.709 of every one, as Netpbm's pages do; who writes PPM writes sRGB, and light into PFM.
        return _assume({}, format_name, floating)
    exif = int(attributes.get("Exif:ColorSpace", 0) or 0)
    if exif == _UNCALIBRATED and format_name in ("jpeg", "tiff") and interoperability(path) == "R03":
        exif = _ADOBE_RGB
    if exif == _ADOBE_RGB:
        return "Gamma 2.2 Encoded AdobeRGB", []
    if exif == _UNCALIBRATED:
        return "srgb", [f"The colour space is taken as srgb: its EXIF says none (uncalibrated). {_SETTLE}"]
    if format_name == "cineon":
        return "Cineon", [f"A Cineon file is decoded as Cineon log (95 black, 685 white). {_SETTLE}"]
    camera = "" if floating else _camera(attributes)
    if camera:
        return camera, [_said_by_camera(camera)]
    return _tagged(attributes)


def _tagged(attributes: Mapping[str, Any]) -> tuple[str, list[str]]:
    """By ``oiio:ColorSpace``, which OpenImageIO also fills in by the format's custom."""
    tag = str(attributes.get("oiio:ColorSpace", ""))
    tag = {"linear": "linear-rec709", "bt709": "rec709", "itu709": "rec709"}.get(tag.lower(), tag)
    if not tag:
        return "", []
    if tag.lower() in ("srgb_rec709_scene", "srgb_rec709_display", "srgb - display"):
        return "srgb", []
    try:
        return find_space(tag), []
    except FootageError:
        return "", []


def _of_chromaticities(primaries: tuple[float, ...]) -> str:
    for space, known in CHROMATICITIES.items():
        if max(abs(a - b) for a, b in zip(primaries, known, strict=True)) < 2e-3:
            return space
    name = "linear, chromaticities " + " ".join(f"{one:.4g}" for one in primaries)
    own: Chromaticities = primaries  # type: ignore[assignment]
    return added_space(name, [], own, "scene-linear")


def _png_word(attributes: Mapping[str, Any], path: str) -> tuple[str, list[str]]:
    chunks = png_chunks(path, os.path.getmtime(path))
    if len(chunks.get("cICP", b"")) == 4:
        _, _, matrix, full = chunks["cICP"]
        space, notes = _of_cicp(chunks["cICP"])
        if matrix or not full:
            notes.append("Its cICP says that its codes are of limited range or no RGB, which is not undone.")
        return space, notes
    if "iCCP" in chunks:
        name, _, packed = chunks["iCCP"].partition(b"\0")
        try:
            # The first byte names the compression, of which there is one.
            profile = zlib.decompressobj().decompress(packed[1:], _LARGEST_PROFILE)
        except zlib.error:
            profile = b""
        return _of_profile(profile, {"ICCProfile:profile_description": name.decode("latin-1"), **attributes})
    if "sRGB" in chunks or len(chunks.get("gAMA", b"")) != 4:
        return "srgb", []
    points = CHROMATICITIES["linear-rec709"]
    if len(chunks.get("cHRM", b"")) == 32:
        white_x, white_y, *rest = (one / 100000 for one in struct.unpack(">8I", chunks["cHRM"]))
        points = (rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], white_x, white_y)
    stored = struct.unpack(">I", chunks["gAMA"])[0]
    if not stored or min(points[1::2]) <= 0:
        return "srgb", ["Its gAMA or cHRM makes no sense: it is taken as sRGB."]
    return space_of_gamma(100000 / stored, points), []


def _of_cicp(codes: Sequence[int]) -> tuple[str, list[str]]:
    """The space of H.273's primaries and transfer; sRGB's where neither is said."""
    primaries, transfer = codes[0], codes[1]
    if {primaries, transfer} <= {0, _UNSAID}:
        return "srgb", []
    space, assumed = space_of_tags(ColourTags(primaries, transfer))
    return space, [
        f"The colour space is taken as {space}: its cICP says {assumed}. {_SETTLE}"
    ] if assumed else []


def _profile(attributes: Mapping[str, Any]) -> bytes | None:
    stored = attributes.get("ICCProfile")
    return None if stored is None else bytes(np.asarray(stored, np.uint8))


def _of_profile(profile: bytes, attributes: Mapping[str, Any]) -> tuple[str, list[str]]:
    name = str(attributes.get("ICCProfile:profile_description", "")).strip("\0 ") or "a profile"
    try:
        space = added_profile(name, profile)
    except FootageError:
        kind = str(attributes.get("ICCProfile:color_space", "")).strip()
        return "srgb", [
            f"The embedded colour profile '{name}' ({kind or 'of an unknown kind'}) is not one of matrix and curves. "
            f"It is not applied: the picture is taken as sRGB. {_SETTLE}"
        ]
    ramp = np.linspace(0, 1, 33, dtype=np.float32)
    sample = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], ramp[::-1, None]), axis=-1)
    alike = float(np.abs(linearise(sample, space) - linearise(sample, "srgb")).max()) < 4e-3
    return "srgb" if alike else space, []


def _dpx_word(attributes: Mapping[str, Any]) -> tuple[str, list[str]]:
    transfer = str(attributes.get("dpx:Transfer", ""))
    if transfer.lower() in ("logarithmic", "printing density"):
        return "Cineon", [
            f"Its transfer is '{transfer}': it is decoded as Cineon log (95 black, 685 white). {_SETTLE}"
        ]
    if transfer == "Linear":
        return "linear-rec709", [
            "Its transfer is 'Linear', and it is taken so; but FFmpeg says that of every DPX. "
            "Say --plate-colour rec709 or cineon if it is."
        ]
    if transfer.startswith(_DPX_VIDEO):
        return "rec709", []
    camera = _camera(attributes)
    return (camera, [_said_by_camera(camera)]) if camera else ("", [])


def _radiance_word(path: str) -> tuple[str, list[str]]:
    """Linear light by its PRIMARIES, else BT.709's; what it says was multiplied onto it is left there, and told."""
    fields = radiance_fields(path)
    applied = [
        f"{name} {' '.join(f'{one:g}' for one in fields[name])}"
        for name in ("EXPOSURE", "COLORCORR")
        if any(one != 1 for one in fields.get(name, ()))
    ]
    notes = [f"Its header says {' and '.join(applied)}, which is left in its values."] if applied else []
    points = tuple(fields.get("PRIMARIES", ()))
    if len(points) == 8 and min(points[1::2]) > 0:
        return _of_chromaticities(points), notes
    return "linear-rec709", notes


def _assume(attributes: Mapping[str, Any], format_name: str, floating: bool) -> tuple[str, list[str]]:
    tag = str(attributes.get("oiio:ColorSpace", ""))
    found = f"its tag '{tag}' is not one that is known" if tag else "the file does not say its colour space"
    space = "linear-rec709" if floating else "rec709" if format_name == "dpx" else "srgb"
    if space == "srgb" and not tag:
        # sRGB is what untagged PNG, JPEG and integer TIFF hold by custom: no warning without a reason.
        return space, []
    return space, [f"The colour space is taken as {space}: {found}. {_SETTLE}"]


def _camera(words: Mapping[str, Any]) -> str:
    """The log space that a camera wrote into the metadata, or nothing."""
    for key, value in words.items():
        plain = re.sub(r"[^a-z0-9]", "", str(value).lower()) if isinstance(value, str) else ""
        if plain and len(plain) < 80 and _CAMERA_KEYS.search(key):
            for name, space in _CAMERAS.items():
                if name in plain:
                    return space
    return ""


def _said_by_camera(space: str) -> str:
    return f"The colour space is taken as {space}, as its metadata say. {_SETTLE}"
