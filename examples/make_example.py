"""Rebuild the example shot from the "Tears of Steel" clip: the plate and the matte, 1001-1024.

    python examples/make_example.py tears_of_steel_clip.mp4 core/actanywhere/example

The clip is letterboxed, and its 24 pictures a second were brought to 30 by showing every fourth one twice:
the bars are cropped and the doubles left out. The matte is drawn by hand (``roto_keys.json``) and carried
between the keys by ``roto.py``. The condition picture comes from ``make_condition.py``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from roto import RotoKeys, make_mattes

Array = NDArray[Any]

FIRST_FRAME, LAST_FRAME = 1001, 1024
SOURCE_PICTURES = [index for index in range(307, 347) if index % 5]  # every fifth repeats the one before
"""Eight more than are written: the hand-drawn keys go on to 1032, and the matte is carried between keys."""
PICTURE_ROWS = slice(94, 624)
PLATE_QUALITY = 74


def read_pictures(clip: Path) -> dict[int, Array]:
    """The example's frames by host number, (530, 1280, 3) uint8 BGR, bars and doubles left out."""
    wanted = dict(zip(SOURCE_PICTURES, range(FIRST_FRAME, FIRST_FRAME + len(SOURCE_PICTURES)), strict=True))
    frames: dict[int, Array] = {}
    with av.open(str(clip)) as container:
        for index, picture in enumerate(container.decode(video=0)):
            if index in wanted:
                frames[wanted[index]] = np.ascontiguousarray(picture.to_ndarray(format="bgr24")[PICTURE_ROWS])
    return frames


def write_sequences(frames: dict[int, Array], mattes: dict[int, Array], folder: Path) -> None:
    """Write ``plate/`` and ``matte/`` under ``folder``, to ``LAST_FRAME``."""
    (folder / "plate").mkdir(parents=True, exist_ok=True)
    (folder / "matte").mkdir(parents=True, exist_ok=True)
    jpeg = [cv2.IMWRITE_JPEG_QUALITY, PLATE_QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    for frame in range(FIRST_FRAME, LAST_FRAME + 1):
        picture = frames[frame]
        cv2.imwrite(str(folder / "plate" / f"tos_bridge.{frame:04d}.jpg"), picture, jpeg)
        grey = np.round(mattes[frame] * 255.0).astype(np.uint8)
        path = folder / "matte" / f"tos_bridge_matte.{frame:04d}.png"
        cv2.imwrite(str(path), grey, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def main() -> None:
    """Read the clip, make the mattes, write both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, help="the clip, 1280x720, letterboxed")
    parser.add_argument("folder", type=Path, help="where plate/ and matte/ are written")
    arguments = parser.parse_args()
    frames = read_pictures(arguments.clip)
    keys = RotoKeys.load(Path(__file__).with_name("roto_keys.json"))
    write_sequences(frames, make_mattes(frames, keys), arguments.folder)


if __name__ == "__main__":
    main()
