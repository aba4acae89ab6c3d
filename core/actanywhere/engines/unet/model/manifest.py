"""The manifest of a model's folder: which files belong to it, and that each is what it was.

Without torch, so that a job's model can be checked before anything heavy is loaded.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path

from ....contract.errors import ModelError
from .configuration import ModelConfiguration

__all__ = ["MANIFEST", "check_manifest", "find_model", "read_configuration", "write_manifest"]

MANIFEST = "manifest.json"
#: Endings of what the libraries load of a model's folder; a file of another kind (a card, a picture) may lie in it.
_LOADED = (".json", ".safetensors")
_BUNDLED = Path(__file__).parents[3] / "models"


def find_model(name: str) -> Path:
    """The folder of the model that an artist named.

    A bare name is a bundled model (``starter``) or a folder in one of those that ACTANYWHERE_MODELS lists;
    anything else is the path of a folder.
    """
    folder = Path(name).expanduser()
    if folder.name == name:
        shelves = [
            _BUNDLED,
            *map(Path, filter(None, os.environ.get("ACTANYWHERE_MODELS", "").split(os.pathsep))),
        ]
        for shelf in shelves:
            if (shelf / name / MANIFEST).is_file():
                return shelf / name
    if (folder / MANIFEST).is_file():
        return folder
    if folder.is_dir():
        raise ModelError(
            f"The folder {folder} is not a model of ActAnywhere: it has no {MANIFEST}.",
            "Name a folder that the trainer wrote, or 'starter'.",
        )
    raise ModelError(
        f"There is no model '{name}': neither bundled nor a folder.",
        "Use 'starter', or the path of a model's folder; 'actanywhere doctor' lists what there is.",
    )


def read_configuration(folder: Path) -> ModelConfiguration:
    """The configuration in ``folder``. Raises ``ModelError``."""
    try:
        data = json.loads((folder / "model.json").read_text())
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder / 'model.json'} cannot be read: {error}.", "Get the model again, or train it anew."
        ) from error
    return ModelConfiguration.from_dict(data, str(folder / "model.json"))


def write_manifest(folder: Path) -> str:
    """Write the manifest over all files below ``folder``; gives its own sha256."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    digests = {name: _sha256(folder / name) for name in names if name != MANIFEST}
    (folder / MANIFEST).write_text(json.dumps({"sha256": digests}, indent=2) + "\n")
    return _sha256(folder / MANIFEST)


def check_manifest(folder: Path) -> str:
    """The manifest's own sha256, once every file matches it. Raises ``ModelError`` naming the first that does not.

    Nor may there be weights or a configuration that it does not name: the libraries would load them unchecked.
    """
    stamp = tuple((p.as_posix(), p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.rglob("*")))
    return _check(folder, stamp)


@lru_cache(maxsize=8)
def _check(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> str:
    # Keyed by every file's time and size: a long-lived worker does not hash an unchanged folder twice.
    try:
        digests = dict(json.loads((folder / MANIFEST).read_text())["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder / MANIFEST} cannot be read: {error}.", "Get the model again, or train it anew."
        ) from error
    if not digests:
        raise ModelError(f"{folder / MANIFEST} names no file.", "Get the model again, or train it anew.")
    for name in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()):
        if name.endswith(_LOADED) and name not in digests and name != MANIFEST:
            raise ModelError(
                f"{folder / name} lies in the model's folder, but its {MANIFEST} does not name it.",
                "Move that file away, or get the model again.",
            )
    for name, digest in digests.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ModelError(
                f"{folder / MANIFEST} names {name}, outside of the folder.", "Do not use this model."
            )
        if not path.is_file():
            raise ModelError(
                f"The model in {folder} lacks {name}.", "Copy that file, or the whole folder, again."
            )
        if _sha256(path) != digest:
            raise ModelError(
                f"{path} is not the file that the manifest names: it was changed or damaged.",
                "Copy that file, or the whole folder, again.",
            )
    return _sha256(folder / MANIFEST)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
