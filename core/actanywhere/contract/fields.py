"""One field of a record: what it is, what it may be, and how every interface shows, reads and checks it.

A record is a frozen dataclass whose fields are declared with ``switch``, ``whole``, ``number``, ``text``, ``choice``,
``several`` and ``record``. Flags, Blender's properties, Nuke's knobs, shot lists and JSON are all derived from
``fields_of``. Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from .errors import JobError

SWITCH, WHOLE, NUMBER, TEXT, CHOICE, SEVERAL, RECORD = (
    "switch",
    "whole",
    "number",
    "text",
    "choice",
    "several",
    "record",
)

_TRUTH = dict.fromkeys(("true", "yes", "1", "on"), True)
_TRUTH.update(dict.fromkeys(("false", "no", "0", "off"), False))
_LONGEST_SHOWN = 200
_WORDS = {SWITCH: "true or false", WHOLE: "a whole number", NUMBER: "a number", TEXT: "text"}


@dataclass(frozen=True)
class SettingField:
    """What a field is to every interface.

    ``kind`` is one of the constants above. ``choices`` maps each to what it means (``SEVERAL`` is a tuple of them).
    A field whose default is None may be left out; ``begin`` is what stands in an interface when it is switched on.
    ``only_with`` is the name and the value of another field without which this one has no effect. ``group`` names
    the part of an interface that it belongs to. ``affects_layer`` False: another value makes no other layer.
    ``filled``: it may not be empty. ``may_lack``: JSON may leave the whole record out. ``is_file``: it is the path of a
    picture, a sequence or a movie.
    """

    kind: str
    help: str = ""
    default: Any = None
    required: bool = False
    choices: Dict[str, str] = dataclasses.field(default_factory=dict)
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    unit: str = ""
    group: str = ""
    begin: Any = None
    only_with: Optional[Tuple[str, Any]] = None
    affects_layer: bool = True
    filled: bool = False
    may_lack: bool = False
    is_file: bool = False
    of: Any = None
    words: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """The name as people read it: ``grow matte``."""
        return self.name.replace("_", " ")

    @property
    def optional(self) -> bool:
        """Whether it may be left out (None)."""
        return self.default is None and not self.required

    @property
    def about(self) -> str:
        """The help, with what each choice means."""
        meanings = ["{}: {}.".format(*pair) for pair in self.choices.items() if pair[1]]
        return " ".join([self.help, *meanings])

    @property
    def allowed(self) -> str:
        """What ``allows`` allows, in words."""
        said = self.words or _WORDS.get(self.kind, "")
        if self.filled:
            said += ", and not empty"
        if self.choices:
            said = "one of: " + ", ".join(self.choices)
        if self.minimum is not None:
            said += f" from {self.minimum} to {self.maximum}"
        return "a list, each " + said if self.kind == SEVERAL else said

    def allows(self, value: Any) -> bool:
        """Whether it is a value of this field. A whole number is a number, too; True and False are neither."""
        if value is None:
            return self.optional
        if self.kind == SEVERAL:
            return isinstance(value, tuple) and all(one in self.choices for one in map(_hashable, value))
        if isinstance(value, bool) != (self.kind == SWITCH):
            return False
        kind = {WHOLE: int, NUMBER: (int, float), RECORD: self.of}.get(self.kind, str)
        if self.kind != SWITCH and not isinstance(value, kind):
            return False
        if (self.filled and not value) or (self.choices and value not in self.choices):
            return False
        return self.minimum is None or bool(self.minimum <= value <= (self.maximum or 0))

    def check(self, value: Any, place: str = "") -> None:
        """Raises ``JobError`` that names field and ``place`` (``settings.``), what was given and what is allowed."""
        if not self.allows(value):
            raise JobError(
                f"{place}{self.name} is {_shown(value)}; it must be {self.allowed}.",
                "Give such a value." if self.required else "Give such a value, or leave it out.",
            )

    def read(self, said: Any) -> Any:
        """The value that a text says; what is no text, or says none, stays as it is, for ``check`` to judge."""
        if self.kind == SEVERAL:
            if isinstance(said, str):
                said = re.split(r"[,;\s]+", said.strip())
            return tuple(said) if isinstance(said, list) else said
        if not isinstance(said, str):
            return said
        if self.kind == SWITCH:
            return _TRUTH.get(said.strip().lower(), said)
        try:
            return {WHOLE: int, NUMBER: float}.get(self.kind, str)(said)
        except ValueError:
            return said


def _shown(value: Any) -> str:
    """What was given, short enough for a message."""
    try:
        said = repr(value)
    except RecursionError:
        return f"a {type(value).__name__} of many levels"
    return said if len(said) <= _LONGEST_SHOWN else said[:_LONGEST_SHOWN] + "..."


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str) else None


def switch(default: bool, help: str, **more: Any) -> Any:
    """On or off."""
    return _field(SWITCH, default, help, more)


def whole(default: Optional[int], help: str, **more: Any) -> Any:
    """A whole number."""
    return _field(WHOLE, default, help, more)


def number(default: Optional[float], help: str, **more: Any) -> Any:
    """A number."""
    return _field(NUMBER, default, help, more)


def text(default: Any = dataclasses.MISSING, help: str = "", **more: Any) -> Any:
    """Text; without a default it has to be given."""
    return _field(TEXT, default, help, more)


def choice(default: Optional[str], help: str, choices: Mapping[str, str], **more: Any) -> Any:
    """One of ``choices``, each with what it means."""
    return _field(CHOICE, default, help, dict(more, choices=dict(choices)))


def several(default: Tuple[str, ...], help: str, choices: Mapping[str, str], **more: Any) -> Any:
    """Any of ``choices``, each with what it means."""
    return _field(SEVERAL, default, help, dict(more, choices=dict(choices)))


def record(of: Any, words: str, default: Any = dataclasses.MISSING, **more: Any) -> Any:
    """Another record of class ``of``, in words; one with a ``parse`` is text in JSON. ``default`` may be ``of``."""
    described = dict(more, of=of, words=words)
    if default is of:
        return dataclasses.field(
            default_factory=of, metadata={"field": SettingField(RECORD, required=True, **described)}
        )
    return _field(RECORD, default, "", described)


def _field(kind: str, default: Any, help: str, more: Dict[str, Any]) -> Any:
    required = default is dataclasses.MISSING
    described = SettingField(kind, help, None if required else default, required, **more)
    return dataclasses.field(default=default, metadata={"field": described})


@functools.lru_cache(maxsize=None)
def fields_of(kind: Any) -> Tuple[SettingField, ...]:
    """The fields of a record, in the order in which an interface shows them."""
    return tuple(
        dataclasses.replace(f.metadata["field"], name=f.name)
        for f in dataclasses.fields(kind)
        if "field" in f.metadata
    )


def _fields_of(made: Any) -> Tuple[SettingField, ...]:
    kind: Any = type(made)
    return fields_of(kind)


def check_record(made: Any, place: str) -> None:
    """Refuses a record with a field that is not what it may be. Raises ``JobError`` (see ``SettingField.check``)."""
    for f in _fields_of(made):
        f.check(getattr(made, f.name), place)


# -- JSON ----------------------------------------------------------------------------------------------------


def to_data(made: Any) -> Dict[str, Any]:
    """A record as JSON-ready data."""
    return {f.name: _to_data(f, getattr(made, f.name)) for f in _fields_of(made)}


def _to_data(f: SettingField, value: Any) -> Any:
    if f.kind == RECORD and value is not None:
        return str(value) if hasattr(f.of, "parse") else to_data(value)
    return list(value) if f.kind == SEVERAL else value


def from_data(kind: Any, data: Any, place: str) -> Any:
    """The record of class ``kind`` that ``to_data`` described. Raises ``JobError`` on unknown, missing or wrong fields.

    ``place`` is where it stands in a job (``shot.plate``).
    """
    fields = {f.name: f for f in fields_of(kind)}
    lacking: Dict[str, Any] = {f.name: {} for f in fields.values() if f.may_lack}
    found = members_of(kind, data, place, lacking)
    return kind(**{name: _from_data(fields[name], value, place) for name, value in found.items()})


def _from_data(f: SettingField, value: Any, place: str) -> Any:
    if f.kind == SEVERAL:
        return tuple(value) if isinstance(value, list) else value
    if f.kind != RECORD:
        return value
    if hasattr(f.of, "parse"):
        return f.of.parse(value) if isinstance(value, str) else value
    return from_data(f.of, value, f.name if place == "job" else f"{place}.{f.name}")


def members_of(kind: Any, data: Any, place: str, lacking: Mapping[str, Any]) -> Dict[str, Any]:
    """What JSON has for a dataclass: an object with no other fields, and all that it needs but may be ``lacking``."""
    if not isinstance(data, dict):
        raise JobError(
            f"{place} is {_shown(data)}; it must be a JSON object.",
            "Compare it with the job in any result.json.",
        )
    found, fields = dict(lacking, **data), dataclasses.fields(kind)
    unknown = sorted(set(found) - {f.name for f in fields})
    if unknown:
        raise JobError(
            f"{place} has unknown fields: {', '.join(unknown)}.",
            f"Remove them; known are: {', '.join(f.name for f in fields)}.",
        )
    missing = [
        f.name
        for f in fields
        if f.name not in found
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise JobError(
            f"{place} has no {' and no '.join(missing)}.",
            "Compare it with the job in any result.json.",
        )
    return found
