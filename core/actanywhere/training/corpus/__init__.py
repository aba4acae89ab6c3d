"""A procedural corpus with known truth, made while training runs (numpy and OpenCV; no torch)."""

from .clips import TrainingClip, make_clip
from .pictures import PictureLibrary
from .rendered import RenderedClips

__all__ = ["PictureLibrary", "RenderedClips", "TrainingClip", "make_clip"]
