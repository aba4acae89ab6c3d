"""What a plate does in time that no camera does: frames held, a cut or fade, frames that flash or are black, exposure.

Read in small greys, frame by frame; only where a step stands out are two frames held against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.numbering import compact
from .alignment import align, find_features, match
from .dense_flow import dense_flow
from .fades import find_fades, small_of

Grey = NDArray[np.uint8]

_WIDTH, _COARSE = 160, 40
"""Pixels to which a frame is made smaller, and once more for its exposure."""
_HELD, _LONGEST = 8, 4
"""How often more the steps beside have to be, and frames in a row that may differ by compression; a longer freeze has
to be exact."""
_STANDS_OUT, _LEAST = 2.0, 2.0
"""How often more than those about it a step is that stands out, and codes of 255 below which none does."""
_ABOUT = 5
_APART = 4
"""Frames in a row that may be unlike what goes on after them."""
_DARK = 10
"""Code below which nearly all of a black frame lies."""
_FLAT, _WHITE, _MISSING = 2, 250, 0.1
"""Codes between which a row is flat, from which on a flash clips it, and the share of rows that are flat in a frame
alone where part of it is missing."""
_UNLIKE = 0.5
"""Likeness of two frames, by itself and against that of their neighbours, below which a cut may lie between them."""
_TINT = 0.08
"""By how much a frame's tint jumps (logarithm) where a light leaks in; true plates stay below 0.045."""
_SHADING = 8
"""Pixels of blur that take a frame's shading off it."""
_RAMP = 1.15
"""Gain between the darkest and the brightest exposure that is told."""


@dataclass(frozen=True)
class Timing:
    """``same`` (T,) is the frame (from 0) that each one repeats, itself where it repeats none.

    ``cuts`` are the first frames of another shot; ``fades`` the first and last frames that are of two shots;
    ``flashes``, ``black`` and ``broken`` the frames that are unlike what goes on after them; ``exposure`` (T,) the gain
    of each over the first.
    """

    same: NDArray[np.int64]
    cuts: tuple[int, ...] = ()
    flashes: tuple[int, ...] = ()
    black: tuple[int, ...] = ()
    broken: tuple[int, ...] = ()
    exposure: NDArray[np.float64] | None = None
    fades: tuple[tuple[int, int], ...] = ()

    @property
    def shown(self) -> NDArray[np.int64]:
        """The frames that repeat none."""
        return np.asarray(np.unique(self.same))

    @cached_property
    def apart(self) -> frozenset[int]:
        """The frames that tell nothing of the others."""
        faded = (frame for first, last in self.fades for frame in range(first, last + 1))
        return frozenset((*self.flashes, *self.black, *self.broken, *faded))

    @property
    def begins(self) -> tuple[int, ...]:
        """The first frames of other shots, cut to or faded to."""
        return tuple(sorted((*self.cuts, *(last + 1 for _, last in self.fades))))

    @cached_property
    def _shots(self) -> NDArray[np.int64]:
        """(T,) which shot each frame is of, -1 for one that tells nothing."""
        shots = np.asarray(np.searchsorted(self.begins, np.arange(len(self.same)), "right"))
        shots[list(self.apart)] = -1
        return shots

    def telling(self, frame: int, others: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of ``others`` that tell of a frame: of its shot, and not the same picture."""
        alike = self._shots[others] == self._shots[frame]
        return np.asarray(others[alike & (self.same[others] != self.same[frame])])

    def warnings(self, first: int) -> list[str]:
        """A warning of each; ``first`` is the shot's first frame."""

        def frames(indices: Iterable[int]) -> str:
            return compact([first + index for index in indices])

        found = []
        for cut in self.cuts:
            ends, begins, last = first + cut - 1, first + cut, first + len(self.same) - 1
            found.append(
                f"plate: it is cut between frames {ends} and {begins}, and no camera can be followed over a cut. "
                f"Render a shot for each side: --frames {first}-{ends} and --frames {begins}-{last}."
            )
        for begin, end in self.fades:
            found.append(
                f"plate: it fades from one scene into another in frames {first + begin}-{first + end}, and no camera "
                f"can be followed over that. Render a shot for each side: --frames {first}-{first + begin - 1} and "
                f"--frames {first + end + 1}-{first + len(self.same) - 1}."
            )
        held = np.flatnonzero(self.same != np.arange(len(self.same))).tolist()
        afresh = "Give these frames again, or leave them out (--frames)."
        for indices, what in (
            (
                held,
                "it shows the frame before once more at {}, in the middle of a move. A camera that is tracked or "
                "solved here rests with it. If that is not meant, give the plate at the rate at which it was shot.",
            ),
            (self.flashes, "its light jumps for a moment at {}. The place's does not: grade it there."),
            (self.black, f"it is black at {{}}. {afresh}"),
            (
                self.broken,
                f"at {{}} it shows something else than before and after, or part of it is missing. {afresh}",
            ),
        ):
            if indices:
                found.append(f"plate: {what.format(frames(indices))}")
        return [*found, *self._of_exposure(first)]

    def _of_exposure(self, first: int) -> Iterator[str]:
        rest = [index for index in range(len(self.same)) if index not in self.apart]
        if self.exposure is None or not rest:
            return
        gains = self.exposure[rest]
        low, high = int(gains.argmin()), int(gains.argmax())
        if gains[high] > _RAMP * gains[low]:
            begin, end = sorted((low, high))
            yield (
                f"plate: its codes change by {gains[end] / gains[begin] - 1:+.0%} from frame {first + rest[begin]} to "
                f"{first + rest[end]}: a fade, or a camera on automatic. The place's do not: grade it to the plate."
            )


@dataclass(frozen=True)
class _Step:
    """From a frame to a later one: the ``mean`` difference and the 99th percentile (``far``), in codes of 255."""

    mean: float
    far: int


def read_timing(rgb: NDArray[np.uint8], indices: Iterable[int] | None = None) -> Timing:
    """What the frames ``rgb`` (T, h, w, 3), 8-bit display, do in time; ``indices`` goes through them, one by one."""
    count = len(rgb)
    grey = lru_cache(2 * _APART + 2)(lambda index: _small(rgb[index]))
    steps: list[_Step] = []
    gains, black, flat, lights, jumps = [0.0], [], [], [], []
    colours = lru_cache(2)(lambda index: _colours(rgb[index]))
    for index in range(count) if indices is None else indices:
        small = grey(index)
        if _far(small) < _DARK:
            black.append(index)
        lights.append(small_of(small))
        flat.append(float(((np.ptp(small, axis=1) <= _FLAT) & (small[:, 0] < _WHITE)).mean()))
        if index:
            steps.append(_step(grey(index - 1), small))
            gains.append(_gain(grey(index - 1), small))
            if _tint_jumps(colours(index - 1), colours(index)):
                jumps.append(index)
    missing = {
        index
        for index in range(1, count - 1)
        if flat[index] - max(flat[index - 1], flat[index + 1]) > _MISSING
    }
    odd = (_apart(grey, steps) | missing) - set(black)
    kept = [index for index in range(count) if index not in odd and index not in black]
    if not kept:
        return Timing(np.arange(count), black=tuple(black))

    def unlike(one: int, other: int) -> bool:
        return _likeness(grey(one), grey(other)) < _UNLIKE and not _recognised(rgb[one], rgb[other])

    fades = find_fades(lights, unlike)
    within = {frame for first, last in fades for frame in range(first, last + 2)}
    between = [steps[a] if b == a + 1 else _step(grey(a), grey(b)) for a, b in pairwise(kept)]
    same = _held(count, kept, between, ())
    cuts = tuple(cut for cut in _cuts(rgb, grey, kept, between, same) if cut not in within)
    if cuts:
        same = _held(count, kept, between, cuts)
    odd -= within
    flashes = {index for index in odd - missing if _gain(grey(_before(kept, index)), grey(index))}
    runs = [
        range(*pair) for pair in pairwise([0, *(at for at in jumps if at not in {*cuts, *within}), count])
    ]
    short = (run for run in runs if len(run) <= _APART and len(run) < max(map(len, runs)))
    flashes |= {index for run in short for index in run} - within - odd - set(black)
    return Timing(
        same,
        cuts,
        tuple(sorted(flashes)),
        tuple(index for index in black if index not in within),
        tuple(sorted(odd - flashes)),
        np.exp(np.cumsum([0.0 if index in {*cuts, *within} else gain for index, gain in enumerate(gains)])),
        fades,
    )


def _small(picture: NDArray[np.uint8]) -> Grey:
    height, width = picture.shape[:2]
    size = min(_WIDTH, width), max(1, round(height * min(_WIDTH, width) / width))
    small = cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def _colours(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 3) the logarithms of a small picture's colours."""
    small = cv2.resize(np.ascontiguousarray(picture), (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    return np.asarray(np.log(small.reshape(-1, 3) + 8.0), np.float64)


def _tint_jumps(before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    """Whether the whole picture's colour changes at once, more than its light does."""
    change = np.median(after - before, axis=0)
    tint = float(np.abs(change - change.mean()).max())
    return tint > max(_TINT, abs(float(change.mean())))


def _far(codes: Grey) -> int:
    """The code that 99 of 100 pixels do not pass."""
    whole = np.cumsum(cv2.calcHist([codes], [0], None, [256], [0, 256]))
    return int(np.searchsorted(whole, 0.99 * whole[-1]))


def _step(one: Grey, other: Grey) -> _Step:
    apart = np.asarray(cv2.absdiff(one, other), np.uint8)
    return _Step(cv2.mean(apart)[0], _far(apart))


def _gain(one: Grey, other: Grey) -> float:
    """The logarithm of the light's gain, 0 where the picture does not change as a whole."""
    size = _COARSE, max(1, round(_COARSE * one.shape[0] / one.shape[1]))
    before, after = (
        cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA) for grey in (one, other)
    )
    low, middle, high = np.percentile(np.log((after + 3) / (before + 3)), (25, 50, 75))
    return float(middle) if low * high > 0 else 0.0


def _usual(steps: Sequence[_Step], at: int) -> float:
    """The median of the steps about one."""
    about = [step.mean for step in (*steps[max(0, at - _ABOUT) : at], *steps[at + 1 : at + 1 + _ABOUT])]
    return max(_LEAST, float(np.median(about)) if about else 0.0)


def _apart(grey: Callable[[int], Grey], steps: Sequence[_Step]) -> set[int]:
    """The frames after which the plate goes on as it was before them."""
    found: set[int] = set()
    for at, step in enumerate(steps):
        usual = _usual(steps, at)
        if at + 1 in found or at in found or step.mean <= _STANDS_OUT * usual:
            continue
        for more in range(1, _APART + 1):
            if at + 1 + more > len(steps):
                break
            across = _step(grey(at), grey(at + 1 + more)).mean
            if across < step.mean / 2 and across < _STANDS_OUT * (more + 1) * usual:
                found.update(range(at + 1, at + 1 + more))
                break
    return found


def _held(count: int, kept: Sequence[int], steps: Sequence[_Step], cuts: Sequence[int]) -> NDArray[np.int64]:
    """The frame that each one repeats, by the ``steps`` from each of the frames ``kept`` to the next."""
    same = np.arange(count)
    moving = [
        number for number, step in enumerate(steps) if step.far >= _HELD and kept[number + 1] not in cuts
    ]
    walls = [-1, *moving, len(steps)]
    for before, after in pairwise(walls):
        beside = [steps[number].far for number in (before, after) if 0 <= number < len(steps)]
        run = range(before + 1, after)
        if not run or not beside or any(kept[number + 1] in cuts for number in run):
            continue
        differs = max(steps[number].far for number in run)
        exact = differs == 0 and max(steps[number].mean for number in run) < 0.05
        if _HELD * max(1, differs) <= min(beside) and (exact or len(run) <= _LONGEST):
            same[[kept[number + 1] for number in run]] = kept[before + 1]
    return same


def _cuts(
    rgb: NDArray[np.uint8],
    grey: Callable[[int], Grey],
    kept: Sequence[int],
    steps: Sequence[_Step],
    same: NDArray[np.int64],
) -> tuple[int, ...]:
    """The first frames of other shots: a step stands out, and what is there was not there before."""
    moves = [number for number, index in enumerate(kept[1:]) if same[index] == index]
    sizes = [steps[number] for number in moves]

    @lru_cache
    def like(at: int) -> float:
        return _likeness(grey(kept[moves[at]]), grey(kept[moves[at] + 1]))

    found = []
    for at, step in enumerate(sizes):
        beside = [other for other in (at - 1, at + 1) if 0 <= other < len(sizes)]
        if not beside or step.mean <= _STANDS_OUT * _usual(sizes, at):
            continue
        ends, begins = kept[moves[at]], kept[moves[at] + 1]
        if like(at) < _UNLIKE * min(1.0, *map(like, beside)) and not _recognised(rgb[ends], rgb[begins]):
            found.append(begins)
    return tuple(found)


def _likeness(one: Grey, other: Grey) -> float:
    """How alike two frames are, -1 to 1, where one is moved onto the other, whatever their exposure."""
    details = [_detail(one), _detail(other)]
    shown = [np.asarray(np.clip(128 + 40 * detail, 0, 255), np.uint8) for detail in details]
    flow = dense_flow(shown[1], shown[0])
    x, y = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in one.shape[::-1]))
    laid = cv2.remap(
        details[0], x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    size = np.sqrt((laid**2).mean() * (details[1] ** 2).mean())
    return float((laid * details[1]).mean() / max(float(size), 1e-9))


def _detail(grey: Grey) -> NDArray[np.float32]:
    """A frame without its shading, as strong everywhere."""
    light = grey.astype(np.float32)
    light -= cv2.GaussianBlur(light, (0, 0), _SHADING)
    return np.asarray(light / (np.sqrt(cv2.GaussianBlur(light * light, (0, 0), _SHADING)) + 2), np.float32)


def _recognised(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two pictures show one place."""
    features = [
        find_features(np.asarray(picture), np.zeros(picture.shape[:2], bool)) for picture in (one, other)
    ]
    return align(*match(*features)) is not None


def _before(kept: Sequence[int], index: int) -> int:
    """The last of the frames that are ``kept`` before one, else the first."""
    return max((other for other in kept if other < index), default=kept[0])
