"""The networks and engines as a host shows them: what is here, what a set would take, and getting it in a process.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import List, Optional, Sequence, Tuple

from ..contract.errors import ActAnywhereError, error_from_dict
from .engine import Engine, engine_errand, event_of
from .session import Heard, Step, hear

VISION = "vision"
"""The set of networks that is recommended: who, where, how far, and what is behind."""


@dataclass(frozen=True)
class Network:
    """A network or an engine. ``state`` is here, damaged, coming or absent; ``disk`` is in bytes, ``gpu`` in GB.

    ``is_model``: a render may name it as its model.
    """

    name: str
    title: str
    does: str
    sets: Tuple[str, ...]
    engine: str
    licence: str
    disk: int
    gpu: float
    state: str
    found: str
    is_model: bool = False

    def __str__(self) -> str:
        """``birefnet-lite: finds who stands in a still (0.18 GB, MIT)``."""
        words = f"{self.name}: {self.does} ({self.disk / 1e9:.2f} GB, {self.licence})"
        return words if self.state in ("here", "absent") else f"{words} - {self.state}: {self.found}"


def read_networks(lines: Sequence[str]) -> List[Network]:
    """What ``actanywhere models list --json`` said, without what libraries print."""
    said = [event["model"] for event in map(event_of, lines) if event.get("event") == "model"]
    return [
        Network(
            name=one["name"],
            title=one["title"],
            does=one["does"],
            sets=tuple(one["sets"]),
            engine=one["engine"],
            licence=one["licence"],
            disk=one["disk"],
            gpu=one["gpu_memory"],
            state=one["state"],
            found=one["found"],
            is_model=one.get("is_model", False),
        )
        for one in said
    ]


def model_list(networks: Sequence[Network]) -> List[Tuple[str, str]]:
    """The names that the setting ``model`` takes, and of each what it needs and whether it is here."""
    own = ("starter", "comes with the software, needs no graphics card")
    return [own] + [(one.name, model_words(one)) for one in networks if one.is_model]


def model_words(network: Network) -> str:
    """``8 GB on the graphics card and more, 19 GB on disk, Apache-2.0: not here``."""
    card, disk = f"{network.gpu:.0f} GB on the graphics card", f"{network.disk / 1e9:.0f} GB on disk"
    needs = f"{card} and more, {disk}, {network.licence}"
    state = {"here": "here", "absent": "not here"}.get(network.state)
    return f"{needs}: {state or f'{network.state}, {network.found}'}"


def still_to_get(networks: Sequence[Network], which: str = VISION) -> List[Network]:
    """Those of a set that are not here."""
    return [one for one in networks if which in one.sets and one.state != "here"]


def networks_row(networks: Sequence[Network]) -> str:
    """The row: how many of the recommended networks are here, and what the others would take."""
    vision = [one for one in networks if VISION in one.sets]
    missing = still_to_get(networks)
    if not missing:
        return f"Networks: all {len(vision)} are here"
    size = sum(one.disk for one in missing) / 1e9
    return f"Networks: {len(vision) - len(missing)} of {len(vision)} are here; the others take {size:.2f} GB"


def list_step(engine: Engine) -> Step:
    """Ask the engine what there is. An engine of an older version has no answer, which is none."""
    return Step(
        "Looking for networks", 0.1, lambda: engine_errand(engine.command("models", "list", "--json")), (0, 2)
    )


def pull_step(engine: Engine, names: Sequence[str]) -> Step:
    """Get networks or sets in a process of its own; one that cannot be had does not keep the others."""
    words = ("models", "pull") + tuple(names) + ("--json",)
    return Step("Getting networks", 1.0, lambda: engine_errand(engine.command(*words)), (0, 2), _heard)


def pull_error(lines: Sequence[str]) -> Optional[ActAnywhereError]:
    """The first thing that could not be had, of what a pull said."""
    for event in map(event_of, lines):
        if event.get("event") == "error":
            return error_from_dict(event["error"])
    return None


def _heard(line: str) -> Optional[Heard]:
    """With the name of what is coming."""
    heard = hear(line)
    return heard and replace(heard, text=f"{event_of(line)['shot']}: {heard.text}")
