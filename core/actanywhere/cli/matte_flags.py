"""The flags of ``actanywhere matte``: which plate, and who is the actor."""

from __future__ import annotations

import argparse

from .flags import add_shot_flags

__all__ = ["ABOUT", "EXAMPLES", "add_matte_flags"]

ABOUT = """Writes a matte of the actor from the plate alone, as EXR frames in the plate's own numbers (channel A), with
its metadata and time code. A box, a click or a rough matte of any frame says who is meant; without one it is the most
prominent mover. SAM 2.1 follows them where it is here, else the network for stills, tied by optical flow:
'actanywhere models pull matte'. Frames that it is unsure of are listed, and shown in matte_sheet.png: give one of them
a box or a click more, and the same folder. Stop with Ctrl-C: the same command goes on."""

EXAMPLES = """examples:
  actanywhere matte --plate plate.####.exr --box 610,220,180,420 --output roto
  actanywhere matte --plate plate.####.exr --click 700,400 --click-off 640,300 --click 820,410@1032 --output roto
  actanywhere matte --plate plate.mov --matte rough.1020.png@1020 --output roto"""


def add_matte_flags(parser: argparse.ArgumentParser) -> None:
    """Plate, prompts, output."""
    add_shot_flags(parser.add_argument_group("the shot"), only=("plate", "frames"))
    who = parser.add_argument_group(
        "who is meant (pixels of the plate from its upper left corner; its first frame)"
    )
    who.add_argument(
        "--box",
        action="append",
        default=[],
        metavar="X,Y,W,H[@FRAME]",
        help="A box around them, in any frame. May be given several times, as may the others.",
    )
    who.add_argument("--click", action="append", default=[], metavar="X,Y[@FRAME]", help="A point on them.")
    who.add_argument(
        "--click-off",
        action="append",
        default=[],
        metavar="X,Y[@FRAME]",
        help="A point on what is not theirs.",
    )
    who.add_argument(
        "--matte",
        action="append",
        default=[],
        metavar="FILE[@FRAME]",
        help="A rough matte of a frame, of the plate's size: white is the actor.",
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="The folder for it, made if need be.")
