"""What somebody rides or sits on, which a subject network sees faintly: it goes with them."""

from __future__ import annotations

import cv2
import numpy as np

from .protocol import Picture

_SIDE = 384
"""Pixels of the longer side at which colours are told apart."""
_FAINT, _EDGE = 0.02, 0.3
"""Probability from which a network sees something faintly, and from which a pixel belongs to somebody's soft edge."""
_RIM = 9
"""Pixels of that edge, and the least width of what is seen faintly."""
_LEAST, _MOST = 0.25, 2.0
"""How large what is seen faintly has to be, and how much may be added for it, in sizes of those who are seen surely."""
_ROUNDS = 5


def with_ridden(picture: Picture, mask: Picture) -> Picture:
    """The ``mask`` (h, w) that a subject network gave for ``picture`` (h, w, 3), with what they ride.

    Where the network sees something large only faintly, it is told from the place by colour (GrabCut), and added where
    it touches somebody. A mask without such a part comes back as it is.
    """
    scale = min(1.0, _SIDE / max(mask.shape))
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    small = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)
    body, rim = small > 0.5, np.ones((_RIM, _RIM), np.uint8)
    faint = (small > _FAINT) & ~(cv2.dilate((small > _EDGE).astype(np.uint8), rim) > 0)
    _, parts = cv2.connectedComponents(cv2.morphologyEx(faint.astype(np.uint8), cv2.MORPH_OPEN, rim))
    beside = cv2.dilate(body.astype(np.uint8), rim, iterations=2) > 0
    wide = (parts > 0) & np.isin(parts, np.unique(parts[beside]))
    if not body.any() or np.count_nonzero(wide) < _LEAST * np.count_nonzero(body):
        return mask
    labels = np.where(small > _FAINT, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[body] = cv2.GC_FGD
    codes = np.round(np.clip(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), 0, 1) * 255)
    cv2.setRNGSeed(0)  # clusters begin at random
    way, none = cv2.GC_INIT_WITH_MASK, (0, 0, 1, 1)
    cv2.grabCut(codes.astype(np.uint8), labels, none, np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS, way)
    whole = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    _, parts = cv2.connectedComponents(whole.astype(np.uint8))
    whole &= np.isin(parts, np.unique(parts[body]))
    if np.count_nonzero(whole & ~body) > _MOST * np.count_nonzero(body):
        return mask
    soft = cv2.GaussianBlur(whole.astype(np.float32), (0, 0), 0.7)
    full = cv2.resize(soft, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.maximum(mask, np.clip(full, 0, 1)), np.float32)
