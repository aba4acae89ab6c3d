"""A farm's job bundle of a host's takes, planned and written by the engine, as a button of a host.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import os
import shutil
from typing import Any, Dict, List, Sequence

from ..contract.errors import ActAnywhereError, WorkerError, error_from_dict
from ..contract.files import write_text
from ..contract.job import Job
from .engine import Engine, engine_errand, event_of
from .progress import clock
from .session import Step

_LIST = "jobs.json"


def can_submit() -> bool:
    """Whether the command of AWS Deadline Cloud is there to hand a bundle to."""
    return shutil.which("deadline") is not None


def write_farm_list(folder: str, jobs: Sequence[Job]) -> None:
    """What the bundle is to be made of. Raises ``OutputError``."""
    write_text(os.path.join(folder, _LIST), "[{}]\n".format(",\n".join(job.to_json() for job in jobs)))


def plan_step(engine: Engine, folder: str) -> Step:
    """Check every shot and say what they need; nothing is written."""
    return _step(engine, "Planning", folder, "--dry-run")


def write_step(engine: Engine, folder: str) -> Step:
    """Write the bundle into ``folder``/bundle, and submit it where ``can_submit``."""
    return _step(engine, "Farm bundle", folder, *(["--submit"] if can_submit() else []))


def _step(engine: Engine, title: str, folder: str, *flags: str) -> Step:
    words = [
        "batch",
        os.path.join(folder, _LIST),
        "--openjd",
        os.path.join(folder, "bundle"),
        "--json",
        *flags,
    ]
    # 1 and 2: what it says tells why, and is read from its lines
    return Step(title, 0.2, lambda: engine_errand(engine.command(*words)), (0, 1, 2))


def planned(lines: Sequence[str]) -> List[str]:
    """What the engine says of the shots: all together, then the warnings of each. Raises what is wrong with them."""
    events = _sound(lines)
    shots: List[Dict[str, Any]] = [shot for one in events if one["event"] == "plan" for shot in one["shots"]]
    if not shots:
        raise WorkerError("The shots were not planned: {}".format(" ".join(list(lines)[-3:])), "Try again.")
    return [_summary(shots)] + [
        f"{shot['name']}: warning: {text}" for shot in shots for text in shot["warnings"]
    ]


def _summary(shots: Sequence[Dict[str, Any]]) -> str:
    known = [shot["seconds"] for shot in shots if shot["seconds"] is not None]
    took = f"about {clock(sum(known))} of machine time" if known else ""
    if len(known) < len(shots):
        took += (" and " if took else "") + f"{len(shots) - len(known)} of no known speed"
    frames = sum(shot["count"] for shot in shots)
    disk = sum(shot["disk"] for shot in shots) / 1e6
    return "{} shot{}, {} frames, {}, at most {:.1f} MB of layers".format(
        len(shots), "s" if len(shots) > 1 else "", frames, took, disk
    )


def made_bundle(folder: str, lines: Sequence[str]) -> str:
    """The folder of the bundle that was written. Raises what the engine told."""
    _sound(lines)
    bundle = os.path.join(folder, "bundle")
    if not os.path.isfile(os.path.join(bundle, "template.yaml")):
        raise WorkerError("The bundle was not written: {}".format(" ".join(list(lines)[-3:])), "Try again.")
    return bundle


def _sound(lines: Sequence[str]) -> List[Dict[str, Any]]:
    """What the engine said; all errors at once where there are any."""
    events = [one for one in map(event_of, lines) if "event" in one]
    wrong = [
        (one.get("shot", ""), error_from_dict(one["error"])) for one in events if one["event"] == "error"
    ]
    if len(wrong) == 1:
        raise wrong[0][1]
    if wrong:
        text = "\n".join(f"{name}: {error.message}" for name, error in wrong)
        first: ActAnywhereError = wrong[0][1]
        raise type(first)(text, first.remedy)
    return events
