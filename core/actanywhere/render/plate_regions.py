"""The regions of the plate (ground, sky, people ...) in a few of its frames, by a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..camera.fit import from_pixels
from ..camera.track import CameraTrack
from ..seeing.protocol import Picture, RegionMap

_ASKED = 24
"""Frames at most of which the network is asked."""
_WIDTH = 240
_STILL = ("ground", "upright", "foliage")
"""What stands still, leaves too: they stir in their place. People, animals, vehicles and water move by themselves."""
_PERHAPS = ("thing", "sky")
"""What may be carried, and clouds: they tell where that shows too little."""
_UPRIGHT = 0.03
"""Share of the frame that upright things need: ground alone is one slanted plane, whose motion under a dolly looks like
a roll and a zoom of the camera, and then the sky counts as much.
"""
_SHADED = ("ground", "upright")
"""What a shadow lies on; it is no person, vehicle, board or bag, and neither sky nor water takes one."""
_RIM = 0.015


@dataclass
class PlateRegions:
    """The regions of a shot of ``frames`` frames by ``ask``, which gives None where no network is here."""

    ask: Callable[[Picture], RegionMap | None]
    frames: int
    _kept: dict[int, RegionMap] = field(default_factory=dict)
    _none: bool = False
    _track: CameraTrack | None = None
    _aspect: float = 1.0

    @property
    def asked(self) -> range:
        """The frames, counted from 0, of which the network is asked."""
        return range(0, self.frames, max(1, -(-self.frames // _ASKED)))

    def see(self, index: int, picture: Picture) -> None:
        """Look at frame ``index`` (h, w, 3), where it is one of those to be asked of; frames come in their order."""
        if self._none or index not in self.asked:
            return
        found = self.ask(picture)
        if found is None:
            self._none = True
            return
        size = (_WIDTH, max(1, round(_WIDTH * picture.shape[0] / picture.shape[1])))
        small = {
            name: np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_AREA), np.float32)
            for name, share in found.shares.items()
        }
        self._kept[index] = RegionMap(small, found.source)

    @property
    def source(self) -> str:
        """Who says so; empty where nothing is known."""
        return next((one.source for one in self._kept.values()), "")

    def carry(self, track: CameraTrack, aspect: float) -> None:
        """From now on take the regions into the frames between by the ``track`` of a plate of this ``aspect``."""
        self._track, self._aspect = track if track.trackable else None, aspect

    def at(self, index: int) -> RegionMap | None:
        """The regions (small) of the nearest frame that was asked of, where frame ``index`` has them."""
        if not self._kept:
            return None
        nearest = min(self._kept, key=lambda k: abs(k - index))
        found = self._kept[nearest]
        if self._track is None or nearest == index:
            return found
        height, width = found.shares["ground"].shape
        unit = from_pixels(height, width, self._aspect)
        move = self._track.transforms[index] @ np.linalg.inv(self._track.transforms[nearest])
        onto = np.linalg.inv(unit) @ move @ unit

        def moved(share: Picture) -> Picture:
            return np.asarray(
                cv2.warpPerspective(share, onto, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32
            )

        return RegionMap({name: moved(share) for name, share in found.shares.items()}, found.source)

    def standing_still(self, index: int) -> Picture | None:
        """(h, w), small: 1 where frame ``index`` shows ground, buildings or leaves, 0.5 on things and sky, 0 on what
        moves. Where it shows nothing upright, the sky has 1 too.
        """
        regions = self.at(index)
        if regions is None:
            return None
        upright = float((regions.of("upright") > 0.5).mean()) >= _UPRIGHT
        surely = _STILL if upright else (*_STILL, "sky")
        still = np.where(regions.of(*_STILL, *_PERHAPS) > 0.5, np.float32(0.5), np.float32(0))
        still = np.where(regions.of(*surely) > 0.5, np.float32(1), still)
        rim = 2 * max(1, round(_RIM * _WIDTH)) + 1
        return np.asarray(cv2.erode(still, np.ones((rim, rim), np.uint8)), np.float32)

    def shaded(self, index: int) -> Picture | None:
        """(h, w), small, 1 where a shadow may lie in frame ``index``: on ground, and up a wall."""
        regions = self.at(index)
        return None if regions is None else (regions.of(*_SHADED) > 0.5).astype(np.float32)
