"""The contact sheet of an evaluation: a column a method, a row a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..review.contact_sheet import FAINT, INK, blank, spread, write, write_png, written

Frames = NDArray[np.uint8]

_CELL = 160
_GAP, _TITLE, _HEADER, _MARGIN = 4, 30, 20, 8


@dataclass(frozen=True)
class Block:
    """One shot: a title, and columns of frames (T, h, w, 3) by their headings; a single frame stands still."""

    title: str
    columns: Mapping[str, Frames]


def write_sheet(path: Path, blocks: Sequence[Block], frames: int = 3) -> None:
    """Write a PNG with every block, each with ``frames`` frames from first to last. Raises ``OutputError``."""
    drawn = [_draw(block, frames) for block in blocks]
    width = max(one.shape[1] for one in drawn)
    write_png(path, np.concatenate([_widen(one, width) for one in drawn]))


def _draw(block: Block, frames: int) -> Frames:
    count = max(len(column) for column in block.columns.values())
    places = spread(count, frames)
    cells = {
        name: [_cell(column[min(p, len(column) - 1)]) for p in places]
        for name, column in block.columns.items()
    }
    height, width = np.max([cell[0].shape[:2] for cell in cells.values()], axis=0)
    width = max(width, *(written(name) + _GAP for name in cells))
    top = _TITLE + _HEADER
    paper = blank(top + len(places) * (height + _GAP) + _MARGIN, _MARGIN + len(cells) * (width + _GAP))
    write(paper, block.title, _MARGIN, 20, INK)
    for number, (name, column) in enumerate(cells.items()):
        left = _MARGIN + number * (width + _GAP)
        write(paper, name, left, _TITLE + 12, FAINT)
        for row, cell in enumerate(column):
            y = top + row * (height + _GAP)
            paper[y : y + cell.shape[0], left : left + cell.shape[1]] = cell
    return paper


def _cell(picture: NDArray[np.uint8]) -> Frames:
    """The picture so small that its area is a cell's."""
    scale = _CELL / (picture.shape[0] * picture.shape[1]) ** 0.5
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=cv2.INTER_AREA), np.uint8)


def _widen(paper: Frames, width: int) -> Frames:
    wide = blank(paper.shape[0], width)
    wide[:, : paper.shape[1]] = paper
    return wide
