"""The procedural corpus: clips whose matte, effect and camera are known to be true."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.camera.fit import to_pixels
from actanywhere.contract.errors import FootageError
from actanywhere.training.datasets import PictureLibrary, TrainingClip, make_clip
from actanywhere.training.datasets.procedural.walkers import Gait, bend

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage"
SEEDS = range(24)
_FRAMES, _HEIGHT, _WIDTH = 6, 96, 128


@pytest.fixture(scope="module")
def clips() -> list[TrainingClip]:
    return [make_clip(np.random.default_rng(seed), _FRAMES, _HEIGHT, _WIDTH) for seed in SEEDS]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with eight photographs (of noise) and a panorama among them."""
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(3)
    for index in range(8):
        size = (256, 128) if index == 0 else (200, 150)
        picture = cv2.resize(rng.integers(0, 255, (9, 12, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{index}.png"), picture)
    return folder


def _warped(image: np.ndarray, transform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    height, width = image.shape[:2]
    onto_pixels = to_pixels(height, width, width / height)
    matrix = onto_pixels @ transform @ np.linalg.inv(onto_pixels)
    inside = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, (width, height)) > 0.99
    return cv2.warpPerspective(image, matrix, (width, height)), inside


def test_the_same_seed_makes_the_same_clip_and_another_seed_another(clips: list[TrainingClip]) -> None:
    again = make_clip(np.random.default_rng(0), _FRAMES, _HEIGHT, _WIDTH)
    for part in ("rgb", "background", "matte", "effect", "transforms"):
        np.testing.assert_array_equal(getattr(again, part), getattr(clips[0], part))
    assert not np.array_equal(again.rgb, clips[1].rgb)


def test_every_clip_has_the_promised_shapes_and_ranges(clips: list[TrainingClip]) -> None:
    for clip in clips:
        assert clip.rgb.shape == clip.background.shape == (_FRAMES, _HEIGHT, _WIDTH, 3)
        assert clip.rgb.dtype == clip.background.dtype == np.uint8
        assert clip.matte.shape == clip.effect.shape == (_FRAMES, _HEIGHT, _WIDTH)
        assert clip.matte.dtype == clip.effect.dtype == np.float32
        assert clip.matte.min() >= 0 and clip.matte.max() <= 1.001
        assert clip.effect.min() >= 0 and clip.effect.max() <= 1.001
        assert clip.transforms.shape == (_FRAMES, 3, 3) and clip.transforms.dtype == np.float64
        np.testing.assert_allclose(clip.transforms[0], np.eye(3), atol=1e-9)


def test_outside_of_matte_and_effect_the_frame_is_the_background(clips: list[TrainingClip]) -> None:
    for clip in clips:
        untouched = (clip.matte == 0) & (clip.effect == 0)
        difference = np.abs(clip.rgb.astype(int) - clip.background.astype(int)).max(-1)
        assert untouched.any(), clip.name
        assert difference[untouched].max() <= 1, clip.name


def test_where_the_matte_is_full_the_actor_hides_the_background(clips: list[TrainingClip]) -> None:
    changed = [
        np.abs(clip.rgb.astype(int) - clip.background.astype(int)).max(-1)[clip.matte > 0.99].mean()
        for clip in clips
        if (clip.matte > 0.99).any()
    ]
    assert len(changed) > 0.8 * len(clips)
    assert np.median(changed) > 20


def test_the_actor_is_in_the_picture_with_soft_edges(clips: list[TrainingClip]) -> None:
    seen = [clip for clip in clips if (clip.matte > 0.5).mean() > 0.003]
    assert len(seen) >= 0.9 * len(clips)
    assert all(((clip.matte > 0.05) & (clip.matte < 0.95)).any() for clip in seen)


def test_most_actors_darken_or_mirror_on_the_ground_outside_of_their_matte(clips: list[TrainingClip]) -> None:
    marked = [((clip.effect > 0.1) & (clip.matte < 0.1)).mean() > 0.0005 for clip in clips]
    assert np.mean(marked) > 0.5


def test_the_transforms_carry_the_first_background_onto_the_later_ones() -> None:
    better, moving = 0, 0
    for seed in range(100, 124):
        clip = make_clip(np.random.default_rng(seed), _FRAMES, 128, 128)
        last = clip.background[-1].astype(np.float32)
        warped, inside = _warped(clip.background[0].astype(np.float32), clip.transforms[-1])
        corners = np.array([[0.4, 0.4, 1], [-0.4, 0.4, 1], [0.4, -0.4, 1]]) @ clip.transforms[-1].T
        shift = np.abs(corners[:, :2] / corners[:, 2:] - [[0.4, 0.4], [-0.4, 0.4], [0.4, -0.4]]).max() * 128
        if shift < 3 or inside.mean() < 0.4:
            continue
        moving += 1
        still = np.abs(clip.background[0].astype(np.float32) - last)[inside].mean()
        better += np.abs(warped - last)[inside].mean() < still
    assert moving >= 8
    assert better >= 0.85 * moving


def test_worlds_and_their_colours_are_diverse(clips: list[TrainingClip]) -> None:
    assert {clip.name.split()[0] for clip in clips} == {"landscape", "room", "abstract"}
    means = np.array([clip.background.mean((0, 1, 2)) for clip in clips])
    assert means.std(0).min() > 20
    assert len({clip.name for clip in clips}) >= 8


def test_some_cameras_stand_and_some_move_but_none_faster_than_a_plate(clips: list[TrainingClip]) -> None:
    steps = []
    for clip in clips:
        centres = clip.transforms @ np.array([0, 0, 1.0])
        centres = centres[:, :2] / centres[:, 2:]
        steps.append(np.hypot(*np.diff(centres, axis=0).T).mean())
    assert np.min(steps) < 0.002 and np.max(steps) > 0.01
    assert np.quantile(steps, 0.9) < 0.1


def test_a_standing_foot_stays_where_it_is_on_the_ground() -> None:
    gait = Gait(stride=1.4, stance=0.6, lift=0.1)
    travelled = np.linspace(0, 0.59 * gait.stride, 20)
    ground = [gone + gait.foot(gone / gait.stride)[0] for gone in travelled]
    assert np.ptp(ground) < 1e-9
    assert gait.foot(0.8)[1] > 0.05


def test_a_knee_keeps_the_length_of_the_bones() -> None:
    knee, ankle = bend((0.0, 1.0), (0.3, 0.2), 0.5, 0.45, 1.0)
    assert np.hypot(knee[0], knee[1] - 1.0) == pytest.approx(0.5)
    assert np.hypot(ankle[0] - knee[0], ankle[1] - knee[1]) == pytest.approx(0.45)
    assert ankle == (0.3, 0.2)


def test_a_folder_of_pictures_becomes_worlds(pictures: Path) -> None:
    library = PictureLibrary([pictures])
    assert [still.name for still in library.stills if still.panorama] == ["0"]
    names = {make_clip(np.random.default_rng(seed), 2, 64, 64, library).name.split()[0] for seed in range(24)}
    assert {"panorama", "photograph"} <= names


def test_held_out_pictures_are_never_trained_on(pictures: Path) -> None:
    train, held = PictureLibrary([pictures]), PictureLibrary([pictures], "held-out")
    assert [still.name for still in held.stills] == ["6"]
    assert not {still.name for still in train.stills} & {still.name for still in held.stills}


def test_an_empty_folder_and_a_broken_picture_are_named(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=str(tmp_path)):
        PictureLibrary([tmp_path])
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(FootageError, match=r"broken\.png"):
        PictureLibrary([tmp_path])


@pytest.fixture(scope="module")
def movies(tmp_path_factory: pytest.TempPathFactory) -> PictureLibrary:
    clip = FOOTAGE / "tears_of_steel_clip.mp4"
    if not clip.exists():
        pytest.skip("shared/footage is not here")
    folder = tmp_path_factory.mktemp("movies")
    (folder / clip.name).symlink_to(clip)
    return PictureLibrary([folder])


def test_movies_are_cut_into_shots_without_black_bars(movies: PictureLibrary) -> None:
    assert len(movies.takes) == 2
    tears = next(take for take in movies.takes if take.name.startswith("tears"))
    frame = tears.read(len(tears.frames) - 1)
    assert frame.shape[1] / frame.shape[0] > 2.2
    assert frame[0].mean() > 10 and frame[-1].mean() > 10


def test_a_movie_clip_keeps_the_real_pixels_outside_of_matte_and_effect(movies: PictureLibrary) -> None:
    seen = set()
    for seed in range(30):
        clip = make_clip(np.random.default_rng(seed), 6, 64, 64, movies)
        kind = clip.name.split()[0]
        if kind in ("movie", "cutout"):
            seen.add(kind)
            untouched = (clip.matte == 0) & (clip.effect == 0)
            difference = np.abs(clip.rgb.astype(int) - clip.background.astype(int)).max(-1)
            assert difference[untouched].max() <= 1
            if not clip.tracked:
                np.testing.assert_array_equal(clip.transforms, np.tile(np.eye(3), (6, 1, 1)))
    assert seen == {"movie", "cutout"}
