"""Shots evaluated: rendered if need be, and measured beside the results of other methods."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.job import Job, Progress
from ..engines.find import Engines
from ..render.render import render
from .bench import Bench, read_bench
from .cases import Case
from .figures import Figures
from .measures import measure
from .sheet import Block

Frames = NDArray[np.uint8]

MoreMeasures = Callable[[Frames, NDArray[np.uint8]], Mapping[str, float | None]]
"""Further figures of a result's frames (T, h, w, 3) and its condition (h, w, 3)."""


Report = Callable[[str, Progress], None]
"""Hears how far a shot is, by its name."""
ShouldStop = Callable[[], bool]
"""Says whether to stop."""


@dataclass(frozen=True)
class ShotReport:
    """A row for every method, the shot's block of the sheet, and the methods' frames."""

    rows: list[Figures]
    block: Block
    frames: dict[str, Frames]


def render_job(case: Case, output: Path, engines: Engines) -> Job:
    """The job that renders a case under ``output``: in a folder of its own for every model and every setting."""
    job = case.job
    settings = replace(job.settings, format=("exr", "png"))
    facts = json.dumps(replace(job, settings=settings, output="").to_dict(), sort_keys=True)
    digest = engines.find(settings.model).digest()
    key = hashlib.sha256((digest + facts).encode()).hexdigest()[:8]
    folder = f"{case.name}_{Path(settings.model).name}_{key}"
    return replace(job, settings=settings, output=str(output.absolute() / "renders" / folder))


def evaluate_shot(
    case: Case,
    output: Path,
    engines: Engines,
    report: Report,
    cancelled: ShouldStop,
    more: MoreMeasures | None = None,
) -> ShotReport:
    """Render, measure and lay out one case. Raises what rendering raises."""
    result = render(
        render_job(case, output, engines),
        lambda progress: report(case.name, progress),
        cancelled,
        engines,
    )
    report(case.name, Progress("reading the results", fraction=1.0))
    bench = read_bench(case)
    ordered = {"ours": bench.ours(result), **_others(bench)}
    rows = []
    for done, (method, frames) in enumerate(ordered.items()):
        report(case.name, Progress("measuring", done, len(ordered), "results", done / len(ordered)))
        values = measure(frames, bench.ground).to_dict()
        values |= more(frames, bench.ground.condition) if more else {}
        rows.append(Figures(case.name, method, values))
    columns = {"condition": bench.ground.condition[None], "plate": bench.ground.plate, **ordered}
    title = (
        f"{case.name}   {case.job.shot.frames}   camera {result.camera}: {result.decided('camera').reason}"
    )
    return ShotReport(rows, Block(title, columns), ordered)


def _others(bench: Bench) -> dict[str, Frames]:
    """The authors' results, the baselines, then everybody else's."""
    references = {name: bench.reference(path) for name, path in bench.case.references.items()}
    authors = {name: frames for name, frames in references.items() if name.startswith("authors")}
    others = {name: frames for name, frames in references.items() if name not in authors}
    return {**authors, **bench.baselines(), **others}
