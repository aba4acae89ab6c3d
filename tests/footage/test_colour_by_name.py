"""Colour spaces by the names that a person gives, and those of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import linearise, open_plate
from actanywhere.footage.resolve import resolve_still
from actanywhere.footage.spaces import CHROMATICITIES, config, config_name, find_space, layer_space
from tests.footage.light import in_layer
from tests.footage.pictures import ramp, write_still


def logc3(v: float) -> float:
    return (10 ** ((v - 0.385537) / 0.247190) - 0.052272) / 5.555556


def logc4(v: float) -> float:
    a, b, c = (2**18 - 16) / 117.45, (1023 - 95) / 1023, 95 / 1023
    return (2 ** (14 * (v - c) / b + 6) - 64) / a


def slog3(v: float) -> float:
    return 10 ** ((v * 1023 - 420) / 261.5) * 0.19 - 0.01


def vlog(v: float) -> float:
    return 10 ** ((v - 0.598206) / 0.241514) - 0.00873


def log3g10(v: float) -> float:
    return (10 ** (v / 0.224282) - 1) / 155.975327 - 0.01


def acescct(v: float) -> float:
    return 2 ** (v * 17.52 - 9.72)


@pytest.mark.parametrize(
    ("said", "space", "formula"),
    [
        ("LogC3", "ARRI LogC3 (EI800)", logc3),
        ("ARRI LogC4", "ARRI LogC4", logc4),
        ("S-Log3/S-Gamut3.Cine", "S-Log3 S-Gamut3.Cine", slog3),
        ("V-Log", "V-Log V-Gamut", vlog),
        ("log3g10", "Log3G10 REDWideGamutRGB", log3g10),
        ("ACEScct", "ACEScct", acescct),
        ("D-Log", "D-Log D-Gamut", None),
        ("canon log 3", "CanonLog3 CinemaGamut D55", None),
        ("BMDFilm", "BMDFilm WideGamut Gen5", None),
    ],
)
def test_a_cameras_log_that_is_said_is_decoded(tmp_path: Path, said: str, space: str, formula: Any) -> None:
    assert find_space(said) == space
    path = write_still(tmp_path / "p.dpx", np.full((8, 8, 3), 0.5, np.float32), "uint16")
    rgb, layer, warnings = in_layer(path, colour=said)
    stored = 0.5 + 0.5 / 65535
    assert layer == "acescg" and any(f"read as '{space}'" in one for one in warnings)
    # Greys stay grey in every gamut, so that the curve alone shows.
    assert np.ptp(rgb) < 1e-3
    if formula is not None:
        assert rgb[1] == pytest.approx(formula(stored), rel=2e-3)


@pytest.mark.parametrize(
    ("said", "offered"), [("s-log3", "S-Log3 S-Gamut3.Cine"), ("logc", "ARRI LogC4"), ("Fimlic", "acescg")]
)
def test_a_name_that_is_not_one_is_refused_with_close_ones(tmp_path: Path, said: str, offered: str) -> None:
    path = write_still(tmp_path / "p.png", ramp(), "uint8")
    with pytest.raises(FootageError, match=said) as caught:
        open_plate(ImageSequence(str(path), colour=said))
    assert offered in caught.value.remedy


def test_a_name_of_the_artists_own_configuration_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "show.ocio").write_text(
        "ocio_profile_version: 2\n"
        "roles: {default: linear, scene_linear: linear, aces_interchange: aces}\n"
        "file_rules: [!<Rule> {name: Default, colorspace: linear}]\n"
        "displays: {d: [!<View> {name: v, colorspace: linear}]}\n"
        "colorspaces:\n"
        "  - !<ColorSpace> {name: aces}\n"
        "  - !<ColorSpace> {name: linear}\n"
        "  - !<ColorSpace>\n"
        "    name: ShowGamma\n"
        "    encoding: sdr-video\n"
        "    to_scene_reference: !<ExponentTransform> {value: [2, 2, 2, 1]}\n"
    )
    path = write_still(tmp_path / "p.png", np.full((8, 8, 3), 0.5, np.float32), "uint16")
    with pytest.raises(FootageError, match="ShowGamma"):
        open_plate(ImageSequence(str(path), colour="ShowGamma"))
    monkeypatch.setenv("OCIO", str(tmp_path / "show.ocio"))
    rgb, space, _ = in_layer(path, colour="ShowGamma")
    # Its white is that of ACES, which stays white.
    assert rgb == pytest.approx([0.25] * 3, abs=2e-3) and space == "linear-rec709"


@pytest.mark.parametrize("space", list(CHROMATICITIES))
def test_the_chromaticities_of_every_linear_space_are_those_of_the_configuration(space: str) -> None:
    """Primaries in XYZ by OpenColorIO, with its white brought back from D65 where it is another."""
    out = np.float32([np.eye(3)])
    config().getProcessor(config_name(space), "ACES2065-1").getDefaultCPUProcessor().applyRGB(out)
    x, y, white = [], [], CHROMATICITIES["aces2065-1"]
    aces = np.array([(a, b, 1 - a - b) for a, b in zip(white[0:6:2], white[1:6:2], strict=True)]).T
    d60 = np.array([white[6] / white[7], 1, (1 - white[6] - white[7]) / white[7]])
    to_xyz = aces * np.linalg.solve(aces, d60)
    own = CHROMATICITIES[space][6:]
    target = np.array([own[0] / own[1], 1, (1 - own[0] - own[1]) / own[1]])
    best = 1.0
    for cones in (
        np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]),
        np.array([[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.003, 0.0136, 0.9834]]),
    ):
        adapt = np.linalg.inv(cones) @ np.diag((cones @ target) / (cones @ d60)) @ cones
        xyz = adapt @ to_xyz @ out[0].T.astype(float)
        x, y = xyz[0] / xyz.sum(0), xyz[1] / xyz.sum(0)
        found = np.stack([x, y], axis=-1).ravel()
        best = min(best, float(np.abs(found - CHROMATICITIES[space][:6]).max()))
    assert best < 3e-3


def test_an_exr_of_other_chromaticities_keeps_its_values_and_its_own_layer(tmp_path: Path) -> None:
    own = (0.66, 0.33, 0.25, 0.66, 0.14, 0.05, 0.3127, 0.329)
    path = write_still(tmp_path / "p.exr", ramp(), attributes={"chromaticities": ("float[8]", own)})
    with open_plate(ImageSequence(str(path))) as plate:
        pixels = plate.read(plate.frames.first).pixels
        assert np.array_equal(linearise(pixels, plate.info.space), pixels)
        assert layer_space(plate.info.space) == plate.info.space and plate.warnings == []


def test_what_is_said_wins_over_a_profile(tmp_path: Path) -> None:
    attributes = {"oiio:ColorSpace": "srgb_rec709_scene"}
    assert resolve_still("LogC4", attributes, "tiff", False)[0] == "ARRI LogC4"
