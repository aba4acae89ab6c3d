"""Networks and engines by name: what there is, what is here, and getting it. ``starter`` lies in this folder."""

from .find import Found, find_model, find_network, missing_network, models_here
from .registry import Entry, all_entries, find_entry

__all__ = [
    "Entry",
    "Found",
    "all_entries",
    "find_entry",
    "find_model",
    "find_network",
    "missing_network",
    "models_here",
]
