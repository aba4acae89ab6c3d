"""Data sets: procedural clips, rendered clips, footage with mattes (numpy and OpenCV; no torch)."""

from .pictures import PictureLibrary
from .procedural.clips import TrainingClip, make_clip
from .rendered import RenderedClips

__all__ = ["PictureLibrary", "RenderedClips", "TrainingClip", "make_clip"]
