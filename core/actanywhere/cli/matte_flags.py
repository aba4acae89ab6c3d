"""The flags of ``actanywhere matte``: which plate, and who is the actor."""

from __future__ import annotations

import argparse

from .flags import add_shot_flags

ABOUT = """Writes a matte of the actor from the plate alone, as EXR frames in the plate's own numbers (channel A),
with its metadata and time code. Give a box, a click or a rough matte of the actor in any frame; without one, the
actor is the most prominent mover. SAM 2.1 follows them if it is installed ('actanywhere models pull matte'), else a
network for stills with optical flow. Unsure frames are listed, and shown in matte_sheet.png: run the command again
with a box or a click in one of them, into the same folder. Stop with Ctrl-C: the same command continues."""

EXAMPLES = """examples:
  actanywhere matte --plate plate.####.exr --box 610,220,180,420 --output roto
  actanywhere matte --plate plate.####.exr --click 700,400 --click-off 640,300 --click 820,410@1032 --output roto
  actanywhere matte --plate plate.mov --matte rough.1020.png@1020 --output roto"""


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
