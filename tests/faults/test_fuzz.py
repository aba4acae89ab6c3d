"""Damaged files: each is refused by name, or gives the pixels that another library reads in it; nothing crashes.

The damage is drawn from a seed, so that a failure comes again; ``FUZZ_SEED`` and ``FUZZ_COUNT`` ask for another,
and for more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.job import Job
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from tests.footage.pictures import ramp, write_movie, write_still

SEED = int(os.environ.get("FUZZ_SEED", "20260101"))
COUNT = int(os.environ.get("FUZZ_COUNT", "24"))


def by_openexr(path: Path) -> np.ndarray:
    import OpenEXR

    with OpenEXR.File(str(path), separate_channels=True) as file:
        planes = [file.channels()[name].pixels for name in "RGB"]
    # OpenImageIO takes whole numbers for parts of their largest.
    parts = [
        one / np.float32(2**32 - 1) if one.dtype == np.uint32 else one.astype(np.float32) for one in planes
    ]
    return np.stack(parts, axis=-1)


def by_pillow(path: Path) -> np.ndarray:
    from PIL import Image

    with warnings.catch_warnings(action="ignore"), Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.float32) / 255


#: How far two readers may be apart: two decoders of JPEG round otherwise.
WITHIN = {".exr": 0.0, ".png": 1e-6, ".tif": 1e-6, ".jpg": 4 / 255}
READERS: dict[str, Callable[[Path], np.ndarray]] = {
    ".exr": by_openexr,
    ".png": by_pillow,
    ".tif": by_pillow,
    ".jpg": by_pillow,
}


def whole(folder: Path) -> list[Path]:
    """One small file of each kind, undamaged."""
    folder.mkdir()
    about = {"owner": "somebody", "smpte:TimeCode": ("timecode", (0x01020304, 0))}
    written = [
        write_still(folder / "a.exr", ramp(), "half", attributes=about),
        write_still(folder / "b.exr", ramp(), "float", attributes={"compression": "none"}),
        write_still(folder / "a.png", ramp(), "uint8"),
        write_still(folder / "a.jpg", ramp(), "uint8"),
        write_still(folder / "a.tif", ramp(), "uint8", attributes={"compression": "zip"}),
        write_still(folder / "b.tif", ramp(), "uint8", attributes={"compression": "none"}),
        write_still(folder / "a.dpx", ramp(), "uint16"),
    ]
    pictures = [np.full((48, 64, 3), n / 4, np.float32) for n in range(3)]
    written.append(write_movie(folder / "a.mov", pictures, metadata={"timecode": "01:00:00:00"}))
    written.append(write_movie(folder / "a.mp4", pictures, "libx264", "yuv420p"))
    shot = Shot("s", ImageSequence("p.mov"), Matte("m.mov"), Condition("c.png"), FrameRange(1, 9))
    (folder / "a.json").write_text(Job(shot, "out").to_json())
    (folder / "a.csv").write_text("plate,matte,condition,output,frames\np.mov,m.mov,c.png,out,1001-1002\n")
    return [*written, folder / "a.json", folder / "a.csv"]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Bits flipped, bytes cut out, put in, zeroed, or the end cut off; oftener near the beginning."""
    raw = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        at = int(len(raw) * rng.random() ** rng.choice([1, 3]))
        many = int(rng.integers(1, 9))
        way = int(rng.integers(0, 6))
        if way <= 1:
            raw[at] ^= 1 << int(rng.integers(0, 8))
        elif way == 2:
            del raw[at : at + many]
        elif way == 3:
            raw[at:at] = rng.bytes(many)
        elif way == 4:
            raw[at : at + many] = bytes(min(many, len(raw) - at))
        else:
            del raw[max(at, 1) :]
        if len(raw) < 2:
            break
    return bytes(raw)


def outcomes(files: list[Path], layer: Path) -> dict[Path, dict[str, object]]:
    """What became of each; a file whose reader did not come back has ``crash``."""
    found: dict[Path, dict[str, object]] = {}
    left = list(files)
    while left:
        words = [sys.executable, "-m", "tests.faults.fuzzed", str(layer)]
        run = subprocess.run(
            words, input="\n".join(map(str, left)) + "\n", capture_output=True, text=True, timeout=300
        )
        said = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
        found.update({Path(one["file"]): one for one in said})
        if len(said) == len(left):
            break
        found[left[len(said)]] = {"crash": f"status {run.returncode}: {run.stderr[-500:]}"}
        left = left[len(said) + 1 :]
    return found


def wrong(path: Path, original: Path, said: dict[str, object]) -> str:
    """What is wrong with an outcome; empty if nothing is."""
    if "crash" in said or "traceback" in said:
        return str(said.get("crash") or said["traceback"])
    if "refused" in said:
        named = path.name in str(said["refused"]) or path.suffix in (".json", ".csv")
        return "" if named and said["remedy"] else f"refused without name or remedy: {said['refused']}"
    if path.suffix not in READERS:
        return ""
    ours = np.load(str(said["pixels"]))
    try:
        theirs = READERS[path.suffix](path)
    except Exception:  # the other reader is stricter: then it must be the picture that was written
        if path.name.startswith("b"):
            return ""  # nothing in it is compressed, and nothing tells that its values are others
        theirs = READERS[path.suffix](original)
    if ours.shape != theirs.shape and path.suffix == ".exr":
        return (
            ""  # its windows were damaged: what is read covers the display window, as tests of the plate show
        )
    if ours.shape != theirs.shape:
        return f"{ours.shape} pixels, and another reader finds {theirs.shape}"
    apart = np.abs(ours - theirs)[np.isfinite(theirs)]
    return "" if not apart.size or apart.max() <= WITHIN[path.suffix] else f"pixels are {apart.max()} off"


def test_damaged_files_are_refused_by_name_or_read_as_others_read_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(SEED)
    made: dict[Path, Path] = {}
    for original in whole(tmp_path / "whole"):
        data = original.read_bytes()
        for number in range(COUNT):
            path = tmp_path / f"{original.stem}_{number:03d}x{original.suffix}"
            path.write_bytes(damaged(data, rng))
            made[path] = original
    found = outcomes(list(made), tmp_path / "layer.exr")
    faults = {path.name: wrong(path, made[path], found[path]) for path in made}
    bad = {name: said for name, said in faults.items() if said}
    assert not bad, "\n".join(f"{name} (seed {SEED}): {said}" for name, said in bad.items())
    refused = sum("refused" in said for said in found.values())
    assert 0.2 * len(made) < refused < len(made), "the damage is neither harmless nor total"


def test_undamaged_files_are_read(tmp_path: Path) -> None:
    files = whole(tmp_path / "whole")
    for path, said in outcomes(files, tmp_path / "layer.exr").items():
        assert not {"refused", "traceback", "crash"} & set(said) and not wrong(path, path, said), said


def test_a_reader_that_crashes_is_noticed(tmp_path: Path) -> None:
    pytest.importorskip("OpenEXR")
    said = {"crash": "status -11: "}
    assert wrong(tmp_path / "a.exr", tmp_path / "a.exr", said)
