"""Where the engine is: the Python that has ActAnywhere installed, chosen once for a user, or for one node."""

from __future__ import annotations

import json
import os
from typing import Tuple

from ..contract.errors import JobError, LaterVersion
from ..contract.files import make_folder, write_text
from ..contract.schema import Upgrade, numbered, upgraded
from ..hostkit.engine import Engine, engine_python

__all__ = ["REMEDY", "chosen_engine", "engine", "store_engine"]

REMEDY = (
    "Choose the engine in the menu ActAnywhere > Engine, or set ACTANYWHERE_PYTHON to the Python that has it; "
    "pip install '.[cpu]' in the folder that ActAnywhere came in installs it."
)

_STORE = os.path.join("~", ".nuke", "actanywhere.json")
_UPGRADES: Tuple[Upgrade, ...] = ()


def engine(own: str, store: str = _STORE) -> Engine:
    """The node's own engine, else the one that the user has chosen, else the first that is there."""
    return Engine(engine_python(own or chosen_engine(store)), REMEDY)


def chosen_engine(store: str = _STORE) -> str:
    """The Python that this user has chosen; empty when none was. Raises ``LaterVersion``."""
    try:
        with open(os.path.expanduser(store), encoding="utf-8") as stream:
            return str(upgraded(json.load(stream), store, _UPGRADES)["engine"])
    except LaterVersion:
        raise
    except (OSError, ValueError, KeyError, TypeError, JobError):
        return ""


def store_engine(python: str, store: str = _STORE) -> None:
    """Keep the choice. Raises ``OutputError``."""
    path = os.path.expanduser(store)
    make_folder(os.path.dirname(path))
    write_text(path, json.dumps(numbered({"engine": python}, _UPGRADES)))
