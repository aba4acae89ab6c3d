"""Inpainting by a network: MI-GAN (any size, codes in and out) and LaMa (512 pixels square, floats)."""

from __future__ import annotations

import cv2
import numpy as np

from ..contract.errors import ModelError
from ..onnx_runner import Network, Slot
from .coarse_to_fine import paint_coarse_to_fine
from .protocol import Picture
from .shift_map import Flags, fill_by_parts

_SIDE = 512
"""Pixels of what a network of any size is shown at most: both were trained at that."""


class NetworkFill:
    """A network that takes a picture and a mask, and gives the picture with the hole painted."""

    def __init__(self, network: Network, name: str) -> None:
        """Raises ``ModelError`` where the network is of another kind."""
        self.name, self.digest = name, network.digest
        self._network = network
        self._picture = _slot(network, 3)
        self._mask = _slot(network, 1)
        sides = (self._picture.shape or ())[2:]
        fixed = [side for side in sides if isinstance(side, int)]
        self._fixed = (fixed[0], fixed[1]) if len(fixed) == 2 else None

    def behind(self, picture: Picture, hole: Picture, never_from: Picture | None = None) -> Picture:
        """``picture`` (h, w, 3) with its ``hole`` (h, w) painted; a network sees ``never_from`` as a hole too.

        A hole that is larger with its surroundings than the network takes is painted coarse to fine, with the grain of
        the picture.
        """
        return fill_by_parts(picture, hole, never_from, self._painted)

    def _painted(self, view: Picture, hole: Flags, barred: Flags) -> Picture:
        side = max(self._fixed or (_SIDE, _SIDE))
        large = max(hole.shape) > side
        whole = paint_coarse_to_fine(view, barred, self._once, side) if large else self._once(view, barred)
        soft = np.asarray(cv2.blur(hole.astype(np.float32), (3, 3)))[..., None] * hole[..., None]
        return np.asarray(view + (np.clip(whole, 0, 1) - view) * soft, np.float32)

    def _once(self, view: Picture, unknown: Flags) -> Picture:
        """The view (h, w, 3) painted, at the size that the network takes."""
        size = self._fixed or unknown.shape
        small = np.asarray(cv2.resize(view, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
        share = cv2.resize(unknown.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
        painted = self._run(small, np.asarray(share) > 0.001)
        return np.asarray(cv2.resize(painted, unknown.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)

    def _run(self, picture: Picture, unknown: Flags) -> Picture:
        """The painted picture (h, w, 3) 0..1, of a picture at the network's size."""
        codes = self._picture.dtype == "uint8"
        given = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8) if codes else np.clip(picture, 0, 1)
        # MI-GAN's pipeline keeps where its mask is 255, LaMa paints where its mask is 1.
        mask = np.where(unknown, 0, 255).astype(np.uint8) if codes else unknown.astype(np.float32)
        inputs = {self._picture.name: given.transpose(2, 0, 1)[None], self._mask.name: mask[None, None]}
        found = next(iter(self._network.run(inputs).values()))
        if found.shape != (1, 3, *picture.shape[:2]):
            raise ModelError(
                f"{self._network.facts.path} gives {'×'.join(map(str, found.shape))}; a picture of "
                f"{picture.shape[1]}×{picture.shape[0]} was expected.",
                "This is another network than one that fills holes: import the right file.",
            )
        values = np.asarray(found[0], np.float32).transpose(1, 2, 0)
        return np.asarray(values / 255 if values.max() > 2 else values, np.float32)


def _slot(network: Network, channels: int) -> Slot:
    """The one input of so many channels. Raises ``ModelError``."""
    found = [slot for slot in network.facts.inputs if slot.shape is not None and len(slot.shape) == 4]
    mine = [slot for slot in found if slot.shape is not None and slot.shape[1] == channels]
    if len(mine) != 1 or len(network.facts.inputs) != 2:
        raise ModelError(
            f"{network.facts.path} takes {', '.join(map(str, network.facts.inputs))}; a picture (3 channels) and a "
            "mask (1 channel) were expected.",
            "This is another network than one that fills holes: import the right file.",
        )
    return mine[0]
