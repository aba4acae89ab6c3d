"""The plate over the new background."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]


def composite(
    plate: Picture, background: Picture, matte: Picture, foreground: Picture | None = None
) -> Picture:
    """The comp (H, W, 3) float32: ``plate`` where ``matte`` (H, W) is 1, ``background`` where it is 0.

    ``foreground`` (H, W, 3) is the actor's own light times the matte, where it is known better than by the plate's.

    Works on scene-linear light, where mixing at soft edges is right. The plate's pixels are copied, bit for
    bit, wherever the matte is 1 or more, and the background's wherever it is 0 or less.
    """
    comp = np.array(background, np.float32)
    columns = np.flatnonzero((matte > 0.0).any(0))
    if not len(columns):
        return comp
    there = slice(int(columns[0]), int(columns[-1]) + 1)
    plate, under, share = plate[:, there], background[:, there], in_three(matte[:, there])
    mixed = (plate * share if foreground is None else foreground[:, there]) + under * (
        np.float32(1.0) - share
    )
    np.copyto(mixed, under, where=share <= 0.0)
    np.copyto(mixed, plate, where=share >= 1.0)
    comp[:, there] = mixed
    return comp


def in_three(plane: Picture) -> Picture:
    """A plane (H, W) as three channels (H, W, 3): numpy is slow where it repeats one over so short an axis."""
    return np.asarray(cv2.merge([plane] * 3), np.float32)


def over(layer: Picture, picture: Picture) -> Picture:
    """``layer`` (H, W, 4), premultiplied, over ``picture`` (H, W, 3), which keeps its bits where the layer is empty."""
    alpha = layer[..., 3:]
    return np.asarray(np.where(alpha > 0, layer[..., :3] + picture * (1 - alpha), picture), np.float32)


def kept_matte(matte: Picture, front: Picture) -> Picture:
    """(H, W) how much of a pixel is the plate's: the actor's ``matte`` and that of what stands in ``front`` of them.

    They are added: where the edge of one is the other's, the whole pixel is the plate's, and no seam shows.
    """
    return np.asarray(np.minimum(matte + front, np.float32(1)), np.float32)
