"""The networks that are here for a matte from the plate alone, and what is said where they lack or fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ..contract.errors import ModelError
from ..models import Found, find_network, missing_network
from ..models.memory import check_memory
from ..seeing.cache import Answers
from ..seeing.follow_sam2 import Sam2Follow
from ..seeing.follow_still import StillFollow, View
from ..seeing.matte_edge import Edge, GuidedEdge, VitMatteEdge
from ..seeing.protocol import Follow, Hint, Picture, Subject, stacked
from ..seeing.readers import open_found
from ..seeing.subjects import NetworkSubjects

INSTEAD = "The guided filter draws the edge instead"


@dataclass(frozen=True)
class MatteReaders:
    """What answers here: ``follow`` give whoever follows, the best first; ``subjects`` tells who stands out."""

    follow: tuple[Callable[[], Follow], ...]
    edge: Edge
    subjects: Callable[[Picture], list[Subject]] | None
    warnings: list[str]


def source_of(edge: str) -> str:
    """Who follows here, not loaded, and by whom the ``edge`` is. Raises ``ModelError`` where nobody can follow."""
    found = find_network("follow") or find_network("subjects")
    if found is None:
        raise ModelError(
            "A matte from the plate alone needs a network, and none is here.",
            f"{missing_network('follow')}. Or, lighter: {missing_network('subjects')}.",
        )
    return f"{found.entry.name} and {edge}"


def edge_network() -> tuple[Found | None, list[str]]:
    """The network for soft edges, not loaded, and a warning where it is here and damaged."""
    try:
        return find_network("edge"), []
    except ModelError as error:
        return None, [f"{error.message} {INSTEAD}. {error.remedy}"]


def edge_here() -> tuple[Edge, list[str]]:
    """Who draws the edge, and a warning where the network for it cannot be loaded."""
    found, failing = edge_network()
    if found is None:
        return GuidedEdge(), failing
    try:
        edge = VitMatteEdge(found.folder, found.entry.name)
        return edge, edge.notices
    except ModelError as error:
        return GuidedEdge(), [f"{error.message} {INSTEAD}. {error.remedy}"]


def lacks_follow() -> list[str]:
    """What to say where no network for shots is here."""
    if find_network("follow") is not None:
        return []
    return [f"The network for stills follows the actor here. {missing_network('follow')}."]


def matte_readers(work: Path, edge: Edge) -> MatteReaders:
    """The networks that are here. Raises ``ModelError``."""
    film, still = find_network("follow"), find_network("subjects")
    answers, warnings = Answers(work / "answers"), lacks_follow()

    @cache
    def stills() -> _Stills:
        assert still is not None
        check_memory(still.entry)
        network, notices = open_found(still)
        warnings.extend(notices)
        return _Stills(NetworkSubjects(network, still.entry.name, still.entry.recipe), answers)

    def by_film() -> Follow:
        assert film is not None
        follower = Sam2Follow(film.folder, film.entry.name)
        warnings.extend(follower.notices)
        return follower

    def by_stills() -> Follow:
        return StillFollow(stills().subjects.name, stills().find, stills().closer)

    follow = [make for make, found in ((by_film, film), (by_stills, still)) if found is not None]
    everybody = None if still is None else lambda picture: stills().everybody(picture)
    return MatteReaders(tuple(follow), edge, everybody, warnings)


@dataclass(frozen=True)
class _Stills:
    """The network for stills, and what it said before."""

    subjects: NetworkSubjects
    answers: Answers

    def find(self, picture: Picture, view: View) -> Picture:
        ask, part = self.subjects.digest, np.ascontiguousarray(picture[view])
        return self.answers.get(part, ask, lambda: {"mask": self.subjects.mask(part)})["mask"]

    def everybody(self, picture: Picture) -> list[Subject]:
        return self.subjects.subjects_in(self.find(picture, np.s_[:, :]))

    def closer(self, picture: Picture, hint: Hint) -> Picture | None:
        found = self.subjects.find(picture, hint)
        return stacked([one.mask for one in found]) if found else None
