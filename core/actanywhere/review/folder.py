"""A rendered folder at a glance: a contact sheet, and a movie of plate, layer and comp side by side.

Pictures here are for looking at: display-referred, made small, pixel aspect resolved.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError, JobError
from ..contract.files import make_folder
from ..contract.job import Progress, Result
from ..contract.sequences import find_footage
from ..contract.shot import ImageSequence
from ..footage import (
    Counted,
    MatteReader,
    MatteValues,
    MovieWriter,
    Plate,
    layer_to_display,
    open_matte,
    open_plate,
    read_condition,
    to_display,
    treat_matte,
)
from ..footage.stills import Still
from ..render.progress import opening
from .contact_sheet import FAINT, INK, blank, code, fit, placed, spread, write, write_png, written

Picture = NDArray[np.float32]

_ROWS = ("plate", "matte", "condition", "layer", "comp")
_CELL_PIXELS = 320 * 180
_PANEL_PIXELS = 640 * 360
_GAP, _MARGIN, _LINE, _HEADER = 4, 100, 24, 26


@dataclass(frozen=True)
class Review:
    """The files that were written."""

    sheet: Path
    movie: Path


def write_review(
    folder: str | os.PathLike[str],
    columns: int = 8,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Review:
    """Write ``review/sheet.png`` and ``review/review.mp4`` into a rendered folder.

    The sheet shows ``columns`` frames spread over the range, with plate, matte (as it was used), condition,
    layer and comp. Each file appears when it is whole. Raises JobError when the folder holds no result,
    FootageError when a frame or the plate is gone, OutputError.
    """
    if columns < 1:
        raise JobError(f"A sheet of {columns} columns shows nothing.", "Give --columns 1 or more.")
    result = read_result(folder)
    into = Path(folder) / "review"
    make_folder(str(into))
    written = Review(into / "sheet.png", into / "review.mp4")
    frames = list(result.frames)
    chosen = [frames[i] for i in spread(len(frames), columns)]
    report(Progress("making the review", 0, len(frames)))
    counted = opening(lambda progress: report(replace(progress, fraction=0.0)))
    with open_pictures(result, Path(folder), counted) as pictures:
        cells: dict[int, list[Picture]] = {}
        with MovieWriter(str(written.movie), pictures.fps) as movie:
            for done, frame in enumerate(frames, 1):
                looks = pictures.at(frame)
                movie.write(_beside([fit(looks[row], _PANEL_PIXELS) for row in ("plate", "layer", "comp")]))
                if frame in chosen:
                    cells[frame] = [fit(looks[row], _CELL_PIXELS) for row in _ROWS]
                report(Progress("making the review", done, len(frames), fraction=done / len(frames)))
    write_png(written.sheet, _sheet(result, [(frame, cells[frame]) for frame in chosen]))
    return written


def read_result(folder: str | os.PathLike[str]) -> Result:
    """What ``result.json`` in a folder says. Raises JobError when there is none, or another file."""
    path = Path(folder) / "result.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobError(
            f"{path} cannot be read: {error.strerror}.",
            "Give a folder that 'actanywhere render' has finished.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise JobError(f"{path} is not a result: {error}.", "Render the shot again.") from error
    if not isinstance(data, dict):
        raise JobError(f"{path} is not a result.", "Render the shot again.")
    return Result.from_dict(data)


# -- the pictures --------------------------------------------------------------------------------------------


@contextmanager
def open_pictures(result: Result, folder: Path, counted: Counted) -> Iterator[_Pictures]:
    """The pictures of a finished folder, frame by frame; ``counted`` hears how far its footage is opened.

    Raises ``FootageError``.
    """
    shot, values = result.job.shot, MatteValues.of(result.job.settings)
    with (
        open_plate(shot.plate, result.frames, counted=counted) as plate,
        open_matte(shot.matte, plate, values=values, counted=counted) as matte,
    ):
        yield _Pictures(result, folder, plate, matte)


class _Pictures:
    """The pictures of every frame, by the name of their row, as a display shows them and not larger than a panel."""

    def __init__(self, result: Result, folder: Path, plate: Plate, matte: MatteReader) -> None:
        self._plate, self._matte, self._settings = plate, matte, result.job.settings
        # The folder may have moved since: its own frames count, not where they once were.
        self._layer = find_footage(ImageSequence(str(folder / os.path.basename(result.layer))))
        self._condition = fit(read_condition(result.job.shot.condition).pixels, _PANEL_PIXELS)
        self.fps = plate.info.fps

    def at(self, frame: int) -> dict[str, Picture]:
        """One frame's pictures, (h, w, 3) float32, 0..1."""
        info, settings = self._plate.info, self._settings
        matte = self._matte.read(frame)
        matte = treat_matte(matte, settings.invert_matte, settings.fill_matte, settings.grow_matte)
        comp, layer = self._read_layer(frame)
        return {
            "plate": np.clip(to_display(self._small(self._plate.read(frame).pixels), info.space), 0.0, 1.0),
            "matte": self._small(np.repeat(matte[..., None], 3, axis=2)),
            "condition": self._condition,
            "layer": layer_to_display(self._small(layer), info.space),
            "comp": layer_to_display(self._small(comp), info.space),
        }

    def _read_layer(self, frame: int) -> tuple[Picture, Picture]:
        """Comp and background of a frame, (H, W, 3) scene-linear."""
        path = self._layer.at(frame)
        with Still(path, f"{path} (frame {frame})") as still:
            names = ("R", "G", "B", *(self._settings.layer + "." + one for one in "RGB"))
            missing = sorted(set(names) - set(still.parts[0].channels))
            if missing:
                raise FootageError(
                    "{} has no {}.".format(path, ", ".join(missing)), "Render this frame again."
                )
            pixels = still.read(still.parts[0], names)
        return pixels[..., :3], pixels[..., 3:]

    def _small(self, pixels: Picture) -> Picture:
        return fit(pixels, _PANEL_PIXELS, self._plate.info.pixel_aspect)


# -- the sheet -----------------------------------------------------------------------------------------------


def _beside(panels: Sequence[Picture]) -> Picture:
    height = max(panel.shape[0] for panel in panels)
    return np.concatenate([placed(panel, height, panel.shape[1]) for panel in panels], axis=1)


def _sheet(result: Result, columns: Sequence[tuple[int, list[Picture]]]) -> NDArray[np.uint8]:
    """Slate, frame numbers, and a row for each kind of picture: (h, w, 3) RGB."""
    height, width = columns[0][1][0].shape[:2]
    pictures = _MARGIN + len(columns) * (width + _GAP)
    lines = _slate(result, pictures)
    across = max(pictures, *(written(line) for line in lines))
    slate = _LINE * len(lines) + 4
    paper = blank(slate + _HEADER + len(_ROWS) * (height + _GAP), across)
    for number, line in enumerate(lines):
        write(paper, line, 8, 22 + _LINE * number, INK if number == 0 else FAINT)
    for row, name in enumerate(_ROWS):
        top = slate + _HEADER + row * (height + _GAP)
        write(paper, name, 8, top + height // 2 + 5, INK)
        for column, (frame, cells) in enumerate(columns):
            left = _MARGIN + column * (width + _GAP)
            paper[top : top + height, left : left + width] = code(placed(cells[row], height, width))
            if row == 0:
                write(paper, str(frame), left, top - 8, FAINT)
    return paper


def _slate(result: Result, width: int) -> list[str]:
    """What the sheet is of, and what was decided, in lines of about ``width`` pixels."""
    job, settings = result.job, result.job.settings
    take = "preview" if settings.preview else "full"
    lines = [
        f"{job.shot.name}   {result.frames}   model {os.path.basename(settings.model)}   seed {settings.seed}   {take}"
    ]
    line = ""
    for decision in map(str, result.decisions):
        longer = f"{line}   {decision}" if line else decision
        if line and written(longer) > width:
            lines.append(line)
            longer = decision
        line = longer
    return [*lines, line]
