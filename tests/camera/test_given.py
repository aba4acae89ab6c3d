"""The camera that the artist tracked: the picture moves exactly as the file says, or the file is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop
from actanywhere.camera.given import read_track
from actanywhere.contract.errors import JobError
from actanywhere.contract.shot import FrameRange
from tests.camera.staged import wall

SIZE = (96, 60)  # width, height
STILL = [1, 0, 0, 0, 1, 0, 0, 0, 1]
PLACE = wall(np.random.default_rng(3), SIZE[1], SIZE[0])


def write(path: Path, *rows: Any, first: int = 1001, **fields: Any) -> str:
    transforms = {str(first + k): row for k, row in enumerate(rows)}
    data = {"width": SIZE[0], "height": SIZE[1], "transforms": transforms, **fields}
    (path / "track.json").write_text(json.dumps(data))
    return str(path / "track.json")


def seen(path: str, count: int, anchor: int = 0) -> list[np.ndarray]:
    """What the backdrop shows of ``PLACE``, which fits frame ``anchor``, at plate size."""
    camera = read_track(path, FrameRange(1001, 1000 + count), *SIZE).camera
    backdrop = Backdrop(PLACE, camera.relative_to(anchor), SIZE[0] / SIZE[1])
    return [backdrop.frame(index, SIZE[1], SIZE[0])[0] for index in range(count)]


def test_whole_pixels_in_the_file_are_whole_pixels_in_the_picture(tmp_path: Path) -> None:
    path = write(tmp_path, STILL, [1, 0, 7, 0, 1, -4, 0, 0, 1])
    before, after = seen(path, 2)
    np.testing.assert_allclose(before, PLACE, atol=1e-5)
    np.testing.assert_allclose(after[:-4, 7:], PLACE[4:, :-7], atol=1e-5)


def test_the_files_origin_is_the_rasters_corner_and_not_the_first_pixels_centre(tmp_path: Path) -> None:
    # Three times as large from the corner: a pixel's centre lands on the centre of the middle one of three.
    path = write(tmp_path, STILL, [3, 0, 0, 0, 3, 0, 0, 0, 1])
    after = seen(path, 2)[1]
    np.testing.assert_allclose(after[1::3, 1::3], PLACE[:20, :32], atol=1e-3)


def test_a_corner_pin_sends_every_pixel_where_its_nine_numbers_say(tmp_path: Path) -> None:
    pin = np.array([[0.9, 0.02, 3.0], [0.03, 0.95, 1.0], [4e-4, -3e-4, 1.0]])
    after = seen(write(tmp_path, STILL, pin.ravel().tolist()), 2)[1]
    # The same wall as a field of coordinates: read back, it tells where each pixel came from.
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    ramp = np.dstack([(columns + 0.5) / SIZE[0], (rows + 0.5) / SIZE[1], np.zeros(SIZE[::-1])])
    camera = read_track(str(tmp_path / "track.json"), FrameRange(1001, 1002), *SIZE).camera
    shown, valid = Backdrop(np.float32(ramp), camera.relative_to(0), SIZE[0] / SIZE[1]).frame(1, *SIZE[::-1])
    inside = valid > 0.999
    inside[:4] = inside[-4:] = inside[:, :4] = inside[:, -4:] = False
    assert inside.mean() > 0.5 and np.abs(after - PLACE).mean() > 0.02
    source = np.stack([shown[..., 0] * SIZE[0], shown[..., 1] * SIZE[1], np.ones(SIZE[::-1])], -1)[inside]
    there = source @ pin.T
    expected = np.stack([columns + 0.5, rows + 0.5], -1)[inside]
    np.testing.assert_allclose(there[:, :2] / there[:, 2:], expected, atol=0.1)


@pytest.mark.parametrize("scale", [-1, 1e-6, 1e6])
def test_a_homographys_own_scale_and_sign_mean_nothing(tmp_path: Path, scale: float) -> None:
    row = [1, 0, 7, 0, 1, -4, 0, 0, 1]
    scaled = [value * scale for value in row]
    np.testing.assert_allclose(
        seen(write(tmp_path, STILL, scaled), 2)[1], seen(write(tmp_path, STILL, row), 2)[1], atol=1e-5
    )


def test_the_view_that_all_transforms_share_does_not_matter(tmp_path: Path) -> None:
    view = np.array([[1.3, 0.2, -40], [-0.1, 0.9, 25], [1e-4, 2e-4, 1]])
    rows = [np.array([[1, 0, 5 * k], [0, 1, 2 * k], [0, 0, 1]], float) for k in range(3)]
    plain = seen(write(tmp_path, *[row.ravel().tolist() for row in rows]), 3, anchor=1)
    other = seen(write(tmp_path, *[(row @ view).ravel().tolist() for row in rows]), 3, anchor=1)
    np.testing.assert_allclose(plain[1], PLACE, atol=1e-5)
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-4)


BAD = {
    "a missing frame": ({"transforms": {"1001": STILL}}, "no transform for 1002-1003: it has 1001"),
    "another size": ({"width": 48, "height": 30}, "made for 48 x 30 pixels; the plate has 96 x 60"),
    "a name for a frame": ({"transforms": {"first": STILL}}, "'first' is not a frame number"),
    "eight numbers": (
        {"transforms": dict.fromkeys(["1001", "1002", "1003"], STILL[:8])},
        "frame 1001: .*nine",
    ),
    "text": ({"transforms": dict.fromkeys(["1001", "1002", "1003"], ["1"] * 9)}, "frame 1001: .*nine"),
    "not a number": (
        {"transforms": {"1001": STILL, "1002": [float("nan"), *STILL[1:]], "1003": STILL}},
        "frame 1002: .*nine",
    ),
    "a picture in a line": (
        {"transforms": {"1001": STILL, "1002": STILL, "1003": [1, 1, 0, 1, 1, 0, 0, 0, 1]}},
        "frame 1003: .*line",
    ),
    "a mirror": (
        {"transforms": {"1001": STILL, "1002": [-1, 0, 96, 0, 1, 0, 0, 0, 1], "1003": STILL}},
        "frame 1002: .*mirrored",
    ),
    "another field": ({"units": "px"}, "width, height and transforms alone"),
    "a list of transforms": ({"transforms": [STILL] * 3}, "width, height and transforms alone"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_wrong_track_is_refused_with_its_file_and_frame(tmp_path: Path, fault: str) -> None:
    fields, told = BAD[fault]
    path = write(tmp_path, STILL, STILL, STILL, **fields)
    with pytest.raises(JobError, match=told) as caught:
        read_track(path, FrameRange(1001, 1003), *SIZE)
    assert "track.json" in caught.value.message and caught.value.remedy


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\x00", '{"width": 96}'])
def test_a_file_that_is_no_track_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "track.json").write_text(text)
    with pytest.raises(JobError, match=r"track\.json"):
        read_track(str(tmp_path / "track.json"), FrameRange(1001, 1001), *SIZE)


def test_a_track_that_is_not_there_is_named() -> None:
    with pytest.raises(JobError, match=r"nowhere\.json cannot be read"):
        read_track("nowhere.json", FrameRange(1001, 1001), *SIZE)
