"""Where a run's clips come from: the procedural corpus, pictures and movies as its worlds, and a studio's own clips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .corpus import PictureLibrary, TrainingClip, make_clip
from .corpus.pictures import Split
from .studio import StudioLibrary

__all__ = ["DrawClip", "Sources"]

#: A random clip: generator, frames, height, width.
DrawClip = Callable[[np.random.Generator, int, int, int], TrainingClip]


@dataclass(frozen=True)
class Sources:
    """Folders of pictures and movies, and of clips with mattes (their proxies).

    Without any of them every clip is procedural. Clips with mattes alone are learned from alone, as the paper
    does; where there are pictures too, every second clip is of the studio's.
    """

    pictures: tuple[Path, ...] = ()
    footage: tuple[Path, ...] = ()

    def open(self, split: Split = "train") -> DrawClip:
        """Read what is kept in memory. Raises ``FootageError``."""
        library = self.library(split)
        procedural = partial(_procedural, library)
        if not self.footage:
            return procedural
        own = StudioLibrary(self.footage, split)
        return partial(_either, own.clip, procedural) if self.pictures else own.clip

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
    own: DrawClip, other: DrawClip, rng: np.random.Generator, frames: int, height: int, width: int
) -> TrainingClip:
    return (own if rng.random() < 0.5 else other)(rng, frames, height, width)
