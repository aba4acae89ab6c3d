"""The layout of a VACE model on disk, and the files it lacks; read without torch.

A folder as diffusers writes it (``WanVACEPipeline``), of which ``transformer/`` and ``transformer_2/`` may hold,
instead of shards, one single file in the original keys or one GGUF. ``loras/`` may hold LoRAs.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...contract.errors import ModelError
from ...models import get_again

_INDEX = "model_index.json"
_PICKLES = (".pth", ".pt", ".bin", ".ckpt", ".pkl")
_STEMS = {"text_encoder": "model", "vae": "diffusion_pytorch_model"}
_EXPERTS = ("transformer", "transformer_2")
#: Of the two published sizes: heads times 128, and the rest that a single file does not say.
_SHAPES: dict[int, dict[str, Any]] = {
    1536: {
        "num_attention_heads": 12,
        "ffn_dim": 8960,
        "num_layers": 30,
        "vace_layers": list(range(0, 30, 2)),
    },
    5120: {
        "num_attention_heads": 40,
        "ffn_dim": 13824,
        "num_layers": 40,
        "vace_layers": list(range(0, 40, 5)),
    },
}


@dataclass(frozen=True)
class Weights:
    """The files of one part. ``kind``: ``shards`` (diffusers or transformers), ``single`` (original keys), ``gguf``."""

    kind: str
    files: tuple[Path, ...]
    config: dict[str, Any]

    @property
    def bytes(self) -> int:
        """Size on disk."""
        return sum(file.stat().st_size for file in self.files)


@dataclass(frozen=True)
class Layout:
    """A VACE model's folder. ``experts`` are one transformer, or two for high and low noise."""

    folder: Path
    experts: dict[str, Weights]
    vae: Weights
    text_encoder: Weights | None
    boundary_ratio: float | None
    scheduler: dict[str, Any]
    loras: tuple[Path, ...]

    @property
    def transformer(self) -> dict[str, Any]:
        """The configuration of the first expert."""
        return next(iter(self.experts.values())).config

    @property
    def width(self) -> int:
        """Channels of a token: 1536 for the 1.3B, 5120 for the 14B."""
        config = self.transformer
        return int(config["num_attention_heads"]) * int(config["attention_head_dim"])

    @property
    def is_large(self) -> bool:
        """Whether it is one of the 14B family, made for 720p."""
        return self.width >= 5120

    @property
    def parameters(self) -> int:
        """Numbers in one transformer, from its shapes."""
        config, d = self.transformer, self.width
        ffn, text = int(config["ffn_dim"]), int(config["text_dim"])
        block = 8 * d * d + 2 * d * ffn + 18 * d + ffn
        layers, hints = int(config["num_layers"]), len(config["vace_layers"])
        ends = 4 * d * (int(config["in_channels"]) * 2 + int(config["vace_in_channels"]))
        ends += d * (text + int(config["freq_dim"])) + 8 * d * d
        return layers * block + hints * (block + d * d) + d * d + ends

    def digest(self) -> str:
        """What tells this model from another: names, sizes and configurations of its files."""
        parts = [*self.experts.values(), self.vae, *([self.text_encoder] if self.text_encoder else [])]
        stamp = [[f.relative_to(self.folder).as_posix(), f.stat().st_size] for p in parts for f in p.files]
        described = json.dumps(
            [stamp, [p.config for p in parts], self.scheduler, self.boundary_ratio], sort_keys=True
        )
        return hashlib.sha256(described.encode()).hexdigest()


def read_layout(folder: Path) -> Layout:
    """The model in ``folder``, every file of it looked at. Raises ``ModelError`` naming what is wrong or missing."""
    index = _json(folder / _INDEX)
    if index.get("_class_name") != "WanVACEPipeline":
        raise ModelError(
            f"{folder / _INDEX} describes a {index.get('_class_name')}, not a WanVACEPipeline.",
            "Use the '-diffusers' folder of a VACE model.",
        )
    named = [name for name in _EXPERTS if (index.get(name) or [None])[0]]
    if not named:
        raise ModelError(f"{folder / _INDEX} names no transformer.", get_again(folder))
    experts = {name: _transformer(folder / name) for name in named}
    if len({json.dumps(_shape(weights.config)) for weights in experts.values()}) > 1:
        raise ModelError(f"The two transformers in {folder} are of different sizes.", get_again(folder))
    boundary = index.get("boundary_ratio")
    if len(experts) == 2 and not isinstance(boundary, (int, float)):
        raise ModelError(
            f"{folder / _INDEX} names two transformers and no boundary_ratio between them.",
            'Add "boundary_ratio": 0.875 (Wan2.2-VACE-Fun-A14B), or get the model again.',
        )
    encoder = folder / "text_encoder"
    return Layout(
        folder,
        experts,
        _shards(folder / "vae", "AutoencoderKLWan"),
        _shards(encoder, "") if encoder.is_dir() else None,
        None if boundary is None else float(boundary),
        _json(folder / "scheduler" / "scheduler_config.json"),
        tuple(sorted((folder / "loras").glob("*.safetensors"))),
    )


def _transformer(folder: Path) -> Weights:
    gguf = sorted(folder.glob("*.gguf"))
    whole = [
        f for f in sorted(folder.glob("*.safetensors")) if not f.name.startswith("diffusion_pytorch_model")
    ]
    if len(gguf) + len(whole) > 1:
        names = ", ".join(file.name for file in gguf + whole)
        raise ModelError(f"{folder} holds more than one model: {names}.", "Leave one of them there.")
    if not gguf and not whole:
        return _shards(folder, "WanVACETransformer3DModel")
    file = (gguf + whole)[0]
    own = folder / "config.json"
    config = _json(own) if own.is_file() else _known_config(file)
    _check_class(own, config, "WanVACETransformer3DModel")
    if whole:
        _check_header(file)
    return Weights("gguf" if gguf else "single", (file,), config)


def _shards(folder: Path, kind: str) -> Weights:
    """The weights of one part as diffusers and transformers write them: one file, or an index and its shards."""
    config = _json(folder / "config.json")
    if kind:
        _check_class(folder / "config.json", config, kind)
    stem = _STEMS.get(folder.name, "diffusion_pytorch_model")
    index = folder / f"{stem}.safetensors.index.json"
    if index.is_file():
        names = sorted(set(_json(index).get("weight_map", {}).values()))
        if not names:
            raise ModelError(f"{index} names no file.", get_again(index))
    else:
        names = [f"{stem}.safetensors"]
    for name in names:
        if not (folder / name).is_file():
            raise _missing(folder, name)
        _check_header(folder / name)
    return Weights("shards", tuple(folder / name for name in names), config)


def _missing(folder: Path, name: str) -> ModelError:
    pickles = sorted(f.name for f in folder.glob("*") if f.suffix in _PICKLES) if folder.is_dir() else []
    if pickles:
        return ModelError(
            f"{folder} holds {pickles[0]}, a pickle, which could run any program; {name} is not there.",
            "Use the safetensors of the same model (its '-diffusers' repository has them).",
        )
    return ModelError(f"The model lacks {folder / name}.", get_again(folder))


def _check_header(file: Path) -> dict[str, Any]:
    """A safetensors header whose tensors end where the file does: a download that broke off is told here."""
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            header: dict[str, Any] = json.loads(stream.read(length)) if length < 2**27 else {}
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ModelError(f"{file} is not a whole safetensors file.", get_again(file)) from error
    size, expected = file.stat().st_size, 8 + length + max(ends, default=0)
    if size != expected:
        raise ModelError(f"{file} has {size} bytes of {expected}: its copy broke off.", get_again(file))
    return header


def _known_config(file: Path) -> dict[str, Any]:
    """The configuration of a single file that lies without one, by the published sizes."""
    width = 0
    if file.suffix == ".safetensors":
        header = _check_header(file)
        for name in ("patch_embedding.weight", "model.diffusion_model.patch_embedding.weight"):
            width = width or int((header.get(name) or {"shape": [0]})["shape"][0])
    elif "14b" in file.name.lower() or "a14b" in file.name.lower():
        width = 5120
    elif "1.3b" in file.name.lower() or "1_3b" in file.name.lower():
        width = 1536
    if width not in _SHAPES:
        raise ModelError(
            f"{file} lies without its config.json, and is of none of the published sizes.",
            "Copy config.json of the model's transformer beside it.",
        )
    common = {
        "_class_name": "WanVACETransformer3DModel",
        "patch_size": [1, 2, 2],
        "attention_head_dim": 128,
        "in_channels": 16,
        "out_channels": 16,
        "text_dim": 4096,
        "freq_dim": 256,
        "cross_attn_norm": True,
        "qk_norm": "rms_norm_across_heads",
        "eps": 1e-6,
        "rope_max_seq_len": 1024,
        "vace_in_channels": 96,
    }
    return {**common, **_SHAPES[width]}


def _shape(config: dict[str, Any]) -> list[Any]:
    return [
        config.get(key) for key in ("num_attention_heads", "attention_head_dim", "num_layers", "vace_layers")
    ]


def _check_class(path: Path, config: dict[str, Any], kind: str) -> None:
    found = config.get("_class_name")
    if found != kind:
        raise ModelError(f"{path} is of a {found}, not a {kind}: another family's part.", get_again(path))
    wanted = ["num_attention_heads", "attention_head_dim", "num_layers", "vace_layers", "ffn_dim", "text_dim"]
    lacks = [key for key in wanted if kind.startswith("WanVACE") and key not in config]
    if lacks:
        raise ModelError(f"{path} does not say {', '.join(lacks)}.", get_again(path))


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise _missing(path.parent, path.name) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}.", get_again(path)) from error
    if not isinstance(data, dict):
        raise ModelError(f"{path} holds no object.", get_again(path))
    return data
