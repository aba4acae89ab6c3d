"""Hours of 400 shots of 81 frames on 40 hosts, for each engine: by a measured speed, or by one that is worked out.

    python -m benchmarks.hours

A pass of a VACE model over 81 frames takes 2 P n + 4 d L n^2 operations: P parameters and L layers of width d over n
tokens, as published (docs/engines.md). How many a second: Wan 2.1 1.3B without VACE, 50 steps with guidance at 480p, is
reported to take 261 seconds on an RTX 4090; that card is taken for all. What the starter takes is what ``batch`` knows
of it, on two cores. Every row's hours are what ``actanywhere batch --openjd --dry-run --hosts 40`` says.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SHOTS, FRAMES, HOSTS = 400, range(1001, 1082), 40
N_480P, N_720P = 32_760, 75_600  # tokens of 81 frames


@dataclass(frozen=True)
class Transformer:
    """Parameters, layers with attention over all tokens, and their width."""

    parameters: float
    layers: int
    width: int

    def operations(self, tokens: int) -> float:
        """Of one pass over 81 frames."""
        return 2 * self.parameters * tokens + 4 * self.width * self.layers * tokens**2


WAN = Transformer(1.419e9, 30, 1536)
VACE_1_3B, VACE_14B = Transformer(2.154e9, 30 + 15, 1536), Transformer(17.338e9, 40 + 8, 5120)
#: Operations a second that the report comes to.
REACHED = 100 * WAN.operations(N_480P) / 261

#: Title, model, tokens, passes: two a step with guidance, one without.
ROWS = (
    ("vace-1.3b, 480p, final", VACE_1_3B, N_480P, 2 * 50),
    ("vace-1.3b, 480p, draft (CausVid LoRA)", VACE_1_3B, N_480P, 6),
    ("vace-14b, 480p, final", VACE_14B, N_480P, 2 * 50),
    ("vace-14b, 480p, draft (lightx2v LoRA)", VACE_14B, N_480P, 4),
    ("vace-14b, 720p, final", VACE_14B, N_720P, 2 * 50),
)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="actanywhere-hours-") as folder:
        shots = write_shots(Path(folder))
        print(f"{REACHED / 1e12:.0f} TFLOP/s reached\n")
        print(
            "| engine | speed | seconds a frame | machine hours | hours on 40 hosts |\n|---|---|---|---|---|"
        )
        print(row("starter, HD plates, two cores", "measured, roughly", plan(shots, None)), flush=True)
        for title, model, tokens, passes in ROWS:
            speed = passes * model.operations(tokens) / REACHED / len(FRAMES)
            print(row(title, "worked out", plan(shots, speed)), flush=True)
    return 0


def row(title: str, known: str, planned: tuple[float, float]) -> str:
    hours, on_hosts = planned
    return f"| {title} | {known} | {hours * 3600 / SHOTS / len(FRAMES):.2f} | {hours:.1f} | {on_hosts:.2f} |"


def plan(shots: Path, frame_seconds: float | None) -> tuple[float, float]:
    """Machine hours, and hours from start to end, as the command says."""
    words = ["batch", shots, "--openjd", shots.with_name("bundle"), "--dry-run", "--json", "--hosts", HOSTS]
    words += [] if frame_seconds is None else ["--frame-seconds", f"{frame_seconds:.4f}"]
    command = [sys.executable, "-m", "actanywhere", *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    (found,) = [one for one in map(json.loads, done.stdout.splitlines()) if one["event"] == "plan"]
    return sum(shot["seconds"] for shot in found["shots"]) / 3600, found["hours_on_hosts"]


def write_shots(folder: Path) -> Path:
    """400 shots of one grey plate of 1920x1080, whose frames are one file under many names."""
    for kind in ("plate", "matte"):
        first = folder / f"{kind}.{FRAMES[0]}.png"
        cv2.imwrite(str(first), np.full((1080, 1920), 128, np.uint8))
        for frame in FRAMES[1:]:
            os.link(first, folder / f"{kind}.{frame}.png")
    cv2.imwrite(str(folder / "place.png"), np.full((1080, 1920, 3), 128, np.uint8))
    same = {"plate": "plate.####.png", "matte": "matte.####.png", "condition": "place.png"}
    with open(folder / "shots.csv", "w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, ["name", "output", "seed", *same])
        table.writeheader()
        table.writerows({"name": f"s{n}", "output": f"out/s{n}", "seed": n, **same} for n in range(SHOTS))
    return folder / "shots.csv"


if __name__ == "__main__":
    sys.exit(main())
