"""Solvers of the diffusion ODE: DPM-Solver++(2M) and DDIM.

A noisy latent is ``alpha * clean + sigma * noise``. ``Levels`` lists the steps of a run from the noisiest to the
clean end; each solver goes from one level to the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

Array = Any
"""Of NumPy or of PyTorch: only operators are used."""

#: The clean latent, as far as it can be told from a noisy one at a timestep.
Denoise = Callable[[Array, int], Array]


@dataclass(frozen=True)
class Levels:
    """The steps of a run: ``timesteps`` (n) fall; ``alphas`` and ``sigmas`` (n + 1) end at 1 and 0."""

    timesteps: tuple[int, ...]
    alphas: tuple[float, ...]
    sigmas: tuple[float, ...]

    @classmethod
    def of(cls, timesteps: list[int], alpha: Array, sigma: Array) -> Levels:
        """The levels at ``timesteps`` of a schedule's ``alpha`` and ``sigma`` tables."""
        return cls(
            tuple(timesteps),
            (*(float(alpha[t]) for t in timesteps), 1.0),
            (*(float(sigma[t]) for t in timesteps), 0.0),
        )


class _Step(Protocol):
    def __call__(self, noisy: Array, clean: Array, before: Array | None, levels: Levels, i: int) -> Array: ...


def ddim_step(noisy: Array, clean: Array, before: Array | None, levels: Levels, i: int) -> Array:
    """DDIM without noise (Song et al., 2021, equation 12 with eta 0)."""
    noise = (noisy - levels.alphas[i] * clean) / levels.sigmas[i]
    return levels.alphas[i + 1] * clean + levels.sigmas[i + 1] * noise


def dpm_step(noisy: Array, clean: Array, before: Array | None, levels: Levels, i: int) -> Array:
    """DPM-Solver++(2M) (Lu et al., 2022, algorithm 2); the first and the last step are of first order."""
    alpha, sigma = levels.alphas[i + 1], levels.sigmas[i + 1]
    if sigma == 0:
        return clean
    step = _half_log_snr(levels, i + 1) - _half_log_snr(levels, i)
    towards = clean
    if before is not None:
        ratio = (_half_log_snr(levels, i) - _half_log_snr(levels, i - 1)) / step
        towards = clean + (clean - before) / (2 * ratio)
    return (sigma / levels.sigmas[i]) * noisy - alpha * math.expm1(-step) * towards


SOLVERS: dict[str, _Step] = {"dpm++": dpm_step, "ddim": ddim_step}


def lcm_step(noisy: Array, clean: Array, levels: Levels, i: int, fresh: Array) -> Array:
    """A latent consistency model's (Luo et al., 2023): the clean latent, noised afresh for the next step."""
    scaled = 10.0 * levels.timesteps[i]
    skip, out = 0.25 / (scaled**2 + 0.25), scaled / math.sqrt(scaled**2 + 0.25)
    denoised = out * clean + skip * noisy
    return levels.alphas[i + 1] * denoised + levels.sigmas[i + 1] * fresh


def sample(
    denoise: Denoise,
    noise: Array,
    levels: Levels,
    solver: str,
    fresh: Callable[[int], Array] | None = None,
) -> Iterator[Array]:
    """Yields the latent after every step; the last one is clean. ``noise`` is standard normal.

    ``fresh`` gives new noise for a step, which ``lcm`` alone asks for.
    """
    noisy, before = noise, None
    for i, timestep in enumerate(levels.timesteps):
        clean = denoise(noisy, timestep)
        if solver == "lcm":
            assert fresh is not None
            noisy = lcm_step(noisy, clean, levels, i, fresh(i))
        else:
            noisy = SOLVERS[solver](noisy, clean, before, levels, i)
        before = clean
        yield noisy


def _half_log_snr(levels: Levels, i: int) -> float:
    # At zero terminal signal the logarithm would be endless: the floor is that of diffusers' multistep solvers.
    return math.log(max(levels.alphas[i], 2.0**-12)) - math.log(levels.sigmas[i])
