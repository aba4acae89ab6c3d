"""What the artist has: a plate, a matte of the actor and a picture of the place wanted.

Frame numbers are the host's own (1001, never 0) and both ends of a range are rendered.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, Mapping, Optional

from .errors import JobError

__all__ = [
    "COLOUR_SPACES",
    "CONDITION_KINDS",
    "Condition",
    "FrameRange",
    "ImageSequence",
    "Matte",
    "Shot",
    "check_fields",
]

#: What a plate, condition or matte may be said to be; ``auto`` asks the file's own metadata.
COLOUR_SPACES = ("auto", "acescg", "linear-rec709", "srgb", "rec709")

#: ``background``: the place alone. ``composite``: a finished frame with a subject already in it.
#: ``auto``: composite when the plate's actor is found in the picture, background otherwise.
CONDITION_KINDS = ("auto", "background", "composite")


@dataclass(frozen=True)
class FrameRange:
    """First and last frame, both included, in host numbers. ``parse`` and ``str`` round-trip."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise JobError(
                "The frame range %d-%d ends before it begins." % (self.first, self.last),
                "Write it as FIRST-LAST, for example 1001-1047.",
            )

    @classmethod
    def parse(cls, text: str) -> FrameRange:
        """A range from ``1001-1047`` or a single ``1001``; negative frames are allowed (``-5--1``)."""
        match = re.match(r"^\s*(-?\d+)\s*(?:-\s*(-?\d+))?\s*$", text)
        if match is None:
            raise JobError(
                "'%s' is not a frame range." % text, "Write it as FIRST-LAST, for example 1001-1047."
            )
        first = int(match.group(1))
        return cls(first, first if match.group(2) is None else int(match.group(2)))

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else "%d-%d" % (self.first, self.last)

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and self.first <= frame <= self.last


@dataclass(frozen=True)
class ImageSequence:
    """Numbered pictures, or a movie.

    ``path`` is any pattern that fileseq reads (``plate.####.exr``, ``plate.%04d.exr``, ``plate.$F4.exr``,
    ``plate.1001-1047#.exr``), a movie file, or one still (which then stands for every frame).
    ``first_frame`` is the host number of a movie's first picture (sequences carry their own numbers).
    ``colour`` is one of ``COLOUR_SPACES``.
    """

    path: str = field(metadata={"needed": True})
    first_frame: int = 1001
    colour: str = field(default="auto", metadata={"choices": COLOUR_SPACES})

    def __post_init__(self) -> None:
        check_fields(self, "shot.plate.")


@dataclass(frozen=True)
class Matte:
    """Where the actor is: 1 = subject, 0 = background, soft edges kept.

    ``path`` as in ``ImageSequence``; empty means the plate's own files. ``channel`` names what to read:
    empty takes the only channel, else alpha (``A``), else luminance of an RGB picture; ``A`` is the plate's
    alpha; anything else is a channel's full name in a multi-layer EXR (``roto.actor.A``).
    """

    path: str = ""
    channel: str = ""
    first_frame: int = 1001

    def __post_init__(self) -> None:
        check_fields(self, "shot.matte.")


@dataclass(frozen=True)
class Condition:
    """The picture of the place wanted, and what kind it is (one of ``CONDITION_KINDS``).

    ``matte`` is the path of a still matte of the subject that was painted into a composite, if there is one.
    ``colour`` is one of ``COLOUR_SPACES``.
    """

    path: str = field(metadata={"needed": True})
    kind: str = field(default="auto", metadata={"choices": CONDITION_KINDS})
    matte: str = ""
    colour: str = field(default="auto", metadata={"choices": COLOUR_SPACES})

    def __post_init__(self) -> None:
        check_fields(self, "shot.condition.")


@dataclass(frozen=True)
class Shot:
    """Everything that is read. ``frames`` is None for the plate's whole range.

    ``track`` is the path of a camera track (docs/track.md), how the plate's background moves; empty for none.
    """

    name: str
    plate: ImageSequence
    matte: Matte
    condition: Condition
    frames: Optional[FrameRange] = None
    track: str = ""

    def __post_init__(self) -> None:
        check_fields(self, "shot.")


_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    FrameRange: "a range such as 1001-1047",
}


def check_fields(record: Any, place: str) -> None:
    """Refuses a dataclass with a field that is not of its annotation's type, or not within its metadata's ``choices``
    or ``minimum`` and ``maximum``, or is empty and ``needed``.

    A whole number is a number, too; True and False are neither. Raises ``JobError`` that names the field, behind
    its ``place`` in a job (``shot.matte.``), what was given and what is allowed.
    """
    kind: Any = type(record)
    hints = _annotations(kind)
    for f in dataclasses.fields(record):
        value, hint = getattr(record, f.name), hints[f.name]
        if not _allows(hint, f.metadata, value):
            needed = f.default is dataclasses.MISSING
            raise JobError(
                "%s%s is %r; it must be %s." % (place, f.name, value, _allowed(hint, f.metadata)),
                "Give such a value." if needed else "Give such a value, or leave it out.",
            )


@functools.lru_cache(maxsize=None)
def _annotations(kind: Any) -> Dict[str, Any]:
    return typing.get_type_hints(kind)


def _allows(hint: Any, limits: Mapping[str, Any], value: Any) -> bool:
    if value is None:
        return _is_optional(hint)
    kind = _kind(hint)
    if _is_tuple(hint):
        return isinstance(value, tuple) and all(_allows(kind, limits, one) for one in value)
    if isinstance(value, bool) and kind is not bool:
        return False
    if not isinstance(value, (int, float) if kind is float else kind):
        return False
    if limits.get("needed") and not value:
        return False
    if "choices" in limits and value not in limits["choices"]:
        return False
    return "minimum" not in limits or bool(limits["minimum"] <= value <= limits["maximum"])


def _allowed(hint: Any, limits: Mapping[str, Any]) -> str:
    """What ``_allows`` allows, in words."""
    kind = _kind(hint)
    words = _WORDS.get(kind) or "a " + str(kind.__name__)
    if limits.get("needed"):
        words += ", and not empty"
    if "choices" in limits:
        words = "one of: " + ", ".join(limits["choices"])
    if "minimum" in limits:
        words += " from %s to %s" % (limits["minimum"], limits["maximum"])
    return "a list, each " + words if _is_tuple(hint) else words


def _is_optional(hint: Any) -> bool:
    return type(None) in getattr(hint, "__args__", ())


def _is_tuple(hint: Any) -> bool:
    return getattr(hint, "__origin__", None) is tuple


def _kind(hint: Any) -> Any:
    """The type that an ``Optional`` may have, or that a tuple's items have."""
    return getattr(hint, "__args__", (hint,))[0]
