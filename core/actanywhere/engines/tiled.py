"""Any engine at a larger size: a first pass at its own size, then a second pass in tiles.

A tile is told what is known there at the larger size, and, as known too, the rims that its neighbours have painted; so
tiles do not drift apart. It begins from the first pass; the setting ``strength`` says how much of it is new.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .disk import DiskArray, RunState
from .protocol import Engine, EngineFacts, EngineRequest, FrameConditioning, Painted, Painter, Watch, Window

Picture = NDArray[np.float32]
Frames = Sequence[FrameConditioning]

_SHARED, _RIM = 64, 32
"""Pixels that tiles share, and how many of these a finished neighbour tells; over the others two tiles go over."""
_MUCH = 0.03
"""Share of a shot's pixels from which on a second pass is worth its time."""
_STRENGTH = 0.4


class Tiled:
    """``engine`` at ``area`` pixels, after a pass at ``first``; for engines that take a whole shot as one window."""

    def __init__(self, engine: Engine, area: int, first: int) -> None:
        self.engine = engine
        self.first = first
        self.facts: EngineFacts = replace(engine.facts, area=max(area, first))

    def digest(self) -> str:
        """The engine's own."""
        return self.engine.digest()

    def check(self, settings: Mapping[str, object], frames: int, size: tuple[int, int]) -> Sequence[str]:
        """What the engine says of its first pass, and how many tiles the second may have."""
        small = _small(size, self.first, self.engine.facts.multiple)
        count = len(_tiles(size, small))
        plan_lines = self.engine.check(settings, frames, small)
        return [
            *plan_lines,
            f"second pass: up to {count} tiles of {small[1]}x{small[0]}, where much was painted",
        ]

    def open(self, request: EngineRequest) -> Painter:
        """The engine, ready for its first pass."""
        return _TiledPainter(
            self.engine, request, _small(request.size, self.first, self.engine.facts.multiple)
        )


@dataclass(frozen=True)
class _Tile:
    """A part of the large frame, and whether a tile was painted above it and to its left."""

    rows: slice
    columns: slice
    above: bool
    left: bool

    @property
    def size(self) -> tuple[int, int]:
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    def weight(self) -> Picture:
        """(h, w) how it goes over what lies there: 0 on the rim that it was told, 1 within."""
        height, width = self.size
        down = _rise(height) if self.above else np.ones(height)
        across = _rise(width) if self.left else np.ones(width)
        return np.outer(down, across).astype(np.float32)


class _TiledPainter:
    def __init__(self, engine: Engine, request: EngineRequest, small: tuple[int, int]) -> None:
        self.engine = engine
        self.request = request
        self.small = small
        self.tiles = _tiles(request.size, self.small)
        self.first = engine.open(replace(request, size=self.small, scratch=request.scratch / "first"))
        self._each = max(1, round(_STRENGTH * self.first.steps))
        self.steps = self.first.steps + self._each * len(self.tiles)

    def paint(self, frames: Frames, window: Window, before: Painted | None, watch: Watch) -> Painted:
        """The shot at the large size, or the first pass alone where little was painted."""
        whole = replace(watch, painted=Watch.painted)  # nothing is painted before the second pass is
        first = self.first.paint(_Frames(frames, self._shrunk), window, None, whole)
        shown = first.shown if first.shown is not None else np.ones(first.pictures.shape[:3], np.float32)
        if float(np.mean([(plane > 0.5).mean() for plane in shown])) < _MUCH:
            self.request.say("little was painted: no second pass")
            return first
        canvas = _Canvas(self.request, first.pictures, shown, watch)
        canvas.begin()
        for number, tile in enumerate(self.tiles):
            done = self.first.steps + self._each * number
            if canvas.is_due(number, tile):
                canvas.lay(tile, self._paint_tile(frames, window, canvas, tile, number, done, watch))
            canvas.finish(number)
            shutil.rmtree(self._scratch(number), ignore_errors=True)
        watch.step(self.steps)
        return Painted(canvas.pictures.mapped(), {}, canvas.shown.mapped())

    def _paint_tile(
        self,
        frames: Frames,
        window: Window,
        canvas: _Canvas,
        tile: _Tile,
        number: int,
        done: int,
        watch: Watch,
    ) -> Painted:
        request = replace(
            self.request,
            size=tile.size,
            scratch=self._scratch(number),
            settings={**self.request.settings, "strength": _STRENGTH, "life": 0.0, "reference": "never"},
        )
        painter = self.engine.open(request)
        conditioning = _Frames(frames, lambda index, frame: canvas.tile_conditioning(index, frame, tile))
        share = self._each / painter.steps
        return painter.paint(
            conditioning,
            window,
            None,
            replace(watch, step=lambda k: watch.step(done + int(k * share)), painted=Watch.painted),
        )

    def _scratch(self, number: int) -> Path:
        return self.request.scratch / f"tile{number:03d}"

    def _shrunk(self, index: int, frame: FrameConditioning) -> FrameConditioning:
        height, width = self.small

        def small(plane: Picture) -> Picture:
            return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), np.float32)

        # What is known in part of a pixel is unknown, and the actor is where they fill it.
        return FrameConditioning(
            frame.frame,
            masked=np.where(small(frame.mask)[..., None] > 0, np.float32(127 / 255), small(frame.masked)),
            mask=(small(frame.mask) > 0).astype(np.float32),
            prefill=small(frame.prefill),
            subject=(small(frame.subject) >= 1).astype(np.float32),
            place=small(frame.place),
            seen=(small(frame.seen) >= 1).astype(np.float32),
            alive=None if frame.alive is None else small(frame.alive),
        )


class _Canvas:
    """The shot at the large size, on disk: the first pass enlarged, tile after tile laid into it."""

    def __init__(self, request: EngineRequest, first: Picture, first_shown: Picture, watch: Watch) -> None:
        self.frames = frames = len(first)
        self.first = first
        self.first_shown = first_shown
        self.watch = watch
        self.state = RunState(request.scratch, f"{frames} {request.size}")
        self.pictures = DiskArray(request.scratch / "large.f32", (frames, *request.size, 3))
        self.shown = DiskArray(request.scratch / "large_shown.f32", (frames, *request.size))

    def begin(self) -> None:
        """Enlarge the first pass, unless it was done."""
        if self.state.get("begun"):
            return
        height, width = self.shown.shape[1:]
        for index in range(self.frames):
            self.watch.check()
            plane = cv2.resize(
                np.ascontiguousarray(self.first_shown[index]), (width, height), interpolation=cv2.INTER_LINEAR
            )
            self.pictures.write(index, self._enlarged(index)[None])
            self.shown.write(index, np.asarray(plane)[None])
        self.state.keep(begun=True)

    def _enlarged(self, index: int) -> Picture:
        height, width = self.shown.shape[1:]
        picture = np.ascontiguousarray(self.first[index])
        large = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LANCZOS4)
        return np.clip(np.asarray(large, np.float32), 0, 1)

    def is_due(self, number: int, tile: _Tile) -> bool:
        """Whether a tile is still to be painted, and holds something that was."""
        if number < int(self.state.get("tiles") or 0):
            return False
        step = max(1, self.frames // 16)
        planes = (self.shown.read(i, i + 1)[0][tile.rows, tile.columns] for i in range(0, self.frames, step))
        return any((plane > 0.5).mean() > 0.002 for plane in planes)

    def finish(self, number: int) -> None:
        """Note that a tile is done with."""
        self.state.keep(tiles=max(number + 1, int(self.state.get("tiles") or 0)))

    def tile_conditioning(self, index: int, frame: FrameConditioning, tile: _Tile) -> FrameConditioning:
        """A tile's part of the frame: finished rims are known, and it begins from the first pass."""
        part = tile.rows, tile.columns
        canvas = self.pictures.read(index, index + 1)[0][part]
        actor = frame.subject[part] > 0.5
        rim = (tile.weight() == 0) & ~actor
        return FrameConditioning(
            frame.frame,
            masked=np.where(rim[..., None], canvas, frame.masked[part]),
            mask=np.where(rim, np.float32(0), frame.mask[part]),
            prefill=np.where(actor[..., None], frame.masked[part], self._enlarged(index)[part]),
            subject=frame.subject[part],
            place=frame.place[part],
            seen=frame.seen[part],
        )

    def lay(self, tile: _Tile, painted: Painted) -> None:
        """Lay a painted tile into the canvas; it goes over from the tiles before it."""
        weight = tile.weight()
        shown = (
            painted.shown if painted.shown is not None else np.ones(painted.pictures.shape[:3], np.float32)
        )
        for index in range(self.frames):
            self.watch.check()
            picture, plane = self.pictures.read(index, index + 1), self.shown.read(index, index + 1)
            _over(picture[0, tile.rows, tile.columns], painted.pictures[index], weight[..., None])
            _over(plane[0, tile.rows, tile.columns], shown[index], weight)
            self.pictures.write(index, picture)
            self.shown.write(index, plane)


class _Frames(Sequence[FrameConditioning]):
    """Frames changed one by one, when they are asked for."""

    def __init__(self, frames: Frames, change: Callable[[int, FrameConditioning], FrameConditioning]) -> None:
        self._frames = frames
        self._change = change

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> FrameConditioning:  # type: ignore[override]
        return self._change(index, self._frames[index])


def tile_spans(length: int, side: int) -> list[slice]:
    """A length in as few parts of ``side`` as share ``_SHARED`` pixels or more."""
    if length <= side:
        return [slice(0, length)]
    count = -(-(length - _SHARED) // (side - _SHARED))
    return [slice(at, at + side) for at in (round(i * (length - side) / (count - 1)) for i in range(count))]


def _tiles(size: tuple[int, int], small: tuple[int, int]) -> list[_Tile]:
    rows, columns = (tile_spans(length, side) for length, side in zip(size, small, strict=True))
    return [
        _Tile(row, column, y > 0, x > 0) for y, row in enumerate(rows) for x, column in enumerate(columns)
    ]


def _small(size: tuple[int, int], area: int, multiple: int) -> tuple[int, int]:
    """About ``area`` pixels in the aspect of the large size."""
    scale = min(1.0, (area / (size[0] * size[1])) ** 0.5)
    height, width = (max(1, round(side * scale / multiple)) * multiple for side in size)
    return height, width


def _rise(length: int) -> Picture:
    ramp = np.clip((np.arange(length) + 0.5 - _RIM) / (_SHARED - _RIM), 0, 1)
    return np.asarray(ramp, np.float32)


def _over(below: Picture, above: Picture, weight: Picture) -> None:
    below += weight * (above - below)
