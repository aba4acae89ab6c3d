from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import Condition, ImageSequence
from actanywhere.footage import from_display, layer_space, linearise, open_plate, read_condition, to_display
from actanywhere.footage.resolve import resolve_still
from actanywhere.footage.spaces import CHROMATICITIES
from tests.footage.pictures import ramp, write_still

LINEAR = ("acescg", "linear-rec709", "aces2065-1")


def grey(*values: float) -> np.ndarray:
    return np.float32([[[value] * 3 for value in values]])


@pytest.mark.parametrize("space", LINEAR)
@pytest.mark.parametrize(("low", "high", "bound"), [(0.01, 1, 0.01), (1, 4, 0.02), (8, 16, 0.05)])
def test_scene_linear_survives_the_view_and_back_within_its_bounds(
    space: str, low: float, high: float, bound: float
) -> None:
    # Hues that sRGB can show: the view's gamut is not unbounded, and neither is its inverse.
    random = np.random.default_rng(1)
    level = np.exp(random.uniform(np.log(low), np.log(high), (64, 64, 1)))
    rgb = (level * random.uniform(0.8, 1.0, (64, 64, 3))).astype(np.float32)
    back = from_display(to_display(rgb, space), space)
    assert np.median(np.abs(back - rgb) / rgb) < bound


@pytest.mark.parametrize("space", [*LINEAR, "srgb", "rec709"])
def test_a_display_picture_survives_the_layer_and_back(space: str) -> None:
    picture = np.random.default_rng(2).random((48, 64, 3), np.float32) * 0.8 + 0.1
    layer = from_display(picture, space)
    assert np.isfinite(layer).all()
    again = to_display(layer, layer_space(space)) if space in LINEAR else from_display(picture, "srgb")
    if space in LINEAR:
        assert np.abs(again - picture).max() < 5e-3
    else:
        assert np.array_equal(again, layer)


def test_highlights_stay_apart_where_a_clip_would_make_them_one() -> None:
    shown = to_display(grey(1, 2, 4, 8, 16), "acescg")[0, :, 0]
    assert (np.diff(shown) > 0.01).all() and shown.max() < 1.0


def test_srgb_is_its_own_display_and_linearises_by_the_srgb_curve() -> None:
    picture = ramp()
    assert np.array_equal(to_display(picture, "srgb"), picture)
    expected = np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)
    assert np.abs(linearise(picture, "srgb") - expected).max() < 5e-5


def test_a_float_plate_said_to_be_srgb_keeps_to_what_a_display_shows() -> None:
    assert to_display(grey(-0.2, 0.5, 1.2), "srgb")[0, :, 0].tolist() == [0.0, 0.5, 1.0]


def test_rec709_goes_to_the_layer_the_same_way_directly_and_by_the_display() -> None:
    picture = ramp()
    expected = np.where(picture < 0.081, picture / 4.5, ((picture + 0.099) / 1.099) ** (1 / 0.45))
    assert np.abs(linearise(picture, "rec709") - expected).max() < 1e-3
    assert np.abs(from_display(to_display(picture, "rec709"), "rec709") - expected).max() < 1e-3


def test_scene_linear_pixels_are_linearised_to_the_bit() -> None:
    pixels = ramp() * 100
    assert np.array_equal(linearise(pixels, "acescg"), pixels)


def test_the_plates_own_array_is_never_written_into() -> None:
    pixels = ramp(200, 40)
    kept = pixels.copy()
    for space in (*LINEAR, "srgb", "rec709"):
        to_display(pixels, space), from_display(pixels, space), linearise(pixels, space)
    assert np.array_equal(pixels, kept)


def test_rows_split_over_threads_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    from actanywhere.footage import colour

    pixels = np.random.default_rng(3).random((301, 50, 3), np.float32) * 8
    many = to_display(pixels, "acescg")
    monkeypatch.setattr(colour, "_ROWS_PER_THREAD", 10**6)
    assert np.array_equal(to_display(pixels, "acescg"), many)


def test_slices_that_are_not_contiguous_are_converted_as_their_copies() -> None:
    pixels = ramp(64, 40, 4)
    assert np.array_equal(
        to_display(pixels[:, ::2, :3], "acescg"), to_display(pixels[:, ::2, :3].copy(), "acescg")
    )


def test_an_unknown_space_is_refused() -> None:
    with pytest.raises(FootageError, match="p3"):
        to_display(ramp(), "p3")


@pytest.mark.parametrize(
    ("name", "kind", "attributes", "space", "warned"),
    [
        ("a.exr", "half", {"chromaticities": ("float[8]", CHROMATICITIES["acescg"])}, "acescg", False),
        ("b.exr", "half", {"chromaticities": ("float[8]", CHROMATICITIES["linear-rec709"])}, "linear-rec709", False),
        ("d.exr", "half", {"oiio:ColorSpace": "ACEScg"}, "acescg", False),
        ("e.exr", "half", {}, "linear-rec709", True),
        ("f.exr", "half", {"chromaticities": ("float[8]", (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329))},
         "Linear P3-D65", False),
        ("g.png", "uint8", {}, "srgb", False),
        ("h.jpg", "uint8", {}, "srgb", False),
        ("i.tif", "uint16", {}, "srgb", False),
        ("j.tif", "float", {}, "linear-rec709", True),
        ("k.dpx", "uint16", {}, "rec709", True),
    ],
)  # fmt: skip
def test_auto_takes_the_files_own_word_and_says_when_it_assumes(
    tmp_path: Path, name: str, kind: str, attributes: dict[str, Any], space: str, warned: bool
) -> None:
    path = write_still(tmp_path / name, ramp(), kind, attributes=attributes)
    plate = open_plate(ImageSequence(str(path)))
    assert plate.info.space == space
    assert any("colour space" in warning for warning in plate.warnings) == warned


def test_an_aces_container_is_aces2065_whatever_else_it_says() -> None:
    attributes = {"acesImageContainerFlag": 1, "chromaticities": CHROMATICITIES["linear-rec709"]}
    assert resolve_still("auto", attributes, "openexr", True)[0] == "aces2065-1"


def test_what_the_artist_says_wins_over_the_files_word(tmp_path: Path) -> None:
    path = write_still(tmp_path / "p.exr", ramp(), attributes={"oiio:ColorSpace": "ACEScg"})
    assert open_plate(ImageSequence(str(path), colour="linear-rec709")).info.space == "linear-rec709"


def test_a_condition_is_read_as_a_display_sees_it(tmp_path: Path) -> None:
    linear = write_still(tmp_path / "c.exr", ramp() * 4, attributes={"oiio:ColorSpace": "ACEScg"})
    shown = read_condition(Condition(str(linear))).pixels
    assert np.abs(shown - to_display(ramp() * 4, "acescg")).max() < 2e-3
    png = write_still(tmp_path / "c.png", ramp(), "uint16")
    assert np.abs(read_condition(Condition(str(png))).pixels - ramp()).max() < 1e-4


@pytest.mark.parametrize("space", LINEAR)
def test_the_baked_inverse_of_the_view_is_the_view_inverted(space: str) -> None:
    random = np.random.default_rng(7)
    value, saturation, hue = (random.random((100, 400, 1)) for _ in range(3))
    wheel = np.clip(np.abs((6 * hue + [0, 4, 2]) % 6 - 3) - 1, 0, 1)
    saturated = value * (1 - np.maximum(saturation, 0.8) * (1 - wheel))
    ramps = np.broadcast_to(np.linspace(0, 1, 400)[:, None], (100, 400, 3))
    highlights, darks = 1 - 0.06 * random.random((100, 400, 3)), 0.06 * random.random((100, 400, 3))
    for picture, most in ((ramps, 0.05), (saturated, 2.5), (highlights, 1.5), (darks, 0.4)):
        shown = np.float32(picture)
        codes = 255 * np.abs(to_display(from_display(shown, space), space) - shown).max(-1)
        assert np.median(codes) < 0.03
        assert np.quantile(codes, 0.99) < 0.25
        assert codes.max() < most
