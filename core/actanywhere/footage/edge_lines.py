"""The outermost pixels of a picture that are darker or lighter than it, as a movie's scaler or codec leaves them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Pixels = NDArray[np.float32]

_DEEPEST, _SHARE = 5, 0.004
"""Depth of such an edge at most: in pixels, and in a large picture as a share of its side."""
_STEP, _SEEN = 12, 3
"""Codes of 255 by which the outermost row differs from the picture in the median, and a pixel of it at least."""
_ALONG = 0.8
"""Share of the row that differs, and to the same side."""
_CALM, _LEFT = 0.25, 0.125
"""Of that step: by how much the rows inside differ at most (else it is a gradient), and what still is edge."""


@dataclass(frozen=True)
class EdgeLines:
    """How many pixels at each border of a picture are no part of it: ``darker`` than what is inside, or ``lighter``."""

    top: int
    bottom: int
    left: int
    right: int
    darker: bool
    lighter: bool

    def mirrored(self, pixels: Pixels) -> Pixels:
        """The picture (H, W, 3) with what is inside of them mirrored onto them."""
        inside = pixels[self.top : len(pixels) - self.bottom, self.left : pixels.shape[1] - self.right]
        around = ((self.top, self.bottom), (self.left, self.right), (0, 0))
        return np.ascontiguousarray(np.pad(inside, around, mode="symmetric"))

    def __str__(self) -> str:
        sides = [
            f"{getattr(self, name)} {name}"
            for name in ("top", "bottom", "left", "right")
            if getattr(self, name)
        ]
        kind = "darker or lighter" if self.darker and self.lighter else "darker" if self.darker else "lighter"
        return f"its outermost pixels ({', '.join(sides)}) are {kind} than the picture"


def find_edge_lines(codes: Codes) -> EdgeLines | None:
    """Those of a picture (H, W, 3) in 8-bit display codes; each border for itself. None without any."""
    grey = codes.mean(2, dtype=np.float32)
    found = [_depth(side) for side in (grey, grey[::-1], grey.T, grey.T[::-1])]
    if not any(depth for depth, _ in found):
        return None
    signs = {step > 0 for depth, step in found if depth}
    top, bottom, left, right = (depth for depth, _ in found)
    return EdgeLines(top, bottom, left, right, darker=False in signs, lighter=True in signs)


def _depth(rows: Pixels) -> tuple[int, float]:
    """How many of the first rows are such an edge, 0 without one, and by how many codes they differ."""
    inside = 1 + max(_DEEPEST, round(_SHARE * len(rows)))
    if len(rows) < 16 * inside:  # of so small a picture it is no edge
        return 0, 0.0
    apart = rows[: 2 * inside] - rows[inside]
    medians = np.median(apart, axis=1)
    step = float(medians[0])
    along = float((apart[0] * np.sign(step) > _SEEN).mean())
    calm = float(np.abs(medians[inside:]).max()) <= _CALM * abs(step)
    if abs(step) < _STEP or along < _ALONG or not calm:
        return 0, step
    edge = np.abs(medians[:inside]) > _LEFT * abs(step)
    return (0 if edge.all() else int(np.argmin(edge))), step
