"""The contact sheet of a wedge: takes of a shot side by side, to choose one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError, JobError
from ..contract.job import Job, Progress
from ..contract.takes import Take, missing_frames, read_take, same_layer
from ..footage import PlateInfo, layer_to_display, open_plate
from ..footage.stills import Still
from ..render.progress import opening
from .contact_sheet import FAINT, INK, blank, code, fit, placed, spread, write, write_png, written

Picture = NDArray[np.float32]

_CELL_PIXELS = 440 * 248
_GAP, _HEADER, _LINE = 6, 30, 22
_WIDEST_LABEL = 340


def write_wedge_sheet(
    folders: Sequence[str | os.PathLike[str]],
    sheet: str,
    columns: int = 3,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Path:
    """Write the comps of several takes as one PNG: a row for each, ``columns`` frames from first to last.

    Beside each row stands which take it is, its seed, and what else the takes were asked for otherwise. A frame
    that is not rendered yet is an empty cell. Raises ``JobError`` when a folder holds no take or none has a frame,
    ``FootageError`` when a frame or a plate cannot be read, ``OutputError``.
    """
    if columns < 1:
        raise JobError(f"A sheet of {columns} columns shows nothing.", "Give --columns 1 or more.")
    if Path(sheet).suffix.lower() != ".png":
        raise JobError(f"{sheet} is not a PNG's name.", "Give the sheet a name that ends in .png.")
    takes = [read_take(os.fspath(folder)) for folder in folders]
    for take in takes:
        if take.job is None:
            raise JobError(
                f"{take.folder} holds no take: neither its job.json nor its result.json can be read.",
                "Give folders that were rendered.",
            )
    frames = sorted({frame for take in takes for frame in (*take.frames_done, *missing_frames(take))})
    if not any(take.frames_done for take in takes):
        raise JobError("None of these takes has a finished frame.", "Wait for the first, and try again.")
    chosen = [frames[index] for index in spread(len(frames), columns)]
    labels = _labels(takes)
    rows = []
    for done, take in enumerate(takes):
        report(Progress("making the sheet", done, len(takes), "takes", done / len(takes)))
        assert take.job is not None
        counted = opening(report, done, len(takes))
        with open_plate(take.job.shot.plate, take.job.shot.frames, counted=counted) as plate:
            rows.append([_comp(take, frame, plate.info) for frame in chosen])
    write_png(Path(sheet), _drawn(labels, chosen, rows))
    return Path(sheet)


def _comp(take: Take, frame: int, info: PlateInfo) -> Picture | None:
    """A frame's comp as a display shows it, small; None when it is not rendered yet."""
    if frame not in take.frames_done:
        return None
    path = take.layer.replace("####", f"{frame:04d}")
    with Still(path, f"{path} (frame {frame})") as still:
        if not {"R", "G", "B"} <= set(still.parts[0].channels):
            raise FootageError(f"{path} has no R, G and B.", "Render this frame again.")
        pixels = still.read(still.parts[0], ("R", "G", "B"))
    return layer_to_display(fit(pixels, _CELL_PIXELS, info.pixel_aspect), info.space)


def _labels(takes: Sequence[Take]) -> list[list[str]]:
    """The lines beside each take: which it is, its seed, and every other field that is not the same in all."""
    jobs = [take.job for take in takes if take.job is not None]
    fields = [_fields(job) for job in jobs]
    differing = [name for name in fields[0] if any(one[name] != fields[0][name] for one in fields)]
    return [
        [
            f"take {take.number}" if take.number else os.path.basename(take.folder),
            f"seed {job.settings.seed}",
            *(f"{name} {_words(values[name])}" for name in differing if name != "seed"),
            *(["unfinished"] if take.state == "unfinished" else []),
        ]
        for take, job, values in zip(takes, jobs, fields, strict=True)
    ]


def _fields(job: Job) -> dict[str, Any]:
    parts = same_layer(job)
    return {**parts["shot"], **parts["settings"]}


def _words(value: Any) -> str:
    """A field's value as it is told: a file by its name."""
    value = value["path"] if isinstance(value, dict) else value
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return os.path.basename(value) or "none"
    return "by itself" if value is None else str(value)


def _drawn(labels: list[list[str]], frames: list[int], rows: list[list[Picture | None]]) -> NDArray[np.uint8]:
    """Frame numbers, and a row for each take: (h, w, 3) RGB."""
    shown = [picture for row in rows for picture in row if picture is not None]
    height = max(max(picture.shape[0] for picture in shown), _LINE * (max(map(len, labels)) + 1))
    width = max(picture.shape[1] for picture in shown)
    margin = min(_WIDEST_LABEL, max(written(line) for lines in labels for line in lines))
    across = margin + len(frames) * (width + _GAP)
    paper = blank(_HEADER + len(rows) * (height + _GAP), across)
    for column, frame in enumerate(frames):
        write(paper, str(frame), margin + column * (width + _GAP), _HEADER - 9, FAINT)
    for number, (lines, row) in enumerate(zip(labels, rows, strict=True)):
        top = _HEADER + number * (height + _GAP)
        for line, text in enumerate(lines):
            write(paper, text, 8, top + _LINE * (line + 1), FAINT if line else INK)
        for column, picture in enumerate(row):
            left = margin + column * (width + _GAP)
            if picture is None:
                write(paper, "not rendered", left + 8, top + height // 2, FAINT)
            else:
                paper[top : top + height, left : left + width] = code(placed(picture, height, width))
    return paper
