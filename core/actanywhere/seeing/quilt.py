"""A picture gone on beyond one border by large pieces of itself, upright, level and without seams.

As a compositor does it by hand. Right at the border the picture is mirrored, each row along the lines that cross it,
so that nothing shows there and straight lines go on straight, and farther out bend back to where a mirror has them;
from within that strip pieces of the calm picture take over, moved level or mirrored, each along the seam where it
differs least from what lies there (image quilting: Efros and Freeman, 2001), far from where the same was last shown.
What is left of the joints is taken out by gradients.

Above and below it is mirrored alone, and the farther out the more it is stretched, as ground that comes nearer is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..inpaint.gradient_blend import blend_gradients
from .protocol import Picture
from .shift_map import Pieces, lay_pieces

Indices = NDArray[np.int64]

_FEATURES = 72
"""Rows or columns, whichever are fewer, of the picture in which pieces are looked for."""
_OVERLAP = 0.3
"""Width of the strip in which a seam lies, as a share of the picture's width."""
_LEAST = 0.3
"""Share of the picture's width that a piece brings at least."""
_SOFT, _SOFT_ABOVE = 1 / 20, 1 / 10
"""Share of the side along which lines are taken to cross a border alike."""
_SLOPE = 0.22
"""A piece may lie higher or lower by so much of the height, so that slanting lines go on."""
_LINE = 0.12
"""Share of the width beside the border that tells how lines cross it."""
_STEEPEST = 0.6
_BENT = 0.11
"""Share of the width over which such lines bend back: what is mirrored beyond meets them without a step."""
_JOINT = 0.7
"""Of the overlap with the mirrored strip, the share that shows the strip for sure: lines are bent back there."""
_FAINT, _SMOOTH = 0.02, 0.008
"""Contrast below which nothing is a line: as a share of the picture's mean, and in display values a row of a small
picture, as a sky has without any.
"""
_HIGHER, _FLIPPED, _SHORT, _AGAIN = 0.35, 0.05, 0.12, 0.25
"""What a piece has to fit better by, as a mean difference along its seam: for lying higher by a whole height, for being
mirrored, for bringing nothing, for showing what was shown just now."""
_AREA = 70_000
"""Pixels of the picture in which the light of joints is worked out."""
_BESIDE = 8
"""Columns of the picture, in small pixels, that tell how it arrives at its border."""


@dataclass(frozen=True)
class _Piece:
    """From column ``at`` of the continuation on lies column ``source`` of the picture, ``down`` rows lower in it, and
    what follows, ``flipped`` or not; it is shown from its ``seam`` (h,), counted from ``at``, on.
    """

    at: int
    source: int
    down: int
    flipped: bool
    seam: Indices


def go_on_right(picture: Picture, calm: Picture, more: int) -> Picture:
    """The ``more`` columns (h, more, 3) that follow the right border of ``picture`` (h, w, 3).

    ``calm`` (h, w, 3) is the picture without what must not stand twice; pieces are taken from it.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, _FEATURES / min(height, width))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    slopes = _slopes(_sized(picture, size), _SOFT)
    overlap = max(6, round(_OVERLAP * size[0]))
    pieces = _choose(
        _features(_sized(calm, size)),
        _features(_mirrored(_sized(picture, size), slopes, overlap)),
        int(np.ceil(more * scale)) + 1,
    )
    return _laid(picture, calm, more, pieces, slopes, size)


def go_on_up(canvas: Picture, more: int, depth: int, side: int) -> Picture:
    """The ``more`` rows (more, w, 3) above the ``canvas`` (h, w, 3) of a picture ``side`` rows high.

    They are made of its first ``depth`` rows, mirrored along the lines that cross the border and stretched to reach.
    """
    turned = np.ascontiguousarray(canvas[:side].transpose(1, 0, 2)[:, ::-1])
    scale = min(1.0, _FEATURES / side)
    size = max(2, round(side * scale)), max(2, round(turned.shape[0] * scale))
    slopes = _slopes(_sized(turned, size), _SOFT_ABOVE * size[0] / size[1])
    return _mirrored(turned, slopes, more, depth).transpose(1, 0, 2)[::-1]


def _sized(picture: Picture, size: tuple[int, int]) -> Picture:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _slopes(picture: Picture, soft: float) -> NDArray[np.float32]:
    """(h,): by how many rows a column the lines fall that cross the right border of a small picture.

    They are alike along ``soft`` of its height.
    """
    grey = cv2.cvtColor(np.clip(picture, 0, 1), cv2.COLOR_RGB2GRAY)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    beside = max(4, round(_LINE * grey.shape[1]))
    reach = soft * grey.shape[0]

    def summed(values: Picture) -> NDArray[np.float32]:
        column = values[:, -beside:-1].sum(1, keepdims=True)
        return np.asarray(cv2.GaussianBlur(column, (0, 0), reach, borderType=cv2.BORDER_REFLECT))[:, 0]

    both, lying, standing = (
        summed(np.asarray(one, np.float32)) for one in (across * down, down**2, across**2)
    )
    one_way = ((lying - standing) ** 2 + 4 * both**2) / ((lying + standing) ** 2 + 1e-9)
    # Sobel's slopes are eight times as large as those from row to row.
    floor = _FAINT * float(lying.mean()) + (8 * _SMOOTH) ** 2 * (beside - 1)
    # Where they run in all directions, as in leaves and waves, no one of them is followed.
    slopes = np.clip(-both / (lying + floor) * one_way**2, -_STEEPEST, _STEEPEST)
    return np.asarray(slopes, np.float32)


def _mirrored(
    picture: Picture, slopes: NDArray[np.float32], more: int, depth: float | None = None
) -> Picture:
    """(h, more, 3): the picture mirrored at its right border, rows moved so that lines go on as they arrive.

    The ``slopes`` may be of a smaller picture. With ``depth``, what is shown lies within so many columns of the border,
    stretched the more the farther out; without, the lines bend back to where the mirror has them.
    """
    height, width = picture.shape[:2]
    cell = height / len(slopes)
    count = max(1, round(more / cell))
    rows = np.arange(len(slopes), dtype=np.float32)[:, None]
    out = (np.arange(count, dtype=np.float32) + 0.5) * np.float32(more / cell / count)
    fall = np.broadcast_to(slopes[:, None], (len(slopes), count))
    for _ in range(3):
        start = np.clip(rows - fall * out, 0, len(slopes) - 1)
        fall = np.interp(start, rows[:, 0], slopes).astype(np.float32)
    fall = np.asarray(cv2.resize(fall, (more, height), interpolation=cv2.INTER_LINEAR))
    far = np.arange(1, more + 1, dtype=np.float32)
    back = far if depth is None or depth >= more else _stretched(far, depth / more)
    x = np.broadcast_to(width - back, (height, more)).astype(np.float32)
    along = far + back if depth is not None else 2 * far * np.exp(-((far / (_BENT * width)) ** 2))
    y = np.asarray(np.arange(height, dtype=np.float32)[:, None] - fall * along, np.float32)
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def _stretched(far: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Distances from a border, 1..n, brought nearer: the first as it is, the last to ``share`` of its own."""
    bend = np.geomspace(1e-3, 1e4, 500)
    bend = np.interp(-share, -np.log1p(bend) / bend, bend) / far[-1]
    return np.asarray(np.log1p(bend * far) / bend, np.float32)


def _features(picture: Picture) -> Picture:
    """(h, w, 5): Lab and its lightness's slopes, so that a difference of 1 is one of black and white."""
    lab = np.asarray(cv2.cvtColor(np.clip(picture, 0, 1), cv2.COLOR_RGB2Lab)) / np.float32(100)
    slopes = [0.5 * cv2.Sobel(lab[..., 0], cv2.CV_32F, *order) for order in ((1, 0), (0, 1))]
    return np.asarray(np.dstack([lab, *slopes]), np.float32)


def _choose(calm: Picture, strip: Picture, more: int) -> list[_Piece]:
    """The pieces of ``calm`` (h, w, 5) that go on from the ``strip`` (h, o, 5) beside the border, ``more`` columns."""
    height, width, overlap = calm.shape[0], calm.shape[1], strip.shape[1]
    starts = max(1, width - overlap - round(_LEAST * width))
    reach = round(_SLOPE * height)
    downs = sorted({round(reach * (k / 6) * abs(k / 6)) for k in range(-6, 7)})
    shown: list[tuple[int, int, int, bool]] = [(0, width, 0, False)]
    pieces: list[_Piece] = []
    there = 0
    while there < more:
        best: tuple[float, int, int, bool, Picture] | None = None
        near = 0 if pieces else round(_JOINT * overlap)
        end = np.minimum(width, np.arange(starts) + overlap + more - there)
        for flipped in (False, True):
            own = calm[:, ::-1] if flipped else calm
            price = _price_of_repeating(starts, end, overlap, width, there, shown, flipped)
            for down in downs:
                apart = _apart(_lowered(own, down), strip, starts)[..., near:]
                cost = _cheapest(apart) + price + _HIGHER * abs(down) / height
                at = int(cost.argmin())
                if best is None or cost[at] < best[0]:
                    best = float(cost[at]), at, down, flipped, apart[at]
        assert best is not None
        _, source, down, flipped, apart = best
        pieces.append(_Piece(there, source, down, flipped, _seam(apart) + near))
        first, last = source + overlap, width
        shown.append(
            (*((width - last, width - first) if flipped else (first, last)), there + last - source, flipped)
        )
        own = _lowered(calm[:, ::-1] if flipped else calm, down)
        strip = own[:, width - overlap :]
        there += width - overlap - source
    return pieces


def _price_of_repeating(
    starts: int,
    end: Indices,
    overlap: int,
    width: int,
    there: int,
    shown: list[tuple[int, int, int, bool]],
    flipped: bool,
) -> NDArray[np.float64]:
    """(starts,): what a piece costs for being mirrored, short, and for showing what stands near by already."""
    first = np.arange(starts) + overlap
    price = _FLIPPED * flipped + _SHORT * (1 - (end - first) / width)
    low, high = (width - end, width - first) if flipped else (first, end)
    for start, stop, last, way in shown:
        both = np.clip(np.minimum(high, stop) - np.maximum(low, start), 0, None) / width
        alike = 1.0 if way == flipped else 0.6
        price = price + _AGAIN * alike * both * np.exp(-max(0, there - last) / width)
    return np.asarray(price, np.float64)


def _lowered(features: Picture, down: int) -> Picture:
    """The picture from ``down`` rows lower, mirrored where it ends."""
    rows = np.abs(np.arange(len(features)) + down)
    last = len(features) - 1
    return np.asarray(features[last - np.abs(last - rows)], np.float32)


def _apart(own: Picture, strip: Picture, starts: int) -> Picture:
    """(starts, h, o - 1): how far a piece that begins there is from the strip, between neighbouring columns."""
    overlap = strip.shape[1]
    pieces = sliding_window_view(own, overlap, axis=1)[:, :starts]
    apart = np.abs(pieces - strip.transpose(0, 2, 1)[:, None]).sum(2)
    return np.ascontiguousarray((apart[..., :-1] + apart[..., 1:]).transpose(1, 0, 2))


def _cheapest(apart: Picture) -> NDArray[np.float64]:
    """(n,): the mean difference along the cheapest seam from top to bottom of each (h, o)."""
    total = apart[:, 0].astype(np.float64)
    for row in range(1, apart.shape[1]):
        total = _from_above(total) + apart[:, row]
    return np.asarray(total.min(1) / apart.shape[1])


def _from_above(total: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least of the three above each."""
    least = total.copy()
    np.minimum(least[..., 1:], total[..., :-1], out=least[..., 1:])
    np.minimum(least[..., :-1], total[..., 1:], out=least[..., :-1])
    return least


def _seam(apart: Picture) -> Indices:
    """(h,): the first column of the piece on each row, along the cheapest seam through (h, o - 1)."""
    totals = [apart[0].astype(np.float64)]
    for row in apart[1:]:
        totals.append(_from_above(totals[-1]) + row)
    at = int(totals[-1].argmin())
    seam = [at]
    for total in totals[-2::-1]:
        near = max(0, at - 1)
        at = near + int(total[near : at + 2].argmin())
        seam.append(at)
    return np.array(seam[::-1], np.int64) + 1


def _laid(
    picture: Picture,
    calm: Picture,
    more: int,
    pieces: list[_Piece],
    slopes: NDArray[np.float32],
    size: tuple[int, int],
) -> Picture:
    """The continuation (h, more, 3) at the picture's size, from one sheet that holds all that is copied, and room.

    The sheet is a whole number of times as large as that in which the joints' light is worked out: all joints meet.
    """
    height, width = picture.shape[:2]
    scale = size[0] / width
    cell = max(1, round((3 * height * (2 * width + more) / _AREA) ** 0.5 / 2))
    strip = _cells(max(6, round(_OVERLAP * size[0])) / scale, cell)
    spare = _cells(_SLOPE * height + 1, cell)
    whole, room = _cells(width, cell), _cells(more, cell)
    beyond = _mirrored(picture, slopes, strip * cell)
    beside = min(_BESIDE * cell, width // cell * cell)
    own = [
        cv2.copyMakeBorder(p, 0, 0, whole * cell - width, 0, cv2.BORDER_REFLECT_101) for p in (calm, picture)
    ]
    arriving = own[1][:, whole * cell - beside :]
    parts = [
        own[0],
        own[0][:, ::-1],
        arriving,
        beyond,
        arriving,
        np.zeros((height, room * cell, 3), np.float32),
    ]
    low = _cells(height, cell) * cell - height + spare * cell
    sheet = np.concatenate(parts, 1)
    del own, arriving, beyond, parts  # the sheet holds them, and is large
    sheet = np.asarray(cv2.copyMakeBorder(sheet, spare * cell, low, 0, 0, cv2.BORDER_REFLECT_101), np.float32)
    small = sheet.reshape(sheet.shape[0] // cell, cell, sheet.shape[1] // cell, cell, 3).mean((1, 3))
    rows, columns = (np.array(part, np.int64) for part in np.indices(small.shape[:2]))
    there = np.s_[spare : small.shape[0] - spare, small.shape[1] - room :]
    y, x = rows[there], columns[there] - (small.shape[1] - room)
    # Beside the border lies the mirrored strip.
    from_y, from_x = y.copy(), 2 * whole + beside // cell + np.minimum(x, strip - 1)
    for piece in pieces:
        seam = cv2.resize(piece.seam.astype(np.float32)[:, None], (1, len(y)), interpolation=cv2.INTER_LINEAR)
        source = (
            x
            + round((piece.source - piece.at) / scale / cell)
            + (0 if piece.flipped else whole * cell - width) // cell
        )
        shown = (x >= np.round((piece.at + seam) / scale / cell)) & (source >= 0) & (source < whole)
        from_x = np.where(shown, source + whole * piece.flipped, from_x)
        from_y = np.where(shown, y + round(piece.down / scale / cell), from_y)
    rows[there], columns[there] = from_y, from_x
    hole = np.zeros(small.shape[:2], bool)
    hole[there] = True
    light = blend_gradients(small, ~hole, rows, columns, hole)
    large = np.repeat(np.repeat(hole, cell, 0), cell, 1)
    made = lay_pieces(sheet, large, large, Pieces(hole, rows, columns), light)
    return made[spare * cell : spare * cell + height, sheet.shape[1] - room * cell :][:, :more]


def _cells(pixels: float, cell: int) -> int:
    return int(np.ceil(pixels / cell))
