"""Shot lists, flags, job files and what a setting may be."""

from __future__ import annotations

import json
from dataclasses import replace

from actanywhere.cli.flags import job_from_flags
from actanywhere.cli.parser import build_parser
from actanywhere.cli.pool import affordable_workers
from actanywhere.contract.job import Job, Result
from actanywhere.contract.settings import Settings, setting_fields
from actanywhere.contract.shot import FrameRange
from actanywhere.contract.takes import new_folder_beside, new_take, read_take, remove_take, wedge, write_job
from actanywhere.farm.paths import Roots
from actanywhere.farm.plan import plan_shots
from actanywhere.farm.record import failed, write_outcome
from actanywhere.farm.shots import FarmShot, read_shots, task_shots
from actanywhere.shotlist import job_from_flat, read_shot_list
from tests.remedies.row import At, Row, again, run

FLAT = {"plate": "p.####.exr", "matte": "m.####.png", "condition": "c.png", "output": "o"}
LINE = "p.####.exr,m.####.png,c.png,o\n"
HEADER = "plate,matte,condition,output\n"
BUNDLE = {"schema": 1, "shots": []}


def listed(at: At, content: str | bytes, name: str = "shots.csv") -> list[Job | None]:
    """The jobs of a list of this content; a shot's own error is raised."""
    entries = read_shot_list(at.write(name, content))
    for entry in entries:
        if entry.error is not None:
            raise entry.error
    return [entry.job for entry in entries]


def shots(*more: dict[str, object]) -> str:
    return json.dumps([{**FLAT, **one} for one in more])


def flags(*words: str) -> Job:
    return job_from_flags(build_parser().parse_args(["render", *words]))


def in_take(at: At, **settings: object) -> Job:
    job = replace(at.job(), output=new_take(str(at / "takes"), "shot"))
    return replace(job, shot=replace(job.shot, frames=FrameRange(1001, 1006)))


def a_result(at: At) -> dict[str, object]:
    made = Result(at.job(), str(at / "l.####.exr"), FrameRange(1001, 1006), *_rest())
    return made.to_dict()


def _rest() -> list[object]:
    import dataclasses

    blank = {"int": 0, "float": 0.0, "str": "", "Dict[str, str]": {}, "bool": False}
    fields = dataclasses.fields(Result)[3:]
    kept = [
        f for f in fields if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    return [blank.get(str(f.type), []) for f in kept]


def planned(at: At, *more: dict[str, object]) -> None:
    folder = at.shot().folder
    base = {"plate": f"{folder}/plate.####.exr", "matte": f"{folder}/matte.####.png"}
    base |= {"condition": f"{folder}/place.png", "camera": "still"}
    entries = read_shot_list(at.write("jobs.json", json.dumps([{**base, **one} for one in more])))
    for one in plan_shots(entries)[1]:
        raise one.error


def bundle(at: At, *words: object) -> None:
    planned(at, {"output": str(at / "o")})
    run("batch", at / "jobs.json", "--openjd", at / "bundle", *words)


def blocked(at: At) -> None:
    """A file where a folder is to be made."""
    at.write("takes", "a file")


def rid(at: At) -> None:
    (at / "takes").unlink()


ROWS = [
    Row(
        "Write it as FIRST-LAST, for example 1001-1047.",
        lambda at: FrameRange.parse("from 1001"),
        lambda at: FrameRange.parse("1001-1047"),
    ),
    Row(
        "Is a digit too many? Else render it in parts.",
        lambda at: FrameRange.parse("1001-100100000"),
        lambda at: FrameRange.parse("1001-1001000"),
    ),
    Row(
        "Known are: {}.",
        lambda at: Settings().given({"sede": 3}),
        lambda at: Settings().given({"seed": 3}),
    ),
    Row(
        "Set {} to '{}' besides, or leave {} out.",
        lambda at: Settings().given({"shadow_side": 0.5}),
        lambda at: [Settings().given({"shadow_side": 0.5, "shadow": "given"}), Settings().given({})],
    ),
    Row(
        "Use letters, digits and underscores, beginning with a letter, for example generated_bg.",
        lambda at: Settings(layer="main plate"),
        lambda at: Settings(layer="generated_bg"),
    ),
    Row(
        "Give such a value, or leave it out.",
        lambda at: Settings(camera="dolly"),
        lambda at: [Settings(), *(Settings(camera=one) for one in _choices("camera"))],
    ),
    Row(
        "Give such a value.",
        lambda at: job_from_flat({**FLAT, "output": "\0"}) and Job(at.shot().shot, 3),  # type: ignore[arg-type]
        lambda at: Job(at.shot().shot, "out"),
    ),
    Row(
        "Compare it with the job in any result.json.",
        lambda at: Job.from_dict({"shot": {}}),
        lambda at: Job.from_dict({**at.job().to_dict()}),
    ),
    Row(
        "Remove them; known are: {}.",
        lambda at: Job.from_dict({**at.job().to_dict(), "note": "v2"}),
        lambda at: Job.from_dict(at.job().to_dict()),
    ),
    Row(
        "Write it with --write-job.",
        lambda at: run("render", "--job", at.write("job.json", "{"), "--dry-run"),
        lambda at: [
            run(*at.words()[:-1], "--write-job", at / "job.json"),
            run("render", "--job", at / "job.json", "--dry-run"),
        ],
    ),
    Row(
        "Give a file of --write-job.",
        lambda at: flags("--job", str(at / "job.json")),
        lambda at: [
            run(*at.words()[:-1], "--write-job", at / "job.json"),
            flags("--job", str(at / "job.json")),
        ],
    ),
    Row(
        "Give another file.",
        lambda at: run(*at.words()[:-1], "--write-job", at.write("a", "file").with_name("a") / "job.json"),
        lambda at: run(*at.words()[:-1], "--write-job", at / "job.json"),
    ),
    Row(
        "The job file says it: change it there. Settings and --output can be overridden.",
        lambda at: flags("--job", "job.json", "--plate", "other.####.exr"),
        lambda at: [
            at.write("job.json", at.job().to_json().replace("plate.####", "other.####")),
            flags("--job", str(at / "job.json"), "--output", str(at / "new"), "--seed", "4"),
        ],
    ),
    Row(
        "Render the job again.",
        lambda at: Result.from_dict({**a_result(at), "decisions": 3}),
        lambda at: Result.from_dict(a_result(at)),
    ),
    Row(
        "Write it again with this version.",
        lambda at: Job.from_dict({**at.job().to_dict(), "schema": 0}),
        lambda at: Job.from_json(at.job().to_json()),
    ),
    Row(
        "Known are: {}. A column of a list is left out where its name begins with #.",
        lambda at: listed(at, "plate,matte,condition,output,artist\n" + LINE.replace("o\n", "o,Kim\n")),
        lambda at: listed(at, "plate,matte,condition,output,#artist\n" + LINE.replace("o\n", "o,Kim\n")),
    ),
    Row(
        "Give at least plate, matte, condition and output.",
        lambda at: job_from_flat({"plate": "p.####.exr"}),
        lambda at: job_from_flat(FLAT),
    ),
    Row(
        "Give one of them.",
        lambda at: job_from_flat({**FLAT, "camera": "a.chan", "track": "b.json"}),
        lambda at: [job_from_flat({**FLAT, "camera": "a.chan"}), job_from_flat({**FLAT, "track": "b.json"})],
    ),
    Row(
        "Add at least one with plate, matte, condition and output.",
        lambda at: listed(at, HEADER),
        lambda at: listed(at, HEADER + LINE),
    ),
    Row(
        "Remove one of them.",
        lambda at: listed(at, shots({}).replace('"output"', '"seed": 1, "seed": 2, "output"'), "a.json"),
        lambda at: listed(at, shots({}).replace('"output"', '"seed": 1, "output"'), "a.json"),
    ),
    Row(
        "Correct it at that place.",
        lambda at: listed(at, shots({}).replace("}", ",}"), "a.json"),
        lambda at: listed(at, shots({}), "a.json"),
    ),
    Row(
        'Write [{"plate": ..., "matte": ..., ...}, ...] into it.',
        lambda at: listed(at, "3", "a.json"),
        lambda at: listed(at, shots({}), "a.json"),
    ),
    Row(
        'Write {"plate": ..., "matte": ..., ...}.',
        lambda at: listed(at, '["p.####.exr"]', "a.json"),
        lambda at: listed(at, shots({}), "a.json"),
    ),
    Row(
        "Use shots and defaults.",
        lambda at: listed(at, json.dumps({"shot": [FLAT]}), "a.json"),
        lambda at: listed(at, json.dumps({"shots": [FLAT], "defaults": {"seed": 3}}), "a.json"),
    ),
    Row(
        "Give every shot a folder of its own.",
        lambda at: listed(at, shots({"name": "a"}, {"name": "b"}), "a.json"),
        lambda at: listed(at, shots({"name": "a", "output": "a"}, {"name": "b", "output": "b"}), "a.json"),
    ),
    Row(
        "Give a SHOTS.json or SHOTS.csv.",
        lambda at: read_shot_list(at / "shots.csv"),
        lambda at: listed(at, HEADER + LINE),
    ),
    Row(
        "Save it as 'CSV UTF-8' from the spreadsheet.",
        lambda at: listed(at, (HEADER + LINE.replace("c.png", "Plätze.png")).encode("latin-1")),
        lambda at: listed(at, (HEADER + LINE.replace("c.png", "Plätze.png")).encode("utf-8-sig")),
    ),
    Row(
        "Rename or remove one of them.",
        lambda at: listed(at, "plate,plate,condition,output\n" + LINE),
        lambda at: listed(at, HEADER + LINE),
    ),
    Row(
        "Write a first line such as plate,matte,condition,output.",
        lambda at: listed(at, LINE),
        lambda at: listed(at, "plate,matte,condition,output\n" + LINE),
    ),
    Row(
        "Put values that hold {} in quotes, or name the column.",
        lambda at: listed(at, HEADER + "p.####.exr,m.####.png,c,d.png,o\n"),
        lambda at: [
            listed(at, HEADER + 'p.####.exr,m.####.png,"c,d.png",o\n'),
            listed(at, "plate,matte,condition,output,seed\np.####.exr,m.####.png,c.png,o,3\n"),
        ],
    ),
    Row(
        "Give SHOTS.csv or SHOTS.json, or --from-review notes.json.",
        lambda at: run("batch", "--dry-run"),
        lambda at: run("batch", _real_list(at), "--dry-run"),
    ),
    Row(
        "Give SHOTS.csv or SHOTS.json, too.",
        lambda at: run("batch", "--from-review", at / "notes.json", "--edit", _edit(at), "--dry-run"),
        lambda at: run("batch", _real_list(at), "--edit", _edit(at), "--dry-run"),
    ),
    Row(
        "Give it with --edit, as 0 or more frames.",
        lambda at: run("batch", _real_list(at), "--handles", 2, "--dry-run"),
        lambda at: run("batch", _real_list(at), "--edit", _edit(at), "--handles", 2, "--dry-run"),
    ),
    Row(
        "Give it with --edit CUT.edl, such as 25.",
        lambda at: run("batch", _real_list(at), "--edit-rate", 25, "--dry-run"),
        lambda at: run("batch", _real_list(at), "--edit", _edit(at), "--edit-rate", 25, "--dry-run"),
    ),
    Row(
        "Name the shots as the clips are, or give their media as plates.",
        lambda at: run("batch", _real_list(at), "--edit", _edit(at, "other"), "--dry-run"),
        lambda at: run("batch", _real_list(at, "other"), "--edit", _edit(at, "other"), "--dry-run"),
    ),
    Row(
        "Give an edit's file.",
        lambda at: run("batch", _real_list(at), "--edit", at / "no.otio", "--dry-run"),
        lambda at: run("batch", _real_list(at), "--edit", _edit(at), "--dry-run"),
    ),
    Row(
        "Give .otio, or .edl, .xml or .aaf with its adapter: pip install 'actanywhere[edit]'.",
        lambda at: run("batch", _real_list(at), "--edit", at.write("cut.doc", "cut"), "--dry-run"),
        lambda at: run("batch", _real_list(at), "--edit", _edit(at), "--dry-run"),
    ),
    Row(
        "Export one of them.",
        lambda at: run("batch", _real_list(at), "--edit", _collection(at, 2), "--dry-run"),
        lambda at: run("batch", _real_list(at), "--edit", _collection(at, 1), "--dry-run"),
    ),
    Row(
        "Bake the retime, and export it again.",
        lambda at: _retimed(at, True),
        lambda at: _retimed(at, False),
    ),
    again(
        "pip install 'actanywhere[edit]'",
        lambda at: run("batch", at / "jobs.json", "--edit", at / "cut.otio", "--dry-run"),
        lambda at: at.machine.undo(),
        lambda at: [_real_list(at), _edit(at), at.lack("opentimelineio")],
    ),
    Row(
        "Give 1 or more.",
        lambda at: affordable_workers(0, [], 0.0, 0),
        lambda at: affordable_workers(1, [], 0.0, 0),
    ),
    Row(
        "Give hours, such as 6.",
        lambda at: bundle(at, "--shot-hours", 0),
        lambda at: bundle(at, "--shot-hours", 6),
    ),
    Row(
        "Give seconds, such as 4.5.",
        lambda at: bundle(at, "--frame-seconds", -1),
        lambda at: bundle(at, "--frame-seconds", 4.5),
    ),
    again(
        "pip install deadline, or leave --submit out.",
        lambda at: bundle(at, *([] if (at / "left out").exists() else ["--submit"])),
        lambda at: at.write("left out", ""),
        lambda at: at.machine.setenv("PATH", str(at.folder)),
    ),
    Row(
        "What it says above tells why. Then: deadline bundle submit {}",
        lambda at: [_deadline(at, 1), bundle(at, "--submit")],
        lambda at: [_deadline(at, 0), _submit(at)],
    ),
    Row(
        "Take one of them out, or give it another setting.",
        lambda at: planned(at, {"output": str(at / "a")}, {"output": str(at / "b")}),
        lambda at: [
            planned(at, {"output": str(at / "a")}),
            planned(at, {"output": str(at / "a")}, {"output": str(at / "b"), "seed": 9}),
        ],
    ),
    Row(
        "Write it as Root1=FOLDER.",
        lambda at: _task(at, "--root", str(at.folder)),
        lambda at: _task(at, "--root", f"Root1={at.folder}"),
    ),
    Row(
        "Give --root {}=FOLDER.",
        lambda at: Roots({}).read("{Root1}/plate"),
        lambda at: Roots({"Root1": str(at.folder)}).read("{Root1}/plate"),
    ),
    Row(
        "Put it there, or name its folder with --storage.",
        lambda at: bundle(at, "--storage", "/mnt/show"),
        lambda at: bundle(at, "--storage", str(at.folder)),
    ),
    Row(
        "Rename it.",
        lambda at: Roots.of([str(at.folder)]).write(f"{at.folder}/pl\udce4te"),
        lambda at: Roots.of([str(at.folder)]).write(f"{at.folder}/plate"),
    ),
    Row(
        "Write the bundle again.",
        lambda at: read_shots(at.write("bundle/shots.json", "[]"), Roots({})),
        lambda at: [bundle(at), read_shots(at / "bundle/shots.json", _roots(at))],
    ),
    Row(
        "Give the shots.json of a bundle.",
        lambda at: read_shots(at / "shots.json", Roots({})),
        lambda at: [bundle(at), read_shots(at / "bundle/shots.json", _roots(at))],
    ),
    Row(
        "Write it as 3, 1-20 or 1-3,7.",
        lambda at: task_shots(_seven(at), "all"),
        lambda at: [task_shots(_seven(at), one) for one in ("3", "1-7", "1-3,7")],
    ),
    again(
        "Give a folder that you may write to.",
        lambda at: write_outcome(at.folder / ("other" if (at / "other").exists() else "report"), _bad(at)),
        lambda at: (at / "other").mkdir(),
        lambda at: at.write("report", "a file"),
    ),
    again(
        "Choose a folder for the takes that you may write to.",
        lambda at: [new_take(str(at / "takes"), "s"), new_folder_beside(str(at / "takes"), "s", "clean")],
        rid,
        blocked,
    ),
    Row(
        "Give the shot's first and last frame.",
        lambda at: write_job(replace(in_take(at), shot=at.shot().shot)),
        lambda at: write_job(in_take(at)),
    ),
    Row(
        "Remove it by hand if it is in the way.",
        lambda at: remove_take(read_take(str(at.write("mine/a", "").parent))),
        lambda at: [(at / "mine/a").unlink(), (at / "mine").rmdir()],
    ),
    Row(
        "Make its folder with new_take.",
        lambda at: wedge(replace(in_take(at), output=str(at / "mine")), 2),
        lambda at: wedge(in_take(at), 2),
    ),
    Row("Ask for 2 or more.", lambda at: wedge(in_take(at), 0), lambda at: wedge(in_take(at), 2)),
]


def _choices(name: str) -> list[str]:
    return list(next(field for field in setting_fields() if field.name == name).choices or ())


def _real_list(at: At, name: str = "shot") -> object:
    planned(at, {"output": str(at / "o"), "name": name})
    return at / "jobs.json"


def _edit(at: At, name: str = "shot") -> object:
    import opentimelineio as otio

    span = otio.opentime.TimeRange(otio.opentime.RationalTime(1002, 24), otio.opentime.RationalTime(2, 24))
    track = otio.schema.Track("V1", [otio.schema.Clip(name, source_range=span)])
    otio.adapters.write_to_file(otio.schema.Timeline("cut", tracks=[track]), str(at / "cut.otio"))
    return at / "cut.otio"


def _retimed(at: At, retimed: bool) -> None:
    """A clip of a movie that the edit plays at another rate; what of the movie it uses cannot be known."""
    import opentimelineio as otio

    from tests.footage.pictures import ramp, write_movie

    write_movie(at / "shot.mov", [ramp()] * 4)
    rows = [{"plate": str(at / "shot.mov"), "condition": str(at / "c.png"), "output": "o", "name": "shot"}]
    path = _edit(at)
    timeline = otio.adapters.read_from_file(str(path))
    if retimed:
        for clip in timeline.find_clips():
            clip.effects.append(otio.schema.TimeEffect("curve"))
    otio.adapters.write_to_file(timeline, str(path))
    from actanywhere.farm.edit import by_the_edit

    entries, _ = by_the_edit(read_shot_list(at.write("jobs.json", json.dumps(rows))), str(path), 0)
    for entry in entries:
        if entry.error is not None:
            raise entry.error


def _collection(at: At, count: int) -> object:
    import opentimelineio as otio

    one = otio.adapters.read_from_file(str(_edit(at)))
    several = otio.schema.SerializableCollection("cuts", [one.clone() for _ in range(count)])
    otio.adapters.write_to_file(several, str(at / "cuts.otio"))
    return at / "cuts.otio"


def _deadline(at: At, status: int) -> None:
    script = at.write("bin/deadline", f"#!/bin/sh\nexit {status}\n")
    script.chmod(0o755)
    at.machine.setenv("PATH", str(script.parent), prepend=":")


def _submit(at: At) -> None:
    import shlex
    import subprocess

    bundle(at)
    subprocess.run(shlex.split(f"deadline bundle submit {shlex.quote(str(at / 'bundle'))}"), check=True)


def _task(at: At, *words: str) -> None:
    bundle(at)
    values = json.loads((at / "bundle/parameters.json").read_text())
    given = [f"{name}={value}" for name, value in values.items() if name.startswith("Root")]
    rest = [word for one in given for word in ("--root", one)]
    files = ["--shots", at / "bundle/shots.json", "--report", at / "report"]
    run("farm", "finish", *files, *rest, *words, ends=2)  # written; no shot of it is rendered


def _roots(at: At) -> Roots:
    values = json.loads((at / "bundle/parameters.json").read_text())
    return Roots({name: value for name, value in values.items() if name.startswith("Root")})


def _seven(at: At) -> list[FarmShot]:
    return [FarmShot(number, f"s{number}", at.job()) for number in range(1, 8)]


def _bad(at: At) -> object:
    from actanywhere.contract.errors import FootageError

    return failed(_seven(at)[0], FootageError("gone"), 1.0)
