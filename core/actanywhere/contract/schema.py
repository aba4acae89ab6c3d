"""The number of a JSON file's layout: an older one is brought up to date, one of a later version is refused.

A file that is not numbered is of layout 1. Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Sequence

from .errors import JobError, LaterVersion

#: Brings the data of one layout to the next.
Upgrade = Callable[[Dict[str, Any]], Dict[str, Any]]

_NUMBER = "schema"


def numbered(data: Dict[str, Any], upgrades: Sequence[Upgrade]) -> Dict[str, Any]:
    """The data of today's layout with its number; ``upgrades`` are all that there have been, the first from 1 to 2."""
    return dict(data, **{_NUMBER: len(upgrades) + 1})


def upgraded(data: Any, what: str, upgrades: Sequence[Upgrade]) -> Any:
    """The data of any layout as today's, without a number. Raises ``LaterVersion`` and ``JobError``.

    ``what`` names it in errors. What is no object at all is left to its reader.
    """
    if not isinstance(data, dict):
        return data
    number = data.get(_NUMBER, 1)
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise JobError(
            f"{what} is of schema {number!r}; it must be a whole number from 1.",
            "Write it again with this version.",
        )
    if number > len(upgrades) + 1:
        raise LaterVersion(
            f"{what} is of schema {number}, of a later version of ActAnywhere: "
            f"this one reads 1 to {len(upgrades) + 1}.",
            "Install that version of ActAnywhere here.",
        )
    data = {name: value for name, value in data.items() if name != _NUMBER}
    for upgrade in upgrades[number - 1 :]:
        data = upgrade(data)
    return data
