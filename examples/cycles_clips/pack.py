"""Packs what Blender filmed: display movies, the effect, and one JSON file a clip."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import OpenImageIO as oiio
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from .plan import ClipPlan

__all__ = ["contact_sheet", "pack"]

Frames = NDArray[np.float32]
_FAINT, _PLAIN = 0.03, 0.07
_BRIGHTEST = 1.8
_SMALL = np.ones((3, 3), np.uint8)
_PICTURE = {"crf": "13", "preset": "veryslow"}
_GREY = {"crf": "8", "preset": "veryslow"}


def pack(plan: ClipPlan, filmed: Path, folder: Path) -> None:
    """FOLDER/rgb.mp4, background.mp4, matte.mp4, effect.mp4 and clip.json, as ``RenderedClips`` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    truth: dict[str, Any] = json.loads((filmed / "camera.json").read_text())
    scene, empty = (_read(filmed, kind, plan.frames) for kind in ("scene", "empty"))
    matte = _read(filmed, "matte", plan.frames)[..., 3]
    level = 0.20 / float(np.exp(np.log(empty[0, ..., :3].mean(2) + 1e-3).mean()))
    # A lamp a hundred times brighter than white would show through every half-covered pixel.
    empty = np.minimum(empty[..., :3] * level, _BRIGHTEST)
    finished = scene[..., :3] * level
    if truth["caught"]:
        finished += (1 - scene[..., 3:]) * empty
    rgb, background = develop(finished), develop(empty)
    effect = changed(rgb, background, matte)
    rgb = np.where((effect > 0)[..., None] | (matte > 0)[..., None], rgb, background)
    write_movie(folder / "rgb.mp4", rgb, _PICTURE)
    write_movie(folder / "background.mp4", background, _PICTURE)
    write_movie(folder / "matte.mp4", np.repeat(matte[..., None], 3, -1), _GREY)
    write_movie(folder / "effect.mp4", np.repeat(effect[..., None], 3, -1), _GREY)
    about = {
        "name": plan.set,
        "seed": plan.seed,
        "figure": plan.figure,
        "move": plan.move,
        "main": truth["main"],
        "transforms": {name: np.round(each, 9).tolist() for name, each in truth["transforms"].items()},
    }
    (folder / "clip.json").write_text(json.dumps(about) + "\n")


def _read(folder: Path, kind: str, frames: int) -> Frames:
    """(T, H, W, 4) float32, scene-linear."""
    pictures = []
    for frame in range(frames):
        buffer = oiio.ImageBuf(str(folder / f"{kind}.{frame:04d}.exr"))
        pictures.append(np.asarray(buffer.get_pixels(oiio.FLOAT), np.float32))
    return np.stack(pictures)


def develop(linear: Frames) -> Frames:
    """Scene-linear to display, 0..1: K. Narkowicz's fit of the ACES curve, then sRGB's 1/2.2."""
    x = np.maximum(linear, 0) * 0.8
    return np.asarray(
        np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) ** (1 / 2.2), np.float32
    )


def changed(rgb: Frames, background: Frames, matte: Frames) -> Frames:
    """(T, H, W) 0..1: the share by which the actor darkens or lights its surroundings, 0 inside of it."""
    change = np.abs(rgb - background).max(-1) / np.maximum(background.max(-1), 0.1)
    smooth = np.stack([cv2.GaussianBlur(frame, (0, 0), 1.2) for frame in np.where(matte > 0.02, 0, change)])
    kept = np.clip((smooth - _FAINT) / (_PLAIN - _FAINT), 0, 1) * np.maximum(smooth, np.minimum(change, 1))
    kept = np.where(matte > 0, 0, np.clip(kept, 0, 1))
    # Single pixels along the actor's outline are the denoiser's.
    solid = np.stack(
        [cv2.morphologyEx(frame, cv2.MORPH_OPEN, _SMALL) for frame in (kept > 0).astype(np.uint8)]
    )
    return np.asarray(kept * solid, np.float32)


def write_movie(path: Path, frames: Frames, options: dict[str, str]) -> None:
    """H.264, 4:4:4, BT.709 as tagged."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(24), options=options)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv444p"
        context = stream.codec_context
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        context.color_primaries, context.color_trc = 1, 13  # FFmpeg's numbers for BT.709 and sRGB
        context.thread_count = 1
        for picture in np.round(frames * 65535).astype(np.uint16):
            shown = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb48le")
            frame = shown.reformat(
                format="yuv444p",
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def contact_sheet(folders: list[Path], path: Path, columns: int = 4) -> None:
    """A row a clip: frames from first to last, then the last one's background, matte and effect."""
    rows = []
    for folder in folders:
        movies = {
            kind: read_movie(folder / f"{kind}.mp4") for kind in ("rgb", "background", "matte", "effect")
        }
        picked = np.linspace(0, len(movies["rgb"]) - 1, columns).round().astype(int)
        row = [movies["rgb"][n] for n in picked]
        row += [movies[kind][-1] for kind in ("background", "matte", "effect")]
        rows.append(np.hstack(row))
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def read_movie(path: Path) -> NDArray[np.uint8]:
    """(T, H, W, 3) uint8."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
