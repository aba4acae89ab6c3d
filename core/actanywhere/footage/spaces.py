"""Colour spaces by name, as people and files write them; through OpenColorIO.

A space is the name of a colour space in the built-in configuration (pinned, so that a layer looks the same on every
machine), or one of the short names of ``shot.COLOUR_SPACES``. What a file describes by curve, chromaticities or
profile, and what only $OCIO knows, is added to the process's copy of the configuration under a name of its own.

Its encoding says how it is treated. Scene-linear is kept as it is. Logarithmic and HDR spaces are decoded to
scene-linear. The rest is display-referred.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
import os
import re
import tempfile
from functools import cache

import numpy as np
import PyOpenColorIO as ocio
from numpy.typing import NDArray

from ..contract.errors import FootageError

Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""Red, green, blue and white as CIE xy."""

CONFIG = "ocio://studio-config-v4.0.0_aces-v2.0_ocio-v2.5"
_SHORT = {
    "acescg": "ACEScg",
    "linear-rec709": "Linear Rec.709 (sRGB)",
    "aces2065-1": "ACES2065-1",
    "srgb": "sRGB Encoded Rec.709 (sRGB)",
    "rec709": "Camera Rec.709",
}
_LONG = {long: short for short, long in _SHORT.items()}
_D65 = (0.3127, 0.3290)

#: Scene-linear spaces whose layer can say what they are, as EXR stores it.
CHROMATICITIES: dict[str, Chromaticities] = {
    "acescg": (0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767),
    "linear-rec709": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65),
    "aces2065-1": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "Linear P3-D65": (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, *_D65),
    "Linear Rec.2020": (0.708, 0.292, 0.17, 0.797, 0.131, 0.046, *_D65),
    "Linear AdobeRGB": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65),
    "Linear ARRI Wide Gamut 3": (0.684, 0.313, 0.221, 0.848, 0.0861, -0.102, *_D65),
    "Linear ARRI Wide Gamut 4": (0.7347, 0.2653, 0.1424, 0.8576, 0.0991, -0.0308, *_D65),
    "Linear S-Gamut3": (0.73, 0.28, 0.14, 0.855, 0.10, -0.05, *_D65),
    "Linear S-Gamut3.Cine": (0.766, 0.275, 0.225, 0.80, 0.089, -0.087, *_D65),
    "Linear V-Gamut": (0.73, 0.28, 0.165, 0.84, 0.10, -0.03, *_D65),
    "Linear REDWideGamutRGB": (0.780308, 0.304253, 0.121595, 1.493994, 0.095612, -0.084589, *_D65),
    "Linear BMD WideGamut Gen5": (0.7177, 0.3171, 0.2280, 0.8616, 0.1006, -0.0820, *_D65),
    "Linear DaVinci WideGamut": (0.80, 0.313, 0.1682, 0.9877, 0.079, -0.1155, *_D65),
    "Linear D-Gamut": (0.71, 0.31, 0.21, 0.88, 0.09, -0.08, *_D65),
}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
# Kodak's Cineon: black at code 95, white at 685 of 1023, 0.002 of density a code, 0.6 of gamma.
_CINEON, _CINEON_BLACK = "Cineon", 10.0 ** ((95 - 685) / 300)


@cache
def config() -> ocio.Config:
    """The process's configuration: the built-in one, and what was added."""
    made = copy.deepcopy(ocio.Config.CreateFromFile(CONFIG))
    log = ocio.LogAffineTransform(
        logSideSlope=[300 / 1023] * 3,
        logSideOffset=[685 / 1023] * 3,
        linSideSlope=[1 - _CINEON_BLACK] * 3,
        linSideOffset=[_CINEON_BLACK] * 3,
        direction=ocio.TRANSFORM_DIR_INVERSE,
    )
    log.setBase(10)
    _add(made, _CINEON, "log", [log, _from_xyz(_to_xyz(CHROMATICITIES["linear-rec709"]))])
    return made


_layers: dict[str, str] = {_CINEON: "linear-rec709"}
_own: dict[str, Chromaticities] = {}


def config_name(space: str) -> str:
    """A space's name in ``config()``. Raises ``FootageError`` for a name that is not known."""
    found = _SHORT.get(space, space)
    if config().getColorSpace(found) is None:
        raise _unknown(space)
    return found


def encoding_of(space: str) -> str:
    """``linear`` (scene-linear, as it is), ``scene`` (decoded to scene-linear) or ``display``."""
    said = str(config().getColorSpace(config_name(space)).getEncoding())
    if said == "scene-linear":
        return "linear"
    return "scene" if said in ("log", "hdr-video", "edr-video") else "display"


def layer_space(space: str) -> str:
    """The scene-linear space of a plate's layer.

    A scene-linear plate keeps its own, where EXR can say it; a camera's log becomes ACEScg, and so does HDR; a display
    plate becomes linear Rec.709.
    """
    encoding = encoding_of(space)
    if encoding == "linear" and chromaticities_of(space) is not None:
        return space
    return _layers.get(space, "linear-rec709" if encoding == "display" else "acescg")


def chromaticities_of(space: str) -> Chromaticities | None:
    """Those of a scene-linear space, or None where they are not known."""
    return CHROMATICITIES.get(space) or _own.get(space)


def interop_name(space: str) -> str:
    """The Color Interop Forum's name of a space, which hosts know; empty where it has none."""
    return str(config().getColorSpace(config_name(space)).getInteropID())


def find_space(said: str) -> str:
    """The space that a person or a file means, by any spelling of its name or alias that is only one space's.

    Looks into the built-in configuration first, then into $OCIO's. Raises ``FootageError`` with names that are close.
    """
    if said.lower() in _SHORT:
        return said.lower()
    names = _spellings()
    plain = _plain(said)
    found = {names[plain]} if plain in names else _begun_by(plain)
    if len(found) != 1:
        added = _from_environment(said)
        if added:
            return added
        raise _unknown(said, sorted(found))
    name = found.pop()
    if config().getColorSpace(name).isData():
        raise FootageError(
            f"'{said}' is data, not a colour space.",
            "Name the colour space that the pictures were written in.",
        )
    return _LONG.get(name, name)


@cache
def _spellings() -> dict[str, str]:
    """Every name and alias of the built-in spaces, without case and signs, to the name."""
    spaces = [
        (space.getName(), [space.getName(), *space.getAliases()]) for space in config().getColorSpaces()
    ]
    return {_plain(one): name for name, aliases in spaces for one in aliases}


def _begun_by(plain: str) -> set[str]:
    """The spaces of which a spelling, from some word of it on, begins with this."""
    found = set()
    for space in config().getColorSpaces():
        for spelling in (space.getName(), *space.getAliases()):
            words = re.findall(r"[a-z0-9]+", spelling.lower())
            if plain and any("".join(words[start:]).startswith(plain) for start in range(len(words))):
                found.add(str(space.getName()))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _unknown(said: str, found: list[str] | None = None) -> FootageError:
    names = _spellings()
    close = found or [
        names[one] for one in difflib.get_close_matches(_plain(said), list(names), n=12, cutoff=0.5)
    ]
    offered = [_LONG.get(one, one) for one in dict.fromkeys(close)][:6]
    return FootageError(
        f"'{said}' is not a colour space that is known{', or it may be several' if found else ''}.",
        f"Choose one of: {', '.join(dict.fromkeys([*offered, *_SHORT]))}; or any other of the ACES studio "
        "configuration, or of the one that $OCIO names.",
    )


def _from_environment(said: str) -> str:
    """The name under which a space of $OCIO's configuration was added, or nothing. Raises ``FootageError``."""
    path = os.environ.get("OCIO", "")
    if not path:
        return ""
    try:
        theirs = _their_config(path, os.stat(path).st_mtime_ns if os.path.isfile(path) else 0)
        space = theirs.getColorSpace(said)
        if space is None:
            return ""
        processor = ocio.Config.GetProcessorFromConfigs(
            theirs, space.getName(), config(), _SHORT["aces2065-1"]
        )
        linear = theirs.isColorSpaceLinear(space.getName(), ocio.REFERENCE_SPACE_SCENE)
    except ocio.Exception as error:
        raise FootageError(
            f"'{said}' of $OCIO ({path}) cannot be used: {error}",
            "The configuration must be whole, and have the role aces_interchange.",
        ) from error
    name = f"{space.getName()} (own configuration)"
    encoding = str(space.getEncoding()) or ("scene-linear" if linear else "log")
    _add(config(), name, encoding, [processor.createGroupTransform()])
    return name


@cache
def _their_config(path: str, changed: int) -> ocio.Config:
    """Read once: one that was mended meanwhile is read anew."""
    return ocio.Config.CreateFromFile(path)


def added_space(name: str, curve: list[ocio.Transform], primaries: Chromaticities, encoding: str) -> str:
    """Adds a space that a file describes; gives its name.

    ``curve`` brings what is stored to linear light, of these chromaticities. Their white becomes white (Bradford).
    """
    if config().getColorSpace(name) is None:
        _add(config(), name, encoding, [*curve, _from_xyz(_to_xyz(primaries))])
        if encoding == "scene-linear":
            _own[name] = primaries
    return name


def added_profile(name: str, profile: bytes) -> str:
    """Adds the space of an ICC profile of an RGB display (matrix and curves); gives its name.

    Raises ``FootageError`` where it is of another kind: one with tables, or of CMYK.
    """
    name = f"{name} (ICC {hashlib.sha256(profile).hexdigest()[:8]})"
    if config().getColorSpace(name) is not None:
        return name
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "profile.icc")
        with open(path, "wb") as file:
            file.write(profile)
        try:
            to_xyz = ocio.FileTransform(src=path, direction=ocio.TRANSFORM_DIR_INVERSE)
            group = config().getProcessor(to_xyz).createGroupTransform()
        except ocio.Exception as error:
            raise FootageError(f"the profile '{name}' cannot be used: {error}", "Convert to sRGB.") from error
    _add(config(), name, "sdr-video", [group, _from_xyz(np.eye(3))])
    return name


def _add(to: ocio.Config, name: str, encoding: str, steps: list[ocio.Transform]) -> None:
    group = ocio.GroupTransform()
    for step in steps:
        group.appendTransform(step)
    to.addColorSpace(ocio.ColorSpace(name=name, encoding=encoding, toReference=group))


def _to_xyz(primaries: Chromaticities) -> NDArray[np.float64]:
    """RGB to CIE XYZ whose white is D65's."""
    columns = np.array([(x, y, 1 - x - y) for x, y in zip(primaries[0:6:2], primaries[1:6:2], strict=True)]).T
    white = _white(primaries[6], primaries[7])
    own = columns * np.linalg.solve(columns, white)
    cones = (_BRADFORD @ _white(*_D65)) / (_BRADFORD @ white)
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ own)


def _white(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _from_xyz(matrix: NDArray[np.float64]) -> ocio.GroupTransform:
    """What ``matrix`` brings to XYZ (D65), on to the configuration's reference, ACES2065-1."""
    whole = np.eye(4)
    whole[:3, :3] = matrix
    to_aces = ocio.BuiltinTransform(
        style="UTILITY - ACES-AP0_to_CIE-XYZ-D65_BFD", direction=ocio.TRANSFORM_DIR_INVERSE
    )
    group = ocio.GroupTransform()
    group.appendTransform(ocio.MatrixTransform(whole.ravel().tolist()))
    group.appendTransform(to_aces)
    return group
