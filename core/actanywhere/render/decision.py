"""A decision about a shot: its value, reason and warnings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Decision(Generic[T]):
    """``value`` with its ``reason``, in words for the artist, and the ``warnings`` that are about it."""

    value: T
    reason: str = ""
    warnings: tuple[str, ...] = ()
