"""The network at work on a shot: windows of known pictures in, windows of painted pictures out.

Legend: T frames of a window, C latent channels, H W pixels, h w latent pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...contract.errors import Cancelled
from ...contract.settings import Settings
from ...render.conditioning import Knowledge
from ...render.preflight import steps_of
from ..protocol import Window
from .model.autoencoder import PATCH, decode_pictures, encode_pictures
from .model.checkpoint import Model
from .model.denoiser import Known, shrink_mask
from .sampling.guidance import guide
from .sampling.noise import frame_noise
from .sampling.solvers import Denoise, Levels, sample

__all__ = ["Painter"]

Picture = NDArray[np.float32]


class Painter:
    """Paints the windows of one shot.

    ``condition`` (hc, wc, 3) float32 display. ``guided``: the camera is led by the guide, so that guidance
    withholds the condition alone; else it withholds the subject too, as the paper.
    """

    def __init__(self, model: Model, settings: Settings, condition: Picture, guided: bool) -> None:
        configuration = model.configuration
        self.model = model
        self.settings = settings
        self.guided = guided
        self.steps = steps_of(settings, configuration)
        scale = configuration.guidance if settings.guidance is None else settings.guidance
        self.scale = 1.0 if settings.preview and settings.guidance is None else scale
        self.variation = configuration.variation if settings.variation is None else settings.variation
        self.shading = configuration.shading if settings.shading is None else settings.shading
        noise = model.denoiser.noise
        self.levels = Levels.of(noise.timesteps(self.steps), noise.alpha, noise.sigma)
        self.device = next(model.denoiser.parameters()).device
        self._picture = _tensor((condition[None] * 255 - 127) / 127.5).to(self.device)
        with torch.inference_mode():
            self._context = model.condition_encoder(self._picture, model.autoencoder)
            self._no_context = model.condition_encoder(torch.zeros_like(self._picture), model.autoencoder)

    @torch.inference_mode()
    def paint(
        self,
        window: Window,
        first_frame: int,
        known: list[Knowledge],
        before: Tensor | None,
        step: Callable[[int], None],
        cancelled: Callable[[], bool],
    ) -> Tensor:
        """The clean latents (T, C, h, w), float32 on the CPU, of a window.

        ``first_frame`` is its first frame's host number; ``before`` (window.known, C, h, w) the latents that it
        goes on from. ``step`` hears how many steps are done. Raises ``Cancelled`` between steps.
        """
        facts = self._facts(known, before)
        shape = tuple(facts.masked.shape[2:])
        noise = self.variation * torch.stack(
            [frame_noise(self.settings.seed, first_frame + i, shape) for i in range(len(window))]
        )
        latent = noise[None]
        denoise = guide(
            self._denoise(facts, self._context, before),
            self._denoise(self._withheld(facts), self._no_context, before),
            self.scale,
        )
        for done, latent in enumerate(  # noqa: B007  # the last latent is the result
            sample(denoise, noise[None].to(self.device), self.levels, self.settings.solver), 1
        ):
            step(done)
            if cancelled():
                raise Cancelled("Stopped.", "The same job goes on from its finished frames.")
        return self._eased(latent[0], facts, known, before).float().cpu()

    @torch.inference_mode()
    def picture(self, latent: Tensor, known: Knowledge) -> Picture:
        """The picture (H, W, 3) float32 display of one frame's latent (C, h, w), of which that was ``known``.

        It is what was expected, changed as the network changed it, as strongly as ``shading`` says: so the
        autoencoder's own error, which is the same in both, is not in it.
        """
        autoencoder = self.model.autoencoder
        prior = _tensor(known.prior[None])
        expected = encode_pictures(autoencoder, prior)[0].to(self.device, torch.float32)
        painted, coded = decode_pictures(autoencoder, torch.stack([latent.to(self.device), expected]))
        made = (prior[0].to(painted) + self.shading * (painted - coded)).permute(1, 2, 0).cpu().numpy()
        # The network's grey is 127 of 255, not the middle.
        return np.asarray(np.clip((made * 127.5 + 127) / 255, 0, 1), np.float32)

    def _facts(self, known: list[Knowledge], before: Tensor | None) -> Known:
        prior = encode_pictures(self.model.autoencoder, _tensor(np.stack([k.prior for k in known])))
        masked = prior
        if self.model.configuration.prediction != "guided":
            masked = encode_pictures(self.model.autoencoder, _tensor(np.stack([k.known for k in known])))
        mask, subject = (
            shrink_mask(torch.from_numpy(np.stack(planes))[None, :, None])
            for planes in ([k.mask for k in known], [k.subject for k in known])
        )
        if before is not None:
            masked[: len(before)] = prior[: len(before)] = before.to(masked.device)
            mask[:, : len(before)] = 0
        small = torch.nn.functional.interpolate(
            self._picture, (mask.shape[-2] * PATCH, mask.shape[-1] * PATCH), mode="area"
        )
        return Known(
            mask=mask.to(self.device),
            subject=subject.to(self.device),
            masked=masked[None].to(self.device),
            prior=prior[None].to(self.device),
            condition=encode_pictures(self.model.autoencoder, small),
            dropped=torch.zeros(1, dtype=torch.bool, device=self.device),
        )

    def _eased(self, latents: Tensor, facts: Known, known: list[Knowledge], before: Tensor | None) -> Tensor:
        """The latents, going over from the window before without a step.

        What was added to the expected at the last frame of the window before is carried over to the first new
        frame, and fades out within as many frames as the windows share. What is known stays as it is.
        """
        if before is None:
            return latents
        first = len(before)
        expected = _tensor(known[first - 1].prior[None]).to(self.device)
        added = before[-1].to(latents) - encode_pictures(self.model.autoencoder, expected)[0].to(latents)
        step = added - (latents[first] - facts.prior[0, first])
        count = len(latents) - first
        fade = (1 - torch.arange(count, device=latents.device) / first).clamp_min(0)
        eased = latents.clone()
        eased[first:] += fade[:, None, None, None] * step * facts.mask[0, first:]
        return eased

    def _withheld(self, facts: Known) -> Known:
        """The facts of who knows nothing of the condition, and without a camera nothing of the actor."""
        height, width = (PATCH * side for side in facts.condition.shape[2:])
        nothing = torch.zeros((1, 3, height, width), device=self.device)
        facts = replace(facts, condition=encode_pictures(self.model.autoencoder, nothing))
        return facts if self.guided else facts.drop(torch.ones_like(facts.dropped))

    def _denoise(self, facts: Known, context: Tensor, before: Tensor | None) -> Denoise:
        denoiser = self.model.denoiser

        def denoise(noisy: Tensor, timestep: int) -> Tensor:
            times = torch.tensor([timestep], device=noisy.device)
            clean = denoiser.clean(noisy, times, facts, denoiser(noisy, times, facts, context))
            if before is not None:
                clean[:, : len(before)] = before.to(clean)
            return clean

        return denoise


def _tensor(pictures: Picture) -> Tensor:
    """(N, H, W, 3) to (N, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(pictures, -1, 1), np.float32))
