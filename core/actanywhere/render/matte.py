"""A shot's matte as files, from the plate alone: followed in small pictures, its edge drawn at the plate's own size."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np

from ..camera.fields import Fields, Rows
from ..contract.errors import JobError, ModelError
from ..contract.files import make_folder, replace_atomically
from ..contract.numbering import named_after, numbered_name
from ..contract.shot import FrameRange, ImageSequence
from ..footage import Counted, Plate, compact, open_plate, to_display, unheard, write_exr_frame
from ..models import missing_network
from ..seeing.follow_still import bring, overlap
from ..seeing.matte_edge import GuidedEdge, band_rows, steadied
from ..seeing.mover import most_prominent
from ..seeing.protocol import Follow, Followed, Hint, Picture, Subject
from .lock import lock_folder
from .matte_doubts import Doubts
from .matte_note import WORK, check_note, claim_folder, files_of, identity_of, read_note, why_anew, write_note
from .matte_prompts import Prompts, read_prompts
from .matte_readers import (
    INSTEAD,
    MatteReaders,
    edge_here,
    edge_network,
    lacks_follow,
    matte_readers,
    source_of,
)
from .progress import JobProgress, Stage
from .proxies import field_rows

_LOOKING, _FOLLOWING, _EDGES = "looking for the actor", "following the actor", "drawing the edge"
_SIDE = 960
"""Pixels of the longer side in which the actor is followed."""
_UNSURE, _LOST, _SAME = 0.45, 0.25, 0.25
"""How sure a frame is below which it is told, and below which the actor is lost; from which overlap the ways forth and
back are after the same actor.
"""
_BACK = "_back"
"""Marks what was found on the way back, in the work folder."""
_EDGE_COST = 2.5e-7
"""Seconds a pixel, guessed until the first edges are drawn."""
_LOOKS, _SOON = 5, 3
"""Frames in which the most prominent mover is looked for, and frames on to see them move."""


@dataclass(frozen=True)
class MatteJob:
    """Of which plate, who is meant, and where the matte goes. ``frames`` None: all that the plate has."""

    plate: ImageSequence
    output: str
    frames: FrameRange | None = None
    prompts: Prompts = field(default_factory=Prompts)


@dataclass(frozen=True)
class MadeMatte:
    """A written matte: the ``pattern`` of its frames, those it is ``unsure`` of, who made it, what is to be said."""

    pattern: str
    frames: FrameRange
    unsure: list[int]
    source: str
    warnings: list[str]


def matte_stages() -> list[Stage]:
    """The work on a matte; of how many frames, is said as it is known."""
    return [Stage(_LOOKING, 0, 2.0), Stage(_FOLLOWING, 1, 2.0), Stage(_EDGES, 1, 0.5)]


def survey_matte(job: MatteJob, counted: Counted = unheard) -> list[str]:
    """What would be done, in lines; everything is checked, nothing written. Raises as ``write_matte``."""
    with open_plate(job.plate, job.frames, counted=counted) as plate:
        hints = read_prompts(job.prompts, plate, _size(plate))
        edge, failing = edge_network()
        source = source_of(edge.entry.name if edge else GuidedEdge.name)
        led = f"led by frames {compact(sorted(hints))}" if hints else "of the most prominent mover"
        check_note(Path(job.output), identity_of(job.plate, plate.frames, source))
        anew = why_anew(read_note(Path(job.output)), job.prompts, files_of(job.plate, plate.frames))
        lines = [f"would read   {plate.path}, frames {plate.frames}"]
        lines += [f"would write  {_pattern(job, plate)}, {led}, by {source}"]
        return lines + [f"warning: {one}" for one in [*plate.warnings, *lacks_follow(), *failing, *anew]]


def write_matte(job: MatteJob, progress: JobProgress) -> MadeMatte:
    """Write the matte of the actor: EXR frames ``<plate>_matte.####.exr`` in the plate's own numbers, channel ``A``.

    Frames that are there are kept: the same job goes on, with the same bytes. One with other prompts, or of a plate
    whose files are others by now, is made again; what the network said of the same pictures is kept. Raises
    ``FootageError``, ``JobError``, ``ModelError``, ``OutputError``, ``Cancelled``.
    """
    with open_plate(job.plate, job.frames, counted=progress.counted) as plate:
        hints = read_prompts(job.prompts, plate, _size(plate))
        edge, failing = edge_here()
        source = source_of(edge.name)
        folder, identity = Path(job.output), identity_of(job.plate, plate.frames, source)
        check_note(folder, identity)
        make_folder(str(folder / WORK))
        with lock_folder(folder):
            files = files_of(job.plate, plate.frames)
            anew = claim_folder(folder, identity, job.prompts, files)
            readers = matte_readers(folder / WORK, edge)
            made = _Making(job, plate, folder, readers, progress)
            unsure = made.follow(hints or made.prominent())
            made.edges()
            write_note(folder, identity, job.prompts, files, unsure)
    warnings = [*plate.warnings, *readers.warnings, *failing, *made.warnings]
    return MadeMatte(_pattern(job, plate), plate.frames, unsure, source, warnings + anew)


class _Making:
    """A matte in the making: pictures of the plate as they are needed, and few of them at a time."""

    def __init__(
        self, job: MatteJob, plate: Plate, folder: Path, readers: MatteReaders, progress: JobProgress
    ) -> None:
        self._job, self._plate, self._readers, self._progress = job, plate, readers, progress
        self._edge, self._follow = readers.edge, list(readers.follow)
        self._follower: Follow | None = None
        self._failed: ModelError | None = None
        self._instead: list[int] = []
        self._both_ways: set[int] = set()
        self._done = self._due = 0
        self.warnings: list[str] = []
        self._work = folder / WORK
        self._scale = plate.info.width / _size(plate)[1]
        self._alpha = lru_cache(3)(self._refined)
        self._seen = lru_cache(4)(self._looked_at)
        self._read = lru_cache(1)(plate.read)

    def prominent(self) -> dict[int, Hint]:
        """Who is meant where nobody pointed, in the frame that shows them best."""
        frames = self._plate.frames
        if self._readers.subjects is None:
            raise JobError(
                "Nobody said who is meant.",
                f"Give --box or --click. To find the most prominent mover: {missing_network('subjects')}",
            )
        last = max(frames.first, frames.last - _SOON)
        looked = sorted({round(at) for at in np.linspace(frames.first, last, _LOOKS).tolist()})
        pairs = ((self._small(f), self._small(min(frames.last, f + _SOON))) for f in looked)
        self._progress.plan(_LOOKING, len(looked))
        self._progress.reach(_LOOKING, 0)
        best = most_prominent(self._counted(self._readers.subjects), list(pairs))
        if best is None:
            raise JobError(
                f"Nobody stands out in frames {compact(looked)}.",
                "Say who is meant: --box x,y,width,height@frame.",
            )
        return {looked[best[0]]: Hint(goes=best[1])}

    def _counted(self, find: Callable[[Picture], list[Subject]]) -> Callable[[Picture], list[Subject]]:
        """Each picture that is looked at is told, and may be the last."""
        done = 0

        def look(picture: Picture) -> list[Subject]:
            nonlocal done
            found, done = find(picture), done + 1
            self._progress.reach(_LOOKING, done)
            self._progress.watch(_LOOKING).check()
            return found

        return look

    def _plan(self) -> None:
        """What is there already is no work, and no measure of it."""
        frames, pixels = self._plate.frames, self._plate.info.width * self._plate.info.height
        self._due = sum(self._kept(frame) is None for frame in frames)
        self._progress.plan(_FOLLOWING, self._due)
        drawn = sum(self._path(frame).is_file() for frame in frames)
        self._progress.plan(_EDGES, len(frames) - drawn, _EDGE_COST * pixels)
        self._progress.reach(_FOLLOWING, 0)

    def follow(self, hints: dict[int, Hint]) -> list[int]:
        """The coarse masks of all frames, kept in the work folder; gives the frames that are unsure."""
        sure: dict[int, float] = {}
        self._plan()
        for stretch in _stretches(self._plate.frames, list(hints)):
            kept = {frame: self._kept(frame) for frame in stretch}
            seen = stretch[0], hints[stretch[0]]
            for number, frame in enumerate(stretch):
                one, new = kept[frame], kept[frame] is None
                if one is None or any(other is None for other in kept.values()):
                    one = self._followed(frame, *seen)
                    if number == 0 and not (one.mask > 0.5).any():
                        raise JobError(
                            f"Nothing was found where the prompts point in frame {frame}.",
                            "Draw the box around the whole actor, or give a rough --matte of this frame.",
                        )
                    self._keep(frame, one)
                    seen = (frame, Hint(goes=one.mask)) if (one.mask > 0.5).any() else seen
                sure[frame] = one.sure
                self._step(new)
            self._go_back(stretch, sure)
        if self._failed is not None:
            self.warnings.append(
                f"{self._failed.message} The network for stills follows the actor instead in frames "
                f"{compact(sorted(set(self._instead)))}: give another folder to have them as the others. "
                f"{self._failed.remedy}"
            )
        return sorted(self._gone_over({frame for frame, how in sure.items() if how < _UNSURE}))

    def _gone_over(self, unsure: set[int]) -> set[int]:
        """The ``unsure``, and others whose matte is doubtful; these are told, and a plate woven of fields."""
        doubts, fields = Doubts(unsure), Fields()
        for frame in self._plate.frames:
            fields.add(self._seen(frame)[2])
            doubts.look_at(frame, self._small(frame), self._settled(frame).mask)
            self._progress.watch(_FOLLOWING).check()
        self.warnings += fields.warnings(self._plate.frames.first) + doubts.warnings()
        return unsure | doubts.frames

    def _step(self, new: bool) -> None:
        """One more frame is followed, or was gone over again."""
        self._done += new
        if not new or self._done == 1:  # gone over again; or the network was loaded for it
            self._progress.warm(_FOLLOWING, int(new))
        self._progress.reach(_FOLLOWING, self._done)
        self._progress.watch(_FOLLOWING).check()

    def _go_back(self, stretch: list[int], sure: dict[int, float]) -> None:
        """Go over the frames about those where they were lost: back from the next sure frame to the last one before.

        What is found on the way counts where it comes out at the same actor, and not at somebody who looks like them.
        """
        doubted, before = [], stretch[0]
        for frame in stretch[1:]:
            if sure[frame] < _UNSURE:
                doubted.append(frame)
                continue
            one = self._kept(frame)
            lost = any(sure[other] < _LOST for other in doubted)
            if lost and one is not None and (one.mask > 0.5).any():
                self._follow_back(frame, one, [*reversed(doubted), before])
                ends = self._kept(before), self._kept(before, _BACK)
                if ends[0] and ends[1] and overlap(ends[0].mask, ends[1].mask) >= _SAME:
                    self._both_ways.update(doubted)
            doubted, before = [], frame

    def _follow_back(self, frame: int, one: Followed, way: list[int]) -> None:
        """Follow the actor from ``frame`` along frames before it; kept beside what was found on the way forth."""
        if all(self._kept(before, _BACK) is not None for before in way):
            return
        self._due += len(way)
        self._progress.plan(_FOLLOWING, self._due)
        seen = frame, Hint(goes=one.mask)
        self._followed(frame, *seen)
        for before in way:
            back = self._followed(before, *seen)
            self._keep(before, back, _BACK)
            seen = (before, Hint(goes=back.mask)) if (back.mask > 0.5).any() else seen
            self._step(True)

    def _settled(self, frame: int) -> Followed:
        """What counts in a frame: what was surely found on the way back where the actor was lost on the way forth."""
        one = self._kept(frame)
        assert one is not None
        back = self._kept(frame, _BACK) if frame in self._both_ways and one.sure < _LOST else None
        return one if back is None or back.sure < _UNSURE else back

    def _followed(self, frame: int, seen: int, hint: Hint) -> Followed:
        """The actor in a frame, followed on from frame ``seen``, which ``hint`` tells of, or begun with there.

        The network for stills takes over from one that cannot be run. Raises ``ModelError`` where there is none.
        """
        while True:
            try:
                if self._follower is None:
                    self._follower = self._follow[0]()
                    if seen != frame:
                        self._follower.start(self._small(seen), hint)
                picture = self._small(frame)
                one = self._follower.start(picture, hint) if seen == frame else self._follower.step(picture)
                self._instead += [frame] if self._failed else []
                return one
            except ModelError as error:
                if len(self._follow) == 1:
                    told = (
                        f"{error.message} It was to follow the actor in frame {frame}; what is done is kept."
                    )
                    raise ModelError(told, error.remedy) from error
                del self._follow[0]
                self._follower, self._failed = None, error

    def edges(self) -> None:
        """Every frame's matte at the plate's own size, written."""
        frames, done = self._plate.frames, 0
        for frame in frames:
            path = self._path(frame)
            if not path.is_file():
                around = [f for f in (frame - 1, frame + 1) if frames.first <= f <= frames.last]
                now = self._small(frame)
                brought = [bring(self._small(other), self._alpha(other), now) for other in around]
                alpha = steadied(self._alpha(frame), brought)
                write_exr_frame(str(path), {"A": alpha}, self._plate.info, self._seen(frame)[1])
                done += 1
            self._progress.reach(_EDGES, done, str(path))
            self._progress.watch(_EDGES).check()

    def _path(self, frame: int) -> Path:
        return Path(numbered_name(_pattern(self._job, self._plate), frame))

    def _small(self, frame: int) -> Picture:
        return self._seen(frame)[0]

    def _looked_at(self, frame: int) -> tuple[Picture, dict[str, Any], Rows]:
        """The frame (h, w, 3) as a display sees it, small, its metadata, and what tells its fields."""
        own, space = self._read(frame), self._plate.info.space
        height, width = _size(self._plate)
        small = cv2.resize(own.pixels, (width, height), interpolation=cv2.INTER_AREA)
        small = to_display(np.ascontiguousarray(small, np.float32), space)
        return small, own.attributes, field_rows(own.pixels, space)

    def _refined(self, frame: int) -> Picture:
        """The frame's alpha (H, W), before it is steadied."""
        one = self._settled(frame)
        info = self._plate.info
        larger = cv2.resize(one.mask, (info.width, info.height), interpolation=cv2.INTER_CUBIC)
        coarse = np.asarray(np.clip(larger, 0, 1), np.float32)
        room = 16 * max(1, round(self._scale))
        rows = band_rows(coarse)
        alpha = (coarse > 0.5).astype(np.float32)
        if rows.stop > rows.start:
            seen = slice(max(0, rows.start - room), min(info.height, rows.stop + room))
            pixels = np.ascontiguousarray(self._read(frame).pixels[seen])
            picture = np.clip(to_display(pixels, info.space), 0, 1)
            alpha[seen] = self._drawn(frame, np.asarray(picture, np.float32), coarse[seen])
        return alpha

    def _drawn(self, frame: int, picture: Picture, coarse: Picture) -> Picture:
        """The edge of a part of a frame; by the guided filter from the frame on where a network cannot be run."""
        coarse = np.ascontiguousarray(coarse)
        try:
            return self._edge.of(picture, coarse, self._scale)
        except ModelError as error:
            frames = compact([one for one in self._plate.frames if one >= frame])
            self.warnings.append(
                f"{error.message} {INSTEAD} in frames {frames}: remove these files and run it again to have them as "
                f"the others. {error.remedy}"
            )
            self._edge = GuidedEdge()
        return self._edge.of(picture, coarse, self._scale)

    def _keep(self, frame: int, one: Followed, way: str = "") -> None:
        mask = np.round(np.clip(one.mask, 0, 1) * 65535).astype(np.uint16)

        def put(path: str) -> None:
            with open(path, "wb") as stream:
                np.savez_compressed(stream, mask=mask, sure=np.float64(one.sure))

        replace_atomically(str(self._work / f"{frame}{way}.npz"), put)

    def _kept(self, frame: int, way: str = "") -> Followed | None:
        path = self._work / f"{frame}{way}.npz"
        with suppress(OSError, ValueError, KeyError, EOFError, BadZipFile), np.load(path) as kept:
            return Followed(kept["mask"].astype(np.float32) / 65535, float(kept["sure"]))
        return None


def _stretches(frames: FrameRange, led: list[int]) -> list[list[int]]:
    """Frames in the order in which the actor is followed: on from each hint to the next, and back from the first."""
    ends = [*led[1:], frames.last + 1]
    found = [list(range(start, end)) for start, end in zip(led, ends, strict=True)]
    if led[0] > frames.first:
        found.append(list(range(led[0], frames.first - 1, -1)))
    return found


def _size(plate: Plate) -> tuple[int, int]:
    """Height and width of the pictures in which the actor is followed."""
    scale = min(1.0, _SIDE / max(plate.info.width, plate.info.height))
    return max(1, round(plate.info.height * scale)), max(1, round(plate.info.width * scale))


def _pattern(job: MatteJob, plate: Plate) -> str:
    return str(Path(job.output) / named_after(plate.path, "matte"))
