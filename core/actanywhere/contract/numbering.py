"""Frame numbers in file names: the patterns that stand for them, and how a range is written.

The patterns are those that Nuke, Blender, RV, Resolve, After Effects, Houdini and fileseq write; the last part of a
name that can stand for a number does, and everything before it is meant letter by letter.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from .shot import FrameRange

_RUNS_TOLD = 40


def compact(frames: Sequence[int]) -> str:
    """Frame numbers, in order, as a person writes them: ``1001-1003, 1007, 1010-1100x2``; very many are cut short."""
    runs: List[str] = []
    at = 0
    while at < len(frames):
        end, step = at + 1, frames[at + 1] - frames[at] if at + 1 < len(frames) else 1
        while end < len(frames) and frames[end] - frames[end - 1] == step:
            end += 1
        if step > 1 and end - at < 3:
            end = at + 1
        if len(runs) == _RUNS_TOLD:
            return f"{', '.join(runs)} and {len(frames) - at} more"
        first, last = frames[at], frames[end - 1]
        runs.append(str(first) if first == last else f"{first}-{last}{f'x{step}' if step > 1 else ''}")
        at = end
    return ", ".join(runs)


def numbering_remedy(
    whole: FrameRange, wanted: FrameRange, flag: str = "--plate-first", movie_first: Optional[int] = None
) -> str:
    """What to do where the footage has the frames ``whole`` and ``wanted`` are to be read; empty if it has them all.

    ``flag`` says the number of its first picture. ``movie_first`` is that of the plate where that is a movie and this
    its matte.
    """
    if whole.holds(wanted):
        return ""
    first, last = max(whole.first, wanted.first), min(whole.last, wanted.last)
    both = f"the frames that are there ({whole})"
    if first <= last:
        both = f"the frames that are there: --frames {FrameRange(first, last)}"
    if first <= last and len(whole) != len(wanted):
        return f"Render or copy the others, or choose {both}."
    remedy = (
        f"If its first picture ({whole.first}) belongs to frame {wanted.first}, "
        f"number it so: {flag} {wanted.first}"
    )
    if flag == "--plate-first":
        return f"{remedy}. Else choose {both}."
    if movie_first is not None:
        as_matte = movie_first + whole.first - wanted.first
        remedy += f", or number the plate as it is: --plate-first {as_matte}"
    return remedy + "."


class Reading(NamedTuple):
    """One way to read a pattern: what stands before and after the number, its digits (0: any), the frames said."""

    head: str
    tail: str
    digits: int
    said: str = ""


# $F4 and ${F4} are Houdini's, [####] is After Effects', [1001-1100] Resolve's.
_NUMBER = re.compile(r"#+|@+|%0?[0-9]*d|\$F[0-9]*|\$\{F[0-9]*\}|\[-?[0-9]+-[0-9]+\]")
_SPAN = r"-?[0-9]{1,9}(-(-?[0-9]{1,9})([xy:][0-9]{1,9})?)?"
_RANGE = re.compile(_SPAN + "(," + _SPAN + ")*")
_RANGE_AT_END = re.compile(r"(^|(?<=[._ -]))-?[0-9]{1,9}-[0-9]{1,9}([xy:][0-9]{1,9})?$")


def readings(name: str) -> Iterator[Reading]:
    """Every way to read a pattern, the likeliest first: the last sign, letter by letter before it."""
    for sign in reversed(list(_NUMBER.finditer(name))):
        head, text, tail = name[: sign.start()], sign.group(), name[sign.end() :]
        if text.startswith("["):
            yield Reading(head, tail, len(text[1:-1].rpartition("-")[2]), text[1:-1])
            continue
        digits = _digits_of(text)
        yield Reading(head, tail, digits)
        if head.endswith("[") and tail.startswith("]"):
            yield Reading(head[:-1], tail[1:], digits)
        for start in range(len(head)):  # plate.1001-1047#.exr: the longest range that ends at the sign
            said = _RANGE.fullmatch(head, start)
            if said and "-" in said.group()[1:]:
                yield Reading(head[:start], tail, digits, said.group())
                break
    bare = re.fullmatch(r"(.*?)(-?[0-9]{1,9}-[0-9]{1,9})(\.\w+)", name)
    if bare:  # plate.1001-1047.exr
        yield Reading(bare.group(1), bare.group(3), 0, bare.group(2))


def _digits_of(sign: str) -> int:
    if sign[0] in "#@":
        return len(sign) if len(sign) > 1 else 0
    return int("0" + re.sub("[^0-9]", "", sign)[-3:])


def match(names: Sequence[str], reading: Reading) -> Dict[int, str]:
    """Frame to file name. Where 7 and 0007 are both there, the pattern's own padding wins: 7 of ``%d``."""
    # render-0001 is frame 1 of render-####, and only after a sign that ends a name can a frame be negative.
    minus = "-?" if not reading.head or reading.head[-1] in "._ " else ""
    number = re.compile(
        re.escape(composed(reading.head)) + "(" + minus + "[0-9]+)" + re.escape(composed(reading.tail))
    )
    exact = (
        reading.digits and reading.head[-1:].isdigit()
    )  # sh010####: where the number begins is known by its width
    files: Dict[int, str] = {}
    for name in names:
        found = number.fullmatch(composed(name))
        if found is None:
            continue
        digits = found.group(1)
        if exact and len(digits) != reading.digits and (len(digits) < reading.digits or digits[0] == "0"):
            continue
        frame = int(digits)
        if frame not in files or len(digits) == (reading.digits or len(str(frame))):
            files[frame] = name
    return files


def span_of(said: str) -> FrameRange:
    """The span of a range such as ``1001-1100x2,1120``; a layer has every frame of it."""
    numbers: List[int] = []
    for part in said.split(","):
        span = re.match(r"(-?[0-9]+)(?:-(-?[0-9]+))?", part)
        assert span is not None
        numbers += [int(one) for one in span.groups() if one is not None]
    return FrameRange(min(numbers), max(numbers))


def stem_of(path: str) -> str:
    """``man_run`` of ``/shots/man_run.####.exr`` and of ``man_run.mov``: what a shot of that plate is called.

    It has nothing in it that would be a sign in a pattern, or Tcl; it may be empty.
    """
    name = os.path.basename(path.rstrip("/\\"))
    reading = next(readings(name), None)
    stem = os.path.splitext(name)[0] if reading is None else reading.head
    if reading is not None and not reading.said:
        stem = re.sub(_RANGE_AT_END, "", stem)
    return re.sub(r"[^\w .()+,=-]", "_", stem).strip("._-, ")


def plate_name(path: str) -> str:
    """``stem_of`` a plate; for one whose files are only numbered, that of its folder."""
    folder = os.path.basename(os.path.dirname(path))
    return stem_of(path) or stem_of(f"{folder}.####") or "shot"


def named_after(path: str, what: str) -> str:
    """``man_run_matte.####.exr``: pictures made of the plate ``man_run.####.png``, with its digits, four at least."""
    reading = next(readings(os.path.basename(path)), None)
    digits = max(4, 0 if reading is None else reading.digits)
    return f"{plate_name(path)}_{what}.{'#' * digits}.exr"


def numbered_name(pattern: str, frame: int) -> str:
    """The file of a frame of such a pattern; its folder may have any name."""
    folder, name = os.path.split(pattern)
    return os.path.join(folder, re.sub("#+", lambda sign: f"{frame:0{len(sign.group())}d}", name))


def composed(name: str) -> str:
    """The name with its accents in one form: macOS writes another than everybody else."""
    return unicodedata.normalize("NFC", name)
