"""The reader of each role: the installed network, else a method that needs none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TypeVar

import numpy as np

from ..contract.errors import ModelError
from ..models import Found, find_network, missing_network
from ..models.memory import check_memory, lacks_card_memory
from ..onnx_runner import Network, open_network, providers_here
from .cache import Answers, Arrays
from .depth import NetworkDepth
from .fill_diffusion import DiffusionFill, diffusion_fill
from .fill_networks import NetworkFill
from .grab_cut import GrabCutSubjects
from .protocol import REGIONS, DepthMap, Fill, Hint, Picture, RegionMap, Subject, Subjects
from .regions import EomtRegions
from .shift_map import ShiftMap
from .subjects import NetworkSubjects

T = TypeVar("T")
Filler = DiffusionFill | NetworkFill | ShiftMap


def find_networks() -> dict[str, Found]:
    """The networks that are here, by the role that each answers best. Raises ``ModelError`` for a damaged one."""
    found = {role: find_network(role) for role in ("subjects", "regions", "depth", "fill")}
    return {role: one for role, one in found.items() if one is not None}


def open_found(found: Found) -> tuple[Network, list[str]]:
    """The network of ONNX, on the processor where the card has no room for it, and what is to be said of that.

    Raises ``ModelError``.
    """
    lacking = lacks_card_memory(found.entry) if providers_here()[0] in ("cuda", "tensorrt") else ""
    network = open_network(found.path, provider="cpu" if lacking else "auto")
    return network, [lacking] * bool(lacking) + network.notices


@dataclass
class Readers:
    """The reader of each role; networks are loaded when first asked, and answers are cached.

    ``networks`` are those to use, by role; none is compulsory. ``warnings`` fills as it goes: a network that cannot be
    loaded or run is left out (its role is in ``failed``), and what answers without it takes over.
    """

    networks: dict[str, Found] = field(default_factory=dict)
    answers: Answers = field(default_factory=lambda: Answers(None))
    warnings: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)

    @property
    def subjects(self) -> Subjects | None:
        """Who stands out of a picture; None where no network tells. It raises ``ModelError`` where it cannot be run."""
        return None if "subjects" in self.failed else self._subjects

    def by_subjects(self, question: Callable[[Subjects | None], T]) -> T:
        """What ``question`` makes of the subjects' reader; asked again without one where the network cannot be run."""
        reader = self.subjects
        if reader is not None:
            try:
                return question(reader)
            except ModelError as error:
                self._leave_out("subjects", error)
        return question(None)

    def mask_of(self, picture: Picture) -> Picture | None:
        """The mask (h, w) of all that stands out of ``picture``, as the network gives it; None where none tells.

        Raises ``ModelError`` where the network cannot be run.
        """
        return None if self.subjects is None or self._subjects is None else self._subjects.mask(picture)

    @cached_property
    def pointed(self) -> Subjects:
        """Who is where an artist points, without any network."""
        return GrabCutSubjects()

    def regions_of(self, picture: Picture) -> RegionMap | None:
        """What every pixel of ``picture`` is; None where no network tells."""
        reader = self._regions
        if reader is None or "regions" in self.failed:
            return None
        asked = f"regions {reader.name} {reader.digest}"
        try:
            kept = self._answer("regions", picture, asked, lambda: _packed_regions(reader.of(picture)))
        except ModelError as error:
            self._leave_out("regions", error)
            return None
        return RegionMap({name: kept[name] for name in REGIONS}, reader.name, _subjects_of(kept))

    def depth_of(self, picture: Picture) -> DepthMap | None:
        """How far everything in ``picture`` is; None where no network tells."""
        reader = self._depth
        if reader is None or "depth" in self.failed:
            return None
        asked = f"depth {reader.name} {reader.digest}"
        try:
            kept = self._answer("depth", picture, asked, lambda: {"inverse": reader.of(picture).inverse})
        except ModelError as error:
            self._leave_out("depth", error)
            return None
        return DepthMap(kept["inverse"], reader.name)

    @cached_property
    def fill(self) -> Fill:
        """What is behind a hole: by a diffusion model, else by a network, else by OpenCV's shift map."""
        return _FirstFill([self._painter, self._fill_network], self._fill_answer, self._leave_out)

    def lacks(self, role: str) -> str:
        """What would answer ``role``, and the command that gets it; empty where it is here."""
        return "" if role in self.networks else missing_network(role)

    @cached_property
    def _subjects(self) -> _CachedSubjects | None:
        def load(found: Found) -> _CachedSubjects:
            reader = NetworkSubjects(self._network(found), found.entry.name, found.entry.recipe)
            return _CachedSubjects(reader, partial(self._answer, "subjects"))

        return self._loaded("subjects", load)

    @cached_property
    def _regions(self) -> EomtRegions | None:
        def load(found: Found) -> EomtRegions:
            reader = EomtRegions(found.folder, found.entry.name, _digest(found))
            self._told(reader.notices)
            return reader

        return self._loaded("regions", load)

    @cached_property
    def _depth(self) -> NetworkDepth | None:
        return self._loaded("depth", lambda found: NetworkDepth(self._network(found), found.entry.name))

    def _fill_network(self) -> NetworkFill | None:
        return self._loaded("fill", lambda found: NetworkFill(self._network(found), found.entry.name))

    def _painter(self) -> DiffusionFill | None:
        try:
            return diffusion_fill(self.warnings.append)
        except ModelError as error:
            self._leave_out("painter", error)
            return None

    def _loaded(self, role: str, load: Callable[[Found], T]) -> T | None:
        """The reader of ``role`` by its network; None where there is none, or it was left out."""
        found = self.networks.get(role)
        if found is None:
            return None
        try:
            return load(found)
        except ModelError as error:
            self._leave_out(role, error)
            return None

    def _answer(self, role: str, picture: Picture, asked: str, answer: Callable[[], Arrays]) -> Arrays:
        """As it is cached, else by the network of ``role``, for which there has to be room."""

        def ask() -> Arrays:
            check_memory(self.networks[role].entry)
            return answer()

        return self.answers.get(picture, asked, ask)

    def _fill_answer(
        self, fill: Filler, picture: Picture, asked: str, answer: Callable[[], Arrays]
    ) -> Arrays:
        if isinstance(fill, NetworkFill):
            return self._answer("fill", picture, asked, answer)
        return self.answers.get(picture, asked, answer)

    def _network(self, found: Found) -> Network:
        network, notices = open_found(found)
        self._told(notices)
        return network

    def _told(self, notices: list[str]) -> None:
        self.warnings += [notice for notice in notices if notice not in self.warnings]

    def _leave_out(self, role: str, error: ModelError) -> None:
        self.failed.add(role)
        self._told([f"{error.message} It is left out. {error.remedy}"])


class _CachedSubjects:
    """Subjects with cached answers."""

    def __init__(
        self, reader: NetworkSubjects, answer: Callable[[Picture, str, Callable[[], Arrays]], Arrays]
    ) -> None:
        self.name, self._reader, self._answer = reader.name, reader, answer

    def find(self, picture: Picture, hint: Hint | None = None) -> list[Subject]:
        """As the reader finds them."""
        if hint:
            asked = f"meant {self._reader.digest} {hint.digest}"
            kept = self._answer(picture, asked, lambda: _packed(self._reader.find(picture, hint)))
            return _subjects_of(kept)
        asked = f"everybody {self._reader.digest}"
        kept = self._answer(picture, asked, lambda: {"mask": self._reader.everybody(picture)})
        return self._reader.subjects_in(kept["mask"])

    def mask(self, picture: Picture) -> Picture:
        """As the reader gives it."""
        asked = f"mask {self._reader.digest}"
        return self._answer(picture, asked, lambda: {"mask": self._reader.mask(picture)})["mask"]


class _FirstFill:
    """The first of several fills that can be run, with cached pictures; the shift map after all of them."""

    def __init__(
        self,
        others: list[Callable[[], DiffusionFill | NetworkFill | None]],
        answer: Callable[[Filler, Picture, str, Callable[[], Arrays]], Arrays],
        leave_out: Callable[[str, ModelError], None],
    ) -> None:
        self._others, self._answer, self._leave_out = others, answer, leave_out
        self._fill: Filler | None = None

    @property
    def name(self) -> str:
        """Of the one that fills, as far as is known."""
        return self._now().name

    def behind(self, picture: Picture, hole: Picture, never_from: Picture | None = None) -> Picture:
        """As the fill does it."""
        if not (hole > 0.004).any():
            return picture
        layers = [picture, hole[..., None]] + ([] if never_from is None else [never_from[..., None]])
        whole = np.concatenate(layers, 2)
        while True:
            fill = self._now()
            try:
                found = self._cached(fill, whole, picture, hole, never_from)
            except ModelError as error:
                self._fill = None
                self._leave_out("fill", error)
                continue
            return np.where(hole[..., None] > 0.004, found, picture)

    def _cached(
        self,
        fill: Filler,
        whole: Picture,
        picture: Picture,
        hole: Picture,
        never_from: Picture | None,
    ) -> Picture:
        asked = f"fill {fill.name} {fill.digest}"
        return self._answer(fill, whole, asked, lambda: {"picture": fill.behind(picture, hole, never_from)})[
            "picture"
        ]

    def _now(self) -> Filler:
        while self._fill is None:
            self._fill = self._others.pop(0)() if self._others else ShiftMap()
        return self._fill


def _packed(subjects: list[Subject]) -> Arrays:
    """Subjects as arrays that can be cached."""
    found: Arrays = {f"mask {index}": one.mask for index, one in enumerate(subjects)}
    found["scores"] = np.array([one.score for one in subjects], np.float32)
    found["said"] = np.array([(one.source, one.kind) for one in subjects], np.str_).reshape(-1, 2)
    return found


def _packed_regions(regions: RegionMap) -> Arrays:
    return {**_packed(regions.instances), **regions.shares}


def _subjects_of(kept: Arrays) -> list[Subject]:
    return [
        Subject(kept[f"mask {index}"], float(score), str(source), str(kind))
        for index, (score, (source, kind)) in enumerate(zip(kept["scores"], kept["said"], strict=True))
    ]


def _digest(found: Found) -> str:
    return "" if found.record is None else str(sorted((n, f.sha256) for n, f in found.record.files.items()))
