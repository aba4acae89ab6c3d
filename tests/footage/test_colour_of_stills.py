"""Transfer and primaries that stills say (PNG chunks, ICC, EXIF, DPX), against formulas and published matrices."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import Condition, ImageSequence
from actanywhere.footage import linearise, open_plate, read_condition
from tests.footage.light import ADOBE, BT2020, CODE, P3, SAME, in_layer, pq, srgb, to_709
from tests.footage.pictures import ramp, write_still

PIL_CMS = pytest.importorskip("PIL.ImageCms")
from PIL import Image  # noqa: E402


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(path: Path, *chunks: tuple[bytes, bytes]) -> Path:
    """A flat PNG of CODE with these chunks, by hand."""
    rows = (b"\0" + bytes(CODE) * 8) * 8
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    body += b"".join(chunk(*one) for one in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(100000 / value))


def points(*xy: float) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(one * 100000) for one in xy))


CHRM_P3 = points(0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
CHRM_ADOBE = points(0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
CHRM_709 = points(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)


@pytest.mark.parametrize(
    ("chunks", "curve", "matrix"),
    [
        ([], srgb, SAME),
        ([(b"sRGB", b"\0")], srgb, SAME),
        ([(b"sRGB", b"\0"), gamma(2.2), CHRM_P3], srgb, SAME),
        ([gamma(1.0)], lambda v: v, SAME),
        ([gamma(1.8)], lambda v: v**1.8, SAME),
        ([gamma(2.2), CHRM_709], lambda v: v**2.2, SAME),
        ([gamma(2.2), CHRM_P3], lambda v: v**2.2, P3),
        ([gamma(2.2), CHRM_ADOBE], lambda v: v**2.2, ADOBE),
        ([(b"cICP", bytes([12, 13, 0, 1])), gamma(1.0)], srgb, P3),
        ([(b"cICP", bytes([9, 16, 0, 1]))], pq, BT2020),
        ([(b"cICP", bytes([1, 8, 0, 1])), (b"sRGB", b"\0")], lambda v: v, SAME),
    ],
)
def test_a_pngs_chunks_are_heeded_in_their_order(
    tmp_path: Path, chunks: list[tuple[bytes, bytes]], curve: Any, matrix: Any
) -> None:
    rgb, space, _ = in_layer(png(tmp_path / "p.png", *chunks))
    wanted = np.asarray(matrix) @ curve(np.array(CODE) / 255)
    assert to_709(rgb, space) == pytest.approx(wanted, rel=3e-3, abs=3e-4)


def matrix_profile(primaries: tuple[float, ...], power: float, name: str) -> bytes:
    """An ICC profile of version 2, of a gamma and of chromaticities with the white of D65, put together by hand."""
    x, y = np.array(primaries[0:6:2]), np.array(primaries[1:6:2])
    columns = np.stack([x, y, 1 - x - y])
    white = np.array([0.3127 / 0.329, 1, (1 - 0.3127 - 0.329) / 0.329])
    rgb = columns * np.linalg.solve(columns, white)
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50 = np.array([0.9642, 1, 0.8249])
    adapted = np.linalg.inv(bradford) @ np.diag((bradford @ d50) / (bradford @ white)) @ bradford @ rgb

    def fixed(values: Any) -> bytes:
        return b"".join(struct.pack(">i", round(float(one) * 65536)) for one in values)

    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(d50),
        **{b"rgb"[i : i + 1] + b"XYZ": b"XYZ \0\0\0\0" + fixed(adapted[:, i]) for i in range(3)},
        **{
            b"rgb"[i : i + 1] + b"TRC": b"curv\0\0\0\0" + struct.pack(">IH", 1, round(power * 256)) + b"\0\0"
            for i in range(3)
        },
    }
    table, data, start = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, body in tags.items():
        body += bytes(-len(body) % 4)
        table += tag + struct.pack(">II", start + len(data), len(body))
        data += body
    head = struct.pack(">I4sI4s4s4s", start + len(data), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + fixed(d50) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + data


PROFILES = {
    "Display P3": ((0.68, 0.32, 0.265, 0.69, 0.15, 0.06), 2.2, P3),
    "Adobe RGB (1998)": ((0.64, 0.33, 0.21, 0.71, 0.15, 0.06), 2.2, ADOBE),
    "Linear Rec.709": ((0.64, 0.33, 0.3, 0.6, 0.15, 0.06), 1.0, SAME),
}


@pytest.mark.parametrize("extension", ["png", "jpg", "tif"])
@pytest.mark.parametrize("name", PROFILES)
def test_an_icc_profile_of_matrix_and_curves_is_evaluated(tmp_path: Path, name: str, extension: str) -> None:
    primaries, power, matrix = PROFILES[name]
    path = tmp_path / f"p.{extension}"
    picture = Image.new("RGB", (16, 16), CODE)
    options: dict[str, Any] = {"quality": 100, "subsampling": 0} if extension == "jpg" else {}
    picture.save(path, icc_profile=matrix_profile(primaries, power, name), **options)
    rgb, _, warnings = in_layer(path)
    wanted = np.asarray(matrix) @ (np.array(CODE) / 255) ** power
    assert rgb == pytest.approx(wanted, abs=0.012 if extension == "jpg" else 2e-3)
    assert any(name in one and "layer is in 'linear-rec709'" in one for one in warnings)


def test_an_evaluated_profile_agrees_with_lcms(tmp_path: Path) -> None:
    profile = PIL_CMS.ImageCmsProfile(io.BytesIO(matrix_profile(*PROFILES["Display P3"][:2], "P3")))
    random = np.random.default_rng(5).integers(40, 200, (16, 16, 3), dtype=np.uint8)
    picture = Image.fromarray(random)
    picture.save(tmp_path / "p.png", icc_profile=profile.tobytes())
    with open_plate(ImageSequence(str(tmp_path / "p.png"))) as plate:
        ours = linearise(plate.read(plate.frames.first).pixels, plate.info.space)
    theirs = PIL_CMS.profileToProfile(picture, profile, PIL_CMS.createProfile("sRGB"), renderingIntent=1)
    inside = (np.asarray(theirs) > 2).all(-1) & (np.asarray(theirs) < 253).all(-1)
    codes = np.clip(ours, 0, 1)
    codes = 255 * np.where(codes <= 0.0031308, codes * 12.92, 1.055 * codes ** (1 / 2.4) - 0.055)
    assert inside.mean() > 0.3
    assert np.abs(codes - np.asarray(theirs))[inside].max() < 1.6


def test_the_srgb_profile_changes_no_bit(tmp_path: Path) -> None:
    profile = PIL_CMS.ImageCmsProfile(PIL_CMS.createProfile("sRGB")).tobytes()
    Image.new("RGB", (16, 16), CODE).save(tmp_path / "a.png", icc_profile=profile)
    with open_plate(ImageSequence(str(tmp_path / "a.png"))) as plate:
        assert plate.info.space == "srgb" and plate.warnings == []


def test_a_profile_that_cannot_be_evaluated_is_told(tmp_path: Path) -> None:
    lab = PIL_CMS.ImageCmsProfile(PIL_CMS.createProfile("LAB")).tobytes()
    Image.new("RGB", (16, 16), CODE).save(tmp_path / "a.png", icc_profile=lab)
    rgb, _, warnings = in_layer(tmp_path / "a.png")
    assert rgb == pytest.approx(srgb(np.array(CODE) / 255), rel=1e-3)
    assert any("not applied" in one and "--plate-colour" in one for one in warnings)


def test_a_picture_in_lab_is_refused(tmp_path: Path) -> None:
    Image.new("LAB", (16, 16), (100, 20, 30)).save(tmp_path / "l.tif")
    with pytest.raises(FootageError, match=r"Lab|LAB") as caught:
        open_plate(ImageSequence(str(tmp_path / "l.tif")))
    assert "RGB" in caught.value.remedy


def test_exifs_adobe_rgb_is_heeded(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 2
    Image.new("RGB", (16, 16), CODE).save(tmp_path / "a.jpg", quality=100, subsampling=0, exif=exif)
    rgb, _, _ = in_layer(tmp_path / "a.jpg")
    assert rgb == pytest.approx(np.asarray(ADOBE) @ (np.array(CODE) / 255) ** 2.2, abs=0.012)


def test_exif_that_says_uncalibrated_is_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 65535
    Image.new("RGB", (16, 16), CODE).save(tmp_path / "a.jpg", exif=exif)
    _, _, warnings = in_layer(tmp_path / "a.jpg")
    assert any("uncalibrated" in one and "--plate-colour" in one for one in warnings)


def test_a_pfm_holds_light_and_a_ppm_srgb_whatever_openimageio_says(tmp_path: Path) -> None:
    (tmp_path / "p.pfm").write_bytes(b"PF\n8 8\n-1.0\n" + struct.pack("<3f", 0.18, 0.5, 1) * 64)
    (tmp_path / "p.ppm").write_bytes(b"P6\n8 8\n255\n" + bytes([118, 188, 255]) * 64)
    for name in ("p.pfm", "p.ppm"):
        # sRGB by hand: ((118/255 + 0.055) / 1.055)^2.4 = 0.1812, and of 188 it is 0.5029.
        found, _, _ = in_layer(tmp_path / name)
        assert np.abs(found - (0.18, 0.5, 1)).max() < 4e-3


def radiance(path: Path, *lines: str) -> Path:
    """A flat Radiance picture of (0.5, 0.25, 0.125): a mantissa of 128, 64, 32 and the exponent 128."""
    head = "\n".join(("#?RADIANCE", *lines, "FORMAT=32-bit_rle_rgbe", "", "-Y 8 +X 8", ""))
    path.write_bytes(head.encode() + bytes([128, 64, 32, 128]) * 64)
    return path


def test_a_radiance_picture_is_read_by_its_primaries_and_what_was_multiplied_onto_it_is_told(
    tmp_path: Path,
) -> None:
    stored = np.array((0.5, 0.25, 0.125))
    found, _, warnings = in_layer(radiance(tmp_path / "plain.hdr", "EXPOSURE=1.0"))
    assert found == pytest.approx(stored) and warnings == []
    wide = "PRIMARIES= .708 .292 .170 .797 .131 .046 .3127 .3290"
    found, space, _ = in_layer(radiance(tmp_path / "wide.hdr", wide, wide))
    assert to_709(found, space) == pytest.approx(np.asarray(BT2020) @ stored, abs=1e-3)
    found, _, warnings = in_layer(radiance(tmp_path / "twice.hdr", "EXPOSURE=2", "EXPOSURE=4", "SOFTWARE=x"))
    assert found == pytest.approx(stored)
    assert any("says EXPOSURE 8, which is left in its values" in one for one in warnings)


def test_of_a_picture_of_the_place_it_is_not_said_what_the_layer_is_in(tmp_path: Path) -> None:
    path = radiance(tmp_path / "wide.hdr", "PRIMARIES= .708 .292 .170 .797 .131 .046 .3127 .3290")
    (told,) = read_condition(Condition(str(path), "background")).warnings
    assert told.endswith("Its colours are read as 'Linear Rec.2020'.")


def test_a_radiance_pixel_is_as_much_narrower_as_it_is_taller(tmp_path: Path) -> None:
    for lines, aspect in ((["PIXASPECT=2.0"], 0.5), (["PIXASPECT="], 1.0)):
        with open_plate(ImageSequence(str(radiance(tmp_path / "p.hdr", *lines)))) as plate:
            assert plate.info.pixel_aspect == aspect


@pytest.mark.parametrize("index", ["R98", "R03"])
def test_exifs_interoperability_tells_adobe_rgb(tmp_path: Path, index: str) -> None:
    Image.new("RGB", (16, 16), CODE).save(tmp_path / "a.jpg", quality=100, subsampling=0)
    # IFD0 at 8 points to EXIF's at 26, that to the one of interoperability at 56.
    body = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    body += struct.pack("<H", 2) + struct.pack("<HHIHH", 0xA001, 3, 1, 65535 if index == "R03" else 1, 0)
    body += struct.pack("<HHIII", 0xA005, 4, 1, 56, 0)
    body += struct.pack("<HHHI", 1, 1, 2, 4) + index.encode() + b"\0" + struct.pack("<I", 0)
    data = (tmp_path / "a.jpg").read_bytes()
    marker = b"\xff\xe1" + struct.pack(">H", len(body) + 8) + b"Exif\0\0" + body
    (tmp_path / "a.jpg").write_bytes(data[:2] + marker + data[2:])
    rgb, _, _ = in_layer(tmp_path / "a.jpg")
    stored = np.array(CODE) / 255
    assert rgb == pytest.approx(
        np.asarray(ADOBE) @ stored**2.2 if index == "R03" else srgb(stored), abs=0.012
    )


@pytest.mark.parametrize("transfer", ["Logarithmic", "Printing density"])
def test_a_log_dpx_is_decoded_as_cineon(tmp_path: Path, transfer: str) -> None:
    codes = np.float32([95, 445, 685, 1023]) / 1023
    pixels = np.tile(codes[None, :, None], (8, 2, 3))
    path = write_still(
        tmp_path / "p.dpx", pixels, "uint16", attributes={"dpx:Transfer": transfer, "oiio:BitsPerSample": 10}
    )
    with open_plate(ImageSequence(str(path))) as plate:
        light = linearise(plate.read(plate.frames.first).pixels, plate.info.space)[0, :4, 1]
        assert any("Cineon" in one and "--plate-colour" in one for one in plate.warnings)
    offset = 10 ** ((95 - 685) / 300)
    wanted = (10 ** ((codes * 1023 - 685) / 300) - offset) / (1 - offset)
    assert light == pytest.approx(wanted, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("transfer", "space"), [("Linear", "linear-rec709"), ("ITU-R 709-4", "rec709"), ("SMPTE 274M", "rec709")]
)
def test_the_transfer_of_a_dpx_is_used(tmp_path: Path, transfer: str, space: str) -> None:
    path = write_still(tmp_path / "p.dpx", ramp(), "uint16", attributes={"dpx:Transfer": transfer})
    with open_plate(ImageSequence(str(path))) as plate:
        assert plate.info.space == space
        assert [one for one in plate.warnings if "'Linear', and it is taken so" not in one] == []
