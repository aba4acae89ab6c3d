"""How the place moves through a shot: one protocol for a flat track and for a 3-D camera."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .fit import Points
from .track import CameraTrack


class Motion(Protocol):
    """Where in the reference frame's view every frame of a shot looks. Positions are unit coordinates."""

    def __len__(self) -> int:
        """How many frames."""
        ...

    def look(self, index: int, x: Points, y: Points) -> tuple[Points, Points, NDArray[np.bool_]]:
        """Where in the reference view the points ``x``, ``y`` (any shapes that go together) of frame ``index`` look.

        The third says where that lies ahead of the reference; elsewhere the places mean nothing.
        """
        ...

    def relative_to(self, index: int) -> Motion:
        """The same motion with frame ``index`` as the reference."""
        ...

    def flat(self) -> CameraTrack:
        """The motion as homographies, for what needs them: of a camera in space, its turns and zoom."""
        ...
