"""Shots on a render farm: the job bundle, its tasks, and their results."""
