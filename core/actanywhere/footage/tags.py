"""The colour tags of ITU-T H.273, as movies and PNG (cICP) carry them, and the colour spaces they mean."""

from __future__ import annotations

from dataclasses import dataclass

import PyOpenColorIO as ocio

from .spaces import CHROMATICITIES, Chromaticities, added_space

_UNSAID = (0, 2)
_D65 = (0.3127, 0.3290)
_BT709 = CHROMATICITIES["linear-rec709"]
_PRIMARIES: dict[int, tuple[str, Chromaticities]] = {
    1: ("BT.709", _BT709),
    4: ("BT.470 M", (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316)),
    5: ("BT.470 BG", (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65)),
    6: ("SMPTE 170M", (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *_D65)),
    7: ("SMPTE 240M", (0.63, 0.34, 0.31, 0.595, 0.155, 0.07, *_D65)),
    8: ("film", (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.310, 0.316)),
    9: ("BT.2020", CHROMATICITIES["Linear Rec.2020"]),
    11: ("DCI-P3", (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351)),
    12: ("P3-D65", CHROMATICITIES["Linear P3-D65"]),
    22: ("EBU 3213", (0.63, 0.34, 0.295, 0.605, 0.155, 0.077, *_D65)),
}
_TRANSFERS = {
    1: "BT.709",
    4: "gamma 2.2",
    5: "gamma 2.8",
    6: "BT.709",
    7: "SMPTE 240M",
    8: "linear",
    9: "log 100:1",
    10: "log 316:1",
    11: "BT.709",
    12: "BT.709",
    13: "sRGB",
    14: "BT.709",
    15: "BT.709",
    16: "PQ",
    18: "HLG",
}
# What the configuration has under a name.
_NAMED = {
    ("BT.709", "BT.709"): "rec709",
    ("sRGB", "BT.709"): "srgb",
    ("linear", "BT.709"): "linear-rec709",
    ("gamma 2.2", "BT.709"): "Gamma 2.2 Encoded Rec.709",
    ("sRGB", "P3-D65"): "sRGB Encoded P3-D65",
    ("linear", "P3-D65"): "Linear P3-D65",
    ("linear", "BT.2020"): "Linear Rec.2020",
    ("PQ", "BT.2020"): "Rec.2100-PQ - Display",
    ("PQ", "P3-D65"): "ST2084-P3-D65 - Display",
    ("HLG", "BT.2020"): "Rec.2100-HLG - Display",
}
_HDR = ("PQ", "HLG")


@dataclass(frozen=True)
class ColourTags:
    """ColourPrimaries and TransferCharacteristics of H.273; 2 where they are not said."""

    primaries: int = 2
    transfer: int = 2


def space_of_tags(tags: ColourTags) -> tuple[str, str]:
    """The space that tags mean, and what of it was assumed (empty when nothing was)."""
    missing = []
    curve = _TRANSFERS.get(tags.transfer, "")
    if not curve:
        missing.append(_missing("transfer", tags.transfer))
        curve = "BT.709"
    primaries, points = _PRIMARIES.get(tags.primaries, ("", _BT709))
    if not primaries:
        missing.append(_missing("primaries", tags.primaries))
        primaries, points = _PRIMARIES[9] if curve in _HDR else _PRIMARIES[1]
    if curve == "HLG" and primaries != "BT.2020":
        missing.append(f"no HLG with the primaries {primaries}, which are taken for BT.2020's")
        primaries = "BT.2020"
    named = _NAMED.get((curve, primaries))
    return named or _described(curve, primaries, points), " and ".join(missing)


def _missing(what: str, number: int) -> str:
    return f"no {what}" if number in _UNSAID else f"{what} of an unknown number ({number})"


def _described(curve: str, primaries: str, points: Chromaticities) -> str:
    encoding = {"linear": "scene-linear", "PQ": "hdr-video"}.get(curve, "sdr-video")
    encoding = "log" if curve.startswith("log") else encoding
    return added_space(f"{curve} curve, {primaries} primaries", _curve(curve), points, encoding)


def space_of_gamma(gamma: float, primaries: Chromaticities) -> str:
    """The space of a pure power (1 is linear) and chromaticities, as PNG's gAMA and cHRM say them."""
    close = next((name for name, known in _PRIMARIES.values() if _alike(known, primaries)), "")
    named = {1.0: "linear", 2.2: "gamma 2.2"}.get(round(gamma, 2), "")
    found = _NAMED.get((named, close))
    if found:
        return found
    name = close or " ".join(f"{value:.4g}" for value in primaries)
    encoding = "scene-linear" if named == "linear" else "sdr-video"
    curve = [] if named == "linear" else gamma_curve(gamma)
    return added_space(f"gamma {gamma:.4g}, {name} primaries", curve, primaries, encoding)


def _alike(one: Chromaticities, other: Chromaticities) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 2e-3


def gamma_curve(gamma: float) -> list[ocio.Transform]:
    """A power, mirrored below 0."""
    return [ocio.ExponentTransform(value=[gamma] * 3 + [1.0], negativeStyle=ocio.NEGATIVE_MIRROR)]


def _curve(name: str) -> list[ocio.Transform]:
    """What brings a curve's values to linear light."""
    if name == "linear":
        return []
    if name.startswith("gamma"):
        return gamma_curve(float(name.split()[1]))
    if name == "PQ":
        return [ocio.BuiltinTransform(style="CURVE - ST-2084_to_LINEAR")]
    if name.startswith("log"):
        log = ocio.LogAffineTransform(
            logSideSlope=[0.5 if name == "log 100:1" else 0.4] * 3,
            logSideOffset=[1.0] * 3,
            direction=ocio.TRANSFORM_DIR_INVERSE,
        )
        log.setBase(10)
        return [log]
    gamma, offset = {"BT.709": (1 / 0.45, 0.099), "SMPTE 240M": (1 / 0.45, 0.1115), "sRGB": (2.4, 0.055)}[
        name
    ]
    return [
        ocio.ExponentWithLinearTransform(
            gamma=[gamma] * 3 + [1.0], offset=[offset] * 3 + [0.0], negativeStyle=ocio.NEGATIVE_LINEAR
        )
    ]
