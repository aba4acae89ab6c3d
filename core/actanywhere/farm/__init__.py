"""Shots handed to a render farm: the job bundle, the tasks that it runs, and what became of each."""
