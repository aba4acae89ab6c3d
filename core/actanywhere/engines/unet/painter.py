"""The network at work on a shot: windows of conditioning in, windows of painted pictures out.

Legend: T frames of a window, C latent channels, H W pixels, h w latent pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..protocol import FrameConditioning, Painted, Watch, Window
from .model.autoencoder import PATCH, decode_pictures, encode_pictures
from .model.checkpoint import Model
from .model.configuration import ModelConfiguration
from .model.denoiser import Known, shrink_mask
from .sampling.guidance import guide
from .sampling.noise import frame_noise
from .sampling.solvers import Denoise, Levels, sample

__all__ = ["Sampling", "UNetPainter"]

Picture = NDArray[np.float32]

_LATENTS = "latents"


@dataclass(frozen=True)
class Sampling:
    """How a shot is sampled: the job's settings, and the model's recommendation where they say nothing."""

    seed: int
    steps: int
    solver: str
    guidance: float
    variation: float
    shading: float

    @classmethod
    def of(cls, settings: Mapping[str, object], configuration: ModelConfiguration) -> Sampling:
        """A preview takes few steps, and no guidance unless that was asked for."""
        preview = bool(settings.get("preview", False))
        recommended = {
            "steps": configuration.preview_steps if preview else configuration.steps,
            "guidance": 1.0 if preview else configuration.guidance,
            "variation": configuration.variation,
            "shading": configuration.shading,
            "seed": 0,
            "solver": "dpm++",
        }
        asked = {name: settings[name] for name in recommended if settings.get(name) is not None}
        return cls(**cast("dict[str, Any]", {**recommended, **asked}))


class UNetPainter:
    """Paints the windows of one shot.

    ``condition`` (hc, wc, 3) float32 display. ``guided``: the camera is led by the prefill, so that guidance
    withholds the condition alone; else it withholds the actor too, as the paper.
    """

    def __init__(self, model: Model, sampling: Sampling, condition: Picture, guided: bool) -> None:
        self.model = model
        self.sampling = sampling
        self.guided = guided
        self.steps = sampling.steps
        noise = model.denoiser.noise
        self.levels = Levels.of(noise.timesteps(self.steps), noise.alpha, noise.sigma)
        self.device = next(model.denoiser.parameters()).device
        self._picture = _tensor((condition[None] * 255 - 127) / 127.5).to(self.device)
        with torch.inference_mode():
            self._context = model.condition_encoder(self._picture, model.autoencoder)
            self._no_context = model.condition_encoder(torch.zeros_like(self._picture), model.autoencoder)

    def paint(
        self, frames: Sequence[FrameConditioning], window: Window, before: Painted | None, watch: Watch
    ) -> Painted:
        """The whole frames of a window; ``state`` holds their clean latents. Raises ``Cancelled`` between steps."""
        carried = None
        if before is not None:
            carried = torch.from_numpy(np.asarray(before.state[_LATENTS][-window.known :], np.float32))
        latents = self.latents(frames, carried, watch)
        pictures = np.empty((len(latents), *frames[0].prefill.shape), np.float32)
        if before is not None:
            pictures[: window.known] = before.pictures[-window.known :]
        for index in range(window.known, len(latents)):
            pictures[index] = self._picture_of(latents[index], frames[index])
        return Painted(pictures, {_LATENTS: latents.numpy()})

    @torch.inference_mode()
    def latents(self, frames: Sequence[FrameConditioning], before: Tensor | None, watch: Watch) -> Tensor:
        """The clean latents (T, C, h, w), float32 on the CPU, of a window.

        ``before`` (known, C, h, w): the latents of its first frames, which it goes on from.
        """
        facts = self._facts(frames, before)
        shape = tuple(facts.masked.shape[2:])
        noise = self.sampling.variation * torch.stack(
            [frame_noise(self.sampling.seed, one.frame, shape) for one in frames]
        )
        latent = noise[None]
        denoise = guide(
            self._denoise(facts, self._context, before),
            self._denoise(self._withheld(facts), self._no_context, before),
            self.sampling.guidance,
        )
        for done, latent in enumerate(  # noqa: B007  # the last latent is the result
            sample(denoise, noise[None].to(self.device), self.levels, self.sampling.solver), 1
        ):
            watch.step(done)
            watch.check()
        return self._eased(latent[0], facts, frames, before).float().cpu()

    @torch.inference_mode()
    def _picture_of(self, latent: Tensor, frame: FrameConditioning) -> Picture:
        """The picture (H, W, 3) float32 display of one frame's latent (C, h, w).

        It is the prefill, changed as the network changed it, as strongly as ``shading`` says: so the autoencoder's own
        error, which is the same in both, is not in it.
        """
        autoencoder = self.model.autoencoder
        prior = _tensor(_to_network(frame.prefill)[None])
        expected = encode_pictures(autoencoder, prior)[0].to(self.device, torch.float32)
        painted, coded = decode_pictures(autoencoder, torch.stack([latent.to(self.device), expected]))
        made = (
            (prior[0].to(painted) + self.sampling.shading * (painted - coded)).permute(1, 2, 0).cpu().numpy()
        )
        # The network's grey is 127 of 255, not the middle.
        return np.asarray(np.clip((made * 127.5 + 127) / 255, 0, 1), np.float32)

    def _facts(self, frames: Sequence[FrameConditioning], before: Tensor | None) -> Known:
        prior = encode_pictures(self.model.autoencoder, _pictures([one.prefill for one in frames]))
        masked = prior
        if self.model.configuration.prediction != "guided":
            masked = encode_pictures(self.model.autoencoder, _pictures([one.masked for one in frames]))
        mask, subject = (
            shrink_mask(torch.from_numpy(np.stack(planes))[None, :, None])
            for planes in ([one.mask for one in frames], [one.subject for one in frames])
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

    def _eased(
        self, latents: Tensor, facts: Known, frames: Sequence[FrameConditioning], before: Tensor | None
    ) -> Tensor:
        """The latents, going over from the window before without a step.

        What was added to the expected at the last frame of the window before is carried over to the first new
        frame, and fades out within as many frames as the windows share. What is known stays as it is.
        """
        if before is None:
            return latents
        first = len(before)
        expected = _pictures([frames[first - 1].prefill]).to(self.device)
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


def _pictures(display: list[Picture]) -> Tensor:
    return _tensor(np.stack([_to_network(one) for one in display]))


def _to_network(display: Picture) -> Picture:
    """Display 0..1 to the network's [-1, 1], where 127 of 255 is exactly 0."""
    return np.asarray(np.clip((display * 255 - 127) / 127.5, -1, 1), np.float32)
