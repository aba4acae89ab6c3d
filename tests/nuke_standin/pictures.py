"""What stands for Nuke's C++: pictures worked out with numpy, read and written with OpenImageIO, in an own process.

    python -m tests.nuke_standin.pictures write|describe|sample < orders.json

A picture is channels (``layer.channel`` -> (H, W) float32) over a data window; Nuke's naming rules are those of
``naming``. A Write that is not raw leaves its mark on the values (they are halved), and so does a proxy (every other
pixel), so that a test sees it when the product forgot.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from tests.nuke_standin.naming import name_in_file, name_in_nuke

Channels = dict[str, NDArray[np.float32]]


@dataclass
class Picture:
    """``window`` is (left, top, width, height) of the channels' arrays; ``size`` the format, with pixel aspect."""

    channels: Channels
    window: tuple[int, int, int, int]
    size: tuple[int, int, float]
    attributes: dict[str, Any] = field(default_factory=dict)


def drawn(ops: list[dict[str, Any]], number: int) -> Picture:
    """The picture that operation ``number`` gives."""
    op = ops[number]
    width, height, aspect = op["size"]
    if op["op"] == "black":
        return Picture({}, (0, 0, int(width), int(height)), (int(width), int(height), aspect))
    if op["op"] == "Read":
        return read(op["file"], raw=bool(op["knobs"]["raw"]))
    sources = [drawn(ops, source) for source in op["in"]]
    if op["op"] == "Copy":
        return copied(op["knobs"], *sources[:2])
    if op["op"] == "Remove":
        return removed(op["knobs"], sources[0])
    if op["op"] == "Constant":
        flat = np.full((int(height), int(width)), float(op["knobs"]["color"] or 0), np.float32)
        names = expand(op["knobs"]["channels"], [])
        size = (int(width), int(height), aspect)
        return Picture(dict.fromkeys(names, flat), (0, 0, int(width), int(height)), size)
    raise SystemExit(f"{op['name']}: {op['op']} is not drawn")


def copied(knobs: dict[str, Any], base: Picture, source: Picture) -> Picture:
    """Copy: input 0 keeps its channels, but for those that input 1 gives under ``to``."""
    window = union(base.window, source.window)
    out = {name: padded(a, base.window, window) for name, a in base.channels.items()}
    for i in range(4):
        wanted, to = knobs[f"from{i}"], knobs[f"to{i}"]
        if to not in ("none", "") and wanted not in ("none", ""):
            found = source.channels.get(wanted)
            empty = np.zeros(window[:1:-1], np.float32)
            out[to] = empty if found is None else padded(found, source.window, window)
    return Picture(out, window, base.size, base.attributes)


def removed(knobs: dict[str, Any], source: Picture) -> Picture:
    named = {n for i in ("", "2", "3", "4") for n in expand(knobs[f"channels{i}"], list(source.channels))}
    keep = knobs["operation"] == "keep"
    channels = {n: a for n, a in source.channels.items() if (n in named) == keep}
    return Picture(channels, source.window, source.size, source.attributes)


def expand(names: str, present: list[str]) -> list[str]:
    """Channels that a channel knob's text stands for."""
    found: list[str] = []
    for word in names.replace("{", " ").replace("}", " ").split():
        if word == "all":
            found += present
        elif word in ("rgb", "rgba", "alpha"):
            found += {
                "rgb": ["rgba.red", "rgba.green", "rgba.blue"],
                "rgba": ["rgba.red", "rgba.green", "rgba.blue", "rgba.alpha"],
                "alpha": ["rgba.alpha"],
            }[word]
        elif word == "none" or word.startswith("-"):
            continue
        elif "." in word:
            found.append(word)
        else:
            found += [f"{word}.{c}" for c in ("red", "green", "blue", "alpha")]
    return found


def union(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    left, top = min(a[0], b[0]), min(a[1], b[1])
    right, bottom = max(a[0] + a[2], b[0] + b[2]), max(a[1] + a[3], b[1] + b[3])
    return left, top, right - left, bottom - top


def padded(
    pixels: NDArray[np.float32], old: tuple[int, int, int, int], new: tuple[int, int, int, int]
) -> NDArray[np.float32]:
    out = np.zeros((new[3], new[2]), np.float32)
    y, x = old[1] - new[1], old[0] - new[0]
    out[y : y + old[3], x : x + old[2]] = pixels
    return out


def read(path: str, raw: bool) -> Picture:
    """A file by Nuke's rules: every part's channels, named as its reader names them."""
    source = oiio.ImageInput.open(path)
    if source is None:
        raise SystemExit(f"{path}: {oiio.geterror()}")
    channels: Channels = {}
    part = 0
    while source.seek_subimage(part, 0):
        spec = source.spec()
        pixels = source.read_image(part, 0, 0, spec.nchannels, oiio.FLOAT)
        if pixels is None or source.geterror():
            raise SystemExit(f"{path}: cannot be read")
        for i, name in enumerate(spec.channelnames):
            prefix = str(spec.getattribute("oiio:subimagename") or "")
            full = name if part == 0 or "." in name else f"{prefix}.{name}"
            channels[name_in_nuke(full)[1]] = np.ascontiguousarray(pixels[..., i])
        part += 1
    spec = source.spec_dimensions(0, 0)
    if not raw and spec.format != oiio.HALF and spec.format != oiio.FLOAT:
        for name in ("rgba.red", "rgba.green", "rgba.blue"):
            if name in channels:
                channels[name] = (channels[name] ** 2.2).astype(np.float32)
    aspect = float(source.spec().get_float_attribute("PixelAspectRatio", 1.0))
    attributes = {k: source.spec().getattribute(k) for k in ("smpte:TimeCode", "framesPerSecond")}
    return Picture(
        channels,
        (spec.x - spec.full_x, spec.y - spec.full_y, spec.width, spec.height),
        (spec.full_width, spec.full_height, aspect),
        {k: v for k, v in attributes.items() if v is not None},
    )


def write(order: dict[str, Any]) -> None:
    """A frame as Nuke's EXR writer leaves it: display window from 0,0; R, G, B, A, then ``layer.channel``."""
    picture = drawn(order["ops"], order["node"])
    channels, window, (width, height, aspect) = picture.channels, picture.window, picture.size
    if order["scale"] != 1:
        step = round(1 / order["scale"])
        channels = {n: a[::step, ::step] for n, a in channels.items()}
        window = (window[0] // step, window[1] // step, -(-window[2] // step), -(-window[3] // step))
        width, height = width // step, height // step
    names = sorted(expand(order["channels"], list(channels)), key=lambda n: (not n.startswith("rgba"),))
    empty = np.zeros((window[3], window[2]), np.float32)
    pixels = np.stack([channels.get(name, empty) for name in names], axis=-1)
    if not order["raw"]:
        main = [i for i, n in enumerate(names) if n in ("rgba.red", "rgba.green", "rgba.blue")]
        pixels[..., main] *= 0.5
    half = "16" in order["datatype"]
    spec = oiio.ImageSpec(window[2], window[3], len(names), oiio.HALF if half else oiio.FLOAT)
    spec.x, spec.y = window[0], window[1]
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = 0, 0, width, height
    spec.channelnames = [name_in_file(name) for name in names]
    spec.attribute("compression", "zips")
    spec.attribute("PixelAspectRatio", aspect)
    out = oiio.ImageOutput.create(order["file"])
    if out is None or not out.open(order["file"], spec) or not out.write_image(pixels) or not out.close():
        raise SystemExit(f"{order['file']}: cannot be written")


def sampled(order: dict[str, Any]) -> float:
    """A channel at a point, y up; 0 where there is none."""
    picture = drawn(order["ops"], order["node"])
    left, top, width, height = picture.window
    x, y = int(order["x"]) - left, picture.size[1] - 1 - int(order["y"]) - top
    pixels = picture.channels.get(order["channel"])
    return float(pixels[y, x]) if pixels is not None and 0 <= x < width and 0 <= y < height else 0.0


def main() -> None:
    orders = json.load(sys.stdin)
    said = []
    for order in orders:
        if sys.argv[1] == "write":
            write(order)
            said.append({})
        elif sys.argv[1] == "sample":
            said.append({"value": sampled(order)})
        else:
            picture = drawn(order["ops"], order["node"])
            said.append({"channels": list(picture.channels), "size": picture.size})
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
