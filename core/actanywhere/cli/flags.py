"""The flags of a shot and its settings, made from the fields that they set."""

from __future__ import annotations

import argparse
import dataclasses
import re
from pathlib import Path
from typing import Any

from ..contract.errors import JobError
from ..contract.fields import NUMBER, SEVERAL, SWITCH, TEXT, WHOLE, SettingField
from ..contract.job import Job
from ..contract.settings import setting_fields
from ..shotlist import SHOT_FIELDS, job_from_flat


class Plain(argparse.RawDescriptionHelpFormatter):
    """Descriptions and examples as they are written."""


def add_talk(parser: argparse.ArgumentParser, dry_run: bool) -> None:
    """The flags of how much a command says, and ``--dry-run`` where it has one."""
    talk = parser.add_argument_group("what it says")
    if dry_run:
        talk.add_argument(
            "--dry-run",
            action="store_true",
            help="Check everything and say what would be read and written, without touching anything.",
        )
    talk.add_argument(
        "--json",
        action="store_true",
        help="Progress, results and errors as one JSON object a line on stdout.",
    )
    talk.add_argument("--quiet", action="store_true", help="Nothing but errors.")


_METAVARS = {WHOLE: "N", NUMBER: "X", TEXT: "NAME"}


def joined(words: list[str]) -> list[str]:
    """The words of a command line, where a flag keeps what begins below 0: ``--place -0.1,0,1``, ``--frames -5-4``."""
    kept: list[str] = []
    for word in words:
        if kept and kept[-1].startswith("--") and "=" not in kept[-1] and re.match(r"-[\d.]+[,-]", word):
            kept[-1] += f"={word}"
        else:
            kept.append(word)
    return kept


def add_shot_flags(parser: argparse._ActionsContainer, only: tuple[str, ...] = ()) -> None:
    """``--plate``, ``--matte`` and what else says which shot; only what is given lands in the namespace.

    ``only``: those alone that begin so (``plate``, ``frames``).
    """
    for field in SHOT_FIELDS:
        if only and not field.name.startswith(only):
            continue
        parser.add_argument(
            flag_of(field.name),
            metavar="{{{}}}".format(",".join(field.choices)) if field.choices else field.metavar,
            help=_escape(field.help),
            default=argparse.SUPPRESS,
        )


def add_setting_flags(
    parser: argparse._ActionsContainer, group: str = "", only: tuple[str, ...] = ()
) -> None:
    """One flag for every field of ``Settings``, of one ``group``, or ``only`` of those names; what is given lands
    there, as text.

    A switch has a --no- form; a field that takes several values takes them after one flag. What may be given is
    judged by the contract, as it is for every other interface.
    """
    for field in setting_fields():
        if (group and field.group != group) or (only and field.name not in only):
            continue
        options: dict[str, Any] = {"default": argparse.SUPPRESS, "help": _help(field)}
        if field.kind == SWITCH:
            options["action"] = argparse.BooleanOptionalAction
        else:
            named = "FILE" if field.is_file else _METAVARS.get(field.kind, "")
            options["metavar"] = "{{{}}}".format(",".join(field.choices)) if field.choices else named
            if field.kind == SEVERAL:
                options["nargs"] = "+"
        parser.add_argument(flag_of(field.name), **options)


def given_shot(args: argparse.Namespace) -> dict[str, Any]:
    """The shot fields that were given."""
    return {f.name: getattr(args, f.name) for f in SHOT_FIELDS if hasattr(args, f.name)}


def given_settings(args: argparse.Namespace) -> dict[str, Any]:
    """The fields of ``Settings`` that were given."""
    return {f.name: getattr(args, f.name) for f in setting_fields() if hasattr(args, f.name)}


def job_from_flags(args: argparse.Namespace) -> Job:
    """The Job of ``render``: from the shot flags, or from ``--job`` with settings and output overridden."""
    shot, settings = given_shot(args), given_settings(args)
    if args.job is None:
        return job_from_flat({**shot, **settings})
    others = sorted(set(shot) - {"output"})
    if others:
        raise JobError(
            "{} cannot be given besides --job.".format(", ".join(flag_of(name) for name in others)),
            "The job file says it: change it there. Settings and --output can be overridden.",
        )
    try:
        job = Job.from_json(Path(args.job).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise JobError(f"{args.job} cannot be read: {error}.", "Give a file of --write-job.") from error
    output = str(Path(shot["output"]).absolute()) if "output" in shot else job.output
    return dataclasses.replace(job, output=output, settings=job.settings.given(settings))


def flag_of(name: str) -> str:
    """The flag of a field: ``--shadow-side``."""
    return "--" + name.replace("_", "-")


def _escape(text: str) -> str:
    return text.replace("%", "%%")


def _help(field: SettingField) -> str:
    notes = []
    if field.minimum is not None:
        notes.append(f"{field.minimum} to {field.maximum} {field.unit}")
    if field.kind == SEVERAL:
        notes.append("default: " + " ".join(field.default))
    elif not field.optional and field.kind != SWITCH and field.default != "":
        notes.append(f"default: {field.default}")
    return _escape(field.about + (" ({})".format("; ".join(note.strip() for note in notes)) if notes else ""))


def add_matte_flags(parser: argparse.ArgumentParser) -> None:
    """Plate, prompts, output."""
    add_shot_flags(parser.add_argument_group("the shot"), only=("plate", "frames"))
    who = parser.add_argument_group(
        "the actor (in pixels of the plate from the upper left corner; in its first frame, or @FRAME)"
    )
    who.add_argument(
        "--box",
        action="append",
        default=[],
        metavar="X,Y,W,H[@FRAME]",
        help="A box around the actor. This and the others may be given several times.",
    )
    who.add_argument(
        "--click", action="append", default=[], metavar="X,Y[@FRAME]", help="A point on the actor."
    )
    who.add_argument(
        "--click-off",
        action="append",
        default=[],
        metavar="X,Y[@FRAME]",
        help="A point on what is not the actor.",
    )
    who.add_argument(
        "--matte",
        action="append",
        default=[],
        metavar="FILE[@FRAME]",
        help="A rough matte of one frame, at the plate's size: white is the actor.",
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="DIR",
        help="The folder for the matte; it is made if it does not exist.",
    )
