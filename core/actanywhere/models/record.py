"""The record beside a model's files: where they came from, and what each of them is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import ModelError
from ..contract.files import write_text

__all__ = ["RECORD", "FileFacts", "Record", "read_record", "write_record"]

RECORD = "actanywhere.json"


@dataclass(frozen=True)
class FileFacts:
    """What a file was when it came."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Record:
    """What is known of a model's folder. ``revision`` is the repository's commit, or ``imported``."""

    name: str
    repository: str
    revision: str
    licence: str
    files: dict[str, FileFacts]


def read_record(folder: Path) -> Record | None:
    """The record in ``folder``, or None where there is none. Raises ``ModelError`` for one that cannot be read."""
    path = folder / RECORD
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        files = {name: FileFacts(int(f["size"]), str(f["sha256"])) for name, f in data["files"].items()}
        return Record(data["name"], data["repository"], data["revision"], data["licence"], files)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} cannot be read: {error}.",
            "Remove that file; 'actanywhere models verify' writes it anew.",
        ) from error


def write_record(folder: Path, record: Record) -> None:
    """Write the record into ``folder``. Raises ``OutputError``."""
    files = {
        name: {"size": facts.size, "sha256": facts.sha256} for name, facts in sorted(record.files.items())
    }
    data = {
        "schema": 1,
        "name": record.name,
        "repository": record.repository,
        "revision": record.revision,
        "licence": record.licence,
        "files": files,
    }
    write_text(str(folder / RECORD), json.dumps(data, indent=2) + "\n")
