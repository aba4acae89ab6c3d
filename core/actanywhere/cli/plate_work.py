"""Commands that work on a plate in their own process, with no condition: flags to a job, progress, Ctrl-C."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..contract.job import Job
from ..render.plate_job import PlateJob
from ..render.progress import JobProgress, Stage
from ..shotlist import job_from_flat
from .flags import given_settings, given_shot
from .follow import Interrupts
from .screen import Screen

_Made = TypeVar("_Made")


def without_condition(shot: Mapping[str, Any], args: argparse.Namespace) -> Job:
    """The Job of a shot that needs no condition: the plate's own path stands for one, and is not read."""
    return job_from_flat(
        {**shot, **given_settings(args), "condition": shot.get("plate", ""), "output": args.output}
    )


def plate_job(args: argparse.Namespace) -> PlateJob:
    """What the flags ask of a plate and its matte. Raises ``JobError``."""
    job = without_condition(given_shot(args), args)
    return PlateJob(job.shot.plate, job.shot.matte, job.output, job.shot.frames, job.settings)


def watched(name: str, stages: list[Stage], screen: Screen, work: Callable[[JobProgress], _Made]) -> _Made:
    """What ``work`` makes, with its progress on the screen; Ctrl-C stops it between frames. Raises ``Cancelled``."""
    with Interrupts() as interrupts:
        progress = JobProgress(lambda one: screen.progress(name, one), lambda: interrupts.asked > 0, stages)
        made = work(progress)
    screen.clear()
    return made
