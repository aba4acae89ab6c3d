"""Rebuild the example shot from the "Tears of Steel" clip: the plate and the matte, 1001-1020.

    pip install 'pyvips[binary]' zopfli
    python examples/make_example.py tears_of_steel_clip.mp4 core/actanywhere/example

The clip is letterboxed, and its 24 pictures a second were brought to 30 by showing every fourth one twice:
the bars are cropped and the doubles left out. The matte is drawn by hand (``roto_keys.json``) and carried
between the keys by ``roto.py``; what is nearly black or white in it is crushed. Files are as small as they can be
without a difference to be seen (mozjpeg in libvips, zopfli). The condition picture comes from
``make_condition.py``, encoded anew by ``as_jpeg`` with quality 85.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pyvips
import zopfli.png
from numpy.typing import NDArray
from roto import RotoKeys, make_mattes

Array = NDArray[Any]

FIRST_FRAME, LAST_FRAME = 1001, 1020
SOURCE_PICTURES = [index for index in range(307, 347) if index % 5]  # every fifth repeats the one before
"""Twelve more than are written: the hand-drawn keys go on to 1032, and the matte is carried between keys."""
PICTURE_ROWS = slice(94, 624)
MATTE_BLACK, MATTE_WHITE = 8, 247  # of 255


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
    for frame in range(FIRST_FRAME, LAST_FRAME + 1):
        (folder / "plate" / f"tos_bridge.{frame:04d}.jpg").write_bytes(as_jpeg(frames[frame], quality=52))
        path = folder / "matte" / f"tos_bridge_matte.{frame:04d}.png"
        path.write_bytes(as_png(crushed(mattes[frame])))


def crushed(matte: Array) -> Array:
    """A matte 0..1 as (H, W) uint8; what is nearly black or white is so."""
    grey = (matte * 255.0 - MATTE_BLACK) / (MATTE_WHITE - MATTE_BLACK)
    return np.asarray(np.round(np.clip(grey, 0.0, 1.0) * 255.0), np.uint8)


def as_jpeg(picture: Array, quality: int) -> bytes:
    """A small JPEG of an (H, W, 3) uint8 BGR picture."""
    rows, columns, _ = picture.shape
    rgb = np.ascontiguousarray(picture[..., ::-1]).tobytes()
    image = pyvips.Image.new_from_memory(rgb, columns, rows, 3, "uchar").copy(interpretation="srgb")
    small = {"optimize_coding": True, "interlace": True, "trellis_quant": True, "optimize_scans": True}
    encoded = image.jpegsave_buffer(Q=quality, quant_table=2, subsample_mode="on", keep="none", **small)
    return bytes(encoded)


def as_png(grey: Array) -> bytes:
    """A small PNG of an (H, W) uint8 picture."""
    packing = [cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE]
    return bytes(zopfli.png.optimize(cv2.imencode(".png", grey, packing)[1].tobytes()))


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
