"""The initial noise of a take: the numbers of PyTorch's CPU generator, without PyTorch."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

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
