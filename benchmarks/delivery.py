"""Painted frames delivered as a layer, against the floor: reading, writing and reading back the same frames, no more.

The floor is OpenImageIO alone on its own threads: the plate's frame read as it is stored, the layer's frame written
from memory, and read back. Both are measured in turn in one process; peak memory is that of a whole render.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio

from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, ImageSequence, Matte, Shot
from actanywhere.engines.protocol import Watch, Window
from actanywhere.render.conditioning import ShotConditioning
from actanywhere.render.folder import OutputFolder
from actanywhere.render.preflight import open_inputs
from actanywhere.render.scene import read_scene
from actanywhere.render.writing import LayerWriter

from .clock import interleave
from .machine import describe
from .plate import make_shot
from .records import Figure, Record
from .shots import render_flags

__all__ = ["measure_delivery"]

_SIZES = (1920, 1080), (4096, 2160)
_FRAMES, _ROUNDS = 16, 3
"""A window's frames: the first frame's reading and the last one's writing overlap with nothing."""
_MOST = 1.8
"""Times the floor."""
_PEAK = 1.6e9 / 2**20
"""MiB at the larger size."""


def measure_delivery(command: str) -> Iterator[Record]:
    """HD and 4K plates: half EXR of four channels with grain, the matte in their alpha."""
    for width, height in _SIZES:
        with tempfile.TemporaryDirectory() as name:
            shot = _make_plates(Path(name), width, height)
            words = ["--plate", shot.plate.path, "--condition", shot.condition.path]
            run = render_flags([*words, "--output", f"{name}/whole", "--camera", "plate"])
            floor, delivery = _measure(shot, Path(name))
        wall = delivery[0] / floor[0]
        yield Record(
            "delivery",
            f"{width}x{height}",
            (
                Figure("the floor, a frame", floor[0], "s"),
                Figure("delivered, a frame", delivery[0], "s"),
                Figure("ratio to the floor", wall, "x", plotted=True),
                Figure("the floor, processor", floor[1], "s"),
                Figure("delivered, processor", delivery[1], "s"),
                Figure("ratio, processor", delivery[1] / floor[1], "x", plotted=True),
                Figure("peak memory of a render", run.peak_mib, "MiB"),
            ),
            command,
            describe(),
            passed=wall <= _MOST and run.peak_mib <= _PEAK,
        )


def _make_plates(folder: Path, width: int, height: int) -> Shot:
    """The made-up shot as large EXR: linear light, with grain, its matte in A."""
    small = folder / "in"
    make_shot(small, _FRAMES)
    rng = np.random.default_rng(3)
    spec = oiio.ImageSpec(width, height, 4, oiio.HALF)
    spec.channelnames = ("R", "G", "B", "A")
    spec.attribute("compression", "zip")
    for frame in range(1001, 1001 + _FRAMES):
        parts = [cv2.imread(str(small / f"{kind}.{frame}.png"), -1) for kind in ("plate", "matte")]
        plate, matte = (cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) for one in parts)
        light = (plate[..., ::-1] / np.float32(255)) ** np.float32(2.2)
        light *= 1 + rng.normal(0, 0.02, light.shape).astype(np.float32)
        pixels = np.dstack([light, matte / np.float32(255)]).astype(np.float16)
        output = oiio.ImageOutput.create("plate.exr")
        output.open(str(folder / f"plate.{frame}.exr"), spec)
        if not output.write_image(pixels) or not output.close():
            raise OSError(output.geterror())
    place = cv2.resize(cv2.imread(str(small / "place.png")), (1920, 1080), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(folder / "place.png"), place)
    return Shot(
        name="delivery",
        matte=Matte("", "A"),
        plate=ImageSequence(str(folder / "plate.####.exr")),
        condition=Condition(str(folder / "place.png")),
    )


def _measure(shot: Shot, folder: Path) -> list[tuple[float, float]]:
    """Seconds a frame, wall and processor, of the floor and of delivering."""
    job = Job(shot, str(folder / "layer"), Settings(camera="plate"))
    with open_inputs(job) as inputs:
        scene = read_scene(inputs, Watch())
        frames = list(ShotConditioning(scene, job.settings))
        painted = [one.prefill * np.float32(0.9) for one in frames]
        output = OutputFolder(job, inputs.frames)
        output.path.mkdir()
        plates = [inputs.plate.footage.at(frame) for frame in inputs.frames]
        layers = [str(output.frame_path(frame)) for frame in inputs.frames]

        def deliver() -> None:
            for path in layers:
                Path(path).unlink(missing_ok=True)
            window = Window(0, len(frames), 0)
            with LayerWriter(inputs, scene, output, window, frames, lambda index: None) as writer:
                for place, picture in enumerate(painted):
                    writer.put(place, picture)

        deliver()
        # One layer's pixels for all, or they would fill the memory.
        layer, spec = _read(layers[0])

        def floor() -> None:
            for plate in plates:
                _read(plate)
                copy = oiio.ImageOutput.create(layers[0])
                copy.open(str(folder / "copy.exr"), spec)
                copy.write_image(layer)
                copy.close()
                _read(str(folder / "copy.exr"))

        timings = interleave({"floor": floor, "delivery": deliver}, _ROUNDS)
    return [(one.median_wall / _FRAMES, one.median_cpu / _FRAMES) for one in timings.values()]


def _read(path: str) -> tuple[np.ndarray, oiio.ImageSpec]:
    file = oiio.ImageInput.open(path)
    spec = oiio.ImageSpec(file.spec())
    pixels = file.read_image(0, 0, 0, spec.nchannels, "half")
    file.close()
    return pixels, spec
