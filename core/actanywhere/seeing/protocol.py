"""The roles of vision: subjects, regions, depth and fill. Each has several readers; none is compulsory.

Pictures are (h, w, 3) float32, display, 0..1; masks (h, w) float32, 0..1. Every answer says who gave it and how sure
it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

REGIONS = ("person", "animal", "vehicle", "sky", "water", "ground", "foliage", "upright", "thing")
"""What a pixel may be; ``ground`` is what one stands on, ``upright`` walls, buildings, rocks, ``thing`` the rest."""


@dataclass(frozen=True)
class Hint:
    """Who is meant, in the picture's pixels: ``boxes`` (x, y, width, height) around them, ``points`` (x, y) on them.

    ``goes`` and ``stays`` (h, w) are strokes, 1 where an artist drew over them or over what is not theirs; points
    ``off`` are not theirs either.
    """

    boxes: tuple[tuple[float, float, float, float], ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    goes: Picture | None = None
    stays: Picture | None = None
    off: tuple[tuple[float, float], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.boxes or self.points or self.goes is not None)

    @property
    def digest(self) -> str:
        """What tells it from another."""
        strokes = [b"" if one is None else one.tobytes() for one in (self.goes, self.stays)]
        said = repr((self.boxes, self.points, self.off)).encode()
        return hashlib.sha256(b"|".join([said, *strokes])).hexdigest()


@dataclass(frozen=True)
class Subject:
    """Somebody, or something prominent: ``mask`` (h, w), ``score`` 0..1, and who says so (``source``).

    ``kind`` is one of ``REGIONS``, or ``unknown`` where the reader tells only that it stands out.
    """

    mask: Picture
    score: float
    source: str
    kind: str = "unknown"


class Subjects(Protocol):
    """Who stands out of a picture."""

    name: str

    def find(self, picture: Picture, hint: Hint | None = None) -> list[Subject]:
        """Everybody, the largest first; only those meant where there is a ``hint``."""
        ...


@dataclass(frozen=True)
class RegionMap:
    """``shares`` (h, w) of each of ``REGIONS``, which sum to 1; ``instances`` are persons, animals and vehicles."""

    shares: dict[str, Picture]
    source: str
    instances: list[Subject] = field(default_factory=list)

    def of(self, *names: str) -> Picture:
        """The share (h, w) of several together."""
        return np.asarray(np.clip(sum(self.shares[name] for name in names), 0, 1), np.float32)


@dataclass(frozen=True)
class Followed:
    """The actor in a frame: ``mask`` (h, w), and how ``sure`` it is, 0..1."""

    mask: Picture
    sure: float


class Follow(Protocol):
    """Who was pointed at in one frame, in the frames after it or, given in that order, before it."""

    name: str

    def start(self, picture: Picture, hint: Hint) -> Followed:
        """Begin, or begin again, with who is meant in this frame."""
        ...

    def step(self, picture: Picture) -> Followed:
        """The next frame, of the same size."""
        ...


class Regions(Protocol):
    """What every pixel of a picture is."""

    name: str

    def of(self, picture: Picture) -> RegionMap:
        """The regions of ``picture``."""
        ...


@dataclass(frozen=True)
class DepthMap:
    """``inverse`` (h, w), 1 nearest and 0 farthest: one over the distance, but for an unknown scale and offset."""

    inverse: Picture
    source: str


class Depth(Protocol):
    """How far everything in a picture is."""

    name: str

    def of(self, picture: Picture) -> DepthMap:
        """The depth of ``picture``."""
        ...


class Fill(Protocol):
    """What is behind a hole, or beyond a border."""

    @property
    def name(self) -> str:
        """Who fills."""
        ...

    def behind(self, picture: Picture, hole: Picture, never_from: Picture | None = None) -> Picture:
        """``picture`` with its ``hole`` (1 = fill) filled; nothing is copied from where ``never_from`` is 1."""
        ...


def stacked(masks: Sequence[Picture]) -> Picture:
    """The union (h, w) of masks: the largest of each pixel."""
    return np.asarray(np.max(np.stack(masks), axis=0), np.float32)
