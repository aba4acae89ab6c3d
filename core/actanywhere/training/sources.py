"""The sources of a run's clips: procedural worlds, pictures and movies, and a studio's own footage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .datasets import PictureLibrary, RenderedClips, TrainingClip, make_clip
from .datasets.footage import StudioLibrary
from .datasets.pictures import Split

#: A random clip: generator, frames, height, width.
DrawClip = Callable[[np.random.Generator, int, int, int], TrainingClip]

_RENDERED = 0.35
"""The share of rendered clips: there are few of them, and they must not be learned by heart."""


@dataclass(frozen=True)
class Sources:
    """Folders of pictures and movies, of clips with mattes (their proxies), and of rendered clips.

    Without any of them every clip is procedural. Clips with mattes alone are learned from alone, as the paper
    does; where there are pictures too, every second clip is of the studio's. Rendered clips are mixed in; they
    are never among the held-out ones.
    """

    pictures: tuple[Path, ...] = ()
    footage: tuple[Path, ...] = ()
    rendered: tuple[Path, ...] = ()

    def open(self, split: Split = "train") -> DrawClip:
        """Read what is kept in memory. Raises ``FootageError``."""
        drawn: DrawClip = partial(_procedural, self.library(split))
        if self.footage:
            own = StudioLibrary(self.footage, split)
            drawn = partial(_either, 0.5, own.clip, drawn) if self.pictures else own.clip
        for folder in self.rendered if split == "train" else ():
            drawn = partial(_either, _RENDERED, RenderedClips(folder).draw, drawn)
        return drawn

    def library(self, split: Split = "train") -> PictureLibrary | None:
        """The pictures and movies; None when there are none (few pictures leave none to hold out)."""
        if not self.pictures or (split == "held-out" and not PictureLibrary.holds_out(self.pictures)):
            return None
        return PictureLibrary(self.pictures, split)


def _procedural(
    library: PictureLibrary | None, rng: np.random.Generator, frames: int, height: int, width: int
) -> TrainingClip:
    return make_clip(rng, frames, height, width, library)


def _either(
    share: float,
    own: DrawClip,
    other: DrawClip,
    rng: np.random.Generator,
    frames: int,
    height: int,
    width: int,
) -> TrainingClip:
    return (own if rng.random() < share else other)(rng, frames, height, width)
