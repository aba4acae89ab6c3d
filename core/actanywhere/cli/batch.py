"""The shots of a batch: read from a list, an edit or a review's notes, and checked before any is rendered."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..contract.errors import ActAnywhereError, JobError
from ..contract.job import Job, Progress
from ..footage import Counted
from ..render.progress import opening
from ..review.notes import read_redos
from ..shotlist import Entry, read_shot_list
from .flags import given_settings
from .screen import Screen, timed

if TYPE_CHECKING:
    from ..render.preflight import Preflight


@dataclass(frozen=True)
class Checked:
    """A shot, and what its preflight found; an entry that was refused has its error."""

    entry: Entry
    found: Preflight | None


def read_entries(args: argparse.Namespace, screen: Screen) -> list[Entry]:
    """The shots of the list, or those that a review's notes send back. Raises ``JobError``."""
    if (args.shots is None) == (args.from_review is None):
        raise JobError(
            "A batch is of one list.", "Give SHOTS.csv or SHOTS.json, or --from-review notes.json."
        )
    if args.handles < 0 or (args.handles and args.edit is None):
        raise JobError(
            f"--handles {args.handles} means nothing here.", "Give it with --edit, as 0 or more frames."
        )
    if args.edit_rate is not None and (args.edit is None or not args.edit_rate > 0):
        raise JobError(
            f"--edit-rate {args.edit_rate} means nothing here.", "Give it with --edit CUT.edl, such as 25."
        )
    if args.shots is not None and args.edit is not None:
        from ..farm.edit import by_the_edit

        entries, notices = by_the_edit(
            read_shot_list(args.shots, given_settings(args)), args.edit, args.handles, args.edit_rate
        )
    elif args.shots is not None:
        return read_shot_list(args.shots, given_settings(args))
    elif args.edit is not None:
        raise JobError("--edit goes with a list of shots.", "Give SHOTS.csv or SHOTS.json, too.")
    else:
        entries, notices = read_redos(args.from_review, given_settings(args))
    for line in notices:
        screen.note(line)
    return entries


def check_all(
    entries: Sequence[Entry], preflight: Callable[[Job, Counted], Preflight], screen: Screen
) -> list[Checked]:
    """The entries, with an error on each whose footage ``preflight`` refuses; all of these are shown at once."""
    checked: list[Checked] = []
    report = timed(screen, "batch")
    for entry in entries:
        done = len(checked)
        report(Progress("checking the shots", done, len(entries), "shots", done / len(entries)))
        found = None
        if entry.job is not None:
            try:
                found = preflight(entry.job, opening(report, done, len(entries)))
            except ActAnywhereError as error:
                entry = Entry(entry.name, error=error)
        if entry.error is not None:
            screen.error(entry.name, entry.error)
        checked.append(Checked(entry, found))
    screen.clear()
    return checked
