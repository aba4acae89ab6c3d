"""The matte treated as the settings say (inverted, filled, grown), and checked for oddities."""

from __future__ import annotations

import math
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from ..contract.numbering import compact
from ..contract.shot import FrameRange

Pixels = NDArray[np.float32]

_EMPTY = 0.02
_DIM, _WHITE = 0.9, 0.999
_FLAT = 0.15
"""Share of a matte at one grey, in all frames, that is no soft edge."""
_AROUND = 0.75
"""Mean along the border from which a matte looks inverted."""
_SOLID, _SOFT = 0.98, 2e-4
"""From where a matte is solid, and the share of it that is less in one without a soft edge."""
_LEVELS = [level / 16.0 for level in range(1, 16)] + [0.999]


class MatteLevels:
    """How often each value occurs in the mattes of a shot, as they are stored, before the artist's own settings.

    ``code`` is the stored code of 1 (255 of 8 bit), 0 for floats.
    """

    def __init__(self) -> None:
        self.highest = 0.0
        self.code = 0
        self._counts = np.zeros(256, np.int64)

    def add(self, matte: Pixels) -> None:
        """Counts a matte (H, W), 0..1."""
        self.highest = max(self.highest, float(matte.max()))
        counts = cv2.calcHist([np.ascontiguousarray(matte)], [0], None, [256], [-0.5 / 255, 255.5 / 255])
        self._counts += np.asarray(counts, np.int64).ravel()

    @property
    def hard(self) -> bool:
        """Whether next to none of the matte lies between 0 and 1."""
        actor = self._counts[6:]
        return float(actor[: round(_SOLID * 255) - 6].sum()) <= _SOFT * float(actor.sum())

    @property
    def white(self) -> str:
        """The highest value, rounded down so that it and all above become 1."""
        step = 10.0 ** (math.floor(math.log10(self.highest)) - 3) if self.highest > 0 else 1.0
        return f"{math.floor(self.highest / step) * step:.4g}"

    def flat_grey(self) -> tuple[float, float] | None:
        """A grey that much of the matte has, and which share of it; None where greys are soft edges alone."""
        actor = self._counts[6:]
        grey = actor[: max(1, round(_DIM * 255 * self.highest) - 6)]
        near = grey + np.pad(grey, (1, 0))[:-1] + np.pad(grey, (0, 1))[1:]
        share = float(near.max() / max(1, actor.sum()))
        return ((int((near + grey).argmax()) + 6) / 255, share) if share > _FLAT else None


def treat_matte(matte: Pixels, invert: bool = False, fill: bool = False, grow_px: float = 0.0) -> Pixels:
    """The matte as the artist set it: turned round, holes filled, grown or choked, in this order.

    ``matte`` (H, W) float32, 0..1, 1 = subject. ``fill`` closes what the matte encloses on all sides
    within the frame, as high as the matte around it (in steps of 1/16). ``grow_px`` are plate pixels, above 0 grows and
    below 0 chokes; a soft edge moves and keeps its softness. What the frame's border cuts stays cut.
    """
    if invert:
        matte = np.float32(1) - matte
    if fill:
        matte = _fill_holes(matte)
    if grow_px > 0:
        matte = _grow(matte, grow_px)
    elif grow_px < 0:
        matte = np.float32(1) - _grow(np.float32(1) - matte, -grow_px)
    return np.ascontiguousarray(matte, np.float32)


def _fill_holes(matte: Pixels) -> Pixels:
    """Level by level: what lies below a level and does not reach the frame's border is raised to it."""
    out = matte.copy()
    for level in _LEVELS:
        below = np.pad((out < level).astype(np.uint8), 1, constant_values=1)
        _, labels = cv2.connectedComponents(below, connectivity=4)
        hole = (labels[1:-1, 1:-1] != labels[0, 0]) & (below[1:-1, 1:-1] == 1)
        out[hole] = 1.0 if level == _LEVELS[-1] else level
    return out


def _grow(matte: Pixels, radius: float) -> Pixels:
    """Grey dilation by a disc; parts of a pixel are mixed from the two whole radii around them."""
    whole = math.floor(radius)
    grown = _dilate(matte, whole)
    share = np.float32(radius - whole)
    if share == 0:
        return grown
    return grown + share * (_dilate(grown, 1) - grown)


def _dilate(matte: Pixels, radius: int) -> Pixels:
    """A big disc is many small ones after each other, which costs far less; only where there is a matte."""
    rows, columns = np.flatnonzero(matte.any(axis=1)), np.flatnonzero(matte.any(axis=0))
    if radius == 0 or not len(rows):
        return matte
    top, bottom = max(0, rows[0] - radius), rows[-1] + radius + 1
    left, right = max(0, columns[0] - radius), columns[-1] + radius + 1
    out = matte.copy()
    box = np.ascontiguousarray(matte[top:bottom, left:right])
    while radius > 0:
        step = min(radius, 8)
        box = np.asarray(cv2.dilate(box, _disc(step)), np.float32)
        radius -= step
    out[top:bottom, left:right] = box
    return out


def _disc(radius: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    # A fifth of a pixel more than the radius, or a chain of discs falls short on the diagonals.
    return np.asarray(x * x + y * y <= (radius + 0.2) ** 2, np.uint8)


def judge_mattes(
    path: str, frames: FrameRange, mattes: Iterable[Pixels], levels: MatteLevels | None = None
) -> list[str]:
    """What is odd about the mattes of a range, as warnings for the artist; raises when they are useless.

    ``path`` is where they are from. ``mattes`` are (H, W) float32, 1 = subject, one a frame, as treated; small ones
    (proxies) will do; ``levels`` are those of the whole mattes. Raises ``FootageError`` when no frame has a subject, or
    when every frame is subject to the last pixel.
    """
    # One after the other: those of a long shot would fill the memory.
    seen = [(float(matte.max()), float(matte.min()), _border(matte)) for matte in mattes]
    highest = max(high for high, _, _ in seen)
    if highest < _EMPTY:
        raise _empty(path, frames, highest, levels)
    if min(low for _, low, _ in seen) > 1 - _EMPTY:
        raise FootageError(
            f"{path}: the matte covers the whole picture in all frames {frames}: nothing is left to generate.",
            "Name the channel that holds the roto (--matte-channel), or invert it (--invert-matte).",
        )
    warnings = [] if levels is None else _odd_levels(path, levels)
    empty = [frame for frame, (high, _, _) in zip(frames, seen, strict=True) if high < _EMPTY]
    if empty:
        warnings.append(
            f"{path}: the matte is empty in {len(empty)} of {len(frames)} frames: {compact(empty)}."
        )
    if np.median([border for _, _, border in seen]) > _AROUND:
        warnings.append(
            f"{path}: the matte looks inverted: it is 1 along most of the picture's border. If it is 1 on the "
            "background, invert it (--invert-matte)."
        )
    return warnings


def judge_fronts(path: str, frames: FrameRange, fronts: Iterable[Pixels], levels: MatteLevels) -> list[str]:
    """What is odd about the mattes of what stands in front of the actor, 1 = keep, as ``judge_mattes`` takes them."""
    borders = [_border(front) for front in fronts]
    if levels.highest < _EMPTY:
        code = f", the code {round(levels.highest * levels.code)} of {levels.code}" if levels.code else ""
        return [
            f"{path}: nothing stands in front in the frames {frames}: the highest value of --keep-front is "
            f"{levels.highest:.3g}{code}. If something is there, bring its white to 1."
        ]
    warnings = []
    if levels.highest < _DIM:
        warnings.append(
            f"{path}: the highest value of --keep-front is {levels.highest:.4g}, so what stands in front will be "
            "transparent. If that is white, bring it to 1: --matte-white is the actor's alone."
        )
    if np.median(borders) > _AROUND * min(1.0, levels.highest):
        warnings.append(
            f"{path}: --keep-front looks inverted: it is 1 along most of the picture's border, and the plate's place "
            "is kept there. If it is 1 on what is to go, invert it: --invert-matte is the actor's alone."
        )
    return warnings


def _border(matte: Pixels) -> float:
    """Mean of the matte along the frame's four edges."""
    return float(np.mean([matte[0].mean(), matte[-1].mean(), matte[:, 0].mean(), matte[:, -1].mean()]))


def _empty(path: str, frames: FrameRange, highest: float, levels: MatteLevels | None) -> FootageError:
    remedy = "Give the actor's roto (1 = actor), name its channel (--matte-channel), or invert it (--invert-matte)."
    text = f"{path}: the matte is empty in all frames {frames}: its highest value is {highest:.3g}."
    if levels is not None and 0 < levels.highest < _EMPTY and levels.code:
        code = round(levels.highest * levels.code)
        text = (
            f"{path}: the matte is as good as empty in all frames {frames}: its highest value is {levels.highest:.3g}, "
            f"the code {code} of {levels.code}."
        )
        remedy = (
            f"If it numbers its objects, say which is the actor: --matte-id {code}. If that is white: --matte-white "
            f"{levels.white}."
        )
    return FootageError(text, remedy)


def _odd_levels(path: str, levels: MatteLevels) -> list[str]:
    """A matte that is never 1, and one with a part that is grey all over."""
    warnings = []
    if _EMPTY <= levels.highest < _WHITE:
        never, much = ("gets near", "") if levels.highest < _DIM else ("is", "a little ")
        warnings.append(
            f"{path}: the matte never {never} 1: its highest value is {levels.highest:.4g}, so the actor will be "
            f"{much}transparent. If that is white, say --matte-white {levels.white}."
        )
    flat = levels.flat_grey()
    if flat is not None:
        grey, share = flat
        ids = f" --matte-id {round(grey * levels.code)} takes it alone." if 0 < levels.code < 256 else ""
        warnings.append(
            f"{path}: {100 * share:.0f} % of the matte is near {grey:.2g}, not 0 or {levels.white}: another actor, or "
            f"one that is to be transparent. --matte-white {grey * 0.98:.2g} makes all of it 1.{ids}"
        )
    return warnings
