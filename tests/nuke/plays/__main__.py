"""What an artist does with the node, played in the stand-in for Nuke: one play a process, its outcome printed as JSON.

    python3.7 -m tests.nuke.plays < stage.json

``stage.json``: ``play`` (a function of a module beside this one), ``plugin`` (the folder as unzipped), ``work``,
``engine`` (a Python that has ActAnywhere), ``renderer`` (a Python with OpenImageIO, for the stand-in's own pictures),
``gui``, ``version``, and ``frames`` [first, last] of the shot in ``work``. Valid Python 3.7.
"""

from __future__ import annotations

import json
import sys

from tests.nuke_standin import ON_PATH

sys.path.insert(0, str(ON_PATH))

import nuke  # noqa: E402

from tests.nuke.plays import farm, inputs, takes  # noqa: E402
from tests.nuke.plays.hands import STAGE  # noqa: E402
from tests.nuke_standin.session import SESSION  # noqa: E402


def main() -> None:
    """Play what the stage on standard input asks for."""
    STAGE.update(json.load(sys.stdin))
    SESSION.begin(gui=STAGE["gui"], version=tuple(STAGE["version"]))
    SESSION.engine = STAGE["renderer"]
    nuke.scriptClear() if SESSION.root else None
    SESSION.root = nuke.Root()
    nuke.pluginAddPath(STAGE["plugin"])
    (play,) = [vars(plays)[STAGE["play"]] for plays in (farm, inputs, takes) if STAGE["play"] in vars(plays)]
    said = play()
    said["faults"] = SESSION.faults
    said["swallowed"] = [repr(error) for error in SESSION.swallowed]
    print("SAID " + json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
