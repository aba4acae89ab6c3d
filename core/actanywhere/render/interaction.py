"""The decision about splash, spray and dust: an element of its own, pulled from the plate where that is asked for."""

from __future__ import annotations

import numpy as np

from ..camera.track import CameraTrack
from ..engines.protocol import Watch
from ..footage import compact
from ..shadow.cast import CastShadow
from ..shadow.interaction import Interaction, pull_interaction
from ..shadow.pulled import PulledShadow
from ..shadow.shot_frames import Flags
from .decision import Decision
from .features import ShotFeatures
from .shadow import Clean

_SHADE = 0.02
"""Share of the light that a shadow takes where it is one."""


def choose_interaction(
    features: ShotFeatures | None,
    track: CameraTrack,
    shadow: CastShadow | PulledShadow | None,
    watch: Watch,
    clean: Clean | None = None,
) -> Decision[Interaction | None]:
    """What goes over the layer; none, and a warning that says why, where it cannot be pulled or nothing is there.

    ``features`` is the shot at the width at which shadows are pulled, None where it is not asked for; ``shadow`` is the
    actor's, as it was pulled before; ``clean`` the artist's clean plate, if there is one.
    """
    if features is None:
        return Decision(None)
    clip = features.clip

    def shaded(index: int) -> Flags | None:
        if not isinstance(shadow, PulledShadow):
            return None
        return np.asarray(shadow.at(index, *clip.size) > _SHADE)

    def step(done: int) -> None:
        watch.step(done)
        watch.check()

    pulled = pull_interaction(
        features.shot(track),
        shaded,
        step,
        clean,
    )
    if pulled.found is not None:
        shown, frames = (
            compact([clip.frames.first + index for index in indices])
            for indices in (pulled.shown, pulled.gone)
        )
        gone = (
            f"--interaction: none is found in {frames}, and before and after there is: it goes out there. Look at "
            "these frames; a longer range or a clean plate of your own (--clean-plate) may show it."
        )
        return Decision(pulled.found, f"{pulled.reason} ({shown})", (gone,) if pulled.gone else ())
    told = f"No splash, spray or dust (--interaction) is pulled: {pulled.reason}."
    return Decision(None, pulled.reason, (told,))
