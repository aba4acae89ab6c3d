"""The menu ``ActAnywhere`` in Nuke's toolbar (the Tab key finds what is in it) and what it does."""

from __future__ import annotations

import os
from typing import Callable

import nuke

from ..contract.errors import ActAnywhereError
from ..draw.panel import HELP
from ..draw.wording import say
from ..read.asking import is_ours
from . import generate, installation
from .networks import show_networks

__all__ = ["create", "install"]

_FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))).replace("\\", "/")


def install() -> None:
    """Put the menu up."""
    menu = nuke.menu("Nodes").addMenu("ActAnywhere")
    menu.addCommand("ActAnywhere", create)
    menu.addCommand("Generate selected", _shown(generate_selected))
    menu.addSeparator()
    menu.addCommand("Engine...", _shown(choose_engine))
    menu.addCommand("Networks...", _shown(show_networks))
    menu.addCommand("Doctor", _shown(show_doctor))
    menu.addCommand("Help", lambda: nuke.message(HELP))


def create() -> nuke.Node:
    """A new node: a Group that can be opened, its plate connected to what is selected. Its panel opens."""
    node = nuke.nodePaste(_FOLDER + "/ActAnywhere.nk") or nuke.selectedNode()
    node.showControlPanel()
    return node


def generate_selected() -> None:
    """A take of every selected ActAnywhere node; they render one after the other."""
    nodes = [node for node in nuke.selectedNodes() if is_ours(node)]
    if not nodes:
        nuke.message("Select one or more ActAnywhere nodes first.")
    for node in nodes:
        generate.generate(node)


def choose_engine() -> None:
    """Ask for the Python that has ActAnywhere, try it, and keep it."""
    python = nuke.getFilename(
        "The Python that has ActAnywhere installed", default=installation.chosen_engine()
    )
    if not python:
        return
    said = installation.engine(python).run("doctor")
    installation.store_engine(python)
    nuke.message(f"This engine is used from now on.\n\n{said}")


def show_doctor() -> None:
    """What the engine says of its machine, libraries and models."""
    nuke.message(installation.engine("").run("doctor"))


def _shown(call: Callable[[], None]) -> Callable[[], None]:
    """The call with its errors shown."""

    def run() -> None:
        try:
            call()
        except ActAnywhereError as error:
            nuke.message(say(error))

    return run
