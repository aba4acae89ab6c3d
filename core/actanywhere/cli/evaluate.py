"""``actanywhere evaluate``: how good a model is, in tables and sheets."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.errors import JobError
from ..contract.files import make_folder
from ..contract.job import Progress
from ..contract.settings import Settings
from .flags import add_setting_flags, flag_of, given_settings
from .follow import Interrupts
from .screen import Screen, begin

if TYPE_CHECKING:
    from ..evaluation.cases import Cases
    from ..evaluation.parts import Encoders, Part
    from ..training.datasets import PictureLibrary, RenderedClips

MEASURES = """\
docs/evaluation.md explains every measure. In short: palette, structure, camera and sharpness are best at 1, warp
error and duplicate at 0, subject_db at 60 (the plate's own pixels), halo is about 20 without a rim.
With --marks: overlap of the other actor's mask with the marked one (best 1), left: the share of them still to be seen
(0), left standing: more than a quarter is (its mean is the share of shots), shadow precision and recall (1), feet
slide: how far the ground under the feet moves against the plate's, pixels of the plate a frame (0), its worst,
and feet measured, the share of the frames in which that is sure.
"""

_OF_A_SHOT = (
    "anchor",
    "size",
    "overlap",
    "matte_white",
    "matte_id",
    "fit_matte",
    "invert_matte",
    "fill_matte",
    "grow_matte",
    "shadow_side",
    "shadow_away",
    "shadow_density",
    "shadow_softness",
    "shadow_strength",
    "shadow_blur",
    "shadow_tint",
    "clean_plate",
    "layer",
    "format",
)


def add_evaluate_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of ``evaluate``."""
    what = parser.add_argument_group("what is evaluated (one of them, or several)")
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
        "--marks",
        metavar="DIR",
        help="Hold --shots to what was marked in them by hand, DIR/NAME.json (docs/evaluation.md), instead of to other "
        "methods: other actor found and left, shadow, feet.",
    )
    what.add_argument(
        "--networks",
        choices=("here", "none", "both"),
        default="here",
        help="With --marks: read pictures with the networks that are here (default), with none, or both side by side.",
    )
    what.add_argument(
        "--procedural",
        type=int,
        default=0,
        metavar="N",
        help="N made-up clips that no training saw, measured against their truth (5 to 10 seconds each on two cores).",
    )
    what.add_argument(
        "--rendered",
        metavar="DIR",
        help="A folder of rendered clips (examples/make_cycles_clips.py), measured against their truth.",
    )
    what.add_argument(
        "--pictures",
        action="extend",
        nargs="+",
        default=[],
        metavar="DIR",
        help="Folders of pictures and movies: procedural clips also stand in those of them that training holds out.",
    )
    paper = parser.add_argument_group("the paper's figures (for --shots; the networks are yours to fetch)")
    paper.add_argument(
        "--clip", metavar="DIR", help="CLIP in the hub's layout: adds clip_cond and clip_temp."
    )
    paper.add_argument(
        "--fvd", metavar="FILE", help="I3D as TorchScript: adds the Fréchet video distance from --real."
    )
    paper.add_argument("--real", metavar="DIR", help="A folder of real movies, for --fvd.")
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="The folder for tables, sheets and renders."
    )
    add_setting_flags(parser.add_argument_group("how ours is rendered"))


def evaluate(args: argparse.Namespace, screen: Screen) -> int:
    """Evaluate as the flags say; exit status 0. Raises an ``ActAnywhereError``."""
    if not args.shots and args.procedural < 1 and not args.rendered:
        raise JobError(
            "There is nothing to evaluate.",
            "Give --shots FOLDER, --procedural 12, --rendered FOLDER, or several.",
        )
    if args.frames < 2:
        raise JobError(f"{args.frames} frames show no motion.", "Give --frames 2 or more.")
    if bool(args.fvd) != bool(args.real):
        raise JobError(
            "A video distance is of results from real movies.", "Give both --fvd FILE and --real DIR."
        )
    if args.marks and not args.shots:
        raise JobError("--marks are of shots.", "Give --shots besides.")
    if args.networks != "here" and not args.marks:
        raise JobError(f"--networks {args.networks} is for --marks alone.", "Give --marks DIR besides.")
    if args.marks and (args.clip or args.fvd):
        raise JobError(
            "--marks holds shots to marks alone, without --clip and --fvd.", "Leave one of them out."
        )
    if (args.clip or args.fvd) and not args.shots:
        raise JobError("--clip and --fvd measure the results of shots.", "Give --shots besides.")
    output, settings = Path(args.output), given_settings(args)
    if args.procedural or args.rendered:
        _check_clips(settings)
    cases = _find(args, settings, partial(screen.progress, "evaluate"))
    if args.dry_run:
        screen.clear()
        _tell_plan(cases, args, output)
        return 0
    for note in [] if cases is None else cases.notes:
        screen.note(note)
    begin(screen, "evaluate", "starting PyTorch")
    # Opened before anything is made: they may be missing.
    encoders, pictures, clips = _encoders(args), _pictures(args), _rendered(args)
    make_folder(str(output))
    screen.clear()
    parts = _evaluate(args, cases, encoders, pictures, clips, screen)
    screen.clear()
    _show(parts, output, args)
    return 0


def _check_clips(settings: Mapping[str, Any]) -> None:
    """Refuse what clips with known truth cannot heed, so that their figures are of what was asked for."""
    given = [flag_of(name) for name in settings if name in _OF_A_SHOT]
    if settings.get("camera", "auto") not in ("auto", "plate"):
        given.append("--camera {}".format(settings["camera"]))
    if settings.get("shadow") == "given":
        given.append("--shadow given")
    if given:
        raise JobError(
            "{} cannot be used on clips with known truth: their camera, matte and shadow are their own, and they are "
            "painted in one window of the model's size.".format(", ".join(given)),
            "Leave that out, or give --shots without --procedural and --rendered.",
        )


def _evaluate(
    args: argparse.Namespace,
    cases: Cases | None,
    encoders: Encoders,
    pictures: PictureLibrary | None,
    clips: RenderedClips | None,
    screen: Screen,
) -> list[Part]:
    from ..engines.find import Engines
    from ..evaluation.parts import evaluate_marks, evaluate_rendered, evaluate_shots, evaluate_truth

    settings = Settings().given({**given_settings(args), "camera": "plate"})
    engines, parts = Engines(), []
    with Interrupts() as interrupts:

        def cancelled() -> bool:
            return bool(interrupts.asked)

        report = screen.progress
        if cases is not None and args.marks:
            folder, output = Path(args.marks), Path(args.output)
            parts.append(
                evaluate_marks(
                    cases.found, folder, args.networks, output, engines, report, cancelled, screen.note
                )
            )
        elif cases is not None:
            parts.append(
                evaluate_shots(
                    cases.found, Path(args.output), engines, report, cancelled, encoders, screen.note
                )
            )
        if args.procedural:
            parts.append(evaluate_truth(args.procedural, settings, pictures, engines, report, cancelled))
        if clips is not None:
            parts.append(evaluate_rendered(clips, settings, engines, report, cancelled))
    return parts


def _encoders(args: argparse.Namespace) -> Encoders:
    from ..engines.device import choose_device
    from ..evaluation.encoders import load_clip, load_features
    from ..evaluation.parts import Encoders
    from ..evaluation.videos import find_real_movies

    device = choose_device(getattr(args, "device", "auto"))
    if args.real:
        find_real_movies(Path(args.real))
    return Encoders(
        load_clip(Path(args.clip), device) if args.clip else None,
        load_features(Path(args.fvd), device) if args.fvd else None,
        Path(args.real or "."),
    )


def _pictures(args: argparse.Namespace) -> PictureLibrary | None:
    from ..training.datasets import PictureLibrary

    for folder in args.pictures:
        if not Path(folder).is_dir():
            raise JobError(f"{folder} is not a folder.", "Give folders of pictures and movies.")
    return PictureLibrary(args.pictures, "held-out") if args.pictures else None


def _rendered(args: argparse.Namespace) -> RenderedClips | None:
    from ..training.datasets import RenderedClips

    return RenderedClips(args.rendered) if args.rendered else None


def _find(
    args: argparse.Namespace, settings: Mapping[str, Any], report: Callable[[Progress], None]
) -> Cases | None:
    from ..evaluation.cases import find_cases

    if not args.shots:
        return None
    path = Path(args.shots)
    if not path.exists():
        raise JobError(f"{path} is not there.", "Give a folder of shots, or a list of them.")
    return find_cases(path, settings, args.frames, report)


def _show(parts: list[Part], output: Path, args: argparse.Namespace) -> None:
    from ..evaluation.figures import in_columns
    from ..evaluation.parts import write_parts

    files = write_parts(parts, output)
    for part in parts:
        for table in part.tables:
            if args.json:
                rows = [{table.first: row.shot, "method": row.method, **row.values} for row in table.rows]
                said = {"event": "evaluation", "part": part.name, "table": table.heading, "rows": rows}
                print(json.dumps(said), flush=True)
            elif not args.quiet:
                print(f"\n{part.title}: {table.heading}\n{in_columns(table.rows, table.first)}", flush=True)
    if not (args.json or args.quiet):
        print("\n" + "\n".join(map(str, files)), flush=True)


def _tell_plan(cases: Cases | None, args: argparse.Namespace, output: Path) -> None:
    from ..engines.find import Engines
    from ..evaluation.marks import read_marks
    from ..evaluation.shots import render_job
    from ..render.preflight import preflight

    names, engines = [], Engines()
    for case in [] if cases is None or args.marks else cases.found:
        found = preflight(render_job(case, output, engines))
        state = "is rendered" if found.done == len(found.frames) else f"to render: {found.frames}"
        others = ", ".join(case.references) or "none"
        print(f"{case.name}: {state}; camera {found.camera}; results of others: {others}")
    for note in [] if cases is None else cases.notes:
        print(note)
    for case in cases.found if cases is not None and args.marks else []:
        state = "without marks" if read_marks(Path(args.marks), case.job) is None else "held to its marks"
        print(f"{case.name}: {state}")
    if cases is not None:
        names += ["marks.csv", "marks.png"] if args.marks else ["shots.csv", "shots.png", "renders"]
    names += ["truth.csv", "truth.png"] if args.procedural else []
    names += ["rendered.csv", "rendered.png"] if args.rendered else []
    for name in ["evaluation.md", *names]:
        print(f"would write  {output / name}")
