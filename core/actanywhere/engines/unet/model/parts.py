"""The public parts of a full-size model: folders in the layouts of diffusers and transformers.

    U-Net            Stable Diffusion 1.5, for inpainting (9 input channels) or plain (4): the whole repository, or its
                     unet/ alone
    motion modules   a MotionAdapter of AnimateDiff for it
    image encoder    CLIP ViT-L/14: the vision half, or all of CLIP, of which the vision half is taken
    autoencoder      Stable Diffusion's AutoencoderKL: the repository's vae/, or another

Only headers are read here. Everything is judged against one configuration before a weight is touched. Weights are
safetensors; a pickle is never opened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNetMotionModel
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import CLIPVisionConfig, CLIPVisionModel

from ....contract.errors import ModelError
from .configuration import ModelConfiguration
from .denoiser import create_unet

_SCALING = 0.18215
"""Of Stable Diffusion 1.5's latents; XL's differ."""
_FAMILIES = {
    1024: " (Stable Diffusion 2)",
    1280: " (Stable Diffusion XL's refiner)",
    2048: " (Stable Diffusion XL)",
}
GET_UNET = (
    "Get stable-diffusion-v1-5/stable-diffusion-inpainting ('actanywhere models pull sd15-inpainting')."
)
_GET_MOTION = (
    "Get guoyww/animatediff-motion-adapter-v1-5-2, in safetensors ('actanywhere models pull animatediff-v2')."
)
_PICKLES = (".bin", ".ckpt", ".pt", ".pth")
#: Names of the autoencoder's attention before diffusers 0.17, which the public files still have.
_OLD_ATTENTION = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}


@dataclass(frozen=True)
class Weight:
    """One tensor of a file; ``finish`` gives it its final form."""

    file: Path
    name: str
    finish: Callable[[Tensor], Tensor] | None = None


@dataclass(frozen=True)
class Part:
    """A part of the model to be: what goes into its folder, and where each weight comes from.

    ``weights`` maps the part's own names to their sources, ``sizes`` to their counts of numbers. ``save_config``
    writes the part's config. ``stem`` is what its weight files are called.
    """

    name: str
    summary: str
    weights: dict[str, Weight]
    sizes: dict[str, int]
    save_config: Callable[[Path], Any]
    stem: str = "diffusion_pytorch_model"
    notes: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[Path]:
        """The files that weights are taken from."""
        return sorted({weight.file for weight in self.weights.values()})


class Weights:
    """The tensors of a folder's safetensors files: ``shapes`` and ``files`` by name. Raises ``ModelError``."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.files: dict[str, Path] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        for file in _weight_files(folder, stem):
            try:
                with safe_open(file, "pt") as stream:
                    for name in stream.keys():  # noqa: SIM118  # it is no mapping
                        self.files[name] = file
                        self.shapes[name] = tuple(stream.get_slice(name).get_shape())
            except (OSError, SafetensorError) as error:
                raise ModelError(f"{file} cannot be read: {error}.", "Get that file again.") from error

    def find(self, *names: str) -> str | None:
        """The first of these names that is there."""
        return next((name for name in names if name in self.files), None)


def unet_part(folder: Path, motion: Path, configuration: ModelConfiguration) -> Part:
    """The U-Net in ``folder`` with the motion modules in ``motion``. Raises ``ModelError`` when they do not fit."""
    folder, config = _read_config(folder, "unet", "UNet2DConditionModel", "Stable Diffusion 1.5's U-Net")
    _check_unet(folder, config, configuration)
    motion, adapter = _read_config(motion, "motion", "MotionAdapter", "AnimateDiff's motion modules")
    network = _with_motion(motion, adapter, configuration)
    base = Weights(folder, "diffusion_pytorch_model")
    moving = Weights(motion, "diffusion_pytorch_model")
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    if not any("motion_modules" in name for name in moving.files):
        raise ModelError(
            f"{motion} holds no motion modules.",
            _GET_MOTION,
        )
    found: dict[str, Weight] = {}
    channels = int(config["in_channels"])
    for name, shape in shapes.items():
        source, where = (moving, motion) if "motion_modules" in name else (base, folder)
        widened = name == "conv_in.weight" and channels < configuration.input_channels
        has = (shape[0], channels, *shape[2:]) if widened else shape
        _require(source, where, name, has)
        finish = _widen(configuration.input_channels) if widened else None
        found[name] = Weight(source.files[name], name, finish)
    notes = []
    if channels < configuration.input_channels:
        notes.append(
            f"the U-Net has {channels} input channels: mask and masked picture come in as "
            f"{configuration.input_channels - channels} more that begin at zero and have to be learned"
        )
    summary = f"{_name(folder)} ({channels} input channels) with the motion modules of {_name(motion)}"
    return Part("unet", summary, found, _sizes(shapes), network.save_config, notes=notes)


def encoder_part(folder: Path, configuration: ModelConfiguration) -> Part:
    """CLIP's image encoder in ``folder``. Raises ``ModelError`` when it is another one."""
    folder, config = _read_config(folder, "image_encoder", "", "CLIP ViT-L/14")
    whole = config.get("model_type") == "clip"
    if not whole and config.get("model_type") != "clip_vision_model":
        raise ModelError(
            f"{folder} holds a '{config.get('model_type')}', not CLIP.", "Get openai/clip-vit-large-patch14."
        )
    vision = CLIPVisionConfig(**(config.get("vision_config", {}) if whole else config))
    for key, wanted in configuration.image_encoder.items():
        if key != "projection_dim" and getattr(vision, key) != wanted:
            raise ModelError(
                f"{folder} is another CLIP: its {key} is {getattr(vision, key)}, not {wanted}.",
                "Get openai/clip-vit-large-patch14.",
            )
    with torch.device("meta"):
        shapes = {name: tuple(t.shape) for name, t in CLIPVisionModel(vision).state_dict().items()}
    weights = Weights(folder, "model")
    found = {}
    for name, shape in shapes.items():
        plain = name.removeprefix("vision_model.")
        source = weights.find(name, plain, f"vision_model.{plain}") or name
        _require(weights, folder, source, shape)
        found[name] = Weight(weights.files[source], source)
    vision.architectures = ["CLIPVisionModel"]
    summary = f"{_name(folder)}" + (", its vision half" if whole else "")
    return Part("image_encoder", summary, found, _sizes(shapes), vision.save_pretrained, stem="model")


def autoencoder_part(folder: Path, configuration: ModelConfiguration) -> Part:
    """Stable Diffusion's autoencoder in ``folder``. Raises ``ModelError`` when it is another one."""
    folder, config = _read_config(folder, "vae", "AutoencoderKL", "Stable Diffusion's autoencoder")
    scaling = float(config.get("scaling_factor", _SCALING))
    if config.get("latent_channels", 4) != configuration.latent_channels or abs(scaling - _SCALING) > 1e-4:
        raise ModelError(
            f"{folder} is another family's autoencoder: {config.get('latent_channels', 4)} latent channels, scaled "
            f"by {scaling:g}; {configuration.latent_channels} and {_SCALING} are needed.",
            "Take the vae of Stable Diffusion 1.5, or stabilityai/sd-vae-ft-mse.",
        )
    with torch.device("meta"):  # without diffusers' own notes, such as a path on somebody's disk
        network = AutoencoderKL.from_config({k: v for k, v in config.items() if not k.startswith("_")})
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    weights = Weights(folder, "diffusion_pytorch_model")
    found = {}
    for name, shape in shapes.items():
        source = weights.find(name, _old_name(name)) or name
        _require(weights, folder, source, shape)
        found[name] = Weight(weights.files[source], source)
    return Part("vae", _name(folder), found, _sizes(shapes), network.save_config)


def _check_unet(folder: Path, config: dict[str, Any], configuration: ModelConfiguration) -> None:
    """Refuse a U-Net of another family, by the first thing that tells it."""
    wrong = ""
    attention = config.get("cross_attention_dim")
    if attention != configuration.cross_attention_dim or config.get("addition_embed_type"):
        family = _FAMILIES.get(attention, "") if isinstance(attention, int) else ""
        wrong = f"its cross-attention is {attention} wide{family}, not {configuration.cross_attention_dim}"
    elif tuple(config.get("block_out_channels", ())) != configuration.channels:
        wrong = f"its widths are {config.get('block_out_channels')}, not {list(configuration.channels)}"
    elif config.get("attention_head_dim", 8) != configuration.heads or config.get("use_linear_projection"):
        wrong = f"its attention is not of {configuration.heads} heads over convolutions"
    elif config.get("in_channels") not in (configuration.latent_channels, configuration.input_channels):
        wrong = (
            f"it has {config.get('in_channels')} input channels; {configuration.input_channels} (inpainting) or "
            f"{configuration.latent_channels} (plain) are needed"
        )
    if wrong:
        raise ModelError(
            f"{folder} is not Stable Diffusion 1.5's U-Net: {wrong}.",
            GET_UNET,
        )


def _with_motion(folder: Path, adapter: dict[str, Any], configuration: ModelConfiguration) -> UNetMotionModel:
    """The network, without weights, that these motion modules belong into."""
    widths, heads = tuple(adapter.get("block_out_channels", ())), adapter.get("motion_num_attention_heads", 8)
    longest = int(adapter.get("motion_max_seq_length", 32))
    if widths != configuration.channels or heads != configuration.heads or adapter.get("conv_in_channels"):
        raise ModelError(
            f"{folder} holds motion modules for another network: widths {list(widths)}, {heads} heads"
            + (", with an input of its own (PIA)." if adapter.get("conv_in_channels") else "."),
            _GET_MOTION,
        )
    if longest < configuration.frames:
        raise ModelError(
            f"{folder} holds motion modules for {longest} frames at most; {configuration.frames} are needed.",
            _GET_MOTION,
        )
    with torch.device("meta"):
        plain = create_unet(configuration)
        changes = {
            "motion_max_seq_length": longest,
            "use_motion_mid_block": adapter.get("use_motion_mid_block", True),
        }
        # What starts with an underscore is diffusers' own note, and would undo the changes.
        config = {key: value for key, value in plain.config.items() if not key.startswith("_")}
        return UNetMotionModel.from_config({**config, **changes})


def _read_config(folder: Path, inside: str, kind: str, wanted: str) -> tuple[Path, dict[str, Any]]:
    """The part's own folder, ``folder`` or the one ``inside`` it, and its config.json."""
    places = [place for place in (folder, folder / inside) if (place / "config.json").is_file()]
    if not places:
        singles = folder.suffix in (*_PICKLES, ".safetensors") or any(folder.glob("*.ckpt"))
        hint = " A single checkpoint file is another layout: get the folder." if singles else ""
        raise ModelError(
            f"{folder} holds no {wanted}: there is no config.json in it, nor in {inside}/.{hint}",
            "Give the folder as the hub has it, in the layout of diffusers.",
        )
    path = places[0] / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        name = config.get("_class_name", "")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read: {error}.", "Get that file again.") from error
    if kind and name != kind:
        raise ModelError(
            f"{places[0]} holds a {name or 'part of an unknown kind'}, not {wanted}.", "Check the folder."
        )
    return places[0], config


def _weight_files(folder: Path, stem: str) -> Iterator[Path]:
    """The safetensors files of a part: one, several with an index, or the half-precision variant."""
    for name in (f"{stem}.safetensors", f"{stem}.fp16.safetensors"):
        if (folder / name).is_file():
            yield folder / name
            return
    for name in (f"{stem}.safetensors.index.json", f"{stem}.safetensors.index.fp16.json"):
        if (folder / name).is_file():
            try:
                files = sorted(set(json.loads((folder / name).read_text())["weight_map"].values()))
            except (OSError, ValueError, KeyError, AttributeError) as error:
                raise ModelError(
                    f"{folder / name} cannot be read: {error}.", "Get that file again."
                ) from error
            yield from (folder / Path(file).name for file in files)
            return
    pickles = [path.name for path in sorted(folder.iterdir()) if path.suffix in _PICKLES]
    has = f"only {pickles[0]}, a pickle, which can run code and is not opened" if pickles else "no weights"
    raise ModelError(f"{folder} holds {has}.", f"Get its {stem}.safetensors.")


def _require(weights: Weights, folder: Path, name: str, shape: tuple[int, ...]) -> None:
    if name not in weights.shapes:
        raise ModelError(f"{folder} lacks the weights '{name}'.", "Get that folder again.")
    if weights.shapes[name] != shape:
        raise ModelError(
            f"{folder}: '{name}' is {list(weights.shapes[name])}, not {list(shape)}.",
            "It is of another network: check the folder.",
        )


def _widen(channels: int) -> Callable[[Tensor], Tensor]:
    """New input channels that begin without influence."""

    def finish(weight: Tensor) -> Tensor:
        wide = weight.new_zeros(weight.shape[0], channels, *weight.shape[2:])
        wide[:, : weight.shape[1]] = weight
        return wide

    return finish


def _old_name(name: str) -> str:
    for new, old in _OLD_ATTENTION.items():
        name = name.replace(new, old)
    return name


def _sizes(shapes: dict[str, tuple[int, ...]]) -> dict[str, int]:
    return {name: torch.Size(shape).numel() for name, shape in shapes.items()}


def _name(folder: Path) -> str:
    """A folder as a card names it: without where it lies on somebody's disk."""
    folder = folder.resolve()
    inner = folder.name in ("unet", "vae", "motion", "image_encoder")
    return f"{folder.parent.name}/{folder.name}" if inner else folder.name
