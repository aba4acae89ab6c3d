"""One prediction of the network: guidance, choice of expert, and the next memory plan when memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf

import torch
from torch import Tensor

from ...contract.errors import ModelError
from .memory import TILE, Plan
from .parts import Parts


class Predictor:
    """Predicts with a model's experts. ``embeds`` are the prompt's and the negative prompt's (1, 512, width).

    ``guided`` are the first and the last time that guidance leads.
    """

    def __init__(
        self,
        parts: Parts,
        embeds: Sequence[Tensor],
        guidance: float,
        guided: tuple[float, float] = (inf, 0.0),
        scale: float = 1.0,
        train_steps: int = 1000,
        others: Sequence[Plan] = (),
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.parts = parts
        self.embeds = list(embeds) if guidance > 1 else list(embeds[:1])
        self.guidance = guidance
        self.guided = guided
        self.scale = scale
        boundary = parts.layout.boundary_ratio
        self.boundary = None if boundary is None else boundary * train_steps
        self.others = list(others)
        self.say = say

    def __call__(self, latents: Tensor, time: Tensor, control: Tensor) -> Tensor:
        """(1, 16, n, h, w) float32 on the processor, of latents (1, 16, n, h, w) and control (1, 96, n, h, w)."""
        while True:
            try:
                return self._predict(latents, time, control)
            except torch.OutOfMemoryError as error:
                self.give_way(error)

    def give_way(self, error: torch.OutOfMemoryError) -> None:
        """Go on with the next plan that needs less, and say so. Raises ``ModelError`` when there is none."""
        if not self.others:
            raise ModelError(
                f"The GPU's memory ran out with the plan {self.parts.plan}, and none needs less.",
                "Work at a smaller --size, or close what else uses the GPU; finished steps are kept.",
            ) from error
        plan = self.others.pop(0)
        self.say(f"The GPU's memory ran out: going on with the plan {plan}.")
        self.parts.use(plan)

    def tile(self, error: torch.OutOfMemoryError) -> None:
        """Have the autoencoder work in tiles, and say so; where it does, give way. Raises ``ModelError``."""
        if self.parts.plan.tiled:
            self.give_way(error)
        else:
            self.say(f"The GPU's memory ran out: the autoencoder goes on in tiles of {TILE}.")
            self.parts.use(replace(self.parts.plan, tiled=True))

    @torch.inference_mode()
    def _predict(self, latents: Tensor, time: Tensor, control: Tensor) -> Tensor:
        model = self.parts.expert(self._expert(float(time)))
        device, dtype = self.parts.device, model.dtype
        scale = torch.full((len(model.config.vace_layers),), self.scale, device=device, dtype=dtype)
        latents, control, times = (
            latents.to(device, dtype),
            control.to(device, dtype),
            time.expand(1).to(device),
        )

        def seen(embeds: Tensor) -> Tensor:
            predicted: Tensor = model(
                hidden_states=latents,
                timestep=times,
                encoder_hidden_states=embeds.to(device, dtype),
                control_hidden_states=control,
                control_hidden_states_scale=scale,
                return_dict=False,
            )[0]
            return predicted

        led = seen(self.embeds[0])
        if len(self.embeds) > 1 and self.guided[0] >= float(time) >= self.guided[1]:
            free = seen(self.embeds[1])
            led = free + self.guidance * (led - free)
        return led.float().cpu()

    def _expert(self, time: float) -> str:
        names = list(self.parts.layout.experts)
        if len(names) == 1:
            return names[0]
        return names[0] if self.boundary is None or time >= self.boundary else names[1]
