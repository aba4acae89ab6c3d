"""The exponential moving average (EMA) of the weights, which is what is saved as the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class EMA:
    """Follows ``parameters`` by name; ``values`` is what it has come to."""

    def __init__(self, parameters: dict[str, nn.Parameter]) -> None:
        self._parameters = parameters
        self.values: dict[str, Tensor] = {name: p.detach().clone() for name, p in parameters.items()}

    @torch.no_grad()
    def follow(self, step: int, decay: float) -> None:
        """Come nearer to the weights after ``step`` steps; in a young run faster than ``decay`` says."""
        kept = min(decay, (1 + step) / (10 + step))
        now = [p.detach() for p in self._parameters.values()]
        torch._foreach_lerp_(list(self.values.values()), now, 1 - kept)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The average in the model, for the length of a ``with``."""
        weights = {name: p.detach().clone() for name, p in self._parameters.items()}
        self._set(self.values)
        try:
            yield
        finally:
            self._set(weights)

    @torch.no_grad()
    def _set(self, values: dict[str, Tensor]) -> None:
        for name, parameter in self._parameters.items():
            parameter.copy_(values[name])
