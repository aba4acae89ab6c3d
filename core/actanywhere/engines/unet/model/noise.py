"""The noise schedule: one set of scalings for training and for sampling."""

from __future__ import annotations

import torch
from diffusers import DDIMScheduler
from torch import Tensor

from ..scalings import TRAINING_STEPS, noise_levels
from .configuration import ModelConfiguration

__all__ = ["TRAINING_STEPS", "NoiseSchedule", "scheduler"]


class NoiseSchedule:
    """``alpha`` and ``sigma`` (both (1000,), float32): a noisy latent is ``alpha * clean + sigma * noise``."""

    def __init__(self, configuration: ModelConfiguration) -> None:
        alpha, sigma = noise_levels(configuration)
        self.alpha: Tensor = torch.from_numpy(alpha)
        self.sigma: Tensor = torch.from_numpy(sigma)

    def add_noise(self, clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """Noisy latents of ``clean`` (B, ...) at ``timesteps`` (B,)."""
        shape = (-1,) + (1,) * (clean.dim() - 1)
        alpha, sigma = self.alpha[timesteps.cpu()], self.sigma[timesteps.cpu()]
        return alpha.reshape(shape).to(clean) * clean + sigma.reshape(shape).to(clean) * noise


def scheduler(configuration: ModelConfiguration) -> DDIMScheduler:
    """Diffusers' scheduler of the same noise: what is saved in the model's folder for other software."""
    guided = configuration.prediction == "guided"
    return DDIMScheduler(
        num_train_timesteps=TRAINING_STEPS,
        beta_start=configuration.beta_start,
        beta_end=configuration.beta_end,
        beta_schedule=configuration.beta_schedule,
        rescale_betas_zero_snr=configuration.zero_terminal_snr,
        prediction_type="sample" if guided else configuration.prediction,
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
        timestep_spacing="trailing",
    )
