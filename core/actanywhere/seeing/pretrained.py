"""Loads networks of transformers, complete or refused with the command that pulls them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..contract.errors import ModelError
from ..models import get_again


def load_pretrained(kind: str, what: str, folder: Path, name: str, unneeded: str = "\0") -> Any:
    """The network of transformers' class ``kind``, ``what`` it is called, on the graphics card where there is one.

    ``unneeded`` begins the names of weights that may be absent. Raises ``ModelError``.
    """
    again = get_again(name)
    try:
        import torch
        import transformers
        from safetensors import SafetensorError
    except ImportError as error:
        raise _no_library(folder, error) from error
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
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


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
