"""What the code values of stills mean: files put together by hand, byte by byte."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import open_plate
from tests.footage.pictures import write_still


def values(path: Path) -> tuple[np.ndarray, list[str]]:
    with open_plate(ImageSequence(str(path))) as plate:
        return plate.read(plate.frames.first).pixels[0, :, 0], plate.warnings


def packed(codes: list[int], bits: int) -> bytes:
    text = "".join(format(code, f"0{bits}b") for code in codes)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def png(path: Path, codes: list[int], bits: int, *chunks: tuple[bytes, bytes]) -> Path:
    """A grey PNG whose rows all hold these codes."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", len(codes), 8, bits, 0, 0, 0, 0)), *chunks]
    parts += [(b"IDAT", zlib.compress((b"\0" + packed(codes, bits)) * 8)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def tiff(path: Path, codes: list[int], bits: int, photometric: int = 1) -> Path:
    """A grey TIFF whose rows all hold these codes, the most significant bit first."""
    data = packed(codes, bits) if bits not in (16, 32) else np.array(codes, f"<u{bits // 8}").tobytes()
    data *= 8
    entries = {
        256: len(codes),
        257: 8,
        258: bits,
        259: 1,
        262: photometric,
        273: 8 + 2 + 12 * 9 + 4,
        277: 1,
        278: 8,
    }
    entries[279] = len(data)
    body = b"II*\0" + struct.pack("<IH", 8, len(entries))
    body += b"".join(
        struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, entries[tag]) for tag in sorted(entries)
    )
    path.write_bytes(body + bytes(4) + data)
    return path


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_png_of_every_depth_goes_from_0_to_1(tmp_path: Path, bits: int) -> None:
    top = 2**bits - 1
    found, _ = values(png(tmp_path / "p.png", [0, top // 2, top, top] * 2, bits))
    assert found[0] == 0 and found[2] == 1
    assert found[1] == pytest.approx(top // 2 / top, abs=1e-6)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 10, 12, 14, 16, 32])
@pytest.mark.parametrize("white_is_0", [False, True])
def test_tiff_of_every_depth_goes_from_0_to_1(tmp_path: Path, bits: int, white_is_0: bool) -> None:
    top = 2**bits - 1
    found, _ = values(tiff(tmp_path / "t.tif", [0, top // 2, top, top] * 2, bits, 0 if white_is_0 else 1))
    found = 1 - found if white_is_0 else found
    assert found[0] == 0 and found[2] == 1
    assert found[1] == pytest.approx(top // 2 / top, abs=0.5 / top + 1e-6)


@pytest.mark.parametrize("significant", [10, 12, 15])
@pytest.mark.parametrize("repeated", [False, True])
def test_fewer_bits_in_16_are_read_by_what_the_png_says_counts(
    tmp_path: Path, significant: int, repeated: bool
) -> None:
    top, spare = 2**significant - 1, 16 - significant
    codes = [0, top // 3, top]
    stored = [code << spare | (code >> (significant - spare) if repeated else 0) for code in codes]
    found, _ = values(png(tmp_path / "p.png", stored, 16, (b"sBIT", bytes([significant]))))
    assert found[2] == 1.0
    assert found == pytest.approx([code / top for code in codes], abs=1e-6)


def test_what_was_stored_beyond_the_significant_bits_is_kept(tmp_path: Path) -> None:
    found, _ = values(png(tmp_path / "p.png", [0, 12345, 65535], 16, (b"sBIT", b"\x08")))
    assert found == pytest.approx([0, 12345 / 65535, 1], abs=1e-6)


def dpx(path: Path, codes: list[int], low: int, high: int) -> Path:
    picture = np.tile(np.float32(codes)[None, :, None] / 1023, (8, 1, 3))
    write_still(path, picture, "uint16", attributes={"oiio:BitsPerSample": 10, "dpx:Transfer": "ITU-R 709-4"})
    data = bytearray(path.read_bytes())
    order = ">" if data[:4] == b"SDPX" else "<"
    struct.pack_into(f"{order}I", data, 784, low)
    struct.pack_into(f"{order}I", data, 792, high)
    path.write_bytes(data)
    return path


def test_a_dpx_of_video_levels_is_read_by_its_header_and_told(tmp_path: Path) -> None:
    found, warnings = values(dpx(tmp_path / "p.dpx", [64, 502, 940], 64, 940))
    assert found == pytest.approx([0, 0.5, 1], abs=1e-6)
    assert any("codes 64 and 940 are black and white" in one for one in warnings)


@pytest.mark.parametrize(("low", "high"), [(0, 1023), (95, 685), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_other_reference_levels_of_a_dpx_change_nothing(tmp_path: Path, low: int, high: int) -> None:
    found, _ = values(dpx(tmp_path / "p.dpx", [64, 502, 940], low, high))
    assert found == pytest.approx(np.array([64, 502, 940]) / 1023, abs=1e-4)
