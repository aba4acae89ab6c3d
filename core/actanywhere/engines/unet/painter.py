"""The network at work on a shot: windows of conditioning in, windows of painted pictures out.

Legend: T frames of a window, C latent channels, H W pixels, h w latent pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import cv2
import numpy as np

from ..guided import middle
from ..protocol import FrameConditioning, Painted, Watch, Window
from .model.configuration import ModelConfiguration
from .networks import PATCH, Array, Networks
from .parameterisation import parameterisation
from .sampling import Denoise, Levels, frame_noise, guide, sample
from .scalings import lcm_timesteps, noise_levels, prior_deviation, trailing_timesteps

_LATENTS = "latents"
FEW_STEPS = {"lcm": "lcm", "lightning": "ddim"}
"""The solver of distilled motion modules; Euler's steps on epsilon, as Lightning's, are those of DDIM."""


@dataclass(frozen=True)
class Sampling:
    """How a shot is sampled: the job's settings, and the model's recommendation where they say nothing."""

    seed: int
    steps: int
    solver: str
    guidance: float
    variation: float
    shading: float
    guided_share: float = 1.0
    """Of the steps, those in the middle, that guidance leads."""
    reuse: int = 1
    """The deep layers run in every so many steps."""

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
            "guided_share": 1.0,
            "reuse": 1,
        }
        asked = {name: settings[name] for name in recommended if settings.get(name) is not None}
        if configuration.few_steps:
            asked["solver"] = FEW_STEPS[configuration.few_steps]
        return cls(**cast("dict[str, Any]", {**recommended, **asked}))


@dataclass(frozen=True)
class WindowConditioning:
    """The conditioning of a window, at the size of the latents.

    ``mask`` and ``subject`` (T, 1, h, w): 0 = known, 1 = to be painted; 1 = the actor, for networks of ``guided``
    prediction alone. ``masked`` (T, C, h, w): the latent of what is known, over grey, or, for ``guided`` prediction,
    over what is expected: ``prior``, which is the mean of that prediction's prior. ``condition`` (C, h, w): the latent
    of the condition, read by the ``vae-concat`` ablation alone. ``withheld``: all of the actor is zeros.
    """

    mask: Array
    subject: Array
    masked: Array
    prior: Array
    condition: Array
    withheld: bool = False

    def without_actor(self) -> WindowConditioning:
        """The same without the actor: all zeros."""
        nothing = {name: 0 * getattr(self, name) for name in ("mask", "subject", "masked", "prior")}
        return replace(self, withheld=True, **nothing)


class UNetPainter:
    """Paints the windows of one shot.

    ``condition`` (hc, wc, 3) float32 display. ``guided``: the camera is led by the prefill, so that guidance
    withholds the condition alone; else it withholds the actor too, as the paper.
    """

    def __init__(self, networks: Networks, sampling: Sampling, condition: Array, guided: bool) -> None:
        self.networks = networks
        self.configuration = networks.configuration
        self.sampling = sampling
        self.guided = guided
        self.steps = sampling.steps
        self._alpha, self._sigma = noise_levels(self.configuration)
        spaced = lcm_timesteps if sampling.solver == "lcm" else trailing_timesteps
        self.levels = Levels.of(spaced(self.steps), self._alpha, self._sigma)
        # Not clipped: a condition may have highlights above display white.
        self._picture = _planes((condition[None] * 255 - 127) / 127.5)
        self._context = networks.context(self._picture)
        self._no_context = networks.context(0 * self._picture) if sampling.guidance != 1 else None

    def paint(
        self, frames: Sequence[FrameConditioning], window: Window, before: Painted | None, watch: Watch
    ) -> Painted:
        """The whole frames of a window; ``state`` holds their clean latents. Raises ``Cancelled`` between steps."""
        carried = None
        if before is not None:
            carried = np.asarray(before.state[_LATENTS][-window.known :], np.float32)
        latents = self.latents(frames, carried, watch)
        pictures = np.empty((len(latents), *frames[0].prefill.shape), np.float32)
        if before is not None:
            pictures[: window.known] = before.pictures[-window.known :]
        for index in range(window.known, len(latents)):
            pictures[index] = self._picture_of(latents[index], frames[index])
            watch.painted(index, pictures[index])
            watch.check()
        return Painted(pictures, {_LATENTS: latents})

    def latents(self, frames: Sequence[FrameConditioning], before: Array | None, watch: Watch) -> Array:
        """The clean latents (T, C, h, w) of a window.

        ``before`` (known, C, h, w): the latents of its first frames, which it goes on from.
        """
        conditioning = self._conditioning(frames, before)
        shape = conditioning.masked.shape[1:]
        noise = np.stack([frame_noise(self.sampling.seed, one.frame, shape) for one in frames])
        noise = np.float32(self.sampling.variation) * noise
        denoise = guide(
            self._denoise(conditioning, self._context, before),
            self._denoise(self._withheld(conditioning), self._no_context, before),
            self.sampling.guidance,
            middle(self.levels.timesteps, self.sampling.guided_share),
        )

        def fresh(step: int) -> Array:
            seed = self.sampling.seed + 7919 * (step + 1)
            return np.stack([frame_noise(seed, one.frame, shape) for one in frames])

        latent = noise
        for done, latent in enumerate(  # noqa: B007  # the last latent is the result
            sample(denoise, noise, self.levels, self.sampling.solver, fresh), 1
        ):
            watch.step(done)
            watch.check()
        return self._crossfaded(np.asarray(latent, np.float32), conditioning, frames, before)

    def _picture_of(self, latent: Array, frame: FrameConditioning) -> Array:
        """The picture (H, W, 3) float32 display of one frame's latent (C, h, w).

        It is the prefill, changed as the network changed it, as strongly as ``shading`` says: so the autoencoder's own
        error, which is the same in both, is not in it.
        """
        prior = _planes(_to_network(frame.prefill)[None])
        painted, coded = self.networks.decode(np.stack([latent, self.networks.encode(prior)[0]]))
        made = np.moveaxis(prior[0] + np.float32(self.sampling.shading) * (painted - coded), 0, -1)
        # The network's grey is 127 of 255, not the middle.
        return np.asarray(np.clip((made * 127.5 + 127) / 255, 0, 1), np.float32)

    def _conditioning(self, frames: Sequence[FrameConditioning], before: Array | None) -> WindowConditioning:
        prior = self._encoded([one.prefill for one in frames])
        masked = prior
        if self.configuration.prediction != "guided":
            masked = self._encoded([one.masked for one in frames])
        mask, subject = (
            _at_latent_size(np.stack(planes))
            for planes in ([one.mask for one in frames], [one.subject for one in frames])
        )
        if before is not None:
            masked[: len(before)] = prior[: len(before)] = before
            mask[: len(before)] = 0
        condition = np.zeros(masked.shape[1:], np.float32)
        if self.configuration.condition == "vae-concat":
            height, width = (PATCH * side for side in mask.shape[-2:])
            small = cv2.resize(
                np.moveaxis(self._picture[0], 0, -1), (width, height), interpolation=cv2.INTER_AREA
            )
            condition = self.networks.encode(_planes(small[None]))[0]
        return WindowConditioning(mask, subject, masked, prior, condition)

    def _encoded(self, pictures: list[Array]) -> Array:
        return self.networks.encode(_planes(np.stack([_to_network(one) for one in pictures])))

    def _crossfaded(
        self,
        latents: Array,
        conditioning: WindowConditioning,
        frames: Sequence[FrameConditioning],
        before: Array | None,
    ) -> Array:
        """The latents, going over from the window before without a step.

        What was added to the expected at the last frame of the window before is carried over to the first new
        frame, and fades out within as many frames as the windows share. What is known stays as it is.
        """
        if before is None:
            return latents
        first = len(before)
        added = before[-1] - self._encoded([frames[first - 1].prefill])[0]
        step = added - (latents[first] - conditioning.prior[first])
        fade = np.clip(1 - np.arange(len(latents) - first, dtype=np.float32) / first, 0, None)
        crossfaded = latents.copy()
        crossfaded[first:] += fade[:, None, None, None] * step * conditioning.mask[first:]
        return crossfaded

    def _withheld(self, conditioning: WindowConditioning) -> WindowConditioning:
        """The unconditional half of guidance: without the condition, and, where no camera leads, without the actor."""
        if self.configuration.condition == "vae-concat":
            nothing = np.zeros((1, 3, *(PATCH * side for side in conditioning.mask.shape[-2:])), np.float32)
            conditioning = replace(conditioning, condition=self.networks.encode(nothing)[0])
        # An inpainting network was never trained without the actor.
        keeps = self.guided or self.configuration.condition == "ip-adapter"
        return conditioning if keeps else conditioning.without_actor()

    def _denoise(self, conditioning: WindowConditioning, context: Any, before: Array | None) -> Denoise:
        unknown = np.ones_like(conditioning.mask) if conditioning.withheld else conditioning.mask
        known_std, unknown_std = (
            np.array(std or (1.0,), np.float32).reshape(-1, 1, 1)
            for std in (self.configuration.known_std, self.configuration.unknown_std)
        )
        deviation = prior_deviation(known_std, unknown_std, unknown)
        kind = parameterisation(self.configuration.prediction)
        deep: list[Any] = []

        def denoise(noisy: Array, timestep: int) -> Array:
            kept = None
            if self.sampling.reuse > 1:
                if self.levels.timesteps.index(timestep) % self.sampling.reuse == 0:
                    deep.clear()
                kept = deep
            raw = self.networks.predict(self._stacked(noisy, conditioning), timestep, context, kept)
            alpha, sigma = self._alpha[timestep], self._sigma[timestep]
            made = kind.clean(raw, noisy, alpha, sigma, conditioning.prior, deviation)
            clean = np.asarray(made, np.float32)
            if before is not None:
                clean[: len(before)] = before
            return clean

        return denoise

    def _stacked(self, noisy: Array, conditioning: WindowConditioning) -> Array:
        """The U-Net's input channels: the noisy latent, the mask, the masked latent; see ``model.denoiser``."""
        parts = [noisy]
        if self.configuration.use_mask:
            guided = self.configuration.prediction == "guided"
            parts.append(conditioning.mask - conditioning.subject if guided else conditioning.mask)
        parts.append(conditioning.masked)
        if self.configuration.condition == "vae-concat":
            parts.append(np.broadcast_to(conditioning.condition, noisy.shape))
        return np.concatenate(parts, axis=1, dtype=np.float32)


def _planes(pictures: Array) -> Array:
    """(N, H, W, 3) to (N, 3, H, W)."""
    return np.ascontiguousarray(np.moveaxis(pictures, -1, 1), np.float32)


def _at_latent_size(planes: Array) -> Array:
    """Planes (T, H, W) at the size of the latents (T, 1, h, w): the share of every 8x8 block."""
    count, height, width = planes.shape
    blocks = planes.reshape(count, 1, height // PATCH, PATCH, width // PATCH, PATCH)
    return np.asarray(blocks.mean(axis=(3, 5)), np.float32)


def _to_network(display: Array) -> Array:
    """Display 0..1 to the network's [-1, 1], where 127 of 255 is exactly 0."""
    return np.asarray(np.clip((display * 255 - 127) / 127.5, -1, 1), np.float32)
