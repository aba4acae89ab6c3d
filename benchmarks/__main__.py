"""``python -m benchmarks``: see the package's docstring."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

import benchmarks

from .curve import measure_curve, measure_fast
from .delivery import measure_delivery
from .given_matte import measure_given
from .gpu import measure_gpu
from .matte import measure_mattes
from .memory import measure_memory
from .records import Record, put_into, to_markdown, write
from .regions_gain import measure_regions
from .roles import measure_roles
from .shots import measure_shots
from .unet import measure_unet, size_of

_DEFAULT = ("unet", "curve", "roles", "shots")


def main() -> int:
    """Measure what was asked for, print and write it; 1 where a gate was missed."""
    parser = _parser()
    args = parser.parse_args()
    parts = _parts(args)
    if unknown := set(args.parts) - set(parts):
        parser.error(f"{', '.join(sorted(unknown))}: PART is one of {', '.join(parts)}")
    if {"mattes", "given"} & set(args.parts) and not args.plates:
        parser.error("mattes and given need --plates DIR...")
    records: list[Record] = []
    for name in args.parts:
        found: list[Record] = []
        for record in parts[name](command=f"python -m benchmarks {name}{_flags(args)}"):
            found.append(record)
            write([*records, *found], args.output)
        records += found
        print(f"{to_markdown(found)}", flush=True)
    if args.readme:
        put_into(args.readme, records)
    print(f"Written to {args.output}.")
    return 0 if all(one.passed for one in records) else 1


def _parts(args: argparse.Namespace) -> dict[str, Callable[..., Iterator[Record]]]:
    device = torch.device(args.device or ("cuda" if torch.cuda.is_available() else "cpu"))

    def unet(model: str, side: int, rounds: int) -> Callable[..., Iterator[Record]]:
        return partial(measure_unet, size_of(model, side), device, args.precision, rounds, args.trajectory)

    return {
        "unet": unet("starter", 256, args.rounds),
        "curve": partial(measure_curve, args.model, args.steps, args.clips),
        "fast": partial(measure_fast, args.model, max(args.steps + [25]), args.clips),
        "roles": measure_roles,
        "shots": partial(measure_shots, args.frames, args.model),
        "delivery": measure_delivery,
        "memory": measure_memory,
        "full": unet("full", 128, args.rounds),
        "gpu": partial(measure_gpu, device),
        "mattes": partial(measure_mattes, args.plates),
        "given": partial(measure_given, args.plates),
        "regions": partial(measure_regions, args.shots),
    }


def _flags(args: argparse.Namespace) -> str:
    """The flags that were given, but for the output's."""
    given = {name: value for name, value in vars(args).items() if name not in ("parts", "output", "readme")}
    usual = vars(_parser().parse_args([]))
    told = ""
    for name, value in given.items():
        if value != usual[name]:
            told += f" --{name} " + " ".join(map(str, value if isinstance(value, list) else [value]))
    return told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description=benchmarks.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("parts", nargs="*", metavar="PART", default=_DEFAULT, help="default: unet curve roles shots")
    add(
        "--output",
        type=Path,
        default=Path("benchmark_results"),
        metavar="DIR",
        help="default: benchmark_results",
    )
    add(
        "--readme",
        type=Path,
        metavar="FILE",
        help="besides, put the tables between the marks of a Markdown page",
    )
    add("--device", default="", help="of the U-Net: cpu or cuda (default: cuda where it is there)")
    add("--precision", default="auto", help="of the U-Net: auto, fp32, bf16 or fp16 (default: as a render's)")
    add("--rounds", type=int, default=5, help="of the U-Net's steps (default: 5)")
    add(
        "--trajectory", type=int, default=8, metavar="STEPS", help="DDIM steps of the error gate (default: 8)"
    )
    add(
        "--model",
        default="starter",
        help="of curve, fast and shots: starter, a name, or a folder (default: starter)",
    )
    add(
        "--steps",
        type=int,
        nargs="+",
        default=[1, 2, 4],
        help="of curve (default: 1 2 4); of fast 25 or more",
    )
    add("--clips", type=int, default=3, help="of curve and fast (default: 3)")
    add("--frames", type=int, nargs="+", default=[16, 64], help="lengths of the shots (default: 16 64)")
    add(
        "--plates",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="of mattes and given: plate/ and matte/ in each",
    )
    add("--shots", type=Path, metavar="DIR", help="of regions: the real shots, as evaluate takes them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
