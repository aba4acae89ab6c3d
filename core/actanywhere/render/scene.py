"""The one pass over a shot's footage: every frame is read, judged, made small, and tracked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.actor_led import actor_led_track
from ..camera.composite import find_composite
from ..camera.guide import Guide, View, choose_anchor
from ..camera.track import CameraTrack, Tracker, still_track
from ..contract.settings import Settings
from ..footage import compact, judge_mattes, read_still_matte, to_display, treat_matte
from ..inpaint.outpaint import extended
from ..shadow.cast import CastShadow
from ..shadow.read import Reading, lift_shadow, read_shadow
from .clip import Clip, empty_clip
from .preflight import Inputs

__all__ = ["Scene", "model_size", "read_footage", "resize", "treated_matte"]

Picture = NDArray[np.float32]

_PROXY_WIDTH = 960
_COMPOSITE_FRAMES = 64


@dataclass(frozen=True)
class Scene:
    """What is known of a shot once it was read.

    ``clip`` is at the model's size. ``condition`` (hc, wc, 3) float32 display. ``guide`` is None where the network
    infers the camera from the subject by itself. ``camera`` is the mode that is used, ``reason`` why. ``shadow`` is how
    the actor's shadow falls on the guide, None where none is laid, and ``shadow_reason`` says so.
    """

    clip: Clip
    condition: Picture
    guide: Guide | None
    camera: str
    reason: str
    warnings: list[str]
    shadow: CastShadow | None
    shadow_reason: str


def read_footage(inputs: Inputs, step: Callable[[int], None]) -> Scene:
    """Read every frame once. ``step`` hears how many are done. Raises ``FootageError`` naming the first bad frame."""
    settings = inputs.job.settings
    warnings = list(inputs.warnings)
    condition = inputs.condition.pixels
    area = inputs.configuration.area if settings.size is None else settings.size**2
    height, width = model_size(area, inputs.aspect, inputs.configuration.side_multiple)
    clip = empty_clip(inputs.frames, height, width, inputs.aspect)
    asks_plate = settings.camera in ("auto", "plate") and inputs.track is None
    tracker = Tracker(inputs.aspect) if asks_plate else None
    for index, frame in enumerate(inputs.frames):
        proxy, matte = _read_proxies(inputs, frame)
        clip.rgb[index] = np.round(resize(proxy, height, width) * 255)
        clip.matte[index] = np.round(resize(matte, height, width) * 255)
        if tracker is not None:
            tracker.add(proxy, matte)
        step(index + 1)
    # Small, or the mattes of a long shot would fill the memory; 64 pixels still show the smallest actor.
    small = [resize(matte / np.float32(255), 64, 64) for matte in clip.matte]
    warnings += judge_mattes(inputs.matte.path, inputs.frames, small)
    track = still_track(len(clip.frames)) if tracker is None else tracker.solve()
    camera, reason = _choose_camera(settings, track, warnings)
    if inputs.track is not None:
        track = inputs.track.camera
        camera, reason = "tracked", track.reason
    if camera == "subject" and inputs.configuration.assisted:
        track = actor_led_track(clip.rgb, clip.matte, clip.aspect, settings.seed)
        reason = f"{reason}; {track.reason}"
    led = camera != "subject" or inputs.configuration.assisted
    shadow = _shadow(settings, clip, track, camera) if led else Reading(None, "the network's own alone")
    if settings.shadow == "given" and not led:
        warnings.append(
            "The given shadow is left out: this model paints the place itself where it infers the camera."
        )
    if settings.shading not in (None, 1) and not led:
        warnings.append(
            f"The shading {settings.shading:g} is over blurred colours: this model moves no picture where it infers "
            "the camera. With 1 the place is as it was painted."
        )
    guide = _guide(inputs, clip, condition, track, shadow.shadow, warnings) if led else None
    return Scene(clip, condition, guide, camera, reason, warnings, shadow.shadow, shadow.reason)


def model_size(area: int, aspect: float, multiple: int) -> tuple[int, int]:
    """Height and width of about ``area`` pixels at ``aspect``, both multiples of ``multiple``."""
    height = max(1, round((area / aspect) ** 0.5 / multiple)) * multiple
    width = max(1, round((area * aspect) ** 0.5 / multiple)) * multiple
    return height, width


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


def _choose_camera(settings: Settings, track: CameraTrack, warnings: list[str]) -> tuple[str, str]:
    if settings.camera == "auto":
        return ("plate" if track.trackable else "subject"), track.reason
    if settings.camera == "plate" and not track.trackable:
        warnings.append(f"The plate's camera was asked for, but cannot be relied on: {track.reason}.")
    return settings.camera, "as asked for" if settings.camera == "subject" else track.reason


def _shadow(settings: Settings, clip: Clip, track: CameraTrack, camera: str) -> Reading:
    """How the actor's shadow falls: as the artist says, or as the plate shows it."""
    if settings.shadow == "given":
        given = CastShadow(
            settings.shadow_side, settings.shadow_away, settings.shadow_density, settings.shadow_softness
        )
        return Reading(given, f"as given: {given}")
    if settings.shadow == "none":
        return Reading(None, "none was asked for")
    if camera not in ("plate", "tracked"):
        return Reading(None, f"it cannot be read with the camera '{camera}'")
    if not track.trackable:
        return Reading(None, "it cannot be read in a plate that cannot be tracked")
    return read_shadow(clip.rgb, clip.matte, track.transforms, clip.aspect)


def _guide(
    inputs: Inputs,
    clip: Clip,
    condition: Picture,
    track: CameraTrack,
    shadow: CastShadow | None,
    warnings: list[str],
) -> Guide:
    """The condition moved by the track, fitted to the anchor frame, without who was painted into it, and his shadow."""
    asked, view = inputs.job.shot.condition, inputs.view
    subject: Picture | None = read_still_matte(asked.matte, asked) if asked.matte else None
    anchor = None if inputs.job.settings.anchor is None else inputs.job.settings.anchor - clip.frames.first
    if asked.kind != "background" and (subject is None or anchor is None):
        match = find_composite(condition, _proxies(clip, view), view.aspect)
        if match is not None:
            stride = -(-len(clip.frames) // _COMPOSITE_FRAMES)
            subject = match.subject if subject is None else subject
            anchor = match.index * stride if anchor is None else anchor
            frame = clip.frames.first + match.index * stride
            warnings.append(
                f"The actor of frame {frame} is painted into the condition picture; he is not used twice."
            )
        elif asked.kind == "composite" and subject is None:
            warnings.append(
                "The condition is said to be a composite, but the plate's actor was not found in it: whoever is in "
                "the picture stays there. A matte of that subject (--condition-matte) takes it out."
            )
    if anchor is None:
        anchor = choose_anchor(track, clip.aspect, condition.shape[1] / condition.shape[0], view)
    if subject is not None and shadow is not None:
        condition = lift_shadow(shadow, subject, condition)
    guide = Guide(condition, track.relative_to(anchor), clip.aspect, subject, inputs.condition.hole, view)
    if inputs.configuration.assisted:
        guide = extended(guide, condition, inputs.job.settings.seed)
    if lost := guide.out_of_reach():
        frames = compact([clip.frames.first + index for index in lost])
        warnings.append(
            f"The camera looks farther beyond the picture in frames {frames} than it can be gone on: its edge is "
            "repeated there. Give a wider picture, another --anchor, or --camera still."
        )
    return guide


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
