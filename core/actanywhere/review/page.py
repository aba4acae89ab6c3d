"""A sequence's review as one HTML file: a row a shot, with its pictures in it, and notes that come back as JSON.

It works from disk, without a server or a network. The pictures of a row lie in a data block of their own, which is read
only when the row comes into view.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from ..contract.errors import ActAnywhereError, JobError
from ..contract.files import write_text
from ..contract.job import Job, Progress, Result
from ..contract.settings import setting_fields
from ..contract.takes import read_take
from ..footage import Counted
from ..render.progress import opening
from .contact_sheet import Picture, code, fit, spread
from .folder import open_pictures

_TAKE = re.compile(r"^(.*?)(?:_redo\d+|[/\\]take_\d+)$")
_AREA = 400 * 225
_QUALITY = 75
_MOST_BYTES = 16_000_000
"""Of all pictures together, about: so much opens in two seconds."""
_PICTURE_BYTES = 16_000  # about, in base64, at the full area
_FEWEST_FRAMES, _MOST_FRAMES = 2, 24


@dataclass(frozen=True)
class PageShot:
    """A row: the shot's takes, oldest first, and what is known where there is none."""

    name: str
    takes: list[Path] = field(default_factory=list)
    job: Job | None = None
    state: str = ""
    error: str = ""


def shots_below(folder: str | os.PathLike[str]) -> list[PageShot]:
    """The rendered folders in a folder and below it, by their shots. Raises ``JobError`` when there is none."""
    found: dict[str, list[Path]] = {}
    for parent, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if name != "review" and not name.startswith("."))
        if "result.json" in files or "job.json" in files:
            match = _TAKE.match(parent)
            found.setdefault(match[1] if match else parent, []).append(Path(parent))
    if not found:
        raise JobError(
            f"{folder} holds no rendered folder.", "Give the folder that holds the shots' outputs."
        )
    by_number = {
        place: sorted(takes, key=lambda take: (len(str(take)), str(take))) for place, takes in found.items()
    }
    return [PageShot(os.path.basename(place), takes) for place, takes in by_number.items()]


def write_page(
    shots: Sequence[PageShot],
    path: Path,
    title: str,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Path:
    """Write the page of ``shots``; it appears when it is whole. Raises ``OutputError``."""
    pieces = max(1, sum(1 + max(1, len(shot.takes)) for shot in shots))
    most = max(_FEWEST_FRAMES, min(_MOST_FRAMES, _MOST_BYTES // (_PICTURE_BYTES * pieces)))
    area = min(_AREA, _AREA * _MOST_BYTES // (_PICTURE_BYTES * pieces * _FEWEST_FRAMES))
    rows, blocks = [], []

    reached = 0.0

    def tell(number: int, share: float) -> None:
        nonlocal reached
        reached = (number + share) / max(1, len(shots))
        report(Progress("making the page", number, len(shots), "shots", reached))

    counted = opening(lambda progress: report(replace(progress, fraction=reached)))

    for number, shot in enumerate(shots):
        tell(number, 0.0)
        row, pictures = _row(shot, most, area, partial(tell, number), counted)
        rows.append(row)
        blocks.append(_block(f"p{number}", pictures))
    tell(len(shots), 0.0)
    folders = "\n".join(row["folder"] for row in rows)
    about = {
        "title": title,
        "id": hashlib.sha256(folders.encode()).hexdigest()[:12],
        "settings": [one.name for one in setting_fields()],
        "rows": rows,
    }
    page = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    write_text(str(path), page.replace("<!--DATA-->", _block("about", about) + "".join(blocks)))
    return path


def _block(name: str, data: Any) -> str:
    """Data that no HTML in it can end: a shot may be called anything."""
    text = json.dumps(data).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>\n'


def _row(
    shot: PageShot, most: int, area: int, tell: Callable[[float], None], counted: Counted
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What the page knows of a shot, and its pictures: ``plate`` and a list for each take, in base64.

    ``tell`` hears the share of the pictures that is there, ``counted`` how far a take's footage is opened.
    """
    takes = [read_take(str(folder)) for folder in shot.takes]
    results = [
        (f"comp {n}", take.folder, take.result) for n, take in enumerate(takes, 1) if take.result is not None
    ]
    last = results[-1][2] if results else None
    job = (
        last.job
        if last is not None
        else next((t.job for t in reversed(takes) if t.job is not None), shot.job)
    )
    frames = [] if last is None else [list(last.frames)[i] for i in spread(len(last.frames), most)]
    pictures: dict[str, list[str]] = {"plate": []} if results else {}
    problems = [take.problem for take in takes if take.problem]
    aspect = ""
    for at, (name, folder, result) in enumerate(results):

        def seen(share: float, at: int = at) -> None:
            tell((at + share) / len(results))

        try:
            aspect = _collect(pictures, name, Path(folder), result, frames, area, seen, counted) or aspect
        except ActAnywhereError as error:
            problems.append(error.message)
    row = {
        "name": shot.name,
        "folder": takes[-1].folder if takes else (job.output if job is not None else ""),
        "state": shot.state or (takes[-1].state if takes else "waiting"),
        "error": "\n".join([shot.error] * bool(shot.error) + problems),
        "warnings": [] if last is None else list(last.warnings),
        "decisions": [] if last is None else [[d.name, d.value, d.reason] for d in last.decisions],
        "summary": "" if last is None else f"camera {last.camera}, seed {last.job.settings.seed}",
        "frames": frames,
        "takes": [name.partition(" ")[2] for name, _, _ in results],
        "kinds": list(pictures),
        "aspect": aspect,
        "job": None if job is None else job.to_dict(),
    }
    return row, pictures


def _collect(
    pictures: dict[str, list[str]],
    name: str,
    folder: Path,
    result: Result,
    frames: Sequence[int],
    area: int,
    seen: Callable[[float], None],
    counted: Counted,
) -> str:
    """Add a take's pictures, and the plate's with the first take; gives the pictures' aspect."""
    aspect = ""
    with open_pictures(result, folder, counted) as source:
        for done, frame in enumerate(frames):
            seen(done / len(frames))
            if frame not in result.frames:
                pictures.setdefault(name, []).append("")
                continue
            looks = source.at(frame)
            small = {kind: fit(looks[kind], area) for kind in ("plate", "comp")}
            aspect = f"{small['comp'].shape[1]}/{small['comp'].shape[0]}"
            pictures.setdefault(name, []).append(_jpeg(small["comp"]))
            if len(pictures["plate"]) < len(frames):
                pictures["plate"].append(_jpeg(small["plate"]))
    return aspect


def _jpeg(rgb: Picture) -> str:
    _, data = cv2.imencode(".jpg", code(rgb)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return base64.b64encode(data.tobytes()).decode("ascii")
