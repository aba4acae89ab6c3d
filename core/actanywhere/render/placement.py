"""How the condition is laid into the reference frame: as the artist says, as it was painted, or as it stands best."""

from __future__ import annotations

import numpy as np

from ..camera.guide import Guide
from ..camera.placement import Placement, read_place
from ..contract.settings import Settings
from .decision import Decision

__all__ = ["choose_placement", "hardly_shown", "unused_placement"]

_STRIP = 0.5
"""Share of the picture that has to be seen in the shot for nothing to be said."""
_SAYS = "--place x,y,scale says it otherwise"


def choose_placement(settings: Settings, painted: int | None) -> Decision[Placement]:
    """Where the picture lies. ``painted``: the frame whose own actor is in the picture, as a host counts it."""
    given = read_place(settings.place, settings.fit)
    if given is not None:
        return Decision(given, "as you set it" if given.moved else "as asked for")
    if painted is not None:
        return Decision(Placement(settings.fit), f"the actor of frame {painted} was painted into it there")
    return Decision(Placement(settings.fit), "")


def hardly_shown(guide: Guide, picture: tuple[int, int]) -> tuple[str, ...]:
    """A warning where the shot shows little of the ``picture`` (height, width), by the frames of its ``guide``."""
    rows, columns = picture
    seen = np.zeros((32, 32), np.bool_)
    for view in guide.views(18, max(1, round(18 * guide.aspect))):
        seen |= _looked_at(view, guide.aspect, picture)
    share = float(seen.mean())
    if share >= _STRIP:
        return ()
    return (
        f"The shot shows only {share:.0%} of the condition picture ({columns}x{rows}). --fit fit shows all of it, and "
        f"goes on from it; {_SAYS}.",
    )


def _looked_at(view: np.ndarray, aspect: float, picture: tuple[int, int]) -> np.ndarray:
    """Which of 32 x 32 cells of the picture a frame of 18 pixels' height sees; ``view`` is from its pixels."""
    rows, columns = picture
    y, x = (np.mgrid[:32, :32] + 0.5) / 32
    places = np.stack([x * columns - 0.5, y * rows - 0.5, np.ones_like(x)], -1) @ np.linalg.inv(view).T
    depth = np.where(places[..., 2] > 1e-6, places[..., 2], np.nan)
    across, down = places[..., 0] / depth, places[..., 1] / depth
    with np.errstate(invalid="ignore"):
        return (across > -0.5) & (across < round(18 * aspect) - 0.5) & (down > -0.5) & (down < 17.5)


def unused_placement(settings: Settings) -> tuple[str, ...]:
    """What has no effect where no picture is moved."""
    if settings.fit == "fill" and settings.place.strip().lower() in ("", "auto"):
        return ()
    told = "this model moves no picture where it infers the camera"
    return (f"The placement of the condition (--fit, --place) has no effect: {told}.",)
