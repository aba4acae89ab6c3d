"""Procedural clips with known truth, made while training runs (numpy and OpenCV)."""
