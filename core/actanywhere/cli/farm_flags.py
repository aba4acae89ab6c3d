"""The flags of a batch that goes to a farm."""

from __future__ import annotations

import argparse


def add_farm_flags(farm: argparse._ArgumentGroup) -> None:
    """``--openjd`` and what else a farm has to know."""
    farm.add_argument(
        "--openjd",
        metavar="FOLDER",
        help="Render nothing: write a job bundle of Open Job Description, for 'openjd run' or AWS Deadline Cloud. "
        "Nothing is written where a single shot is wrong.",
    )
    farm.add_argument(
        "--storage",
        action="extend",
        nargs="+",
        default=[],
        metavar="DIR",
        help="Folders that the farm's hosts can reach: every path must be in one of them. Left out: all paths are "
        "assumed to be reachable.",
    )
    farm.add_argument("--report", metavar="DIR", help="The report's folder (default: FOLDER/report).")
    farm.add_argument(
        "--shots-per-task",
        type=at_least_one,
        metavar="N",
        help="Shots in a task. Left out: about a quarter of an hour's worth, at most 20.",
    )
    farm.add_argument(
        "--shot-hours",
        type=float,
        default=6.0,
        metavar="H",
        help="The time limit of a shot whose model has no known speed (default: 6).",
    )
    farm.add_argument(
        "--frame-seconds",
        type=float,
        metavar="S",
        help="Seconds a frame takes on your hosts, for estimates, task sizes and time limits. Left out: known for "
        "the starter only.",
    )
    farm.add_argument(
        "--hosts",
        type=at_least_one,
        metavar="N",
        help="Also estimate how long so many hosts take, from start to end.",
    )
    farm.add_argument(
        "--farm-command",
        default="actanywhere",
        metavar="COMMAND",
        help="The command that starts ActAnywhere on a host (default: actanywhere).",
    )
    farm.add_argument(
        "--submit",
        action="store_true",
        help="Also submit the bundle to AWS Deadline Cloud, with 'deadline bundle submit'.",
    )


def at_least_one(text: str) -> int:
    """A count of 1 or more; the parser names the flag otherwise."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
