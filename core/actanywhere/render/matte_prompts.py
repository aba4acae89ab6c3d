"""The prompts of a matte, as an artist writes them: boxes, clicks and rough mattes, each with its frame."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import cv2
import numpy as np

from ..contract.errors import FootageError, JobError
from ..contract.shot import ImageSequence, Matte
from ..footage import Plate, open_matte, open_plate
from ..seeing.hints import numbers_of
from ..seeing.protocol import Hint, Picture

_FORMS = {"box": (4, "x,y,width,height"), "click": (2, "x,y"), "click-off": (2, "x,y")}


@dataclass(frozen=True)
class Prompts:
    """Who is meant, as text: ``boxes`` ``x,y,width,height[@frame]``, ``clicks`` and ``clicks_off`` ``x,y[@frame]`` on
    them and on what is not theirs, ``mattes`` ``FILE[@frame]``. Pixels of the plate, from its upper left corner.
    """

    boxes: tuple[str, ...] = ()
    clicks: tuple[str, ...] = ()
    clicks_off: tuple[str, ...] = ()
    mattes: tuple[str, ...] = ()


@dataclass
class _Pointed:
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)
    off: list[tuple[float, float]] = field(default_factory=list)
    goes: Picture | None = None


def read_prompts(prompts: Prompts, plate: Plate, size: tuple[int, int]) -> dict[int, Hint]:
    """The hints by frame, in pixels of a picture of ``size`` (height, width). Raises ``JobError``, ``FootageError``."""
    found: dict[int, _Pointed] = {}
    for text in prompts.boxes:
        frame, (x, y, width, height) = _numbers(text, "box", plate)
        found.setdefault(frame, _Pointed()).boxes.append(
            _scaled_box(text, (x, y, width, height), plate, size)
        )
    for name, texts in (("click", prompts.clicks), ("click-off", prompts.clicks_off)):
        for text in texts:
            frame, (x, y) = _numbers(text, name, plate)
            pointed = found.setdefault(frame, _Pointed())
            (pointed.points if name == "click" else pointed.off).append(_scaled(text, (x, y), plate, size))
    for text in prompts.mattes:
        path, frame = _framed(text, "matte", plate)
        found.setdefault(frame, _Pointed()).goes = _rough(path, frame, plate, size)
    hints = {f: Hint(tuple(p.boxes), tuple(p.points), p.goes, None, tuple(p.off)) for f, p in found.items()}
    for frame, hint in hints.items():
        if not hint:
            raise JobError(
                f"In frame {frame} only --click-off says who is not meant.",
                "Give a --click, a --box or a --matte of the same frame besides.",
            )
    return dict(sorted(hints.items()))


def _framed(text: str, name: str, plate: Plate) -> tuple[str, int]:
    """What is said, and of which frame: the first unless it is given."""
    match = re.fullmatch(r"(.+)@(-?\d+)", text.strip())
    said, frame = (match[1], int(match[2])) if match else (text.strip(), plate.frames.first)
    if not plate.frames.first <= frame <= plate.frames.last:
        raise JobError(
            f"--{name} {text}: frame {frame} is none of the frames {plate.frames}.",
            "Give a frame of the plate after the @, in the plate's own numbers.",
        )
    return said, frame


def _numbers(text: str, name: str, plate: Plate) -> tuple[int, list[float]]:
    said, frame = _framed(text, name, plate)
    count, form = _FORMS[name]
    numbers = numbers_of(said, count)
    if numbers is None:
        raise JobError(
            f"--{name} is '{text}'; it must be {form} or {form}@frame, in pixels of the plate.",
            f"Write for example --{name} {','.join(['120'] * count)}@{plate.frames.first}.",
        )
    return frame, numbers


def _scaled(
    text: str, point: tuple[float, float], plate: Plate, size: tuple[int, int]
) -> tuple[float, float]:
    """A point of the display window in pixels of the working picture."""
    info = plate.info
    display, raster = info.display_window, info.data_window
    if not (0 <= point[0] < display.width and 0 <= point[1] < display.height):
        raise JobError(
            f"The click {text} lies outside of the plate, which is {display.width}x{display.height}.",
            "Give it in pixels of the plate, counted from its upper left corner.",
        )
    x, y = point[0] + display.x - raster.x, point[1] + display.y - raster.y
    return x * size[1] / info.width, y * size[0] / info.height


def _scaled_box(
    text: str, box: tuple[float, float, float, float], plate: Plate, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    info = plate.info
    display = info.display_window
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(float(display.width), box[0] + box[2]), min(float(display.height), box[1] + box[3])
    if right - left < 2 or bottom - top < 2:
        raise JobError(
            f"The box {text} holds nothing of the plate, which is {display.width}x{display.height}.",
            "Give x,y of its upper left corner, its width and its height, in pixels of the plate.",
        )
    x, y = _scaled(text, (left, top), plate, size)
    return x, y, (right - left) * size[1] / info.width, (bottom - top) * size[0] / info.height


def _rough(path: str, frame: int, plate: Plate, size: tuple[int, int]) -> Picture:
    with open_plate(ImageSequence(path)) as own:
        one = own.frames.first
        if (own.info.width, own.info.height) != (plate.info.width, plate.info.height):
            raise FootageError(
                f"{path} is {own.info.width}x{own.info.height}, and the plate {plate.info.width}x"
                f"{plate.info.height}.",
                "Give a rough matte of the plate's size.",
            )
        with open_matte(Matte(path), own) as matte:
            pixels = matte.read(one)
    if not 0.0001 < float((pixels > 0.5).mean()) < 0.95:
        raise FootageError(
            f"{path}: the rough matte of frame {frame} is {'black' if pixels.mean() < 0.5 else 'white'} nearly "
            "everywhere.",
            "White is the actor, black all else.",
        )
    return np.asarray(cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
