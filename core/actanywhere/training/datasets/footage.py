"""A studio's own clips with mattes: the paper's self-supervision. The true frame is what should be painted.

    FOLDER/plates/walk.mov            FOLDER/mattes/walk.mov
    FOLDER/plates/car.1001.exr ...    FOLDER/mattes/car.1001.png ...
    FOLDER/plates/dog/*.1001.exr      FOLDER/mattes/dog/*.1001.exr

Plate and matte go by the same name: that of the movie, of the sequence without its number, or of the folder that holds
the sequence. Every clip is one shot. What lies behind the actor is not known, so no clean plate is ever shown.

Before a run every clip is read once, judged, tracked outside of its matte, and kept small in the run's folder
(*proxies*), so that a batch never waits for an EXR from the server.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...camera.fit import normalise
from ...camera.track import Tracker
from ...contract.errors import FootageError
from ...contract.sequences import MOVIE_EXTENSIONS, STILL_EXTENSIONS, find_footage
from ...contract.shot import ImageSequence, Matte
from ...footage import Counted, MatteReader, Plate, judge_mattes, open_matte, open_plate, to_display, unheard
from ..state import replaced
from . import TrainingClip
from .pictures import Split

_HEIGHT = 384
"""Lines of a proxy: a 256-pixel crop at 0.6 of the frame is still sharp."""
_INDEX = "clip.json"
_HELD_TAIL = 0.15
_FEWEST_TO_HOLD_WHOLE = 7
_KEPT, _CROPS = 0.5, 6
_LAYOUT = "Put plates and mattes of the same name into FOLDER/plates and FOLDER/mattes (1 = actor)."


@dataclass(frozen=True)
class StudioClip:
    """A plate and its matte, found on disk; nothing has been opened yet."""

    name: str
    plate: str
    matte: str


def find_clips(folder: Path) -> list[StudioClip]:
    """The clips in a studio's folder, by name. Raises ``FootageError`` when plates or mattes are missing."""
    plates, mattes = (_named(folder / kind) for kind in ("plates", "mattes"))
    if not plates:
        raise FootageError(f"{folder}: no clip was found in {folder / 'plates'}.", _LAYOUT)
    missing = sorted(plates.keys() - mattes.keys())
    if missing:
        raise FootageError(
            f"{folder}: {len(missing)} of {len(plates)} clips have no matte in {folder / 'mattes'}: "
            f"{', '.join(missing)}.",
            f"{_LAYOUT} Clips without mattes can be given with --pictures: actors are then put before them.",
        )
    return [StudioClip(f"{folder.name}-{name}", plates[name], mattes[name]) for name in sorted(plates)]


def _named(folder: Path) -> dict[str, str]:
    """Movies, sequences and stills in a folder: name to path or pattern."""
    found: dict[str, str] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        extension = path.suffix.lower()
        if path.is_dir():
            inside = sorted(set(_named(path).values()))
            if len(inside) > 1:
                raise FootageError(f"{path} holds {len(inside)} clips.", "Give each a folder of its own.")
            found.update((path.name, pattern) for pattern in inside)
        elif extension in MOVIE_EXTENSIONS:
            found[path.stem] = str(path)
        elif extension in STILL_EXTENSIONS:
            base = re.sub(r"-?\d+$", "", path.stem)
            pattern = str(path) if base == path.stem else str(folder / f"{base}#{path.suffix}")
            found[base.rstrip("._- ") or folder.name] = pattern
    return found


def make_proxy(clip: StudioClip, into: Path, warn: Callable[[str], None], counted: Counted = unheard) -> Path:
    """The small copy of ``clip`` in the folder ``into``, made unless it is there already; gives its own folder.

    ``counted`` hears how many frames are found, then how many are written.
    Raises ``FootageError`` naming the clip when it cannot be read or its matte is of no use.
    """
    folder, stamp = into / clip.name, _stamp(clip)
    try:
        if json.loads((folder / _INDEX).read_text())["stamp"] == stamp:
            return folder
    except (OSError, ValueError, KeyError):
        pass
    try:
        with _opened(clip, counted) as (plate, matte), replaced(folder) as fresh:
            facts = _write_proxy(plate, matte, fresh, lambda text: warn(f"{clip.name}: {text}"), counted)
            (fresh / _INDEX).write_text(json.dumps({"name": clip.name, "stamp": stamp, **facts}))
    except FootageError as error:
        raise FootageError(f"Clip {clip.name}: {error.message}", error.remedy) from error
    return folder


@contextmanager
def _opened(clip: StudioClip, counted: Counted) -> Iterator[tuple[Plate, MatteReader]]:
    """Plate and matte; a movie's pictures are numbered as those of the sequence beside it."""
    both = [find_footage(ImageSequence(path)) for path in (clip.plate, clip.matte)]
    numbered = next((one.frames.first for one in both if one.frames is not None), None)
    of_plate, of_matte = (numbered if one.kind == "movie" else None for one in both)
    with (
        open_plate(ImageSequence(clip.plate, of_plate), counted=counted) as plate,
        open_matte(Matte(clip.matte, first_frame=of_matte), plate, counted=counted) as matte,
    ):
        yield plate, matte


def _write_proxy(
    plate: Plate, matte: MatteReader, folder: Path, warn: Callable[[str], None], counted: Counted
) -> dict[str, Any]:
    """Write every frame small, as a display sees it; gives what is known of the whole clip."""
    info = plate.info
    height = min(_HEIGHT, info.height)
    width = round(height * info.width * info.pixel_aspect / info.height)
    tracker, small = Tracker(width / height), []
    for number, frame in enumerate(plate.frames):
        counted(number, len(plate.frames))
        pixels = cv2.resize(plate.read(frame).pixels, (width, height), interpolation=cv2.INTER_AREA)
        rgb = to_display(np.ascontiguousarray(pixels, np.float32), info.space)
        alpha = np.asarray(
            cv2.resize(matte.read(frame), (width, height), interpolation=cv2.INTER_AREA), np.float32
        )
        tracker.add(rgb, alpha)
        small.append(np.asarray(cv2.resize(alpha, (64, 64), interpolation=cv2.INTER_AREA), np.float32))
        shown = np.round(rgb[..., ::-1] * 255).astype(np.uint8)
        jpeg = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
        (folder / f"plate.{number:05d}.jpg").write_bytes(jpeg.tobytes())
        png = cv2.imencode(".png", np.round(alpha * 255).astype(np.uint8))[1]
        (folder / f"matte.{number:05d}.png").write_bytes(png.tobytes())
    track = tracker.solve()
    for text in [*plate.warnings, *matte.warnings, *judge_mattes(matte.path, plate.frames, small)]:
        warn(text)
    if not track.trackable:
        warn(f"its camera is left to the network: {track.reason}.")
    return {
        "frames": len(plate.frames),
        "size": [height, width],
        "tracked": bool(track.trackable),
        "transforms": track.transforms.tolist(),
    }


def _stamp(clip: StudioClip) -> str:
    """Changes when any file of the clip does."""
    digest = hashlib.sha256()
    for path in (clip.plate, clip.matte):
        footage = find_footage(ImageSequence(path))
        for file in footage.files.values() or [footage.path]:
            stat = os.stat(file)
            digest.update(f"{file} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class _Proxy:
    """Frames ``first`` to ``last`` (not included) of a clip's small copy."""

    folder: Path
    name: str
    first: int
    last: int
    tracked: bool
    transforms: NDArray[np.float64]

    def __len__(self) -> int:
        return self.last - self.first

    def matte(self, index: int) -> NDArray[np.float32]:
        """(h, w), 0..1."""
        read = cv2.imread(str(self.folder / f"matte.{index:05d}.png"), cv2.IMREAD_GRAYSCALE)
        return np.asarray(self._found(read, index), np.float32) / np.float32(255)

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """(h, w, 3)."""
        read = cv2.imread(str(self.folder / f"plate.{index:05d}.jpg"), cv2.IMREAD_COLOR)
        return np.asarray(cv2.cvtColor(self._found(read, index), cv2.COLOR_BGR2RGB), np.uint8)

    def _found(self, read: Any, index: int) -> Any:
        if read is None:
            raise FootageError(
                f"Frame {index} of the proxy in {self.folder} cannot be read.",
                "Delete that folder; the same command makes it again.",
            )
        return read


class StudioLibrary:
    """Random windows of clips, from their proxies (the folders that ``make_proxy`` gave).

    Held out is every eighth clip by name (the seventh, fifteenth, ...), or the last 15 % of each when there are
    fewer than seven.
    """

    def __init__(self, proxies: Sequence[Path], split: Split = "train") -> None:
        self._held = split == "held-out"
        clips = [_read_proxy(folder) for folder in proxies]
        if len(clips) >= _FEWEST_TO_HOLD_WHOLE:
            self._clips = [clip for n, clip in enumerate(clips) if (n % 8 == 6) == self._held]
        else:
            self._clips = [_part(clip, self._held) for clip in clips]

    def clip(self, rng: np.random.Generator, frames: int, height: int, width: int) -> TrainingClip:
        """A random crop of running frames (or of every second or third), the actor in it if possible.

        Held-out clips may be shorter than asked for. Raises ``FootageError`` when no clip is long enough.
        """
        longest = max(len(clip) for clip in self._clips)
        if frames > longest and not self._held:
            raise FootageError(
                f"No clip with a matte has {frames} frames to learn from; the longest has {longest}.",
                "Give longer clips, or fewer --frames.",
            )
        frames = min(frames, longest)
        fitting = [clip for clip in self._clips if len(clip) >= frames]
        weights = np.array([len(clip) for clip in fitting], np.float64)
        clip = fitting[int(rng.choice(len(fitting), p=weights / weights.sum()))]
        stride = int(rng.integers(1, min(3, (len(clip) - 1) // max(frames - 1, 1)) + 1))
        start = clip.first + int(rng.integers(len(clip) - (frames - 1) * stride))
        return _window(clip, rng, [start + n * stride for n in range(frames)], height, width)


def _read_proxy(folder: Path) -> _Proxy:
    facts = json.loads((folder / _INDEX).read_text())
    transforms = np.array(facts["transforms"], np.float64)
    return _Proxy(folder, facts["name"], 0, int(facts["frames"]), bool(facts["tracked"]), transforms)


def _part(clip: _Proxy, held: bool) -> _Proxy:
    border = min(int(clip.last * (1 - _HELD_TAIL)), clip.last - 1)
    first, last = (border, clip.last) if held else (0, max(border, 1))
    return _Proxy(clip.folder, clip.name, first, last, clip.tracked, clip.transforms)


def _window(
    clip: _Proxy, rng: np.random.Generator, indices: list[int], height: int, width: int
) -> TrainingClip:
    mattes = [clip.matte(index) for index in indices]
    tall, wide = mattes[0].shape
    rows, columns, y, x = _crop(rng, mattes, height, width)
    mirror = int(rng.choice((-1, 1)))
    method = cv2.INTER_AREA if rows > height else cv2.INTER_CUBIC

    def cut(picture: NDArray[Any]) -> NDArray[Any]:
        square = picture[y : y + rows, x : x + columns][:, ::mirror]
        return np.asarray(cv2.resize(np.ascontiguousarray(square), (width, height), interpolation=method))

    rgb = np.stack([cut(clip.rgb(index)) for index in indices]).astype(np.uint8)
    matte = np.clip(np.stack([cut(one) for one in mattes]), 0, 1).astype(np.float32)
    aside, down = (wide / 2 - x - columns / 2) / rows, (tall / 2 - y - rows / 2) / rows
    to_crop = np.diag([mirror, 1.0, 1.0]) @ np.array(
        [[tall / rows, 0, aside], [0, tall / rows, down], [0, 0, 1]]
    )
    return TrainingClip(
        rgb=rgb,
        background=rgb.copy(),
        matte=matte,
        effect=np.zeros_like(matte),
        transforms=_camera(clip.transforms[indices], to_crop)
        if clip.tracked
        else np.tile(np.eye(3), (len(rgb), 1, 1)),
        name=f"footage {clip.name}",
        tracked=clip.tracked,
        clean=False,
    )


def _crop(
    rng: np.random.Generator, mattes: list[NDArray[np.float32]], height: int, width: int
) -> tuple[int, int, int, int]:
    """Rows, columns, top and left of a crop that keeps half of the actor; of a few tries, else the one with most."""
    whole = np.mean(mattes, axis=0)
    tall, wide = whole.shape
    best, most = (0, 0, 0, 0), -1.0
    for _ in range(_CROPS):
        zoom = min(tall / height, wide / width) * float(rng.uniform(0.6, 1.0))
        rows, columns = int(height * zoom), int(width * zoom)
        y, x = int(rng.integers(tall - rows + 1)), int(rng.integers(wide - columns + 1))
        kept = float(whole[y : y + rows, x : x + columns].sum() / max(whole.sum(), 1e-6))
        if kept > most:
            best, most = (rows, columns, y, x), kept
        if most > _KEPT:
            break
    return best


def _camera(transforms: NDArray[np.float64], to_crop: NDArray[np.float64]) -> NDArray[np.float64]:
    """The clip's camera from the first of these frames to each, in the crop's own unit coordinates."""
    back, start = np.linalg.inv(to_crop), np.linalg.inv(transforms[0])
    return np.stack([normalise(to_crop @ one @ start @ back) for one in transforms])
