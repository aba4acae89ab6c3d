"""What a node says of its picture without drawing it: format and channels. Valid Python 3.7."""

from __future__ import annotations

from typing import Any, List

from tests.nuke_standin.nodes import Format
from tests.nuke_standin.render import described

__all__ = ["channels_of", "format_of"]


def format_of(node: Any) -> Format:
    """The format that comes out of ``node``."""
    width, height, aspect = described(node)["size"]
    return Format(width, height, aspect)


def channels_of(node: Any) -> List[str]:
    """``layer.channel`` of everything that comes out of ``node``."""
    return list(described(node)["channels"])
