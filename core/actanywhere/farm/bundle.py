"""A job bundle in the open form of Open Job Description, as ``openjd run`` and AWS Deadline Cloud take it.

    template.yaml           two steps: Render (a task a shot, in chunks) and Review (sheets, page, report)
    parameter_values.yaml   where the roots lie here, as ``deadline bundle submit`` reads it
    parameters.json         the same for ``openjd run``
    asset_references.yaml   what is read and written
    shots.json              the jobs, with paths below the roots

Schemas: https://github.com/OpenJobDescription/openjd-specifications, "Template Schemas 2023-09" and "TASK_CHUNKING".
"""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..contract.errors import ActAnywhereError
from ..contract.files import make_folder, write_text
from ..contract.schema import numbered
from .paths import Roots, paths_of, with_paths
from .plan import PlannedShot, Refused
from .shots import SHOTS_UPGRADES

_SHOTS = "shots.json"
_TARGET = 900.0  # seconds that a task should take at least, so that loading a model does not count
_MOST_SHOTS = 20
_SHORTEST_LIMIT = 600.0
_SLACK = 8.0
"""A host may be so many times slower than the estimate before a task counts as hung."""


@dataclass(frozen=True)
class BundleOptions:
    """``report`` is the report's folder. ``storage``: folders that the farm sees (empty: all). ``chunk``: shots a task
    (None: by the estimate).

    ``shot_hours`` limits a shot for which no speed is known. ``command`` starts ActAnywhere on a host.
    """

    report: str
    storage: tuple[str, ...] = ()
    chunk: int | None = None
    shot_hours: float = 6.0
    command: str = "actanywhere"
    name: str = "ActAnywhere"


def check_paths(shots: Sequence[PlannedShot], options: BundleOptions) -> list[Refused]:
    """The shots that have a path which the farm cannot map."""
    roots = _roots(shots, options)
    refused = []
    for shot in shots:
        try:
            for path in paths_of(shot.job):
                roots.write(path)
        except ActAnywhereError as error:
            refused.append(Refused(shot.name, error))
    return refused


def write_bundle(
    folder: str | os.PathLike[str], shots: Sequence[PlannedShot], options: BundleOptions
) -> Path:
    """Write the bundle of shots that ``check_paths`` let pass; gives the template's path. Raises ``OutputError``."""
    folder = Path(folder).absolute()
    roots = _roots(shots, options)
    make_folder(str(folder))
    values = {"Shots": str(folder / _SHOTS), "Report": options.report, **roots.folders}
    listed = [{"name": shot.name, "job": with_paths(shot.job, roots.write).to_dict()} for shot in shots]
    _write_json(folder / _SHOTS, numbered({"shots": listed}, SHOTS_UPGRADES))
    _write_json(folder / "parameters.json", values)
    pairs = [{"name": name, "value": value} for name, value in values.items()]
    _write_yaml(folder / "parameter_values.yaml", {"parameterValues": pairs})
    _write_yaml(
        folder / "asset_references.yaml", {"assetReferences": _assets(shots, roots, options.report, values)}
    )
    _write_yaml(folder / "template.yaml", _template(shots, options, list(roots.folders)))
    return folder / "template.yaml"


# -- the template --------------------------------------------------------------------------------------------


def _template(shots: Sequence[PlannedShot], options: BundleOptions, roots: Sequence[str]) -> dict[str, Any]:
    chunk = shots_per_task(shots, options)
    common = ["--shots", "{{Param.Shots}}", "--report", "{{Param.Report}}"]
    common += [word for name in roots for word in ("--root", f"{name}={{{{Param.{name}}}}}")]
    session = ["--session", "{{Session.WorkingDirectory}}"]
    task = [*common, "--only", "{{Task.Param.Shot}}", *session, "--settle"]
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "extensions": ["TASK_CHUNKING"],
        "name": f"{options.name[:100]} ({len(shots)} shot{'s' if len(shots) > 1 else ''})",
        "parameterDefinitions": _parameters(roots, options, chunk),
        "steps": [
            {
                "name": "Render",
                "parameterSpace": {"taskParameterDefinitions": [_shots_parameter(len(shots))]},
                "stepEnvironments": [
                    {
                        "name": "Worker",
                        "description": "One process that keeps its model loaded from task to task.",
                        "script": {
                            "actions": {
                                "onEnter": _action(["farm", "start", *session], 300),
                                "onExit": _action(["farm", "stop", *session], 60),
                            }
                        },
                    }
                ],
                "hostRequirements": _requirements(shots),
                "script": {
                    "actions": {"onRun": _action(["farm", "task", *task], _limit(shots, options, chunk))}
                },
            },
            {
                "name": "Review",
                "dependencies": [{"dependsOn": "Render"}],
                "script": {
                    "actions": {"onRun": _action(["farm", "finish", *common], 600 + 120 * len(shots))}
                },
            },
        ],
    }


def _parameters(roots: Sequence[str], options: BundleOptions, chunk: int) -> list[dict[str, Any]]:
    path = {"type": "PATH", "objectType": "DIRECTORY"}
    return [
        {
            "name": "Shots",
            "type": "PATH",
            "objectType": "FILE",
            "dataFlow": "IN",
            "description": "The list of shots.",
        },
        {
            "name": "Report",
            **path,
            "dataFlow": "OUT",
            "description": "Where the review page and the report go.",
        },
        *(
            {
                "name": name,
                **path,
                "dataFlow": "NONE",
                "description": "A folder that holds plates, mattes or layers.",
            }
            for name in roots
        ),
        {
            "name": "ActAnywhere",
            "type": "STRING",
            "default": options.command,
            "description": "Its command on a host.",
        },
        {"name": "ShotsPerTask", "type": "INT", "default": chunk, "minValue": 1},
    ]


def _shots_parameter(count: int) -> dict[str, Any]:
    return {
        "name": "Shot",
        "type": "CHUNK[INT]",
        "range": f"1-{count}" if count > 1 else "1",
        "chunks": {"defaultTaskCount": "{{Param.ShotsPerTask}}", "rangeConstraint": "CONTIGUOUS"},
    }


def _action(words: Sequence[str], limit: float) -> dict[str, Any]:
    return {
        "command": "{{Param.ActAnywhere}}",
        "args": list(words),
        "timeout": int(limit),
        "cancelation": {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": 30},
    }


def _requirements(shots: Sequence[PlannedShot]) -> dict[str, Any]:
    """In MiB, as the specification counts memory. What is written goes to shared storage: no scratch disk is needed."""
    memory, gpu = max(s.needs.memory for s in shots), max(s.needs.gpu_memory for s in shots)
    amounts: list[dict[str, Any]] = [{"name": "amount.worker.memory", "min": round(memory * 1024)}]
    if gpu:
        amounts += [
            {"name": "amount.worker.gpu", "min": 1},
            {"name": "amount.worker.gpu.memory", "min": round(gpu * 1024)},
        ]
    return {"amounts": amounts}


def shots_per_task(shots: Sequence[PlannedShot], options: BundleOptions) -> int:
    """As asked for, or as many as take a quarter of an hour by the estimate."""
    if options.chunk is not None:
        return options.chunk
    longest = max(_shot_seconds(shot, options) for shot in shots)
    return max(1, min(_MOST_SHOTS, int(_TARGET / longest)))


def hours_on_hosts(shots: Sequence[PlannedShot], options: BundleOptions, hosts: int) -> float:
    """From start to end, where each host takes the next task when it is free; without the loading of models."""
    chunk, free = shots_per_task(shots, options), [0.0] * hosts
    for first in range(0, len(shots), chunk):
        task = sum(_shot_seconds(shot, options) for shot in shots[first : first + chunk])
        heapq.heapreplace(free, free[0] + task)
    return max(free) / 3600


def _limit(shots: Sequence[PlannedShot], options: BundleOptions, chunk: int) -> float:
    """Seconds for a task: as many of the longest shots as it may hold."""
    longest = sorted((_shot_limit(shot, options) for shot in shots), reverse=True)
    return sum(longest[:chunk])


def _shot_seconds(shot: PlannedShot, options: BundleOptions) -> float:
    return options.shot_hours * 3600 if shot.seconds is None else shot.seconds


def _shot_limit(shot: PlannedShot, options: BundleOptions) -> float:
    if shot.seconds is None:
        return options.shot_hours * 3600
    return max(_SHORTEST_LIMIT, _SLACK * shot.seconds)


# -- files ---------------------------------------------------------------------------------------------------


def _roots(shots: Sequence[PlannedShot], options: BundleOptions) -> Roots:
    return Roots.of([path for shot in shots for path in paths_of(shot.job)], options.storage)


def _assets(
    shots: Sequence[PlannedShot], roots: Roots, report: str, values: Mapping[str, str]
) -> dict[str, Any]:
    files = sorted({path for shot in shots for path in shot.reads} | {values["Shots"]})
    return {
        "inputs": {"filenames": files, "directories": []},
        "outputs": {"directories": [*(shot.job.output for shot in shots), report]},
        "referencedPaths": list(roots.folders.values()),
    }


def _write_json(path: Path, data: Any) -> None:
    write_text(str(path), json.dumps(data, indent=1) + "\n")


def _write_yaml(path: Path, data: Any) -> None:
    write_text(str(path), yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120))
