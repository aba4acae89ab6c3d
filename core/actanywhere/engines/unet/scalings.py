"""The arithmetic of noise levels, for NumPy and PyTorch arrays alike.

A noisy latent is ``alpha * clean + sigma * noise``. Only operators that both have are used, so that training and
rendering, with either, cannot differ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model.configuration import ModelConfiguration

#: Timesteps that the networks are trained on, as Stable Diffusion's.
TRAINING_STEPS = 1000

Array = Any


def noise_levels(configuration: ModelConfiguration) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """``alpha`` and ``sigma`` (both (1000,)) of each timestep: the tables of diffusers' schedulers.

    With ``zero_terminal_snr`` they are stretched so that the last timestep is noise alone (Lin et al., 2024,
    algorithm 1).
    """
    power = 2 if configuration.beta_schedule == "scaled_linear" else 1
    first, last = (beta ** (1 / power) for beta in (configuration.beta_start, configuration.beta_end))
    betas = np.linspace(first, last, TRAINING_STEPS) ** power
    roots = np.sqrt(np.cumprod(1 - betas))
    if configuration.zero_terminal_snr:
        roots = (roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])
    cumulative = np.clip(roots**2, 1e-12, 1)
    return np.sqrt(cumulative).astype(np.float32), np.sqrt(1 - cumulative).astype(np.float32)


def trailing_timesteps(steps: int) -> list[int]:
    """The timesteps of a sampling run, falling from the noisiest (diffusers' ``trailing`` spacing)."""
    # Not arange with that step: rounding would give some counts (61, 103, ...) one timestep too many.
    spaced = np.round(TRAINING_STEPS - np.arange(steps) * (TRAINING_STEPS / steps)).astype(int) - 1
    return [int(t) for t in spaced]


def lcm_timesteps(steps: int) -> list[int]:
    """The timesteps of latent consistency models: spread over the 50 that they were distilled on."""
    taught = np.arange(50, 0, -1) * (TRAINING_STEPS // 50) - 1
    return [int(taught[int(i)]) for i in np.linspace(0, 50, steps, endpoint=False)]


def prior_deviation(known: Array, unknown: Array, share: Array) -> Array:
    """The prior's deviation where ``share`` (0..1) is unknown: between those measured where it is known and not."""
    return known + (unknown - known) * share
