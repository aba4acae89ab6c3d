"""The manifest of a model's folder: its files and their checksums.

Without torch, so that a job's model can be checked before anything heavy is loaded.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from ..contract.errors import JobError, ModelError
from ..contract.schema import Upgrade, numbered, upgraded
from ..onnx_runner import file_digest

MANIFEST = "manifest.json"
#: Endings of what the libraries load of a model's folder; a file of another kind (a card, a picture) may lie in it.
_LOADED = (".json", ".safetensors", ".onnx")
_UPGRADES: tuple[Upgrade, ...] = ()


def write_manifest(folder: Path) -> str:
    """Write the manifest over all files below ``folder``; gives its own sha256."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    digests = {name: file_digest(folder / name) for name in names if name != MANIFEST}
    (folder / MANIFEST).write_text(json.dumps(numbered({"sha256": digests}, _UPGRADES), indent=2) + "\n")
    return file_digest(folder / MANIFEST)


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
        path = folder / MANIFEST
        digests = dict(upgraded(json.loads(path.read_text()), str(path), _UPGRADES)["sha256"])
    except JobError as error:
        raise ModelError(error.message, error.remedy) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder / MANIFEST} cannot be read: {error}.", "Get the model again, or train it again."
        ) from error
    if not digests:
        raise ModelError(f"{folder / MANIFEST} names no file.", "Get the model again, or train it again.")
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
        if file_digest(path) != digest:
            raise ModelError(
                f"{path} is not the file that the manifest names: it was changed or damaged.",
                "Copy that file, or the whole folder, again.",
            )
    return file_digest(folder / MANIFEST)
