"""The state of a training run on disk: weights, their EMA, the optimizer's moments, and the step.

Everything is safetensors in shards under 16 MiB with a JSON index; a new state is written beside the old one and
renamed into place, so that a kill or a full disk at any moment leaves the last good state.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ..contract.errors import JobError, ModelError, OutputError
from ..contract.schema import Upgrade, numbered, upgraded
from ..engines.unet.model.weights import give_usual_mode

_SHARD_BYTES = 15 * 2**20
_INDEX = "state.json"
_UPGRADES: tuple[Upgrade, ...] = ()


def save_state(folder: Path, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Write ``tensors`` and JSON-ready ``facts`` as ``folder``. Raises ``OutputError``; the old state stays."""
    with replaced(folder) as fresh:
        shards = _write_shards(fresh, tensors)
        (fresh / _INDEX).write_text(json.dumps(numbered({"facts": facts, "shards": shards}, _UPGRADES)))


def load_state(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Tensors and facts of the last good state, or None when there is none. Raises ``ModelError``."""
    found = last_good(folder, _INDEX)
    if found is None:
        return None
    try:
        index = upgraded(json.loads((found / _INDEX).read_text()), str(found / _INDEX), _UPGRADES)
        tensors: dict[str, Tensor] = {}
        for shard in index["shards"]:
            tensors.update(load_file(found / shard))
    except JobError as error:
        raise ModelError(error.message, error.remedy) from error
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(
            f"The training state in {found} cannot be read: {error}.",
            "Delete that folder to begin again from the run's model, or give another --output folder.",
        ) from error
    return _join(tensors), index["facts"]


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A fresh folder to write, which takes the place of ``folder`` in the end.

    Raises ``OutputError`` when it cannot be written: an error of input and output in the body is taken for that, any
    other passes through. The old one stays.
    """
    fresh, old = (folder.with_name(folder.name + ending) for ending in (".new", ".old"))
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        yield fresh
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
            os.replace(folder, old)
        os.replace(fresh, folder)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if not _is_of_the_disk(error):
            raise
        raise OutputError(
            f"{folder} could not be written: {error}.",
            "Free some space and give the same command again; the last good state is kept.",
        ) from error


def _is_of_the_disk(error: BaseException) -> bool:
    """Whether the system refused it. Of safetensors, which has one class for all its errors, the text says so."""
    return isinstance(error, OSError) or (isinstance(error, SafetensorError) and "I/O error" in str(error))


def last_good(folder: Path, index: str) -> Path | None:
    """``folder``, or the one that a kill amid ``replaced`` left of it; None when neither holds ``index``."""
    for candidate in (folder, folder.with_name(folder.name + ".old")):
        if (candidate / index).is_file():
            return candidate
    return None


def _write_shards(folder: Path, tensors: dict[str, Tensor]) -> list[str]:
    shards: list[str] = []
    pending: dict[str, Tensor] = {}
    size = 0

    def flush() -> None:
        nonlocal pending, size
        if pending:
            shards.append(f"state-{len(shards):05d}.safetensors")
            save_file(pending, folder / shards[-1])
            give_usual_mode(folder / shards[-1])
        pending, size = {}, 0

    for name, part in _split(tensors):
        bytes_ = part.numel() * part.element_size()
        if size + bytes_ > _SHARD_BYTES:
            flush()
        pending[name] = part
        size += bytes_
    flush()
    return shards


def _split(tensors: dict[str, Tensor]) -> list[tuple[str, Tensor]]:
    """Tensors that are larger than a shard, cut along their first axis; ``name#3`` is the fourth piece."""
    parts: list[tuple[str, Tensor]] = []
    for name, tensor in tensors.items():
        whole = tensor.detach().cpu().contiguous()
        pieces = -(-whole.numel() * whole.element_size() // _SHARD_BYTES)
        if pieces <= 1:
            parts.append((name, whole))
        else:
            cut = whole.tensor_split(pieces)
            parts.extend((f"{name}#{i}", piece.contiguous()) for i, piece in enumerate(cut))
    return parts


def _join(parts: dict[str, Tensor]) -> dict[str, Tensor]:
    joined = {name: tensor for name, tensor in parts.items() if "#" not in name}
    split: dict[str, dict[int, Tensor]] = {}
    for name, tensor in parts.items():
        if "#" in name:
            base, number = name.rsplit("#", 1)
            split.setdefault(base, {})[int(number)] = tensor
    joined.update({base: torch.cat([pieces[i] for i in sorted(pieces)]) for base, pieces in split.items()})
    return joined
