"""Two that want the same folder, and machines that say no: a clear state, no frame lost or torn."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from actanywhere.contract.errors import OutputError
from actanywhere.contract.job import Progress
from actanywhere.contract.shot import FrameRange
from tests.conftest import Mount
from tests.render.stage import CORE, Staged, command, environment, pixels_of, render, run_command

# Renders a job in a process that may write no file longer than so many bytes: the disk that says no, without a mount.
LIMITED = """
import resource, signal, sys
from actanywhere.contract.errors import OutputError
from actanywhere.contract.job import Job
from tests.render.stage import render
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open(sys.argv[1]) as stream:
    job = Job.from_json(stream.read())
def limit(told):
    if told.frame_ready and told.done == 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    render(job, limit)
except OutputError as error:
    print(error.message, error.remedy, sep="\\n")
"""


def test_of_two_that_render_one_job_at_once_one_does_and_the_other_is_told_who(
    shot: Staged, model: Path
) -> None:
    render(shot.job(model, "whole"))
    whole = pixels_of(shot.folder / "whole")
    words = command(shot.job(model))
    both = [
        subprocess.Popen(
            words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for _ in range(2)
    ]
    said = [one.communicate(timeout=100)[0] for one in both]
    ends = sorted(zip([one.returncode for one in both], said, strict=True))
    assert [status for status, _ in ends] in ([0, 2], [0, 0])  # the second began when the first had ended
    if ends[1][0] == 2:
        assert "Another render (on " in ends[1][1] and "is writing into" in ends[1][1]
    assert pixels_of(shot.folder / "out") == whole
    again = run_command(words)  # the one that was refused comes back later
    assert again.status == 0 and again.stages == {"starting the engine", "checking footage"}, (
        "all is there already"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
def test_a_write_that_the_system_refuses_keeps_finished_frames_and_the_same_job_goes_on(
    shot: Staged, model: Path
) -> None:
    render(shot.job(model, "whole"))
    whole, job = pixels_of(shot.folder / "whole"), shot.job(model)
    (shot.folder / "job.json").write_text(job.to_json())
    words = [sys.executable, "-c", LIMITED, str(shot.folder / "job.json"), "4096"]
    done = subprocess.run(words, env=environment(CORE.parent), capture_output=True, text=True, check=False)
    message, remedy = done.stdout.splitlines()
    assert "shot_generated_bg.1003.exr: cannot be written" in message and "same command" in remedy
    left = pixels_of(job.output)
    assert len(left) == 2 and left == {name: whole[name] for name in left}
    render(job)
    assert pixels_of(job.output) == whole


def test_a_job_too_long_for_the_temporary_folder_is_refused_before_anything_is_read(
    shot: Staged, model: Path
) -> None:
    job = shot.job(model, size=1024)  # 2 TB of pixels at the network's size
    still = replace(job.shot.plate, path=str(shot.folder / "plate.1001.exr"))
    matte = replace(job.shot.matte, path=str(shot.folder / "matte.1001.png"))
    long = replace(job.shot, plate=still, matte=matte, frames=FrameRange(1, 500_000))
    told: list[Progress] = []
    with pytest.raises(OutputError, match=r"cannot hold 500000 frames: .* GB are needed") as caught:
        render(replace(job, shot=long), told.append)
    assert "TMPDIR" in caught.value.remedy and "--frames" in caught.value.remedy
    assert {(one.stage, one.done) for one in told} <= {("checking footage", n) for n in (0, 1)} | {
        ("checking footage", 500_000),
        ("reading footage", 0),
    }
    assert not Path(job.output).exists()


def test_a_temporary_folder_that_is_full_is_told(shot: Staged, model: Path, mount: Mount) -> None:
    (shot.folder / "job.json").write_text(shot.job(model).to_json())
    small = mount("size=48k")
    words = [sys.executable, "-m", "actanywhere", "render", "--json", "--job", str(shot.folder / "job.json")]
    done = subprocess.run(
        words, env={**environment(), "TMPDIR": str(small)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and f"temporary folder {small} cannot hold 6 frames" in done.stdout
