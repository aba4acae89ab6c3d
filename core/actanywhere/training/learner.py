"""The trainable parts of a model, and the loss.

Loss: mean squared error of the network's prediction (the noise, for the full size). The U-Net and the condition's
MLP learn, and the image encoder where nobody trained it before; the autoencoder stays frozen. For guidance, mask
and masked latent, the condition, or all of them are withheld in a tenth of the examples each.

Legend: B clips, T frames, C latent channels, h w latent pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..engines.unet.model.autoencoder import encode_pictures
from ..engines.unet.model.checkpoint import Model
from ..engines.unet.model.denoiser import Known, shrink_mask
from .batches import Batch

_BAND = 8.0
"""Added to the weight of a latent pixel that is to be painted, which undoes most of what ``guided`` prediction takes
from it by its wider deviation: an error shows as much there as elsewhere."""
_EFFECT = 1.0
"""Added to the weight of a latent pixel that the actor changes entirely: such pixels are few, and they matter. More
of it, and shadows are painted wherever one might be."""
_NOISIEST = 0.8
"""Share of a guided network's examples with nearly nothing but noise: it paints in one step from there."""
_SLIPPED = 1.0
"""Mean squared target above which a clip counts less."""


class Learner(nn.Module):
    """The parts that learn, behind one forward, so that any number of processes can share a step."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        self.denoiser = model.denoiser
        self.condition_encoder = model.condition_encoder

    def forward(self, batch: Batch, drop: float) -> Tensor:
        """The loss of ``batch``; each way of withholding takes the share ``drop`` of its clips."""
        count = len(batch.video)
        chance = torch.rand(count, device=batch.video.device)
        no_subject = (chance < drop) | ((chance >= 2 * drop) & (chance < 3 * drop))
        no_condition = (chance >= drop) & (chance < 3 * drop)
        clean, known, context = self._facts(batch, no_subject, no_condition)
        timesteps = self._timesteps(count, clean.device)
        noise = torch.randn_like(clean)
        target = self.denoiser.target(clean, noise, timesteps, known)
        error = (self._prediction(clean, known, context, timesteps, noise) - target) ** 2
        effect = shrink_mask(batch.effect)
        weight = self._where(shrink_mask(batch.mask), effect) * _reliability(target, effect)
        loss: Tensor = (error * self.denoiser.importance() * weight).mean()
        return loss

    def error(self, batch: Batch, timesteps: Tensor, noise: Tensor) -> Tensor:
        """Squared error (B, T, C, h, w), by channel as in the loss, with nothing withheld.

        ``timesteps`` (B,) and ``noise`` (B, T, C, h, w) are given, so that it can be compared from time to time.
        """
        never = torch.zeros(len(batch.video), dtype=torch.bool, device=batch.video.device)
        clean, known, context = self._facts(batch, never, never)
        target = self.denoiser.target(clean, noise, timesteps, known)
        made = self._prediction(clean, known, context, timesteps, noise)
        return (made - target) ** 2 * self.denoiser.importance()

    def _facts(self, batch: Batch, no_subject: Tensor, no_condition: Tensor) -> tuple[Tensor, Known, Tensor]:
        """The clean latent, what is told of it, and the condition's context."""
        model = self.model
        condition = batch.condition * (~no_condition).reshape(-1, 1, 1, 1)
        prior = encode_pictures(model.autoencoder, batch.prior)
        guided = model.configuration.prediction == "guided"
        known = Known(
            mask=shrink_mask(batch.mask),
            subject=shrink_mask(batch.subject),
            masked=prior if guided else encode_pictures(model.autoencoder, batch.known),
            prior=prior,
            condition=encode_pictures(model.autoencoder, condition),
            dropped=torch.zeros_like(no_subject),
        )
        clean = encode_pictures(model.autoencoder, batch.video)
        return clean, known.drop(no_subject), self.condition_encoder(condition, model.autoencoder)

    def _prediction(
        self, clean: Tensor, known: Known, context: Tensor, timesteps: Tensor, noise: Tensor
    ) -> Tensor:
        noisy = self.denoiser.noise.add_noise(clean, noise, timesteps)
        made: Tensor = self.denoiser(noisy, timesteps, known, context)
        return made.float()

    def _where(self, mask: Tensor, effect: Tensor) -> Tensor:
        """Weight (B, T, 1, h, w) of every latent pixel, mean 1 in each clip; even for other networks, as the paper."""
        if self.denoiser.configuration.prediction != "guided":
            return torch.ones_like(mask)
        weight = 1 + _BAND * mask + _EFFECT * effect
        return weight / weight.mean(dim=(1, 2, 3, 4), keepdim=True)

    def _timesteps(self, count: int, device: torch.device) -> Tensor:
        """Uniform, as the paper; for a guided network most are at nearly nothing but noise."""
        steps = len(self.denoiser.noise.alpha)
        noisiest = _NOISIEST if self.denoiser.configuration.prediction == "guided" else 0.0
        low = torch.zeros(count, device=device)
        low[torch.rand(count, device=device) < noisiest] = 0.9 * steps
        return (low + torch.rand(count, device=device) * (steps - low)).long().clamp_max(steps - 1)

    def learn(self, lora: int = 0) -> dict[str, nn.Parameter]:
        """Put what learns into training; gives its parameters by name.

        With ``lora`` adapters of that rank on the U-Net's attention alone. Else all but what is held still: the
        image encoder as the paper, and its last norm, which no token passes.
        """
        if lora:
            from .adapters import add_adapters

            self.requires_grad_(False)
            add_adapters(self.denoiser.unet, lora)
            self.denoiser.train()
            return {name: p for name, p in self.named_parameters() if p.requires_grad}
        for part in (self.denoiser, self.condition_encoder):
            part.requires_grad_(True).train()
        encoder = self.condition_encoder.image_encoder
        if encoder is not None:
            trains = self.model.configuration.image_encoder_trains
            for name, parameter in encoder.named_parameters():
                if not trains or "post_layernorm" in name:
                    parameter.requires_grad_(False)
            encoder.train(trains)
        return {name: p for name, p in self.named_parameters() if p.requires_grad}


def _reliability(target: Tensor, effect: Tensor) -> Tensor:
    """(B, 1, 1, 1, 1) weight of each clip: where the backdrop slips, all of the picture is off, and such a clip would
    drown the others.
    """
    calm = (effect < 0.02).float()
    off = (target**2 * calm).mean(dim=(1, 2, 3, 4)) / calm.mean(dim=(1, 2, 3, 4)).clamp_min(1e-3)
    return (_SLIPPED / off.clamp_min(_SLIPPED)).reshape(-1, 1, 1, 1, 1)
