"""Sheets of samples: what the model now paints on a few held-out clips.

A band for each clip. On the left the condition; then, for frames spread over the clip, what the model is told
(grey: nothing), what is true, and what it paints. ``changed.png`` shows the same clips as the run began with them,
as it paints them now, and the difference, eight times as strong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.files import make_folder
from ..engines.protocol import FrameConditioning, Watch, Window
from ..engines.unet.model.checkpoint import Model
from ..engines.unet.painter import Sampling, UNetPainter
from ..engines.unet.torch_networks import TorchNetworks
from ..review.contact_sheet import write_png
from .card import Change
from .examples import Example
from .held_out import HeldOut

Picture = NDArray[np.uint8]

_CLIPS, _FRAMES, _CELL = 4, 4, 176
_GAP, _HEAD, _BAND = 4, 34, 22
_PAPER, _INK, _FAINT = 28, 235, 150
_BEGUN = "begun_with_%d.png"
_GAIN = 8


def sampled(held_out: Sequence[HeldOut]) -> int:
    """How many of the clips are painted in a look."""
    return min(len(held_out), _CLIPS)


def write_samples(
    folder: Path,
    model: Model,
    held_out: Sequence[HeldOut],
    step: int,
    losses: Mapping[str, float],
    tick: Callable[[], None] = lambda: None,
) -> Change | None:
    """Paint the first clips by the model's recommended sampling and write the sheets.

    Gives how far what is painted has moved from what the run began with (step 0); ``None`` at step 0, and for a run
    that began without a look. ``tick`` is called after each clip. Raises ``OutputError``.
    """
    make_folder(str(folder))
    painted = []
    for one in held_out[:_CLIPS]:
        painted.append(paint_example(model, one))
        tick()
    caption = "   ".join(f"{region} {loss:.3f}" for region, loss in losses.items())
    bands = [
        _band(one, (("known", one.example.known), ("truth", one.example.video), ("painted", now)))
        for one, now in zip(held_out, painted, strict=False)
    ]
    _write_sheet(folder / f"step_{step:06d}.png", f"step {step}   held-out loss: {caption}", bands)
    if step == 0:
        for number, now in enumerate(painted):
            write_png(folder / (_BEGUN % number), np.concatenate(list(now)))
        return None
    return _write_change(folder, held_out, painted, step)


def _write_change(
    folder: Path, held_out: Sequence[HeldOut], painted: Sequence[Picture], step: int
) -> Change | None:
    """The sheet of what the run began with beside what it paints now, and the figure of their difference."""
    bands, moved, counted = [], 0.0, 0
    for number, (one, now) in enumerate(zip(held_out, painted, strict=False)):
        tall = cv2.imread(str(folder / (_BEGUN % number)))
        if tall is None or tall.size != now.size:
            return None
        begun = np.asarray(tall[..., ::-1], np.uint8).reshape(now.shape)
        difference = now.astype(np.float32) - begun
        inside = one.example.mask > 0.5
        moved += float(np.abs(difference)[inside].sum())
        counted += 3 * int(inside.sum())
        shown = np.clip(128 + _GAIN * difference, 0, 255).astype(np.uint8)
        rows = (
            ("truth", one.example.video),
            ("before", begun),
            ("now", now),
            (f"change x{_GAIN}", shown),
        )
        bands.append(_band(one, rows))
    change = Change(moved / max(1, counted))
    _write_sheet(folder / "changed.png", f"step {step}   {change.sentence}", bands)
    return change


def _write_sheet(path: Path, head_line: str, bands: Sequence[Picture]) -> None:
    width = max(band.shape[1] for band in bands)
    head = np.full((_HEAD, width, 3), _PAPER, np.uint8)
    _write(head, head_line, 8, 22, _INK)
    padded = [cv2.copyMakeBorder(b, 0, 0, 0, width - b.shape[1], 0, value=(_PAPER,) * 3) for b in bands]
    write_png(path, np.concatenate([head, *padded]).astype(np.uint8))


def paint_example(model: Model, held: HeldOut) -> Picture:
    """What ``model`` paints of an example, (T, H, W, 3) display, always from the same noise."""
    example = held.example
    condition = example.condition.astype(np.float32) / np.float32(255)
    painter = UNetPainter(TorchNetworks(model), Sampling.of({}, model.configuration), condition, held.guided)
    window = Window(0, len(example.video), 0)
    painted = painter.paint(_conditioning(example), window, None, Watch())
    return np.asarray(np.round(painted.pictures * 255), np.uint8)


def _conditioning(example: Example) -> list[FrameConditioning]:
    """The example as an engine is told it, frame by frame."""
    nothing = np.zeros(example.mask.shape[1:], np.float32)
    pictures = zip(example.known, example.prior, example.mask, example.subject, strict=True)
    return [
        FrameConditioning(index, _display(known), mask, _display(prior), subject, _display(prior), nothing)
        for index, (known, prior, mask, subject) in enumerate(pictures)
    ]


def _display(picture: Picture) -> NDArray[np.float32]:
    return np.asarray(picture / np.float32(255), np.float32)


def _band(held: HeldOut, rows: Sequence[tuple[str, Picture]]) -> Picture:
    example = held.example
    height, width = example.video.shape[1:3]
    size = (min(width, _CELL), round(height * min(width, _CELL) / width))
    chosen = sorted({round(i) for i in np.linspace(0, len(example.video) - 1, _FRAMES).tolist()})
    across = 70 + (size[0] + _GAP) * (1 + len(chosen))
    paper = np.full((_BAND + len(rows) * (size[1] + _GAP) + _GAP, across, 3), _PAPER, np.uint8)
    camera = "camera led by the plate" if held.guided else "camera from the subject"
    _write(paper, f"{held.name}   ({camera})", 8, 15, _FAINT)
    _paste(paper, example.condition, 4, _BAND, size)
    _write(paper, "condition", 8, _BAND + size[1] + 18, _INK)
    for row, (name, pictures) in enumerate(rows):
        top = _BAND + row * (size[1] + _GAP)
        _write(paper, name, size[0] + 12, top + size[1] // 2, _INK)
        for column, index in enumerate(chosen):
            _paste(paper, pictures[index], 70 + (size[0] + _GAP) * (1 + column), top, size)
    return paper


def _paste(paper: Picture, picture: Picture, left: int, top: int, size: tuple[int, int]) -> None:
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    paper[top : top + size[1], left : left + size[0]] = small


def _write(paper: Picture, text: str, left: int, baseline: int, ink: int) -> None:
    cv2.putText(paper, text, (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (ink,) * 3, 1, cv2.LINE_AA)
