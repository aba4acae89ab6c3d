"""The condition picture on its way to the network's cross-attention."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from actanywhere.engines.unet.model.checkpoint import Model
from tests.engines.unet import tiny


def _contexts_seen(model: Model, context: Tensor) -> list[Tensor]:
    """What every cross-attention of the network is given as its context."""
    seen: list[Tensor] = []

    def note(module: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Tensor]) -> None:
        if (given := kwargs.get("encoder_hidden_states")) is not None and given.shape[-1] == 32:
            seen.append(given)

    for name, module in model.denoiser.unet.named_modules():
        if name.endswith("attn2") and "motion_modules" not in name:
            module.register_forward_pre_hook(note, with_kwargs=True)
    with torch.no_grad():
        model.denoiser(tiny.noise(1, 4, 4, 4, 4), torch.tensor([500]), tiny.known(), context)
    return seen


def test_all_tokens_of_clips_last_layer_reach_every_cross_attention() -> None:
    model = tiny.model()
    picture = tiny.noise(1, 3, 32, 32).clamp(-1, 1)
    with torch.no_grad():
        context = model.condition_encoder(picture, model.autoencoder)
        normal = torch.cat(
            [
                ((picture[:, i : i + 1] + 1) / 2 - mean) / std
                for i, (mean, std) in enumerate(
                    [(0.48145466, 0.26862954), (0.4578275, 0.26130258), (0.40821073, 0.27577711)]
                )
            ],
            dim=1,
        )
        encoder = model.condition_encoder.image_encoder
        assert encoder is not None
        states = encoder(pixel_values=normal, output_hidden_states=True).hidden_states[-1]
        expected = model.condition_encoder.projection(states)
    patches = (32 // 16) ** 2
    assert context.shape == (1, patches + 1, 32)
    torch.testing.assert_close(context, expected, rtol=1e-4, atol=1e-5)
    seen = _contexts_seen(model, context)
    assert len(seen) >= 3
    for given in seen:
        torch.testing.assert_close(given, context.expand_as(given), rtol=0, atol=0)


def test_another_place_in_the_picture_is_another_context() -> None:
    model = tiny.model()
    left = torch.zeros(1, 3, 32, 32)
    left[..., :16] = 1
    with torch.no_grad():
        contexts = [model.condition_encoder(picture, model.autoencoder) for picture in (left, left.flip(-1))]
    assert (contexts[0] - contexts[1]).abs().max() > 1e-4


def test_the_vae_ablation_gives_one_token_for_every_latent_pixel_of_the_halved_picture() -> None:
    model = tiny.model(condition="vae-cross-attention")
    with torch.no_grad():
        context = model.condition_encoder(tiny.noise(2, 3, 64, 32), model.autoencoder)
    assert context.shape == (2, 4 * 2, 32)
    assert model.condition_encoder.image_encoder is None


def test_without_a_condition_no_picture_changes_anything() -> None:
    model = tiny.model(condition="none")
    with torch.no_grad():
        one, other = (
            model.condition_encoder(tiny.noise(1, 3, 32, 32, seed=s), model.autoencoder) for s in (0, 1)
        )
    torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.mark.parametrize("trains", [True, False])
def test_the_image_encoder_learns_only_where_nobody_trained_it_before(trains: bool) -> None:
    model = tiny.model(image_encoder_trains=trains)
    context = model.condition_encoder(tiny.noise(1, 3, 32, 32), model.autoencoder)
    context.square().mean().backward()
    encoder = model.condition_encoder.image_encoder
    assert encoder is not None
    learned = [p for p in encoder.parameters() if p.grad is not None and p.grad.abs().sum() > 0]
    assert bool(learned) is trains
    assert model.condition_encoder.projection.layers[0].weight.grad.abs().sum() > 0
