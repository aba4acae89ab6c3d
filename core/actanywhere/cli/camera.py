"""The plate's camera solved in three dimensions, judged, and given to other programs."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.camera_files import write_cameras
from ..camera.solve import Solve, require_pycolmap, solve_camera
from ..contract.errors import OutputError
from ..contract.job import Progress
from ..contract.shot import FrameRange, ImageSequence, Matte
from ..footage import open_matte, open_plate, to_display
from ..footage.matte import MatteReader
from ..footage.plate import Plate
from .screen import Screen

__all__ = ["run_camera"]

_WIDTH = 960


def run_camera(args: argparse.Namespace, screen: Screen) -> bool:
    """Solve, say what was found, write camera.chan and camera.json; whether the solve is believed."""
    require_pycolmap()
    frames = FrameRange.parse(args.frames) if args.frames else None
    plate = open_plate(ImageSequence(os.path.abspath(args.plate), None, args.plate_colour), frames)
    matte = open_matte(Matte(os.path.abspath(args.matte) if args.matte else "", args.matte_channel), plate)
    try:
        screen.progress("camera", Progress("reading", 0, len(plate.frames)))
        found = solve_camera(_proxies(plate, matte))
    finally:
        plate.close()
        matte.close()
        screen.clear()
    if not found.doubt:
        folder = Path(args.output)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{folder} cannot be made: {error.strerror}.", "Give another folder."
            ) from error
        written = write_cameras(found, plate.frames.first, plate.info.width, plate.info.height, folder)
    else:
        written = []
    _tell(found, written, args.json)
    return not found.doubt


def _proxies(plate: Plate, matte: MatteReader) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    info = plate.info
    width = min(_WIDTH, info.width)
    size = (width, max(1, round(width * info.height / (info.width * info.pixel_aspect))))
    for frame in plate.frames:
        pixels = np.asarray(cv2.resize(plate.read(frame).pixels, size, interpolation=cv2.INTER_AREA))
        actor = np.asarray(cv2.resize(matte.read(frame), size, interpolation=cv2.INTER_AREA))
        yield to_display(np.ascontiguousarray(pixels, np.float32), info.space), actor.astype(np.float32)


def _tell(found: Solve, written: list[Path], as_json: bool) -> None:
    files = [str(path) for path in written]
    if as_json:
        told = {"believed": not found.doubt, "doubt": found.doubt, "facts": str(found.facts), "files": files}
        print(json.dumps({"event": "camera", **told}), flush=True)
        return
    print(f"solved: {found.facts}")
    if found.doubt:
        print(f"not believed: {found.doubt}. Render with --camera plate.", flush=True)
        return
    roll, pitch = found.attitude.T
    print(f"roll {roll.min():.1f} to {roll.max():.1f}°, looking down {pitch.min():.1f} to {pitch.max():.1f}°")
    print(
        f"lens: {found.focal * 24:.0f} mm over a full frame's 24 mm of height; compare it with the camera report"
    )
    print(
        "ground: {}".format(
            found.ground.reason if found.ground.height else "not found, " + found.ground.reason
        )
    )
    print("written: {}".format(", ".join(files)), flush=True)
