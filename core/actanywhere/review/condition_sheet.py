"""The sheet of a condition before a render: who was found in it, what fills their place, where the actor stands."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import View
from ..camera.fit import apply, to_pixels
from ..contract.errors import OutputError
from ..contract.job import Job
from ..engines.protocol import Watch
from ..footage import Counted, unheard
from ..render.preflight import Inputs, open_inputs
from ..render.proxies import resize
from ..render.scene import Scene, read_scene
from ..render.standpoint import Standpoint
from ..seeing.other_actor import OtherActor
from .contact_sheet import FAINT, INK, blank, code, fit, placed, write, write_png, written

Picture = NDArray[np.float32]

_CELL = (300, 480)
"""Height and width of a cell."""
_LINE, _MARGIN = 22, 12
_GOES, _SHADOW, _STAYS = (0.95, 0.15, 0.15), (0.2, 0.45, 1.0), (1.0, 0.8, 0.1)
_COLUMNS, _ROWS = 3, 2


def write_condition_sheet(
    job: Job, path: str, watch: Watch | None = None, counted: Counted = unheard
) -> Path:
    """Read the shot, and write a sheet of its condition to ``path`` (PNG); nothing else is touched.

    Raises the same errors as rendering, and ``OutputError``.
    """
    target = Path(path)
    if target.suffix.lower() != ".png":
        raise OutputError(f"{path} is no PNG file.", "Give the sheet a name that ends in .png.")
    with open_inputs(job, counted=counted) as inputs:
        scene = read_scene(inputs, watch or Watch())
        sheet = _sheet(inputs, scene)
    write_png(target, sheet)
    return target


def _sheet(inputs: Inputs, scene: Scene) -> NDArray[np.uint8]:
    assert scene.place is not None and scene.original is not None
    other = scene.place.other
    first, middle = _comp(scene, 0), _comp(scene, len(scene.clip.frames) // 2)
    stands = scene.place.standpoint
    cells = [
        ("the condition", scene.original),
        ("who goes (red), their shadow (blue), what stays (yellow)", _marked(scene.original, other)),
        ("what is moved: without them, as far as the shot looks", _place(scene)),
        (f"frame {scene.clip.frames.first}, before anything is painted", first),
        (f"frame {scene.clip.frames.first + len(scene.clip.frames) // 2}", middle),
    ]
    if stands is not None:
        where = f"frame {scene.clip.frames.first + stands.anchor}: feet (yellow), horizons (plate white, picture red)"
        cells.append((where, _laid(inputs.view, scene, stands)))
    height, width = _CELL
    wide = _MARGIN + _COLUMNS * (width + _MARGIN)
    lines = [line for sentence in _sentences(inputs, scene) for line in _broken(sentence, wide - _MARGIN)]
    paper = blank(2 * _MARGIN + _LINE * len(lines) + _ROWS * (height + _LINE + _MARGIN), wide)
    for number, line in enumerate(lines):
        write(paper, line, _MARGIN, _MARGIN + _LINE * (number + 1) - 6, INK if number < 2 else FAINT)
    below = _MARGIN + _LINE * len(lines)
    for number, (title, picture) in enumerate(cells):
        top = below + (number // _COLUMNS) * (height + _LINE + _MARGIN)
        left = _MARGIN + (number % _COLUMNS) * (width + _MARGIN)
        write(paper, title, left, top + _LINE - 6, FAINT)
        small = fit(picture, height * width)
        paper[top + _LINE : top + _LINE + height, left : left + width] = code(placed(small, height, width))
    return paper


def _sentences(inputs: Inputs, scene: Scene) -> list[str]:
    assert scene.place is not None
    return [
        f"{inputs.job.shot.name}   condition: {scene.place.fitted}",
        f"placement: {scene.placement.value}, {scene.placement.value.fit} ({scene.placement.reason})",
        f"second actor: {scene.place.other.summary}",
        f"camera: {scene.camera.value} ({scene.camera.reason})",
        *(
            f"warning: {warning}"
            for warning in (
                *scene.mend.warnings,
                *scene.camera.warnings,
                *scene.placement.warnings,
                *scene.place.warnings,
            )
        ),
    ]


def _broken(sentence: str, width: int) -> list[str]:
    """The lines of a sentence, none wider than ``width`` pixels unless a single word is."""
    lines = [""]
    for word in sentence.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and written(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _marked(picture: Picture, other: OtherActor) -> Picture:
    """The condition with whom was found laid over it."""
    made = np.asarray(0.35 * picture + 0.35 * picture.mean(2, keepdims=True), np.float32)
    for mask, colour in ((other.stays, _STAYS), (other.shadow, _SHADOW), (other.mask, _GOES)):
        if mask is not None:
            made = (
                made
                + (0.45 * picture + 0.55 * np.array(colour, np.float32) - made)
                * np.clip(mask, 0, 1)[..., None]
            )
    return np.asarray(made, np.float32)


def _place(scene: Scene) -> Picture:
    """The place, with the border of the condition (white) and of the anchor frame's view (yellow)."""
    assert scene.place is not None
    if scene.place.picture is None:
        return scene.condition
    made = code(scene.place.picture.picture)
    (left, top), (across, down) = scene.place.picture.corner, scene.place.picture.scale
    rows, columns = scene.condition.shape[:2]
    thick = max(1, round(max(made.shape) / 500))
    right, bottom = round(left + columns * across), round(top + rows * down)
    cv2.rectangle(made, (left, top), (right - 1, bottom - 1), (255, 255, 255), thick)
    backdrop = scene.backdrop.value
    if backdrop is not None:
        corners = np.array([[-0.5, -0.5], [15.5, -0.5], [15.5, 8.5], [-0.5, 8.5]])
        to_place = scene.place.picture.surroundings.from_condition
        for index in range(0, len(backdrop.track), max(1, len(backdrop.track) // 3)):
            seen = apply(to_place, backdrop.looks(index, corners, 9, 16))
            if np.isfinite(seen).all():
                outline = np.round(seen).astype(np.int32).reshape(-1, 1, 2)
                cv2.polylines(made, [outline], True, (255, 205, 40), thick)
    return np.asarray(made / np.float32(255), np.float32)


def _laid(view: View, scene: Scene, stands: Standpoint) -> Picture:
    """The anchor frame with the actor's feet all over the shot, and both horizons where they are known."""
    made = code(_comp(scene, stands.anchor))
    height, width = made.shape[:2]
    placement, aspect = scene.placement.value, scene.clip.aspect
    tall = placement.sides(scene.condition.shape[1] / scene.condition.shape[0], view.aspect)[1]
    onto = to_pixels(height, width, aspect) @ view.to_raster
    rows = []
    if stands.plate is not None:
        rows += [(row - 0.5, (255, 255, 255)) for row in (stands.plate.high, stands.plate.low)]
    if stands.picture is not None:
        lies = [placement.y + (row - 0.5) * tall for row in (stands.picture.high, stands.picture.low)]
        rows += [(row, (255, 60, 60)) for row in lies]
    for row, colour in rows:
        y = round(float(apply(onto, np.array([[0.0, row]]))[0, 1]))
        cv2.line(made, (0, y), (width, y), colour, max(1, height // 200))
    for x, y in np.round(apply(onto, stands.feet[:, :2])).astype(int):
        cv2.circle(made, (int(x), int(y)), max(1, height // 110), (255, 230, 40), -1)
    return np.asarray(made / np.float32(255), np.float32)


def _comp(scene: Scene, index: int) -> Picture:
    """The plate's actor over the moved place, as it is before the engine paints."""
    rows, columns = scene.clip.size
    larger = min(_CELL[0] / rows, _CELL[1] / columns)
    height, width = int(rows * larger), int(columns * larger)
    plate, matte = (
        np.asarray(cv2.resize(shown[index], (width, height)), np.float32) / 255
        for shown in (scene.clip.rgb, scene.clip.matte)
    )
    matte = matte[..., None]
    if scene.backdrop.value is None:
        behind = resize(scene.condition, height, width)
    else:
        behind = scene.backdrop.value.frame(index, height, width)[0]
    return np.asarray(behind + (plate - behind) * matte, np.float32)
