"""Many tiny shots as a farm runs them: two hosts at once on one machine, one killed, a disk filled, and the job again.

    python -m benchmarks.farm --shots 1000

All is as on a farm (``openjd run``, tasks of 20 shots, a session's worker, preflight, layers on disk) but the network:
the engine paints what it is told to start from, so that what is left is what a shot takes beside its render. Four
frames of 96x64 a shot. The first half of the list is for host A, the second, whose layers go to a disk of its own, for
host B:

    1  A and B at once; B is killed with all it started in the middle
    2  B again; half-way through what is left its disk is full (a mount of its own: by root alone, else left out)
    3  there is room again; A and B again, all tasks

After each it looks at every frame there is. For Linux. The exit status is 1 where anything is lost, torn or made twice.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio

from tests.engines.own_model import OWN, prefill_model

FRAMES = range(1001, 1005)
CHUNK = 20


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shots", type=int, default=1000)
    with tempfile.TemporaryDirectory(prefix="actanywhere-farm-") as folder:
        report = run(Path(folder), parser.parse_args().shots)
    print("| | |\n|---|---|")
    for name, value in report.items():
        print(f"| {name} | {value} |")
    return 1 if faults(report) else 0


def faults(report: dict[str, Any]) -> dict[str, Any]:
    """What of the report says that something was lost, torn or made twice; empty where nothing was."""
    wrong = ("lost", "torn", "twice", "strays")
    found = {name: value for name, value in report.items() if name.split(":")[0] in wrong and value}
    if report["finished"] != report["shots"]:
        found["finished"] = report["finished"]
    return found


def run(folder: Path, count: int) -> dict[str, Any]:
    """The whole play in an empty folder; what came of it, by name."""
    half, disk = count // 2, folder / "disk b"
    disk.mkdir()
    with small_disk(disk, count) as mounted:
        bundle = write_bundle(folder, count)
        ours, theirs = range(1, half + 1), range(half + 1, count + 1)
        found: dict[str, Any] = {"shots": count}
        # 1
        began = time.monotonic()
        a, b = Host(folder, bundle, "a", ours), Host(folder, bundle, "b", theirs)
        b.wait_for(lambda: frames_in(disk) >= len(theirs) * len(FRAMES) // 3)
        b.kill()
        # Its first shot is what the others are held to.
        a.wait_for(lambda: frames_in(folder / "disk a") >= len(FRAMES))
        found["frames of B when it was killed"] = frames_in(disk)
        found["torn: after that"] = torn(folder)
        a.wait()
        seconds = time.monotonic() - began
        found |= beside_the_render(bundle, ours, seconds) | a.memory()
        before = stamps(folder)
        # 2
        if mounted:
            left = len(theirs) - frames_in(disk) / len(FRAMES)
            fill(disk, int(left / 2 * size_of(folder / "disk a" / "s1")))
            b = Host(folder, bundle, "b", theirs)
            b.wait()
            full = [one for one in outcomes(bundle) if "space" in one["message"].lower()]
            found["shots refused for want of disk, and so told"] = len(full)
            found["torn: with a full disk"] = torn(folder)
            (disk / "ballast").unlink()
        # 3
        before |= {path: stamp for path, stamp in stamps(folder).items() if path not in before}
        began = time.monotonic()
        hosts = [Host(folder, bundle, "a", ours), Host(folder, bundle, "b", theirs)]
        found["exit status of both, last"] = [host.wait() for host in hosts]
        again = [one["seconds"] for one in outcomes(bundle) if one["number"] in ours]
        found["seconds a finished shot that is asked for again, median"] = round(statistics.median(again), 3)
        after = stamps(folder)
        found["finished"] = sum(one["status"] == "finished" for one in outcomes(bundle))
        found["lost: frames"] = count * len(FRAMES) - len(after)
        found["twice: frames written again"] = sum(after.get(path) != stamp for path, stamp in before.items())
        found["torn: in the end"] = torn(folder)
        found["strays: files that a shot left alone has not"] = strays(folder)
    return found


# -- hosts ---------------------------------------------------------------------------------------------------


class Host:
    """An ``openjd run`` of some shots' tasks. Its processes share a folder for temporary files, which tells them."""

    def __init__(self, folder: Path, bundle: Path, name: str, shots: range) -> None:
        self._own = folder / f"host {name}"
        self._own.mkdir(exist_ok=True)
        ends = [(n, min(n + CHUNK, shots.stop) - 1) for n in shots[::CHUNK]]
        tasks = [{"Shot": f"{first}-{last}"} for first, last in ends]
        words = [tool("openjd"), "run", bundle / "template.yaml", "--step", "Render"]
        words += ["--job-param", f"file://{bundle / 'parameters.json'}", "--tasks", json.dumps(tasks)]
        environment = {**os.environ, "TMPDIR": str(self._own), "ACTANYWHERE_ENGINES": str(OWN)}
        with open(self._own / "log.txt", "ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        self._sizes: list[int] = []
        threading.Thread(target=self._watch, daemon=True).start()

    def wait(self) -> int:
        """Its exit status, in the end."""
        return self._process.wait()

    def wait_for(self, reached: Callable[[], bool]) -> None:
        """Wait until it is as far, or has ended."""
        while not reached() and self._process.poll() is None:
            time.sleep(0.1)

    def kill(self) -> None:
        """The plug is pulled: all that it started is gone at once."""
        while left := list(self._processes()):  # again, for what one of them began meanwhile
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def memory(self) -> dict[str, str]:
        """Of its largest process, the worker."""
        tenth, last = (statistics.median(part) for part in (self._part(0.1, 0.2), self._part(0.9, 1.0)))
        return {
            "worker's memory after a tenth of the shots, and at the end (MiB)": f"{tenth:.0f}, {last:.0f}"
        }

    def _part(self, first: float, last: float) -> list[float]:
        count = len(self._sizes)
        part = self._sizes[int(first * count) : int(last * count)] or self._sizes[-1:] or [0]
        return [size / 2**20 for size in part]

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while self._process.poll() is None:
            sizes = []
            for pid in self._processes():
                with suppress(OSError, IndexError):
                    sizes.append(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page)
            self._sizes.append(max(sizes, default=0))
            time.sleep(1.0)

    def _processes(self) -> Iterator[int]:
        mark = f"TMPDIR={self._own}".encode() + b"\0"
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    if mark in (entry / "environ").read_bytes():
                        yield int(entry.name)


def tool(name: str) -> str:
    """A command beside this Python, or on the path."""
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        sys.exit(f"There is no {name}: pip install 'openjd-cli'")
    return found


# -- the disk of host B --------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, shots: int) -> Iterator[bool]:
    """A disk in memory for so many shots, mounted there; whether it could be."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={4096 + 512 * shots}k", "none", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(words, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, leave: int) -> None:
    """All but ``leave`` bytes of it are taken."""
    with open(disk / "ballast", "wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, max(1, shutil.disk_usage(disk).free - leave))


def size_of(folder: Path) -> int:
    """What its files take on a disk, in bytes."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


# -- what is there -------------------------------------------------------------------------------------------


def frames_in(folder: Path) -> int:
    """Frames under their final names."""
    return len(list(folder.glob("*/*_generated_bg.[0-9][0-9][0-9][0-9].exr")))


def frames_of(folder: Path) -> Iterator[Path]:
    for disk in ("disk a", "disk b"):
        yield from sorted((folder / disk).glob("*/*_generated_bg.[0-9][0-9][0-9][0-9].exr"))


def torn(folder: Path) -> int:
    """Frames that cannot be read whole, or are not those of the first shot, of which every shot is a copy."""
    shot = folder / "disk a" / "s1"
    right = {frame: pixels(shot / f"s1_generated_bg.{frame}.exr") for frame in FRAMES}
    unread = [frame for frame, value in right.items() if value is None]
    assert not unread, f"{unread}: {(folder / 'host a' / 'log.txt').read_text()[-3000:]}"
    return sum(
        not np.array_equal(pixels(path), right[int(path.name.split(".")[1])]) for path in frames_of(folder)
    )


def pixels(path: Path) -> Any:
    """All channels as stored, None where they cannot be read."""
    file = oiio.ImageInput.open(str(path))
    found = None if file is None else file.read_image("half")
    return None if file is None or file.geterror() else found


def stamps(folder: Path) -> dict[Path, tuple[int, int]]:
    """Which file each frame is, and when it was written."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in frames_of(folder)}


def strays(folder: Path) -> int:
    """Files in the shots' folders that the first shot, which nothing befell, does not have."""

    def names(shot: Path) -> set[str]:
        found = (str(path.relative_to(shot)) for path in shot.rglob("*") if path.is_file())
        return {name.replace(shot.name, "NAME") for name in found}

    usual = names(folder / "disk a" / "s1")
    return sum(
        len(names(shot) - usual) for disk in ("a", "b") for shot in (folder / f"disk {disk}").iterdir()
    )


def outcomes(bundle: Path) -> list[dict[str, Any]]:
    """What the report's table is made of: not the hidden file that a host left which was killed while it wrote one."""
    found = [json.loads(path.read_text()) for path in (bundle / "report" / "status").glob("[!.]*.json")]
    return sorted(found, key=lambda one: one["number"])


def beside_the_render(bundle: Path, shots: range, seconds: float) -> dict[str, Any]:
    """What shots that were rendered in one go took beside the stages of their render."""
    rendered = [one for one in outcomes(bundle) if one["number"] in shots and one["status"] == "finished"]
    within = [within_render(bundle.parent / "disk a" / one["name"]) for one in rendered]
    beside = sorted(one["seconds"] - inside for one, inside in zip(rendered, within, strict=True))
    return {
        "seconds of A, all": round(seconds, 1),
        "seconds a shot within the stages of its render, median": round(statistics.median(within), 3),
        "seconds a shot beside them, median": round(statistics.median(beside), 3),
        "the same, 95 of 100 shots are below": round(beside[int(0.95 * (len(beside) - 1))], 3),
        "seconds a shot of A's whole run beside them (starts of tasks, openjd)": round(
            (seconds - sum(within)) / len(rendered), 3
        ),
    }


def within_render(folder: Path) -> float:
    return float(sum(json.loads((folder / "result.json").read_text())["seconds"].values()))


# -- the job -------------------------------------------------------------------------------------------------


def write_bundle(folder: Path, count: int) -> Path:
    """The bundle of ``count`` shots, of which the second half goes to the disk of host B."""
    bundle, command = folder / "bundle", [sys.executable, "-m", "actanywhere"]
    start = Path(sysconfig.get_path("scripts"), "actanywhere")
    words: Sequence[Any] = ["batch", write_shots(folder, count), "--openjd", bundle, "--quiet"]
    words = [*words, "--farm-command", start, "--shots-per-task", CHUNK]
    environment = {**os.environ, "ACTANYWHERE_ENGINES": str(OWN)}
    subprocess.run([*command, *map(str, words)], check=True, env=environment)
    return bundle


def write_shots(folder: Path, count: int) -> Path:
    """A disc on noise, four frames; one plate for all, a folder for each."""
    noise = np.random.default_rng(1).integers(0, 255, (64, 96, 3), np.uint8)
    disc = cv2.circle(np.zeros((64, 96), np.uint8), (48, 36), 14, 255, -1)
    for frame in FRAMES:
        cv2.imwrite(str(folder / f"plate.{frame}.png"), noise)
        cv2.imwrite(str(folder / f"matte.{frame}.png"), disc)
    cv2.imwrite(str(folder / "place.png"), noise[::-1])
    same = {"plate": "plate.####.png", "matte": "matte.####.png", "condition": "place.png"}
    same |= {
        "condition_kind": "background",
        "camera": "still",
        "shadow": "none",
        "size": "64",
        "device": "cpu",
    }
    same |= {"model": str(prefill_model(folder / "engine"))}
    with open(folder / "shots.csv", "w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, ["name", "output", "seed", *same])
        table.writeheader()
        for n in range(1, count + 1):
            disk = "disk a" if n <= count // 2 else "disk b"
            table.writerow({"name": f"s{n}", "output": f"{disk}/s{n}", "seed": n, **same})
    return folder / "shots.csv"


if __name__ == "__main__":
    sys.exit(main())
