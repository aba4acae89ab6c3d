"""From noise to latents: the initial noise, solvers of the diffusion ODE (DPM-Solver++(2M), DDIM), and guidance.

Nothing here knows a network: a *denoiser* is any callable from a noisy latent and a timestep to the clean latent.
A noisy latent is ``alpha * clean + sigma * noise``. ``Levels`` lists the steps of a run from the noisiest to the
clean end; each solver goes from one level to the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

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


def guide(informed: Denoise, uninformed: Denoise, scale: float, at: Collection[int]) -> Denoise:
    """A denoiser led away from the ``uninformed`` one and towards the ``informed`` one ``at`` timesteps; 1 is off."""
    if scale == 1:
        return informed

    def guided(noisy: Array, timestep: int) -> Array:
        if timestep not in at:
            return informed(noisy, timestep)
        without = uninformed(noisy, timestep)
        return without + scale * (informed(noisy, timestep) - without)

    return guided


_BLOCK = 16


def frame_noise(seed: int, frame: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal noise of one frame: the same for the same seed and host frame number, on every machine.

    It is what ``torch.randn`` draws from a generator of that seed: a Mersenne twister (seeded by the low 32 bits), 24
    bits a number, and Box and Muller's transform over blocks of 16, the last drawn again where it is not full.
    """
    count = math.prod(shape)
    twister = np.random.MT19937()
    twister._legacy_seeding(((seed * 1_000_003 + frame) % 2**63) & 0xFFFFFFFF)
    drawn = twister.random_raw(max(count, _BLOCK) + _BLOCK) & 0xFFFFFF
    uniform = drawn.astype(np.float32) * np.float32(2**-24)
    noise = np.empty(max(count, _BLOCK), np.float32)
    whole = count // _BLOCK * _BLOCK
    noise[:whole] = _box_muller(uniform[:whole])
    if count % _BLOCK:
        noise[-_BLOCK:] = _box_muller(uniform[count : count + _BLOCK])
    return noise[:count].reshape(shape)


def _box_muller(uniform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normal numbers of uniform ones, in blocks of 16: the first half gives radii, the second angles."""
    blocks = uniform.reshape(-1, _BLOCK)
    radius = np.sqrt(-2 * np.log(1 - blocks[:, :8]))
    angle = np.float32(2 * math.pi) * blocks[:, 8:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()
