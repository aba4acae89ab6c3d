"""What is told of given mattes, made by hand and damaged on purpose, with a network and without.

Every shot is looked at as a render looks at it. The network is the subject network of this machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.engines.protocol import Watch
from actanywhere.footage import open_matte, open_plate
from actanywhere.render.clip import Clip
from actanywhere.render.matte_check import Damage, check_matte
from actanywhere.render.matte_edges import late_by_edges
from actanywhere.render.matte_look import Look
from actanywhere.render.matte_seen import Seen, look_at_matte
from actanywhere.render.preflight import model_size
from actanywhere.render.proxies import read_proxies, resize
from actanywhere.seeing.cache import Answers
from actanywhere.seeing.readers import Readers, find_networks
from actanywhere.user_folders import cache_folder

from .machine import describe
from .records import Figure, Record

__all__ = ["DAMAGES", "measure_given"]

Mattes = list[NDArray[np.float32]]


def measure_given(folders: Sequence[Path], command: str) -> Iterator[Record]:
    """Damage the ``matte`` of each folder in every way, and count the shots of which that is told.

    A folder has ``plate/`` or ``plate.mp4``, and ``matte/`` of the same frames.
    """
    readers = Readers(find_networks(), Answers(cache_folder() / "benchmarks"))
    if readers.subjects is None:
        raise SystemExit(f"A subject network is needed. {readers.lacks('subjects')}")
    told: dict[str, list[tuple[str, set[str], set[str]]]] = {name: [] for name in ("undamaged", *DAMAGES)}
    for folder in folders:
        shot = _Shot(folder)
        for name in told:
            mattes = shot.mattes if name == "undamaged" else DAMAGES[name][1](shot.mattes)
            if mattes is None:
                continue
            found = shot.told(mattes, readers)
            told[name].append((shot.name, *found))
            print(f"{shot.name}, {name}: {' '.join(sorted(found[1])) or 'nothing'}", flush=True)
    for name, shots in told.items():
        due = DAMAGES[name][0] if name in DAMAGES else set()
        yield Record(
            "given mattes",
            name,
            (
                Figure("shots", len(shots)),
                Figure("told without the network", _count(shots, 1, due)),
                Figure("told with it", _count(shots, 2, due)),
                Figure("other things told", sum(bool(one[2] - due) for one in shots)),
            ),
            command,
            describe(),
        )


def _count(shots: Sequence[tuple[str, set[str], set[str]]], which: int, due: set[str]) -> int:
    return sum(bool(one[which] & due) if due else bool(one[which]) for one in shots)


class _Shot:
    """A shot in memory, as a render reads it."""

    def __init__(self, folder: Path) -> None:
        self.name, plate = folder.name, folder / "plate.mp4"
        movie = str(plate) if plate.is_file() else _sequence(folder / "plate")
        with open_plate(ImageSequence(movie)) as opened:
            with open_matte(Matte(_sequence(folder / "matte")), opened) as matte:
                pairs = [read_proxies(opened, matte, Settings(), frame) for frame in opened.frames]
            self.frames, self.aspect = opened.frames, opened.info.aspect
        self.pictures, self.mattes = ([pair[which] for pair in pairs] for which in (0, 1))
        self._size = model_size(256 * 256, self.aspect, 64)
        self._rgb = [np.round(resize(one, *self._size) * 255).astype(np.uint8) for one in self.pictures]

    def told(self, mattes: Mattes, readers: Readers) -> tuple[set[str], set[str]]:
        """What is told of these mattes, without the network and with it."""
        frames = FrameRange(self.frames.first, self.frames.first + len(mattes) - 1)
        codes = [np.round(resize(one, *self._size) * 255).astype(np.uint8) for one in mattes]
        clip = Clip(frames, np.stack(self._rgb[: len(mattes)]), np.stack(codes), self.aspect)
        late = late_by_edges(clip)[0]
        without = _kinds_of(check_matte(clip)) | ({"late" if late > 0 else "early"} if late else set())

        def see(picture: NDArray[np.float32]) -> NDArray[np.float32]:
            found = readers.mask_of(picture)
            assert found is not None
            return found

        look = Look(
            len(mattes), lambda k: codes[k] / np.float32(255), lambda k: self.pictures[k], see, "network"
        )
        return without, without | _kinds_seen(look_at_matte(look, Watch()))


def _kinds_of(damage: Damage) -> set[str]:
    return {name for name, one in (("missing", damage.holes + damage.ends), ("still", damage.late)) if one}


def _kinds_seen(seen: Seen) -> set[str]:
    kinds = {
        "missing": seen.lacks,
        "late": seen.late > 0,
        "early": seen.late < 0,
        "somebody": seen.other,
        "turned": seen.turned,
    }
    return {name for name, one in {**kinds, "empty": seen.empty}.items() if one}


def _in_middle(
    mattes: Mattes, frames: int, change: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> Mattes:
    begin = (len(mattes) - frames) // 2
    return [change(one) if begin <= k < begin + frames else one for k, one in enumerate(mattes)]


def _with_hole(matte: NDArray[np.float32]) -> NDArray[np.float32]:
    """A disc where the actor is thickest."""
    deep = cv2.distanceTransform((matte > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.unravel_index(int(deep.argmax()), deep.shape)
    made = matte.copy()
    cv2.circle(made, (int(x), int(y)), max(2, round(0.8 * float(deep.max()))), 0.0, -1)
    return made


def _below(share: float) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Legs off, from ``share`` of the actor's height down."""

    def cut(matte: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = np.flatnonzero((matte > 0.5).any(1))
        made = matte.copy()
        if len(rows):
            made[round(rows[0] + share * len(rows)) :] = 0
        return made

    return cut


def _without_limb(matte: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the largest part that is thin: an arm, a leg."""
    inside = (matte > 0.5).astype(np.uint8)
    deep = float(cv2.distanceTransform(inside, cv2.DIST_L2, 5).max())
    side = 2 * max(1, round(0.6 * deep)) + 1
    body = cv2.morphologyEx(
        inside, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    )
    count, labels, facts, _ = cv2.connectedComponentsWithStats(inside & ~body)
    made = matte.copy()
    if count > 1:
        limb = (labels == 1 + int(facts[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
        made[cv2.dilate(limb, np.ones((5, 5), np.uint8)) > 0] = 0
    return made


def _shifted(late: int) -> Callable[[Mattes], Mattes | None]:
    def shift(mattes: Mattes) -> Mattes:
        if late < 0:  # a range further on, of as many frames as both have
            return mattes[-late:]
        return [mattes[max(0, k - late)] for k in range(len(mattes))]

    return shift


def _another_range(mattes: Mattes) -> Mattes | None:
    return mattes[len(mattes) // 4 :]


def _half_gone(mattes: Mattes) -> Mattes | None:
    """Without the smaller of two parts that stand apart, in all frames; None where there is one."""
    made, parts = [], []
    for matte in mattes:
        _, labels, facts, _ = cv2.connectedComponentsWithStats((matte > 0.5).astype(np.uint8))
        large = 1 + np.argsort(-facts[1:, cv2.CC_STAT_AREA])
        large = [one for one in large if facts[one, cv2.CC_STAT_AREA] > 0.2 * (matte > 0.5).sum()]
        parts.append(len(large) > 1)
        made.append(np.where(labels == large[-1], np.float32(0), matte) if len(large) > 1 else matte)
    return made if np.mean(parts) > 0.5 else None


def _limb(matte: NDArray[np.float32]) -> float:
    return float(((matte > 0.5) & (_without_limb(matte) < 0.5)).sum()) / max(1, int((matte > 0.5).sum()))


def _arm(frames: int) -> Callable[[Mattes], Mattes | None]:
    """None where no limb is as large as to be told of."""

    def cut(mattes: Mattes) -> Mattes | None:
        enough = len(mattes) >= 2 * frames and _limb(mattes[len(mattes) // 2]) > 0.02
        return _in_middle(mattes, frames, _without_limb) if enough else None

    return cut


DAMAGES: dict[str, tuple[set[str], Callable[[Mattes], Mattes | None]]] = {
    "a hole, 5 frames": ({"missing"}, lambda mattes: _in_middle(mattes, 5, _with_hole)),
    "a limb off, 5 frames": ({"missing"}, _arm(5)),
    "legs off, 5 frames": ({"missing"}, lambda mattes: _in_middle(mattes, 5, _below(0.75))),
    "legs off, 12 frames": (
        {"missing"},
        lambda mattes: _in_middle(mattes, 12, _below(0.75)) if len(mattes) > 24 else None,
    ),
    "legs off, first 4 frames": (
        {"missing"},
        lambda mattes: [_below(0.75)(one) if k < 4 else one for k, one in enumerate(mattes)],
    ),
    "1 frame late": ({"late"}, _shifted(1)),
    "2 frames late": ({"late"}, _shifted(2)),
    "1 frame early": ({"early"}, _shifted(-1)),
    "another range, a quarter on": ({"early"}, _another_range),
    "empty, 5 frames": ({"empty"}, lambda mattes: _in_middle(mattes, 5, np.zeros_like)),
    "turned by 180 degrees": (
        {"turned"},
        lambda mattes: [np.ascontiguousarray(one[::-1, ::-1]) for one in mattes],
    ),
    "one of two erased": ({"somebody"}, _half_gone),
}
"""What is to be told of each, and the damage; it gives None where a shot is not for it."""


def _sequence(folder: Path) -> str:
    """The pattern of the numbered files in a folder."""
    first = min(path.name for path in folder.iterdir())
    return str(folder / re.sub(r"\d+(?=\.\w+$)", lambda found: "#" * len(found[0]), first))
