"""Transfer and primaries that movies say, against formulas and published matrices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from actanywhere.footage import linearise
from actanywhere.footage.tags import ColourTags, space_of_tags
from tests.footage.light import BT2020, CODE, P3, SAME, bt709, hlg, in_layer, pq, srgb, to_709


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
