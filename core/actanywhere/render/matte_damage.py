"""What is wrong with a given matte by the plate's own motion, in frames and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contract.numbering import compact

Plane = NDArray[np.bool_]

_THIN = (
    "matte: a thin part of the actor (a cord, a club) is missing at {frames}, which the plate and the mattes before "
    "and after show. The new place shows through there: mend the roto."
)
_MORE = (
    "matte: at {frames} it holds a part that the mattes before and after do not have, though the plate shows it there "
    "too: it comes and goes in the comp. Take it out of the roto there, or give it to the other frames."
)
_LATE = (
    "matte: it stands still at {frames} while the actor moves: a frame that came late, or twice. Look at the roto "
    "there, or give --mend-matte."
)
_HALF = (
    "matte: it is half there over a part of the actor (up to {most:.0%} of them) at {frames}, wider than an edge: the "
    "new place shows through them. That is right for glass, smoke or a blur; else mend the roto."
)


@dataclass(frozen=True)
class Hole:
    """A part of the actor that the mattes of frames ``begin`` to ``end`` (from 0, both included) do not have.

    ``lost`` says where (h, w) by frame, ``whole`` are the frames beside that have it; ``share`` of the actor.
    """

    begin: int
    end: int
    lost: tuple[tuple[int, Plane], ...]
    whole: tuple[int, ...]
    share: float

    @property
    def frames(self) -> range:
        """Its frames."""
        return range(self.begin, self.end + 1)

    @property
    def beside(self) -> range:
        """Its frames and one on each side."""
        return range(self.begin - 1, self.end + 2)

    def where(self, first: int) -> str:
        """``frames 1005-1007 (8.0 % of them)``; ``first`` is the shot's first frame."""
        one = self.begin == self.end
        where = f"frame {first + self.begin}" if one else f"frames {first + self.begin}-{first + self.end}"
        return f"{where} ({100 * self.share:.1f} % of them)"


@dataclass(frozen=True)
class Damage:
    """What a shot's matte loses for a few frames, and the frames (from 0) whose matte came late, or twice.

    ``thin`` are the frames that lack a thin part which those before and after have; ``ends`` are parts that the first
    or the last frames lack. ``more`` are the frames that have a part which those before and after lack. ``half`` are
    the frames in which a wide part is half there, up to a share ``most`` of them.
    """

    holes: tuple[Hole, ...] = ()
    late: tuple[int, ...] = ()
    thin: tuple[int, ...] = ()
    ends: tuple[Hole, ...] = ()
    more: tuple[int, ...] = ()
    half: tuple[int, ...] = ()
    most: float = 0.0

    def warnings(self, first: int) -> list[str]:
        """A warning of each kind; ``first`` is the shot's first frame."""
        found = []
        if self.holes:
            parts = ", ".join(hole.where(first) for hole in sorted(self.holes, key=lambda hole: hole.begin))
            found.append(
                f"matte: a part of the actor is missing at {parts}, which the plate shows. The new place shows "
                "through there; mend the roto, or give --mend-matte."
            )
        found += [
            f"matte: at {hole.where(first)}, up to the end of the range, it does not have a part that the mattes "
            "beside have and the plate shows: it lacks a part of the actor, or they hold too much. Mend the "
            "roto, give --mend-matte, or render the other frames alone (--frames)."
            for hole in self.ends
        ]
        told = ((self.thin, _THIN), (self.more, _MORE), (self.late, _LATE), (self.half, _HALF))
        return found + [
            words.format(frames=compact([first + index for index in frames]), most=self.most)
            for frames, words in told
            if frames
        ]
