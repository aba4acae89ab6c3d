"""Frames woven of fields: a wall that is panned by hand, its rows taken from two times."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.camera.fields import Fields
from tests.camera.staged import wall

Frames = NDArray[np.uint8]


def _pan(times: int, pixels: int = 3) -> Frames:
    """(T, 108, 96) a wall with grain, each time ``pixels`` farther right."""
    picture = (wall(np.random.default_rng(1), 108, 440) * 255).astype(np.uint8)[..., 1]
    frames = np.stack([picture[:, pixels * index : pixels * index + 96] for index in range(times)])
    grain = np.random.default_rng(2).normal(0, 2, frames.shape)
    return np.clip(frames + grain, 0, 255).astype(np.uint8)


def _woven(upper: Frames, lower: Frames) -> Frames:
    frames = upper.copy()
    frames[:, 1::2] = lower[:, 1::2]
    return frames


def _read(frames: Frames) -> Fields:
    fields = Fields()
    for rows in frames:
        fields.add(rows)
    return fields


@pytest.mark.parametrize("upper_first", [True, False])
def test_an_interlaced_plate_is_told_whichever_field_comes_first(upper_first: bool) -> None:
    times = _pan(20)
    early, late = times[::2], times[1::2]
    fields = _read(_woven(early, late) if upper_first else _woven(late, early))
    assert fields.woven() == list(range(1, 10))
    (warning,) = fields.warnings(1001)
    assert warning.startswith("plate: it is interlaced (frames 1002-1010): ") and "bwdif" in warning


def test_a_pan_that_is_too_fast_to_be_followed_from_field_to_field_is_told_by_its_combs() -> None:
    times = _pan(10, 31)
    assert _read(_woven(times[::2], times[1::2])).woven() == [1, 2, 3, 4]


def test_pulldown_is_told_as_three_frames_in_five() -> None:
    film = _pan(9)
    upper, lower = [0, 1, 1, 2, 3, 4, 5, 5, 6, 7], [0, 1, 2, 3, 3, 4, 5, 6, 7, 7]
    fields = _read(_woven(film[upper], film[lower]))
    assert fields.woven() == [2, 3, 4, 7, 8, 9]
    (warning,) = fields.warnings(1)
    assert "3:2 pulldown (frames 3-5, 8-10)" in warning and "fieldmatch" in warning


def test_whole_frames_a_still_plate_and_one_bad_frame_say_nothing() -> None:
    whole = _pan(12)
    bad = whole.copy()
    bad[5, 1::2] = whole[6, 1::2]
    grain = np.random.default_rng(3).integers(0, 255, whole.shape).astype(np.uint8)
    for frames in (
        whole,
        _pan(12, 0),
        bad,
        grain,
        _pan(12, 31),
        whole[[0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8]],
        whole[:1],
    ):
        assert _read(frames).warnings(1) == []
