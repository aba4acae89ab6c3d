"""Whether ActAnywhere works in this Nuke:  nuke -t smoke.py [--engine=PYTHON] [--report=FILE.json] [--keep]

Makes a shot of two frames with known pixels, loads the Group and the gizmo, renders a take with the real engine, brings
the layer back, compares pixels, saves the script and opens it again. Prints a report as JSON (and writes it to
``--report``); the exit status is 0 when all of it is well. It needs no footage, changes nothing of yours, and takes a
minute. ``--engine`` is the Python that has ActAnywhere, where Nuke does not find it by itself; ``--keep`` leaves the
files there. If something fails, the report is what we need. Standard library alone, valid Python 3.7.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import struct
import sys
import tempfile
import time
import traceback
from typing import Any, Callable, Dict, List, Tuple

import nuke

# Not every Nuke says __file__ to a script that it runs.
HERE = os.path.dirname(os.path.abspath(globals().get("__file__", sys.argv[0]))).replace("\\", "/")
if HERE not in sys.path:
    sys.path.insert(0, HERE)

FIRST, LAST = 1001, 1002
WIDTH, HEIGHT = 96, 64
INSIDE, OUTSIDE = (46, 30), (8, 8)  # pixels, y up: on the actor, and beside
COLOURS = ("red", "green", "blue")
CLOSE = 2e-3  # a half keeps three digits

Pixel = Tuple[float, ...]


def plate(x: int, y: int) -> Pixel:
    """The plate at a pixel (y down): checks that say where they are, and a highlight above 1 on the actor."""
    if matte(x, y)[0]:
        return (2.5, 0.25, 0.125)
    check = 0.5 if (x // 8 + y // 8) % 2 else 0.0625
    return (check, x / 128.0, y / 128.0)


def matte(x: int, y: int) -> Pixel:
    """1 on the actor."""
    return (1.0 if 32 <= x < 60 and 12 <= y < 64 else 0.0,)


def place(x: int, y: int) -> Pixel:
    """The picture of the place: a sky that darkens upwards."""
    return (0.1 + y / 128.0, 0.2 + y / 160.0, 0.4 + y / 200.0)


def write_exr(path: str, names: str, pixel: Callable[[int, int], Pixel]) -> None:
    """An uncompressed float EXR of WIDTH x HEIGHT; ``names`` are its channels, in the order of ``pixel``."""
    order = sorted(names)
    channels = b"".join(name.encode() + b"\0" + struct.pack("<iB3xii", 2, 0, 1, 1) for name in order) + b"\0"
    window = struct.pack("<4i", 0, 0, WIDTH - 1, HEIGHT - 1)
    header = struct.pack("<II", 20000630, 2)
    for name, kind, data in (
        ("channels", "chlist", channels),
        ("compression", "compression", b"\0"),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1.0)),
        ("screenWindowCenter", "v2f", struct.pack("<2f", 0.0, 0.0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1.0)),
    ):
        header += name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<I", len(data)) + data
    header += b"\0"
    size = 4 * WIDTH * len(order)
    start = len(header) + 8 * HEIGHT
    with open(path, "wb") as stream:
        stream.write(header)
        stream.write(struct.pack(f"<{HEIGHT}Q", *(start + y * (8 + size) for y in range(HEIGHT))))
        for y in range(HEIGHT):
            stream.write(struct.pack("<ii", y, size))
            line = [pixel(x, y) for x in range(WIDTH)]
            for name in order:
                stream.write(struct.pack(f"<{WIDTH}f", *(one[names.index(name)] for one in line)))


class Smoke:
    """The steps, in order; each gives a line for the report, or raises."""

    def __init__(self, folder: str, engine: str) -> None:
        self.folder, self.engine = folder, engine
        self.node: Any = None

    def footage(self) -> str:
        """A shot on disk."""
        for frame in range(FIRST, LAST + 1):
            write_exr(f"{self.folder}/plate.{frame}.exr", "RGB", plate)
            write_exr(f"{self.folder}/roto.{frame}.exr", "A", matte)
        write_exr(self.folder + "/place.exr", "RGB", place)
        return f"{LAST - FIRST + 1} frames of {WIDTH}x{HEIGHT} in {self.folder}"

    def script(self) -> str:
        """A script that reads the shot as it lies there."""
        nuke.scriptClear()
        nuke.root()["first_frame"].setValue(FIRST)
        nuke.root()["last_frame"].setValue(LAST)
        for name in ("plate", "roto"):
            read = nuke.nodes.Read(name=name, file=f"{self.folder}/{name}.####.exr", raw=True)
            for knob, frame in (("first", FIRST), ("last", LAST), ("origfirst", FIRST), ("origlast", LAST)):
                read[knob].setValue(frame)
        nuke.nodes.Read(name="place", file=self.folder + "/place.exr", raw=True)
        nuke.scriptSaveAs(self.folder + "/smoke_v001.nk", 1)
        same(pixel(nuke.toNode("plate"), "rgba.", OUTSIDE), plate(OUTSIDE[0], HEIGHT - 1 - OUTSIDE[1]))
        return nuke.scriptName()

    def gizmo(self) -> str:
        """The gizmo is found on the plug-in path and made."""
        if HERE not in [path.replace("\\", "/") for path in nuke.pluginPath()]:
            nuke.pluginAddPath(HERE)
        for node in nuke.selectedNodes():
            node.setSelected(False)
        node = nuke.createNode("ActAnywhere", "", False)
        count = len(node.knobs())
        nuke.delete(node)
        return f"{count} knobs"

    def group(self) -> str:
        """The Group is pasted onto the plate, and connected."""
        for node in nuke.allNodes():
            node.setSelected(node.name() == "plate")
        nuke.nodePaste(HERE + "/ActAnywhere.nk")
        self.node = node = nuke.selectedNode()
        if node.Class() != "Group" or node.input(0) is None or node.input(0).name() != "plate":
            raise AssertionError(f"a {node.Class()} came, on {node.input(0)}")
        node.setInput(1, nuke.toNode("roto"))
        node.setInput(2, nuke.toNode("place"))
        node["camera"].setValue("still")
        node["preview"].setValue(True)
        node["output_folder"].setValue(self.folder + "/out é")
        if self.engine:
            node["engine"].setValue(self.engine)
        same(pixel(node, "rgba.", INSIDE), (2.5, 0.25, 0.125))
        return f"{len(node.nodes())} nodes inside, {len(node.knobs())} knobs; the plate passes through"

    def take(self) -> str:
        """Two frames, with the real engine; proxy was on and is on again."""
        from actanywhere_nuke.operators import generate

        nuke.root()["proxy"].setValue(True)
        try:
            result = generate.generate(self.node)
            if not nuke.root()["proxy"].value():
                raise AssertionError("proxy was on and is off now")
        finally:
            nuke.root()["proxy"].setValue(False)
        if result is None or str(result.frames) != f"{FIRST}-{LAST}":
            raise AssertionError(f"the result is {result}")
        return f"{result.layer}; camera {result.camera}; {json.dumps(result.versions)}"

    def inputs(self) -> str:
        """What Nuke rendered for the engine has the plate's very values and size."""
        (path,) = [
            os.path.join(parent, name).replace("\\", "/")
            for parent, _, names in os.walk(self.folder + "/out é/inputs")
            for name in names
            if name == f"plate.{FIRST}.exr"
        ]
        read = nuke.nodes.Read(file=path, raw=True)
        size = (read.width(), read.height())
        if size != (WIDTH, HEIGHT):
            raise AssertionError(f"the plate was rendered at {size[0]}x{size[1]}")
        for x, y in (INSIDE, OUTSIDE):
            same(pixel(read, "rgba.", (x, y)), plate(x, HEIGHT - 1 - y), 1e-6)
        nuke.delete(read)
        return path

    def layer(self) -> str:
        """The layer is in the stream: its own channels, the comp in rgba, and the switch between them."""
        node = self.node
        lacking = {f"generated_bg.{c}" for c in (*COLOURS, "alpha")} - set(node.channels())
        if lacking:
            raise AssertionError(f"no {sorted(lacking)} in {node.channels()}")
        direct = nuke.nodes.Read(file=node["layer_file"].value(), raw=True)
        for knob, frame in (("first", FIRST), ("last", LAST), ("origfirst", FIRST), ("origlast", LAST)):
            direct[knob].setValue(frame)
        for where in (INSIDE, OUTSIDE):
            same(pixel(node, "generated_bg.", where), pixel(direct, "generated_bg.", where), 1e-6)
            same(pixel(node, "rgba.", where), pixel(direct, "rgba.", where), 1e-6)
        same(pixel(node, "rgba.", INSIDE), (2.5, 0.25, 0.125))
        painted = pixel(node, "generated_bg.", OUTSIDE)
        if not any(painted) or any(value != value for value in painted):
            raise AssertionError(f"the layer is {painted} there")
        for show, prefix in (("layer", "generated_bg."), ("comp", "rgba."), ("plate", "")):
            node["show"].setValue(show)
            wanted = pixel(direct, prefix, OUTSIDE) if prefix else plate(OUTSIDE[0], HEIGHT - 1 - OUTSIDE[1])
            same(pixel(node, "rgba.", OUTSIDE), wanted)
        node["show"].setValue("comp")
        nuke.delete(direct)
        return f"comp is the plate where the matte is 1; the layer beside the actor is {painted}"

    def again(self) -> str:
        """Saved and opened again, the script shows the take without rendering anything."""
        name = self.node.fullName()
        before = pixel(self.node, "generated_bg.", OUTSIDE)
        path = nuke.scriptName()
        nuke.scriptSaveAs(path, 1)
        nuke.scriptClear()
        nuke.scriptOpen(path)
        self.node = node = nuke.toNode(name)
        same(pixel(node, "generated_bg.", OUTSIDE), before, 1e-6)
        return f"the list says '{node['take'].value()}'"


def pixel(node: Any, prefix: str, where: Tuple[int, int]) -> Pixel:
    """Red, green and blue of a layer (``rgba.``) at the first frame, in the middle of a pixel."""
    nuke.frame(FIRST)
    x, y = where
    return tuple(nuke.sample(node, prefix + colour, x + 0.5, y + 0.5) for colour in COLOURS)


def same(found: Pixel, wanted: Pixel, close: float = CLOSE) -> None:
    """Raises when two pixels differ."""
    if any(abs(a - b) > close * max(1.0, abs(b)) for a, b in zip(found, wanted)):
        raise AssertionError(f"{found} is there, not {wanted}")


def run(folder: str, engine: str) -> Dict[str, Any]:
    """The report. A step that fails ends it."""
    smoke = Smoke(folder, engine)
    steps: List[Dict[str, Any]] = []
    for name in ("footage", "script", "gizmo", "group", "take", "inputs", "layer", "again"):
        method = getattr(smoke, name)
        step: Dict[str, Any] = {"step": name, "what": method.__doc__, "ok": True}
        start = time.time()
        try:
            step["found"] = method()
        except Exception:
            step.update(ok=False, found=traceback.format_exc())
        steps.append(dict(step, seconds=round(time.time() - start, 2)))
        if not step["ok"]:
            break
    return {
        "ok": len(steps) == 8 and all(step["ok"] for step in steps),
        "nuke": nuke.NUKE_VERSION_STRING,
        "python": sys.version,
        "platform": platform.platform(),
        "steps": steps,
    }


def main(words: List[str]) -> int:
    """Run, print, write; the exit status."""
    options = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
    folder = tempfile.mkdtemp(prefix="actanywhere smoke é ").replace("\\", "/")
    try:
        report = run(folder, options.get("engine", ""))
    finally:
        if "keep" not in options:
            shutil.rmtree(folder, ignore_errors=True)
    text = json.dumps(report, indent=1)
    if options.get("report"):
        with open(options["report"], "w", encoding="utf-8") as stream:
            stream.write(text + "\n")
    print(text, flush=True)
    return 0 if report["ok"] else 1


sys.exit(main(sys.argv[1:]))
