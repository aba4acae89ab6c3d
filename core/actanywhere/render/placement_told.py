"""What an artist is told of how the condition lies: it hangs, is made up, runs out, is soft, or hardly shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop
from ..camera.cover import Path
from ..camera.footing import ROWS, Footing, find_footing
from ..camera.placement import Placement
from ..contract.settings import Settings
from ..contract.shot import FrameRange
from ..footage import compact
from ..seeing.extension import MIRRORED
from .standpoint import Standpoint, share_in_sky

Picture = NDArray[np.float32]
Mattes = NDArray[np.uint8]

_STRIP = 0.5
"""Share of the picture that has to be seen in the shot for nothing to be said."""
SOFT = 4.0
"""How many times a picture may be enlarged for nothing to be said."""
_MADE_UP = 0.05
"""Share of what the camera sees that may lie beyond a picture that does not fill the frame, for nothing to be said."""
_WIDE = 1.5
"""How many times as wide as it was a picture may be at its border for nothing to be said."""
_PAST = 0.4
"""Share of a frame that lies beyond the picture, from which on a seam of its mirror comes to the frame's middle."""
_OR_PAINT = "(actanywhere models pull vision), or paint on the place (--extended)."
_AHEAD = 100
_STRETCHED = _FILLED = 0.1
"""Share of a frame that may be stretched rows, and of the shot that may be pieces of the picture, likewise."""
SAYS = "--place x,y,scale says it otherwise"
_DOUBTED = 0.75
"""Share of the picture's height above which feet are told, where nothing tells its ground."""
LOWEST = 0.88
"""Share of the picture's height below which it is taken for ground, in a camera in 3-D, and for a proposal."""
_ROWS = 100
_OUT_OF_SKY = 0.45
"""Frame heights by which it is moved up where they would hang in its sky above its known ground, and the share of the
frame that this then goes on into: an extension of ground shows less than somebody in the air does."""


def made_up_below(bare: float) -> str:
    """A warning where the picture was moved out of its sky, and leaves a share ``bare`` of the frame."""
    return (
        "The actor's feet would be in the sky of the condition picture, or too near to it: it is moved, and "
        f"{bare:.0%} of the frame is made up below it. A picture that shows more ground needs less; {SAYS}."
    )


def ground_told(stood: float | None) -> str:
    """What is known of the picture's ground where nothing tells the ground itself."""
    if stood is None:
        return "nothing tells where the ground of the condition picture begins"
    return f"who is taken out of the condition picture stands {stood:.0%} of its height down"


def doubtful(row: float, stood: float | None, such: str) -> tuple[str, ...]:
    """A warning where nothing tells the picture's ground, and the feet stand so high that it may not have begun.

    ``row`` and ``stood`` are shares of its height: where a quarter of the feet are above, and where who is taken out of
    it stands.
    """
    if row >= (_DOUBTED if stood is None else min(stood - ROWS, LOWEST)):
        return ()
    told = ground_told(stood)
    return (
        f"{told[0].upper()}{told[1:]}, and in a quarter of the shot the actor's feet "
        f"lie no farther down than {row:.0%} of its height: look whether they stand there. --place x,y,scale lays it "
        f"otherwise{such}; a network reads the ground: actanywhere models pull vision.",
    )


def hangs_in_sky(
    seen: Standpoint,
    placement: Placement,
    picture: float,
    frame: float,
    whole: Callable[[Placement], Placement] = lambda laid: laid,
) -> tuple[str, ...]:
    """A warning where the feet are over the sky of the condition, and no network tells its ground; as above."""
    told = seen.regions is not None and seen.ground is not None
    over = 0.0 if told else share_in_sky(seen, placement, picture, frame)
    if not over:
        return ()
    return (
        f"The actor's feet are over the sky of the condition picture ({over:.0%} of them): they hang in the air. Lay "
        f"the picture otherwise (--place){proposal(seen, placement, picture, frame, whole)}, or give one with "
        "ground at their feet.",
    )


def proposal(
    seen: Standpoint,
    laid: Placement,
    picture: float,
    frame: float,
    whole: Callable[[Placement], Placement],
) -> str:
    """The least move that stands the actor on rows which may be ground, where there is one.

    They are the picture's lowest, or those on which who is taken out of it stands.
    """
    lowest = LOWEST if seen.stood is None else seen.stood
    ground = np.repeat(np.float32(np.arange(_ROWS)[:, None] >= lowest * _ROWS), _ROWS, 1)
    if seen.sky is not None:
        ground *= cv2.resize(seen.sky, ground.shape, interpolation=cv2.INTER_AREA) < 0.5
    best = find_footing(far(Footing(seen.feet, ground)), laid.fit, picture, frame)[1].placement
    onto = "its lowest rows" if seen.stood is None else "where they stand"
    return f", such as --place {whole(best)} onto {onto}" if best.moved else ""


def far(footing: Footing) -> Footing:
    """The same, but free to be moved up or down as far as it takes to come out of the sky."""
    return replace(footing, reach=(0.0, _OUT_OF_SKY), bare=_OUT_OF_SKY)


def widened_to(laid: Placement) -> str:
    """Where a picture is widened, how much, and what else could be."""
    wider = laid.wider
    names = [name for name in ("left", "right", "top", "bottom") if getattr(wider, name)]
    more = f"{'are' if len(names) > 1 else 'is'} widened to where the camera looks"
    much = f"{wider.stretch:.1f} times" if wider.stretch >= 1.05 else "less than 5 %"
    how = f"{more}, {much} at the border"
    return f"{', '.join(names)} {how}; without --widen it stays, and the place goes on beyond it"


def much_widened(laid: Placement) -> tuple[str, ...]:
    """A warning where things at the border of the picture become much wider than they were."""
    if laid.wider.stretch < _WIDE:
        return ()
    return (f"The condition picture's {widened_to(laid)}. A picture that shows more needs less.",)


def much_enlarged(placement: Placement, picture: tuple[int, int], frame: float, rows: int) -> tuple[str, ...]:
    """A warning where a ``picture`` (height, width) is soft in a ``frame`` (width over height) of so many ``rows``."""
    much = times(placement, picture, frame, rows)
    if much < SOFT:
        return ()
    return (
        f"The condition picture ({picture[1]}x{picture[0]}) is enlarged {much:.1f} times for this plate, and the "
        "layer is as soft as that. Give a larger one.",
    )


def times(placement: Placement, picture: tuple[int, int], frame: float, rows: int) -> float:
    """How many times a picture is enlarged in a frame of so many rows."""
    return rows * placement.sides(picture[1] / picture[0], frame)[1] / picture[0]


def hardly_shown(backdrop: Backdrop, picture: tuple[int, int, int, int]) -> tuple[str, ...]:
    """A warning where the shot shows little of the ``picture``, by the frames of its ``backdrop``.

    It has a left and upper border, a width and a height in the condition's pixels, of which bars may be no part.
    """
    left, top, columns, rows = picture
    seen = np.zeros((32, 32), np.bool_)
    height, width = 64, max(1, round(64 * backdrop.aspect))
    y, x = np.mgrid[:height, :width].reshape(2, -1)
    pixels = np.stack([x, y], 1).astype(np.float64)
    for index in range(len(backdrop.track)):
        looks = backdrop.looks(index, pixels, height, width) + 0.5 - [left, top]
        cells = np.floor(looks / [columns, rows] * 32)
        cells = cells[((cells >= 0) & (cells < 32)).all(1)].astype(int)
        seen[cells[:, 1], cells[:, 0]] = True
    share = float(seen.mean())
    if share >= _STRIP:
        return ()
    return (
        f"The shot shows only {share:.0%} of the condition picture ({columns}x{rows}). --fit fit shows all of it, and "
        f"goes on from it; {SAYS}.",
    )


def made_up(path: Path, placement: Placement, picture: float, frame: float, network: bool) -> tuple[str, ...]:
    """A warning where much is made up, since ``placement`` does not fill the frame.

    ``path`` tells where it looks; ``picture`` and ``frame`` are widths over heights. A ``network`` fills, or none.
    """
    share = float(path.beyond(placement, picture, frame).mean())
    small = placement.fit == "fill"
    if share < _MADE_UP or (small and placement.scale >= 1):
        return ()
    fills = "" if network else ", or get a network that fills (actanywhere models pull vision)"
    how, less = "a scale below 1", "A scale of 1"
    if not small:
        how, less = f"--fit {placement.fit}", "--fit fill"
    return (
        f"{share:.0%} of what the camera sees lies beyond the condition picture ({how}), and is made up. {less} leaves "
        f"less; or give a picture that shows more of the place{fills}.",
    )


def runs_out(
    path: Path, placement: Placement, picture: float, frame: float, frames: FrameRange, network: bool
) -> tuple[str, ...]:
    """A warning of the ``frames`` that show the picture hardly any more, since the camera has gone past its borders.

    As ``made_up``, which says it where the picture is laid small.
    """
    past = _from(path.beyond(placement, picture, frame), _PAST, frames)
    if past is None or made_up(path, placement, picture, frame, network):
        return ()
    how = "made up" if network else "the picture mirrored and repeated"
    fills = "" if network else ", get a network that fills (actanywhere models pull vision)"
    return (
        f"In frames {past[0]} up to {past[1]:.0%} of what the camera sees lies beyond the condition picture, and is "
        f"{how}. Give a wider picture{fills}, or paint on the place (--extended).",
    )


def _from(shares: NDArray[np.float64], least: float, frames: FrameRange) -> tuple[str, float] | None:
    """The frames that have a share of ``least`` and more, in words, and the most; ``shares`` are evenly spread."""
    every = np.interp(np.linspace(0, 1, len(frames)), np.linspace(0, 1, len(shares)), shares)
    much = np.flatnonzero(every >= least)
    return (compact([frames.first + int(index) for index in much]), every.max()) if len(much) else None


def stretched_below(
    path: Path, placement: Placement, picture: float, frame: float, frames: FrameRange
) -> tuple[str, ...]:
    """A warning of the ``frames`` that look far below the picture where no network fills: its last rows are stretched.

    As ``made_up``.
    """
    lowest = placement.y + placement.sides(picture, frame)[1] * (0.5 + placement.wider.bottom + MIRRORED)
    down = path.places[..., 1]  # 1000 behind the camera
    much = _from(((down > lowest) & (down < _AHEAD)).mean(1), _STRETCHED, frames)
    if much is None:
        return ()
    return (
        f"In frames {much[0]} up to {much[1]:.0%} of what the camera sees lies far below the condition picture, and "
        "is its lowest rows stretched. Give a picture that shows more of the ground, get a network that fills "
        f"{_OR_PAINT}",
    )


def filled_behind(
    path: Path, placement: Placement, picture: float, frame: float, hole: Picture, mattes: Mattes
) -> tuple[str, ...]:
    """A warning where much of what is seen beside the actor is pieces of the picture, for want of a network that fills.

    As ``made_up``. ``hole`` (hc, wc) is 1 where somebody was taken out; ``mattes`` (T, h, w) are 0..255.
    """
    rows, columns = hole.shape
    side = round(path.places.shape[1] ** 0.5)
    across = -1 if placement.mirrored else 1
    shares = (path.places - [placement.x, placement.y]) / placement.sides(picture, frame) * [across, 1] + 0.5
    inside = np.asarray(((shares >= 0) & (shares < 1)).all(2))
    at = np.where(inside[..., None], shares * [columns, rows], 0).astype(int)
    made = inside & (hole[at[..., 1], at[..., 0]] > 0.5)
    shown = np.linspace(0, len(mattes) - 1, len(made)).round().astype(int)
    covered = [cv2.resize(mattes[index], (side, side), interpolation=cv2.INTER_AREA) for index in shown]
    share = float((made & (np.stack(covered).reshape(made.shape) < 128)).mean())
    if share < _FILLED:
        return ()
    return (
        f"{share:.0%} of what the camera sees lies behind who is taken out of the condition picture, and is filled "
        f"with pieces of it: look at the place. Get a network that fills {_OR_PAINT}",
    )


def unused_without_backdrop(settings: Settings) -> tuple[str, ...]:
    """What has no effect where no picture is moved."""
    warnings: tuple[str, ...] = ()
    if settings.fit != "fill" or settings.place.strip().lower() not in ("", "auto"):
        reason = "this model moves no picture where it infers the camera"
        warnings += (f"The placement of the condition (--fit, --place) has no effect: {reason}.",)
    if settings.shading not in (None, 1):
        warnings += (
            f"The shading {settings.shading:g} is over blurred colours: this model moves no picture where it infers "
            "the camera. With 1 the place is as it was painted.",
        )
    return warnings
