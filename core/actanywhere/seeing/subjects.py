"""Salient subjects, by a network that gives one mask: BiRefNet, ISNet, or any of their interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..contract.errors import ModelError
from ..onnx_runner import Network
from .components import components
from .protocol import Hint, Picture, Subject
from .ridden import with_ridden

_SIDE = 1024
"""Pixels a side where a network takes any."""
_MARGIN = 0.25
"""Shown around a box that was pointed at, as a share of its longer side."""
_WINDOWS = (0.2, 0.4, 0.7)
"""Sides of the windows that are looked at around a point, as a share of the picture's longer side."""
_STRAIGHT = 0.55
"""Share of an outline in long straight edges from which somebody is a thing."""
_IN_BOX = 0.6
"""Share of somebody that has to lie in the box by which they are meant."""


@dataclass(frozen=True)
class Recipe:
    """How a network wants its picture: (display - ``mean``) / ``std``, RGB."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


RECIPES = {
    "imagenet": Recipe((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "centred": Recipe((128 / 255,) * 3, (256 / 255,) * 3),
    "plain": Recipe((0.0,) * 3, (1.0,) * 3),
}
"""``imagenet``: BiRefNet. ``centred``: ISNet. ``plain``: ormbg."""


class NetworkSubjects:
    """Subjects by a network with one picture in and a mask out, of a fixed size or any."""

    def __init__(self, network: Network, name: str, recipe: str) -> None:
        """Raises ``ModelError`` where the network is of another kind."""
        self.name, self.digest = name, f"{network.digest}:{recipe}"
        self._network, self._recipe = network, RECIPES[recipe]
        self._input, self._size = _picture_input(network)

    def find(self, picture: Picture, hint: Hint | None = None) -> list[Subject]:
        """Everybody in ``picture`` (h, w, 3), or those meant by ``hint``, looked at more closely."""
        everybody = self.subjects_in(self.everybody(picture))
        if not hint:
            return everybody
        meant = [self._in_box(picture, everybody, box) for box in hint.boxes]
        meant += [self._at(picture, everybody, point) for point in hint.points]
        if hint.goes is not None:
            meant.append(self._under(picture, everybody, hint.goes))
        return [one for one in meant if one is not None]

    def everybody(self, picture: Picture) -> Picture:
        """The mask (h, w) of everybody, with what they ride."""
        return with_ridden(picture, self.mask(picture))

    def mask(self, picture: Picture) -> Picture:
        """The probability (h, w) that a pixel is of what stands out."""
        height, width = self._size
        shrinks = height * width < picture.shape[0] * picture.shape[1]
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        square = np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.float32)
        mean, std = (np.array(part, np.float32) for part in (self._recipe.mean, self._recipe.std))
        given = (np.clip(square, 0, 1) - mean) / std
        found = self._network.run({self._input: given.transpose(2, 0, 1)[None]})
        mask = probability(_mask_output(self._network, found, (height, width)))
        return np.asarray(cv2.resize(mask, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)

    def subjects_in(self, mask: Picture) -> list[Subject]:
        """The parts of a mask. Towers, frames and signs have straight outlines; foliage leaves the network unsure."""
        return [
            Subject(
                part.mask,
                part.crisp * (1 - part.straight),
                self.name,
                "thing" if part.straight >= _STRAIGHT else "unknown",
            )
            for part in components(mask)
        ]

    def _in_box(
        self, picture: Picture, everybody: list[Subject], box: tuple[float, float, float, float]
    ) -> Subject | None:
        """Who is in a box: by a closer look, or the whole picture's answer where that is more."""
        x, y, width, height = box
        margin = _MARGIN * max(width, height)
        view = _window(picture, x - margin, y - margin, x + width + margin, y + height + margin)
        inside = np.zeros(picture.shape[:2], np.float32)
        inside[_window(picture, x, y, x + width, y + height)] = 1
        mask = np.zeros(picture.shape[:2], np.float32)
        mask[view] = self.mask(np.ascontiguousarray(picture[view]))
        near = self.subjects_in(mask)
        return _joined([one for one in (*near, *everybody) if _share(one.mask, inside) >= _IN_BOX])

    def _at(self, picture: Picture, everybody: list[Subject], point: tuple[float, float]) -> Subject | None:
        """Who is at a point: in the whole picture, or in the smallest window that shows them."""
        row, column = (
            int(np.clip(p, 0, side - 1)) for p, side in zip(point[::-1], picture.shape, strict=False)
        )
        for one in everybody:
            if one.mask[row, column] > 0.5:
                return one
        for side in _WINDOWS:
            reach = side * max(picture.shape[:2]) / 2
            view = _window(picture, point[0] - reach, point[1] - reach, point[0] + reach, point[1] + reach)
            mask = np.zeros(picture.shape[:2], np.float32)
            mask[view] = self.mask(np.ascontiguousarray(picture[view]))
            for one in self.subjects_in(mask):
                if one.mask[row, column] > 0.5:
                    return one
        return None

    def _under(self, picture: Picture, everybody: list[Subject], strokes: Picture) -> Subject | None:
        """Who is under an artist's strokes."""
        rows, columns = np.nonzero(strokes > 0.5)
        if not len(rows):
            return None
        touched = [one for one in everybody if (one.mask * strokes).max() > 0.5]
        if not touched:
            left, top = float(columns.min()), float(rows.min())
            box = (left, top, float(np.ptp(columns) + 1), float(np.ptp(rows) + 1))
            one = self._in_box(picture, everybody, box)
            touched = [] if one is None else [one]
        return _joined(touched)


def probability(found: Picture) -> Picture:
    """A network's answer as probabilities 0..1: logits are put through a sigmoid once, what is 0..1 stays."""
    if found.min() >= -1e-3 and found.max() <= 1 + 1e-3:
        return np.asarray(np.clip(found, 0, 1), np.float32)
    return np.asarray(1 / (1 + np.exp(-np.clip(found, -60, 60))), np.float32)


def _picture_input(network: Network) -> tuple[str, tuple[int, int]]:
    """The name of the one input, and the (height, width) to give it."""
    facts = network.facts
    slots = facts.inputs
    shape = slots[0].shape if len(slots) == 1 else None
    if shape is None or len(shape) != 4 or (shape[1] not in (3, None) and isinstance(shape[1], int)):
        raise ModelError(
            f"{facts.path} takes {', '.join(map(str, slots))}; one picture (1×3×height×width) was expected.",
            "This is another network than one that finds subjects: import the right file.",
        )
    sides = [side if isinstance(side, int) else _SIDE for side in shape[2:]]
    return slots[0].name, (sides[0], sides[1])


def _mask_output(network: Network, found: dict[str, Any], size: tuple[int, int]) -> Picture:
    """The mask among the outputs: of one channel and the picture's size; the one called output, or else the last."""
    masks = {
        name: np.asarray(array, np.float32).reshape(size)
        for name, array in found.items()
        if array.shape[-2:] == size and array.size == size[0] * size[1]
    }
    if not masks:
        shapes = ", ".join(f"{name} {'×'.join(map(str, array.shape))}" for name, array in found.items())
        raise ModelError(
            f"{network.facts.path} gives {shapes}; a mask of {size[1]}×{size[0]} was expected.",
            "This is another network than one that finds subjects: import the right file.",
        )
    named = [name for name in masks if name.lower() in ("output", "output_image", "mask", "alphas", "logits")]
    return masks[(named or list(masks))[-1]]


def _window(picture: Picture, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
    height, width = picture.shape[:2]
    rows = slice(int(np.clip(top, 0, height - 1)), int(np.clip(np.ceil(bottom), 1, height)))
    return rows, slice(int(np.clip(left, 0, width - 1)), int(np.clip(np.ceil(right), 1, width)))


def _share(mask: Picture, inside: Picture) -> float:
    return float((mask * inside).sum() / max(1e-6, mask.sum()))


def _joined(found: list[Subject]) -> Subject | None:
    if not found:
        return None
    mask = np.max(np.stack([one.mask for one in found]), axis=0)
    return Subject(np.asarray(mask, np.float32), max(one.score for one in found), found[0].source)
