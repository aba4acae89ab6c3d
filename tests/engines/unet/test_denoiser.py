"""The denoiser: what it is fed, what its output means, and that it is diffusers' own network."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from actanywhere.contract.errors import ModelError
from actanywhere.engines.unet.model.configuration import ModelConfiguration, full, starter
from actanywhere.engines.unet.model.denoiser import Denoiser, create_unet, shrink_mask
from tests.engines.unet import tiny

_TIMES = torch.tensor([0, 250, 999])


@pytest.mark.parametrize("prediction", ["epsilon", "guided"])
def test_the_denoiser_is_diffusers_own_on_noisy_latent_mask_and_masked_latent_in_that_order(
    prediction: str,
) -> None:
    denoiser = tiny.model(prediction=prediction, zero_terminal_snr=prediction != "epsilon").denoiser.eval()
    facts, noisy, context = tiny.known(), tiny.noise(1, 4, 4, 4, 4), tiny.noise(1, 5, 32, seed=3)
    told = facts.mask - facts.subject if prediction == "guided" else facts.mask
    assert told.min() == (-1 if prediction == "guided" else 0)
    stacked = torch.cat([noisy, told, facts.masked], dim=2).transpose(1, 2)
    assert stacked.shape == (1, 9, 4, 4, 4)
    with torch.no_grad():
        theirs = denoiser.unet(stacked, torch.tensor([500]), context.repeat(4, 1, 1)).sample.transpose(1, 2)
        ours = denoiser(noisy, torch.tensor([500]), facts, context)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    assert theirs.std() > 1e-3


def test_without_motion_modules_every_frame_is_for_itself_and_with_them_it_is_not() -> None:
    times, context = torch.tensor([500]), tiny.noise(1, 5, 32, seed=3)
    facts, noisy = tiny.known(), tiny.noise(1, 4, 4, 4, 4)
    changed = noisy.clone()
    changed[:, 3] += 1
    for motion in (False, True):
        denoiser = tiny.model(motion=motion).denoiser.eval()
        with torch.no_grad():
            for parameter in denoiser.unet.parameters():  # motion modules start as nothing
                parameter.add_(0.02)
            before, after = (denoiser(x, times, facts, context)[:, 0] for x in (noisy, changed))
        assert torch.allclose(before, after, atol=1e-6) is not motion


def test_the_full_size_has_the_papers_nine_channels_and_stable_diffusions_size_with_motion_modules() -> None:
    assert full().input_channels == 9
    with torch.device("meta"):
        unet = create_unet(full())
    assert unet.conv_in.weight.shape == (320, 9, 3, 3)
    sizes = {name: p.numel() for name, p in unet.named_parameters()}
    assert sum(sizes.values()) == pytest.approx(1313e6, rel=0.01)
    assert sum(n for name, n in sizes.items() if "motion_modules" in name) == pytest.approx(453e6, rel=0.01)


@pytest.mark.parametrize("ablation", tiny.ABLATIONS)
def test_every_ablation_paints_a_clip_and_learns_from_it(ablation: str) -> None:
    model = tiny.model(**tiny.ABLATIONS[ablation])
    condition = tiny.noise(2, 3, 32, 32, seed=4)
    context = model.condition_encoder(condition, model.autoencoder)
    made = model.denoiser(tiny.noise(2, 4, 4, 4, 4), torch.tensor([10, 990]), tiny.known(2), context)
    assert made.shape == (2, 4, 4, 4, 4)
    made.square().mean().backward()
    unlearned = [name for name, p in model.denoiser.named_parameters() if p.grad is None]
    assert not unlearned
    assert model.condition_encoder.projection.layers[2].weight.grad is not None


def test_the_inputs_of_every_ablation_are_as_many_as_it_names() -> None:
    counts = {name: tiny.configuration(**changes).input_channels for name, changes in tiny.ABLATIONS.items()}
    assert counts == {
        "the method": 9,
        "vae-concat": 13,
        "vae-cross-attention": 9,
        "no condition": 9,
        "no mask": 8,
        "no motion": 9,
    }


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "guided"])
def test_the_clean_latent_of_the_perfect_prediction_is_the_truth(prediction: str) -> None:
    changes = {"zero_terminal_snr": prediction != "epsilon"}
    denoiser = tiny.model(prediction=prediction, **changes).denoiser
    clean, noise = tiny.noise(3, 4, 4, 4, 4), tiny.noise(3, 4, 4, 4, 4, seed=1)
    times = torch.tensor([5, 250, 999])
    facts = tiny.known(3).drop(torch.tensor([False, True, False]))
    noisy = denoiser.noise.add_noise(clean, noise, times)
    target = denoiser.target(clean, noise, times, facts)
    torch.testing.assert_close(denoiser.clean(noisy, times, facts, target), clean, rtol=1e-3, atol=1e-3)


def test_guided_prediction_with_a_prior_of_mean_0_and_deviation_1_is_v_prediction() -> None:
    ones = (1.0,) * 4
    guided = tiny.model(known_std=ones, unknown_std=ones).denoiser
    v = tiny.model(prediction="v_prediction").denoiser
    facts = tiny.known(3)
    blank = replace(facts, prior=torch.zeros_like(facts.prior))
    clean, noise = tiny.noise(3, 4, 4, 4, 4), tiny.noise(3, 4, 4, 4, 4, seed=1)
    args = (clean, noise, _TIMES, blank)
    torch.testing.assert_close(guided.target(*args), v.target(*args), rtol=1e-4, atol=1e-4)


def test_guided_prediction_of_nothing_is_the_prior_at_full_noise_and_the_latent_itself_without_noise() -> (
    None
):
    denoiser = tiny.model().denoiser
    facts, noisy = tiny.known(2), tiny.noise(2, 4, 4, 4, 4)
    nothing = torch.zeros_like(noisy)
    made = denoiser.clean(noisy, torch.tensor([999, 0]), facts, nothing)
    torch.testing.assert_close(made[0], facts.prior[0], atol=5e-4, rtol=1e-3)
    unknown = facts.mask[1].expand_as(noisy[1]) == 1
    torch.testing.assert_close(made[1][unknown], noisy[1][unknown], atol=0.05, rtol=0)


def test_where_more_is_known_less_is_left_to_the_network() -> None:
    denoiser = tiny.model().denoiser
    facts, noisy = tiny.known(), tiny.noise(1, 4, 4, 4, 4)
    times = torch.tensor([999])
    reach = denoiser.clean(noisy, times, facts, torch.zeros_like(noisy)) - denoiser.clean(
        noisy, times, facts, torch.ones_like(noisy)
    )
    configuration = denoiser.configuration
    for channel in range(4):
        assert float(reach[0, 0, channel, 0, 0]) == pytest.approx(configuration.known_std[channel], rel=1e-3)
        assert float(reach[0, 0, channel, 0, 3]) == pytest.approx(
            configuration.unknown_std[channel], rel=1e-3
        )


def test_a_withheld_subject_leaves_zeros_and_the_wide_prior() -> None:
    denoiser = tiny.model().denoiser
    facts, noisy = tiny.known(2), tiny.noise(2, 4, 4, 4, 4)
    dropped = facts.drop(torch.tensor([True, False]))
    for whole, kept in (
        (facts.mask, dropped.mask),
        (facts.subject, dropped.subject),
        (facts.masked, dropped.masked),
        (facts.prior, dropped.prior),
    ):
        assert not kept[0].any()
        torch.testing.assert_close(kept[1], whole[1], rtol=0, atol=0)
    assert dropped.dropped.tolist() == [True, False]
    torch.testing.assert_close(dropped.condition, facts.condition, rtol=0, atol=0)
    times, ones = torch.tensor([999, 999]), torch.ones_like(noisy)
    reach = denoiser.clean(noisy, times, dropped, 0 * ones) - denoiser.clean(noisy, times, dropped, ones)
    wide = torch.tensor(denoiser.configuration.unknown_std).reshape(1, 4, 1, 1).expand(4, 4, 4, 4)
    torch.testing.assert_close(reach[0], wide, rtol=1e-3, atol=1e-3)


def test_fine_detail_counts_less_and_the_papers_loss_is_even() -> None:
    weights = tiny.model().denoiser.importance().flatten()
    assert float(weights.mean()) == pytest.approx(1)
    assert weights.tolist() == sorted(weights.tolist())
    assert tiny.model(prediction="epsilon", zero_terminal_snr=False).denoiser.importance().eq(1).all()


def test_the_mask_at_latent_size_is_the_share_of_every_block() -> None:
    mask = torch.ones(1, 2, 1, 16, 24)
    mask[0, 1, 0, :8, :4] = 0
    small = shrink_mask(mask)
    assert small.shape == (1, 2, 1, 2, 3)
    assert small[0, 1, 0].tolist() == [[0.5, 1, 1], [1, 1, 1]]
    assert small[0, 0].eq(1).all()


def test_only_the_network_works_in_half_precision() -> None:
    model = tiny.model().to(torch.device("cpu"), torch.bfloat16)
    assert isinstance(model.denoiser, Denoiser)
    assert model.denoiser.unet.dtype == torch.bfloat16
    assert next(model.condition_encoder.parameters()).dtype == torch.float32
    made = model.denoiser(
        tiny.noise(1, 4, 4, 4, 4), torch.tensor([500]), tiny.known(), tiny.noise(1, 5, 32, seed=3)
    )
    assert made.dtype == torch.float32 and made.isfinite().all()


def test_a_configuration_reads_back_from_its_json() -> None:
    for configuration in (full(), starter((0.1,) * 12, (0.5,) * 12), tiny.configuration(motion=False)):
        assert ModelConfiguration.from_dict(configuration.to_dict()) == configuration


def test_a_configuration_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(ModelError, match="names 3 widths and 2 attentions"):
        tiny.configuration(channels=(32, 64, 64))
    with pytest.raises(ModelError, match="has 4 latent channels, but 2 and 4 deviations"):
        tiny.configuration(known_std=(0.1, 0.2))
    with pytest.raises(ModelError, match=r"model\.json"):
        ModelConfiguration.from_dict({**full().to_dict(), "unheard_of": 1})
