"""Training examples: what the network is told of a clip, by law."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from actanywhere.engines.unet.model.autoencoder import encode_pictures
from actanywhere.render.preflight import model_size
from actanywhere.training.autoencoder import draw_crops
from actanywhere.training.batches import Batch, BatchPlan, batches
from actanywhere.training.begin import measure_deviations
from actanywhere.training.datasets import PictureLibrary, TrainingClip, make_clip
from actanywhere.training.examples import Example, ExampleRecipe, make_example
from actanywhere.training.sources import Sources
from tests.engines.unet import tiny

_FRAMES, _HEIGHT, _WIDTH = 6, 64, 96
_PLAIN = {"backdrop": 0.0, "continued": 0.0, "cut_outs": 0.0, "augmentation": 0.0, "erode": 0}
_SEEDS = range(12)


def _clip(pan: float = 0.04) -> TrainingClip:
    """A wall of noise that the camera pans along, a square actor before it."""
    rng = np.random.default_rng(5)
    wall = cv2.GaussianBlur(rng.integers(0, 255, (_HEIGHT, 3 * _WIDTH, 3), np.uint8), (0, 0), 2)
    wall = cv2.normalize(wall, None, 0, 255, cv2.NORM_MINMAX)
    step = round(pan * _HEIGHT)
    background = np.stack([wall[:, t * step : t * step + _WIDTH] for t in range(_FRAMES)])
    matte = np.zeros((_FRAMES, _HEIGHT, _WIDTH), np.float32)
    matte[:, 20:50, 40:60] = 1
    rgb = background.copy()
    rgb[matte > 0] = (250, 20, 30)
    transforms = np.tile(np.eye(3), (_FRAMES, 1, 1))
    transforms[:, 0, 2] = -step / _HEIGHT * np.arange(_FRAMES)
    return TrainingClip(rgb, background, matte, np.zeros_like(matte), transforms, "wall")


@pytest.fixture(scope="module")
def clip() -> TrainingClip:
    return _clip()


def _examples(clip: TrainingClip, **chances: float) -> list[Example]:
    recipe = ExampleRecipe(**{**_PLAIN, **chances})
    return [make_example(clip, np.random.default_rng(seed), recipe) for seed in _SEEDS]


def test_the_same_seed_makes_the_same_example_and_another_seed_another(clip: TrainingClip) -> None:
    recipe = ExampleRecipe()
    made = [make_example(clip, np.random.default_rng(seed), recipe) for seed in (3, 3, 4)]
    for part in ("video", "known", "prior", "mask", "condition"):
        np.testing.assert_array_equal(getattr(made[0], part), getattr(made[1], part))
    assert not np.array_equal(made[0].known, made[2].known) or not np.array_equal(
        made[0].condition, made[2].condition
    )


def test_making_an_example_leaves_the_clip_as_it_was(clip: TrainingClip) -> None:
    fresh = _clip()
    _examples(clip, backdrop=1.0, continued=1.0, cut_outs=1.0, augmentation=1.0)
    for part in ("rgb", "background", "matte", "transforms"):
        np.testing.assert_array_equal(getattr(clip, part), getattr(fresh, part))


def test_as_subject_the_frame_is_known_where_the_mask_is_0_and_grey_127_elsewhere(clip: TrainingClip) -> None:
    for example in _examples(clip, augmentation=0.5, cut_outs=0.5):
        inside = example.mask == 0
        assert set(np.unique(example.mask)) <= {0.0, 1.0}
        np.testing.assert_array_equal(example.known[inside], clip.rgb[inside])
        np.testing.assert_array_equal(example.prior[inside], clip.rgb[inside])
        assert (example.known[~inside] == 127).all()
        np.testing.assert_array_equal(example.video, clip.rgb)


def test_the_matte_is_eroded_so_that_no_background_leaks_in_at_its_edge(clip: TrainingClip) -> None:
    for example in _examples(clip, erode=16):
        inside = example.mask == 0
        assert inside.any()
        assert (clip.matte[inside] == 1).all()
        eroded = int(inside[0].sum())
        assert eroded == (30 - 4) * (20 - 4)  # a 5x5 square


def test_cut_outs_only_ever_remove(clip: TrainingClip) -> None:
    (whole, *_), removed = _examples(clip), 0
    for example in _examples(clip, cut_outs=1.0):
        assert (example.mask >= whole.mask).all()
        removed += int((example.mask > whole.mask).any())
    assert removed >= 3


def test_damage_both_leaks_and_removes(clip: TrainingClip) -> None:
    (whole, *_), changes = _examples(clip), set[float]()
    for example in _examples(clip, augmentation=1.0):
        changes |= set(np.unique(example.mask - whole.mask))
    assert changes == {-1.0, 0.0, 1.0}


def test_as_backdrop_the_moved_condition_is_known_and_true_outside_of_the_band(clip: TrainingClip) -> None:
    shares = []
    for example in _examples(clip, backdrop=1.0, composite=0.0, slip=0.0):
        told = (example.mask == 0) & (clip.matte < 0.5)
        error = np.abs(example.known[told].astype(int) - clip.background[told])
        assert error.mean() < 1.5
        shares.append(told.mean())
        assert (example.known[example.mask == 1] == 127).all()
        near = cv2.dilate(clip.matte[0], np.ones((3, 3))) - clip.matte[0] > 0
        assert (example.mask[:, near] == 1).all(), "the band around the actor is the network's"
        np.testing.assert_array_equal(example.prior[example.mask == 0], example.known[example.mask == 0])
    assert min(shares) > 0.3


def test_an_actor_that_was_painted_into_the_condition_is_never_told_as_background(clip: TrainingClip) -> None:
    for example in _examples(clip, backdrop=1.0, composite=1.0, slip=0.0):
        told = (example.mask == 0) & (clip.matte < 0.5)
        assert told.any()
        actor = np.abs(example.known[told].astype(int) - (250, 20, 30)).sum(-1) < 30
        wall = np.abs(clip.background[told].astype(int) - (250, 20, 30)).sum(-1) < 30
        assert not (actor & ~wall).any()


def test_a_clip_without_a_camera_has_no_backdrop(clip: TrainingClip) -> None:
    untracked = TrainingClip(
        clip.rgb, clip.background, clip.matte, clip.effect, clip.transforms, "wall", tracked=False
    )
    (plain, *_), (made, *_) = _examples(untracked), _examples(untracked, backdrop=1.0)
    np.testing.assert_array_equal(made.mask, plain.mask)


def test_continued_frames_are_fully_known(clip: TrainingClip) -> None:
    for example in _examples(clip, continued=1.0, backdrop=0.5, overlap=2):
        assert not example.mask[:2].any()
        np.testing.assert_array_equal(example.known[:2], clip.rgb[:2])
        np.testing.assert_array_equal(example.prior[:2], clip.rgb[:2])
        assert example.mask[2:].any()


def test_the_condition_is_a_frame_of_the_clip_or_its_background(clip: TrainingClip) -> None:
    for composite, source in ((1.0, clip.rgb), (0.0, clip.background)):
        for example in _examples(clip, composite=composite):
            assert any(np.array_equal(example.condition, frame) for frame in source)


def test_what_is_expected_is_nearer_to_the_truth_than_grey(clip: TrainingClip) -> None:
    for example in _examples(clip, backdrop=1.0, composite=0.0):
        truth, unknown = clip.rgb.astype(int), example.mask == 1
        assert np.abs(example.prior - truth)[unknown].mean() < np.abs(example.known - truth)[unknown].mean()


def _shadowed() -> tuple[TrainingClip, np.ndarray]:
    """The actor walks to the right of a still wall, and his shadow, half the light, lies below his feet."""
    clip = _clip(pan=0.0)
    rgb, matte, shadow = clip.background.copy(), np.zeros_like(clip.matte), np.zeros_like(clip.matte)
    for t in range(_FRAMES):
        left = 10 + 12 * t
        matte[t, 20:50, left : left + 16] = 1
        shadow[t, 50:56, left : left + 16] = 1
    rgb[shadow > 0] = rgb[shadow > 0] // 2
    rgb[matte > 0] = (250, 20, 30)
    return TrainingClip(rgb, clip.background, matte, shadow, clip.transforms, "wall"), shadow > 0


def test_an_extended_backdrop_is_the_truth_wherever_the_actor_changes_nothing_however_it_slips() -> None:
    clip, shadow = _shadowed()
    slipped = 0
    for example in _examples(clip, backdrop=1.0, extended=1.0, composite=0.0, slip=0.02):
        untouched = ~shadow & (cv2.dilate(clip.matte.max(0), np.ones((25, 25))) == 0)
        assert untouched.any()
        np.testing.assert_array_equal(example.video[untouched], example.prior[untouched])
        slipped += not np.array_equal(example.prior[untouched], clip.background[untouched])
    assert slipped >= 3


def test_the_truth_of_an_extended_backdrop_is_the_moved_picture_in_the_actors_shadow_up_to_his_feet() -> None:
    clip, shadow = _shadowed()
    for example in _examples(
        clip, backdrop=1.0, extended=1.0, composite=0.0, slip=0.02, erode=20, shadow=0.0
    ):
        share = (example.video[shadow] / np.maximum(example.prior[shadow].astype(float), 40)).mean()
        assert share == pytest.approx(0.5, abs=0.06)
        rim = (clip.matte > 0) & (example.mask == 1) & (np.roll(shadow, -1, axis=1))
        assert rim.any()
        assert example.video[rim].mean() < 0.8 * example.prior[rim].mean()


def test_the_moved_picture_lies_under_the_actors_shadow_as_often_as_the_recipe_says() -> None:
    clip, shadow = _shadowed()
    for told in (1.0, 0.0):
        for example in _examples(clip, backdrop=1.0, extended=1.0, composite=0.0, slip=0.0, shadow=told):
            share = example.prior[shadow].astype(float).sum() / clip.background[shadow].sum()
            assert share < 0.85 if told else share == pytest.approx(1, abs=0.02)
            truth = example.video[shadow].astype(float).sum() / clip.background[shadow].sum()
            assert truth == pytest.approx(0.5, abs=0.05)


def test_a_told_shadow_is_also_lifted_from_a_composite_condition() -> None:
    clip, shadow = _shadowed()
    lifted = []
    for told in (1.0, 0.0):
        examples = _examples(clip, backdrop=1.0, extended=1.0, composite=1.0, slip=0.0, shadow=told)
        left = 0.0
        for example in examples:
            (anchor,) = (t for t in range(_FRAMES) if np.array_equal(clip.rgb[t], example.condition))
            other = 0 if anchor > 2 else _FRAMES - 1
            old = shadow[anchor] & ~shadow[other] & (clip.matte[other] < 0.5)
            left += float(clip.background[other][old].mean() - example.prior[other][old].mean())
        lifted.append(left / len(examples))
    assert abs(lifted[0]) < 0.5 * lifted[1]


def test_an_example_without_an_extended_backdrop_is_told_of_no_shadow() -> None:
    clip, _ = _shadowed()
    for recipe in ({"backdrop": 0.0, "extended": 1.0}, {"backdrop": 1.0, "extended": 0.0}):
        plain, told = (_examples(clip, **recipe, shadow=share) for share in (0.0, 1.0))
        for one, other in zip(plain, told, strict=True):
            np.testing.assert_array_equal(one.prior, other.prior)


def test_a_painted_actors_shadow_is_to_be_taken_away_under_an_extended_backdrop() -> None:
    clip, shadow = _shadowed()
    told = 0
    for example in _examples(clip, backdrop=1.0, extended=1.0, composite=1.0, slip=0.0):
        (anchor,) = (t for t in range(_FRAMES) if np.array_equal(clip.rgb[t], example.condition))
        for t in range(_FRAMES):
            if abs(t - anchor) < 3:
                continue
            old = shadow[anchor]
            np.testing.assert_array_equal(example.video[t][old], clip.background[t][old])
            told += int((example.prior[t][old] < clip.background[t][old] - 10.0).sum())
    assert told > 100, "the network sees the shadow that it is to take away"


# ------------------------------------------------------------------------------------------- batches


_PLAN = BatchPlan(clips=1, frames=2, area=32 * 32, side_multiple=16)


def test_a_batch_depends_on_the_seed_and_its_number_alone() -> None:
    def draw(seed: int, numbers: range) -> list[Batch]:
        return list(batches(seed, _PLAN, ExampleRecipe(), Sources().open, numbers, 0))

    first, second, third = draw(3, range(3))
    (again,) = draw(3, range(2, 3))
    (other,) = draw(4, range(2, 3))
    assert again.video.equal(third.video) and again.known.equal(third.known) and again.mask.equal(third.mask)
    assert not (other.video.shape == third.video.shape and other.video.equal(third.video))
    assert not (first.video.shape == second.video.shape and first.video.equal(second.video))
    for batch in (first, second, third):
        clips, frames, _, height, width = batch.video.shape
        assert (clips, frames) == (1, 2) and height % 16 == width % 16 == 0
        assert batch.mask.shape == (1, 2, 1, height, width)
        assert batch.condition.shape == (1, 3, height, width)
        assert batch.known.shape == batch.prior.shape == batch.video.shape
        assert batch.video.min() >= -1 and batch.video.max() <= 1
        unknown = (batch.mask == 1).expand_as(batch.known)
        assert not batch.known[unknown].any(), "grey 127 is exactly 0"


@pytest.mark.parametrize("aspect", [1.0, 1.78, 2.39, 0.56])
def test_frames_of_every_aspect_have_about_the_same_area(aspect: float) -> None:
    height, width = model_size(256 * 256, aspect, 32)
    assert height % 32 == width % 32 == 0
    assert height * width == pytest.approx(256 * 256, rel=0.15)
    assert width / height == pytest.approx(aspect, rel=0.2)


def test_deviations_are_measured_where_the_place_is_known_and_where_it_is_not() -> None:
    autoencoder = tiny.patch_autoencoder()
    mask = torch.ones(1, 2, 1, 32, 32)
    mask[..., :16] = 0
    video = tiny.noise(1, 2, 3, 32, 32)
    off = torch.where(mask == 0, 0.1, 0.5) * tiny.noise(1, 2, 3, 32, 32, seed=1)
    batch = Batch(
        video, video, video + off, mask, torch.zeros_like(mask), torch.zeros_like(mask), video[:, 0]
    )
    known, unknown = measure_deviations(autoencoder, [batch, batch])
    error = encode_pictures(autoencoder, off)
    for measured, where in ((known, error[..., :2]), (unknown, error[..., 2:])):
        expected = where.square().mean((0, 1, 3, 4)).sqrt()
        assert list(measured) == pytest.approx(expected.tolist(), abs=1e-3)
    assert all(k < u for k, u in zip(known, unknown, strict=True))


def test_crops_for_the_autoencoder_are_pictures_about_grey(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cv2.imwrite(str(tmp_path / "a.png"), rng.integers(0, 255, (120, 150, 3), np.uint8))
    library = PictureLibrary([tmp_path])
    crops = [draw_crops(np.random.default_rng(1), library, count=3, side=32) for _ in range(2)]
    assert crops[0].shape == (3, 3, 32, 32) and crops[0].equal(crops[1])
    assert crops[0].min() >= -1 and crops[0].max() <= 1 and crops[0].std() > 0.05


def test_the_actors_rim_that_erosion_takes_is_the_places_in_the_truth() -> None:
    rng = np.random.default_rng(3)
    clip = make_clip(rng, 2, 96, 96)
    example = make_example(
        clip, np.random.default_rng(4), ExampleRecipe(cut_outs=0, augmentation=0, continued=0)
    )
    inside = clip.matte > 0.5
    eroded = np.stack([cv2.erode(frame.astype(np.uint8), np.ones((3, 3), np.uint8)) for frame in inside]) > 0
    rim = inside & ~eroded
    assert rim.sum() > 20
    assert np.array_equal(example.video[rim], clip.background[rim])
    outside = clip.matte <= 0.02
    assert np.array_equal(example.video[outside], clip.rgb[outside])
    assert np.array_equal(example.video[eroded], clip.rgb[eroded])
