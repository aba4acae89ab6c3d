"""The folder of a model by its name or path."""

from __future__ import annotations

import json
from pathlib import Path

from ..contract.errors import ModelError
from .find import find_model
from .libraries import BUNDLED, studio_libraries
from .manifest import MANIFEST
from .registry import all_entries

INDEX = "model_index.json"
"""What a folder of diffusers has instead of a manifest, as it comes from a hub."""


def model_folder(name: str) -> Path:
    """Where the model of that name, or of that path, lies. Raises ``ModelError``.

    A bare name is a bundled model (``starter``), a folder in one of those that ACTANYWHERE_MODELS lists, or a model of
    the registry; anything else is the path of a folder.
    """
    folder = Path(name).expanduser()
    if folder.name == name:
        for library in (BUNDLED, *studio_libraries()):
            if (library / name / MANIFEST).is_file():
                return library / name
        if name in {entry.name for entry in all_entries()}:
            return find_model(name).folder
    if (folder / MANIFEST).is_file() or (folder / INDEX).is_file() or _names_engine(folder):
        return folder
    if folder.is_dir():
        raise ModelError(
            f"The folder {folder} is not a model of ActAnywhere: it has neither {MANIFEST} nor {INDEX}.",
            "Name a folder that the trainer wrote, or 'starter'.",
        )
    raise ModelError(
        f"There is no model '{name}': neither bundled, nor in the registry, nor a folder.",
        "Use 'starter', or the path of a model's folder; 'actanywhere models list' shows what there is.",
    )


def _names_engine(folder: Path) -> bool:
    """Whether the folder's model.json names an engine of the user's own, which knows what else has to be there."""
    try:
        data = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and "engine" in data
