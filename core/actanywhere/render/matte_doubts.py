"""Frames in which a matte made from the plate may lack a part of the actor, though they were followed there."""

from __future__ import annotations

from ..footage import compact
from ..seeing.outline_jumps import HALF, JUMPS, come_and_gone, half_there
from ..seeing.protocol import Picture

_AGAIN = "Look at review/matte_sheet.png, and run it again with a box or a rough matte of such a frame."


class Doubts:
    """What is doubtful in the masks of frames, looked at one after the other."""

    def __init__(self, unsure: set[int]) -> None:
        """``unsure`` are frames that are told already."""
        self._unsure = unsure
        self._before: tuple[int, Picture, Picture] | None = None
        self._jumps: dict[int, float] = {}
        self._halves: dict[int, float] = {}

    @property
    def frames(self) -> set[int]:
        """The doubtful ones."""
        return {*self._jumps, *self._halves}

    def look_at(self, frame: int, picture: Picture, mask: Picture) -> None:
        """The next frame: its ``picture`` (h, w, 3) and ``mask`` (h, w), display 0..1."""
        before, self._before = self._before, (frame, picture, mask)
        if frame in self._unsure:
            return
        share = half_there(mask)
        if share >= HALF:
            self._halves[frame] = share
        if before is not None and before[0] not in self._unsure:
            shares = zip((before[0], frame), come_and_gone(*before[1:], picture, mask), strict=True)
            self._jumps.update(
                {at: max(share, self._jumps.get(at, 0)) for at, share in shares if share >= JUMPS}
            )

    def warnings(self) -> list[str]:
        """What is said of them."""
        found = []
        if self._jumps:
            found.append(
                f"A part of the actor (up to {max(self._jumps.values()):.0%}) comes or goes at once at frames "
                f"{compact(sorted(self._jumps))}: the matte may lack it there, or hold too much beside them. {_AGAIN}"
            )
        if self._halves:
            most, frames = min(1, max(self._halves.values())), compact(sorted(self._halves))
            found.append(
                f"The matte is half there over a part of the actor, or beside them (up to {most:.0%} of them), at "
                f"frames {frames}: what finds them is not sure of it. {_AGAIN}"
            )
        return found
