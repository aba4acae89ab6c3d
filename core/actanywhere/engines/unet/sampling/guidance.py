"""Classifier-free guidance (Ho and Salimans, 2022)."""

from __future__ import annotations

from .solvers import Array, Denoise


def guide(informed: Denoise, uninformed: Denoise, scale: float) -> Denoise:
    """A denoiser led away from the ``uninformed`` one and towards the ``informed`` one; scale 1 is off."""
    if scale == 1:
        return informed

    def guided(noisy: Array, timestep: int) -> Array:
        without = uninformed(noisy, timestep)
        return without + scale * (informed(noisy, timestep) - without)

    return guided
