"""What a file says about itself: colour space, frame rate."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..contract.errors import FootageError
from ..contract.shot import COLOUR_SPACES

__all__ = ["CHROMATICITIES", "COLOUR_TAGS", "frame_rate", "rational_rate", "resolve_space"]

#: Red, green, blue and white as CIE xy, as EXR stores them.
CHROMATICITIES = {
    "acescg": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "linear-rec709": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "aces2065-1": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
}

#: What is written as ``oiio:ColorSpace`` (the Color Interop Forum's names, which hosts know).
COLOUR_TAGS = {
    "acescg": "lin_ap1_scene",
    "linear-rec709": "lin_rec709_scene",
    "aces2065-1": "lin_ap0_scene",
}

_NAMES = {
    "acescg": "acescg",
    "aces - acescg": "acescg",
    "lin_ap1": "acescg",
    "lin_ap1_scene": "acescg",
    "aces2065-1": "aces2065-1",
    "lin_ap0": "aces2065-1",
    "lin_ap0_scene": "aces2065-1",
    "lin_rec709": "linear-rec709",
    "lin_rec709_scene": "linear-rec709",
    "lin_srgb": "linear-rec709",
    "linear rec.709 (srgb)": "linear-rec709",
    "utility - linear - srgb": "linear-rec709",
    "linear": "linear-rec709",
    "srgb": "srgb",
    "srgb_rec709_scene": "srgb",
    "srgb_rec709_display": "srgb",
    "srgb encoded rec.709 (srgb)": "srgb",
    "srgb - display": "srgb",
    "rec709": "rec709",
    "bt709": "rec709",
    "camera rec.709": "rec709",
    "itu709": "rec709",
}


def resolve_space(said: str, attributes: dict[str, Any], format_name: str, floating: bool) -> tuple[str, str]:
    """The colour space of a file: its name, and a warning (empty when it is certain).

    What the artist said wins; then ``acesImageContainerFlag``, chromaticities and ``oiio:ColorSpace``.
    Without any: pictures with float pixels are taken as linear Rec.709, DPX and movies as Rec.709 video,
    PNG, JPEG and TIFF as sRGB. ``attributes`` are plain values by name.
    """
    if said not in COLOUR_SPACES:
        raise FootageError(f"'{said}' is not a colour space.", f"Choose one of: {', '.join(COLOUR_SPACES)}.")
    if said != "auto":
        return said, ""
    if attributes.get("acesImageContainerFlag") == 1:
        return "aces2065-1", ""
    primaries = attributes.get("chromaticities")
    if primaries is not None:
        for space, known in CHROMATICITIES.items():
            if max(abs(a - b) for a, b in zip(primaries, known, strict=True)) < 2e-3:
                return space, ""
    tag = str(attributes.get("oiio:ColorSpace", ""))
    known_space = _NAMES.get(tag.lower())
    if known_space is not None and primaries is None:
        return known_space, _profile_warning(attributes)
    found = f"its tag '{tag}' is not one that is known" if tag else "the file does not say its colour space"
    found = "its chromaticities are not ones that are known" if primaries is not None else found
    return _assume(format_name, floating, found, attributes)


def _assume(format_name: str, floating: bool, found: str, attributes: dict[str, Any]) -> tuple[str, str]:
    if floating:
        space = "linear-rec709"
    elif format_name in ("dpx", "movie"):
        space = "rec709"
    else:
        # sRGB is what untagged PNG, JPEG and integer TIFF hold by custom: no warning without a reason.
        quiet = not attributes.get("oiio:ColorSpace")
        note = "" if quiet else f"The colour space is taken as srgb: {found}."
        return "srgb", note or _profile_warning(attributes)
    transfer = str(attributes.get("dpx:Transfer", ""))
    if "log" in transfer.lower() or "density" in transfer.lower():
        found = f"its transfer is '{transfer}' (log), which is not read: convert it to linear EXR first"
    if format_name == "dpx" and transfer.startswith(("ITU-R 709", "Rec709", "SMPTE 274M")):
        return space, ""
    return space, f"The colour space is taken as {space}: {found}. Say it if it is another."


def _profile_warning(attributes: dict[str, Any]) -> str:
    profile = str(attributes.get("ICCProfile:profile_description", ""))
    if not profile or "srgb" in profile.lower():
        return ""
    return f"The embedded colour profile '{profile}' is not applied: the picture is taken as sRGB."


def frame_rate(attributes: dict[str, Any]) -> Fraction | None:
    """Frames a second that a still's metadata says, or None."""
    value = attributes.get("framesPerSecond")
    if isinstance(value, tuple) and len(value) == 2 and value[1]:
        return Fraction(int(value[0]), int(value[1]))
    for name in ("framesPerSecond", "dpx:FrameRate", "dpx:TemporalFrameRate"):
        rate = attributes.get(name)
        if isinstance(rate, (int, float)) and 0 < rate < 1000:
            return rational_rate(rate)
    return None


def rational_rate(rate: float | Fraction) -> Fraction:
    """23.976 as 24000/1001, and so on; whole rates stay whole."""
    exact = Fraction(rate).limit_denominator(100000)
    ntsc = Fraction(round(float(rate) * 1.001) * 1000, 1001)
    return ntsc if exact.denominator != 1 and abs(float(exact - ntsc)) < 2e-3 else exact
