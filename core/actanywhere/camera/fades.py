"""Where a plate fades from one scene into another: a dissolve, or a fade to black or white and out of it.

In a dissolve a frame lies on the straight line between the scenes' pictures, and its detail is fainter than either's,
as things that have nothing to do with each other add up: at the middle to half of its energy. Neither a move of the
camera nor focus, smoke or light does both. All is read in small greys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Rows = NDArray[np.float32]

_COARSE, _CELLS = 40, 20
"""Across a frame: pixels of its light, and cells of the energy of its detail."""
_FINE, _FLOOR = 2.0, 2.0
"""Pixels of blur that take all but the detail off a small grey, and the energy of a codec's noise."""
_SHORTEST, _LONGEST = 8, 49
"""Steps from the last frame of one scene to the first of the other."""
_CHANGES, _BRIGHTER = 100.0, 0.9
"""Mean square of codes by which the scenes have to differ; and by how much, as a logarithm, one may be brighter: a
light that is dimmed makes detail fainter too."""
_OFF_LINE, _UNEVEN, _BACK = 0.12, 0.2, 0.25
"""How far off the line frames may lie, as a share of its square; how far ahead of or behind an even pace; and the
slowest pace over two steps."""
_DIP, _FAINTER = (0.8, 1.4), 0.43
"""How much the detail's energy dips, 1 as two scenes make it; and the share of both scenes' energies, a quarter where
it is due, above which the middle is not looked at more closely."""
_LONGER = 0.005
"""How much worse a window may suit that is longer by a step: the first and the last frames of a fade are faint."""
_CLOSED, _OPEN, _OFF_SHADE = 0.13, 0.9, 0.05
"""Shares of a scene's light to which a fade to black closes, and from which on it is open; and of its square by which
its frames are something else than shades of it."""


def small_of(grey: Grey) -> tuple[Rows, Rows]:
    """The light (n,) of a small grey frame (h, w), in codes, and the energy (m,) of its detail."""
    height, width = grey.shape
    light = cv2.resize(grey, (_COARSE, max(1, round(_COARSE * height / width))), interpolation=cv2.INTER_AREA)
    detail = grey.astype(np.float32)
    detail -= cv2.GaussianBlur(detail, (0, 0), _FINE)
    cells = _CELLS, max(1, round(_CELLS * height / width))
    energy = cv2.resize(detail * detail, cells, interpolation=cv2.INTER_AREA)
    return light.astype(np.float32).ravel(), np.asarray(energy, np.float32).ravel() + np.float32(_FLOOR)


def find_fades(
    frames: Sequence[tuple[Rows, Rows]], unlike: Callable[[int, int], bool]
) -> tuple[tuple[int, int], ...]:
    """The first and the last frame of each fade, by what ``small_of`` gives of the ``frames``.

    ``unlike`` says of two frames whether they show two places; it is asked of few.
    """
    if len(frames) <= _SHORTEST:
        return ()
    lights, energies = np.stack([light for light, _ in frames]), np.stack([energy for _, energy in frames])
    found = [*_dissolves(lights, energies), *_through(lights), *_through(255 - lights)]
    fades: list[tuple[int, int]] = []
    refused: list[tuple[int, int]] = []
    for _, start, end in sorted(found):
        if any(start < other[1] and other[0] < end for other in (*fades, *refused)):
            continue
        (fades if unlike(start, end) else refused).append((start, end))
    whole: list[tuple[int, int]] = []
    for start, end in sorted(fades):
        near = bool(whole) and start < whole[-1][1] + _SHORTEST
        begin = whole.pop()[0] if near else start
        whole.append((begin, end))
    return tuple((start + 1, end - 1) for start, end in whole)


def _dissolves(lights: Rows, energies: Rows) -> Iterator[tuple[float, int, int]]:
    """How badly it suits, the last frame before, and the first one after, of what may be a dissolve."""
    count, pixels = lights.shape
    longest = min(_LONGEST, count - 1)
    apart = np.zeros((longest + 1, count))  # squared, from each frame to that so many frames on
    for steps in range(1, longest + 1):
        apart[steps, :-steps] = ((lights[steps:] - lights[:-steps]) ** 2).sum(1)
    whole_detail = energies.sum(1)
    level = lights.mean(1, keepdims=True) + 1
    for steps in range(_SHORTEST, longest + 1):
        start, at = np.arange(count - steps)[:, None], np.arange(1, steps)[None]
        whole = np.maximum(apart[steps, : count - steps], 1)[:, None]
        come, left = apart[at, start], apart[steps - at, start + at]
        along = (come + whole - left) / (2 * whole)
        off = (come / whole - along**2).mean(1)
        ends = np.zeros((len(along), 1))
        paced = np.concatenate([ends, along, ends + 1], 1)
        good = (whole[:, 0] > _CHANGES * pixels) & (off < _OFF_LINE)
        good &= np.abs(along - at / steps).max(1) < _UNEVEN
        good &= (paced[:, 2:] - paced[:, :-2]).min(1) * steps / 2 > _BACK
        both = whole_detail[: len(good)] + whole_detail[steps:]
        good &= whole_detail[steps // 2 :][: len(good)] < _FAINTER * both
        good &= np.abs(np.log(level[steps:] / level[: len(good)]))[:, 0] < _BRIGHTER
        for first in np.flatnonzero(good).tolist():
            window = slice(first, first + steps + 1)
            dip = _dip(energies[window])
            if _DIP[0] < dip < _DIP[1] and _dip(energies[window] / level[window] ** 2) > _DIP[0]:
                yield float(off[first]) + abs(dip - 1) - _LONGER * steps, first, first + steps


def _dip(energies: Rows) -> float:
    """How much the energy of the detail dips between the ends, 1 as where one scene goes over into another."""
    share = np.linspace(0, 1, len(energies), dtype=np.float32)[1:-1, None]
    evenly = (1 - share) * energies[0] + share * energies[-1]
    seen = np.median(np.log(energies[1:-1] / evenly), 1)
    due = np.log((1 - share) ** 2 + share**2)[:, 0]
    return float(seen @ due / (due @ due))


def _through(lights: Rows) -> Iterator[tuple[float, int, int]]:
    """As ``_dissolves``, of fades through black; through white for the codes' complement."""
    level = np.sqrt((lights**2).mean(1))
    count = len(level)
    for at in range(1, count - 1):
        if level[at] > level[at - 1] or level[at] >= level[at + 1]:
            continue
        ends = []
        for way in (range(at, max(-1, at - _LONGEST), -1), range(at, min(count, at + _LONGEST))):
            peak = max(level[way])
            end = next(frame for frame in way if level[frame] >= _OPEN * peak)
            between = [frame for frame in way if frame not in (at, end)][: abs(end - at) - 1]
            ends.append((end, between, peak))
        if level[at] > _CLOSED * min(peak for *_, peak in ends):
            continue
        if all(_fades_out(lights, end, between) for end, between, _ in ends):
            yield -1.0, ends[0][0], ends[1][0]


def _fades_out(lights: Rows, end: int, between: list[int]) -> bool:
    """Whether the frames ``between`` are the one at the ``end``, but darker and darker."""
    scene = lights[end]
    size = float(scene @ scene) + 1e-6
    shares = lights[between] @ scene / size
    off = ((lights[between] - shares[:, None] * scene) ** 2).sum(1) / size
    return len(between) >= 1 and bool(off.mean() < _OFF_SHADE) and bool((np.diff(shares) > 0).all())
