"""The reader of each role: the installed network, else a method that needs none."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..contract.errors import ModelError
from ..models import Found, find_network, missing_network
from ..onnx_runner import Network, open_network
from .cache import Answers
from .depth import NetworkDepth
from .fill_diffusion import diffusion_fill
from .fill_networks import NetworkFill
from .grab_cut import GrabCutSubjects
from .protocol import Depth, DepthMap, Fill, Hint, Picture, RegionMap, Regions, Subject, Subjects
from .regions import EomtRegions
from .shift_map import ShiftMap
from .subjects import NetworkSubjects


def find_networks() -> dict[str, Found]:
    """The networks that are here, by the role that each answers best. Raises ``ModelError`` for a damaged one."""
    found = {role: find_network(role) for role in ("subjects", "regions", "depth", "fill")}
    return {role: one for role, one in found.items() if one is not None}


@dataclass
class Readers:
    """The reader of each role; networks are loaded when first asked, and answers are cached.

    ``networks`` are those to use, by role; none is compulsory. ``warnings`` fills as it goes: a network that cannot be
    run is left out, and what answers without it takes over.
    """

    networks: dict[str, Found] = field(default_factory=dict)
    answers: Answers = field(default_factory=lambda: Answers(None))
    warnings: list[str] = field(default_factory=list)

    @property
    def subjects(self) -> Subjects | None:
        """Who stands out of a picture; None where no network tells."""
        return self._subjects

    def mask_of(self, picture: Picture) -> Picture | None:
        """The mask (h, w) of all that stands out of ``picture``, as the network gives it; None where none tells."""
        return None if self._subjects is None else self._subjects.mask(picture)

    @cached_property
    def _subjects(self) -> _CachedSubjects | None:
        found = self.networks.get("subjects")
        network = self._open(found)
        if found is None or network is None:
            return None
        try:
            return _CachedSubjects(
                NetworkSubjects(network, found.entry.name, found.entry.recipe), self.answers
            )
        except ModelError as error:
            self._leave_out(error)
            return None

    @cached_property
    def pointed(self) -> Subjects:
        """Who is where an artist points, without any network."""
        return GrabCutSubjects()

    @cached_property
    def _regions(self) -> Regions | None:
        found = self.networks.get("regions")
        if found is None:
            return None
        try:
            return EomtRegions(found.folder, found.entry.name, _digest(found))
        except ModelError as error:
            self._leave_out(error)
            return None

    def regions_of(self, picture: Picture) -> RegionMap | None:
        """What every pixel of ``picture`` is; None where no network tells."""
        return None if self._regions is None else self._regions.of(picture)

    @cached_property
    def _depth(self) -> Depth | None:
        found = self.networks.get("depth")
        network = self._open(found)
        if found is None or network is None:
            return None
        try:
            return NetworkDepth(network, found.entry.name)
        except ModelError as error:
            self._leave_out(error)
            return None

    def depth_of(self, picture: Picture) -> DepthMap | None:
        """How far everything in ``picture`` is; None where no network tells."""
        return None if self._depth is None else self._depth.of(picture)

    @cached_property
    def fill(self) -> Fill:
        """What is behind a hole: by a diffusion model, else by a network, else by OpenCV's shift map."""
        try:
            painter = diffusion_fill(self.warnings.append)
        except ModelError as error:
            self._leave_out(error)
            painter = None
        if painter is not None:
            return _CachedFill(painter, painter.digest, self.answers)
        found = self.networks.get("fill")
        network = self._open(found)
        if found is not None and network is not None:
            try:
                return _CachedFill(NetworkFill(network, found.entry.name), network.digest, self.answers)
            except ModelError as error:
                self._leave_out(error)
        return _CachedFill(ShiftMap(), "1", self.answers)

    def lacks(self, role: str) -> str:
        """What would answer ``role``, and the command that gets it; empty where it is here."""
        return "" if role in self.networks else missing_network(role)

    def _open(self, found: Found | None) -> Network | None:
        if found is None:
            return None
        try:
            network = open_network(found.path)
        except ModelError as error:
            self._leave_out(error)
            return None
        self.warnings += [notice for notice in network.notices if notice not in self.warnings]
        return network

    def _leave_out(self, error: ModelError) -> None:
        self.warnings.append(f"{error.message} It is left out. {error.remedy}")


class _CachedSubjects:
    """Subjects with cached answers."""

    def __init__(self, reader: NetworkSubjects, answers: Answers) -> None:
        self.name, self._reader, self._answers = reader.name, reader, answers

    def find(self, picture: Picture, hint: Hint | None = None) -> list[Subject]:
        """As the reader finds them; without a hint a second time from what was kept."""
        if hint:
            return self._reader.find(picture, hint)
        asked = f"everybody {self._reader.digest}"
        kept = self._answers.get(picture, asked, lambda: {"mask": self._reader.everybody(picture)})
        return self._reader.subjects_in(kept["mask"])

    def mask(self, picture: Picture) -> Picture:
        """As the reader gives it; a second time from what was kept."""
        asked = f"mask {self._reader.digest}"
        return self._answers.get(picture, asked, lambda: {"mask": self._reader.mask(picture)})["mask"]


class _CachedFill:
    """A fill with cached pictures."""

    def __init__(self, fill: Fill, digest: str, answers: Answers) -> None:
        self.name, self._fill, self._digest, self._answers = fill.name, fill, digest, answers

    def behind(self, picture: Picture, hole: Picture, never_from: Picture | None = None) -> Picture:
        """As the fill does it; a second time from what was kept."""
        if not (hole > 0.004).any():
            return picture
        layers = [picture, hole[..., None]] + ([] if never_from is None else [never_from[..., None]])
        asked = f"fill {self._fill.name} {self._digest}"
        whole = np.concatenate(layers, 2)
        kept = self._answers.get(
            whole, asked, lambda: {"picture": self._fill.behind(picture, hole, never_from)}
        )
        return np.where(hole[..., None] > 0.004, kept["picture"], picture)


def _digest(found: Found) -> str:
    return "" if found.record is None else str(sorted((n, f.sha256) for n, f in found.record.files.items()))
