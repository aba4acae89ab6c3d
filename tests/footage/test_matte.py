from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from actanywhere.footage import (
    Plate,
    judge_mattes,
    open_matte,
    open_plate,
    open_shot,
    read_still_matte,
    treat_matte,
)
from tests.footage.pictures import ramp, write_parts, write_sequence, write_still

SOFT = ramp(channels=1)


def plate_of(folder: Path, frames: range = range(1, 4), **kwargs: object) -> Plate:
    return open_plate(ImageSequence(write_sequence(folder, frames, **kwargs)))


def disc(height: int, width: int, radius: float, soft: float = 1.0) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - height / 2 + 0.5, x - width / 2 + 0.5)
    return np.clip((radius - distance) / soft + 0.5, 0, 1).astype(np.float32)


@pytest.mark.parametrize(
    ("extension", "kind", "step"),
    [("exr", "half", 2**-11), ("png", "uint8", 0.5 / 255), ("png", "uint16", 1 / 65535), ("tif", "uint16", 1 / 65535)],
)  # fmt: skip
def test_soft_edges_keep_the_files_own_precision(
    tmp_path: Path, extension: str, kind: str, step: float
) -> None:
    plate = plate_of(tmp_path)
    pattern = write_sequence(tmp_path, range(1, 4), extension, "roto", pixels=SOFT, kind=kind)
    values = open_matte(Matte(pattern), plate).read(2)
    assert values.shape == (24, 40) and values.dtype == np.float32
    assert np.abs(values - SOFT[..., 0]).max() <= step * 1.01


def test_full_white_stays_exactly_one(tmp_path: Path) -> None:
    plate = plate_of(tmp_path)
    for name, channels in (("grey", 1), ("rgb", 3)):
        pattern = write_sequence(
            tmp_path, range(1, 4), "png", name, pixels=np.ones((24, 40, channels)), kind="uint8"
        )
        assert (open_matte(Matte(pattern), plate).read(1) == 1.0).all()


def test_the_plates_alpha_is_its_matte(tmp_path: Path) -> None:
    pixels = np.concatenate([ramp(), SOFT], axis=-1)
    plate = plate_of(tmp_path, pixels=pixels, channels=("R", "G", "B", "A"))
    assert np.allclose(open_matte(Matte(), plate).read(2), SOFT[..., 0], atol=1e-3)


def test_a_plate_without_alpha_is_no_matte(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="no channel 'A' among R, G, B"):
        open_matte(Matte(), plate_of(tmp_path))


def test_a_named_channel_of_a_multi_layer_exr_is_the_matte(tmp_path: Path) -> None:
    names = ("R", "G", "B", "A", "roto.actor.A", "roto.horse.A")
    pixels = np.concatenate([ramp(), 0 * SOFT, SOFT, 1 - SOFT], axis=-1)
    plate = plate_of(tmp_path, pixels=pixels, channels=names)
    assert np.allclose(open_matte(Matte(channel="roto.actor.A"), plate).read(1), SOFT[..., 0], atol=1e-3)
    assert np.allclose(open_matte(Matte(channel="roto.horse.A"), plate).read(1), 1 - SOFT[..., 0], atol=1e-3)
    with pytest.raises(FootageError, match=r"no channel 'roto\.dog\.A' among .*roto\.actor\.A"):
        open_matte(Matte(channel="roto.dog.A"), plate)


@pytest.mark.parametrize("inner", ["actor.A", "roto.actor.A"])
def test_a_part_of_a_multi_part_exr_is_named_by_part_and_channel(tmp_path: Path, inner: str) -> None:
    path = write_parts(
        tmp_path / "p.1.exr",
        [("rgba", ("R", "G", "B", "A"), ramp(channels=4)), ("roto", (inner,), SOFT)],
    )
    plate = open_plate(ImageSequence(str(path)))
    assert np.allclose(open_matte(Matte(channel="roto.actor.A"), plate).read(1001), SOFT[..., 0], atol=1e-3)


def test_equal_channel_names_in_two_parts_are_told_apart_by_the_part(tmp_path: Path) -> None:
    path = write_parts(
        tmp_path / "p.exr",
        [
            ("main", ("R", "G", "B", "A"), ramp(channels=4)),
            ("horse", ("A",), SOFT),
            ("dog", ("A",), 1 - SOFT),
        ],
    )
    plate = open_plate(ImageSequence(str(path)))
    assert np.allclose(open_matte(Matte(channel="dog.A"), plate).read(1001), 1 - SOFT[..., 0], atol=1e-3)
    assert np.allclose(open_matte(Matte(channel="A"), plate).read(1001), ramp(channels=4)[..., 3], atol=1e-3)


def test_an_rgba_matte_is_its_alpha_and_an_rgb_one_its_luminance(tmp_path: Path) -> None:
    plate = plate_of(tmp_path)
    rgba = np.concatenate([0 * ramp(), SOFT], axis=-1)
    write_still(tmp_path / "a.png", rgba, "uint16", ("R", "G", "B", "A"))
    assert np.allclose(open_matte(Matte(str(tmp_path / "a.png")), plate).read(1), SOFT[..., 0], atol=1e-3)
    write_still(tmp_path / "b.png", np.broadcast_to(np.float32([1, 0, 0]), (24, 40, 3)), "uint16")
    assert np.allclose(open_matte(Matte(str(tmp_path / "b.png")), plate).read(1), 0.2126, atol=1e-3)


def test_a_matte_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    path = write_still(tmp_path / "roto.png", ramp(12, 20, 1), "uint8")
    with pytest.raises(FootageError, match="matte is 20x12, but the plate is 40x24"):
        open_matte(Matte(str(path)), plate_of(tmp_path))


def test_a_mattes_bounding_box_is_laid_where_it_belongs_in_an_overscanned_plate(tmp_path: Path) -> None:
    display = (0, 0, 40, 24)
    plate = plate_of(tmp_path, pixels=ramp(28, 44), origin=(-2, -2), display=display)
    write_still(tmp_path / "box.exr", np.ones((6, 8, 1)), "half", ("A",), (10, 5), display)
    values = open_matte(Matte(str(tmp_path / "box.exr")), plate).read(1)
    assert values.shape == (28, 44) and values.sum() == 48 and values[7:13, 12:20].min() == 1
    write_still(tmp_path / "full.png", np.ones((24, 40, 1)), "uint8")
    values = open_matte(Matte(str(tmp_path / "full.png")), plate).read(1)
    assert values.sum() == 24 * 40 and values[2:26, 2:42].min() == 1
    write_still(tmp_path / "over.png", np.ones((28, 44, 1)), "uint8")
    assert open_matte(Matte(str(tmp_path / "over.png")), plate).read(1).min() == 1


def test_one_matte_that_stands_for_all_frames_is_told_and_its_sequence_named(tmp_path: Path) -> None:
    plate = plate_of(tmp_path, range(1, 4))
    pattern = write_sequence(tmp_path, range(1, 4), name="roto", pixels=SOFT)
    (told,) = open_matte(Matte(str(tmp_path / "roto.0002.exr")), plate).warnings
    assert (
        "one still stands for all 3 frames" in told
        and f"3 numbered files; for all of them give {pattern}" in told
    )
    (told,) = open_matte(Matte(str(write_still(tmp_path / "garbage.exr", SOFT))), plate).warnings
    assert "one still stands for all 3 frames" in told and "numbered" not in told
    assert open_matte(Matte(pattern), plate).warnings == []


def test_a_matte_that_lacks_frames_lists_them_all(tmp_path: Path) -> None:
    plate = plate_of(tmp_path, range(1, 9))
    pattern = write_sequence(tmp_path, range(1, 7), name="roto", pixels=SOFT)
    os.remove(tmp_path / "roto.0003.exr")
    with pytest.raises(FootageError, match="3 of 8 frames are missing: 3, 7-8"):
        open_matte(Matte(pattern), plate)


@pytest.mark.parametrize(("low", "high"), [(0, 255), (-0.5, 1), (0, 1.1)])
def test_a_matte_outside_of_0_to_1_is_refused_with_its_frame_and_what_mends_it(
    tmp_path: Path, low: float, high: float
) -> None:
    pattern = write_sequence(tmp_path, range(1, 4), name="roto", pixels=SOFT)
    write_still(tmp_path / "roto.0002.exr", low + SOFT / SOFT.max() * (high - low))
    matte = open_matte(Matte(pattern), plate_of(tmp_path))
    matte.read(1)
    with pytest.raises(FootageError, match=r"frame 2\).*values run from") as refused:
        matte.read(2)
    mend = {255: "--matte-white 255", 1: "--matte-channel", 1.1: "clamp it"}[high]
    assert mend in refused.value.remedy


def test_an_overshoot_of_a_resize_is_clipped_and_not_refused(tmp_path: Path) -> None:
    pattern = write_sequence(tmp_path, range(1, 4), name="roto", pixels=SOFT * 1.0016 - 0.0005, kind="float")
    values = open_matte(Matte(pattern), plate_of(tmp_path)).read(1)
    assert values.min() == 0.0 and values.max() <= 1.0


def test_nan_in_a_matte_is_refused(tmp_path: Path) -> None:
    bad = SOFT.copy()
    bad[3, 4] = np.nan
    path = write_still(tmp_path / "roto.exr", bad)
    with pytest.raises(FootageError, match="1 NaN and 0 Inf values, the first at pixel 4, 3"):
        open_matte(Matte(str(path)), plate_of(tmp_path)).read(1)


def test_a_shot_of_one_still_plate_takes_the_mattes_range(tmp_path: Path) -> None:
    path = write_still(tmp_path / "still.exr", ramp())
    pattern = write_sequence(tmp_path, range(11, 15), name="roto", pixels=SOFT)
    shot = Shot("s", ImageSequence(str(path)), Matte(pattern), Condition("place.png"))
    plate, matte = open_shot(shot)
    assert plate.frames == matte.frames == FrameRange(11, 14)


def test_inverting_turns_the_matte_round() -> None:
    assert np.array_equal(treat_matte(SOFT[..., 0], invert=True), 1 - SOFT[..., 0])


def test_untreated_mattes_are_returned_to_the_bit() -> None:
    assert np.array_equal(treat_matte(SOFT[..., 0]), SOFT[..., 0])


def test_filling_closes_enclosed_holes_and_leaves_soft_edges_and_gaps_alone() -> None:
    body = disc(120, 160, 50, soft=6)
    holed = np.minimum(body, 1 - disc(120, 160, 15, soft=6))
    assert np.array_equal(treat_matte(holed, fill=True), body)
    gap = holed.copy()
    gap[60:, 78:82] = 0
    assert np.array_equal(treat_matte(gap, fill=True), gap)


@pytest.mark.parametrize("grow", [1, 2.5, 10, 40, -1, -2.5, -10, -30])
def test_growing_moves_the_edge_by_its_pixels_and_keeps_it_soft(grow: float) -> None:
    body = disc(240, 240, 60, soft=8)
    moved = treat_matte(body, grow_px=grow)
    radius = np.sqrt(moved.sum() / np.pi)
    assert radius == pytest.approx(60 + grow, abs=0.35 + 0.02 * abs(grow))
    profile = moved[120, 120:]
    assert 5 <= np.count_nonzero((profile > 0.02) & (profile < 0.98)) <= 11
    assert np.abs(np.diff(profile)).max() < 0.3


def test_a_straight_edge_moves_exactly() -> None:
    edge = np.zeros((60, 100), np.float32)
    edge[:, 50:] = 1
    assert (treat_matte(edge, grow_px=10).argmax(axis=1) == 40).all()
    assert (treat_matte(edge, grow_px=-10).argmax(axis=1) == 60).all()
    assert np.allclose(treat_matte(edge, grow_px=0.25)[:, 49], 0.25)


def test_what_the_frame_cuts_is_not_choked_at_the_frames_edge() -> None:
    body = np.zeros((60, 60), np.float32)
    body[30:, 20:40] = 1
    assert treat_matte(body, grow_px=-5)[-1, 25:35].min() == 1


def test_an_empty_matte_is_refused_and_one_that_is_all_subject_too() -> None:
    empty = [np.zeros((9, 16), np.float32)] * 3
    with pytest.raises(FootageError, match=r"roto.#.png: the matte is empty in all frames 1-3"):
        judge_mattes("roto.#.png", FrameRange(1, 3), empty)
    with pytest.raises(FootageError, match=r"highest value is 0.00392"):
        judge_mattes("roto.#.png", FrameRange(1, 3), [matte + np.float32(1 / 255) for matte in empty])
    with pytest.raises(FootageError, match="whole picture"):
        judge_mattes("roto.#.png", FrameRange(1, 3), [matte + 1 for matte in empty])


def test_a_matte_that_looks_inverted_is_a_warning_and_a_good_one_is_none() -> None:
    good = [cv2.resize(disc(90, 160, 30), (32, 18), interpolation=cv2.INTER_AREA)] * 2
    assert judge_mattes("roto.#.png", FrameRange(1, 2), good) == []
    warnings = judge_mattes("roto.#.png", FrameRange(1, 2), [1 - matte for matte in good])
    assert len(warnings) == 1 and "inverted" in warnings[0]


def test_frames_that_the_actor_is_not_in_are_listed() -> None:
    good = disc(18, 32, 6)
    warnings = judge_mattes("roto.#.png", FrameRange(1, 4), [good, 0 * good, 0 * good, good])
    assert len(warnings) == 1 and "2 of 4 frames: 2-3" in warnings[0]


def test_the_matte_of_a_composite_condition_has_the_conditions_size(tmp_path: Path) -> None:
    picture = write_still(tmp_path / "c.png", ramp(), "uint8")
    matte = write_still(tmp_path / "m.png", SOFT, "uint16")
    condition = Condition(str(picture))
    assert np.allclose(read_still_matte(str(matte), condition), SOFT[..., 0], atol=1e-4)
    small = write_still(tmp_path / "s.png", ramp(5, 5, 1), "uint8")
    with pytest.raises(FootageError, match="5x5"):
        read_still_matte(str(small), condition)
    for value, found in ((0.0, "shows nobody"), (1.0, "covers all")):
        flat = write_still(tmp_path / f"{value}.png", np.full_like(SOFT, value))
        with pytest.raises(FootageError, match=found):
            read_still_matte(str(flat), condition)
