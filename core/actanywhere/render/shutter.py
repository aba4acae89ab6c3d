"""The decision about motion blur (``--shutter``), and how far the place moves while the shutter is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop
from ..camera.fit import from_pixels
from ..camera.motion import shown_again
from ..camera.seen_shutter import FastFrame, SeenShutter, Steps, fast_frames, seen_shutter
from ..camera.timing import Timing
from ..comp.motion_blur import AUTO, OFF, Streaks, read_shutter
from .decision import Decision
from .preflight import Inputs
from .proxies import read_proxies
from .scene import Scene

Picture = NDArray[np.float32]

_FREE = 0.02
"""Least of the matte that is taken for the actor."""
_CELL = 16
"""Pixels from one place to the next at which the motion is looked up."""
_AT_REST = "the place moves too little for a blur"
_LONGER = 1.5
"""How much longer a step over a repeat is than the one on the other side where it is of more than one frame's time."""


def choose_shutter(inputs: Inputs, scene: Scene) -> Decision[float | None]:
    """How long the shutter is open that blurs the place, 0..1 of a frame's time; its value is None for no blur."""
    asked = read_shutter(inputs.job.settings.shutter)
    if asked == OFF:
        return Decision(None, "as asked for")
    backdrop, source = scene.backdrop.value, "as asked for"
    if backdrop is None:
        reason = "this model moves the place itself, and how far is not known"
        return Decision(None, reason, () if asked == AUTO else (f"--shutter {asked} is left out: {reason}.",))
    if asked == AUTO:
        attributes = inputs.plate.read(inputs.frames.first).attributes
        rate = None if inputs.plate.info.fps is None else float(inputs.plate.info.fps)
        found = shutter_of({name: value for name, (_, value) in attributes.items()}, rate)
        source = "as the plate's files say"
        if found is None:
            if scene.camera.value == "subject":
                return Decision(None, "the place moves by the actor, and not as the plate's background does")
            seen = _seen(inputs, scene, backdrop)
            if seen is None:
                return Decision(None, _AT_REST)
            if seen.opened is None:
                warning = (
                    "--shutter auto: neither the plate's files nor its background tell how long the shutter was open "
                    f"({seen.reason}), and the place is not blurred. If the plate's background is, give degrees "
                    "(--shutter 180 is what most cameras are set to); --shutter off says that it is not."
                )
                return Decision(None, "neither the plate's files nor its background tell", (warning,))
            if seen.opened == 0:
                return Decision(None, f"the plate is sharp where it moves fast: {seen.reason}")
            found, source = max(5.0, 5 * round(72 * seen.opened)), seen.reason
        asked = found
    opened = float(asked) / 360
    info = inputs.plate.info
    longest = []
    for index in range(len(inputs.frames)):
        one = streaks_at(backdrop, opened, index, info.height, info.width, scene.timing)
        longest.append(one.longest if one.seen else 0.0)
    blurred = sum(length > 0 for length in longest)
    if not blurred:
        return Decision(None, f"{float(asked):g} degrees, {source}: {_AT_REST}")
    most = int(np.argmax(longest))
    reason = (
        f"{float(asked):g} degrees, {source}: {blurred} of {len(longest)} frames are blurred, by up to "
        f"{longest[most]:.1f} pixels (frame {inputs.frames.first + most})"
    )
    return Decision(opened, reason)


def _seen(inputs: Inputs, scene: Scene, backdrop: Backdrop) -> SeenShutter | None:
    """The shutter that the plate's background shows; None where it moves too little for a streak to be seen."""

    def read(index: int) -> tuple[Picture, Picture]:
        return read_proxies(inputs.plate, inputs.matte, inputs.job.settings, inputs.frames.first + index)

    height, width = read(0)[1].shape

    def streaks(index: int) -> Streaks:
        return streaks_at(backdrop, 1.0, index, height, width, scene.timing)

    steps = []
    for index in range(len(backdrop.track)):
        moves = streaks(index)
        steps.append(Steps(*(np.median(way.reshape(-1, 2), 0) for way in (moves.before, -moves.after))))
    fast = fast_frames(steps, width)

    def looked_at() -> Iterator[FastFrame]:
        for index in fast:
            shown, actor = read(index)
            moves = streaks(index)
            yield FastFrame(
                np.asarray(shown.mean(-1), np.float32),
                actor < _FREE,
                np.asarray((moves.before - moves.after) / 2, np.float32),
            )

    return seen_shutter(looked_at()) if fast else None


def shutter_of(attributes: Mapping[str, object], rate: float | None) -> float | None:
    """The shutter in degrees that a frame's metadata says, by an angle or by its exposure and the frames a second."""
    for name, value in attributes.items():
        if "".join(filter(str.isalpha, name)).lower().endswith("shutterangle"):
            angle = _number(value)
            if 0 < angle <= 360:
                return angle
    angle = 360 * _number(attributes.get("ExposureTime")) * (rate or 0.0)
    return angle if 0 < angle <= 360.5 else None


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0


def streaks_at(
    backdrop: Backdrop, opened: float, index: int, height: int, width: int, timing: Timing | None = None
) -> Streaks:
    """How the backdrop moves about frame ``index`` (counted from 0) of (height, width), coarsely; see ``sized``.

    Before the first frame and after the last it is taken to move on as it does beside. A frame that repeats another by
    ``timing`` moves as that one does, from the last other picture to the next.
    """
    shown = np.arange(len(backdrop.track)) if timing is None else timing.shown
    at = int(np.searchsorted(shown, index, "right")) - 1

    def way(other: int) -> NDArray[np.float32] | None:
        return _moves(backdrop, index, int(shown[other]), height, width) if 0 <= other < len(shown) else None

    before, after = way(at - 1), way(at + 1)
    if before is None and after is None:
        before = after = np.zeros((1, 1, 2), np.float32)
    elif before is None or after is None:
        known = after if before is None else before
        assert known is not None
        before, after = (-known if one is None else one for one in (before, after))
    elif (apart := shown[at + 1] - 2 * shown[at] + shown[at - 1]) != 0:
        # A repeat that fills a lost frame is two frames' time, one of a conform to another rate a single one's.
        longer, shorter = (after, before) if apart > 0 else (before, after)
        if np.abs(longer).mean() > _LONGER * np.abs(shorter).mean():
            before, after = (-shorter if one is longer else one for one in (before, after))
    return Streaks(before, after, opened)


def _moves(backdrop: Backdrop, index: int, other: int, height: int, width: int) -> NDArray[np.float32]:
    """(h, w, 2), coarsely: pixels from each place of frame ``other`` to where frame ``index`` shows the same."""
    rows, columns = -(-height // _CELL), -(-width // _CELL)
    x, y = np.meshgrid(
        (np.arange(columns) + 0.5) * width / columns - 0.5, (np.arange(rows) + 0.5) * height / rows - 0.5
    )
    unit = from_pixels(height, width, backdrop.aspect)
    across, down = unit[0, 0] * x + unit[0, 2], unit[1, 1] * y + unit[1, 2]
    found = shown_again(backdrop.track, index, other, across, down, float(unit[1, 1]))
    return np.stack([found[0] / unit[0, 0], found[1] / unit[1, 1]], -1).astype(np.float32)
