"""The moved picture of a job, made apart from its render."""

from __future__ import annotations

import numpy as np

from actanywhere.contract.job import Job
from actanywhere.engines.protocol import Watch
from actanywhere.footage import from_display
from actanywhere.render.conditioning import backdrop_at
from actanywhere.render.preflight import open_inputs
from actanywhere.render.scene import read_scene

__all__ = ["place_of"]


def place_of(job: Job) -> list[np.ndarray]:
    """Each frame's moved picture at plate size, in the layer's colours and as exact as an EXR's half floats."""
    with open_inputs(job) as inputs:
        scene = read_scene(inputs, Watch())
        info = inputs.plate.info
        backdrops = [
            backdrop_at(scene, index, info.height, info.width)[0] for index in range(len(inputs.frames))
        ]
        return [from_display(backdrop, info.space).astype(np.float16) for backdrop in backdrops]
