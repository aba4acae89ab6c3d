"""The menu entries about networks: what is installed, and downloading the rest under Nuke's progress bar."""

from __future__ import annotations

from typing import List

import nuke

from ..draw.wording import say
from ..hostkit.engine import Engine
from ..hostkit.networks import (
    VISION,
    Network,
    model_list,
    networks_row,
    pull_error,
    pull_step,
    read_networks,
    still_to_get,
)
from ..hostkit.session import Session
from ..read.asking import text
from . import installation
from .aside import follow

__all__ = ["choose_model", "show_networks"]

_ASK = (
    "Get them now? They are downloaded once, into the engine's folder of models, by a process of its own; Nuke stays "
    "free. A render never goes online."
)

_ASK_MODEL = "Get it now? It is downloaded once, by a process of its own; Nuke stays free."


def show_networks() -> None:
    """Say which networks are here; where some are not, ask whether to get them. Raises ``WorkerError``."""
    engine = installation.engine("")
    networks = read_networks(engine.run("models", "list", "--json").splitlines())
    if not still_to_get(networks):
        nuke.message(_told(networks))
    elif nuke.ask(f"{_told(networks)}\n\n{_ASK}"):
        _start(engine, VISION)


def choose_model(node: nuke.Node) -> None:
    """Show the models that there are, with what each needs and whether it is here, and put the chosen one into the
    knob; get it, if the artist says so. Raises ``WorkerError``.
    """
    engine = installation.engine(text(node, "engine"))
    networks = read_networks(engine.run("models", "list", "--json").splitlines())
    models = model_list(networks)
    index = nuke.choice("ActAnywhere", "model", ["{}: {}".format(*model) for model in models])
    if index is None:
        return
    name, words = models[index]
    node["model"].setValue(name)
    lacking = [one for one in networks if one.name == name and one.state != "here"]
    if lacking and nuke.ask(f"{name}: {words}\n\n{_ASK_MODEL}"):
        _start(engine, name)


def _start(engine: Engine, name: str) -> None:
    session = Session([], before=[pull_step(engine, [name])])
    follow(name, session, lambda: _ended(session))


def _told(networks: List[Network]) -> str:
    missing = still_to_get(networks)
    shown = [one for one in networks if one.state != "absent" or one in missing]
    marks = {True: "+", False: "-"}
    return "\n".join([networks_row(networks), ""] + [f"{marks[one.state == 'here']} {one}" for one in shown])


def _ended(session: Session) -> None:
    error = session.error or pull_error(session.lines)
    nuke.message(say(error) if error is not None else "It is here now.")
