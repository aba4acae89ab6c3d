"""Headers that hypothesis makes up, written by OpenEXR's own library: pixels are where they were put, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import FrameRange, ImageSequence
from actanywhere.footage import open_plate

BOX = st.tuples(st.integers(-40, 40), st.integers(-40, 40), st.integers(1, 24), st.integers(1, 24))
OTHERS = st.lists(
    st.sampled_from(["A", "Z", "depth.Z", "roto.A", "bg.R", "bg.G", "b", "Y"]), unique=True, max_size=4
)
SEEDED = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def write(
    path: Path, data: tuple[int, ...], display: tuple[int, ...], aspect: float, others: list[str]
) -> np.ndarray:
    """An EXR of three float channels and others that hold 9; gives its R, G, B."""
    openexr: Any = pytest.importorskip("OpenEXR")
    x, y, width, height = data
    rgb = np.arange(width * height * 3, dtype=np.float32).reshape(height, width, 3) / 7
    channels = {name: np.ascontiguousarray(rgb[..., index]) for index, name in enumerate("RGB")}
    channels.update({name: np.full((height, width), 1, np.float32) for name in others})
    header = {
        "compression": openexr.ZIP_COMPRESSION,
        "type": openexr.scanlineimage,
        "dataWindow": (np.int32([x, y]), np.int32([x + width - 1, y + height - 1])),
        "displayWindow": (
            np.int32(display[:2]),
            np.int32([display[0] + display[2] - 1, display[1] + display[3] - 1]),
        ),
        "pixelAspectRatio": aspect,
    }
    openexr.File(header, channels).write(str(path))
    return rgb


@SEEDED
@given(data=BOX, display=BOX, aspect=st.sampled_from([0.5, 1.0, 1.25, 2.0]), others=OTHERS)
def test_whatever_the_windows_every_pixel_is_where_it_was_put(
    tmp_path_factory: pytest.TempPathFactory,
    data: tuple[int, ...],
    display: tuple[int, ...],
    aspect: float,
    others: list[str],
) -> None:
    path = tmp_path_factory.mktemp("h") / "p.exr"
    rgb = write(path, data, display, aspect, others)
    try:
        with open_plate(ImageSequence(str(path))) as plate:
            read, info = plate.read(plate.frames.first).pixels, plate.info
    except FootageError as error:
        assert str(path) in error.message and error.remedy  # noqa: PT017
        return
    assert tuple(info.display_window) == display and info.pixel_aspect == aspect
    left, top, width, height = info.data_window
    assert read.shape == (height, width, 3)
    expected = np.zeros((height, width, 3), np.float32)
    for row in range(data[3]):
        for column in range(data[2]):
            expected[data[1] + row - top, data[0] + column - left] = rgb[row, column]
    assert np.array_equal(read, expected)


@SEEDED
@given(
    numbers=st.sets(st.integers(-20, 20), min_size=1, max_size=6), first=st.none() | st.integers(-999, 2000)
)
def test_whatever_the_numbers_each_frame_is_its_own_file_or_the_gap_is_told(
    tmp_path_factory: pytest.TempPathFactory, numbers: set[int], first: int | None
) -> None:
    folder = tmp_path_factory.mktemp("n")
    for number in numbers:
        write(folder / f"p.{number:04d}.exr", (0, 0, 30 + number, 1), (0, 0, 60, 1), 1.0, [])
    shift = 0 if first is None else first - min(numbers)
    gaps = max(numbers) - min(numbers) + 1 - len(numbers)
    try:
        with open_plate(ImageSequence(str(folder / "p.####.exr"), first)) as plate:
            assert plate.frames == FrameRange(min(numbers) + shift, max(numbers) + shift)
            # As wide as its number and 30: where its pixels end, the frame is black.
            lit = {frame: int((plate.read(frame).pixels[0, :, 2] > 0).sum()) for frame in plate.frames}
            assert lit == {frame: 30 + frame - shift for frame in plate.frames}
            assert not gaps
    except FootageError as error:
        assert gaps and f"{gaps} of" in error.message and error.remedy  # noqa: PT017
