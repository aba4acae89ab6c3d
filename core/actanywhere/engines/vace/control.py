"""The control video and its mask, as VACE takes them, and where the painting shows.

Known pixels are the actor and the moved picture; all else is exactly mid grey. The network sees tokens of 16 pixels,
so the unknown is grown to whole tokens, and its picture goes over into the known within what was grown.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...distance import distance_inside
from ..protocol import FrameConditioning

Picture = NDArray[np.float32]
Plane = NDArray[np.bool_]

TOKEN = 16
"""Pixels of a token's side: 8 of the autoencoder times 2 of the patch."""
GREY = np.float32(0.5)
"""What is unknown: exactly 0 in the network's [-1, 1]."""
_RING = 8
"""Pixels around the unknown within which the network's picture goes over into what is known."""
_PIN_HOLE = 9
"""A known speck within the unknown that is smaller than this is unknown too."""


@dataclass(frozen=True)
class ControlFrame:
    """One frame at the working size (h, w).

    ``picture`` (h, w, 3) display 0..1, ``GREY`` where unknown. ``unknown`` is what the network paints. ``shown`` is how
    far its picture shows: 1 where nothing is known, 0 where the network was told what is there. ``actor`` is the core
    of the actor, which the network sees and the layer does not show.
    """

    picture: Picture
    unknown: Plane
    shown: Picture
    actor: Plane


def control_frame(frame: FrameConditioning, actor: str = "in", unknown: str = "grey") -> ControlFrame:
    """The conditioning of a frame as the network takes it.

    ``actor`` ``out``: the network does not see the actor, whose place is unknown to it, as a blocky hole. ``unknown``
    ``picture``: what is expected shows in the unknown, blurred, instead of grey.
    """
    core = frame.subject > 0.5
    hole = frame.mask > 0.5
    if actor == "out":
        hole = hole | _tokens(_grown(core, TOKEN))
        core = np.zeros_like(core)
    hole = _closed(hole) & ~core
    grown = _tokens(_grown(hole, _RING)) & ~core
    filling: Picture = np.full_like(frame.masked, GREY)
    if unknown == "picture":
        filling = np.asarray(cv2.GaussianBlur(frame.prefill, (0, 0), TOKEN / 2), np.float32)
    picture = np.where(grown[..., None], filling, frame.masked).astype(np.float32)
    shown = np.clip(1 - distance_inside(~hole) / _RING, 0, 1).astype(np.float32)
    return ControlFrame(picture, grown, np.where(grown, shown, np.float32(0)), core)


def padded_size(height: int, width: int) -> tuple[int, int]:
    """The size in whole tokens that holds a frame; a frame is padded to it and never stretched."""
    return -(-height // TOKEN) * TOKEN, -(-width // TOKEN) * TOKEN


def padded(plane: NDArray[np.generic]) -> NDArray[np.generic]:
    """A picture or mask (h, w, ...) with its last row and column repeated up to whole tokens."""
    height, width = padded_size(*plane.shape[:2])
    rims = [(0, height - plane.shape[0]), (0, width - plane.shape[1])] + [(0, 0)] * (plane.ndim - 2)
    return np.pad(plane, rims, mode="edge")


def frame_count(frames: int) -> int:
    """The 4k+1 frames that hold a shot of ``frames``; the last one is repeated."""
    return -(-(frames - 1) // 4) * 4 + 1


def _grown(plane: Plane, by: int) -> Plane:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * by + 1, 2 * by + 1))
    return np.asarray(cv2.dilate(plane.astype(np.uint8), kernel)) > 0


def _closed(plane: Plane) -> Plane:
    """Without known specks inside. The border counts as what lies beside it."""
    kernel = np.ones((_PIN_HOLE, _PIN_HOLE), np.uint8)
    rim = _PIN_HOLE
    wide = cv2.copyMakeBorder(plane.astype(np.uint8), rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    closed = np.asarray(cv2.morphologyEx(wide, cv2.MORPH_CLOSE, kernel))
    return closed[rim:-rim, rim:-rim] > 0


def _tokens(plane: Plane) -> Plane:
    """Every token that holds a pixel of ``plane``, whole."""
    height, width = plane.shape
    wide = np.asarray(padded(plane))
    grid = wide.reshape(wide.shape[0] // TOKEN, TOKEN, wide.shape[1] // TOKEN, TOKEN).any(axis=(1, 3))
    return np.repeat(np.repeat(grid, TOKEN, 0), TOKEN, 1)[:height, :width]
