"""Disks that are full or read-only, for real: small file systems in memory."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import OutputError
from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import open_plate
from tests.conftest import Mount
from tests.footage.pictures import write_still
from tests.layers import write_layer_frame
from tests.render.stage import Staged, frames_of, pixels_of, render


def test_a_read_only_output_is_refused_before_anything_is_read(
    shot: Staged, model: Path, mount: Mount
) -> None:
    job = replace(shot.job(model), output=str(mount("size=1m,ro") / "deep/out"))
    told: list[object] = []
    with pytest.raises(OutputError, match="cannot be written: Read-only file system"):
        render(job, told.append)
    assert told == []


def test_a_disk_that_fills_up_keeps_finished_frames_and_the_same_job_goes_on(
    shot: Staged, model: Path, mount: Mount
) -> None:
    kept = [0]

    def watch(_: object) -> None:
        work = shot.folder / "elsewhere" / ".actanywhere"
        kept.append(sum(path.stat().st_size for path in work.glob("window_*.safetensors")))

    render(shot.job(model, "elsewhere"), watch)
    whole = pixels_of(shot.folder / "elsewhere")
    size = (shot.folder / "elsewhere/shot_generated_bg.1001.exr").stat().st_size
    disk = mount(f"size={(size * 9 // 2 + max(kept) + 65536) // 4096 * 4}k")
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * size)
    job = replace(shot.job(model), output=str(disk / "out"))
    with pytest.raises(OutputError) as caught:
        render(job)
    assert str(disk) in caught.value.message and "same command" in caught.value.remedy
    left = pixels_of(job.output)
    assert 0 < len(left) < 6
    assert left == {name: whole[name] for name in left}
    assert not [path for path in Path(job.output).iterdir() if ".partial-" in path.name]
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
    render(job)
    assert pixels_of(job.output) == whole
    assert len(frames_of(job.output)) == 6


def test_a_disk_without_any_room_is_refused_at_once(shot: Staged, model: Path, mount: Mount) -> None:
    disk = mount("size=64k")
    (disk / "ballast").write_bytes(b"\0" * 65536)
    with pytest.raises(OutputError, match="cannot be written"):
        render(replace(shot.job(model), output=str(disk / "out")))
    assert [path.name for path in disk.iterdir()] == ["ballast"]


def test_a_frame_for_which_there_is_no_room_says_that_the_disk_is_full(tmp_path: Path, mount: Mount) -> None:
    noise, one = np.random.default_rng(1).random((256, 256, 3), np.float32), np.ones((256, 256), np.float32)
    disk, plate = mount("size=64k"), str(write_still(tmp_path / "p.exr", noise))
    with open_plate(ImageSequence(plate)) as read, pytest.raises(OutputError) as caught:
        write_layer_frame(str(disk / "l.exr"), noise, one, noise, one, read.info, {})
    assert caught.value.message == f"{disk / 'l.exr'}: cannot be written: the disk is full."
    assert list(disk.iterdir()) == []
