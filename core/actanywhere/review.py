"""A rendered folder at a glance: a contact sheet, and a movie of plate, layer and comp side by side.

Pictures here are for looking at: display-referred, made small, pixel aspect resolved.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import FootageError, JobError, OutputError
from .footage import (
    MatteReader,
    MovieWriter,
    Plate,
    open_matte,
    open_plate,
    read_condition,
    to_display,
    treat_matte,
)
from .footage.colour import is_scene_linear
from .footage.layer import replace_atomically
from .footage.sequences import find_footage
from .footage.stills import Still
from .job import Progress, Result
from .shot import ImageSequence

__all__ = ["Review", "read_result", "write_review"]

Picture = NDArray[np.float32]

_ROWS = ("plate", "matte", "condition", "layer", "comp")
_CELL_PIXELS = 320 * 180
_PANEL_PIXELS = 640 * 360
_GAP, _MARGIN, _SLATE, _HEADER = 4, 100, 58, 26
_PAPER, _INK, _FAINT = 28, 235, 150  # 8-bit greys


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
        raise JobError("A sheet of %d columns shows nothing." % columns, "Give --columns 1 or more.")
    result = read_result(folder)
    into = Path(folder) / "review"
    try:
        into.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(
            "%s cannot be made: %s." % (into, error.strerror), "Check its permissions."
        ) from error
    written = Review(into / "sheet.png", into / "review.mp4")
    frames = list(result.frames)
    chosen = [frames[i] for i in _spread(len(frames), columns)]
    with _open(result, Path(folder)) as pictures:
        cells: dict[int, list[Picture]] = {}
        with MovieWriter(str(written.movie), pictures.fps) as movie:
            for done, frame in enumerate(frames, 1):
                looks = pictures.at(frame)
                movie.write(_beside([_fit(looks[row], _PANEL_PIXELS) for row in ("plate", "layer", "comp")]))
                if frame in chosen:
                    cells[frame] = [_fit(looks[row], _CELL_PIXELS) for row in _ROWS]
                report(Progress("Reviewing", done, len(frames), fraction=done / len(frames)))
    _write_png(written.sheet, _sheet(result, [(frame, cells[frame]) for frame in chosen]))
    return written


def read_result(folder: str | os.PathLike[str]) -> Result:
    """What ``result.json`` in a folder says. Raises JobError when there is none, or another file."""
    path = Path(folder) / "result.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobError(
            "%s cannot be read: %s." % (path, error.strerror),
            "Give a folder that 'actanywhere render' has finished.",
        ) from error
    except ValueError as error:
        raise JobError("%s is not a result: %s." % (path, error), "Render the shot again.") from error
    if not isinstance(data, dict):
        raise JobError("%s is not a result." % path, "Render the shot again.")
    return Result.from_dict(data)


# -- the pictures --------------------------------------------------------------------------------------------


@contextmanager
def _open(result: Result, folder: Path) -> Iterator[_Pictures]:
    shot = result.job.shot
    with open_plate(shot.plate, result.frames) as plate, open_matte(shot.matte, plate) as matte:
        yield _Pictures(result, folder, plate, matte)


class _Pictures:
    """The pictures of every frame, by the name of their row, as a display shows them and not larger than a panel."""

    def __init__(self, result: Result, folder: Path, plate: Plate, matte: MatteReader) -> None:
        self._plate, self._matte, self._settings = plate, matte, result.job.settings
        # The folder may have moved since: its own frames count, not where they once were.
        self._layer = find_footage(ImageSequence(str(folder / os.path.basename(result.layer))))
        self._condition = _fit(read_condition(result.job.shot.condition), _PANEL_PIXELS)
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
            "layer": self._display(self._small(layer)),
            "comp": self._display(self._small(comp)),
        }

    def _read_layer(self, frame: int) -> tuple[Picture, Picture]:
        """Comp and background of a frame, (H, W, 3) scene-linear."""
        path = self._layer.at(frame)
        with Still(path, "%s (frame %d)" % (path, frame)) as still:
            names = ("R", "G", "B", *(self._settings.layer + "." + one for one in "RGB"))
            missing = sorted(set(names) - set(still.parts[0].channels))
            if missing:
                raise FootageError("%s has no %s." % (path, ", ".join(missing)), "Render this frame again.")
            pixels = still.read(still.parts[0], names)
        return pixels[..., :3], pixels[..., 3:]

    def _small(self, pixels: Picture) -> Picture:
        return _fit(pixels, _PANEL_PIXELS, self._plate.info.pixel_aspect)

    def _display(self, rgb: Picture) -> Picture:
        """A layer's scene-linear pixels; those of a display plate were its curve undone, which comes back here."""
        if is_scene_linear(self._plate.info.space):
            return to_display(rgb, self._plate.info.space)
        rgb = np.clip(rgb, 0.0, 1.0)
        curve = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * np.power(rgb, 1 / 2.4) - 0.055)
        return curve.astype(np.float32)


def _fit(pixels: Picture, area: int, pixel_aspect: float = 1.0) -> Picture:
    """The picture with square pixels, made small enough for ``area`` pixels; never made larger."""
    height, width = pixels.shape[0], pixels.shape[1] * pixel_aspect
    scale = min(1.0, (area / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _spread(count: int, columns: int) -> list[int]:
    """At most ``columns`` indices from the first to the last."""
    return sorted({round(i) for i in np.linspace(0, count - 1, min(columns, count)).tolist()})


# -- the sheet -----------------------------------------------------------------------------------------------


def _beside(panels: Sequence[Picture]) -> Picture:
    height = max(panel.shape[0] for panel in panels)
    return np.concatenate([_placed(panel, height, panel.shape[1]) for panel in panels], axis=1)


def _placed(picture: Picture, height: int, width: int) -> Picture:
    """A picture in the middle of a cell, made smaller if it does not fit."""
    scale = min(1.0, height / picture.shape[0], width / picture.shape[1])
    if scale < 1.0:
        picture = _fit(picture, int(picture.shape[0] * picture.shape[1] * scale * scale))[:height, :width]
    cell = np.full((height, width, 3), _PAPER / 255, np.float32)
    top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
    cell[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return cell


def _sheet(result: Result, columns: Sequence[tuple[int, list[Picture]]]) -> NDArray[np.uint8]:
    """Slate, frame numbers, and a row for each kind of picture: (h, w, 3) RGB."""
    height, width = columns[0][1][0].shape[:2]
    lines = _slate(result)
    across = max(_MARGIN + len(columns) * (width + _GAP), *(_written(line) for line in lines))
    paper = np.full((_SLATE + _HEADER + len(_ROWS) * (height + _GAP), across, 3), _PAPER, np.uint8)
    for number, line in enumerate(lines):
        _write(paper, line, 8, 22 + 24 * number, _INK if number == 0 else _FAINT)
    for row, name in enumerate(_ROWS):
        top = _SLATE + _HEADER + row * (height + _GAP)
        _write(paper, name, 8, top + height // 2 + 5, _INK)
        for column, (frame, cells) in enumerate(columns):
            left = _MARGIN + column * (width + _GAP)
            paper[top : top + height, left : left + width] = _code(_placed(cells[row], height, width))
            if row == 0:
                _write(paper, str(frame), left, top - 8, _FAINT)
    return paper


def _slate(result: Result) -> list[str]:
    job, settings = result.job, result.job.settings
    take = "preview" if settings.preview else "full"
    return [
        "%s   %s   model %s   seed %d   %s"
        % (job.shot.name, result.frames, os.path.basename(settings.model), settings.seed, take),
        "camera %s: %s" % (result.camera, result.camera_reason),
    ]


_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.5


def _written(text: str) -> int:
    """How wide a line is, with its margins."""
    (width, _), _ = cv2.getTextSize(text, _FONT, _SIZE, 1)
    return int(width) + 16


def _write(paper: NDArray[np.uint8], text: str, left: int, baseline: int, ink: int) -> None:
    cv2.putText(paper, text, (left, baseline), _FONT, _SIZE, (ink, ink, ink), 1, cv2.LINE_AA)


def _code(rgb: Picture) -> NDArray[np.uint8]:
    return np.round(np.clip(rgb, 0.0, 1.0) * 255.0).astype(np.uint8)


def _write_png(path: Path, rgb: NDArray[np.uint8]) -> None:
    _, data = cv2.imencode(".png", rgb[..., ::-1])

    def write(temporary: str) -> None:
        Path(temporary).write_bytes(data.tobytes())

    replace_atomically(str(path), write)
