"""What a plate does in time: plates of a wall that is shifted by hand, so that every frame's fault is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.camera.timing import Timing, read_timing
from tests.camera.staged import wall

Frames = NDArray[np.uint8]


def _pan(frames: int, pixels: int = 4, seed: int = 1) -> Frames:
    """A wall of 192x108, each frame ``pixels`` farther right."""
    picture = (wall(np.random.default_rng(seed), 108, 400) * 255).astype(np.uint8)
    return np.stack([picture[:, pixels * index : pixels * index + 192] for index in range(frames)])


def _grained(frames: Frames, seed: int = 2) -> Frames:
    """Each with grain of its own, as a codec leaves it of a repeat."""
    grain = np.random.default_rng(seed).normal(0, 1.5, frames.shape)
    return np.clip(frames + grain, 0, 255).astype(np.uint8)


def test_frames_that_a_conform_to_30_repeats_are_found_under_grain() -> None:
    shown = [0, 0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8]
    timing = read_timing(_grained(_pan(12)[shown]))
    assert timing.same.tolist() == [0, 0, 2, 3, 4, 5, 5, 7, 8, 9, 10, 10]
    assert timing.warnings(1001)[0].startswith(
        "plate: it shows the frame before once more at 1002-1012x5, in the middle of a move."
    )
    assert not timing.cuts and not timing.apart


def test_a_plate_that_moves_evenly_a_locked_one_and_a_stop_say_nothing() -> None:
    stop = [0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5]
    for frames in (_pan(12), _pan(12, 0), _pan(12, 1), _pan(12)[stop]):
        timing = read_timing(_grained(frames))
        assert timing.same.tolist() == list(range(12))
        assert timing.warnings(1) == []


def test_a_freeze_of_any_length_is_held_where_it_is_exact() -> None:
    timing = read_timing(_pan(6)[[0, 0, 0, 0, 0, 0, 0, 1, 2, 3]])
    assert timing.same.tolist() == [0, 0, 0, 0, 0, 0, 0, 7, 8, 9]


def test_a_cut_is_told_with_a_shot_for_each_side() -> None:
    timing = read_timing(np.concatenate([_pan(8), _pan(6, seed=5)]))
    assert timing.cuts == (8,)
    assert timing.warnings(1001) == [
        "plate: it is cut between frames 1008 and 1009, and no camera can be followed over a cut. Render a shot for "
        "each side: --frames 1001-1008 and --frames 1009-1014."
    ]
    assert timing.telling(3, np.arange(14)).tolist() == [0, 1, 2, 4, 5, 6, 7]
    assert timing.telling(9, np.arange(14)).tolist() == [8, 10, 11, 12, 13]


def _dissolve(frames: int, lead: int, one: Frames, other: Frames) -> Frames:
    share = np.clip((np.arange(lead + frames + lead) - lead + 1) / (frames + 1), 0, 1)[:, None, None, None]
    return np.round(one * (1 - share) + other * share).astype(np.uint8)


@pytest.mark.parametrize(("frames", "pixels"), [(8, 1), (8, 0), (16, 0), (24, 0)])
def test_a_dissolve_between_two_scenes_is_told_with_its_frames_and_tells_nothing(
    frames: int, pixels: int
) -> None:
    count = frames + 16
    plate = _dissolve(frames, 8, _pan(count, pixels), _pan(count, pixels, seed=5))
    timing = read_timing(_grained(plate))
    ((begin, end),) = timing.fades
    assert abs(begin - 8) <= 1 and abs(end - (7 + frames)) <= 1
    (warning,) = timing.warnings(1001)
    assert f"in frames {1001 + begin}-{1001 + end}, and no camera" in warning
    assert f"--frames 1001-{1000 + begin} and --frames {1002 + end}-{1000 + count}." in warning
    assert timing.telling(3, np.arange(count)).tolist() == [n for n in range(begin) if n != 3]
    assert timing.apart == set(range(begin, end + 1))
    assert timing.telling(count - 1, np.arange(count)).tolist() == list(range(end + 1, count - 1))


@pytest.mark.parametrize("through", [0, 255])
def test_a_fade_to_black_or_white_and_out_of_it_into_another_scene_is_one_fade(through: int) -> None:
    share = np.clip(np.abs(np.arange(26) - 12) / 6, 0, 1)[:, None, None, None]
    scenes = np.concatenate([_pan(12, 1), _pan(14, 1, seed=5)])
    timing = read_timing(np.round(through + (scenes - float(through)) * share).astype(np.uint8))
    assert timing.fades == ((7, 17),)
    assert timing.black == () and timing.cuts == () and timing.broken == ()
    (warning,) = timing.warnings(1)
    assert "fades from one scene into another" in warning


def test_a_fast_pan_and_a_light_that_is_dimmed_are_no_fade() -> None:
    dimmed = _pan(24, 3) * np.abs(np.linspace(-1, 1, 24))[:, None, None, None].clip(0.2)
    for frames in (_pan(20, 10), dimmed.astype(np.uint8), _pan(24, 8)):
        assert read_timing(_grained(frames)).fades == ()


def test_a_leap_within_one_place_is_no_cut() -> None:
    frames = _pan(16)
    timing = read_timing(frames[[0, 1, 2, 3, 4, 12, 13, 14, 15]])
    assert timing.cuts == ()


@pytest.mark.parametrize("kind", ["flashes", "black", "broken"])
def test_a_frame_that_flashes_is_black_or_lacks_its_lower_half_is_told_by_its_number(kind: str) -> None:
    frames = _pan(10).copy()
    if kind == "flashes":
        frames[4] = np.clip(frames[4] * 1.6, 0, 255)
        frames[4, :20] = 255
    elif kind == "black":
        frames[4] = 0
    else:
        frames[4, 54:] = 128
    timing = read_timing(frames)
    assert getattr(timing, kind) == (4,)
    assert timing.apart == {4}
    assert timing.same.tolist() == list(range(10)) and timing.cuts == ()
    (warning,) = timing.warnings(1001)
    assert " 1005" in warning
    assert 4 not in timing.telling(5, np.arange(10))


@pytest.mark.parametrize("pink", [[0], [0, 1], [11], [5]])
def test_a_tint_that_flashes_is_told_at_the_ends_too_and_a_fade_from_black_is_none(pink: list[int]) -> None:
    tinted = _pan(12, 1) * np.array([0.5, 0.7, 0.9])
    faded = tinted * np.minimum(1, np.arange(12) / 8)[:, None, None, None]
    tinted[pink] += (60, 0, 10)
    assert list(read_timing(np.clip(tinted, 0, 255).astype(np.uint8)).flashes) == pink
    assert not read_timing(faded.astype(np.uint8)).flashes


def test_an_exposure_that_drifts_is_told_with_its_range_and_nothing_else() -> None:
    gains = np.linspace(1, 0.6, 12)
    frames = (_pan(12, 2) * gains[:, None, None, None]).astype(np.uint8)
    (warning,) = read_timing(frames).warnings(1001)
    assert "from frame 1001 to 1012" in warning
    told = int(warning.split("change by ")[1].split("%")[0])
    assert abs(told - -40) <= 3


def test_a_frame_and_its_repeat_tell_nothing_of_each_other() -> None:
    timing = Timing(np.array([0, 1, 1, 3]))
    assert timing.telling(2, timing.shown).tolist() == [0, 3]
    assert timing.telling(1, timing.shown).tolist() == [0, 3]
    assert timing.telling(0, timing.shown).tolist() == [1, 3]
