"""The one pass over a shot's footage: every frame is read, judged, made small, and tracked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.actor_led import actor_led_track
from ..camera.composite import find_composite
from ..camera.guide import Guide, View, choose_anchor
from ..camera.track import CameraTrack, Tracker, still_track
from ..contract.settings import Settings
from ..engines.protocol import Watch
from ..footage import compact, judge_mattes, read_still_matte, to_display, treat_matte
from ..inpaint.outpaint import extended
from ..shadow.cast import CastShadow
from ..shadow.read import lift_shadow, read_shadow
from .clip import Clip, empty_clip
from .decision import Decision
from .preflight import Inputs

__all__ = ["Scene", "read_scene", "resize", "treated_matte"]

Picture = NDArray[np.float32]

_PROXY_WIDTH = 960
_COMPOSITE_FRAMES = 64


@dataclass(frozen=True)
class Scene:
    """What is known of a shot once it was read, and what was decided of it.

    ``clip`` is at the engine's size. ``condition`` (hc, wc, 3) float32 display. ``camera`` is the mode that is used.
    ``guide`` is None where the engine infers the camera from the actor by itself. ``shadow`` is how the actor's shadow
    falls on the guide, None where none is laid. ``footage`` is what was to be said of the files.
    """

    clip: Clip
    condition: Picture
    camera: Decision[str]
    guide: Decision[Guide | None]
    shadow: Decision[CastShadow | None]
    footage: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """All that the artist is told, from the files to the guide."""
        decisions = (self.camera, self.shadow, self.guide)
        return [*self.footage, *(warning for one in decisions for warning in one.warnings)]


def read_scene(inputs: Inputs, watch: Watch) -> Scene:
    """Read every frame once and decide. Raises ``FootageError`` naming the first bad frame, ``Cancelled``."""
    facts = inputs.engine.facts
    clip, track = _read(inputs, watch)
    # Small, or the mattes of a long shot would fill the memory; 64 pixels still show the smallest actor.
    small = [resize(matte / np.float32(255), 64, 64) for matte in clip.matte]
    footage = (*inputs.warnings, *judge_mattes(inputs.matte.path, inputs.frames, small, inputs.matte.levels))
    camera = _choose_camera(inputs, track)
    led = camera.value != "subject" or not facts.infers_camera
    if camera.value == "subject" and led:
        track = actor_led_track(clip.rgb, clip.matte, clip.aspect, inputs.job.settings.seed)
        camera = replace(camera, reason=f"{camera.reason}; {track.reason}")
    shadow = _choose_shadow(inputs.job.settings, clip, track, camera.value, led)
    guide = _make_guide(inputs, clip, track, shadow.value) if led else _no_guide(inputs.job.settings)
    return Scene(clip, inputs.condition.pixels, camera, guide, shadow, footage)


def _read(inputs: Inputs, watch: Watch) -> tuple[Clip, CameraTrack]:
    """The clip at the engine's size, and the camera: the artist's, the plate's where it is asked for, else none."""
    asks_plate = inputs.job.settings.camera in ("auto", "plate") and inputs.track is None
    tracker = Tracker(inputs.aspect) if asks_plate else None
    height, width = inputs.size
    clip = empty_clip(inputs.frames, height, width, inputs.aspect)
    for index, frame in enumerate(inputs.frames):
        proxy, matte = _read_proxies(inputs, frame)
        clip.rgb[index] = np.round(resize(proxy, height, width) * 255)
        clip.matte[index] = np.round(resize(matte, height, width) * 255)
        if tracker is not None:
            tracker.add(proxy, matte)
        watch.step(index + 1)
        watch.check()
    if inputs.track is not None:
        return clip, inputs.track.camera
    return clip, still_track(len(clip.frames)) if tracker is None else tracker.solve()


def resize(picture: Picture, height: int, width: int) -> Picture:
    """Averaged when it shrinks, interpolated when it grows."""
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.clip(np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.float32), 0, 1)


def treated_matte(inputs: Inputs, frame: int) -> Picture:
    """The artist's matte of a frame, (H, W) at plate size, after the artist's own settings."""
    settings = inputs.job.settings
    return treat_matte(
        inputs.matte.read(frame), settings.invert_matte, settings.fill_matte, settings.grow_matte
    )


def _read_proxies(inputs: Inputs, frame: int) -> tuple[Picture, Picture]:
    """Plate and matte, no wider than a proxy; the plate as a display sees it.

    Scene-linear light is averaged before the display's curve, and the curve costs less on a small picture.
    """
    info = inputs.plate.info
    pixels = inputs.plate.read(frame).pixels
    matte = treated_matte(inputs, frame)
    if info.width > _PROXY_WIDTH:
        size = (_PROXY_WIDTH, max(1, round(_PROXY_WIDTH * info.height / info.width)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
        matte = np.asarray(cv2.resize(matte, size, interpolation=cv2.INTER_AREA), np.float32)
    return to_display(np.ascontiguousarray(pixels), info.space), matte


def _choose_camera(inputs: Inputs, track: CameraTrack) -> Decision[str]:
    asked = inputs.job.settings.camera
    if inputs.track is not None:
        return Decision("tracked", track.reason)
    if asked == "auto":
        return Decision("plate" if track.trackable else "subject", track.reason)
    if asked == "plate" and not track.trackable:
        warning = f"The plate's camera was asked for, but cannot be relied on: {track.reason}."
        return Decision(asked, track.reason, (warning,))
    return Decision(asked, "as asked for" if asked == "subject" else track.reason)


def _choose_shadow(
    settings: Settings, clip: Clip, track: CameraTrack, camera: str, led: bool
) -> Decision[CastShadow | None]:
    """How the actor's shadow falls: as the artist says, or as the plate shows it."""
    if not led:
        left_out = (
            "The given shadow is left out: this model paints the place itself where it infers the camera."
        )
        return Decision(None, "the network's own alone", (left_out,) if settings.shadow == "given" else ())
    if settings.shadow == "given":
        given = CastShadow(
            settings.shadow_side, settings.shadow_away, settings.shadow_density, settings.shadow_softness
        )
        return Decision(given, f"as given: {given}")
    if settings.shadow == "none":
        return Decision(None, "none was asked for")
    if camera not in ("plate", "tracked"):
        return Decision(None, f"it cannot be read with the camera '{camera}'")
    if not track.trackable:
        return Decision(None, "it cannot be read in a plate that cannot be tracked")
    found = read_shadow(clip.rgb, clip.matte, track.transforms, clip.aspect)
    return Decision(found.shadow, found.reason)


def _no_guide(settings: Settings) -> Decision[Guide | None]:
    if settings.shading in (None, 1):
        return Decision(None)
    warning = (
        f"The shading {settings.shading:g} is over blurred colours: this model moves no picture where it infers "
        "the camera. With 1 the place is as it was painted."
    )
    return Decision(None, warnings=(warning,))


@dataclass(frozen=True)
class _Fit:
    """At which frame (counted from 0) the condition fits, and the matte (hc, wc) of who was painted into it."""

    anchor: int | None
    subject: Picture | None


def _make_guide(
    inputs: Inputs, clip: Clip, track: CameraTrack, shadow: CastShadow | None
) -> Decision[Guide | None]:
    """The condition moved by the track and fitted at the anchor, without who was painted into it, and their shadow."""
    condition, settings, view = inputs.condition.pixels, inputs.job.settings, inputs.view
    fit = _find_fit(inputs, clip)
    subject, anchor, warnings = fit.value.subject, fit.value.anchor, list(fit.warnings)
    if anchor is None:
        anchor = choose_anchor(track, clip.aspect, condition.shape[1] / condition.shape[0], view)
    if subject is not None and shadow is not None:
        condition = lift_shadow(shadow, subject, condition)
    guide = Guide(condition, track.relative_to(anchor), clip.aspect, subject, inputs.condition.hole, view)
    if not inputs.engine.facts.invents:
        guide = extended(guide, condition, settings.seed)
    if lost := guide.out_of_reach():
        frames = compact([clip.frames.first + index for index in lost])
        warnings.append(
            f"The camera looks farther beyond the picture in frames {frames} than it can be gone on: its edge is "
            "repeated there. Give a wider picture, another --anchor, or --camera still."
        )
    reason = f"{fit.reason}; it fits at frame {clip.frames.first + anchor}"
    return Decision(guide, reason, tuple(warnings))


def _find_fit(inputs: Inputs, clip: Clip) -> Decision[_Fit]:
    """What the artist said of the condition; what was not said is looked for in the picture."""
    asked, settings, view = inputs.job.shot.condition, inputs.job.settings, inputs.view
    subject: Picture | None = read_still_matte(asked.matte, asked) if asked.matte else None
    anchor = None if settings.anchor is None else settings.anchor - clip.frames.first
    if asked.kind == "background" or (subject is not None and anchor is not None):
        return Decision(
            _Fit(anchor, subject), f"{'background' if subject is None else 'composite'}, as asked for"
        )
    match = find_composite(inputs.condition.pixels, _proxies(clip, view), view.aspect)
    if match is not None:
        index = match.index * -(-len(clip.frames) // _COMPOSITE_FRAMES)
        fit = _Fit(index if anchor is None else anchor, match.subject if subject is None else subject)
        frame = clip.frames.first + index
        return Decision(
            fit,
            f"composite, the actor of frame {frame} is in it",
            warnings=(
                f"The actor of frame {frame} is painted into the condition picture; they are not used twice.",
            ),
        )
    if asked.kind == "composite" and subject is None:
        warning = (
            "The condition is said to be a composite, but the plate's actor was not found in it: whoever is in "
            "the picture stays there. A matte of that subject (--condition-matte) takes it out."
        )
        return Decision(
            _Fit(anchor, subject), "composite, as asked for; the actor was not found in it", (warning,)
        )
    if subject is not None:
        return Decision(_Fit(anchor, subject), "composite, with the matte that was given")
    return Decision(_Fit(anchor, subject), "background, the plate's actor was not found in it")


def _proxies(clip: Clip, view: View) -> list[tuple[Picture, Picture]]:
    """The view of at most ``_COMPOSITE_FRAMES`` frames of the clip, evenly spread."""
    stride = -(-len(clip.frames) // _COMPOSITE_FRAMES)
    return [
        (
            view.cropped(clip.rgb[i], clip.aspect) / np.float32(255),
            view.cropped(clip.matte[i], clip.aspect) / np.float32(255),
        )
        for i in range(0, len(clip.frames), stride)
    ]
