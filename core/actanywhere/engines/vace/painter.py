"""The VACE painter: paints what is unknown, then what is to move, and composes both into the place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...distance import distance_inside
from ..disk import DiskArray, RunState
from ..protocol import EngineRequest, FrameConditioning, Painted, Watch, Window
from .compose import ColourMatch, fill_core
from .control import ControlFrame, control_frame
from .options import Options
from .predict import Predictor
from .take import Take
from .timeline import WindowPlan, scheduler_for

Array = NDArray[np.float32]
Frames = Sequence[FrameConditioning]

_SOFT = 4
"""Pixels behind the actor's edge within which what is painted around them goes over into the place."""
_LITTLE = 0.5
"""Known share of a shot below which the picture of the place is given as a reference too."""


class VacePainter:
    """Paints a whole shot as one window. ``predictor`` holds the loaded model."""

    def __init__(self, predictor: Predictor, options: Options, request: EngineRequest, key: str) -> None:
        self.predictor = predictor
        self.options = options
        self.request = request
        self.key = key
        self._main_steps = self._count(options.strength)
        self.steps = self._main_steps + (self._count(strength_of(options.life)) if options.life > 0 else 0)

    def paint(self, frames: Frames, window: Window, before: Painted | None, watch: Watch) -> Painted:
        """The shot's pictures and how far they show, both on disk. Raises ``Cancelled``; goes on where it was."""
        scratch, count, size = self.request.scratch, len(window), self.request.size
        state = RunState(scratch, f"{self.key} {count} {size}")
        pictures = DiskArray(scratch / "layer.f32", (count, *size, 3))
        shown = DiskArray(scratch / "shown.f32", (count, *size))
        if not state.get("main composed"):
            self._main(frames, state, watch, pictures, shown)
            state.keep(**{"main composed": True})
        if self.options.life > 0 and not state.get("life composed"):
            self._life(frames, state, watch, pictures, shown)
            state.keep(**{"life composed": True})
        watch.step(self.steps)
        return Painted(pictures.mapped(), {}, shown.mapped())

    def _count(self, strength: float) -> int:
        quality, scheduler = self.options.quality, self.predictor.parts.layout.scheduler
        return len(scheduler_for(scheduler, quality.shift, quality.steps, strength).timesteps)

    def _take(self, name: str, control: Callable[[int], ControlFrame], state: RunState, watch: Watch) -> Take:
        return Take(
            folder=self.request.scratch / name,
            frames=self.request.frames,
            size=self.request.size,
            control=control,
            options=self.options,
            predictor=self.predictor,
            state=state,
            watch=watch,
            windows=WindowPlan(merge=self.options.merge),
        )

    def _main(
        self, frames: Frames, state: RunState, watch: Watch, pictures: DiskArray, shown: DiskArray
    ) -> None:
        """What is unknown, painted from noise (or from the prefill, with a strength below 1)."""

        def control(index: int) -> ControlFrame:
            return control_frame(frames[index], self.options.actor, self.options.unknown)

        take = replace(
            self._take("main", control, state, watch),
            strength=self.options.strength,
            begin=lambda index: frames[index].prefill,
            references=self._references(control, self.request.frames),
        )
        decoded = take.decoded(0)
        match = self._matched(decoded, control, take.frames, watch)
        for index in range(take.frames):
            watch.check()
            now, frame = control(index), frames[index]
            painted = match.apply(index, decoded.read(index, index + 1)[0])
            rim = np.asarray(cv2.dilate(now.actor.astype(np.uint8), np.ones((3, 3), np.uint8))) > 0
            painted = fill_core(painted, rim)
            base = np.where((frame.seen > 0.5)[..., None], frame.place, painted)
            over = _behind(now)
            layer = np.where(over[..., None] > 0, base + over[..., None] * (painted - base), base)
            pictures.write(index, layer.astype(np.float32)[None])
            shown.write(index, over[None])
        decoded.remove()

    def _life(
        self, frames: Frames, state: RunState, watch: Watch, pictures: DiskArray, shown: DiskArray
    ) -> None:
        """What shall live, painted again from the layer as it is, under part of the noise."""

        def control(index: int) -> ControlFrame:
            frame = frames[index]
            core = frame.subject > 0.5
            picture = np.where(core[..., None], frame.masked, pictures.read(index, index + 1)[0])
            alive = (alive_region(frame) > 0.5).astype(np.float32)
            known = replace(frame, masked=picture, mask=np.where(core, np.float32(0), alive))
            return control_frame(known)

        def begin(index: int) -> Array:
            frame = frames[index]
            core = (frame.subject > 0.5)[..., None]
            return np.where(core, frame.masked, pictures.read(index, index + 1)[0]).astype(np.float32)

        take = replace(
            self._take("life", control, state, watch), strength=strength_of(self.options.life), begin=begin
        )
        decoded = take.decoded(self._main_steps)
        match = self._matched(decoded, control, take.frames, watch)
        composed = int(state.get("life frames") or 0)
        for index in range(composed, take.frames):
            watch.check()
            now = control(index)
            over = np.minimum(now.shown, 1 - now.actor)
            layer, painted = (
                pictures.read(index, index + 1)[0],
                match.apply(index, decoded.read(index, index + 1)[0]),
            )
            made = np.where(over[..., None] > 0, layer + over[..., None] * (painted - layer), layer)
            before = shown.read(index, index + 1)[0]
            # The mask first: a frame that is composed twice after a kill is as good as one composed once.
            shown.write(index, np.maximum(before, over)[None])
            pictures.write(index, made.astype(np.float32)[None])
            state.keep(**{"life frames": index + 1})
        decoded.remove()

    def _matched(
        self, decoded: DiskArray, control: Callable[[int], ControlFrame], count: int, watch: Watch
    ) -> ColourMatch:
        match = ColourMatch(count)
        for index in range(count):
            watch.check()
            match.add(index, decoded.read(index, index + 1)[0], control(index))
        return match

    def _references(self, control: Callable[[int], ControlFrame], count: int) -> tuple[Array, ...]:
        """The picture of the place, cut to the frame's aspect, where little of the shot is known."""
        if self.options.reference == "never":
            return ()
        sampled = range(0, count, max(1, count // 12))
        known = float(np.mean([1 - control(index).unknown.mean() for index in sampled]))
        if self.options.reference == "auto" and known >= _LITTLE:
            return ()
        return (_cut(self.request.condition, *self.request.size),)


def _behind(control: ControlFrame) -> Array:
    """How far the picture shows, and goes on a little behind the actor, so that the layer has no edge there."""
    beside = cv2.dilate(control.shown, np.ones((2 * _SOFT + 1, 2 * _SOFT + 1), np.uint8))
    going_on = np.clip(1 - distance_inside(control.actor) / _SOFT, 0, 1) * np.asarray(beside)
    return np.where(control.actor, going_on, control.shown).astype(np.float32)


def _cut(picture: Array, height: int, width: int) -> Array:
    """The middle of ``picture`` at the frame's aspect, and at its size: a white rim would be painted into the shot."""
    tall, wide = picture.shape[:2]
    scale = max(height / tall, width / wide)
    rows, columns = min(tall, round(height / scale)), min(wide, round(width / scale))
    top, left = (tall - rows) // 2, (wide - columns) // 2
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cut = cv2.resize(picture[top : top + rows, left : left + columns], (width, height), interpolation=way)
    return np.clip(np.asarray(cut, np.float32), 0, 1)


Picture = NDArray[np.float32]

_LEAST, _MOST = 0.25, 0.85
"""Share of the noise that the refining begins from, for a life just above 0 and for 1."""


def strength_of(life: float) -> float:
    """How much of the noise a life of 0..1 begins from: more life, more of it is new."""
    return _LEAST + (_MOST - _LEAST) * min(max(life, 0.0), 1.0)


def alive_region(frame: FrameConditioning) -> Picture:
    """(h, w) 0..1: the artist's alive mask where there is one, else the place around the actor's feet."""
    if frame.alive is not None:
        return np.asarray(np.clip(frame.alive, 0, 1), np.float32)
    height, width = frame.mask.shape
    rows = np.flatnonzero((frame.subject > 0.5).any(axis=1))
    if not len(rows):
        return np.zeros((height, width), np.float32)
    top, foot = int(rows[0]), int(rows[-1])
    tall = foot - top + 1
    low = frame.subject[foot - tall // 8 : foot + 1] > 0.5
    columns = np.flatnonzero(low.any(axis=0))
    middle, reach = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2 + 0.35 * tall
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot((x - middle) / max(reach, 1), (y - foot) / max(0.18 * tall, 1))
    region = np.clip(2 * (1 - away), 0, 1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(region, (0, 0), max(1.0, height / 120)), np.float32)
