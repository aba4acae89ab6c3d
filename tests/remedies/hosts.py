"""What a host and its worker say to each other, and what an artist does in a host's window."""

from __future__ import annotations

import errno
import json
import os
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actanywhere.cli import demo, follow, pool
from actanywhere.cli import main as cli
from actanywhere.cli.follow import Interrupts
from actanywhere.cli.screen import QuietScreen
from actanywhere.contract import interpreter
from actanywhere.contract.errors import Cancelled
from actanywhere.contract.files import sweep_strays, write_text
from actanywhere.contract.job import Job
from actanywhere.contract.launch import Worker
from actanywhere.contract.shot import FrameRange
from actanywhere.contract.takes import Take, layer_stem, new_take, read_take, remove_take, write_job
from actanywhere.contract.track import cameras_text
from actanywhere.engines.protocol import Watch
from actanywhere.farm import kept
from actanywhere.hostkit.clean_plate import made_clean_plate
from actanywhere.hostkit.engine import creation_commands
from actanywhere.hostkit.errand import Errand
from actanywhere.hostkit.matte import Pointed, finished_matte
from actanywhere.hostkit.order import Order
from actanywhere.hostkit.pick import framed, with_box, with_point
from actanywhere.hostkit.session import Session, Step
from actanywhere.hostkit.solved_camera import camera_file, solved_camera
from actanywhere.shotlist import Entry, job_from_flat
from actanywhere.worker import _bug
from tests.remedies.row import At, Row, again, printed

DOUBLE = Path(__file__).parents[1] / "process/double.py"
CORE = Path(__file__).parents[2] / "core"


def job(at: At, name: str = "good") -> Job:
    flat = {"name": name, "plate": "plate.####.png", "condition": "place.png", "output": "o"}
    return job_from_flat(flat, at.folder)


def worker(at: At, python: str = sys.executable, **options: Any) -> Worker:
    at.machine.setenv("PYTHONPATH", str(CORE))
    return Worker([python, str(DOUBLE)], **options)


def served(at: At, name: str = "good", python: str = sys.executable, stop: bool = False) -> None:
    """A job given to a worker whose renders are words, to its end; its error is raised."""
    one = worker(at, python, grace=0.2)
    try:
        number = one.submit(job(at, name))
        for _ in one.events(number):
            if stop:
                one.cancel(number)
    finally:
        one.close(0)


def broken_python(at: At) -> str:
    """An interpreter without ActAnywhere."""
    script = at.write("python-without", "#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    return str(script)


def older(at: At) -> str:
    """An engine of another protocol."""
    hello = json.dumps({"event": "hello", "protocol": 99, "version": "9", "pid": 1})
    script = at.write("older", f"#!/bin/sh\necho '{hello}'\nsleep 9\n")
    script.chmod(0o755)
    return str(script)


def asked(at: At, times: int, many: bool) -> None:
    """Ctrl-C so often while shots are rendered."""

    class Asked(Interrupts):
        looks = 0

        def __init__(self) -> None:
            pass

        @property
        def asked(self) -> int:  # type: ignore[override]
            self.looks += 1
            return times if self.looks > 4 else 0

    one = worker(at)
    try:
        if not many:
            follow.follow(one, job(at, "slow" if times else "good"), QuietScreen(), Asked())
            return
        entries = [Entry("a", job(at, "slow" if times else "good"))]
        for outcome in pool.render_all(entries, [one], QuietScreen(), Asked()):
            if outcome.error is not None:
                raise outcome.error
    finally:
        one.close(0)


def session(at: At, *steps: Step, stop: bool = False, jobs: tuple[Job, ...] = ()) -> None:
    one = Session(jobs, worker(at) if jobs else None, steps)
    if stop:
        one.cancel()
    one.run(lambda _: None)


def step(*words: str) -> Step:
    return Step("Drawing", 0.5, lambda: Errand([sys.executable, "-c", *words]))


def order(at: At) -> Order:
    return Order(job(at), str(at.folder / "order"), "Scene", 1, 4, 1000)


def take(at: At) -> str:
    return new_take(str(at.folder / "takes"), "shot")


def bug(at: At, broken: bool) -> None:
    """What a listener of a host raises, and nobody foresaw, as an artist is told of it."""
    if not broken:
        served(at)
        return
    raise _bug(KeyError("latents"))


def lonely(at: At) -> None:
    """Nowhere is ActAnywhere installed."""
    at.machine.delenv("ACTANYWHERE_PYTHON", raising=False)
    at.machine.setenv("PATH", str(at.folder))
    at.machine.setattr(interpreter, "__file__", str(at / "host/contract/interpreter.py"))


def server(at: At, python: str) -> None:
    """The worker that a farm's session keeps, started with an interpreter."""
    session = (at / "session/a").parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(CORE))
        patch.setattr(sys, "executable", python)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it goes on without us, as it should
            kept.start_server(session)
    kept.stop_server(session)


def killed(at: At) -> None:
    raise next(event.error for event in _of_a_closed_connection(at) if event.error is not None)


def _of_a_closed_connection(at: At) -> Any:
    class Closed:
        def poll(self, wait: float) -> bool:
            raise EOFError

        def close(self) -> None:
            pass

    one = kept.KeptWorker(at.folder)
    one._connection = Closed()  # type: ignore[assignment]
    return one.poll()


def locked_take(at: At) -> None:
    folder = take(at)

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy", folder)

    at.machine.setattr(os, "rename", refuse)
    try:
        remove_take(read_take(folder))
    finally:
        at.machine.undo()


def swept(at: At) -> None:
    at.write("out/.a.partial-1", "")
    removed = os.remove

    def refuse(path: Any, **more: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    at.machine.setattr(os, "remove", refuse)
    try:
        sweep_strays(str(at / "out"))
    finally:
        at.machine.setattr(os, "remove", removed)


LINES = ['{"event": "cleanplate", "pattern": "c.####.exr", "shadow": "pulled", "warnings": []}']
ROWS = [
    # -- the engine
    again(
        "Install it as its README says, and set ACTANYWHERE_PYTHON to the Python that has it.",
        lambda at: interpreter.worker_command(),
        lambda at: at.machine.setenv("ACTANYWHERE_PYTHON", sys.executable),
        lonely,
    ),
    Row(
        "Check that this Python has ActAnywhere: {} -m actanywhere doctor.",
        lambda at: served(at, python=broken_python(at)),
        lambda at: served(at, python=sys.executable),
    ),
    Row(
        "Bring the engine and its host (the add-on, the node) to the same version of ActAnywhere.",
        lambda at: served(at, python=older(at)),
        lambda at: served(at),
    ),
    Row(
        "Render again: finished frames are kept and reused. If it comes back: actanywhere doctor.",
        lambda at: served(at, "die"),
        lambda at: served(at),
    ),
    Row("Give an id that submit returned.", lambda at: list(worker(at).events("no")), lambda at: served(at)),
    Row(
        "Finished frames are kept: the same job continues from them.",
        lambda at: served(at, "deaf", stop=True),
        lambda at: served(at),
    ),
    Row("Report it with this text and the job file.", lambda at: bug(at, True), lambda at: bug(at, False)),
    Row(
        "Close other applications, render with a smaller --size or fewer frames (--frames) at a time, or, where it "
        "is the graphics card's memory, on the processor (--device cpu).",
        lambda at: served(at, "memory-python"),
        lambda at: served(at),
    ),
    Row(
        "Finished frames are kept: the same command continues.",
        lambda at: asked(at, 2, False),
        lambda at: asked(at, 0, False),
    ),
    Row(
        "Finished frames are kept: the same command continues.",
        lambda at: asked(at, 2, True),
        lambda at: asked(at, 0, True),
    ),
    Row(
        "Check that this program exists.",
        lambda at: Errand([str(at / "no")]),
        lambda at: Errand([sys.executable, "-c", ""]).wait(),
    ),
    Row(
        "Choose the folder that holds the wheels.",
        lambda at: creation_commands("python", "e", "s", str(at / "no"), False),
        lambda at: creation_commands("python", "e", "s", str(at.folder), False),
    ),
    Row(
        "Allow online access in Preferences > System > Network, or give a folder of wheels.",
        lambda at: creation_commands("python", "e", "s", "", False),
        lambda at: [
            creation_commands("python", "e", "s", "", True),
            creation_commands("python", "e", "s", str(at.folder), False),
        ],
    ),
    Row(
        "actanywhere doctor",
        lambda at: server(at, broken_python(at)),
        lambda at: [cli(printed("actanywhere doctor")), server(at, sys.executable)],
    ),
    Row(
        "The same job goes on from its finished frames.",
        lambda at: Watch(cancelled=lambda: True).check(),
        lambda at: Watch().check(),
    ),
    Row("Give the task again: finished frames are kept and reused.", killed, lambda at: served(at)),
    # -- a session
    Row(
        "Continue the take to go on from its finished frames.",
        lambda at: session(at, step(""), stop=True, jobs=(job(at),)),
        lambda at: session(at, jobs=(job(at),)),
    ),
    Row(
        "Correct what these lines name, and try again.",
        lambda at: session(at, step("raise SystemExit('no scene')")),
        lambda at: session(at, step("")),
    ),
    Row(
        "Try again.",
        lambda at: made_clean_plate(["a library says hello"]),
        lambda at: made_clean_plate(LINES),
    ),
    Row(
        "Choose a take that was made here, or generate a new one.",
        lambda at: Order.read(str(at.folder)),
        lambda at: [order(at).write(take(at)), Order.read(str(at / "takes/shot/take_001"))],
    ),
    Row(
        "Remove the take, and generate a new one.",
        lambda at: Order.read(str(at.write("takes/shot/take_001/order.json", "{").parent)),
        lambda at: [
            remove_take(read_take(str(at / "takes/shot/take_001"))),
            order(at).write(take(at)),
            Order.read(str(at / "takes/shot/take_001")),
        ],
    ),
    Row(
        "Close what has its frames open, and try again.",
        locked_take,
        lambda at: remove_take(read_take(str(at / "takes/shot/take_001"))),
    ),
    Row(
        "Make matte goes on from the frames that are done.",
        lambda at: _matte_of_a_session(at, stopped=True),
        lambda at: _matte_of_a_session(at, stopped=False),
    ),
    Row(
        "Choose a take that was, or render one with the camera '3d'.",
        lambda at: camera_file(read_take(take(at)), ".nk"),
        lambda at: solved_camera(_solved_take(at, cameras_text(96, 64, {1: ([1.0] * 16, 90.0)}))),
    ),
    Row(
        "Render the take again.",
        lambda at: solved_camera(_solved_take(at, "{")),
        lambda at: solved_camera(_solved_take(at, cameras_text(96, 64, {1: ([1.0] * 16, 90.0)}))),
    ),
    # -- what is drawn in a viewer
    Row(
        "Set it inside of the picture.",
        lambda at: with_point("", (99, 2), (60, 40)),
        lambda at: with_point("", (9, 2), (60, 40)),
    ),
    Row(
        "Draw it around whoever is meant.",
        lambda at: with_box("", (70, 2), (90, 9), (60, 40)),
        lambda at: with_box("", (7, 2), (30, 29), (60, 40)),
    ),
    Row(
        "Draw it around what the frame is to show.",
        lambda at: framed((7, 2), (7, 2)),
        lambda at: framed((7, 2), (30, 20)),
    ),
    # -- files
    Row("Check the folder's permissions.", swept, lambda at: sweep_strays(str(at / "out"))),
    again(
        "Check the free space and the folder's permissions, then give the same command again: it continues.",
        lambda at: write_text(str(at.folder / "out/a.json"), "{}"),
        lambda at: [(at / "out").unlink(), (at / "out").mkdir()],
        lambda at: at.write("out", "a file"),
    ),
    Row(
        "Install that version of ActAnywhere here.",
        lambda at: Job.from_dict({**job(at).to_dict(), "schema": 99}),
        lambda at: Job.from_dict(job(at).to_dict()),
    ),
    Row(
        "Install ActAnywhere again.",
        lambda at: demo.demo_job(str(at / "o"), {}, at.folder),
        lambda at: demo.demo_job(str(at / "o"), {}),
    ),
]


def _solved_take(at: At, text: str) -> Take:
    one = job(at)
    shot = replace(one.shot, frames=FrameRange(1, 1))
    made = replace(one, shot=shot, output=take(at))
    write_job(made)
    write_text(f"{made.output}/{layer_stem(made)}_camera.json", text)
    return read_take(made.output)


def _matte_of_a_session(at: At, stopped: bool) -> Any:
    """Make matte, with some frames done, stopped or to its end."""
    one = Session((), None, ())
    made = replace(job(at), output=str(at.folder / "matte_001"))
    at.write("matte_001/matte.json", "{}")
    one.error = Cancelled("Stopped.") if stopped else None
    one.lines = [
        json.dumps(
            {"event": "matte", "pattern": "m", "source": "it", "unsure": [], "warnings": [], "sheet": ""}
        )
    ]
    return finished_matte(one, made, Pointed())
