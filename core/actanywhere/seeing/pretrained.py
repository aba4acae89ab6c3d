"""Loads networks of transformers, complete or refused with the command that pulls them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..contract.errors import ModelError
from ..models import all_entries, get_again
from ..models.memory import check_memory, lacks_card_memory


def load_pretrained(
    kind: str, what: str, folder: Path, name: str, unneeded: str = "\0"
) -> tuple[Any, list[str]]:
    """The network of transformers' class ``kind``, ``what`` it is called, on the graphics card where it fits there.

    With what an artist should be told of that. ``unneeded`` begins the names of weights that may be absent. Raises
    ``ModelError``, also where there is too little memory.
    """
    again = get_again(name)
    try:
        import torch
        import transformers
        from safetensors import SafetensorError
    except ImportError as error:
        raise _no_library(folder, error) from error
    card, short = torch.cuda.is_available(), ""
    for entry in all_entries():
        if entry.name == name:
            check_memory(entry)
            short = lacks_card_memory(entry) if card else ""
    try:
        model, facts = getattr(transformers, kind).from_pretrained(
            str(folder), local_files_only=True, output_loading_info=True, use_safetensors=True
        )
    except ImportError as error:
        raise _no_library(folder, error) from error
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{folder} cannot be loaded as {what}: {first}", again) from error
    lacking = sorted(key for key in facts["missing_keys"] if not key.startswith(unneeded))
    if lacking:
        raise ModelError(f"{folder} lacks weights of {what}, such as {lacking[0]}.", again)
    return model.to("cuda" if card and not short else "cpu").eval(), [short] if short else []


@contextmanager
def running(name: str) -> Iterator[None]:
    """What PyTorch raises while the network ``name`` runs, as a ``ModelError``: too little memory, for one."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        why = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"{name} cannot be run: {why.rstrip('.')}.",
            "Close other applications, or give a smaller picture.",
        ) from error


def _no_library(folder: Path, error: ImportError) -> ModelError:
    return ModelError(
        f"{folder} needs a library that is not here: {str(error).strip().splitlines()[0]}",
        "pip install 'actanywhere[cpu]', or 'actanywhere[gpu]' on a machine with an NVIDIA card.",
    )
