"""Noise levels and solvers, against diffusers' own."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler
from torch import Tensor

from actanywhere.engines.unet.model.configuration import ModelConfiguration, full, starter
from actanywhere.engines.unet.model.noise import NoiseSchedule
from actanywhere.engines.unet.sampling import Levels, sample
from actanywhere.engines.unet.scalings import trailing_timesteps

_MODELS = {"full": full(), "starter": starter((0.1,) * 4, (0.5,) * 4)}
#: At zero terminal SNR diffusers holds the last alpha at 2**-12, we at 1e-4.
_APART = {"full": 1e-5, "starter": 5e-3}
#: At these counts no timestep has to be rounded.
_STEPS = [1, 4, 10, 25, 50]


def _theirs(kind: Any, configuration: ModelConfiguration, **options: Any) -> Any:
    return kind(
        beta_start=configuration.beta_start,
        beta_end=configuration.beta_end,
        beta_schedule=configuration.beta_schedule,
        rescale_betas_zero_snr=configuration.zero_terminal_snr,
        prediction_type="sample",
        timestep_spacing="trailing",
        **options,
    )


def _toy(noisy: Tensor, timestep: int) -> Tensor:
    """A denoiser of no network: bends what it is given, differently at every timestep."""
    return torch.sin(2 * noisy + timestep / 300) * 0.7


def _ours(configuration: ModelConfiguration, noise: Tensor, steps: int, solver: str) -> list[Tensor]:
    schedule = NoiseSchedule(configuration)
    levels = Levels.of(trailing_timesteps(steps), schedule.alpha, schedule.sigma)
    return list(sample(_toy, noise, levels, solver))


def _trajectory(scheduler: Any, noise: Tensor, steps: int) -> list[Tensor]:
    scheduler.set_timesteps(steps)
    noisy, latents = noise, []
    for timestep in scheduler.timesteps:
        noisy = scheduler.step(_toy(noisy, int(timestep)), timestep, noisy).prev_sample
        latents.append(noisy)
    return latents


@pytest.fixture
def noise() -> Tensor:
    return torch.randn(1, 4, 4, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("name", _MODELS)
@pytest.mark.parametrize("steps", _STEPS)
def test_ddim_takes_the_way_of_diffusers_at_every_step(name: str, steps: int, noise: Tensor) -> None:
    theirs = _theirs(DDIMScheduler, _MODELS[name], clip_sample=False, set_alpha_to_one=True)
    expected = _trajectory(theirs, noise, steps)
    made = _ours(_MODELS[name], noise, steps, "ddim")
    assert len(made) == steps
    for ours, latent in zip(made, expected, strict=True):
        torch.testing.assert_close(ours, latent, rtol=0, atol=_APART[name])


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers' own
@pytest.mark.parametrize("name", _MODELS)
@pytest.mark.parametrize("steps", _STEPS)
def test_dpm_solver_takes_the_way_of_diffusers_at_every_step(name: str, steps: int, noise: Tensor) -> None:
    theirs = _theirs(
        DPMSolverMultistepScheduler,
        _MODELS[name],
        algorithm_type="dpmsolver++",
        solver_order=2,
        solver_type="midpoint",
        final_sigmas_type="zero",
    )
    expected = _trajectory(theirs, noise, steps)
    made = _ours(_MODELS[name], noise, steps, "dpm++")
    assert len(made) == steps
    for ours, latent in zip(made, expected, strict=True):
        torch.testing.assert_close(ours, latent, rtol=0, atol=_APART[name])


@pytest.mark.parametrize("solver", ["ddim", "dpm++"])
def test_a_perfect_denoiser_is_followed_to_the_truth_in_any_number_of_steps(
    solver: str, noise: Tensor
) -> None:
    schedule = NoiseSchedule(_MODELS["starter"])
    truth = torch.linspace(-1, 1, noise.numel(), dtype=noise.dtype).reshape(noise.shape)
    for steps in (1, 2, 7, 12):
        levels = Levels.of(trailing_timesteps(steps), schedule.alpha, schedule.sigma)
        *_, last = sample(lambda noisy, timestep: truth, noise, levels, solver)
        torch.testing.assert_close(last, truth)


@pytest.mark.parametrize("name", _MODELS)
def test_noise_levels_are_those_of_diffusers(name: str) -> None:
    schedule, theirs = NoiseSchedule(_MODELS[name]), _theirs(DDIMScheduler, _MODELS[name])
    torch.testing.assert_close(schedule.alpha**2, theirs.alphas_cumprod, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(schedule.alpha**2 + schedule.sigma**2, torch.ones(1000))
    clean, noise = torch.ones(3, 2, 4, 2, 2), torch.full((3, 2, 4, 2, 2), 0.5)
    times = torch.tensor([0, 400, 999])
    torch.testing.assert_close(
        schedule.add_noise(clean, noise, times), theirs.add_noise(clean, noise, times), rtol=1e-4, atol=5e-4
    )


def test_the_starter_begins_from_noise_alone_and_the_full_size_as_animatediff_does_from_nearly_so() -> None:
    last = {name: float(NoiseSchedule(model).alpha[-1]) for name, model in _MODELS.items()}
    assert 0 < last["starter"] < 1e-3
    assert last["full"] == pytest.approx(0.0401, abs=0.005)


def test_any_number_of_steps_gives_as_many_falling_timesteps_from_the_noisiest() -> None:
    for steps in range(1, 1001):
        timesteps = trailing_timesteps(steps)
        assert len(timesteps) == steps and timesteps[0] == 999 and timesteps[-1] >= 0
        assert all(a > b for a, b in itertools.pairwise(timesteps))


@pytest.mark.parametrize("steps", _STEPS)
def test_timesteps_are_diffusers_trailing_ones(steps: int) -> None:
    theirs = _theirs(DDIMScheduler, full())
    theirs.set_timesteps(steps)
    assert trailing_timesteps(steps) == theirs.timesteps.tolist()
