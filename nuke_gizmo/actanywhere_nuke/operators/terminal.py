"""Without an interface: open a script, render one node's take, end with a status."""

from __future__ import annotations

import os
import sys
from typing import List, Sequence

import nuke

from ..contract.errors import ActAnywhereError, Cancelled, JobError, WorkerError
from ..draw.wording import say
from ..read.asking import is_ours
from . import generate

__all__ = ["main"]

DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130

_USAGE = "nuke -t actanywhere_render.py SCRIPT.nk [NODE] [--frames=1001-1010]"


def main(words: Sequence[str]) -> int:
    """Render, print, and give the exit status: 0 done, 1 the engine failed, 2 bad input, 130 stopped."""
    try:
        return _main(list(words))
    except Cancelled as error:
        print(error.message, file=sys.stderr)
        return STOPPED
    except KeyboardInterrupt:
        return STOPPED
    except ActAnywhereError as error:
        print(say(error), file=sys.stderr)
        return FAILED if isinstance(error, WorkerError) else BAD_INPUT


def _main(words: List[str]) -> int:
    frames = "".join(word.split("=", 1)[1] for word in words if word.startswith("--frames="))
    plain = [word for word in words if not word.startswith("--")]
    unknown = [word for word in words if word.startswith("--") and not word.startswith("--frames=")]
    if unknown or not 1 <= len(plain) <= 2:
        raise JobError(f"What is to be rendered? {' '.join(words)}", _USAGE)
    if not os.path.isfile(plain[0]):
        raise JobError(f"There is no script {plain[0]}.", _USAGE)
    nuke.scriptOpen(plain[0])
    result = generate.generate(_node(plain[1] if len(plain) > 1 else ""), frames)
    assert result is not None  # in a terminal it blocks
    print(f"layer: {result.layer}", flush=True)
    return DONE


def _node(name: str) -> nuke.Node:
    """The node of that name; without one, the only ActAnywhere node of the script."""
    ours = [node for node in nuke.allNodes() if is_ours(node)]
    if name:
        found = nuke.toNode(name)
        if found is None or not is_ours(found):
            raise JobError(f"There is no ActAnywhere node '{name}' in the script.", _USAGE)
        return found
    if len(ours) != 1:
        raise JobError(f"The script has {len(ours)} ActAnywhere nodes.", "Name one. " + _USAGE)
    return ours[0]
