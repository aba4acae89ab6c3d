"""The condition outpainted as far as a shot looks, and inpainted behind who was in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from ..camera.backdrop import Backdrop, Surroundings
from ..camera.fit import Matrix
from ..camera.pyramid import Pyramid
from ..contract.errors import FootageError
from .extension import Margins, extend
from .protocol import Fill, Picture

_MOST = 12e6
"""Pixels of an extended picture at most: a long pan's is coarser."""
_FARTHEST = 4.0
"""How far beyond a border to go on, in sides of the picture."""
_BESIDE = 0.02
"""Pixels of the condition beyond a border that are nothing. One is much of a small picture: it is rows of the layer."""
_SPARE = 0.04
"""Gone on beyond what the camera sees, as a share of the picture."""
_FRAME = 90
"""Height of the frames by whose corners it is found how far the shot looks."""
_FOUND, _FINE = 256, 0.9
"""Pixels of the condition's longer side when it is looked for in an artist's picture; likeness that is enough."""


@dataclass(frozen=True)
class Extended:
    """``picture``: the place without who was in it, outpainted, display; ``corner`` (x, y): where the condition's own
    upper left corner lies in it, and ``scale`` the pixels of it that make one of the condition's.
    """

    picture: Picture
    corner: tuple[int, int] = (0, 0)
    scale: tuple[float, float] = (1.0, 1.0)

    @property
    def surroundings(self) -> Surroundings:
        """As a backdrop takes it. Pixel centres: (x + 0.5) * scale - 0.5, and the corner."""
        (left, top), (across, down) = self.corner, self.scale
        onto: Matrix = np.array(
            [[across, 0, 0.5 * across - 0.5 + left], [0, down, 0.5 * down - 0.5 + top], [0, 0, 1.0]]
        )
        return Surroundings(Pyramid(self.picture), onto)


def outpaint(
    condition: Picture,
    hole: Picture,
    backdrop: Backdrop,
    fill: Fill,
    never_from: Picture | None = None,
    step: Callable[[float], None] = lambda share: None,
) -> Extended | None:
    """The condition (hc, wc, 3) without its ``hole`` (hc, wc), outpainted as far as the backdrop's shot looks.

    None if the condition shows all of that. Beyond the borders nothing is copied from where ``never_from`` is 1.
    """
    rows, columns = condition.shape[:2]
    margins = _margins(backdrop, rows, columns)
    if not margins and not (hole > 0.5).any():
        return None
    whole = (rows + margins.top + margins.bottom) * (columns + margins.left + margins.right)
    ratio = min(1.0, (_MOST / whole) ** 0.5)
    size = (max(1, round(columns * ratio)), max(1, round(rows * ratio)))

    def sized(picture: Picture) -> Picture:
        if ratio == 1:
            return picture
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)

    across, down = size[0] / columns, size[1] / rows
    own = Margins(
        round(margins.left * across),
        round(margins.top * down),
        round(margins.right * across),
        round(margins.bottom * down),
    )
    never = None if never_from is None else sized(never_from)
    made = extend(sized(condition), sized(hole), own, fill, never, step)
    return Extended(np.clip(made, 0, 1), (own.left, own.top), (across, down))


def is_place_of(own: Extended, condition: Picture, backdrop: Backdrop) -> bool:
    """Whether ``own`` reaches as far beyond the ``condition`` (hc, wc, 3) as ``outpaint`` goes for it."""
    rows, columns = condition.shape[:2]
    margins = _margins(backdrop, rows, columns)
    whole = rows + margins.top + margins.bottom, columns + margins.left + margins.right
    return own.picture.shape[:2] == whole and own.corner == (margins.left, margins.top)


def extended_by_artist(picture: Picture, condition: Picture, hole: Picture, path: str) -> Extended:
    """An artist's own ``picture`` of the place, in which the condition (hc, wc, 3) is found again outside of ``hole``.

    It may be larger to all sides, at the condition's own scale. Raises ``FootageError`` that names its ``path``.
    """
    rows, columns = condition.shape[:2]
    if picture.shape[0] < rows or picture.shape[1] < columns:
        raise FootageError(
            f"{path} is {picture.shape[1]}x{picture.shape[0]}, smaller than the condition picture ({columns}x{rows}).",
            "Give the whole picture, extended at the condition's own scale.",
        )
    if picture.shape == condition.shape:
        return Extended(picture)
    scale = min(1.0, _FOUND / max(rows, columns))
    score, left, top = _located(picture, condition, hole, scale)
    if score < _FINE:
        raise FootageError(
            f"The condition picture is not found in {path} (likeness {score:.2f}).",
            "Extend the condition picture itself, without scaling or cutting it.",
        )
    reach = int(np.ceil(1.5 / scale))
    x, y = round(left / scale), round(top / scale)
    x0, y0 = max(0, x - reach), max(0, y - reach)
    near = picture[y0 : y + reach + rows, x0 : x + reach + columns]
    _, fine_left, fine_top = _located(near, condition, hole, 1.0)
    return Extended(picture, (x0 + fine_left, y0 + fine_top))


def _located(picture: Picture, condition: Picture, hole: Picture, scale: float) -> tuple[float, int, int]:
    """How alike, and at which column and row of the picture made smaller by ``scale``, the condition is best found."""

    def sized(one: Picture) -> Picture:
        size = (max(1, round(one.shape[1] * scale)), max(1, round(one.shape[0] * scale)))
        return np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA), np.float32)

    known = (sized(hole) < 0.01).astype(np.float32)
    template = sized(condition)
    likeness = cv2.matchTemplate(sized(picture), template, cv2.TM_CCOEFF_NORMED, mask=np.dstack([known] * 3))
    likeness = np.where(np.isfinite(likeness) & (np.abs(likeness) < 1.01), likeness, -1)
    top, left = np.unravel_index(int(likeness.argmax()), likeness.shape)
    return float(likeness[top, left]), int(left), int(top)


def _margins(backdrop: Backdrop, rows: int, columns: int) -> Margins:
    """How far the backdrop's frames look beyond the borders, in pixels of the condition, within reason."""
    frame = _FRAME, max(1, round(_FRAME * backdrop.aspect))
    x, y = np.meshgrid(np.linspace(-0.5, frame[1] - 0.5, 9), np.linspace(-0.5, frame[0] - 0.5, 9))
    corners = np.stack([x.ravel(), y.ravel()], 1)
    seen = np.concatenate([backdrop.looks(index, corners, *frame) for index in range(len(backdrop.track))])
    seen = seen[np.isfinite(seen).all(1)]
    if not len(seen):
        return Margins()
    side = np.array([columns, rows])
    low = np.clip(-0.5 - seen.min(0), 0, _FARTHEST * side)
    high = np.clip(seen.max(0) - (side - 0.5), 0, _FARTHEST * side)
    spare = _SPARE * min(rows, columns)
    low, high = (np.where(part > _BESIDE, np.ceil(part + spare), 0).astype(int) for part in (low, high))
    return Margins(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
