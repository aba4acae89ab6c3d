"""The parser of the command line: commands, flags, examples."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence

from .. import __version__
from ..contract.groups.matte import READING
from ..training import flags as training_flags
from .descriptions import BATCH, MATTE, MATTE_EXAMPLES, TOP, TOP_EXAMPLES
from .evaluate import MEASURES, add_evaluate_flags
from .farm import add_farm_flags, add_farm_parser
from .flags import Plain, add_matte_flags, add_setting_flags, add_shot_flags, add_talk
from .model_parsers import add_model_parsers


def read_words(words: Sequence[str]) -> argparse.Namespace:
    """The flags of a command line. Ends with status 2 at one that is unknown, and names the nearest that there is."""
    parser = build_parser()
    args, unknown = parser.parse_known_args(words)
    if unknown:
        commands = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
        flags = list(commands.choices[args.command]._option_string_actions)
        near = difflib.get_close_matches(unknown[0].partition("=")[0], flags, 1)
        mend = f"did you mean {near[0]}?" if near else f"actanywhere {args.command} --help lists them."
        parser.error(f"unknown: {' '.join(unknown)}; {mend}")
    return args


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; ``args.command`` says which."""
    parser = argparse.ArgumentParser(
        "actanywhere", description=TOP, epilog=TOP_EXAMPLES, formatter_class=Plain
    )
    parser.add_argument("--version", action="version", version="actanywhere " + __version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _render(commands)
    _batch(commands)
    _review(commands)
    _doctor(commands)
    _demo(commands)
    _cleanplate(commands)
    _matte(commands)
    _selftest(commands)
    _train(commands)
    _evaluate(commands)
    _camera(commands)
    add_model_parsers(commands)
    add_farm_parser(commands)
    commands.add_parser(
        "worker",
        help="serve jobs as JSON lines over the standard streams (what hosts start)",
        description="Serves jobs as JSON lines over its standard streams, with the model kept loaded, until its "
        "input ends. Blender, Nuke and 'render' start it; actanywhere/contract/launch.py documents the protocol.",
    )
    return parser


def _render(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "render",
        help="render one shot",
        description="Renders one shot into a folder: EXR frames with the background layer and the comp, and "
        "result.json with all that is needed to render them again.",
        formatter_class=Plain,
    )
    add_shot_flags(parser.add_argument_group("the shot"))
    add_setting_flags(parser.add_argument_group("how it is rendered"))
    files = parser.add_argument_group("job files")
    files.add_argument(
        "--job",
        metavar="FILE",
        help="Render the job in this JSON file instead of the shot flags. Settings and --output can be overridden.",
    )
    files.add_argument(
        "--write-job",
        metavar="FILE",
        help="Write the job to this JSON file and stop: for --job, here or on a farm.",
    )
    parser.add_argument(
        "--sheet",
        metavar="FILE.png",
        help="With --dry-run: read the shot and draw who was found in the condition, what is behind them, and where "
        "the actor stands in it.",
    )
    add_talk(parser, dry_run=True)


def _batch(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "batch",
        help="render many shots, one or several at once",
        description="Renders the shots of a list. All are checked first; a bad shot is named and left out, the "
        "others are rendered, and a table says what became of each. "
        "Exit status 1 if a worker failed, else 2 if a shot was bad.",
        epilog=BATCH,
        formatter_class=Plain,
    )
    parser.add_argument("shots", nargs="?", metavar="SHOTS.json|SHOTS.csv", help="The list of shots.")
    parser.add_argument(
        "--from-review",
        metavar="notes.json",
        help="Instead of a list: render the shots marked 'redo' in the notes of a review page, beside the reviewed "
        "takes.",
    )
    parser.add_argument(
        "--edit",
        metavar="CUT",
        help="Render only the shots and frame ranges used in this edit (OTIO, FCP XML, AAF, EDL). With --openjd, the "
        "edit with the layers as media is written into the bundle (CUT_layers.otio).",
    )
    parser.add_argument(
        "--handles",
        type=int,
        default=0,
        metavar="N",
        help="Handles: extra frames at both ends of what the edit uses (default: 0).",
    )
    parser.add_argument(
        "--edit-rate",
        type=float,
        metavar="FPS",
        help="Frame rate of an edit that does not state it, such as an EDL (default: 24).",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="Shots rendered at once, each in a process with its own loaded model, and on a GPU of its own if there "
        "are several (default: 1). Fewer are started if memory is short; the layers are the same.",
    )
    add_farm_flags(parser.add_argument_group("on a farm (docs/farm.md)"))
    add_setting_flags(parser.add_argument_group("settings for all shots (they win over the list)"))
    add_talk(parser, dry_run=True)


def _review(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "review",
        help="make a contact sheet and a movie of a rendered folder, or a sheet of takes",
        description="Writes DIR/review/: a contact sheet (plate, matte, condition, layer and comp of frames across "
        "the range) and an .mp4 of plate, layer and comp side by side. With --wedge: one sheet of several takes' "
        "comps, a row for each, with the seed and what else differs.",
    )
    parser.add_argument(
        "folder", nargs="?", metavar="DIR", help="A folder that holds result.json and its layer."
    )
    parser.add_argument(
        "--wedge",
        action="extend",
        nargs="+",
        metavar="DIR",
        help="Folders of takes to compare; unfinished ones may be among them.",
    )
    parser.add_argument(
        "--page",
        action="store_true",
        help="One HTML file for all rendered folders below DIR: wipe, frames, takes, warnings, decisions, notes and "
        "verdicts. 'batch --from-review' renders the shots marked 'redo'.",
    )
    parser.add_argument(
        "--output", metavar="FILE", help="The sheet of --wedge, or the page (left out: DIR/review.html)."
    )
    parser.add_argument(
        "--columns",
        type=int,
        metavar="N",
        help="How many frames the sheet shows, from first to last (default: 8; with --wedge: 3).",
    )
    add_talk(parser, dry_run=False)


def _doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "doctor",
        help="check this machine, and say how to get what is missing",
        description="Looks at Python, libraries, GPU, models, colour, memory and disk. Each line is ok, warn or "
        "FAIL, with the one thing to do. Exit status 1 if something essential fails.",
    )
    parser.add_argument("--json", action="store_true", help="One JSON object a line, for machines.")


def _demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "demo",
        help="render the example shot and make its contact sheet",
        description="Renders the shot that comes with the software with the starter model, then its review.",
    )
    parser.add_argument(
        "--output",
        default="actanywhere_demo",
        metavar="DIR",
        help="The folder to write (default: actanywhere_demo).",
    )
    add_setting_flags(parser.add_argument_group("settings"))
    add_talk(parser, dry_run=False)


def _selftest(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "selftest",
        help="test a model on this machine, and write a report to send",
        description="Renders the example and three clips with known truth with a model, in each mode that decides "
        "something for it, measures them, and writes report.md, report.json and sheet.png into one folder.",
    )
    parser.add_argument(
        "--output",
        default="actanywhere_selftest",
        metavar="DIR",
        help="The folder to write (default: actanywhere_selftest).",
    )
    parser.add_argument(
        "--frames", type=int, default=17, metavar="N", help="Frames of each clip (default: 17)."
    )
    parser.add_argument("--quick", action="store_true", help="The first two modes alone.")
    add_setting_flags(parser.add_argument_group("settings"))
    add_talk(parser, dry_run=False)


def _cleanplate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "cleanplate",
        help="write a clean plate: the plate without the actor and their shadow",
        description="Writes the plate without the actor and their shadow, as EXR frames in the plate's own numbers: "
        "away from them the plate's own pixels, behind them what other frames of the shot show there. A is 0 where no "
        "frame ever saw the place free. Stop with Ctrl-C: the same command goes on.",
        epilog="example:\n  actanywhere cleanplate --plate plate.####.exr --matte roto.####.exr --output clean",
        formatter_class=Plain,
    )
    add_shot_flags(parser.add_argument_group("the shot"), only=("frames", "plate", "matte"))
    parser.add_argument("--output", required=True, metavar="DIR", help="The folder for it, made if need be.")
    add_setting_flags(parser.add_argument_group("the matte"), only=READING)
    add_talk(parser, dry_run=False)


def _matte(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "matte",
        help="make a matte of the actor from the plate",
        description=MATTE,
        epilog=MATTE_EXAMPLES,
        formatter_class=Plain,
    )
    add_matte_flags(parser)
    add_talk(parser, dry_run=True)


def _train(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "train",
        help="train a model (needs the 'train' extra)",
        description=training_flags.__doc__,
        formatter_class=Plain,
    )
    training_flags.add_arguments(parser)


def _evaluate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="measure a model's results beside other methods: figures and sheets",
        description="Renders shots with a model, measures the results beside those of other methods and of a tracked "
        "card, and writes tables and a sheet. Renders that are already there are used again.",
        epilog=MEASURES,
        formatter_class=Plain,
    )
    add_evaluate_flags(parser)
    add_talk(parser, dry_run=True)


def _camera(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "camera",
        help="solve the plate's camera in 3-D, for Nuke and Blender (needs the 'solve' extra)",
        description="Solves the plate's camera with COLMAP, the actor left out, and says whether to believe it: a pan, "
        "a flat wall or moving water is refused with the reason (exit status 2). A believed camera is written as "
        "camera.chan, camera.nk (a Camera of Nuke's) and camera.json (docs/track.md): level, y up, over the ground "
        "under the actor's feet, with the horizon's row in every frame. Takes a second or more a frame.",
        epilog="example:\n  actanywhere camera --plate plate.####.exr --matte roto.####.exr --output camera",
        formatter_class=Plain,
    )
    add_shot_flags(parser.add_argument_group("the shot"), only=("frames", "plate", "matte"))
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="The folder to write, made if need be."
    )
    add_setting_flags(parser.add_argument_group("the lens"), only=("focal", "haperture"))
    add_setting_flags(parser.add_argument_group("the matte"), only=READING)
    add_talk(parser, dry_run=False)
