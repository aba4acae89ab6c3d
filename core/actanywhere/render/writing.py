"""Painted pictures written as frames of the layer, in their order, as soon as each is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..engines.protocol import FrameConditioning, Window
from .deliver import PlateAndMatte, finish_layer, layer_attributes, read_frame
from .folder import OutputFolder
from .overlap import WriteBehind
from .preflight import Inputs
from .scene import Scene

Picture = NDArray[np.float32]


class LayerWriter:
    """Writes the new frames of a window that are not there yet. Use it in ``with``, at whose end all are written.

    One is written while the next is read and finished, and no more than one plate is held. ``written`` hears of each,
    in the caller's thread, and ``clamped`` fills with each one's number of clamped values, by the host's frame number.
    """

    def __init__(
        self,
        inputs: Inputs,
        scene: Scene,
        output: OutputFolder,
        window: Window,
        frames: Sequence[FrameConditioning],
        written: Callable[[int], None],
    ) -> None:
        self._inputs, self._scene, self._output = inputs, scene, output
        self._window, self._frames, self._written = window, frames, written
        self.clamped: dict[int, int] = {}
        new = range(window.first + window.known, window.last)
        self._there = [index for index in new if output.frame_path(inputs.frames.first + index).is_file()]
        self._due = [index for index in new if index not in self._there]
        self._reader = ThreadPoolExecutor(1, "read")
        self._ahead: Future[PlateAndMatte] | None = None
        self._writer = WriteBehind(written)

    def __enter__(self) -> LayerWriter:
        for index in self._there:
            self._written(index)
        self._writer.__enter__()
        self._read_next()
        return self

    def _read_next(self) -> None:
        self._ahead = None
        if self._due:
            self._ahead = self._reader.submit(read_frame, self._inputs, self._scene, self._due[0])

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        try:
            self._writer.__exit__(kind, *failure)
        finally:
            self._reader.shutdown(cancel_futures=True)
            self._scene.forget()

    def put(self, place: int, picture: Picture, shown: Picture | None = None) -> None:
        """Write the frame at a place of the window, in order, painted as ``picture`` (h, w, 3) and ``shown`` (h, w).

        One that is there already, or was put before, stays.
        """
        index = self._window.first + place
        if index not in self._due:
            return
        assert self._ahead is not None and index == self._due[0]
        read = self._ahead.result()
        number = self._inputs.frames.first + index
        path = str(self._output.frame_path(number))
        frame = finish_layer(
            self._inputs, self._scene, path, index, read, picture, shown, self._frames[place]
        )
        self.clamped[number] = frame.clamped
        write = partial(frame.write, layer_attributes(self._scene, read))
        self._due.remove(index)
        del read
        self._read_next()
        self._writer.give(index, write)
