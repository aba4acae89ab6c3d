"""Shots by the edit: which frames a cut uses, and the cut again with the layers as media references.

An edit's clip is the shot of that name, or the one whose plate is its media. What the list says of frames gives way.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from ..contract.errors import ActAnywhereError, JobError
from ..contract.files import replace_atomically
from ..contract.job import Job
from ..contract.numbering import stem_of
from ..contract.sequences import find_footage
from ..contract.shot import FrameRange
from ..contract.takes import layer_stem
from ..shotlist import Entry

_FIRST_OF_MOVIE = 1001
_STILL = re.compile(r"([0-9]+)(\.(?:cin|dpx|exr|jpe?g|png|tiff?))$", re.IGNORECASE)


def by_the_edit(
    entries: Sequence[Entry], path: str | os.PathLike[str], handles: int, rate: float | None = None
) -> tuple[list[Entry], list[str]]:
    """The shots of the list that the cut uses, with its frames and ``handles`` on both ends; and what is to be told.

    ``rate``: frames a second of an EDL, which says none itself (left out: 24).
    Raises ``JobError`` where the edit cannot be read, or uses none of the shots.
    """
    used: dict[int, list[Any]] = {}
    warnings = []
    if rate is None and str(path).lower().endswith(".edl"):
        warnings.append(f"{path}: an EDL does not say its rate; 24 frames a second are taken (--edit-rate).")
    for clip in _clips(_read(path, rate)):
        number = _shot_of(clip, entries)
        if number is None:
            warnings.append(
                f"{clip.name or 'a clip without a name'}: no shot of the list has its name or its media."
            )
        else:
            used.setdefault(number, []).append(clip)
    if not used:
        raise JobError(
            f"{path} uses no shot of the list.",
            "Name the shots as the clips are, or give their media as plates.",
        )
    warnings += [
        f"{entry.name}: the edit does not use it." for n, entry in enumerate(entries) if n not in used
    ]
    return [_cut(entries[number], clips, handles, warnings) for number, clips in used.items()], warnings


def write_layers_edit(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    shots: Sequence[tuple[str, Job, FrameRange]],
    rate: float | None = None,
) -> None:
    """The edit with each shot's layer as its clip's active media; the plate stays as the other. Raises ``OutputError``.

    ``shots`` are names, jobs and rendered frames.
    """
    otio = _otio()
    timeline = _read(source, rate)
    entries = [Entry(name, job) for name, job, _ in shots]
    for clip in _clips(timeline):
        number = _shot_of(clip, entries)
        if number is not None:
            _, job, frames = shots[number]
            references = dict(clip.media_references())
            references[job.settings.layer] = _layer_reference(clip, job, frames)
            clip.set_media_references(references, job.settings.layer)
    replace_atomically(str(target), lambda temporary: otio.adapters.write_to_file(timeline, temporary))


def _otio() -> Any:
    try:
        import opentimelineio
    except ImportError as error:
        raise JobError(
            "An edit is read with OpenTimelineIO, which is not here.", "pip install 'actanywhere[edit]'"
        ) from error
    return opentimelineio


def _read(path: str | os.PathLike[str], rate: float | None = None) -> Any:
    otio = _otio()
    given = {} if rate is None or not str(path).lower().endswith(".edl") else {"rate": rate}
    try:
        found = otio.adapters.read_from_file(str(path), **given)
    except OSError as error:
        raise JobError(
            f"{path} cannot be read: {error.strerror or error}.", "Give an edit's file."
        ) from error
    except Exception as error:  # each adapter has its own
        raise JobError(
            f"{path} cannot be read as an edit: {error}.",
            "Give .otio, or .edl, .xml or .aaf with its adapter: pip install 'actanywhere[edit]'.",
        ) from error
    if isinstance(found, otio.schema.Timeline):
        return found
    timelines = found.find_children(descended_from_type=otio.schema.Timeline)
    if len(timelines) != 1:
        names = ", ".join(one.name for one in timelines)
        raise JobError(f"{path} holds {len(timelines)} sequences: {names or 'none'}.", "Export one of them.")
    return timelines[0]


def _clips(timeline: Any) -> Iterator[Any]:
    """Every clip of picture, in the order of the cut."""
    otio = _otio()
    for track in timeline.video_tracks():
        yield from track.find_children(descended_from_type=otio.schema.Clip)


def _shot_of(clip: Any, entries: Sequence[Entry]) -> int | None:
    named = [n for n, entry in enumerate(entries) if clip.name and entry.name == clip.name]
    media = _media(clip)
    same = [
        n
        for n, entry in enumerate(entries)
        if entry.job is not None and media and _place(entry.job.shot.plate.path) == media
    ]
    return next(iter([*named, *same]), None)


def _media(clip: Any) -> tuple[str, str] | None:
    otio, reference = _otio(), clip.media_reference
    if isinstance(reference, otio.schema.ImageSequenceReference):
        return _place(
            _path(reference.target_url_base) + "/" + reference.name_prefix + "####" + reference.name_suffix
        )
    url = getattr(reference, "target_url", "")
    return _place(_STILL.sub(r"####\2", _path(url))) if url else None


def _first_still(reference: Any) -> int | None:
    """The number of the file, where an edit names a sequence by one of its files."""
    found = _STILL.search(_path(getattr(reference, "target_url", "")))
    return int(found[1]) if found else None


def _place(path: str) -> tuple[str, str]:
    """What two spellings of one sequence share: its folder and its name without the number."""
    return os.path.realpath(os.path.dirname(path)), stem_of(path)


def _path(url: str) -> str:
    parts = urlparse(url)
    return unquote(parts.path) if parts.scheme == "file" else url


def _cut(entry: Entry, clips: Sequence[Any], handles: int, warnings: list[str]) -> Entry:
    """The entry with the frames that all of its clips use together."""
    if entry.job is None:
        return entry
    try:
        ranges = [_used(clip, entry, warnings) for clip in clips]
        wanted = FrameRange(min(r.first for r in ranges) - handles, max(r.last for r in ranges) + handles)
        there = find_footage(entry.job.shot.plate).frames
        frames = wanted
        if there is not None:
            frames = FrameRange(max(wanted.first, there.first), min(wanted.last, there.last))
            if frames != wanted:
                warnings.append(
                    f"{entry.name}: {wanted} with handles; the plate has {there}, so {frames} is rendered."
                )
        job = dataclasses.replace(entry.job, shot=dataclasses.replace(entry.job.shot, frames=frames))
        return Entry(entry.name, job)
    except ActAnywhereError as error:
        return Entry(entry.name, error=error)


def _used(clip: Any, entry: Entry, warnings: list[str]) -> FrameRange:
    """The host's frames of the plate that a clip shows, its retime undone."""
    assert entry.job is not None
    source = clip.trimmed_range()
    scalar, retime = _retime(clip)
    if scalar is None:
        return _whole(entry, retime, warnings)
    if retime:
        warnings.append(
            f"{entry.name}: {retime} in the edit. The frames that it takes are rendered, unretimed."
        )
    start = source.start_time.value
    count = max(1, math.ceil(source.duration.value * abs(scalar) - 1e-6))
    first = math.floor(start + 1e-6)
    if scalar < 0:  # programs differ: backwards from the first frame, or from the last down to it
        first, count = first - count + 1, 2 * count - 1
    offset = _frame_of_time_0(clip, entry.job)
    return FrameRange(first + offset, first + offset + count - 1)


def _whole(entry: Entry, retime: str, warnings: list[str]) -> FrameRange:
    """All that the plate has: which frames such a clip takes cannot be known."""
    assert entry.job is not None
    there = find_footage(entry.job.shot.plate).frames
    if there is None:
        raise JobError(
            f"It is {retime} in the edit, which is not read.", "Bake the retime, and export it again."
        )
    warnings.append(
        f"{entry.name}: {retime} in the edit, which is not read. The whole plate is rendered, unretimed."
    )
    return there


def _retime(clip: Any) -> tuple[float | None, str]:
    """How fast it runs, None where that is not known; and what to tell."""
    otio = _otio()
    scalar: float | None = 1.0
    warnings = ""
    for effect in clip.effects:
        if isinstance(effect, otio.schema.FreezeFrame):
            scalar, warnings = 0.0, "frozen"
        elif isinstance(effect, otio.schema.LinearTimeWarp):
            scalar, warnings = effect.time_scalar, f"retimed to {100 * effect.time_scalar:.4g} %"
        elif isinstance(effect, otio.schema.TimeEffect) or _remaps(effect):
            return None, f"retimed by '{effect.effect_name or effect.name}'"
    return scalar, warnings


def _remaps(effect: Any) -> bool:
    """Whether it is the time remap of an FCP XML, which its adapter hands on as any effect."""
    return str(dict(effect.metadata.get("fcp_xml", {})).get("effectid", "")).lower() == "timeremap"


def _frame_of_time_0(clip: Any, job: Job) -> int:
    """What is added to a time of the clip's media, in frames, to get the host's number of that frame."""
    otio, reference, plate = _otio(), clip.media_reference, job.shot.plate
    available = reference.available_range if reference is not None else None
    begin = 0 if available is None else round(available.start_time.value)
    if isinstance(reference, otio.schema.ImageSequenceReference):
        return int(reference.start_frame) - begin
    footage = find_footage(plate)
    if footage.kind == "movie":
        return (plate.first_frame or _FIRST_OF_MOVIE) - begin
    if available is None:  # an EDL's times are all that is known of its media
        return 0
    if (number := _first_still(reference)) is not None:
        return number - begin
    return (footage.frames.first if footage.frames is not None else _FIRST_OF_MOVIE) - begin


def _layer_reference(clip: Any, job: Job, frames: FrameRange) -> Any:
    otio = _otio()
    rate = clip.trimmed_range().start_time.rate
    time = otio.opentime.RationalTime
    first = frames.first - _frame_of_time_0(clip, job)
    return otio.schema.ImageSequenceReference(
        target_url_base=Path(job.output).absolute().as_uri() + "/",
        name_prefix=layer_stem(job) + ".",
        name_suffix=".exr",
        start_frame=frames.first,
        frame_step=1,
        rate=rate,
        frame_zero_padding=4,
        available_range=otio.opentime.TimeRange(time(first, rate), time(len(frames), rate)),
    )
