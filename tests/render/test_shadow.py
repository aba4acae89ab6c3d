"""The actor's cast shadow in the layer: pulled from the plate, given, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from actanywhere.camera.timing import Timing
from actanywhere.camera.track import still_track
from actanywhere.contract.errors import FootageError, OutputError
from actanywhere.contract.job import Job, Progress
from actanywhere.contract.sequences import find_footage
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange, ImageSequence
from actanywhere.engines.protocol import Watch
from actanywhere.footage import open_plate
from actanywhere.render import beyond, shadow
from actanywhere.render.beyond import around, telling
from actanywhere.render.clip import empty_clip
from actanywhere.render.shadow import choose_shadow, given_clean
from actanywhere.shadow.pull import Pull, Refusal
from actanywhere.shadow.shot_frames import linear
from tests.footage.pictures import write_still
from tests.render.stage import HEIGHT, WIDTH, Staged, background_of, read_layer, render, stage_shot, texture

_FEET = 50


@pytest.fixture
def place() -> np.ndarray:
    """Smooth, so that the tiny model's coarse autoencoder does not break it into blocks."""
    return texture(np.random.default_rng(21), HEIGHT, WIDTH, 16.0)


def _layer(job: Job, frame: int = 1003) -> np.ndarray:
    return background_of(Path(job.output) / f"shot_generated_bg.{frame}.exr")


def test_a_given_shadow_lies_where_it_is_said_and_nowhere_else(
    tmp_path: Path, model: Path, place: np.ndarray
) -> None:
    staged = stage_shot(tmp_path / "given", condition=place, actor=(40.0, 28.0, 10.0))
    without = staged.job(model, "without", band=0.02, shadow="none")
    with_it = staged.job(
        model, "with", band=0.02, shadow="given", shadow_side=1.2, shadow_away=-0.5, shadow_density=0.6
    )
    assert render(without).decided("shadow").value == "none was asked for"
    result = render(with_it)
    assert result.decided("shadow").value == "as given: side 1.20, away -0.50, density 0.60, softness 0.020"
    share = (_layer(with_it).mean(2) + 0.01) / (_layer(without).mean(2) + 0.01)
    # The disc's middle in frame 1003 is (42, 28), its feet in row 39: its shadow's middle is (55, 44).
    assert share[42:47, 52:58].mean() < 0.45
    assert share[:30].min() > 0.9 and share[:, :25].min() > 0.9


def _sunny(folder: Path, place: np.ndarray, frames: int = 8, pace: float = 4) -> Staged:
    """A post walks before a locked camera; its shadow falls to the left and towards the camera."""
    staged = stage_shot(folder, frames=frames, condition=place)
    ground = np.full((HEIGHT, WIDTH, 3), 0.6, np.float32) + 0.4 * (
        texture(np.random.default_rng(2), HEIGHT, WIDTH) - 0.5
    )
    for index, frame in enumerate(range(1001, 1001 + frames)):
        matte, shade = np.zeros((2, HEIGHT, WIDTH), np.float32)
        x = 40 + round(pace * index)
        matte[18 : _FEET + 1, x - 4 : x + 5] = 1
        corners = np.array([[x - 4, _FEET], [x + 4, _FEET], [x - 16, _FEET + 12], [x - 24, _FEET + 12]])
        cv2.fillConvexPoly(shade, corners, 1.0)
        plate = ground * (1 - 0.5 * cv2.GaussianBlur(shade, (0, 0), 1.0))[..., None]
        plate = np.where(matte[..., None] > 0, np.float32(0.3), plate)
        write_still(folder / f"plate.{frame}.exr", np.float32(plate**2.2), "half")
        write_still(folder / f"matte.{frame}.png", matte[..., None], "uint8")
    return staged


def test_a_shadow_is_pulled_and_laid_in_light_with_its_matte_beside_it(
    tmp_path: Path, model: Path, place: np.ndarray
) -> None:
    staged = _sunny(tmp_path / "sunny", place)
    pulled = staged.job(model, "pulled", camera="plate", band=0.02)
    plain = staged.job(model, "plain", camera="plate", band=0.02, shadow="none")
    assert render(pulled).decided("shadow").value.startswith("pulled from the plate in ")
    render(plain)
    share = _layer(pulled, 1004).mean(2) / _layer(plain, 1004).mean(2)
    _, channels = read_layer(str(Path(pulled.output) / "shot_generated_bg.1004.exr"))
    matte, x = channels["shadow.A"], 40 + 4 * 3
    inside = np.s_[_FEET + 4 : _FEET + 9, x - 14 : x - 9]
    # The plate is written with a gamma of 2.2, so half of the display value is 0.22 of the light.
    assert abs(float(np.median(matte[inside])) - (1 - 0.5**2.2)) < 0.12
    assert float(np.median(share[inside])) < 0.45
    assert matte[: _FEET - 20].max() == 0 and matte[:, x + 20 :].max() == 0
    assert "shadow.A" not in read_layer(str(Path(plain.output) / "shot_generated_bg.1004.exr"))[1]


def test_of_a_few_frames_the_shadow_is_pulled_with_those_beside_them(
    tmp_path: Path, model: Path, place: np.ndarray
) -> None:
    staged = _sunny(tmp_path / "slow", place, frames=48, pace=0.5)
    few = FrameRange(1021, 1028)  # in which the post walks four pixels; it is nine wide
    staged = replace(staged, shot=replace(staged.shot, frames=few))
    seen: list[Progress] = []
    found = render(staged.job(model, "few", camera="plate", band=0.02), seen.append).decided("shadow")
    assert found.value.startswith("pulled from the plate in 8 of 8 frames")
    assert "frames 1001-1048 tell of it" in found.value
    pulling = [one.done for one in seen if one.stage == "pulling from the plate"]
    assert pulling == sorted(pulling) and len(set(pulling)) > 4
    files = sorted((tmp_path / "slow" / "few").glob("*.exr"))
    assert [int(file.suffixes[0][1:]) for file in files] == list(few)
    for frame in few:
        _, channels = read_layer(str(tmp_path / "slow" / "few" / f"shot_generated_bg.{frame}.exr"))
        x = 40 + round(0.5 * (frame - 1001))
        inside = channels["shadow.A"][_FEET + 4 : _FEET + 9, x - 14 : x - 9]
        assert abs(float(np.median(inside)) - (1 - 0.5**2.2)) < 0.12

    # Alone they show none of it; and a frame beside them that cannot be read is no reason to fail, and is told.
    (tmp_path / "slow" / "plate.1040.exr").write_bytes(b"torn")
    alone = render(staged.job(model, "alone", camera="plate", band=0.02)).decided("shadow")
    assert (
        alone.value.startswith("none is pulled")
        and "a longer range of plate and matte (at this pace some" in alone.value
        and "plate.1040.exr" in alone.value
    )

    # But a layer that was begun with them does not go on without.
    (tmp_path / "slow" / "few" / "shot_generated_bg.1028.exr").unlink()
    with pytest.raises(OutputError, match="beside them, which tell of the shadow, changed"):
        render(staged.job(model, "few", camera="plate", band=0.02))

    # And a look at fewer than eight is to be quick.
    fewer = replace(staged, shot=replace(staged.shot, frames=FrameRange(1021, 1026)))
    assert "tell of it" not in render(fewer.job(model, "fewer", camera="plate")).decided("shadow").value


def test_frames_beside_a_range_tell_of_it_up_to_a_cut_or_the_end_of_what_is_in_the_matte() -> None:
    clip = empty_clip(FrameRange(1001, 1020), 36, 64, 16 / 9)
    clip.matte[:, 10:30, 28:36] = 255
    own, same = range(8, 12), np.arange(20)
    assert telling(clip, own, Timing(same)) == range(20)
    assert telling(clip, own, Timing(same, cuts=(4, 10, 15))) == range(4, 15)
    clip.matte[:6], clip.matte[13:] = 0, 0  # the actor stood in full view: it is the matte that ends
    assert telling(clip, own, Timing(same)) == range(6, 13)
    clip.matte[12, 10:30], clip.matte[12, 10:30, :4] = 0, 255  # they walked out
    assert telling(clip, own, Timing(same)) == range(6, 20)


def test_no_room_for_the_frames_beside_a_range_is_no_reason_to_fail(
    tmp_path: Path, model: Path, place: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = _sunny(tmp_path / "slow", place, frames=16, pace=0.5)
    staged = replace(staged, shot=replace(staged.shot, frames=FrameRange(1005, 1012)))
    asked: list[FrameRange] = []

    def full(frames: FrameRange, *_: object) -> None:
        asked.append(frames)
        raise OutputError("The temporary folder cannot hold 16 frames.", "")

    monkeypatch.setattr(beyond, "empty_clip", full)
    found = render(staged.job(model, "few", camera="plate")).decided("shadow")
    assert asked == [FrameRange(1001, 1016)]
    assert "cannot be read: The temporary folder cannot hold 16 frames." in found.value


def test_frames_beside_a_range_end_where_a_file_is_missing(tmp_path: Path) -> None:
    for frame in (1001, *range(1003, 1010), 1011):
        (tmp_path / f"plate.{frame}.png").touch()
    footage = find_footage(ImageSequence(str(tmp_path / "plate.####.png")))
    assert footage.unbroken(FrameRange(1005, 1006)) == FrameRange(1003, 1009)
    still = find_footage(ImageSequence(str(tmp_path / "plate.1005.png")))
    assert still.unbroken(FrameRange(1005, 1006)) is None


@pytest.mark.parametrize(
    ("frames", "count", "expected"),
    [
        ((1021, 1026), 16, (1016, 1031)),
        ((1001, 1006), 16, (1001, 1016)),
        ((1045, 1050), 16, (1035, 1050)),
        ((1021, 1026), 90, (1001, 1050)),
        ((1001, 1050), 64, (1001, 1050)),
        ((1005, 1044), 16, (1005, 1044)),
    ],
)
def test_the_frames_beside_a_range_end_where_the_files_do(
    frames: tuple[int, int], count: int, expected: tuple[int, int]
) -> None:
    assert around(FrameRange(*frames), FrameRange(1001, 1050), count) == FrameRange(*expected)


def test_the_artists_clean_plate_is_taken_where_there_is_one(
    tmp_path: Path, model: Path, place: np.ndarray
) -> None:
    staged = _sunny(tmp_path / "sunny", place)
    ground = np.full((HEIGHT, WIDTH, 3), 0.6, np.float32) + 0.4 * (
        texture(np.random.default_rng(2), HEIGHT, WIDTH) - 0.5
    )
    clean = tmp_path / "clean.exr"
    write_still(clean, np.float32(ground**2.2), "half")
    job = staged.job(model, "clean", camera="plate", band=0.02, clean_plate=str(clean))
    result = render(job)
    assert result.decided("shadow").value.startswith("pulled from the plate in 8 of 8 frames")
    assert "clean plate" in result.inputs
    matte = read_layer(str(Path(job.output) / "shot_generated_bg.1001.exr"))[1]["shadow.A"]
    assert abs(float(np.median(matte[_FEET + 4 : _FEET + 9, 26:31])) - (1 - 0.5**2.2)) < 0.12


def test_a_display_plates_clean_plate_goes_through_no_view_and_its_holes_are_unseen(tmp_path: Path) -> None:
    clip = empty_clip(FrameRange(1001, 1001), 36, 64, 16 / 9)
    clip.rgb[:] = np.random.default_rng(3).integers(20, 230, clip.rgb.shape)
    light = linear(np.asarray(clip.rgb[0]))
    clean = np.dstack([light, np.ones((36, 64), np.float32)])
    hole = np.s_[10:20, 30:40]
    clean[hole] = 0  # as cleanplate leaves what no frame shows
    write_still(tmp_path / "clean.1001.exr", clean, "half")
    with open_plate(ImageSequence(str(tmp_path / "clean.####.exr"))) as plate:
        read = given_clean(plate, clip, "srgb")
        assert read is not None
        found = read(0, (0, 0, 64, 36))
    assert np.abs(found.light - light).max() < 0.01 and found.hole.sum() == 100 and found.hole[hole].all()


def test_a_clean_plate_of_another_shape_is_refused_and_one_that_is_not_used_is_told(
    tmp_path: Path, model: Path, place: np.ndarray
) -> None:
    staged = stage_shot(tmp_path / "shot", condition=place)
    write_still(tmp_path / "square.exr", np.zeros((40, 40, 3), np.float32), "half")
    with pytest.raises(FootageError, match="the clean plate is 40x40, but the plate is"):
        render(staged.job(model, "square", clean_plate=str(tmp_path / "square.exr")))
    over, shown = np.zeros((HEIGHT + 8, WIDTH + 12, 3), np.float32), (0, 0, WIDTH, HEIGHT)
    write_still(tmp_path / "over.exr", over, "half", origin=(-6, -4), display=shown)
    with pytest.raises(FootageError, match=f"the clean plate is {WIDTH + 12}x{HEIGHT + 8}, but") as refused:
        render(staged.job(model, "over", clean_plate=str(tmp_path / "over.exr")))
    assert "overscan" in refused.value.remedy
    result = render(staged.job(model, "unused", shadow="none", clean_plate=str(tmp_path / "square.exr")))
    assert any("is not used: no shadow or interaction is pulled" in warning for warning in result.warnings)


def test_settings_of_a_pulled_shadow_without_one_are_told(
    tmp_path: Path, model: Path, place: np.ndarray
) -> None:
    job = stage_shot(tmp_path / "given", condition=place).job(model, shadow="given", shadow_blur=0.05)
    assert any("--shadow-blur: without effect" in warning for warning in render(job).warnings)


def test_a_given_shadow_that_cannot_be_laid_is_told(tmp_path: Path, model: Path, place: np.ndarray) -> None:
    job = stage_shot(tmp_path / "led", condition=place).job(model, camera="subject", shadow="given")
    result = render(job)
    assert any("shadow 'given'" in warning and "left out" in warning for warning in result.warnings)


@pytest.mark.parametrize(("frames", "told"), [(64, True), (16, False)])
def test_a_long_shot_whose_ground_is_lost_says_that_a_part_of_it_may_show_a_shadow(
    frames: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    slips = Refusal.SLIPS
    monkeypatch.setattr(shadow, "pull_shadow", lambda *_, **__: Pull(None, slips.value, refused=slips))
    clip = empty_clip(FrameRange(1001, 1000 + frames), 8, 16, 2.0)
    features = SimpleNamespace(clip=clip, beyond=None, shot=lambda *_: None)
    track = still_track(frames)
    found = choose_shadow(Settings(), clip, features, track, "plate", True, Watch())  # type: ignore[arg-type]
    assert ("a part of the range, rendered by itself, may show it" in found.reason) is told
