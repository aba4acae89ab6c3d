"""The engine protocol: pictures in, pictures out. NumPy and the standard library only.

An engine is asked for its facts without torch being loaded, then opened once for a shot, and paints window after
window. What a latent, a guidance scale or a solver is, only the engine knows. Everything is display-referred sRGB,
0..1, float32, unless a line says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import Cancelled

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """Frames ``first`` to ``last`` of a shot, counted from 0, the end not included; the first ``known`` of them
    were painted by earlier windows.
    """

    first: int
    last: int
    known: int

    def __len__(self) -> int:
        return self.last - self.first


@dataclass(frozen=True)
class EngineFacts:
    """What the rest has to know of an engine before it is opened; read from its folder without torch.

    ``window`` is the number of frames painted at once, or None for an engine that takes the whole shot as one window
    and keeps its own memory flat. ``overlap`` is the recommended number of frames that windows share. ``area`` is the
    working size in pixels, ``multiple`` what both sides must be a multiple of. ``steps`` and ``preview_steps`` are what
    is recommended, 0 where the engine's own ``quality`` says it; ``preview_lowers`` names the settings that a preview
    lowers where they are left out. ``shading`` is the recommended strength of what is painted over the prefill.
    ``invents``: it paints places that nobody gave it; an engine that does not needs the condition extended before.
    ``infers_camera``: with camera ``subject`` it needs no prefill. ``despills``: it is given the actor without
    what shows through of the plate's background in their soft rim. ``untrained`` names parts that nobody has trained.
    """

    name: str
    window: int | None = 16
    overlap: int = 4
    area: int = 256 * 256
    multiple: int = 8
    steps: int = 1
    preview_steps: int = 1
    preview_lowers: frozenset[str] = frozenset({"steps"})
    shading: float = 1.0
    invents: bool = False
    infers_camera: bool = False
    despills: bool = False
    untrained: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    """Names of the settings that this engine reads, of those that not every engine does (prompt, solver, ...)."""


@dataclass(frozen=True)
class FrameConditioning:
    """What an engine is told of one frame, at its working size. Made by one function, for training and rendering.

    ``frame`` is the host's number. ``masked`` (h, w, 3) holds what is known and grey 127/255 elsewhere; ``mask`` (h, w)
    is 0 where known, 1 where to be painted. ``prefill`` (h, w, 3) is ``masked`` with the unknown filled by what is
    expected there. ``subject`` (h, w) is 1 on the (eroded) actor. ``place`` (h, w, 3) is the moved condition alone,
    under the actor's shadow, and ``seen`` (h, w) is 1 where it shows the place, away from the actor.
    ``alive`` (h, w), 0..1, is the artist's mask of what shall live (water, leaves, light), where there is one.
    """

    frame: int
    masked: Picture
    mask: Picture
    prefill: Picture
    subject: Picture
    place: Picture
    seen: Picture
    alive: Picture | None = None


@dataclass(frozen=True)
class Painted:
    """A painted window: ``pictures`` (T, h, w, 3), whole frames; ``state`` is the engine's own, kept for resuming.

    ``shown`` (T, h, w), 0..1: how far each pixel is to be seen in the layer; where it is 0 the layer is the moved
    condition itself, wherever that has the place. None: the whole picture is over the prefill, and its shading is laid
    on the condition's own detail. The arrays may lie on disk (``numpy.memmap``).
    """

    pictures: NDArray[np.float32]
    state: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    shown: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Watch:
    """Progress and cancel in one: ``step`` hears how many steps are done, ``cancelled`` says whether to stop.

    ``painted`` gets each whole picture (h, w, 3) of a window by its place in it, from an engine that has one before
    the others; they come in order. ``remedy`` is what somebody who stopped is told.
    """

    step: Callable[[int], None] = lambda done: None
    cancelled: Callable[[], bool] = lambda: False
    remedy: str = "The same job goes on from its finished frames."
    painted: Callable[[int, Picture], None] = lambda place, picture: None

    def check(self) -> None:
        """Raises ``Cancelled`` when the artist stopped the job."""
        if self.cancelled():
            raise Cancelled("Stopped.", self.remedy)


@dataclass(frozen=True)
class EngineRequest:
    """One shot, as an engine is opened for it.

    ``condition`` (hc, wc, 3) is the picture of the place. ``settings`` are the job's, of which an engine reads its own
    (seed, steps, guidance, device, precision, ...). ``frames`` is the shot's length, ``size`` the working (h, w).
    ``guided``: the camera is led by the prefill. ``scratch`` is a folder for what the engine keeps, to go on after a
    kill.
    """

    condition: Picture
    settings: Mapping[str, object]
    frames: int
    size: tuple[int, int]
    guided: bool
    scratch: Path
    say: Callable[[str], None] = lambda line: None


class Painter(Protocol):
    """An engine at work on one shot."""

    steps: int
    """Steps a window, for the progress."""

    def paint(
        self, frames: Sequence[FrameConditioning], window: Window, before: Painted | None, watch: Watch
    ) -> Painted:
        """The whole frames of a window. ``frames`` may make its items when they are asked for. Raises ``Cancelled``.

        ``before`` is the whole window before, of which the last ``window.known`` frames are the first of this one.
        """
        ...


class Engine(Protocol):
    """What paints. ``open`` loads the weights, so it comes after everything that can be wrong was checked.

    An engine whose loading is a matter of seconds may have ``load(settings)``, too: a worker calls that in a thread of
    its own as soon as it has the job, and ``open`` follows.
    """

    facts: EngineFacts

    def digest(self) -> str:
        """What tells these weights from others, 64 hex digits; every file is checked as far as that is quick.

        Raises ``ModelError``.
        """
        ...

    def check(self, settings: Mapping[str, object], frames: int, size: tuple[int, int]) -> Sequence[str]:
        """What is to be said of a job before it runs: the memory plan, its estimate, hints. Raises ``ModelError``.

        ``frames`` is the shot's length and ``size`` the working (h, w). Nothing is loaded.
        """
        ...

    def open(self, request: EngineRequest) -> Painter:
        """The engine, loaded and ready for a shot. Raises ``ModelError``."""
        ...
