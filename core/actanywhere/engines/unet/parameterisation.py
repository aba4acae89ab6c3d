"""The parameterisations of the network's prediction, one class each, for training and for sampling.

Written with operators that the arrays of NumPy and of PyTorch both have, so that the two cannot differ. A noisy latent
is ``alpha * clean + sigma * noise``; ``prior`` and ``deviation`` (``scalings.prior_deviation``) are read by ``Guided``.
"""

from __future__ import annotations

from typing import Any, Protocol

Array = Any


class Parameterisation(Protocol):
    """``clean`` is what sampling reads out of a raw prediction, ``target`` what training wants it to be."""

    def clean(
        self, raw: Array, noisy: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> Array:
        """The clean latent that the ``raw`` prediction stands for."""
        ...

    def target(
        self, clean: Array, noise: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> Array:
        """What the raw prediction should be."""
        ...


class Epsilon:
    """The noise, as the paper."""

    def clean(
        self, raw: Array, noisy: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> Array:
        """(noisy - sigma noise) / alpha."""
        return (noisy - sigma * raw) / alpha

    def target(
        self, clean: Array, noise: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> Array:
        """The noise."""
        return noise


class Velocity:
    """v-prediction (Salimans and Ho, 2022)."""

    def clean(
        self, raw: Array, noisy: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> Array:
        """Alpha noisy - sigma v."""
        return alpha * noisy - sigma * raw

    def target(
        self, clean: Array, noise: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> Array:
        """Alpha noise - sigma clean."""
        return alpha * noise - sigma * clean


class Guided:
    """The residual of the posterior mean, in units of the posterior's deviation: the starter's.

    What is known gives a Gaussian prior of the clean latent: its mean what is expected there, its deviation measured
    where that is known and where it is guessed. With a prior of mean 0 and deviation 1 this is v-prediction.
    """

    def clean(
        self, raw: Array, noisy: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> Array:
        """The posterior mean less the residual."""
        mean, spread = self._posterior(noisy, alpha, sigma, prior, deviation)
        return mean - spread * raw

    def target(
        self, clean: Array, noise: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> Array:
        """How far the posterior mean lies from the clean latent."""
        mean, spread = self._posterior(alpha * clean + sigma * noise, alpha, sigma, prior, deviation)
        return (mean - clean) / spread

    def _posterior(
        self, noisy: Array, alpha: Array, sigma: Array, prior: Array, deviation: Array
    ) -> tuple[Array, Array]:
        """Mean and deviation of the clean latent, given the noisy one and its prior."""
        variance = deviation**2
        total = (sigma**2 + alpha**2 * variance).clip(1e-8)
        mean = (prior * sigma**2 + alpha * noisy * variance) / total
        return mean, deviation * sigma / total**0.5


_KINDS: dict[str, Parameterisation] = {
    "epsilon": Epsilon(),
    "v_prediction": Velocity(),
    "guided": Guided(),
}


def parameterisation(prediction: str) -> Parameterisation:
    """That of a configuration's ``prediction``."""
    return _KINDS[prediction]
