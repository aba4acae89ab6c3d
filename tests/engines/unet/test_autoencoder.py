"""Pictures to latents and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from actanywhere.engines.unet.model.autoencoder import (
    PatchAutoencoder,
    decode_pictures,
    encode_pictures,
    patches_of,
)
from tests.engines.unet import tiny

_ALL = {
    "PatchAutoencoder": tiny.patch_autoencoder,
    "AutoencoderKL": tiny.kl_autoencoder,
    "AutoencoderTiny": tiny.tiny_autoencoder,
}


def _smooth_pictures(count: int, seed: int) -> Tensor:
    """Pictures of a few waves, in [-1, 1]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand((count, 3, 6, 6), generator=generator) * 1.6 - 0.8
    return nn.functional.interpolate(coarse, (48, 48), mode="bicubic", align_corners=True).clamp(-1, 1)


def _fitted(channels: int) -> PatchAutoencoder:
    autoencoder = PatchAutoencoder(channels, width=16, blocks=1)
    autoencoder.fit_linear(patches_of(_smooth_pictures(64, seed=0)))
    nn.init.zeros_(autoencoder.residual[-2].weight)
    nn.init.zeros_(autoencoder.residual[-2].bias)
    return autoencoder.eval()


def test_grey_127_is_exactly_zero() -> None:
    grey = (torch.full((2, 3, 32, 32), 127.0) - 127) / 127.5
    for autoencoder in (tiny.patch_autoencoder(), _fitted(4)):
        assert not encode_pictures(autoencoder, grey).any()


def test_the_linear_fit_rebuilds_smooth_pictures_that_it_never_saw_and_more_channels_rebuild_more() -> None:
    pictures = _smooth_pictures(8, seed=1)
    errors = []
    for channels in (3, 12, 32):
        autoencoder = _fitted(channels)
        rebuilt = decode_pictures(autoencoder, encode_pictures(autoencoder, pictures))
        errors.append(float((rebuilt - pictures).square().mean().sqrt()))
    assert errors == sorted(errors, reverse=True)
    assert errors[0] < 0.2 and errors[1] < 0.06 and errors[2] < 0.02


def test_the_linear_fit_knows_the_deviation_of_every_latent_channel() -> None:
    autoencoder = _fitted(4)
    latents = encode_pictures(autoencoder, _smooth_pictures(64, seed=0))
    measured = latents.square().mean((0, 2, 3)).sqrt()
    torch.testing.assert_close(measured, autoencoder.latent_std, rtol=1e-3, atol=1e-4)
    assert float(autoencoder.latent_std[0]) == pytest.approx(1)
    assert autoencoder.latent_std.diff().le(1e-6).all()


@pytest.mark.parametrize("make", _ALL.values(), ids=_ALL.keys())
def test_any_autoencoder_of_diffusers_codes_clips_of_any_length(make: Callable[[], nn.Module]) -> None:
    autoencoder = make()
    clips = tiny.noise(1, 5, 3, 32, 48).clamp(-1, 1)  # five: more than the four that are coded at once
    latents = encode_pictures(autoencoder, clips)
    assert latents.shape == (1, 5, 4, 4, 6) and latents.dtype == torch.float32
    alone = encode_pictures(autoencoder, clips[0, 4])
    torch.testing.assert_close(alone, latents[0, 4], rtol=1e-4, atol=1e-5)
    pictures = decode_pictures(autoencoder, latents * 100)
    assert pictures.shape == clips.shape and pictures.dtype == torch.float32
    assert pictures.min() >= -1 and pictures.max() <= 1
    assert not latents.requires_grad and not pictures.requires_grad


def test_stable_diffusions_latents_are_its_scaled_means() -> None:
    autoencoder, pictures = tiny.kl_autoencoder(), tiny.noise(2, 3, 32, 32)
    with torch.no_grad():
        expected = autoencoder.encode(pictures).latent_dist.mean * 0.18215
        decoded = autoencoder.decode(expected / 0.18215).sample.clamp(-1, 1)
    torch.testing.assert_close(encode_pictures(autoencoder, pictures), expected)
    torch.testing.assert_close(decode_pictures(autoencoder, expected), decoded)


def test_patches_are_the_aligned_squares_of_eight_pixels() -> None:
    picture = torch.arange(3 * 16 * 24).reshape(1, 3, 16, 24)
    patches = patches_of(picture)
    assert patches.shape == (6, 3, 8, 8)
    assert patches[4].equal(picture[0, :, 8:16, 8:16])
