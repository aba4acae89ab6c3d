"""A procedural corpus with known truth, made while training runs (numpy and OpenCV; no torch)."""

from .clips import TrainingClip, make_clip
from .pictures import PictureLibrary

__all__ = ["PictureLibrary", "TrainingClip", "make_clip"]
