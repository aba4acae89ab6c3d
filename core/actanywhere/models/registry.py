"""The registry: the networks and engines of ``registry.json``, the one place where they are named."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from ..contract.errors import ModelError

_FILE = Path(__file__).with_name("registry.json")


@dataclass(frozen=True)
class FileRule:
    """A file of a model, by its path in the repository; ``path`` may hold ``*`` where the number of parts is not known.

    ``size`` (bytes) and ``sha256`` are what it must be, where that is known before the first pull.
    """

    path: str
    size: int | None = None
    sha256: str = ""
    optional: bool = False

    def matches(self, name: str) -> bool:
        """Whether the file ``name`` is meant."""
        return fnmatchcase(name, self.path) and name.count("/") == self.path.count("/")


@dataclass(frozen=True)
class Entry:
    """A network or an engine: where its files are, on what terms, and what it needs.

    ``recipe`` says how a network wants its picture (``seeing.subjects``).
    ``role`` is what a network is asked, ``engine`` the engine that reads the files. ``extends`` names models that it
    is laid over. ``expects`` holds values of configuration files by which it is told from others of its kind. ``disk``
    is in bytes, about; ``memory`` and ``gpu_memory`` in GB.
    """

    name: str
    title: str
    does: str
    runs_on: str
    repository: str
    revision: str
    files: tuple[FileRule, ...]
    licence: str
    terms: str = ""
    role: str = ""
    recipe: str = ""
    engine: str = ""
    sets: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()
    expects: Mapping[str, Mapping[str, list[Any]]] = field(default_factory=dict, hash=False)
    disk: int = 0
    memory: float = 0.0
    gpu_memory: float = 0.0

    def rule_of(self, name: str) -> FileRule | None:
        """The rule that the file ``name`` falls under; None for one that does not belong to the model."""
        return next((rule for rule in self.files if rule.matches(name)), None)

    @property
    def is_model(self) -> bool:
        """Whether a render may name it as its model: whole, and of an engine that paints."""
        return self.engine not in ("", "extend") and "model_index.json" in self.expects

    @property
    def command(self) -> str:
        """What gets it."""
        if self.repository:
            return f"actanywhere models pull {self.name}"
        return f"actanywhere models import FILE --as {self.name}"


@cache
def _read() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return data


@cache
def all_entries() -> tuple[Entry, ...]:
    """Every entry, in the order in which they are recommended within a role."""
    return tuple(_entry(item) for item in _read()["models"])


def _entry(item: Mapping[str, Any]) -> Entry:
    lists = {key: tuple(item[key]) for key in ("sets", "extends") if key in item}
    return Entry(**{**item, **lists, "files": tuple(FileRule(**rule) for rule in item["files"])})


def find_entry(name: str) -> Entry:
    """The entry of that name. Raises ``ModelError`` with the nearest name, or with what may be used instead."""
    for entry in all_entries():
        if entry.name == name:
            return entry
    refuse_if_not_for_paid_work(name)
    near = difflib.get_close_matches(name, [entry.name for entry in all_entries()], 1)
    raise ModelError(
        f"There is no model '{name}' in the registry.",
        f"Did you mean '{near[0]}'?" if near else "'actanywhere models list' shows what there is.",
    )


def names_of(words: list[str]) -> list[str]:
    """The entries that ``words`` mean: names, and sets such as ``vision``. Raises ``ModelError``."""
    names: list[str] = []
    for word in words:
        members = [entry.name for entry in all_entries() if word in entry.sets]
        names += members or [find_entry(word).name]
    return list(dict.fromkeys(names))


def refuse_if_not_for_paid_work(name: str) -> None:
    """Raise ``ModelError`` where ``name`` is known to be licensed for non-commercial use alone."""
    for item in _read()["not_for_paid_work"]:
        if any(fnmatchcase(name.lower(), pattern) for pattern in item["names"]):
            raise ModelError(
                f"'{name}' looks like {item['title']}, which may not be used in paid work ({item['licence']}).",
                f"Use '{item['instead']}' instead: {find_entry(item['instead']).command}",
            )
