"""A job rendered: preflight, scene, conditioning, painting, delivery, result.

The footage is read once, judged and tracked; the camera is chosen; the network paints one window after the other,
each going on from the one before; every painted frame is brought to plate size and written at once.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..camera.space import SpaceTrack
from ..contract.job import DecisionRecord, Job, Progress, Result
from ..contract.shot import ImageSequence
from ..engines.find import Engines
from ..engines.protocol import EngineRequest, FrameConditioning, Painted, Painter, Watch, Window
from ..footage import HALF_MAX, digest, write_png
from ..models import Found
from ..seeing.cache import Answers
from ..seeing.readers import Readers
from .camera import Solving, asks_solve, deliver_camera
from .conditioning import ShotConditioning
from .decision_records import decisions_of
from .deliver import count_display_frames, deliver_display_files
from .folder import OutputFolder
from .match import choose_match
from .matte_seen import ASKED
from .place import BY_ARTIST, look_ahead
from .preflight import Inputs, beside_of, open_inputs
from .progress import JobProgress, Stage
from .resume import PaintedWindows
from .scene import Scene, read_scene
from .shadow import asks_pull
from .shutter import choose_shutter
from .windows import plan_windows
from .writing import LayerWriter

(
    _CHECKING,
    _READING,
    _SOLVING,
    _PULLING,
    _FILLING,
    _LOADING,
    _PREPARING,
    _PAINTING,
    _DECODING,
    _WRITING,
    _LOOKING,
    _SEARCHING,
    _DISPLAY,
) = (
    "checking footage",
    "reading footage",
    "solving the camera",
    "pulling from the plate",
    "filling the place",
    "loading the model",
    "preparing frames",
    "painting",
    "decoding frames",
    "writing the layer",
    "looking at the matte",
    "looking for slits",
    "writing display files",
)
_DISPLAY_REMEDY = "The layer is finished; the same job goes on with its display files."
_LIBRARIES = (
    "torch",
    "diffusers",
    "transformers",
    "onnxruntime",
    "numpy",
    "opencv-contrib-python-headless",
    "OpenImageIO",
    "opencolorio",
)


def render(
    job: Job,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    engines: Engines,
    networks: Mapping[str, Found] | None = None,
) -> Result:
    """Render ``job``; its finished frames are kept whatever happens, and the same job goes on from them.

    ``networks`` are those to read pictures with, by role; None for those that are here.
    Raises an ``ActAnywhereError`` before anything is computed when the job cannot be rendered, ``Cancelled`` when
    ``cancelled()`` turned true.
    """
    progress = JobProgress(report, cancelled, [Stage(_CHECKING, 1, 0.02)])
    with open_inputs(job, engines, networks, progress.counted) as inputs:
        output = OutputFolder(job, inputs.frames)
        output.check()
        with output.held():
            finished = output.result()
            stages = [Stage(_CHECKING, len(inputs.frames), 0.02)]
            stages += [] if finished is not None else _stages(inputs)
            if count := count_display_frames(inputs, output):
                stages.append(Stage(_DISPLAY, count, 0.15))
            progress.begin(stages)
            digests = _digests(inputs, progress.watch(_CHECKING))
            output.claim(digests, inputs.digest)
            if finished is None:
                finished = _render(inputs, output, digests, progress)
                output.finish(finished)
            output.let_go()  # in a folder found finished too: the one who finished it may have been killed before this
            watch = progress.watch(_DISPLAY, remedy=_DISPLAY_REMEDY)
            deliver_display_files(inputs, output, watch)
            return finished


def _windows(inputs: Inputs) -> list[Window]:
    frames, resolved = len(inputs.frames), inputs.resolved
    if resolved.window is None:
        return [Window(0, frames, 0)]
    return plan_windows(frames, resolved.window, resolved.overlap)


def _stages(inputs: Inputs) -> list[Stage]:
    frames = len(inputs.frames)
    solving = [Stage(_SOLVING, 100, 0.015 * frames, "parts")] if asks_solve(inputs) else []
    settings = inputs.job.settings
    asked = 0.02 * min(frames, ASKED) if "subjects" in inputs.networks else 0.001 * frames
    pulls = asks_pull(settings) + settings.interaction
    pulling = [Stage(_PULLING, pulls * frames, 0.5)] if pulls else []
    return [
        Stage(_READING, frames, 0.1),
        *solving,
        *pulling,
        Stage(_FILLING, 100, 0.05, "parts"),
        Stage(_LOADING, 1, 2.0, "model"),
        Stage(_PREPARING, frames, 0.05),
        Stage(_PAINTING, len(_windows(inputs)) * (inputs.resolved.steps or 1), 1.0, "steps"),
        Stage(_DECODING, frames, 0.1),
        Stage(_WRITING, frames, 0.3),
        Stage(_LOOKING, 100, asked, "parts"),
        *([] if settings.close_slits else [Stage(_SEARCHING, 2 * frames, 0.02, "parts")]),
    ]


def _render(inputs: Inputs, output: OutputFolder, digests: dict[str, str], progress: JobProgress) -> Result:
    output.keep_networks({role: one.entry.name for role, one in inputs.networks.items()})
    readers = Readers(inputs.networks, Answers(output.answers))
    filling, pulling = progress.watch(_FILLING), progress.watch(_PULLING)
    solving = Solving(progress.watch(_SOLVING), output.answers)
    progress.reach(_READING, 0)
    looking = progress.watch(_LOOKING)
    with ThreadPoolExecutor(1, "beside") as beside:
        beside.submit(look_ahead, inputs, readers)
        scene = read_scene(
            inputs, progress.watch(_READING), readers, filling, pulling, solving, looking, looks_later=True
        )
        inputs.pictures.check_all()
        progress.reach(_FILLING, 100)
        output.keep_beside(scene.beside)
        scene = replace(scene, match=choose_match(inputs, scene), shutter=choose_shutter(inputs, scene))
        place = _place_file(output, scene)
        writing = beside.submit(_write_place, scene, place)
        decisions = decisions_of(inputs, scene, place)
        _write_camera(inputs, output, scene)
        for line in _lines(decisions, scene):
            progress.say(_FILLING, line)
        painter = _open_painter(inputs, scene, output, progress)
        clamped = _clamped(output, _paint(inputs, scene, output, painter, progress))
        writing.result()
    if scene.look is not None:
        before = _lines(decisions, scene)
        mend, slits = scene.look(looking, progress.watch(_SEARCHING, prepares=True))
        scene = replace(scene, mend=mend, slits=slits)
        decisions = decisions_of(inputs, scene, place)
        for line in _lines(decisions, scene):
            if line not in before:
                progress.say(_LOOKING, line)
    progress.settle(_LOOKING, 100)
    if not inputs.job.settings.close_slits:
        progress.settle(_SEARCHING, 2 * len(inputs.frames))
    for warning in clamped:
        progress.say(_WRITING, f"warning: {warning}")
    return Result(
        job=inputs.job,
        layer=output.pattern,
        frames=inputs.frames,
        decisions=decisions,
        checkpoint=inputs.digest,
        inputs=digests,
        versions=_versions(),
        seconds={name: round(seconds, 3) for name, seconds in progress.seconds.items() if name != _DISPLAY},
        warnings=scene.warnings + clamped,
    )


def _lines(decisions: list[DecisionRecord], scene: Scene) -> list[str]:
    return [*map(str, decisions), *(f"warning: {warning}" for warning in scene.warnings)]


def _place_file(output: OutputFolder, scene: Scene) -> str:
    """The file beside the layer for the place as it was filled; empty where nothing was."""
    made = scene.place
    if made is None or made.picture is None or made.filled_by == BY_ARTIST:
        return ""
    return str(output.place_path)


def _write_place(scene: Scene, path: str) -> None:
    if path:
        assert scene.place is not None and scene.place.picture is not None
        write_png(path, scene.place.picture.picture)


def _write_camera(inputs: Inputs, output: OutputFolder, scene: Scene) -> None:
    """Write the plate's solved camera beside the layer."""
    track = None if scene.backdrop.value is None else scene.backdrop.value.track
    if scene.camera.value == "3d" and isinstance(track, SpaceTrack):
        facts = {"believed": True, "reason": track.reason}
        deliver_camera(track.cameras, facts, inputs.plate.info, output.path / f"{output.stem}_camera")


def _open_painter(inputs: Inputs, scene: Scene, output: OutputFolder, progress: JobProgress) -> Painter:
    request = EngineRequest(
        condition=scene.condition,
        settings=inputs.resolved.for_engine(),
        frames=len(inputs.frames),
        size=scene.clip.size,
        guided=scene.backdrop.value is not None,
        scratch=output.scratch,
        say=lambda line: progress.say(_LOADING, line),
    )
    progress.reach(_LOADING, 0)
    painter = inputs.engine.open(request)
    progress.plan(_PAINTING, len(_windows(inputs)) * painter.steps)
    progress.reach(_LOADING, 1)
    return painter


def _paint(
    inputs: Inputs, scene: Scene, output: OutputFolder, painter: Painter, progress: JobProgress
) -> dict[int, int]:
    """Paint every window and write its new frames; what an earlier run left is taken over.

    Gives each new frame's number of clamped values.
    """
    despills = inputs.engine.facts.despills and not inputs.plate.premultiplied
    conditioning = ShotConditioning(scene, inputs.job.settings, inputs.alive_at, despills)
    kept = PaintedWindows(output.work)
    windows = _windows(inputs)
    clamped: dict[int, int] = {}
    begin = _begin(inputs, output, kept, windows)
    painted: Painted | None = None

    def written(index: int) -> None:
        progress.reach(_WRITING, index + 1, str(output.frame_path(inputs.frames.first + index)))
        progress.watch(_WRITING).check()

    for number in range(begin, len(windows)):
        window = windows[number]
        frames: Sequence[FrameConditioning] = conditioning
        if inputs.resolved.window is not None:
            frames = _prepared(conditioning, window, progress)
        with LayerWriter(inputs, scene, output, window, frames, written) as writer:
            before, painted = painted, kept.load(number)
            if painted is None:
                painted = painter.paint(
                    frames, window, before, _watch(progress, number, painter, window, writer)
                )
                # An engine that takes the whole shot goes on by itself.
                if inputs.resolved.window is not None:
                    kept.save(number, painted)
            progress.settle(_PAINTING, (number + 1) * painter.steps)
            progress.settle(_PREPARING, window.last)
            progress.settle(_DECODING, window.last)
            for place in range(window.known, len(window)):
                shown = None if painted.shown is None else painted.shown[place]
                writer.put(place, painted.pictures[place], shown)
        clamped |= writer.clamped
    return clamped


def _watch(
    progress: JobProgress, number: int, painter: Painter, window: Window, writer: LayerWriter
) -> Watch:
    """The watch of an engine that paints window ``number``: what it has a whole picture of is written at once."""

    def painted(place: int, picture: NDArray[np.float32]) -> None:
        progress.reach(_DECODING, window.first + place + 1)
        writer.put(place, picture)

    watch = replace(progress.watch(_PAINTING, number * painter.steps), painted=painted)
    watch.step(0)
    return watch


def _prepared(
    conditioning: ShotConditioning, window: Window, progress: JobProgress
) -> list[FrameConditioning]:
    """What the engine is told of a window's frames; those that it shares with the one before are made once more."""
    made = []
    for index in range(window.first, window.last):
        made.append(conditioning[index])
        progress.reach(_PREPARING, index + 1)
        progress.watch(_PREPARING).check()
    return made


def _begin(inputs: Inputs, output: OutputFolder, kept: PaintedWindows, windows: list[Window]) -> int:
    """The window to begin with: the last that is kept, if all frames before its own are written."""
    last = kept.last()
    if last is None or last >= len(windows):
        return 0
    first_new = windows[last].first + windows[last].known
    written = all(output.frame_path(inputs.frames.first + index).is_file() for index in range(first_new))
    return last if written and kept.load(last) is not None else 0


def _clamped(output: OutputFolder, clamped: dict[int, int]) -> list[str]:
    frames = [frame for frame, count in clamped.items() if count]
    if not frames:
        return []
    return [
        f"{output.pattern}: {sum(clamped.values())} values in {len(frames)} frames, the first in frame {frames[0]}, "
        f"are more than a half float holds and were clamped to {HALF_MAX:.0f}. Take the plate's own pixels there."
    ]


def _digests(inputs: Inputs, watch: Watch) -> dict[str, str]:
    shot, frames = inputs.job.shot, inputs.frames
    watch.step(0)

    def step(share: float) -> None:
        watch.step(int(share * len(frames)))
        watch.check()

    digests = {"plate": digest(shot.plate, frames, step)}
    watch.step(len(frames))
    if shot.matte.path:
        digests["matte"] = digest(ImageSequence(shot.matte.path, shot.matte.first_frame), frames)
    digests["condition"] = digest(ImageSequence(shot.condition.path))
    if shot.condition.matte:
        digests["condition matte"] = digest(ImageSequence(shot.condition.matte))
    if shot.condition.scribble:
        digests["condition scribble"] = digest(ImageSequence(shot.condition.scribble))
    if shot.condition.extended:
        digests["extended"] = digest(ImageSequence(shot.condition.extended))
    if inputs.water is not None:
        digests["water mask"] = digest(ImageSequence(inputs.job.settings.water_mask))
    if inputs.track is not None:
        digests["track"] = inputs.track.digest
    if inputs.alive is not None:
        digests["alive"] = digest(ImageSequence(inputs.job.settings.alive), frames)
    if inputs.front is not None:
        digests["front"] = digest(beside_of(inputs.job.settings.keep_front, shot.matte, frames), frames)
    if inputs.clean is not None:
        digests["clean plate"] = digest(
            beside_of(inputs.job.settings.clean_plate, shot.plate, frames), frames
        )
    return digests


def _versions() -> dict[str, str]:
    libraries = {name: version for name in _LIBRARIES if (version := _version(name))}
    return {"actanywhere": __version__, "python": platform.python_version(), **libraries}


def _version(library: str) -> str:
    """Of a library that is installed; else nothing."""
    from importlib import metadata  # late: it takes longer to load than NumPy

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
