"""The result of each shot of a batch: a small JSON file, written by the shot's task into the report folder."""

from __future__ import annotations

import json
import platform
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract.errors import (
    ActAnywhereError,
    Cancelled,
    FolderBusy,
    JobError,
    LaterVersion,
    WorkerError,
)
from ..contract.files import make_folder, write_text
from ..contract.job import Result
from ..contract.schema import Upgrade, numbered, upgraded
from ..hostkit.progress import clock
from .shots import FarmShot

_UPGRADES: tuple[Upgrade, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """``status``: finished, bad (input), failed, stopped, or waiting (no task has had it)."""

    number: int
    name: str
    status: str
    host: str = ""
    ended: str = ""
    seconds: float = 0.0
    message: str = ""
    remedy: str = ""
    warnings: tuple[str, ...] = ()


def finished(shot: FarmShot, result: Result, seconds: float) -> Outcome:
    """The outcome of a shot that is rendered."""
    return _outcome(shot, "finished", seconds, warnings=tuple(result.warnings))


def failed(shot: FarmShot, error: ActAnywhereError, seconds: float) -> Outcome:
    """The outcome of a shot that is not."""
    return _outcome(shot, outcome_of(error), seconds, message=error.message, remedy=error.remedy)


def outcome_of(error: ActAnywhereError) -> str:
    """``bad`` where another try on another host would end the same, else ``failed`` or ``stopped``."""
    if isinstance(error, Cancelled):
        return "stopped"
    return "failed" if isinstance(error, (WorkerError, FolderBusy)) else "bad"


def _outcome(shot: FarmShot, status: str, seconds: float, **more: Any) -> Outcome:
    ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Outcome(shot.number, shot.name, status, platform.node(), ended, round(seconds, 2), **more)


def write_outcome(report: Path, outcome: Outcome) -> None:
    """Write it, whole. Raises ``OutputError``."""
    path = _path(report, outcome.number, outcome.name)
    make_folder(str(path.parent))
    write_text(str(path), json.dumps(numbered(vars(outcome), _UPGRADES), indent=1) + "\n")


def read_outcomes(report: Path, shots: Sequence[FarmShot]) -> list[Outcome]:
    """The outcome of every shot, in their order. Raises ``LaterVersion``."""
    return [_read(_path(report, shot.number, shot.name), shot) for shot in shots]


def _read(path: Path, shot: FarmShot) -> Outcome:
    try:
        data = upgraded(json.loads(path.read_text(encoding="utf-8")), str(path), _UPGRADES)
        return Outcome(**{**data, "warnings": tuple(data["warnings"])})
    except LaterVersion:
        raise
    except (OSError, ValueError, KeyError, TypeError, JobError):
        return Outcome(shot.number, shot.name, "waiting")


def write_report(report: Path, outcomes: Sequence[Outcome]) -> Path:
    """``report.md``: the totals, a line a shot, and what to do about those that are not finished."""
    counts = {
        status: sum(one.status == status for one in outcomes)
        for status in ("finished", "bad", "failed", "stopped", "waiting")
    }
    hosts = len({one.host for one in outcomes if one.host})
    took = clock(sum(one.seconds for one in outcomes))
    lines = ["# " + ", ".join(f"{count} {status}" for status, count in counts.items() if count), ""]
    lines += [f"{took} of machine time on {hosts} host{'' if hosts == 1 else 's'}.", ""]
    lines += ["| shot | status | host | seconds | ended | |", "|---|---|---|---|---|---|"]
    for one in outcomes:
        said = one.message or "; ".join(one.warnings)
        cells = (one.name, one.status, one.host, f"{one.seconds:.1f}", one.ended, " ".join(said.split()))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    wrong = [one for one in outcomes if one.message]
    lines += ["", "## What to do", ""] if wrong else []
    lines += [f"- **{one.name}**: {' '.join(one.remedy.split())}" for one in wrong]
    path = report / "report.md"
    make_folder(str(report))
    write_text(str(path), "\n".join(lines) + "\n")
    return path


def _path(report: Path, number: int, name: str) -> Path:
    return report / "status" / f"{number:04d}_{re.sub(r'[^A-Za-z0-9_-]+', '_', name)[:80]}.json"
