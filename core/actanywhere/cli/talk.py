"""What all commands share: the help's layout, and the flags --json, --quiet and --dry-run."""

from __future__ import annotations

import argparse


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
