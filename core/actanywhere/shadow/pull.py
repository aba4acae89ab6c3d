"""The actor's shadow as a compositor pulls it: the plate divided by its clean plate.

What the plate shows darker than the clean plate, on ground that all other frames agree about, moving with the actor and
reached from their feet, is their shadow: its shape, its softness, its leaving the feet in a jump, its climbing a wall.
What is dark in every frame cancels by itself. Where frames disagree anyway (leaves, waves, things before the ground)
nothing is pulled: a wrong shadow is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from ..camera.alignment import Box
from ..footage import spilled
from .cast import standing
from .clean_plate import CleanFrame
from .looks import Looks
from .passing import leave_out_passing
from .pulled import PulledShadow
from .reach import gone_on
from .same_ground import same_ground
from .shot_frames import Plane, ShotFrames
from .steady import Feet, alike_over_time, carry, feet_of, pops, steadiness
from .unlike import redness
from .unseen import fill_unseen

_FARTHER, _ALIKE = 0.5, 0.2
"""How far the actor has to go on, in widths of theirs, for the ground to be seen without their shadow: by half of it
the one half is seen lit before them, and the other behind. And how alike, where they do not, the first and the last
pieces of it are that are pieces of one shadow.
"""
_UNTOLD, _TENS = 0.05, 10
"""How far they go on at least, for their pace to tell how many frames they need; told in tens."""
_REDDER, _REDDEST, _PATCHY = 0.2, 0.7, 0.35
"""How much redder than the light, as a share of its depth, a shadow is seldom, and never: the sky fills it with blue, a
warm wall or lamp with red, but evenly: what is redder and differs as much between its quartiles is a thing.
"""
_LAID = 25
"""Of 255: a tenth of the light."""
_STANDS_STILL, _TOLD = 0.25, 0.25
"""Correlation of the ground's texture with the clean plate's below which it moves by itself; and the share of the
frames that have to have some for the ground to be judged by it.
"""


class Refusal(Enum):
    """Why none is pulled, in words for the artist."""

    SHORT = "too few frames to see the ground without the actor"
    NOBODY = "nobody is seen to stand in the plate"
    CUT_OFF = "the frame cuts the actor off above the feet all the time"
    HIDDEN = "the ground about the actor is never seen free of them"
    MOVES = (
        "the ground at the feet is not found again from frame to frame: it moves by itself, as water does, or faster "
        "than it can be followed"
    )
    SLIPS = "the ground at the feet does not go as the plate's camera does"
    DEPTHS = "the ground moves in itself, or stands at many depths"
    UNSTEADY = "none that moves with the actor is seen steadily on the ground"
    PIECES = "each frame shows another piece of it alone"
    REDDER = "what is dark beside the actor is redder than a shadow"


@dataclass(frozen=True)
class Pull:
    """``shadow`` is None where none can be pulled; ``reason`` says in words what was found, or why not (``refused``).

    ``carried``: the frames, counted from 0, that lack it, into which it was carried from the nearest that shows it;
    ``clear``: where none can be pulled, the most frames in a row whose ground is seen as it is. ``stays``: the actor
    hardly moves on, so that some of the ground is never seen without it; ``needs``: how many frames they need to, at
    their pace, where that is known. ``bare``: the frames that have none between others that do.
    """

    shadow: PulledShadow | None
    reason: str
    carried: tuple[int, ...] = ()
    clear: tuple[int, ...] = ()
    stays: bool = False
    needs: int | None = None
    refused: Refusal | None = None
    bare: tuple[int, ...] = ()


def _none(why: Refusal, more: str = "") -> Pull:
    return Pull(None, f"none is pulled: {why.value}{more}", refused=why)


def _feet(shot: ShotFrames) -> list[Feet | None]:
    return [feet_of(shot.actor(index)) for index in range(len(shot))]


def stays(shot: ShotFrames) -> tuple[bool, int | None]:
    """Whether the actor hardly moves on, and how many frames they need to at their pace, where that is known."""
    return _stays(shot, _feet(shot))


def _stays(shot: ShotFrames, feet: list[Feet | None]) -> tuple[bool, int | None]:
    if not any(feet):
        return False, None
    gone = gone_on(shot, feet)
    if gone >= _FARTHER or gone <= _UNTOLD:
        return gone < _FARTHER, None
    return True, _TENS * int(np.ceil(_FARTHER / gone * len(shot) / _TENS + 0.5))


def pull_shadow(
    shot: ShotFrames,
    step: Callable[[int], None] = lambda done: None,
    clean: Callable[[int, Box], CleanFrame] | None = None,
    lies: Callable[[int], Plane | None] = lambda index: None,
) -> Pull:
    """The shadow that the actor of ``shot`` casts; ``step`` hears how many frames are done.

    ``clean`` gives the clean plate of a part of a frame; left out, it is made of the shot's other frames. ``lies``
    gives where (h, w), any size, a frame shows what a shadow may lie on, if that is known.
    """
    if len(shot) < 4 and clean is None:
        return _none(Refusal.SHORT)
    everywhere = _feet(shot)
    feet = [stands if shot.looks_at(index) else None for index, stands in enumerate(everywhere)]
    shown = [index for index, stands in enumerate(feet) if stands is not None]
    if not shown:
        return _none(Refusal.NOBODY)
    if not any(standing(shot.actor(index).astype(np.float32)) for index in shown):
        # What is dark beside them would begin in view, as a cloud's trail does.
        return _none(Refusal.CUT_OFF)
    given, looks = clean is not None, Looks(shot, feet, clean, lies)
    looks.look(step)
    hardly, needs = (False, None) if given else _stays(shot, everywhere)
    if np.mean(looks.covered) < 0.3:
        return replace(_none(Refusal.HIDDEN), stays=hardly, needs=needs)
    told = [one for one in looks.alike if one is not None]
    if len(told) > _TOLD * len(looks.alike) and np.median(told) < _STANDS_STILL:
        same = same_ground(shot, feet)
        if not same.follows:
            return _none(Refusal.SLIPS if same.found else Refusal.MOVES)
    if len(looks.noisy) > len(shown) / 2:
        clear = np.array([index for index in shown if index not in looks.noisy], int)
        longest = max(np.split(clear, np.flatnonzero(np.diff(clear) > 1) + 1), key=len)
        return replace(_none(Refusal.DEPTHS), clear=tuple(map(int, longest)))
    planes = spilled(looks.dark.shape)
    looks.lay(planes)
    steady = steadiness(planes, feet, shot.actor, shot.together)
    if steady.enough:
        carry(planes, feet, steady, shot.together)
        if looks.look_again(planes, steady.show):
            looks.lay(planes, in_time=True)
            carry(planes, feet, steady, shot.together)  # fuller, as those beside them are now
    seen, all_ = (sum(map(shot.is_asked, frames)) for frames in (steady.show, shown))
    share = f"{seen} of {all_} frames"
    if not steady.enough:
        unsteady = _none(Refusal.UNSTEADY, f" (in {share})" if steady.show else "")
        return replace(unsteady, stays=hardly, needs=needs)
    redder, patchy = np.median(
        [redness(planes[one], looks.dark[one], looks.bluer[one]) for one in steady.show], 0
    )
    if redder > _REDDEST or (redder > _REDDER and patchy > _PATCHY):
        missing = "somebody or something that goes with them may be missing in the matte"
        return _none(Refusal.REDDER, f"; {missing}")
    if not given:
        planes = fill_unseen(shot, planes, looks.doubted, feet, looks.each)
    if hardly and alike_over_time(planes, feet) < _ALIKE:
        return replace(_none(Refusal.PIECES), stays=True, needs=needs)
    leave_out_passing(shot, planes, feet, looks.each)
    alone, bare = pops(planes, feet, shot.actor, shot.together)
    planes[alone] = 0
    show = [one for one in steady.show if one not in alone]
    depth = float(np.median([planes[index][planes[index] > _LAID].mean() for index in show]))
    reason = f"pulled from the plate in {share}: it takes {depth / 255:.0%} of the light"
    return Pull(PulledShadow(planes), reason, tuple(steady.lack), stays=hardly, needs=needs, bare=tuple(bare))
