"""The soft edge of a matte at the plate's own size, and its steadiness in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from .pretrained import load_pretrained, running
from .protocol import Picture

_SURE = (0.06, 0.94)
"""Below and above, a coarse mask is sure of what it says."""
_RADIUS, _STEEPER = 5.0, 2.0
"""Radius of the filter, and what the band is wider at both sides, in pixels of the coarse mask; how much steeper
than it its edge is taken."""
_CODES, _SOFTNESS = 255, 65.0
"""OpenCV's filter takes a guide of 0..1 for flat, so it is given codes; their variance from which they draw an edge."""
_STRIP = 512
_TILE, _LAP = 512, 32
"""Sides of what ViTMatte sees at once, and by how much two overlap; multiples of 32."""


class Edge(Protocol):
    """Who draws the soft edge."""

    name: str

    def of(self, picture: Picture, coarse: Picture, scale: float) -> Picture:
        """The alpha (h, w) from a coarse mask (h, w) 0..1 of which ``scale`` pixels of ``picture`` were one."""
        ...


class GuidedEdge:
    """The edge where the plate's colours have one, by OpenCV's guided filter (He, Sun and Tang, 2010)."""

    name = "guided filter"

    def of(self, picture: Picture, coarse: Picture, scale: float) -> Picture:
        """As ``Edge`` says; what the coarse mask is sure of stays as it is, and is not parted from the actor.

        Dark hair on a dark stage, with light on its rim, has an edge within the actor too.
        """
        radius = max(2, round(_RADIUS * scale))
        alpha, unsure = _certain(coarse, radius)
        height = coarse.shape[0]
        for top in range(0, height, _STRIP):
            rows = slice(top, min(top + _STRIP, height))
            if not unsure[rows].any():
                continue
            seen = slice(max(0, top - 2 * radius), min(rows.stop + 2 * radius, height))
            steep = np.clip((coarse[seen] - 0.5) * _STEEPER + 0.5, 0, 1).astype(np.float32)
            soft = cv2.ximgproc.guidedFilter(picture[seen] * np.float32(_CODES), steep, radius, _SOFTNESS)
            own = np.clip((soft[rows.start - seen.start :][: rows.stop - rows.start] - 0.1) / 0.8, 0, 1)
            alpha[rows] = np.where(unsure[rows], own, alpha[rows])
        inside = np.ones((2 * radius - 1,) * 2, np.uint8)
        return np.where(coarse > _SURE[1], cv2.morphologyEx(alpha, cv2.MORPH_CLOSE, inside), alpha)


class VitMatteEdge:
    """Hair, fur and blur by ViTMatte (Yao et al., 2023), by transformers' own class, inside the uncertain band."""

    def __init__(self, folder: Path, name: str) -> None:
        """Loads the weights. Raises ``ModelError``."""
        self.name = name
        self._model, self.notices = load_pretrained("VitMatteForImageMatting", "a ViTMatte", folder, name)

    def of(self, picture: Picture, coarse: Picture, scale: float) -> Picture:
        """As ``Edge`` says, tile by tile where there is anything to tell."""
        alpha, unsure = _certain(coarse, max(3, round(_RADIUS * scale)))
        trimap = np.where(unsure, np.float32(0.5), alpha)
        height, width = coarse.shape
        total, weight = np.zeros_like(alpha), np.zeros_like(alpha)
        for top in range(0, max(1, height - _LAP), _TILE - _LAP):
            for left in range(0, max(1, width - _LAP), _TILE - _LAP):
                part = np.s_[top : min(top + _TILE, height), left : min(left + _TILE, width)]
                if unsure[part].any():
                    total[part] += self._tile(picture[part], trimap[part])
                    weight[part] += 1
        return np.where(unsure & (weight > 0), total / np.maximum(weight, 1), alpha)

    def _tile(self, picture: Picture, trimap: Picture) -> Picture:
        import torch

        height, width = trimap.shape
        beyond = ((0, -height % 32), (0, -width % 32))
        given = np.dstack([(picture - 0.5) / 0.5, trimap])
        padded = np.pad(given, (*beyond, (0, 0)), "edge").astype(np.float32)
        with running(self.name), torch.inference_mode():
            pixels = torch.from_numpy(padded.transpose(2, 0, 1)[None].copy()).to(self._model.device)
            alphas = self._model(pixel_values=pixels).alphas[0, 0].float().cpu().numpy()
        return np.asarray(np.clip(alphas[:height, :width], 0, 1), np.float32)


def band_rows(coarse: Picture) -> slice:
    """The rows of a coarse mask within which its edge is, with room for the band; empty where it has none."""
    rows = np.flatnonzero(((coarse > 0.01) & (coarse < 0.99)).any(1))
    return slice(int(rows[0]), int(rows[-1]) + 1) if len(rows) else slice(0, 0)


def steadied(alpha: Picture, brought: list[tuple[Picture, Picture]]) -> Picture:
    """The median of a frame's alpha (h, w) and of those that the flow brings from the frames before and after.

    ``brought`` are these and how far each pixel is believed, 0..1: where it is not, the frame's own counts.
    """
    if len(brought) < 2:
        return alpha
    (one, first), (other, second) = brought
    both = (first > 0.5) & (second > 0.5)
    middle = np.maximum(np.minimum(one, other), np.minimum(np.maximum(one, other), alpha))
    return np.asarray(np.where(both, middle, alpha), np.float32)


def _certain(coarse: Picture, radius: int) -> tuple[Picture, Any]:
    """The coarse mask without its soft edge, and where (h, w) that edge is, ``radius`` wider."""
    low, high = _SURE
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    outer = cv2.dilate((coarse > low).astype(np.uint8), disc)
    inner = cv2.erode((coarse > high).astype(np.uint8), disc, borderType=cv2.BORDER_REPLICATE)
    return (coarse > 0.5).astype(np.float32), (outer > 0) & (inner == 0)
