"""The sheet of a matte that was made: the frames it is unsure of first, and some across the range."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from ..contract.files import make_folder
from ..contract.shot import FrameRange, ImageSequence, Matte
from ..footage import compact, open_matte, open_plate, to_display
from ..render.matte import MadeMatte
from .contact_sheet import FAINT, INK, blank, code, fit, placed, spread, write, write_png

_CELL = (200, 356)
_COLUMNS, _UNSURE, _OTHERS = 4, 8, 8
_LINE, _MARGIN = 22, 12
_OUTLINE = (1.0, 0.2, 0.1)


def write_matte_sheet(plate: ImageSequence, made: MadeMatte) -> Path:
    """Write the plate, dimmed beside the actor, to ``review/matte_sheet.png`` in the matte's folder, which so holds
    one sequence and can be given as it is. Raises ``OutputError``.
    """
    others = [list(made.frames)[index] for index in spread(len(made.frames), _OTHERS)]
    unsure = [made.unsure[index] for index in spread(len(made.unsure), _UNSURE)] if made.unsure else []
    frames = unsure + [frame for frame in others if frame not in unsure]
    height, width = _CELL
    rows = -(-len(frames) // _COLUMNS)
    top = 2 * _MARGIN + 2 * _LINE
    paper = blank(top + rows * (height + _LINE + _MARGIN), _MARGIN + _COLUMNS * (width + _MARGIN))
    write(paper, f"{Path(made.pattern).name}   by {made.source}", _MARGIN, _MARGIN + _LINE - 6, INK)
    caption = f"unsure of frames {compact(made.unsure)}" if made.unsure else "sure of every frame"
    write(paper, caption[:118], _MARGIN, _MARGIN + 2 * _LINE - 6, FAINT)
    for number, frame in enumerate(frames):
        y = top + (number // _COLUMNS) * (height + _LINE + _MARGIN)
        x = _MARGIN + (number % _COLUMNS) * (width + _MARGIN)
        title = f"frame {frame}" + ("   unsure" if frame in unsure else "")
        write(paper, title, x, y + _LINE - 6, INK if frame in unsure else FAINT)
        cell = placed(_shown(plate, made.pattern, frame), height, width)
        paper[y + _LINE : y + _LINE + height, x : x + width] = code(cell)
    folder = Path(made.pattern).parent / "review"
    make_folder(str(folder))
    path = folder / "matte_sheet.png"
    write_png(path, paper)
    return path


def _shown(plate: ImageSequence, pattern: str, frame: int) -> np.ndarray:
    """The frame as a display sees it, dimmed outside of its matte, with the matte's outline."""
    one = FrameRange(frame, frame)
    with open_plate(plate, one) as opened, open_matte(Matte(pattern), opened, one) as matte:
        info = opened.info
        pixels, alpha = opened.read(frame).pixels, matte.read(frame)
        small = to_display(fit(pixels, _CELL[0] * _CELL[1], info.pixel_aspect), info.space)
    actor = cv2.resize(alpha, small.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None]
    shown = np.ascontiguousarray(np.clip(small * (0.3 + 0.7 * actor), 0, 1), np.float32)
    lines, _ = cv2.findContours((actor[..., 0] > 0.5).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(shown, lines, -1, _OUTLINE, 1), np.float32)
