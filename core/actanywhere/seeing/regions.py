"""Panoptic segmentation: EoMT (Kerssies et al., 2025) on COCO's classes, by transformers' own class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import ModelError
from ..models import get_again
from .pretrained import load_pretrained, running
from .protocol import REGIONS, Picture, RegionMap, Subject

if TYPE_CHECKING:
    import torch

_CLASSES = {
    "person": "person",
    "animal": "bird cat dog horse sheep cow elephant bear zebra giraffe",
    "vehicle": "bicycle car motorcycle airplane bus train truck boat",
    "sky": "sky",
    "water": "river sea water",
    "ground": "floor gravel platform playingfield railroad road sand snow stairs pavement grass dirt rug",
    "foliage": "tree flower",
    "upright": "bridge house roof wall building tent ceiling window door fence mountain rock curtain mirror",
}
CARRIED = [
    "backpack",
    "umbrella",
    "handbag",
    "tie",
    "suitcase",
    "frisbee",
    "skis",
    "snowboard",
    "sports",
    "kite",
    "baseball",
    "skateboard",
    "surfboard",
    "tennis",
]
"""First words of things that go with whom they touch."""
_LEAST = 0.5
"""Score from which an instance is believed."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def region_of(label: str) -> str:
    """The region of a COCO class, by its first word (``wall-brick``, ``sky-other-merged``)."""
    word = label.replace("-", " ").replace("_", " ").split()[0].lower()
    return next((region for region, words in _CLASSES.items() if word in words.split()), "thing")


class EomtRegions:
    """Regions and instances by an EoMT in a folder of transformers' layout."""

    def __init__(self, folder: Path, name: str, digest: str) -> None:
        """Loads the weights. Raises ``ModelError``."""
        self.name, self.digest = name, digest
        self._model, self.notices = load_pretrained(
            "EomtForUniversalSegmentation", "an EoMT", folder, name, "criterion."
        )
        side = self._model.config.image_size
        self._side = int(side if isinstance(side, int) else side[0])
        labels = self._model.config.id2label
        self._labels = [str(labels[index]) for index in range(len(labels))]
        if sum(region_of(label) != "thing" for label in self._labels) < len(_CLASSES):
            raise ModelError(
                f"{folder} knows the classes {', '.join(self._labels[:6])}...; COCO's panoptic ones were expected.",
                get_again(name),
            )

    def of(self, picture: Picture) -> RegionMap:
        """The regions of ``picture`` (h, w, 3)."""
        classes, masks = self._ask(picture)
        shares = np.zeros((len(REGIONS), *masks.shape[1:]), np.float32)
        for index, label in enumerate(self._labels):
            shares[REGIONS.index(region_of(label))] += np.tensordot(classes[:, index], masks, 1)
        shares /= np.maximum(shares.sum(0), 1e-6)
        size = (picture.shape[1], picture.shape[0])
        found = {
            name: np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_LINEAR), np.float32)
            for name, share in zip(REGIONS, shares, strict=True)
        }
        return RegionMap(found, self.name, self._instances(classes, masks, size))

    def _ask(self, picture: Picture) -> tuple[Picture, Picture]:
        """Of each query its classes' probabilities (q, n) and its mask (q, h, w), of the picture's shape."""
        import torch

        height, width = picture.shape[:2]
        scale = self._side / max(height, width)
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        canvas = np.zeros((self._side, self._side, 3), np.float32)
        canvas[: inner[1], : inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
        given = (np.clip(canvas, 0, 1) - np.array(_MEAN, np.float32)) / np.array(_STD, np.float32)
        with running(self.name), torch.inference_mode():
            pixels = torch.from_numpy(given.transpose(2, 0, 1)[None].copy()).to(self._model.device)
            found = self._model(pixel_values=pixels)
            classes = found.class_queries_logits.softmax(-1)[0, :, :-1].float().cpu().numpy()
            masks: torch.Tensor = torch.nn.functional.interpolate(
                found.masks_queries_logits.float(), size=(self._side // 2,) * 2, mode="bilinear"
            )
            whole = masks.sigmoid()[0].cpu().numpy()
        rows, columns = max(1, round(inner[1] / 2)), max(1, round(inner[0] / 2))
        return np.asarray(classes, np.float32), np.asarray(whole[:, :rows, :columns], np.float32)

    def _instances(self, classes: Picture, masks: Picture, size: tuple[int, int]) -> list[Subject]:
        """Persons, animals and vehicles, and what may be carried (a ``thing``), the largest first."""
        owner = (classes.max(1)[:, None, None] * masks).argmax(0)
        found = []
        for query, index in enumerate(classes.argmax(1)):
            label, score = self._labels[index], float(classes[query, index])
            kind = region_of(label)
            carried = label.replace("-", " ").split()[0].lower() in CARRIED
            if score < _LEAST or not (carried or kind in ("person", "animal", "vehicle")):
                continue
            own: NDArray[Any] = masks[query] * (owner == query)
            mask = np.asarray(cv2.resize(own, size, interpolation=cv2.INTER_LINEAR), np.float32)
            if (mask > 0.5).any():
                found.append(Subject(mask, score, f"{self.name} ({label})", kind))
        return sorted(found, key=lambda one: -float((one.mask > 0.5).sum()))
