"""Writes the golden layers anew: ``python -m tests.golden.layers``, from the repository's root.

Do so only when the picture is meant to change, and look at what has changed.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from actanywhere.cli.demo import demo_job
from actanywhere.contract.shot import FrameRange
from tests.render.stage import background_of, read_layer, render

FOLDER = Path(__file__).resolve().parent / "layers"
FRAMES = FrameRange(1001, 1002)
SMALL = (80, 45)

#: Jobs of the example shot, in settings that are quick.
LAYERS: dict[str, dict[str, Any]] = {
    "plate": {"camera": "plate", "size": 96},
    "still_shadow_given": {"camera": "still", "size": 96, "shadow": "given", "shadow_side": -0.8},
    "subject": {"camera": "subject", "size": 96, "variation": 0.5, "seed": 4},
}


def render_small(name: str, output: Path) -> np.ndarray:
    """(2 h, w, 3) uint8: background and comp of the last frame, small, in a display's curve."""
    settings = {**LAYERS[name], "device": "cpu", "precision": "fp32"}
    job = demo_job(str(output), settings)
    result = render(replace(job, shot=replace(job.shot, frames=FRAMES)))
    path = result.layer.replace("####", str(FRAMES.last))
    channels = read_layer(path)[1]
    comp = np.dstack([channels[one] for one in "RGB"]).astype(np.float32)
    both = [
        cv2.resize(np.clip(picture, 0, 1) ** (1 / 2.2), SMALL, interpolation=cv2.INTER_AREA)
        for picture in (background_of(path), comp)
    ]
    return np.round(np.concatenate(both) * 255).astype(np.uint8)


def main() -> None:
    """Write them."""
    FOLDER.mkdir(exist_ok=True)
    for name in LAYERS:
        with tempfile.TemporaryDirectory() as output:
            cv2.imwrite(str(FOLDER / f"{name}.png"), render_small(name, Path(output))[..., ::-1])


if __name__ == "__main__":
    main()
