"""Transfer and primaries that files say, against formulas and published matrices written down here once more."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import linearise, open_plate
from actanywhere.footage.resolve import resolve_still
from actanywhere.footage.spaces import CHROMATICITIES, config, config_name, find_space, layer_space
from actanywhere.footage.tags import ColourTags, space_of_tags
from tests.footage.pictures import ramp, write_still

PIL_CMS = pytest.importorskip("PIL.ImageCms")
from PIL import Image  # noqa: E402

CODE = (180, 90, 40)


def srgb(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def bt709(v: np.ndarray) -> np.ndarray:
    return np.where(v < 0.081, v / 4.5, ((v + 0.099) / 1.099) ** (1 / 0.45))


def pq(v: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, as multiples of 100 cd/m²."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = v ** (1 / m2)
    return 100 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)


def hlg(v: np.ndarray) -> np.ndarray:
    """ARIB STD-B67 with the system gamma 1.2 of a display of 1000 cd/m², as multiples of 100."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(v <= 0.5, v**2 / 3, (np.exp((v - c) / a) + b) / 12)
    luminance = scene @ [0.2627, 0.6780, 0.0593]
    return 10 * luminance**0.2 * scene


# To linear BT.709 from linear P3-D65, BT.2020 and Adobe RGB, as they are published.
P3 = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]]
BT2020 = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
ADOBE = [[1.3984, -0.3984, 0.0], [0.0, 1.0, 0.0], [0.0, -0.0429, 1.0429]]
SAME = np.eye(3)


def in_layer(path: Path, **said: str) -> tuple[np.ndarray, str, list[str]]:
    """A flat plate's colour in its layer, the layer's space, and the warnings."""
    with open_plate(ImageSequence(str(path), **said)) as plate:
        pixels = plate.read(plate.frames.first).pixels
        return linearise(pixels, plate.info.space)[5, 5], layer_space(plate.info.space), plate.warnings


def to_709(rgb: np.ndarray, space: str) -> np.ndarray:
    out = np.float32([[rgb]])
    to = config().getProcessor(config_name(space), "Linear Rec.709 (sRGB)")
    to.getDefaultCPUProcessor().applyRGB(out)
    return out[0, 0]


def tagged_movie(path: Path, primaries: int, transfer: int, metadata: dict[str, str] | None = None) -> Path:
    """A flat RGB movie (FFV1, lossless) of CODE with these tags."""
    options = {"movflags": "write_colr"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264rgb", rate=24, options={"qp": "0"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        stream.codec_context.color_primaries, stream.codec_context.color_trc = primaries, transfer
        container.metadata.update(metadata or {})
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), CODE, np.uint8), "rgb24")
        frame.color_primaries, frame.color_trc = primaries, transfer
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("primaries", "transfer", "curve", "matrix"),
    [
        (1, 1, bt709, SAME),
        (1, 6, bt709, SAME),
        (1, 13, srgb, SAME),
        (1, 4, lambda v: v**2.2, SAME),
        (1, 5, lambda v: v**2.8, SAME),
        (1, 8, lambda v: v, SAME),
        (1, 9, lambda v: 10 ** (2 * (v - 1)), SAME),
        (12, 13, srgb, P3),
        (9, 14, bt709, BT2020),
        (9, 1, bt709, BT2020),
        (9, 8, lambda v: v, BT2020),
        (9, 16, pq, BT2020),
        (9, 18, hlg, BT2020),
    ],
)
def test_a_movies_tags_are_undone(
    tmp_path: Path, primaries: int, transfer: int, curve: Any, matrix: Any
) -> None:
    rgb, space, warnings = in_layer(tagged_movie(tmp_path / "m.mp4", primaries, transfer))
    wanted = np.asarray(matrix) @ curve(np.array(CODE) / 255)
    assert to_709(rgb, space) == pytest.approx(wanted, rel=2e-3, abs=5e-4)
    assert not any("taken as" in one for one in warnings)


@pytest.mark.parametrize("primaries", [4, 5, 6, 7, 8, 11, 22])
def test_white_of_every_primaries_is_white(primaries: int) -> None:
    space, assumed = space_of_tags(ColourTags(primaries, 13))
    assert assumed == ""
    white = linearise(np.ones((1, 1, 3), np.float32), space)[0, 0]
    red = linearise(np.float32([[[1, 0, 0]]]), space)[0, 0]
    assert white == pytest.approx([1, 1, 1], abs=1e-4)
    assert np.abs(red - (1, 0, 0)).max() > (0.005 if primaries != 5 else 0.001)


def test_an_untagged_movie_is_taken_as_rec709_and_told_with_the_flag(tmp_path: Path) -> None:
    rgb, _, warnings = in_layer(tagged_movie(tmp_path / "m.mp4", 2, 2))
    assert rgb == pytest.approx(bt709(np.array(CODE) / 255), rel=1e-3)
    assert any("no transfer and no primaries" in one and "--plate-colour" in one for one in warnings)


def test_a_tag_of_an_unknown_number_is_told() -> None:
    assert space_of_tags(ColourTags(1, 99)) == ("rec709", "transfer of an unknown number (99)")
    assert space_of_tags(ColourTags(77, 13)) == ("srgb", "primaries of an unknown number (77)")


def test_where_file_and_pictures_disagree_the_file_is_taken_and_told(tmp_path: Path) -> None:
    path = tagged_movie(tmp_path / "m.mp4", 1, 13)
    data = path.read_bytes()
    at = data.index(b"colr") + 10
    path.write_bytes(data[:at] + b"\0\x08" + data[at + 2 :])
    rgb, _, warnings = in_layer(path)
    assert rgb == pytest.approx(np.array(CODE) / 255, abs=1e-5)
    assert any("the file says transfer 8, and the pictures in it 13" in one for one in warnings)


def test_a_cameras_log_in_a_movies_metadata_is_used_and_told(tmp_path: Path) -> None:
    path = tagged_movie(tmp_path / "m.mkv", 1, 1, {"com.arri.camera.ColorGammaSxS": "LOG-C"})
    rgb, space, warnings = in_layer(path)
    assert to_709(rgb, space) == pytest.approx(to_709(np.array(CODE) / 255, "ARRI LogC3 (EI800)"), rel=1e-4)
    assert any("ARRI LogC3 (EI800), as its metadata say" in one for one in warnings)


# --- stills ---


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
