"""Flags from the fields they set: every ``Settings`` and shot field has one, with its own help."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..contract.errors import JobError
from ..contract.job import Job, Settings, setting_fields
from ..shotlist import SHOT_FIELDS, job_from_flat, setting_type, settings_from_flat

__all__ = ["add_setting_flags", "add_shot_flags", "flag_of", "given_settings", "given_shot", "job_from_flags"]

_METAVARS = {int: "N", float: "X", str: "NAME"}


def add_shot_flags(parser: argparse._ActionsContainer) -> None:
    """``--plate``, ``--matte`` and what else says which shot; only what is given lands in the namespace."""
    for field in SHOT_FIELDS:
        parser.add_argument(
            flag_of(field.name),
            metavar=None if field.choices else field.metavar,
            choices=field.choices,
            help=_escape(field.help),
            default=argparse.SUPPRESS,
        )


def add_setting_flags(parser: argparse._ActionsContainer) -> None:
    """One flag for every field of ``Settings``; only what is given lands in the namespace.

    A switch has a --no- form; a field that takes several values takes them after one flag.
    """
    for field in setting_fields():
        kind = setting_type(field.name)
        options: dict[str, Any] = {"default": argparse.SUPPRESS, "help": _help(field)}
        if kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["choices"] = field.metadata.get("choices")
            options["metavar"] = None if options["choices"] else _METAVARS.get(kind)
            options["type"] = _number(kind) if kind in (int, float) else str
            if kind is tuple:
                options["nargs"] = "+"
        parser.add_argument(flag_of(field.name), **options)


def given_shot(args: argparse.Namespace) -> dict[str, Any]:
    """The shot fields that were given."""
    return {f.name: getattr(args, f.name) for f in SHOT_FIELDS if hasattr(args, f.name)}


def given_settings(args: argparse.Namespace) -> dict[str, Any]:
    """The fields of ``Settings`` that were given."""
    return {f.name: getattr(args, f.name) for f in setting_fields() if hasattr(args, f.name)}


def job_from_flags(args: argparse.Namespace) -> Job:
    """The Job of ``render``: from the shot flags, or from ``--job`` with settings and output given anew."""
    shot, settings = given_shot(args), given_settings(args)
    if args.job is None:
        return job_from_flat({**shot, **settings})
    others = sorted(set(shot) - {"output"})
    if others:
        raise JobError(
            "%s cannot be given besides --job." % ", ".join(flag_of(name) for name in others),
            "The job file says it: change it there. Settings and --output can be given anew.",
        )
    try:
        job = Job.from_json(Path(args.job).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise JobError("%s cannot be read: %s." % (args.job, error), "Give a file of --write-job.") from error
    output = str(Path(shot["output"]).absolute()) if "output" in shot else job.output
    return dataclasses.replace(job, output=output, settings=settings_from_flat(settings, job.settings))


def flag_of(name: str) -> str:
    """The flag of a field: ``--shadow-side``."""
    return "--" + name.replace("_", "-")


def _escape(text: str) -> str:
    return text.replace("%", "%%")


def _number(kind: type) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        return kind(text)

    read.__name__ = "whole number" if kind is int else "number"
    return read


def _help(field: dataclasses.Field[Any]) -> str:
    text = str(field.metadata["help"])
    notes = []
    if "minimum" in field.metadata:
        unit = field.metadata.get("unit", "")
        notes.append("%s to %s %s" % (field.metadata["minimum"], field.metadata["maximum"], unit))
    default = getattr(Settings(), field.name)
    if isinstance(default, tuple):
        notes.append("default: " + " ".join(default))
    elif default is not None and not isinstance(default, bool):
        notes.append("default: %s" % default)
    return _escape(text + (" (%s)" % "; ".join(note.strip() for note in notes) if notes else ""))
