"""The Shot: a plate, a matte of the actor and the condition picture.

Frame numbers are the host's own (1001, never 0) and both ends of a range are rendered.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, Optional

from .errors import JobError
from .fields import check_record, choice, record, text, whole

#: The short names of what a plate or condition may be said to be; ``auto`` asks the file's own metadata. Any colour
#: space of the ACES studio configuration, or of the one that $OCIO names, may be said by its name, too.
COLOUR_SPACES = ("auto", "acescg", "linear-rec709", "srgb", "rec709")

#: What a condition picture may show, and what each means.
CONDITION_KINDS = {
    "auto": "composite if the plate's actor is found in the picture",
    "background": "the place alone",
    "composite": "a finished frame with a subject already in it",
}


#: The most frames that a shot can have: eleven hours and more.
LONGEST = 1000000


@dataclass(frozen=True)
class FrameRange:
    """First and last frame, both included, in host numbers. ``parse`` and ``str`` round-trip.

    Longer ones than ``LONGEST`` are refused before anything is listed.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise JobError(
                f"The frame range {self.first}-{self.last} ends before it begins.",
                "Write it as FIRST-LAST, for example 1001-1047.",
            )
        if self.last - self.first >= LONGEST:
            raise JobError(
                f"The frame range {self.first}-{self.last} has more than {LONGEST} frames.",
                "Is a digit too many? Else render it in parts.",
            )

    @classmethod
    def parse(cls, text: str) -> FrameRange:
        """A range from ``1001-1047`` or a single ``1001``; negative frames are allowed (``-5--1``)."""
        # Word processors and spreadsheets make a dash of the minus.
        match = re.fullmatch(r"\s*(-?[0-9]{1,18})\s*(?:[-\u2013]\s*(-?[0-9]{1,18}))?\s*", text)
        if match is None:
            shown = text if len(text) < 60 else text[:60] + "..."
            raise JobError(
                f"'{shown}' is not a frame range.", "Write it as FIRST-LAST, for example 1001-1047."
            )
        first = int(match.group(1))
        return cls(first, first if match.group(2) is None else int(match.group(2)))

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    def holds(self, other: FrameRange) -> bool:
        """Whether every frame of ``other`` is one of this range."""
        return self.first <= other.first and other.last <= self.last

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and self.first <= frame <= self.last


_NUMBER = {"minimum": -999999999, "maximum": 999999999}


@dataclass(frozen=True)
class ImageSequence:
    """Numbered pictures, or a movie.

    ``path`` is a pattern (``plate.####.exr``, ``plate.%04d.exr``, ``plate.$F4.exr``, ``plate.1001-1047#.exr``), a movie
    file, one still (which then stands for every frame), or a folder that holds one of these.
    ``first_frame`` is the host number of the first picture. None: a sequence has its own numbers, a movie begins at
    1001.
    ``colour`` is one of ``COLOUR_SPACES``, or another colour space's name.
    """

    path: str = text(filled=True)
    first_frame: Optional[int] = whole(None, "", **_NUMBER)
    colour: str = text("auto", filled=True)

    def __post_init__(self) -> None:
        check_record(self, "shot.plate.")


@dataclass(frozen=True)
class Matte:
    """Where the actor is: 1 = subject, 0 = background, soft edges kept.

    ``path`` as in ``ImageSequence``; empty means the plate's own files. ``channel`` names what to read:
    empty takes the only channel, else alpha (``A``), else the only alpha or mask of a layer, else luminance of an RGB
    picture; ``A`` is the plate's alpha; anything else is a channel's full name in a multi-layer EXR (``roto.actor.A``),
    or objects of a cryptomatte (``crypto:hero,hero_hair``, ``CryptoObject:hero``). ``first_frame`` as in
    ``ImageSequence``, but that a movie begins where the plate does if that is a movie.
    """

    path: str = text("")
    channel: str = text("")
    first_frame: Optional[int] = whole(None, "", **_NUMBER)

    def __post_init__(self) -> None:
        check_record(self, "shot.matte.")


@dataclass(frozen=True)
class Condition:
    """The picture of the place wanted, and what kind it is (one of ``CONDITION_KINDS``).

    ``matte`` is the path of a still matte of the subject that was painted into a composite, if there is one.
    ``colour`` is one of ``COLOUR_SPACES``, or another colour space's name. ``scribble`` is the path of a picture of its
    size with strokes over who is removed (green or white) and what is kept (red). ``extended`` is the path of the
    place as an artist completed it: the condition without who else was in it, at its own scale, larger to any side.
    """

    path: str = text(filled=True)
    kind: str = choice("auto", "", CONDITION_KINDS)
    matte: str = text("")
    colour: str = text("auto", filled=True)
    scribble: str = text("")
    extended: str = text("")

    def __post_init__(self) -> None:
        check_record(self, "shot.condition.")


@dataclass(frozen=True)
class Shot:
    """Everything that is read. ``frames`` is None for the plate's whole range.

    ``track`` is the path of a camera track (docs/track.md), how the plate's background moves; empty for none.
    """

    name: str = text()
    plate: ImageSequence = record(ImageSequence, "an image sequence")
    matte: Matte = record(Matte, "a matte", may_lack=True)
    condition: Condition = record(Condition, "a condition picture")
    frames: Optional[FrameRange] = record(FrameRange, "a range such as 1001-1047", None)
    track: str = text("")

    def __post_init__(self) -> None:
        check_record(self, "shot.")
