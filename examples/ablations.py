"""The starter and its ablations, trained alike and compared in one table of held-out losses.

    python examples/ablations.py --output ablations --steps 2000
    python examples/ablations.py --output ablations --autoencoder starter --steps 30 --frames 4 --side 64 --rate 5e-3

Every flag of ``actanywhere train`` but --ablation may follow, and holds for all of them: the same clips in the same
order, the same autoencoder, the same number of steps. The same command goes on where it was stopped. It prints
Markdown, and writes it to ``table.md``.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from actanywhere.training import cli

METHOD = "the method"
ABLATIONS = ("vae-concat", "vae-cross-attention", "no-condition", "no-mask", "no-motion")
REGIONS = ("known", "unknown", "effect")


def train(output: Path, name: str, words: list[str]) -> list[dict[str, str]]:
    """Train one of them in a folder of its own; gives its curve."""
    folder = output / name.replace(" ", "-")
    if name != METHOD:
        shared = output / METHOD.replace(" ", "-") / "model"
        words = [*words, "--ablation", name, "--autoencoder", str(shared)]
    print(f"-- {name}", file=sys.stderr)
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    cli.main(parser.parse_args(["--output", str(folder), *words]))
    with (folder / "curve.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def table(curves: dict[str, list[dict[str, str]]]) -> str:
    """Held-out losses at the last look, and the mean training loss over the last tenth of the steps, as Markdown."""
    lines = [
        "| trained | steps | held out: known | unknown | effect | training |",
        "|---|---|---|---|---|---|",
    ]
    for name, rows in curves.items():
        looked = next((row for row in reversed(rows) if row["unknown"]), {})
        last = [float(row["loss"]) for row in rows[-max(1, len(rows) // 10) :]]
        cells = [f"{float(looked[r]):.4f}" if looked.get(r) else "-" for r in REGIONS]
        lines.append(f"| {name} | {rows[-1]['step']} | {' | '.join(cells)} | {sum(last) / len(last):.4f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Train all, then print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, help="folder for a run of each")
    args, words = parser.parse_known_args()
    text = table({name: train(args.output, name, words) for name in (METHOD, *ABLATIONS)})
    (args.output / "table.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
