"""Depth: Depth Anything V2, or any network that gives the inverse depth of one picture."""

from __future__ import annotations

import cv2
import numpy as np

from ..contract.errors import ModelError
from ..onnx_runner import Network
from .protocol import DepthMap, Picture

_SHORT, _MULTIPLE = 518, 14
"""Pixels of the shorter side, and what both are multiples of, where a network takes any size."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_FAR, _NEAR = 0.5, 99.5
"""Percentiles that become 0 and 1."""


class NetworkDepth:
    """Relative, inverse depth by one picture in and one map out."""

    def __init__(self, network: Network, name: str) -> None:
        """Raises ``ModelError`` where the network is of another kind."""
        self.name, self.digest = name, network.digest
        self._network = network
        slots = network.facts.inputs
        shape = slots[0].shape if len(slots) == 1 else None
        if shape is None or len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 3):
            raise ModelError(
                f"{network.facts.path} takes {', '.join(map(str, slots))}; one picture (1×3×height×width) "
                "was expected.",
                "This is another network than one for depth: import the right file.",
            )
        self._input, self._sides = slots[0].name, shape[2:]

    def of(self, picture: Picture) -> DepthMap:
        """The depth of ``picture`` (h, w, 3)."""
        height, width = self._size(picture.shape[0], picture.shape[1])
        small = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)
        given = (np.clip(small, 0, 1) - np.array(_MEAN, np.float32)) / np.array(_STD, np.float32)
        found = self._network.run({self._input: given.transpose(2, 0, 1)[None]})
        maps = [np.asarray(one, np.float32) for one in found.values() if one.shape[-2:] == (height, width)]
        if not maps or maps[0].size != height * width:
            shapes = ", ".join(f"{name} {'×'.join(map(str, one.shape))}" for name, one in found.items())
            raise ModelError(
                f"{self._network.facts.path} gives {shapes}; a map of {width}×{height} was expected.",
                "This is another network than one for depth: import the right file.",
            )
        inverse = maps[0].reshape(height, width)
        far, near = np.percentile(inverse, [_FAR, _NEAR])
        scaled = np.clip((inverse - far) / max(1e-6, float(near - far)), 0, 1).astype(np.float32)
        whole = cv2.resize(scaled, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return DepthMap(np.asarray(whole, np.float32), self.name)

    def _size(self, height: int, width: int) -> tuple[int, int]:
        scale = _SHORT / min(height, width)
        free = [max(1, round(side * scale / _MULTIPLE)) * _MULTIPLE for side in (height, width)]
        rows, columns = (s if isinstance(s, int) else f for s, f in zip(self._sides, free, strict=True))
        return rows, columns
