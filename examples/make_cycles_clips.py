"""Make true 3-D training clips with Blender's Cycles: an actor on a set, with exact truth.

    python examples/make_cycles_clips.py --output CLIPS                          14 clips to train on
    python examples/make_cycles_clips.py --output HELD --clips 3 --held-out      3 that are kept for measuring

It needs Blender as a module (``pip install bpy==4.2.23``) on this Python, or on the one that --blender names, and
no GPU: a frame of 256 x 256 takes about three seconds of one core. The same seed gives the same clips; clips that
are there already are kept, so a stopped run goes on. Each is a folder of rgb.mp4, background.mp4, matte.mp4,
effect.mp4 and clip.json (the homographies of the floor and of what is behind the actor), as ``actanywhere train
--rendered CLIPS`` reads them. The panoramas are Blender's own, which are CC0; CREDITS.txt says so beside the clips.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cycles_clips.pack import contact_sheet, pack
from cycles_clips.plan import ClipPlan, draw_plans, write_plan

CREDITS = """\
Rendered with Blender (Cycles) from scenes built by examples/make_cycles_clips.py; nobody and no place in them is real.
Panoramas: those that come with Blender, by Greg Zaal, Poly Haven (https://polyhaven.com), CC0.
"""


def make_clip(plan: ClipPlan, folder: Path, blender: str) -> None:
    """Films and packs one clip; the folder appears when it is whole."""
    with tempfile.TemporaryDirectory() as temporary:
        filmed = Path(temporary)
        write_plan(plan, filmed / "plan.json")
        subprocess.run(
            [blender, "-m", "cycles_clips.film", str(filmed / "plan.json"), str(filmed)],
            check=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            stdout=subprocess.DEVNULL,
        )
        partial = folder.with_name(f".{folder.name}.partial")
        pack(plan, filmed, partial)
        partial.rename(folder)


def main() -> None:
    """Makes the clips that are missing, and a contact sheet of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of the clips")
    parser.add_argument("--clips", type=int, default=14, help="how many (default %(default)s)")
    parser.add_argument("--frames", type=int, default=16, help="frames a clip (default %(default)s)")
    parser.add_argument("--side", type=int, default=256, help="pixels, square (default %(default)s)")
    parser.add_argument(
        "--samples", type=int, default=8, help="rays a pixel, then denoised (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="same seed, same clips (default %(default)s)")
    parser.add_argument(
        "--held-out", action="store_true", help="clips of another draw, with a panorama of their own"
    )
    parser.add_argument("--blender", default=sys.executable, help="a Python that has bpy (default: this one)")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "CREDITS.txt").write_text(CREDITS)
    plans = draw_plans(args.seed, args.clips, args.frames, args.side, args.samples, args.held_out)
    for plan in plans:
        if not (args.output / plan.name).exists():
            make_clip(plan, args.output / plan.name, args.blender)
            print(plan.name, flush=True)
    contact_sheet([args.output / plan.name for plan in plans], args.output / "sheet.png")


if __name__ == "__main__":
    main()
