"""The tiny network, and shots for it."""

from __future__ import annotations

from tests.faults.conftest import model, shot

__all__ = ["model", "shot"]
