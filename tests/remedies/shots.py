"""The camera, who is meant in the place, the folder that is rendered into, and what is looked at afterwards."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from actanywhere.camera.given import read_track
from actanywhere.camera.placement import read_place
from actanywhere.camera.space import read_horizon
from actanywhere.comp.motion_blur import read_shutter
from actanywhere.contract.job import Job, Progress
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange
from actanywhere.contract.takes import new_take, write_job
from actanywhere.engines.protocol import EngineFacts
from actanywhere.render.clip import empty_clip
from actanywhere.render.folder import OutputFolder
from actanywhere.render.lock import lock_folder
from actanywhere.render.matte_note import check_note
from actanywhere.render.matte_prompts import Prompts, read_prompts
from actanywhere.render.preflight import preflight
from actanywhere.render.resolve import resolve
from actanywhere.review.folder import read_result, write_review
from actanywhere.review.notes import read_redos
from actanywhere.review.wedge import write_wedge_sheet
from actanywhere.seeing.hints import read_boxes, read_points, read_strokes
from actanywhere.seeing.outpaint import extended_by_artist
from tests.footage.pictures import ramp, write_still
from tests.remedies.row import At, Row, again, run
from tests.render.stage import SETTINGS, texture
from tests.review.test_page import BLUE, rendered

STILL = [1, 0, 0, 0, 1, 0, 0, 0, 1]
TWO = FrameRange(1001, 1002)
CHAN = "1001 0 0 0 0 0 0 40\n1002 1 0 0 0 1 0 40\n"
PLACE = texture(np.random.default_rng(2), 60, 90, 6.0)
NO_HOLE = np.zeros((60, 90), np.float32)


def track(at: At, *rows: Any, **fields: Any) -> Any:
    transforms = {str(1001 + k): row for k, row in enumerate(rows)}
    data = {"width": 96, "height": 64, "transforms": transforms, **fields}
    return read_track(str(at.write("t.json", json.dumps(data))), TWO, 96, 64)


def cameras(at: At, width: int, height: int) -> object:
    rows = {str(f): {"matrix": np.eye(4).ravel().tolist(), "focal_pixels": 80} for f in TWO}
    data = {"kind": "cameras", "width": width, "height": height, "frames": rows}
    return read_track(str(at.write("cameras.json", json.dumps(data))), TWO, 96, 64)


def chan(at: At, text: str, focal: float | None = None) -> Any:
    return read_track(str(at.write("t.chan", text)), TWO, 96, 64, focal)


def prompted(at: At, **prompts: tuple[str, ...]) -> Any:
    with at.plate() as plate:
        return read_prompts(Prompts(**prompts), plate, (64, 96))


def rough(at: At, size: tuple[int, int] = (64, 96), value: float | None = None) -> tuple[str, ...]:
    pixels = np.full((*size, 1), value or 0.0, np.float32)
    if value is None:
        pixels[20:40, 20:40] = 1
    return (str(write_still(at / "rough.png", pixels, "uint8", ("Y",))),)


def strokes(green: float, alpha: float = 1.0, where: slice = slice(4, 12)) -> Any:
    picture = np.zeros((32, 32, 4), np.float32)
    picture[where, where, 1] = green
    picture[..., 3] = alpha
    return read_strokes(picture)


def folder(at: At, name: str = "out", **settings: Any) -> OutputFolder:
    job = at.job(**settings)
    return OutputFolder(replace(job, output=str(at.folder / name)), FrameRange(1001, 1006))


def check(at: At, **settings: Any) -> None:
    """Preflight's own check, into the folder that the remedy led to."""
    name = "another" if (at / "another is given").exists() else "out"
    folder(at, name, **settings).check()


def other(at: At) -> None:
    at.write("another is given", "")


def claimed(at: At, **settings: Any) -> OutputFolder:
    made = folder(at, **settings)
    made.path.mkdir(exist_ok=True)
    with made.held():
        made.claim({"plate": "1"}, "model")
    return made


def claims(at: At) -> None:
    name = "another" if (at / "another is given").exists() else "out"
    made = folder(at, name)
    with made.held():
        made.claim({"plate": "2"}, "model")


def framed(at: At, name: str = "shot") -> Path:
    """A frame that was finished in the output folder."""
    made = folder(at)
    made.path.mkdir(exist_ok=True)
    return write_still(made.frame_path(1001), ramp(64, 96))


def show(at: At) -> Job:
    if (at / "show").exists():
        shutil.rmtree(at / "show")
    (at / "show").mkdir()
    return rendered(at / "show", "out/run_010", "run_010", BLUE)


def bad_frame(at: At, output: str) -> None:
    write_still(Path(output) / "run_010_generated_bg.1001.exr", ramp(36, 64), channels=("X", "Y", "Z"))


def notes(at: At, **note: Any) -> Any:
    job = show(at)
    row = {"name": "run", "verdict": "redo", "job": job.to_dict(), "folder": job.output, "change": {}, **note}
    entries, _ = read_redos(at.write("notes.json", json.dumps({"schema": 1, "notes": [row]})), {})
    for entry in entries:
        if entry.error is not None:
            raise entry.error


def takes(at: At) -> list[str]:
    job = replace(at.job(), output=new_take(str(at / "takes"), "shot"))
    job = replace(job, shot=replace(job.shot, frames=FrameRange(1001, 1001)))
    write_job(job)
    return [job.output]


def waited(at: At) -> list[str]:
    (output,) = takes(at)
    job = replace(at.job(), output=output)
    write_still(OutputFolder(job, FrameRange(1001, 1001)).frame_path(1001), ramp(64, 96))
    return [output]


def wedge(at: At, folders: list[str], name: str = "sheet.png", columns: int = 1) -> None:
    write_wedge_sheet(folders, str(at / name), columns)


def facts(window: int) -> EngineFacts:
    blank = {"int": 1, "float": 1.0, "str": "", "bool": False}
    import dataclasses

    given = {f.name: blank.get(str(f.type), ()) for f in dataclasses.fields(EngineFacts)}
    return EngineFacts(**{**given, "window": window})


def busy(at: At) -> None:
    with lock_folder(at.folder), lock_folder(at.folder):
        pass


def waits(at: At) -> None:
    with lock_folder(at.folder):
        pass
    with lock_folder(at.folder), lock_folder((at / "another/a").parent):
        pass


def cleaned(at: At, output: str = "clean", frames: str = "1001-1001") -> None:
    shot = at.shot().folder
    files = ["--plate", f"{shot}/plate.####.exr", "--matte", f"{shot}/matte.####.png"]
    run("cleanplate", *files, "--output", at.folder / output, "--frames", frames, "--quiet")


def roto(at: At, *words: str, output: str = "roto", plate: str = "") -> None:
    at.machine.setenv("ACTANYWHERE_MODELS", str(at / "models"))
    run(
        "matte",
        "--plate",
        plate or f"{at.shot().folder}/plate.####.exr",
        "--output",
        at.folder / output,
        *words,
    )


def network(at: At) -> None:
    """The network for stills, which finds what is red."""
    from tests.seeing.networks import red_mask

    red_mask(at / "models/isnet-general-use/isnet-general-use.onnx", 64, std=256 / 255)


FORM = (
    "Write x,y,scale in frame heights, such as 0.1,-0.05,1.2, or x,y,width,height of what the frame shows, in pixels "
    "of the picture; with ,mirror after it if it is to be mirrored. Or auto, or centred."
)

ROWS = [
    # -- the camera
    Row(
        "Export the camera's .chan with its vertical field of view, rotation order ZXY; or give the lens with --focal "
        "where only that is missing.",
        lambda at: chan(at, CHAN.replace(" 40\n", "\n")),
        lambda at: [chan(at, CHAN), chan(at, CHAN.replace(" 40\n", "\n"), 1.4)],
    ),
    Row("Export the camera's .chan again.", lambda at: chan(at, CHAN * 2), lambda at: chan(at, CHAN)),
    Row(
        "docs/track.md describes the file.",
        lambda at: track(at, STILL, STILL, note="v2"),
        lambda at: track(at, STILL, STILL),
    ),
    Row(
        "Track the plate at its full size (no proxy), and write its width and height into the file.",
        lambda at: track(at, STILL, STILL, width=48, height=32),
        lambda at: track(at, STILL, STILL, width=96, height=64),
    ),
    Row(
        "Track the whole range in the plate's frame numbers, or render less.",
        lambda at: track(at, STILL),
        lambda at: track(at, STILL, STILL),
    ),
    Row(
        "Export the whole range in the plate's frame numbers, or render less.",
        lambda at: chan(at, CHAN.splitlines()[0]),
        lambda at: chan(at, CHAN),
    ),
    Row(
        "Export the camera for the plate's own frame: cropping it changes what the lens shows.",
        lambda at: cameras(at, 96, 96),
        lambda at: cameras(at, 48, 32),
    ),
    Row(
        "Give the track's file.",
        lambda at: read_track(str(at / "no.json"), TWO, 96, 64),
        lambda at: track(at, STILL, STILL),
    ),
    Row(
        "Correct the track there.",
        lambda at: track(at, STILL, [1, 0, 0, 0, 1, 0, -0.03, 0, 1]),
        lambda at: track(at, STILL, STILL),
    ),
    Row(
        FORM,
        lambda at: read_place("left", "fill", (60, 90), 1.5),
        lambda at: [
            read_place(one, "fill", (60, 90), 1.5)
            for one in ("0.1,-0.05,1.2", "10,10,60,40", "0.1,-0.05,1.2,mirror", "auto", "centred")
        ],
    ),
    again(
        "pip install 'actanywhere[solve]', or render with --camera plate.",
        lambda at: run(*at.words(), "--camera", "plate" if (at / "plate").exists() else "3d"),
        lambda at: at.write("plate", ""),
        lambda at: at.lack("pycolmap"),
    ),
    Row(
        "Such as 180, or off.",
        lambda at: read_shutter("400"),
        lambda at: [read_shutter("180"), read_shutter("off")],
    ),
    Row(
        "Such as 240 or 240,310.",
        lambda at: read_horizon("middle", 480),
        lambda at: [read_horizon("240", 480), read_horizon("240,310", 480)],
    ),
    Row(
        "Give the row in its pixels, counted from the top.",
        lambda at: read_horizon("99999", 480),
        lambda at: read_horizon("240", 480),
    ),
    Row(
        "Give the row on which the ground ends below the horizon's row, or leave it out.",
        lambda at: read_horizon("240,200", 480),
        lambda at: [read_horizon("240,310", 480), read_horizon("240", 480)],
    ),
    Row(
        "Give it with --track, or camera auto.",
        lambda at: run(*at.words(), "--camera", "tracked"),
        lambda at: [
            track(at, *[STILL] * 6),
            run(*at.words(), "--camera", "tracked", "--track", at / "t.json"),
            run(*at.words(), "--camera", "auto"),
        ],
    ),
    # -- who is meant
    Row(
        "Write it as {}; several are divided by a semicolon.",
        lambda at: read_boxes("1,2,3", (60, 90)),
        lambda at: [read_boxes("1,2,30,40;5,5,9,9", (60, 90)), read_points("1,2;3,4", (60, 90))],
    ),
    Row(
        "Give x,y of its upper left corner, its width and its height, in pixels of the condition picture.",
        lambda at: read_boxes("100,2,30,40", (60, 90)),
        lambda at: read_boxes("10,2,30,40", (60, 90)),
    ),
    Row(
        "Give it in pixels of the condition picture, counted from its upper left corner.",
        lambda at: read_points("100,2", (60, 90)),
        lambda at: read_points("10,2", (60, 90)),
    ),
    Row(
        "Draw green or white over what to remove, red over what to keep, on black or on a transparent picture.",
        lambda at: strokes(0.0),
        lambda at: [strokes(1.0)],
    ),
    Row(
        "Give the whole picture, extended at the condition's own scale.",
        lambda at: extended_by_artist(PLACE[:40], PLACE, NO_HOLE, "wide.png"),
        lambda at: extended_by_artist(_wide(PLACE), PLACE, NO_HOLE, "wide.png"),
    ),
    Row(
        "Extend the condition picture itself, without scaling or cutting it.",
        lambda at: extended_by_artist(_wide(PLACE)[::-1], PLACE, NO_HOLE, "wide.png"),
        lambda at: extended_by_artist(_wide(PLACE), PLACE, NO_HOLE, "wide.png"),
    ),
    # -- a matte from the plate alone
    Row(
        "Give a --click, a --box or a --matte of the same frame besides.",
        lambda at: prompted(at, clicks_off=("9,9",)),
        lambda at: [
            prompted(at, clicks_off=("9,9",), clicks=("24,36",)),
            prompted(at, clicks_off=("9,9",), boxes=("12,24,24,24",)),
            prompted(at, clicks_off=("9,9",), mattes=rough(at)),
        ],
    ),
    Row(
        "Give a frame of the plate after the @, in the plate's own numbers.",
        lambda at: prompted(at, clicks=("24,36@1",)),
        lambda at: prompted(at, clicks=("24,36@1001",)),
    ),
    Row(
        "Write for example --{} {}@{}.",
        lambda at: prompted(at, boxes=("24",)),
        lambda at: prompted(at, boxes=("20,20,20,20@1001",)),
    ),
    Row(
        "Give it in pixels of the plate, counted from its upper left corner.",
        lambda at: prompted(at, clicks=("960,36",)),
        lambda at: prompted(at, clicks=("24,36",)),
    ),
    Row(
        "Give x,y of its upper left corner, its width and its height, in pixels of the plate.",
        lambda at: prompted(at, boxes=("960,36,9,9",)),
        lambda at: prompted(at, boxes=("12,24,24,24",)),
    ),
    Row(
        "Give a rough matte of the plate's size.",
        lambda at: prompted(at, mattes=rough(at, (32, 48))),
        lambda at: prompted(at, mattes=rough(at)),
    ),
    Row(
        "White is the actor, black all else.",
        lambda at: prompted(at, mattes=rough(at, value=1.0)),
        lambda at: prompted(at, mattes=rough(at)),
    ),
    again(
        "{}. Or, lighter: {}.",
        lambda at: roto(at, "--box", "12,24,24,24", "--dry-run"),
        network,  # what both commands would bring
        lambda at: None,
    ),
    Row(
        "Give --box or --click. To find the most prominent mover: {}",
        lambda at: _making(at, None).prominent(),
        lambda at: [
            [prompted(at, boxes=("12,24,24,24",)), prompted(at, clicks=("24,36",))],
            network(at),  # what the command would bring
            roto(at, "--box", "12,24,24,24", "--dry-run"),
        ],
    ),
    Row(
        "Say who is meant: --box x,y,width,height@frame.",
        lambda at: [network(at), roto(at, output="grey", plate=_still_plate(at))],
        lambda at: roto(at, "--box", "12,24,24,24@1001", "--quiet"),
    ),
    Row(
        "Draw the box around the whole actor, or give a rough --matte of this frame.",
        lambda at: [network(at), roto(at, "--box", "60,2,9,9")],
        lambda at: [
            roto(at, "--box", "8,20,36,36", "--quiet"),
            roto(at, "--matte", rough(at)[0], "--quiet", output="another"),
        ],
    ),
    again(
        "Take the matte as it is, or have it made by those: give another output folder, or remove this one.",
        lambda at: check_note(at.folder / "matte", {"by": "one that came since"}),
        lambda at: shutil.rmtree(at.folder / "matte"),
        lambda at: at.write("matte/matte.json", json.dumps({"by": "one that has gone"})),
    ),
    Row(
        "Give another output folder, or remove it.",
        lambda at: [cleaned(at), cleaned(at, frames="1002-1002")],
        lambda at: [
            cleaned(at, "another", "1002-1002"),
            shutil.rmtree(at / "clean"),
            cleaned(at, frames="1002-1002"),
        ],
    ),
    # -- before anything is read
    Row(
        "Choose one of them.",
        lambda at: preflight(at.job(anchor=9)),
        lambda at: preflight(at.job(anchor=1003)),
    ),
    Row(
        "Render it in the plate's shape, with the same overscan.",
        lambda at: preflight(at.job(shadow="pulled", clean_plate=_clean(at, (40, 40)))),
        lambda at: preflight(at.job(shadow="pulled", clean_plate=_clean(at, (64, 96)))),
    ),
    Row(
        "Choose an overlap below {}.",
        lambda at: resolve(Settings(overlap=8), facts(8)),
        lambda at: resolve(Settings(overlap=7), facts(8)),
    ),
    Row(
        "Give --dry-run besides --sheet.",
        lambda at: run(*at.words()[:-1], "--sheet", at / "sheet.png"),
        lambda at: run(*at.words(), "--sheet", at / "sheet.png"),
    ),
    Row(
        "Give the sheet a name that ends in .png.",
        lambda at: run(*at.words(), "--sheet", at / "sheet.jpg"),
        lambda at: run(*at.words(), "--sheet", at / "sheet.png"),
    ),
    # -- the folder
    Row(
        "Give a shorter shot or layer name.",
        lambda at: folder(at, layer="a" * 200).check(),
        lambda at: folder(at, layer="a" * 20).check(),
    ),
    again(
        "Give another output folder.",
        lambda at: OutputFolder(replace(at.job(), output=str(at.folder / _name(at) / "a")), TWO).check(),
        other,
        lambda at: at.write("out", "a file"),
    ),
    Row(
        "Give a folder that you may write to.",
        lambda at: OutputFolder(replace(at.job(), output="/proc/actanywhere"), TWO).check(),
        lambda at: folder(at).check(),
    ),
    again("Give another output folder, or remove them.", check, other, framed),
    Row(
        "Give another output folder, or remove them.",
        lambda at: [framed(at), check(at)],
        lambda at: [framed(at).unlink(), check(at)],
    ),
    again("Give another output folder, or remove this one.", claims, other, claimed),
    Row(
        "Give another output folder, or remove this one.",
        lambda at: [claimed(at, seed=1), check(at, seed=2)],
        lambda at: [shutil.rmtree(at / "out"), check(at, seed=2)],
    ),
    again(
        "Make it first.",
        lambda at: lock_folder(at.folder / "out").__enter__(),
        lambda at: (at / "out").mkdir(),
        lambda at: None,
    ),
    Row("Wait for it, or give another output folder.", busy, waits),
    again(
        "Set TMPDIR to a folder on a larger disk, or render fewer frames (--frames) at a time.",
        lambda at: empty_clip(TWO, 32, 48, 1.5),
        lambda at: _larger_disk(at),
        lambda at: _small_disk(at),
    ),
    again(
        "Nothing was changed: begin again.",
        lambda at: _opened(stopped=not (at / "anew").exists()),
        lambda at: at.write("anew", ""),
        lambda at: None,
    ),
    again(
        "Nothing was written. The same command begins again.",
        lambda at: _solved(at, stopped=not (at / "anew").exists()),
        lambda at: at.write("anew", ""),
        lambda at: None,
    ),
    Row(
        "The layer is finished; the same job goes on with its display files.",
        lambda at: _displayed(at, stopped=True),
        lambda at: _displayed(at, stopped=False),
    ),
    # -- afterwards
    Row(
        "Give --columns 1 or more.",
        lambda at: run("review", show(at).output, "--columns", 0),
        lambda at: run("review", show(at).output, "--columns", 1, "--quiet"),
    ),
    Row(
        "Give DIR alone, or --wedge DIR DIR ... --output SHEET.png.",
        lambda at: run("review", show(at).output, "--output", at / "s.png"),
        lambda at: [
            run("review", show(at).output, "--quiet"),
            run("review", "--wedge", *waited(at), *waited(at), "--output", at / "s.png", "--columns", 1),
        ],
    ),
    Row(
        "Give the folder that holds the shots' outputs.",
        lambda at: run("review", "--page", (at / "empty/a").parent),
        lambda at: [show(at), run("review", "--page", at / "show/out", "--quiet")],
    ),
    Row(
        "Give a folder that 'actanywhere render' has finished.",
        lambda at: read_result(at / "out"),
        lambda at: read_result(show(at).output),
    ),
    Row(
        "Render the shot again.",
        lambda at: [
            show(at),
            at.write("show/out/run_010/result.json", "{"),
            read_result(at / "show/out/run_010"),
        ],
        lambda at: read_result(show(at).output),
    ),
    Row(
        "Render this frame again.",
        lambda at: [bad_frame(at, show(at).output), write_review(at / "show/out/run_010")],
        lambda at: write_review(show(at).output),
    ),
    again(
        "Give a folder that you may write to.",
        lambda at: write_review(at / "show/out/run_010"),
        lambda at: (at / "show/out/run_010/review").unlink(),
        lambda at: [show(at), at.write("show/out/run_010/review", "a file")],
    ),
    Row(
        "Give folders that were rendered.",
        lambda at: wedge(at, [str(at.folder)]),
        lambda at: wedge(at, waited(at)),
    ),
    Row(
        "Wait for the first, and try again.",
        lambda at: wedge(at, takes(at)),
        lambda at: wedge(at, waited(at)),
    ),
    Row(
        "Mark shots with 'redo' on the page, and save its notes again.",
        lambda at: notes(at, verdict="good"),
        notes,
    ),
    Row("Give the notes.json of a review page.", lambda at: read_redos(at / "no.json", {}), notes),
    Row("Save them on the page again.", lambda at: read_redos(at.write("notes.json", "{}"), {}), notes),
    Row(
        "Write setting=value on the page.",
        lambda at: notes(at, change="darker"),
        lambda at: notes(at, change={"band": "0.2"}),
    ),
]


def _making(at: At, subjects: Any) -> Any:
    from types import SimpleNamespace

    from actanywhere.render.matte import _Making

    made = object.__new__(_Making)
    made._plate, made._readers = at.plate(), SimpleNamespace(subjects=subjects)  # type: ignore[assignment]
    return made


def _opened(stopped: bool) -> None:
    from actanywhere.render.progress import JobProgress

    JobProgress(lambda _: None, lambda: stopped, []).counted(1, 2)


def _solved(at: At, stopped: bool) -> None:
    """The camera of the small shot; what solves it is played."""
    from actanywhere.render import solved_plate
    from actanywhere.render.plate_job import PlateJob
    from actanywhere.render.progress import JobProgress

    at.machine.setattr(solved_plate, "require_pycolmap", lambda: None)
    at.machine.setattr(solved_plate, "solve_clip", lambda *_: solved_plate.Solved(None, "too short"))
    shot = at.shot().shot
    job = PlateJob(shot.plate, shot.matte, str(at.folder / "out"))
    told: list[Progress] = []
    progress = JobProgress(told.append, lambda: stopped and bool(told), solved_plate.solve_stages(6))
    solved_plate.solve_plate(job, progress)


def _displayed(at: At, stopped: bool) -> None:
    """A render that is stopped when the layer is written and its display files are not, and again."""
    from tests.remedies.engines import model
    from tests.render.stage import render

    stages: list[str] = []
    at.machine.setattr("tests.render.stage.SETTINGS", replace(SETTINGS, format=("exr", "png")))
    render(
        at.shot().job(model()),
        lambda progress: stages.append(progress.stage),
        lambda: stopped and "writing display files" in stages[-1:],
    )


def _name(at: At) -> str:
    return "another" if (at / "another is given").exists() else "out"


def _wide(picture: Any) -> Any:
    return np.pad(picture, ((10, 10), (20, 20), (0, 0)), mode="reflect")


def _clean(at: At, size: tuple[int, int]) -> str:
    return str(write_still(at / "clean.exr", ramp(*size)))


def _still_plate(at: At) -> str:
    """Nobody moves in it, and nobody is red."""
    for frame in range(1001, 1007):
        write_still(at / f"grey.{frame}.exr", np.full((64, 96, 3), 0.2, np.float32))
    return str(at / "grey.####.exr")


def _small_disk(at: At) -> None:
    """All disks are full but the one of ``large``."""
    rooms = shutil.disk_usage

    def usage(path: Any) -> Any:
        return rooms(path)._replace(free=10**9 if "large" in str(path) else 10)

    at.machine.setattr(shutil, "disk_usage", usage)


def _larger_disk(at: At) -> None:
    at.machine.setenv("TMPDIR", str((at / "large/a").parent))
    at.machine.setattr(tempfile, "tempdir", None)  # as in a new process
