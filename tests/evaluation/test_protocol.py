"""The paper's figures agree with independent implementations, and move the right way when a clip is damaged."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

from actanywhere.contract.errors import ModelError
from actanywhere.evaluation.encoders import ClipEncoder, load_clip, load_features
from actanywhere.evaluation.protocol import clip_cond, clip_temp, frechet_distance
from actanywhere.evaluation.videos import LENGTH, video_distances
from tests.evaluation import world

CPU = torch.device("cpu")


class Statistics(nn.Module):
    """A video network so small that its features can be told by hand: colours, contrasts, and change in time."""

    def forward(
        self, x: torch.Tensor, rescale: bool = False, resize: bool = False, return_features: bool = False
    ) -> torch.Tensor:
        if rescale:
            x = x / 255
        mean, spread = x.mean([2, 3, 4]), x.std([2, 3, 4])
        change = (x[:, :, 1:] - x[:, :, :-1]).abs().mean([2, 3, 4])
        return torch.cat([mean, spread, change], 1) if return_features else mean


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random CLIP of a few thousand weights, saved as the hub has it: both towers, and the preparation."""
    folder = tmp_path_factory.mktemp("clip")
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = CLIPConfig(
        text_config={
            **sizes,
            "vocab_size": 50,
            "max_position_embeddings": 8,
            "bos_token_id": 0,
            "eos_token_id": 1,
        },
        vision_config={**sizes, "image_size": 48, "patch_size": 16},
        projection_dim=24,
    )
    model = CLIPModel(config)
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(2.5)  # as drawn, all pictures look the same to it
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        '{"crop_size": 48, "do_center_crop": true, "do_normalize": true, "do_resize": true, "resample": 3, "size": 48,'
        ' "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}'
    )
    return folder


@pytest.fixture(scope="module")
def clip(clip_folder: Path) -> ClipEncoder:
    return load_clip(clip_folder, CPU)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("i3d") / "features.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(Statistics()).save(str(path))
    return path


def by_hand(folder: Path, pictures: np.ndarray) -> np.ndarray:
    """Embeddings by transformers' own preparation (Pillow) and its whole CLIP."""
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    pixels = processor(images=list(pictures), return_tensors="pt")["pixel_values"]
    model = CLIPModel.from_pretrained(folder).eval()
    with torch.no_grad():
        found = model.get_image_features(pixel_values=pixels)
    return np.asarray(getattr(found, "pooler_output", found))


def test_embeddings_are_those_of_transformers_own_clip(clip_folder: Path, clip: ClipEncoder) -> None:
    wide = np.concatenate([world.GOOD[:3], world.PLATE[:3]], axis=2)
    wide[0] = 255 - wide[0]
    expected, found = by_hand(clip_folder, wide), clip(wide)
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (expected, found)]
    np.testing.assert_allclose(unit[1], unit[0], atol=1e-6)
    assert (unit[0][0] * unit[0][1]).sum() < 0.99, "this CLIP does see differences"


def test_clip_figures_are_the_means_of_cosines_taken_one_by_one(clip: ClipEncoder) -> None:
    frames, condition = clip(world.GOOD), clip(world.CONDITION[None])[0]

    def cosine(a: np.ndarray, b: np.ndarray) -> float:
        return float(a @ b / (np.sqrt(a @ a) * np.sqrt(b @ b)))

    assert clip_cond(frames, condition) == pytest.approx(np.mean([cosine(f, condition) for f in frames]))
    pairs = [cosine(a, b) for a, b in itertools.combinations(frames, 2)]
    assert clip_temp(frames) == pytest.approx(np.mean(pairs))
    assert np.isnan(clip_temp(frames[:1]))


def test_clip_figures_fall_when_a_clip_is_damaged(clip: ClipEncoder) -> None:
    condition = clip(world.CONDITION[None])[0]
    good, inverted = clip(world.STILL), clip(255 - world.STILL)
    flickering = world.STILL.copy()
    flickering[::2] = 255 - flickering[::2]
    assert clip_cond(inverted, condition) < clip_cond(good, condition) - 0.01
    assert clip_temp(clip(flickering)) < clip_temp(good) - 0.01
    assert clip_temp(clip(np.repeat(world.GOOD[:1], 4, 0))) == pytest.approx(1)


def test_the_frechet_distance_of_plain_normal_distributions_is_the_closed_formula() -> None:
    rng = np.random.default_rng(0)
    base = rng.standard_normal((4000, 3))
    base = (base - base.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(base, rowvar=False)).T)
    one, other = base * [1, 2, 3] + [0, 0, 1], base[:, [1, 2, 0]] * [4, 1, 3] + [2, 0, 0]
    expected = (2**2 + 1) + (1 - 4) ** 2 + (2 - 1) ** 2 + 0
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-9)


def test_the_frechet_distance_agrees_with_another_way_to_it_where_features_are_entangled() -> None:
    rng = np.random.default_rng(1)
    one, other = (
        rng.standard_normal((40, 12)) @ rng.standard_normal((12, 12)) + rng.standard_normal(12) for _ in "ab"
    )
    covariances = [np.cov(rows.T) for rows in (one, other)]
    # Tr((A B)^1/2) from the eigenvalues of the unsymmetric product itself.
    roots = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).astype(complex)).real.sum()
    expected = ((one.mean(0) - other.mean(0)) ** 2).sum() + sum(map(np.trace, covariances)) - 2 * roots
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    assert np.isnan(frechet_distance(one, other[:1]))


def test_fewer_clips_than_features_still_have_a_distance() -> None:
    rng = np.random.default_rng(2)
    one, other = rng.standard_normal((5, 40)), rng.standard_normal((7, 40)) + 1
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(one, other) > 20


def test_features_come_from_torchscript_with_its_switches_on(script: Path) -> None:
    clips = np.stack([world.GOOD, world.PLATE])
    found = load_features(script, CPU)(clips)
    assert found.shape == (2, 9)
    np.testing.assert_allclose(found[:, :3], clips.mean((1, 2, 3)) / 255, atol=1e-5)
    np.testing.assert_allclose(load_features(script.parent, CPU)(clips), found)


def test_damaged_results_lie_farther_from_real_videos(script: Path) -> None:
    rng = np.random.default_rng(3)
    features = load_features(script, CPU)

    def clips(count: int, damage: float) -> list[np.ndarray]:
        made = []
        for _ in range(count):
            clip = np.tile(world.GOOD, (3, 1, 1, 1))[:LENGTH] * rng.uniform(0.7, 1.0) + rng.normal(
                0, damage + 1e-3, 3
            )
            flicker = rng.normal(0, 1, (LENGTH, 1, 1, 1)) * damage
            made.append(np.clip(clip + flicker, 0, 255).astype(np.uint8))
        return made

    real = clips(8, 0)
    results = (
        [("ours1", c) for c in clips(4, 0)]
        + [("ours2", c) for c in clips(4, 0)]
        + [("bad", c) for c in clips(8, 40)]
    )
    rows = {row.method: row.values for row in video_distances(results, real, features)}
    assert rows["ours"]["clips"] == rows["bad"]["clips"] == 8
    ours, bad = rows["ours"]["fvd"], rows["bad"]["fvd"]
    assert ours is not None and bad is not None
    assert ours < 0.2 * bad


def test_what_is_no_encoder_is_refused_by_name(tmp_path: Path, clip_folder: Path) -> None:
    with pytest.raises(ModelError, match=r"has no config\.json"):
        load_clip(tmp_path, CPU)
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    (tmp_path / "preprocessor_config.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be read as CLIP"):
        load_clip(tmp_path, CPU)
    with pytest.raises(ModelError, match="not there"):
        load_features(tmp_path / "i3d.pt", CPU)
    with pytest.raises(ModelError, match="holds 0 TorchScript files"):
        load_features(tmp_path, CPU)
    (tmp_path / "i3d.pt").write_bytes(b"not a network")
    with pytest.raises(ModelError, match="is not TorchScript"):
        load_features(tmp_path / "i3d.pt", CPU)
