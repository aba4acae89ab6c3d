"""Writes the golden files anew: ``python -m tests.golden.make``, from the repository's root.

Do so only when the job's JSON is meant to change: files that artists and farms keep will no longer be the same.
"""

from __future__ import annotations

from pathlib import Path

from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot

FOLDER = Path(__file__).resolve().parent

#: The shortest job, and one in which every field of a shot is given.
JOBS = {
    "job_plain.json": Job(
        Shot("run_010", ImageSequence("plate.####.exr"), Matte("roto.####.exr"), Condition("place.jpg")), "bg"
    ),
    "job_full.json": Job(
        Shot(
            "run_020",
            ImageSequence("run.mov", 1009, "rec709"),
            Matte("run_roto.mov", "A", 1009),
            Condition("comp.exr", "composite", "comp_matte.png", "acescg"),
            FrameRange(1012, 1047),
            "run_track.json",
        ),
        "out/run_020",
        Settings(
            model="shelf/large",
            camera="tracked",
            anchor=1020,
            seed=7,
            preview=True,
            solver="ddim",
            steps=50,
            variation=0.5,
            guidance=5.0,
            size=320,
            overlap=8,
            invert_matte=True,
            fill_matte=True,
            grow_matte=-2.5,
            erode=3,
            band=0.1,
            shadow="given",
            shadow_side=-1.2,
            shadow_away=0.3,
            shadow_density=0.6,
            shadow_softness=0.04,
            shading=0.8,
            detail=0.5,
            layer="city_bg",
            format=("exr", "png", "mov"),
            device="cuda:1",
            precision="bf16",
        ),
    ),
}


def main() -> None:
    """Write them."""
    for name, job in JOBS.items():
        (FOLDER / name).write_text(job.to_json() + "\n")


if __name__ == "__main__":
    main()
