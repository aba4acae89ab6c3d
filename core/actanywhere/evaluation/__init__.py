"""Evaluation: figures that anyone can reproduce, and contact sheets."""
