"""Finished takes looked at: a folder's review, takes side by side, contact sheets."""
