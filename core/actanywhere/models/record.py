"""The record beside a model's files: where they came from, and their checksums."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import JobError, ModelError
from ..contract.files import write_text
from ..contract.schema import Upgrade, numbered, upgraded

RECORD = "actanywhere.json"
_UPGRADES: tuple[Upgrade, ...] = ()


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
        data = upgraded(json.loads(path.read_text(encoding="utf-8")), str(path), _UPGRADES)
        files = {name: FileFacts(int(f["size"]), str(f["sha256"])) for name, f in data["files"].items()}
        return Record(data["name"], data["repository"], data["revision"], data["licence"], files)
    except FileNotFoundError:
        return None
    except JobError as error:
        raise ModelError(error.message, error.remedy) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} cannot be read: {error}.",
            "Remove that file; 'actanywhere models verify' writes it again.",
        ) from error


def write_record(folder: Path, record: Record) -> None:
    """Write the record into ``folder``. Raises ``OutputError``."""
    files = {
        name: {"size": facts.size, "sha256": facts.sha256} for name, facts in sorted(record.files.items())
    }
    data = {
        "name": record.name,
        "repository": record.repository,
        "revision": record.revision,
        "licence": record.licence,
        "files": files,
    }
    write_text(str(folder / RECORD), json.dumps(numbered(data, _UPGRADES), indent=2) + "\n")
