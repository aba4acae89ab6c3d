"""Networks and engines by name: listed, found, downloaded, verified. The model ``starter`` is in this folder."""

from .find import Found, find_model, find_network, get_again, missing_network, models_here
from .registry import Entry, all_entries, find_entry

__all__ = [
    "Entry",
    "Found",
    "all_entries",
    "find_entry",
    "find_model",
    "find_network",
    "get_again",
    "missing_network",
    "models_here",
]
