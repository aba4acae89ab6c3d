"""A bundle of ``actanywhere batch --openjd`` as a job of OpenCue: a frame a shot, then the sheets, page and report.

python examples/farm_opencue.py bundle --show SHOW --shot SEQUENCE            submit it
python examples/farm_opencue.py bundle --show SHOW --shot SEQUENCE --print    show the job's specification instead

Needs ``pip install opencue-pyoutline`` here; hosts need ``actanywhere`` alone.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

import yaml
from outline import Outline
from outline.cuerun import OutlineLauncher
from outline.modules.shell import Shell


def main() -> int:
    """Submit the job, or show it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--show", required=True)
    parser.add_argument("--shot", required=True)
    parser.add_argument("--print", action="store_true", dest="shown")
    args = parser.parse_args()
    launcher = OutlineLauncher(job_of(args.bundle, args.show, args.shot))
    if args.shown:
        print(launcher.serialize(use_pycuerun=False))
    else:
        launcher.launch(use_pycuerun=False)
    return 0


def job_of(bundle: Path, show: str, shot: str) -> Outline:
    """Two layers, of which the second waits for the first. Bad input ends well and is told by the second."""
    template = yaml.safe_load((bundle / "template.yaml").read_text(encoding="utf-8"))
    parameters = {one["name"]: one for one in template["parameterDefinitions"]}
    values = json.loads((bundle / "parameters.json").read_text(encoding="utf-8"))
    needs = {one["name"]: one["min"] for one in template["steps"][0]["hostRequirements"]["amounts"]}
    count = len(json.loads((bundle / "shots.json").read_text(encoding="utf-8"))["shots"])
    farm, same = (
        [parameters["ActAnywhere"]["default"], "farm"],
        ["--shots", values["Shots"], "--report", values["Report"]],
    )
    for name, folder in values.items():
        same += ["--root", f"{name}={folder}"] if name.startswith("Root") else []
    memory = {"memory": "{}m".format(needs["amount.worker.memory"])}
    if "amount.worker.gpu" in needs:
        memory.update(gpus=1, gpu_memory="{}m".format(needs["amount.worker.gpu.memory"]))
    same = [shlex.quote(word) for word in same]  # a host's shell reads the command
    task = [*farm, "task", *same, "--only", "#IFRAME#", "--settle"]
    render = Shell("render", command=task, range=f"1-{count}", chunk=1, **memory)
    finish = Shell("finish", command=[*farm, "finish", *same], range="1-1", chunk=1)
    finish.depend_all(render)
    job = Outline(template["name"], show=show, shot=shot)
    job.add_layer(render)
    job.add_layer(finish)
    return job


if __name__ == "__main__":
    sys.exit(main())
