"""A shot's matte compared with what its subject network sees, and what the artist is warnings of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..contract.numbering import compact
from ..contract.sequences import find_footage
from ..contract.shot import ImageSequence
from ..engines.protocol import Watch
from ..seeing.readers import Readers
from .clip import Clip
from .matte_damage import Damage, Hole
from .matte_look import Look
from .matte_seen import Lack, Other, Seen, look_at_matte
from .preflight import Inputs

Picture = NDArray[np.float32]

_MOST = 0.7
"""Share of a missing part from which on the plate's motion has found it."""


def compare_matte(
    clip: Clip, pictures: Callable[[int], Picture], readers: Readers, watch: Watch
) -> Seen | None:
    """What the subject network says of the clip's matte; None where none is here.

    ``pictures`` gives the plate's frame of an index from 0 (h, w, 3), display. ``watch`` hears hundredths.
    """
    if readers.subjects is None:
        return None

    def see(picture: Picture) -> Picture:
        found = readers.mask_of(picture)
        assert found is not None
        return found

    def matte(index: int) -> Picture:
        clip.forget()  # every frame's is asked for
        return np.asarray(clip.matte[index] / np.float32(255), np.float32)

    return look_at_matte(Look(len(clip.frames), matte, pictures, see, readers.subjects.name), watch)


def lacks_beside(seen: Seen | None, damage: Damage) -> tuple[Lack, ...]:
    """The missing parts that the plate's motion did not find, or only little of, or in few of their frames."""
    if seen is None:
        return ()

    def found(lack: Lack) -> float:
        shares = [
            sum(hole.share for hole in damage.holes if hole.begin <= index <= hole.end)
            for index in range(lack.begin, lack.end + 1)
        ]
        return sum(min(1.0, share / lack.share) for share in shares) / len(shares)

    return tuple(lack for lack in seen.lacks if found(lack) < _MOST)


def holes_beside(damage: Damage, lacks: tuple[Lack, ...]) -> Damage:
    """The damage without the holes of frames in which more is missing, so that it is warnings once."""
    return replace(damage, holes=_unlisted(damage.holes, lacks))


def ends_beside(damage: Damage, lacks: tuple[Lack, ...]) -> Damage:
    """The damage without what the shot's ends lack where the network sees it, and so could mend it."""
    return replace(damage, ends=_unlisted(damage.ends, lacks))


def _unlisted(holes: tuple[Hole, ...], lacks: tuple[Lack, ...]) -> tuple[Hole, ...]:
    return tuple(
        hole for hole in holes if not any(lack.begin <= hole.begin and hole.end <= lack.end for lack in lacks)
    )


def words_of(inputs: Inputs, seen: Seen, lacks: tuple[Lack, ...]) -> list[str]:
    """A warning of each kind that was seen; ``lacks`` are those to be warned of."""
    warnings = []
    if seen.turned:
        own, turned = seen.overlaps
        warnings.append(
            f"matte: it does not lie on the actor as it is: what {seen.source} sees in the plate overlaps with it "
            f"by {own:.2f}, and by {turned:.2f} if it is {seen.turned}. Write it as the plate is shown, "
            "or the plate as it is stored."
        )
    if seen.late:
        warnings.append(_of_late(inputs, seen))
    if lacks:
        parts = "; ".join(
            f"{_frames(inputs, one.begin, one.end)} ({100 * one.share:.1f} % of them)" for one in lacks
        )
        warnings.append(
            f"matte: a part of the actor is missing at {parts}, which {seen.source} sees there. The new place shows "
            "through; mend the roto, or give --mend-matte."
        )
    if seen.empty:
        parts = "; ".join(_frames(inputs, *run) for run in seen.empty)
        warnings.append(
            f"matte: it is empty at {parts}, where {seen.source} sees the actor: the new place covers them. Mend the "
            "roto, or render the other frames alone (--frames)."
        )
    if seen.other is not None:
        warnings.append(_of_other(inputs, seen, seen.other))
    return warnings


def _of_late(inputs: Inputs, seen: Seen) -> str:
    count, way = abs(seen.late), "late" if seen.late > 0 else "early"
    own, moved = seen.overlaps
    said = (
        f"matte: it comes {count} frame{'s' if count > 1 else ''} {way}: what {seen.source} sees in the plate overlaps "
        f"with the matte of {count} frame{'s' if count > 1 else ''} {'on' if seen.late > 0 else 'before'} by "
        f"{moved:.2f}, with the frame's own by {own:.2f}."
    )
    return f"{said} {_shift(inputs, seen.late)}"


def of_late_edges(inputs: Inputs, late: int, clearer: float) -> str:
    """The warning of a matte that comes ``late`` by the plate's edges, which are so much ``clearer`` on it then."""
    count = f"{abs(late)} frame{'s' if abs(late) > 1 else ''}"
    way, where = ("late", "on") if late > 0 else ("early", "before")
    return (
        f"matte: it comes {count} {way}: the plate's edges are {clearer:.1f} times as strong along the matte of "
        f"{count} {where} as along the frame's own. {_shift(inputs, late)}"
    )


def _shift(inputs: Inputs, late: int) -> str:
    asked = inputs.job.shot.matte
    if not asked.path:
        return "Shift it by that where it was made."
    whole = find_footage(ImageSequence(asked.path, asked.first_frame)).frames
    first = inputs.frames.first if whole is None else whole.first
    return f"Give --matte-first {first - late}, and render the --frames that both have."


def _of_other(inputs: Inputs, seen: Seen, other: Other) -> str:
    info, first = inputs.plate.info, inputs.frames.first
    x, y, width, height = other.box
    left = round(x * info.width) + info.data_window.x - info.display_window.x
    top = round(y * info.height) + info.data_window.y - info.display_window.y
    box = f"{max(0, left)},{max(0, top)},{round(width * info.width)},{round(height * info.height)}"
    return (
        f"matte: it leaves out somebody, or something, that moves beside the actor: {seen.source} sees them in frames "
        f"{compact([first + index for index in other.frames])} of {len(seen.asked)} that it was asked about, in frame "
        f"{first + other.at} at {box}. The new place covers them. If they are to stay, add them to the roto "
        f"(actanywhere matte --box {box}@{first + other.at})."
    )


def _frames(inputs: Inputs, begin: int, end: int) -> str:
    first = inputs.frames.first
    return f"frame {first + begin}" if begin == end else f"frames {first + begin}-{first + end}"
