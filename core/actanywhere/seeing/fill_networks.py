"""Inpainting by a network: MI-GAN (any size, codes in and out) and LaMa (512 pixels square, floats)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import ModelError
from ..onnx_runner import Network, Slot
from .protocol import Picture
from .shift_map import fill_by_parts

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

        Large holes are painted small; the grain of the picture about them is laid over what that left smooth.
        """
        return fill_by_parts(picture, hole, never_from, self._painted)

    def _painted(self, view: Picture, hole: NDArray[np.bool_], barred: NDArray[np.bool_]) -> Picture:
        height, width = hole.shape
        scale = min(1.0, _SIDE / max(height, width))
        size = self._fixed or (max(1, round(height * scale)), max(1, round(width * scale)))
        small = np.asarray(cv2.resize(view, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
        unknown = (
            np.asarray(cv2.resize(barred.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA))
            > 0.001
        )
        painted = self._run(small, unknown)
        whole = np.asarray(cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
        if scale < 1:
            whole = whole + _grain(view, barred, scale)
        soft = np.asarray(cv2.blur(hole.astype(np.float32), (3, 3)))[..., None] * hole[..., None]
        return np.asarray(view + (np.clip(whole, 0, 1) - view) * soft, np.float32)

    def _run(self, picture: Picture, unknown: NDArray[np.bool_]) -> Picture:
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


def _grain(view: Picture, barred: NDArray[np.bool_], scale: float) -> Picture:
    """Noise (h, w, 3) as strong as what the picture about a hole has finer than was painted; the same every time."""
    fine = view - cv2.GaussianBlur(view, (0, 0), 0.6 / scale)
    known = cv2.erode((~barred).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    # The median of flat places: edges are no grain.
    strength = 1.48 * np.median(np.abs(fine[known]), axis=0) if known.any() else np.zeros(3)
    noise = np.random.default_rng(0).standard_normal(view.shape).astype(np.float32)
    noise -= cv2.GaussianBlur(noise, (0, 0), 0.6 / scale)
    return np.asarray(noise * (strength / max(1e-6, float(noise.std()))), np.float32)
