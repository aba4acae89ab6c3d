"""Loads a take back into the scene."""
