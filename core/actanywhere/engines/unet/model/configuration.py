"""The configuration of a model: the full size, the starter and every ablation.

``model.json`` in a model's folder holds it. The parts themselves (``unet/``, ``vae/``, ``image_encoder/``,
``condition_projection/``) are saved in the layout of diffusers and transformers, each with its own config.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ....contract.errors import JobError, ModelError
from ....contract.schema import Upgrade, numbered, upgraded

#: How the condition picture reaches the network. ``clip``: all tokens of an image encoder's last layer, through
#: a two-layer MLP, into cross-attention (the method). ``vae-concat``: the latent of the condition beside
#: the other input channels. ``vae-cross-attention``: that latent's pixels as tokens. ``none``: not at all.
#: ``ip-adapter``: all tokens of the encoder's last layer but one, through a trained IP-Adapter Plus, beside a
#: fixed text.
ConditionPath = Literal["clip", "vae-concat", "vae-cross-attention", "none", "ip-adapter"]

#: What the network's output means. ``epsilon``: the noise, as the paper. ``guided``: the clean latent, as a
#: residual on what is known of it (see ``parameterisation``); at unknown places this is v-prediction.
Prediction = Literal["epsilon", "v_prediction", "guided"]


_UPGRADES: tuple[Upgrade, ...] = ()


@dataclass(frozen=True)
class ModelConfiguration:
    """Sizes and switches of a model."""

    name: str
    frames: int = 16
    """Frames of a window."""
    area: int = 256 * 256
    """Pixels of a frame; its sides follow the plate's aspect, in multiples of ``side_multiple``."""
    side_multiple: int = 64
    """Latent sides must halve evenly through the network: 8 times 2 to the number of halvings."""
    latent_channels: int = 4
    known_std: tuple[float, ...] = ()
    unknown_std: tuple[float, ...] = ()
    """How far the truth lies from what is expected of each latent channel, where it is known and where it is
    not (standard deviations, measured on the training clips); ``guided`` prediction needs them."""
    channels: tuple[int, ...] = (320, 640, 1280, 1280)
    """Width of each resolution of the U-Net."""
    attention: tuple[bool, ...] = (True, True, True, False)
    """Which resolutions have spatial and cross-attention."""
    layers_per_block: int = 2
    heads: int = 8
    cross_attention_dim: int = 768
    image_encoder: dict[str, Any] = field(default_factory=dict)
    """Configuration of the ``CLIPVisionModel``."""
    image_encoder_trains: bool = False
    """The paper's encoder is frozen; a small one that nobody trained before has to learn."""
    condition: ConditionPath = "clip"
    use_mask: bool = True
    """False is the paper's ``no-mask`` ablation: 2C input channels."""
    motion: bool = True
    """False leaves out the motion modules: every frame for itself."""
    prediction: Prediction = "epsilon"
    beta_start: float = 0.00085
    beta_end: float = 0.012
    beta_schedule: Literal["linear", "scaled_linear"] = "linear"
    """AnimateDiff v2 expects the linear one."""
    zero_terminal_snr: bool = False
    assisted: bool = False
    """Before the network paints, the condition is continued beyond its borders, of its own patches, and with camera
    ``subject`` it is moved by what the actor's feet tell: for a network too small to invent places and moves."""
    untrained: tuple[str, ...] = ()
    """Parts that are new and that nobody has trained yet: what the model renders means nothing before."""
    adapter_scale: float = 1.0
    """How strongly an IP-Adapter's tokens lead."""
    adapter_tokens: int = 16
    few_steps: Literal["", "lcm", "lightning"] = ""
    """The solver that the motion modules were distilled for, which then goes before the job's."""
    steps: int = 25
    """Recommended denoising steps."""
    preview_steps: int = 8
    guidance: float = 5.0
    """Recommended guidance."""
    variation: float = 1.0
    """Recommended deviation of the noise that a take begins from."""
    shading: float = 1.0
    """Recommended strength of what the network adds to what is known and expected."""

    def __post_init__(self) -> None:
        if len(self.channels) != len(self.attention):
            raise ModelError(
                f"The model '{self.name}' names {len(self.channels)} widths and {len(self.attention)} attentions.",
                "Give one of each for every resolution.",
            )
        deviations = (len(self.known_std), len(self.unknown_std))
        if self.prediction == "guided" and deviations != (self.latent_channels, self.latent_channels):
            raise ModelError(
                f"The model '{self.name}' has {self.latent_channels} latent channels, but "
                f"{deviations[0]} and {deviations[1]} deviations of them.",
                "Measure them on the training clips: the trainer does.",
            )
        if self.prediction == "epsilon" and self.zero_terminal_snr:
            raise ModelError(
                f"The model '{self.name}' has prediction 'epsilon' with zero_terminal_snr: where all is noise, the "
                "noise tells nothing of the picture.",
                "Choose prediction 'v_prediction' or 'guided', or zero_terminal_snr false.",
            )

    @property
    def input_channels(self) -> int:
        """Noisy latent, mask, masked latent: 2C + 1, and C more where the condition is concatenated."""
        extra = self.latent_channels if self.condition == "vae-concat" else 0
        return 2 * self.latent_channels + int(self.use_mask) + extra

    @property
    def token_dim(self) -> int:
        """Width of the tokens that enter the condition's MLP."""
        if self.condition == "clip":
            return int(self.image_encoder["hidden_size"])
        return self.latent_channels

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data, with the number of its layout."""
        return numbered(dataclasses.asdict(self), _UPGRADES)

    @classmethod
    def from_dict(cls, data: Any, source: str = "model.json") -> ModelConfiguration:
        """The configuration that ``to_dict`` described.

        Raises ``ModelError`` naming ``source``, the file that it came from, and the field that is unknown, lacking,
        of another type, or not one of its choices.
        """
        remedy = "Use a model of this version, or train it again."
        if not isinstance(data, dict):
            raise ModelError(f"{source} holds no object, but {type(data).__name__}.", remedy)
        try:
            data = upgraded(data, source, _UPGRADES)
        except JobError as error:
            raise ModelError(error.message, error.remedy) from error
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
        }
        for key, kind in get_type_hints(cls).items():
            if key in values and not _fits(values[key], kind):
                raise ModelError(f"{source}: '{key}' is {values[key]!r}, not {_named(kind)}.", remedy)
        try:
            return cls(**values)
        except TypeError as error:
            raise ModelError(f"{source} cannot be read: {error}.", remedy) from error
        except ModelError as error:
            raise ModelError(f"{source}: {error.message}", error.remedy) from error


def read_configuration(folder: Path) -> ModelConfiguration:
    """The configuration in ``folder``. Raises ``ModelError``."""
    try:
        data = json.loads((folder / "model.json").read_text())
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder / 'model.json'} cannot be read: {error}.", "Get the model again, or train it again."
        ) from error
    return ModelConfiguration.from_dict(data, str(folder / "model.json"))


def _fits(value: Any, kind: Any) -> bool:
    """Whether ``value`` is what a field of that type holds; a whole number is a float too, and no bool a number."""
    origin, options = get_origin(kind), get_args(kind)
    if origin is Literal:
        return value in options
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(one, options[0]) for one in value)
    if kind is float:
        return type(value) in (int, float)
    return type(value) is (origin or kind)


def _named(kind: Any) -> str:
    """A field's type as a message says it."""
    origin, options = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(map(repr, options))
    if origin is tuple:
        return f"a list of {options[0].__name__}"
    return f"of type {(origin or kind).__name__}"


def full(**changes: Any) -> ModelConfiguration:
    """The paper's model at Stable Diffusion 1.5's size: 9 input channels, CLIP ViT-L/14, 16 frames at 256x256."""
    encoder = {
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "image_size": 224,
        "patch_size": 14,
        "projection_dim": 768,
    }
    return ModelConfiguration(**{"name": "full", "image_encoder": encoder, **changes})


def starter(
    known_std: tuple[float, ...], unknown_std: tuple[float, ...], **changes: Any
) -> ModelConfiguration:
    """The small model that comes with the software: 12 latent channels, 16 M parameters, made for two cores.

    Its deviations are measured with the autoencoder that it will work with.
    """
    encoder = {
        "hidden_size": 192,
        "intermediate_size": 384,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "image_size": 128,
        "patch_size": 16,
        "projection_dim": 192,
    }
    sizes: dict[str, Any] = {
        "name": "starter",
        "side_multiple": 32,
        "latent_channels": len(known_std),
        "known_std": known_std,
        "unknown_std": unknown_std,
        "channels": (64, 128, 192),
        "attention": (False, True, True),
        "layers_per_block": 1,
        "heads": 4,
        "cross_attention_dim": 192,
        "image_encoder": encoder,
        "image_encoder_trains": True,
        "prediction": "guided",
        "beta_schedule": "scaled_linear",
        "zero_terminal_snr": True,
        "assisted": True,
        "steps": 1,
        "preview_steps": 1,
        "guidance": 1.0,
        "variation": 0.3,
        "shading": 0.75,
    }
    return ModelConfiguration(**{**sizes, **changes})
