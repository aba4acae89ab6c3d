"""Assembles a full-size model from public weights.

The parts fit each other, but one is new: the projection from the image encoder's tokens to the U-Net. Until it has
been trained, the condition picture tells the network nothing. The model's configuration, its card and every render
with it say so.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ....contract.errors import ModelError, OutputError
from ....models.manifest import write_manifest
from ....onnx_runner import file_digest
from ...pretrained import quiet
from .adapter_parts import VIT_H, adapter_part, find_text, write_text
from .condition import ConditionProjection
from .configuration import ModelConfiguration, full
from .lora import ANIMATE_LCM, with_lora
from .noise import scheduler
from .parts import Part, Weight, autoencoder_part, encoder_part, unet_part
from .weights import give_usual_mode

_SHARD_BYTES = 15_000_000
_BYTES = 2  # of a number in half precision
_PROJECTION = "condition_projection"


@dataclass(frozen=True)
class Adapter:
    """A trained way for the condition: an IP-Adapter's ``file``, and the folder of Stable Diffusion's ``text`` encoder
    (left out: beside the U-Net). ``few_steps`` is what the motion modules were distilled for, ``lora`` the LoRA of the
    U-Net that belongs to them (left out: AnimateLCM's own, where it lies beside its motion modules).
    """

    file: Path
    text: Path | None = None
    few_steps: Literal["", "lcm", "lightning"] = ""
    lora: Path | None = None

    def lora_beside(self, motion: Path) -> Path | None:
        """The LoRA to bake in."""
        own = motion / ANIMATE_LCM
        return self.lora or (own if self.few_steps == "lcm" and own.is_file() else None)


@dataclass(frozen=True)
class Assembly:
    """What would be put together: the ``parts``, checked against each other, and the model that they make."""

    configuration: ModelConfiguration
    parts: list[Part]
    text: Path | None = None
    """The folder of the text encoder, with an IP-Adapter."""

    @property
    def bytes(self) -> int:
        """About what the model's folder will take on disk."""
        return _BYTES * (sum(sum(part.sizes.values()) for part in self.parts) + self._new_numbers)

    @property
    def untrained(self) -> list[str]:
        """What is new, or begins at nothing: in words."""
        if self.configuration.condition == "ip-adapter":
            return [note for part in self.parts for note in part.notes]
        new = f"{_PROJECTION}: the condition picture's way into the network is new ({self._new_numbers:,} numbers)"
        return [new, *(note for part in self.parts for note in part.notes)]

    @property
    def _new_numbers(self) -> int:
        if self.configuration.condition == "ip-adapter":
            return 0
        tokens, width = self.configuration.token_dim, self.configuration.cross_attention_dim
        return (tokens + 1) * width + (width + 1) * width


def plan_assembly(
    unet: Path,
    motion: Path,
    clip: Path,
    vae: Path | None = None,
    size: ModelConfiguration | None = None,
    adapter: Adapter | None = None,
) -> Assembly:
    """Check the parts in these folders against each other and against ``size`` (left out: the full one).

    ``vae`` is looked for beside the U-Net if left out. With an ``adapter`` the model renders without training. Only
    headers are read. Raises ``ModelError`` naming the folder and what is wrong with it.
    """
    size = _adapted(size, adapter) if adapter else size or full()
    for folder in (unet, motion, clip, *([vae] if vae else [])):
        if not folder.exists():
            raise ModelError(f"There is no {folder}.", "Give the folder of that part.")
    parts = [
        unet_part(unet, motion, size),
        autoencoder_part(vae or _beside(unet), size),
        encoder_part(clip, size),
    ]
    if adapter is None:
        return Assembly(replace(size, untrained=(_PROJECTION,)), parts)
    if (lora := adapter.lora_beside(motion)) is not None:
        parts[0] = with_lora(parts[0], lora)
    parts.append(adapter_part(adapter.file, size))
    untrained = ("conv_in",) if parts[0].notes else ()
    return Assembly(replace(size, untrained=untrained), parts, find_text(unet, adapter.text))


def _adapted(size: ModelConfiguration | None, adapter: Adapter) -> ModelConfiguration:
    """The configuration of a model with an IP-Adapter: Stable Diffusion's own size and guidance, or few steps."""
    steps = {"": (25, 12, 7.5), "lcm": (6, 4, 1.5), "lightning": (4, 4, 1.0)}
    most, preview, guidance = steps[adapter.few_steps]
    size = size or full(image_encoder=VIT_H, area=512 * 512)
    return replace(
        size,
        condition="ip-adapter",
        few_steps=adapter.few_steps,
        steps=most,
        preview_steps=preview,
        guidance=guidance,
    )


def assemble(assembly: Assembly, output: Path, report: Callable[[str, int, int], None]) -> str:
    """Write the model into ``output``, which appears when it is whole; gives its manifest's sha256.

    One shard at a time is in memory. ``report`` hears the part, how many of its weights are written, and of how many.
    Raises ``ModelError`` when a weight cannot be read or is no number, ``OutputError``.
    """
    _check_output(output, assembly.bytes)
    fresh = output.with_name(output.name + ".partial")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        configuration = replace(assembly.configuration, name=output.name)
        (fresh / "model.json").write_text(json.dumps(configuration.to_dict(), indent=2) + "\n")
        for part in assembly.parts:
            _write_part(part, fresh / part.name, report)
        if assembly.text is not None:
            write_text(assembly.text, fresh, configuration.cross_attention_dim)
        else:
            _write_projection(configuration, fresh)
        scheduler(configuration).save_pretrained(fresh / "scheduler")
        (fresh / "README.md").write_text(_card(assembly, output.name), encoding="utf-8")
        digest = write_manifest(fresh)
        if output.exists():
            output.rmdir()
        fresh.rename(output)
        return digest
    except OSError as error:
        raise OutputError(
            f"{output} cannot be written: {error.strerror or error}.",
            "Free some space, or give another folder.",
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write_projection(configuration: ModelConfiguration, folder: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        projection = ConditionProjection(configuration.token_dim, configuration.cross_attention_dim)
    with quiet():
        projection.to(torch.float16).save_pretrained(folder / _PROJECTION)
    give_usual_mode(folder / _PROJECTION)


def _beside(unet: Path) -> Path:
    """The autoencoder of the repository that the U-Net came in."""
    for root in (unet, unet.parent):
        if (root / "vae" / "config.json").is_file():
            return root / "vae"
    raise ModelError(
        f"There is no vae/ beside the U-Net in {unet}.", "Name the autoencoder's folder with --vae."
    )


def _check_output(output: Path, needed: int) -> None:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise OutputError(f"{output} is there already.", "Give a new folder.")
    nearest = next(folder for folder in output.absolute().parents if folder.exists())
    free = shutil.disk_usage(nearest).free
    if free < needed * 1.02:
        raise OutputError(
            f"The model takes {needed / 1e9:.1f} GB, and {nearest} has {free / 1e9:.1f} GB free.",
            "Free some space, or give another folder.",
        )


def _write_part(part: Part, folder: Path, report: Callable[[str, int, int], None]) -> None:
    folder.mkdir()
    part.save_config(folder)
    shards = list(_shards(part.sizes))
    places: dict[str, str] = {}
    written = 0
    report(part.name, written, len(part.weights))
    with ExitStack() as stack:
        opened = {file: stack.enter_context(safe_open(file, "pt")) for file in part.files}
        for number, names in enumerate(shards, 1):
            several = f"-{number:05d}-of-{len(shards):05d}" if len(shards) > 1 else ""
            name = f"{part.stem}{several}.safetensors"
            tensors = {one: _read(opened, part.weights[one]) for one in names}
            save_file(tensors, folder / name, metadata={"format": "pt"})
            give_usual_mode(folder / name)
            places.update(dict.fromkeys(names, name))
            written += len(names)
            report(part.name, written, len(part.weights))
    if len(shards) > 1:
        index = {"metadata": {"total_size": _BYTES * sum(part.sizes.values())}, "weight_map": places}
        (folder / f"{part.stem}.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def _shards(sizes: dict[str, int]) -> Iterator[list[str]]:
    """Names of the tensors that go into a file together; one that is larger than a shard goes alone."""
    names: list[str] = []
    held = 0
    for name, size in sizes.items():
        if names and (held + size) * _BYTES > _SHARD_BYTES:
            yield names
            names, held = [], 0
        names.append(name)
        held += size
    yield names


def _read(opened: dict[Path, Any], weight: Weight) -> Tensor:
    """A weight in half precision and in its final form."""
    try:
        tensor: Tensor = opened[weight.file].get_tensor(weight.name)
    except SafetensorError as error:
        raise ModelError(f"{weight.file} cannot be read: {error}.", "Get that file again.") from error
    half = tensor.to(torch.float16)
    if not torch.isfinite(half).all():
        raise ModelError(
            f"{weight.file}: '{weight.name}' holds what is no number in half precision.",
            "Get that file again.",
        )
    return half.contiguous() if weight.finish is None else weight.finish(half)


def _card(assembly: Assembly, name: str) -> str:
    lines = [f"# {name}", ""]
    if assembly.untrained:
        lines += [
            "A full-size background generator for ActAnywhere, **assembled from public parts and not yet trained**.",
            "What it renders means nothing before that:",
            "",
            *(f"- {line}" for line in assembly.untrained),
            "",
            "    actanywhere train --from THIS_FOLDER --footage YOUR_CLIPS --output RUN --rate 3e-5",
        ]
    else:
        lines.append(
            "A full-size background generator for ActAnywhere, assembled from public parts, each of them trained."
        )
    lines += ["", "## Parts", ""]
    for part in assembly.parts:
        lines.append(f"- **{part.name}**: {part.summary}")
        lines += [f"  - {file.name}, sha256 {file_digest(file)}" for file in part.files]
    lines += [
        "",
        "Each part keeps its own licence (Stable Diffusion 1.5: CreativeML Open RAIL-M). Whoever passes this model on",
        "passes the parts on, and has to know that their licences allow it.",
        "",
    ]
    return "\n".join(lines)
