"""The held-out loss: always the same clips, with the same noise.

Measured in three regions of the frame, because they say different things: ``known`` (the moved condition and the
actor: a low loss is the least one expects), ``unknown`` (to be painted), and ``effect`` (changed by the actor:
shadow, contact, reflection; procedural clips alone know where).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..engines.unet.model.denoiser import shrink_mask
from ..render.preflight import model_size
from .batches import Batch, BatchPlan, stack
from .curve import REGIONS
from .examples import Example, ExampleRecipe, make_example
from .learner import Learner
from .sources import DrawClip

_ASPECT = 1.78
_SEED = 20_180
_LEVELS = (0.1, 0.4, 0.7, 0.999)
"""Shares of the noise schedule at which the loss is measured."""


@dataclass(frozen=True)
class HeldOut:
    """A fixed example. ``guided``: the camera is led by the backdrop, not inferred from the subject."""

    name: str
    example: Example
    guided: bool

    @property
    def batch(self) -> Batch:
        """The example as a batch of one clip."""
        return stack([self.example])


def draw_held_out(draw: DrawClip, plan: BatchPlan, recipe: ExampleRecipe, count: int = 8) -> list[HeldOut]:
    """``count`` examples of clips that ``draw`` gives, by the recipe, but mattes and cameras are sound; half are
    guided where they can be.
    """
    sound = replace(recipe, continued=0, cut_outs=0, augmentation=0, slip=0)
    height, width = model_size(plan.area, _ASPECT, plan.side_multiple)
    held = []
    for number in range(count):
        rng = np.random.default_rng([_SEED, number])
        clip = draw(rng, plan.frames, height, width)
        guided = clip.tracked and number % 2 == 0
        held.append(
            HeldOut(clip.name, make_example(clip, rng, replace(sound, backdrop=float(guided))), guided)
        )
    return held


@torch.no_grad()
def measure(
    learner: Learner, held: Sequence[HeldOut], device: torch.device, tick: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """The loss of each region over all examples and noise levels; a region that no example has is left out.

    ``tick`` is called after each example.
    """
    sums, counts = dict.fromkeys(REGIONS, 0.0), dict.fromkeys(REGIONS, 0)
    steps = len(learner.denoiser.noise.alpha)
    for number, one in enumerate(held):
        batch = one.batch.to(device)
        where = _regions(batch)
        frames, (height, width) = batch.mask.shape[1], shrink_mask(batch.mask).shape[-2:]
        channels = learner.model.configuration.latent_channels
        for index, level in enumerate(_LEVELS):
            generator = torch.Generator().manual_seed(_SEED + 100 * number + index)
            noise = torch.randn((1, frames, channels, height, width), generator=generator).to(device)
            timestep = torch.tensor([min(int(level * steps), steps - 1)], device=device)
            error = learner.error(batch, timestep, noise).mean(dim=2)
            for region, inside in where.items():
                sums[region] += float(error[inside].sum())
                counts[region] += int(inside.sum())
        tick()
    return {region: sums[region] / counts[region] for region in REGIONS if counts[region]}


def _regions(batch: Batch) -> dict[str, Tensor]:
    """Where each region is, (B, T, h, w) bool."""
    mask, effect = shrink_mask(batch.mask)[:, :, 0], shrink_mask(batch.effect)[:, :, 0]
    return {"known": mask < 0.02, "unknown": mask > 0.98, "effect": effect > 0.1}
