"""``actanywhere evaluate``: what a model is worth, in one table and one sheet."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Cancelled, JobError, OutputError
from ..job import Progress, Settings
from .flags import add_setting_flags, given_settings
from .follow import Interrupts
from .screen import Screen

if TYPE_CHECKING:
    from ..evaluation.cases import Cases
    from ..evaluation.figures import Figures
    from ..evaluation.sheet import Block
    from ..evaluation.shots import Watch
    from ..painter import ModelCache

__all__ = ["MEASURES", "add_evaluate_flags", "evaluate"]

MEASURES = """\
Every measure is told in docs/evaluation.md. In short: palette, structure, camera and sharpness are best at 1, warp
error and duplicate at 0, subject_db at 60 (the plate's own pixels), halo is about 20 without a rim.
"""


def add_evaluate_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of ``evaluate``."""
    what = parser.add_argument_group("what is evaluated (one of them, or both)")
    what.add_argument(
        "--shots",
        metavar="PATH",
        help="A folder with a folder for each shot (plate, matte, condition.png, and reference/*.mp4 for others' "
        "results), or the list that 'batch' takes.",
    )
    what.add_argument(
        "--frames",
        type=int,
        default=48,
        metavar="N",
        help="At most the first N frames of each shot (default: 48).",
    )
    what.add_argument(
        "--procedural",
        type=int,
        default=0,
        metavar="N",
        help="N made-up clips that no training saw, measured against their truth (5 to 10 seconds each on two cores).",
    )
    what.add_argument(
        "--pictures",
        nargs="+",
        default=[],
        metavar="DIR",
        help="Folders of pictures and movies: procedural clips also stand in those of them that training holds out.",
    )
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="The folder for tables, sheets and renders."
    )
    add_setting_flags(parser.add_argument_group("how ours is rendered"))


@dataclass
class _Findings:
    """What one part of an evaluation found."""

    rows: list[Figures] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


def evaluate(args: argparse.Namespace, screen: Screen) -> int:
    """Evaluate as the flags say; exit status 0. Raises an ``ActAnywhereError``."""
    if not args.shots and args.procedural < 1:
        raise JobError("There is nothing to evaluate.", "Give --shots FOLDER, or --procedural 12, or both.")
    if args.frames < 2:
        raise JobError(f"{args.frames} frames show no motion.", "Give --frames 2 or more.")
    output, settings = Path(args.output), given_settings(args)
    cases = _find(args, settings)
    if args.dry_run:
        _tell_plan(cases, args, output)
        return 0
    from ..painter import ModelCache

    _make_folder(output)
    models = ModelCache()
    with Interrupts() as interrupts:
        from ..evaluation.shots import Watch

        watch = Watch(screen.progress, lambda: bool(interrupts.asked))
        try:
            parts = []
            if cases is not None:
                parts.append(("shots", _shots(cases, output, models, watch, screen)))
            if args.procedural:
                parts.append(("truth", _truth(args, settings, models, watch)))
        finally:
            screen.clear()
    _write(parts, output, args)
    return 0


def _find(args: argparse.Namespace, settings: Mapping[str, Any]) -> Cases | None:
    from ..evaluation.cases import find_cases

    if not args.shots:
        return None
    path = Path(args.shots)
    if not path.exists():
        raise JobError(f"{path} is not there.", "Give a folder of shots, or a list of them.")
    return find_cases(path, settings, args.frames)


def _shots(cases: Cases, output: Path, models: ModelCache, watch: Watch, screen: Screen) -> _Findings:
    from ..evaluation.shots import evaluate_shot

    found = _Findings()
    for note in cases.notes:
        screen.note(note)
    for number, case in enumerate(cases.found, 1):
        screen.note(f"{number} of {len(cases.found)}: {case.name}")
        report = evaluate_shot(case, output, models, watch)
        found.rows += report.rows
        found.blocks.append(report.block)
    return found


def _truth(args: argparse.Namespace, given: Mapping[str, Any], models: ModelCache, watch: Watch) -> _Findings:
    from ..evaluation import truth
    from ..model.manifest import check_manifest, find_model
    from ..training.corpus import PictureLibrary

    settings = Settings(**{**given, "camera": "plate"})
    folder = find_model(settings.model)
    model = models.load(folder, check_manifest(folder), settings)
    pictures = PictureLibrary(args.pictures, "held-out") if args.pictures else None
    configuration = model.configuration
    size = (configuration.frames, configuration.area, configuration.side_multiple)
    found = _Findings()
    for done, shot in enumerate(truth.true_shots(args.procedural, *size, pictures)):
        share = done / args.procedural
        watch.report(
            "procedural", Progress("painting", done, args.procedural, "clips", share, message=shot.name)
        )
        if watch.cancelled():
            raise Cancelled("Stopped.", "Renders of shots are kept; procedural clips are painted anew.")
        ours = truth.render_ours(model, shot.scene, settings, lambda step: None)
        methods = truth.true_methods(shot, ours, settings)
        found.rows += truth.measure_true_shot(shot, methods)
        found.blocks.append(truth.true_block(shot, methods))
    return found


def _write(parts: Sequence[tuple[str, _Findings]], output: Path, args: argparse.Namespace) -> None:
    from ..evaluation.figures import in_columns, medians, to_csv, to_markdown
    from ..evaluation.sheet import write_sheet

    titles = {"shots": "Shots", "truth": "Procedural clips with known truth"}
    text = []
    for name, found in parts:
        middle = medians(found.rows)
        _write_text(output / f"{name}.csv", to_csv(found.rows))
        text += [f"# {titles[name]}", "Medians:", to_markdown(middle, "results"), to_markdown(found.rows)]
        write_sheet(output / f"{name}.png", found.blocks)
        if args.json:
            said = [{"results": row.shot, "method": row.method, **row.values} for row in middle]
            print(json.dumps({"event": "evaluation", "part": name, "medians": said}), flush=True)
        elif not args.quiet:
            print(f"\n{titles[name]}, medians\n{in_columns(middle, 'results')}", flush=True)
    _write_text(output / "evaluation.md", "\n\n".join(text) + "\n")
    if not (args.json or args.quiet):
        files = ["evaluation.md", *(f"{name}.{kind}" for name, _ in parts for kind in ("csv", "png"))]
        print("\n" + "\n".join(str(output / file) for file in files), flush=True)


def _tell_plan(cases: Cases | None, args: argparse.Namespace, output: Path) -> None:
    from ..evaluation.shots import render_job
    from ..survey import survey

    names = []
    for case in [] if cases is None else cases.found:
        found = survey(render_job(case, output))
        state = "is rendered" if found.done == len(found.frames) else f"to render: {found.frames}"
        others = ", ".join(case.references) or "none"
        print(f"{case.name}: {state}; camera {found.camera}; results of others: {others}")
    for note in [] if cases is None else cases.notes:
        print(note)
    names += ["shots.csv", "shots.png", "renders"] if cases is not None else []
    names += ["truth.csv", "truth.png"] if args.procedural else []
    for name in ["evaluation.md", *names]:
        print(f"would write  {output / name}")


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{output} cannot be made: {error.strerror}.", "Give another folder.") from error


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}.", "Free some space, or give another folder."
        ) from error
