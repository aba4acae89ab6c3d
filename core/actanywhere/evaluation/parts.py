"""The parts of an evaluation, shots and procedural clips, from input to tables and sheets."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import JobError, OutputError
from ..contract.settings import Settings
from ..engines.find import Engines
from ..render.progress import JobProgress, Stage
from ..training.datasets import PictureLibrary, RenderedClips
from . import truth
from .cases import Case
from .encoders import ClipEncoder, Features
from .figures import Figures, gains, means, medians, to_csv, to_markdown
from .marked_shots import evaluate_marked_shot, with_networks
from .marks import read_marks
from .protocol import clip_cond, clip_temp
from .pulled import pulled_shadows
from .sheet import Block, write_sheet
from .shots import Report, ShouldStop, evaluate_shot
from .videos import read_real_clips, video_distances

Frames = NDArray[np.uint8]

_FRAMES = 16
"""Of a clip, where the engine takes any number."""


@dataclass(frozen=True)
class Encoders:
    """The paper's networks, where they were given: CLIP; features and a folder of real movies for FVD."""

    clip: ClipEncoder | None = None
    features: Features | None = None
    real: Path = field(default_factory=Path)


@dataclass(frozen=True)
class Table:
    """Rows under a heading; ``first`` is the heading of their first column."""

    heading: str
    first: str
    rows: list[Figures]


@dataclass(frozen=True)
class Part:
    """What was found: ``tables`` for people, all ``rows`` for machines, and the sheet's ``blocks``."""

    name: str
    title: str
    tables: list[Table]
    rows: list[Figures]
    blocks: list[Block]


def evaluate_shots(
    cases: list[Case],
    output: Path,
    engines: Engines,
    report: Report,
    cancelled: ShouldStop,
    encoders: Encoders,
    note: Callable[[str], None],
) -> Part:
    """Render and measure every case. Raises what rendering raises; what is rendered is kept."""
    rows: list[Figures] = []
    blocks: list[Block] = []
    results: list[tuple[str, Frames]] = []
    for number, case in enumerate(cases, 1):
        note(f"{number} of {len(cases)}: {case.name}")
        found = evaluate_shot(case, output, engines, report, cancelled, _through(encoders.clip))
        rows += found.rows
        blocks.append(found.block)
        results += found.frames.items() if encoders.features else ()
    tables = [Table("Medians", "results", medians(rows))]
    if encoders.features is not None:
        height, width = results[0][1].shape[1:3]
        real = read_real_clips(encoders.real, height, width)
        distances = video_distances(results, real, encoders.features)
        tables.append(Table("Fréchet video distance", "shots", distances))
    return Part("shots", "Shots", tables, rows, blocks)


def evaluate_marks(
    cases: list[Case],
    folder: Path,
    networks: str,
    output: Path,
    engines: Engines,
    report: Report,
    cancelled: ShouldStop,
    note: Callable[[str], None],
) -> Part:
    """Hold every case to what was marked in it by hand, in ``folder``; ``networks`` is here, none or both.

    Raises what rendering raises, and ``JobError`` where no case has marks, or some cannot be read.
    """
    methods = with_networks(networks)
    known = [(case, marks) for case in cases if (marks := read_marks(folder, case.job)) is not None]
    if not known:
        raise JobError(
            f"{folder} holds marks of none of the shots.", "Name each file as its shot: NAME.json."
        )
    for name in [case.name for case in cases if all(case is not other for other, _ in known)]:
        note(f"{name} has no marks and is left out.")
    rows: list[Figures] = []
    blocks: list[Block] = []
    for number, (case, marks) in enumerate(known, 1):
        note(f"{number} of {len(known)}: {case.name}")
        more, block = evaluate_marked_shot(case, marks, methods, output, engines, report, cancelled)
        rows += more
        blocks.append(block)
    tables = [
        Table("Medians", "shots", medians(rows)),
        Table("Means", "shots", means(rows)),
        Table("Shot by shot", "shot", rows),
    ]
    return Part("marks", "Shots against marks made by hand", tables, rows, blocks)


def evaluate_truth(
    count: int,
    settings: Settings,
    pictures: PictureLibrary | None,
    engines: Engines,
    report: Report,
    cancelled: ShouldStop,
) -> Part:
    """Paint ``count`` procedural clips and measure them against their truth. Raises ``Cancelled``."""

    def draw(frames: int, area: int, multiple: int, gone_on: bool) -> Iterator[truth.TrueShot]:
        return truth.true_shots(count, frames, area, multiple, pictures, gone_on)

    title = "Procedural clips with known truth"
    return _against_truth("truth", title, "procedural", draw, count, settings, engines, report, cancelled)


def evaluate_rendered(
    clips: RenderedClips, settings: Settings, engines: Engines, report: Report, cancelled: ShouldStop
) -> Part:
    """Paint every rendered clip three times and measure it against its truth. Raises ``Cancelled``."""
    draw = partial(truth.rendered_shots, clips)
    title, count = "Rendered clips with known truth", 3 * len(clips.names)
    part = _against_truth("rendered", title, "rendered", draw, count, settings, engines, report, cancelled)
    if settings.shadow == "none":
        return part
    pulled = Table("The shadow pulled from the plate, clip by clip", "clip", pulled_shadows(clips))
    return replace(part, tables=[*part.tables, pulled])


def _against_truth(
    name: str,
    title: str,
    kind: str,
    draw: Callable[[int, int, int, bool], Iterator[truth.TrueShot]],
    count: int,
    settings: Settings,
    engines: Engines,
    report: Report,
    cancelled: ShouldStop,
) -> Part:
    engine = engines.find(settings.model)
    facts = engine.facts
    rows: list[Figures] = []
    blocks: list[Block] = []
    progress = JobProgress(partial(report, kind), cancelled, [Stage("painting", count, 7.0, "clips")])
    watch = progress.watch("painting", remedy=f"Renders of shots are kept; {kind} clips are painted again.")
    watch.step(0)
    shots = draw(facts.window or _FRAMES, facts.area, facts.multiple, not facts.invents)
    for done, shot in enumerate(shots):
        watch.step(done)
        progress.say("painting", shot.name)
        watch.check()
        if settings.shadow == "none":
            shot = replace(shot, scene=shot.plain)
        with tempfile.TemporaryDirectory() as scratch:
            ours = truth.render_ours(engine, shot.scene, settings, Path(scratch))
        methods = truth.true_methods(shot, ours, settings)
        rows += truth.measure_true_shot(shot, methods)
        blocks.append(truth.true_block(shot, methods))
    tables = [
        Table("Means", "clips", means(rows)),
        Table("What ours gains, clip by clip", "clips", gains(rows, "ours")),
    ]
    return Part(name, title, tables, rows, blocks)


def write_parts(parts: list[Part], output: Path) -> list[Path]:
    """Write evaluation.md, and NAME.csv and NAME.png of every part; gives the files. Raises ``OutputError``."""
    files = [output / "evaluation.md"]
    text = []
    for part in parts:
        text += [f"# {part.title}"]
        for table in part.tables:
            text += [f"## {table.heading}", to_markdown(table.rows, table.first)]
        if all(table.rows is not part.rows for table in part.tables):
            text += ["## All", to_markdown(part.rows)]
        _write_text(output / f"{part.name}.csv", to_csv(part.rows))
        write_sheet(output / f"{part.name}.png", part.blocks)
        files += [output / f"{part.name}.csv", output / f"{part.name}.png"]
    _write_text(files[0], "\n\n".join(text) + "\n")
    return files


def _through(clip: ClipEncoder | None) -> Callable[[Frames, Frames], dict[str, float | None]] | None:
    """CLIP_cond and CLIP_temp of a result's frames and its condition."""
    if clip is None:
        return None

    def measure(frames: Frames, condition: Frames) -> dict[str, float | None]:
        seen = clip(frames)
        return {"clip_cond": clip_cond(seen, clip(condition[None])[0]), "clip_temp": clip_temp(seen)}

    return measure


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}.", "Free some space, or give another folder."
        ) from error
