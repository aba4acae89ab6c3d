"""The warnings of several shots: each is said once, with the shots that it holds for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_NAMED = 6
"""Shots that a line names."""
_FILE = re.compile(r"^(?:[A-Za-z]:)?[\\/][^:]*: ")


@dataclass
class _Warning:
    first: str
    told: int = 0
    files: set[str] = field(default_factory=set)
    shots: list[str] = field(default_factory=list)


class SharedWarnings:
    """What was heard of each shot; the same is said of different files once."""

    def __init__(self) -> None:
        self._heard: dict[str, _Warning] = {}

    def hear(self, shot: str, warning: str) -> None:
        """A warning of a shot, told by the next ``untold``."""
        file = _FILE.match(warning)
        one = self._heard.setdefault(_FILE.sub("", warning), _Warning(warning))
        one.files.add(file.group() if file else "")
        if shot not in one.shots:
            one.shots.append(shot)

    def is_new(self, shot: str, warning: str) -> bool:
        """``hear``; whether nobody was told of it, of any shot. It counts as told of this one then."""
        self.hear(shot, warning)
        one = self._heard[_FILE.sub("", warning)]
        new = not one.told
        one.told = max(one.told, 1)
        return new

    def untold(self) -> list[str]:
        """A line for each warning that holds for more shots than was told."""
        lines = []
        for text, one in self._heard.items():
            if len(one.shots) > one.told:
                one.told = len(one.shots)
                said = one.first if len(one.files) == 1 else text
                lines.append(f"{_names(one.shots)}: warning: {said}")
        return lines


def _names(shots: Sequence[str]) -> str:
    more = len(shots) - _NAMED
    return ", ".join(shots[:_NAMED]) + (f" and {more} more" if more > 0 else "")
