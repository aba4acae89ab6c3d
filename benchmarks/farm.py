"""Many tiny shots as a farm runs them: two hosts at once on one machine, one of them killed in the middle.

    python -m benchmarks.farm --shots 40

Makes the shots, writes the bundle, lets two hosts (each an ``openjd run`` of half the tasks, with a worker of its own)
render it, kills the second with all it started, and runs the whole job again. Says what came of it: frames that are
missing or torn, and the seconds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio

FRAMES = range(1001, 1005)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shots", type=int, default=40)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="actanywhere-farm-") as folder:
        report = run(Path(folder), args.shots)
    print(json.dumps(report, indent=1))
    return 0 if report["missing"] == report["torn"] == 0 else 1


def run(folder: Path, count: int) -> dict[str, float]:
    bundle = folder / "bundle"
    command = Path(sys.executable).with_name("actanywhere")
    subprocess.run(
        [command, "batch", write_shots(folder, count), "--openjd", bundle, "--farm-command", command]
        + ["--shots-per-task", str(max(1, count // 4)), "--quiet"],
        check=True,
    )
    began = time.monotonic()
    half = count // 2
    hosts = [host(bundle, f"1-{half}"), host(bundle, f"{half + 1}-{count}")]
    wait_for_frames(folder / "out", count * len(FRAMES) // 3)
    os.killpg(hosts[1].pid, signal.SIGKILL)
    hosts[0].wait()
    first = outcomes(bundle)  # of the host that was left alone: the next run only looks at those again
    done = host(bundle, None).wait()
    seconds = time.monotonic() - began
    frames = [
        path
        for n in range(count)
        for f in FRAMES
        for path in [folder / "out" / f"s{n}" / f"s{n}_generated_bg.{f}.exr"]
    ]
    rendered = [one for one in first if one["number"] <= half]
    beside = sorted(one["seconds"] - within_render(folder / "out" / one["name"]) for one in rendered[1:])
    again = sorted(one["seconds"] for one in outcomes(bundle) if one["number"] <= half)
    return {
        "shots": count,
        "exit status": done,
        "finished": sum(one["status"] == "finished" for one in outcomes(bundle)),
        "missing": sum(not path.is_file() for path in frames),
        "torn": sum(path.is_file() and oiio.ImageBuf(str(path)).get_pixels() is None for path in frames),
        "seconds, all": round(seconds, 1),
        "seconds a shot beside the stages of its render, median": round(beside[len(beside) // 2], 3),
        "the same, slowest": round(beside[-1], 3),
        "seconds a finished shot that is asked for again, median": round(again[len(again) // 2], 3),
    }


def outcomes(bundle: Path) -> list[dict[str, Any]]:
    found = [json.loads(path.read_text()) for path in (bundle / "report" / "status").iterdir()]
    return sorted(found, key=lambda one: one["number"])


def within_render(folder: Path) -> float:
    return sum(json.loads((folder / "result.json").read_text())["seconds"].values())


def host(bundle: Path, only: str | None) -> subprocess.Popen[bytes]:
    words = ["openjd", "run", str(bundle / "template.yaml"), "--step", "Render"]
    words += ["--job-param", f"file://{bundle / 'parameters.json'}"]
    words += [] if only is None else ["--tasks", json.dumps([{"Shot": only}])]
    return subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True
    )


def wait_for_frames(folder: Path, count: int) -> None:
    while sum(1 for _ in folder.rglob("*.exr")) < count:
        time.sleep(0.2)


def write_shots(folder: Path, count: int) -> Path:
    """A disc on noise, 96x64, four frames; one plate for all, a folder for each."""
    noise = np.random.default_rng(1).integers(0, 255, (64, 96, 3), np.uint8)
    for frame in FRAMES:
        cv2.imwrite(str(folder / f"plate.{frame}.png"), noise)
        cv2.imwrite(
            str(folder / f"matte.{frame}.png"),
            cv2.circle(np.zeros((64, 96), np.uint8), (48, 36), 14, 255, -1),
        )
    cv2.imwrite(str(folder / "place.png"), noise[::-1])
    names = (
        "name",
        "plate",
        "matte",
        "condition",
        "condition_kind",
        "output",
        "camera",
        "shadow",
        "size",
        "device",
        "seed",
    )
    with open(folder / "shots.csv", "w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(names)
        for n in range(count):
            files = ("plate.####.png", "matte.####.png", "place.png", "background", f"out/s{n}")
            table.writerow((f"s{n}", *files, "still", "none", 64, "cpu", n))
    return folder / "shots.csv"


if __name__ == "__main__":
    sys.exit(main())
