"""``python -m benchmarks``: see the package's docstring."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import torch

import benchmarks

from .machine import describe
from .matte import measure_mattes
from .report import matte_table, shot_table, track_table
from .shots import measure_shots
from .tracks import exact, fast
from .weights import get_model

_PARTS = ("exact", "fast", "shots")


def main() -> int:
    """Measure what was asked for, print tables; 1 when the exact track's error gate fails."""
    parser = _parser()
    args = parser.parse_args()
    if set(args.parts) - {*_PARTS, "none"}:
        parser.error("PART is one of: {}".format(", ".join(_PARTS)))
    if args.quick:
        args.rounds = 2
    device = torch.device(args.device)
    found: dict[str, Any] = {"machine": describe(device), "quick": args.quick}
    print("   ".join("{}: {}".format(*item) for item in found["machine"].items()), flush=True)
    passed = True
    if "exact" in args.parts or "fast" in args.parts:
        model = get_model(args.model, device, getattr(torch, args.dtype))
        for name, track in (("exact", exact), ("fast", fast)):
            if name in args.parts:
                rows = list(track(model, device, rounds=args.rounds, quick=args.quick))
                print(f"\n{track.__doc__}\n{track_table(rows)}", flush=True)
                found[name] = [row.to_dict() for row in rows]
                passed = passed and all(row.passed for row in rows)
        del model
    if "shots" in args.parts:
        flags = ["--model", args.model, "--device", args.device, *(["--preview"] if args.quick else [])]
        shots = list(measure_shots(args.frames, flags))
        print(f"\nWhole shots, from the command's start to its end.\n{shot_table(shots)}", flush=True)
        found["shots"] = [{**dataclasses.asdict(s), "seconds_a_frame": s.seconds_a_frame} for s in shots]
    if args.mattes:
        mattes = list(measure_mattes(args.mattes))
        print(f"\nMattes from plates alone, a box on the first frame.\n{matte_table(mattes)}", flush=True)
        found["mattes"] = [dataclasses.asdict(row) for row in mattes]
    if args.json:
        Path(args.json).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if passed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description=benchmarks.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "parts", nargs="*", metavar="PART", default=_PARTS, help="exact, fast, shots (default: all), or none"
    )
    parser.add_argument("--model", default="starter", help="starter, a folder, or random (default: starter)")
    parser.add_argument(
        "--frames", type=int, nargs="+", default=(16, 32, 64), help="lengths of the whole shots"
    )
    parser.add_argument(
        "--mattes",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="besides, the matte command on shots with mattes made by hand (plate/ and matte/ in each DIR)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of every measure (default: 5)")
    parser.add_argument(
        "--quick", action="store_true", help="few steps, two rounds: does it run, roughly how fast"
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda, mps (default: cpu)")
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16", "float16"))
    parser.add_argument("--json", metavar="FILE", help="write all that was measured here as well")
    return parser


if __name__ == "__main__":
    sys.exit(main())
