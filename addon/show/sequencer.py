"""The background as a strip below the plate."""

import os
from typing import Any

import bpy

from ..hostkit.order import Order
from ..versions import sequencer_scene, strips_of
from .blocks import background_folder, remember

__all__ = ["put_into_sequencer"]

_CHANNELS = 128


def put_into_sequencer(scene: Any, order: Order) -> Any:
    """An image strip with the background, aligned with the plate, on a channel below it.

    Run again, the strip stays where the artist has put it and shows the new take; of other frames, it moves
    as far as they did. Where no channel below is free, everything in the way moves up by one.
    """
    scene = sequencer_scene(scene)
    if scene.sequence_editor is None:
        scene.sequence_editor_create()
    strips = strips_of(scene)
    shot = order.job.shot.name
    old = next((strip for strip in strips if strip.get("actanywhere_shot") == shot), None)
    channel = old.channel if old else _free_channel(strips, order)
    name = f"{shot} background"
    first, last = order.first + order.shift, order.last + order.shift
    names = [f"background.{frame:04d}.exr" for frame in range(first, last + 1)]
    if old is not None and [element.filename for element in old.elements] == names:
        old.directory = background_folder(order) + os.sep
        remember(old, order)
        return old
    start = order.first
    if old is not None:
        name, start = old.name, start + int(old.frame_start) - old["actanywhere_first"]
        strips.remove(old)
    path = os.path.join(background_folder(order), names[0])
    strip = strips.new_image(name, path, channel, start, fit_method="ORIGINAL")
    for element in names[1:]:
        strip.elements.append(element)
    strip.frame_final_duration = len(names)
    remember(strip, order)
    return strip


def _free_channel(strips: Any, order: Order) -> int:
    """The highest channel below the plate that is free over the shot; made free if there is none."""
    over = [s for s in strips if s.frame_final_start <= order.last and s.frame_final_end > order.first]
    taken = {strip.channel for strip in over}
    plate = _plate_channel(over, order)
    for channel in range(plate - 1, 0, -1):
        if channel not in taken:
            return channel
    for strip in sorted(over, key=lambda strip: -strip.channel):
        if strip.channel >= plate and strip.channel < _CHANNELS:
            strip.channel += 1
    return plate


def _plate_channel(over: list[Any], order: Order) -> int:
    """The channel of the strip that shows the plate, else the first that is free above all."""
    folder = os.path.dirname(order.job.shot.plate.path)
    for strip in over:
        path = getattr(strip, "filepath", "") or getattr(strip, "directory", "")
        if path and os.path.normpath(bpy.path.abspath(path)) in (folder, order.job.shot.plate.path):
            return int(strip.channel)
    drawn = [d.options["strip"] for d in order.drawings if d.kind == "strip"]
    named = [strip.channel for strip in over if strip.name in drawn]
    return int(named[0]) if named else max((strip.channel for strip in over), default=1) + 1
