"""Matte propagation by SAM 2.1 (Ravi et al., 2024) in transformers, from a click, a box or a mask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .pretrained import load_pretrained, running
from .protocol import Followed, Hint, Picture

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_REMEMBERED = 16
"""Frames back to which SAM 2.1 looks; older answers are let go."""
_IS, _IS_NOT, _TOP_LEFT, _BOTTOM_RIGHT = 1, 0, 2, 3


class Sam2Follow:
    """Follows who was pointed at, by a SAM 2.1 in a folder of transformers' layout."""

    def __init__(self, folder: Path, name: str) -> None:
        """Loads the weights. Raises ``ModelError``."""
        self.name = name
        self._model, self.notices = load_pretrained("Sam2VideoModel", "a SAM 2.1", folder, name)
        self._side = int(self._model.config.image_size)
        self._session: Any = None
        self._count = 0

    def start(self, picture: Picture, hint: Hint) -> Followed:
        """Who is meant in ``picture`` (h, w, 3); they are followed from here, whatever was before."""
        import torch
        from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

        height, width = picture.shape[:2]
        self._count = 0
        self._session = session = Sam2VideoInferenceSession(
            dtype=torch.float32,
            video_height=height,
            video_width=width,
            inference_device=self._model.device,
            inference_state_device=self._model.device,
            video_storage_device=self._model.device,
        )
        index = session.obj_id_to_idx(1)
        points, labels = _prompts(hint)
        if points:
            scale = np.array([self._side / width, self._side / height])
            coords = torch.tensor(np.array(points) * scale, dtype=torch.float32)[None, None]
            session.add_point_inputs(
                index, 0, {"point_coords": coords, "point_labels": torch.tensor(labels)[None, None]}
            )
        else:
            assert hint.goes is not None
            mask = cv2.resize(hint.goes, (self._side, self._side), interpolation=cv2.INTER_AREA)
            session.add_mask_inputs(index, 0, torch.from_numpy(mask > 0.5).float()[None, None])
        session.obj_with_new_inputs = [1]
        return self.step(picture)

    def step(self, picture: Picture) -> Followed:
        """The same actor in the next frame."""
        import torch

        square = cv2.resize(picture, (self._side, self._side), interpolation=cv2.INTER_AREA)
        given = (np.clip(square, 0, 1) - np.array(_MEAN, np.float32)) / np.array(_STD, np.float32)
        with running(self.name), torch.inference_mode():
            frame = torch.from_numpy(np.ascontiguousarray(given.transpose(2, 0, 1), np.float32))
            found = self._model(self._session, frame=frame, frame_idx=self._count)
            logits = found.pred_masks.float().reshape(found.pred_masks.shape[-2:]).cpu().numpy()
            sure = float(found.object_score_logits.float().sigmoid().reshape(-1)[0])
        self._let_go()
        whole = cv2.resize(np.clip(logits, -20, 20), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        return Followed(np.asarray(1 / (1 + np.exp(-whole)), np.float32), sure)

    def _let_go(self) -> None:
        """Memory stays flat: frames that were seen, and answers that are too old to be asked again."""
        session = self._session
        session.processed_frames = {}
        for kept in session.output_dict_per_obj.values():
            kept["non_cond_frame_outputs"].pop(self._count - _REMEMBERED - 1, None)
        self._count += 1


def _prompts(hint: Hint) -> tuple[list[tuple[float, float]], list[int]]:
    """Points in the picture's pixels and what each says; none where a mask alone tells who is meant."""
    if hint.goes is not None and not (hint.boxes or hint.points or hint.off):
        return [], []
    points: list[tuple[float, float]] = []
    labels: list[int] = []
    boxes = list(hint.boxes)
    if hint.goes is not None and not boxes:
        rows, columns = np.nonzero(hint.goes > 0.5)
        left, top = float(columns.min()), float(rows.min())
        boxes = [(left, top, float(columns.max()) + 1 - left, float(rows.max()) + 1 - top)]
    if boxes:  # one box at most: it goes around all of them
        left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
        points = [(left, top), (max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes))]
        labels = [_TOP_LEFT, _BOTTOM_RIGHT]
    points += [*hint.points, *hint.off]
    labels += [_IS] * len(hint.points) + [_IS_NOT] * len(hint.off)
    return points, labels
