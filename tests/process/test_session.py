"""One click on Generate, whichever host it is in: what it renders, what it leaves, how it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from actanywhere.contract.errors import Cancelled, FootageError, WorkerError
from actanywhere.contract.job import Job
from actanywhere.contract.launch import Worker
from actanywhere.contract.shot import FrameRange
from actanywhere.contract.takes import new_take, write_job
from actanywhere.hostkit.errand import Errand
from actanywhere.hostkit.session import Session, Step
from actanywhere.hostkit.turns import Listener, Turns

MakeWorker = Callable[..., Worker]
MakeJob = Callable[[str], Job]


@pytest.fixture
def take(tmp_path: Path, make_job: MakeJob) -> Callable[[str], Job]:
    """A job of that name in a take of its own, written down."""

    def make(name: str) -> Job:
        job = make_job(name)
        shot = replace(job.shot, frames=FrameRange(1001, 1004))
        job = replace(job, shot=shot, output=new_take(str(tmp_path / "takes"), name))
        write_job(job)
        return job

    return make


def printing(*lines: str) -> Callable[[], Errand]:
    code = "print({!r}, flush=True)".format("\n".join(lines))
    return lambda: Errand([sys.executable, "-c", code])


def quiet(_: Session) -> None:
    pass


def test_a_wedge_is_rendered_take_after_take_between_its_steps(
    make_worker: MakeWorker, take: MakeJob
) -> None:
    jobs = [take("good"), take("good-2")]
    before, after = Step("Drawing", 0.5, printing("one")), Step("Contact sheet", 0.1, printing("two"))
    session = Session(jobs, make_worker(), [before], [after], fresh=True)
    said: list[tuple[str, float]] = []
    session.run(lambda session: said.append((session.text, session.fraction)))
    assert [result.job for result in session.results] == jobs and session.lines == ["one", "two"]
    assert any(text.startswith("Take 2 of 2: Denoising") for text, _ in said) and said[-1] == ("Done", 1.0)
    fractions = [fraction for _, fraction in said]
    assert fractions == sorted(fractions)
    assert session.error is None and session.dropped == []


@pytest.mark.parametrize(("name", "kind"), [("bad", FootageError), ("bug", WorkerError)])
def test_a_take_that_comes_to_nothing_is_gone(
    make_worker: MakeWorker, take: MakeJob, name: str, kind: type[Exception]
) -> None:
    jobs = [take(name), take("good")]
    session = Session(jobs, make_worker(), fresh=True)
    with pytest.raises(kind):
        session.run(quiet)
    gone = [job.output for job in jobs]
    assert session.dropped == gone and not any(Path(folder).exists() for folder in gone)


def test_an_engine_that_does_not_start_leaves_no_take(take: MakeJob) -> None:
    job = take("good")
    worker = Worker([sys.executable, "-c", "raise SystemExit(1)"], remedy="Choose another.")
    with pytest.raises(WorkerError) as told:
        Session([job], worker, fresh=True).run(quiet)
    assert told.value.remedy == "Choose another." and not Path(job.output).exists()


def test_a_take_that_was_there_before_is_kept_whatever_happens(
    make_worker: MakeWorker, take: MakeJob
) -> None:
    job = take("bad")
    with pytest.raises(FootageError):
        Session([job], make_worker()).run(quiet)
    assert Path(job.output, "job.json").is_file()


def test_who_stops_may_go_on_with_what_began_and_not_with_what_never_did(
    make_worker: MakeWorker, take: MakeJob
) -> None:
    jobs = [take("slow"), take("good")]
    session = Session(jobs, make_worker(), fresh=True)
    with pytest.raises(Cancelled, match="Stopped"):
        session.run(lambda session: session.cancel() if "Denoising" in session.text else None)
    assert session.dropped == [jobs[1].output] and Path(jobs[0].output).is_dir()


def test_a_step_that_fails_says_what_its_program_named(take: MakeJob) -> None:
    code = "import sys; print('library noise'); print('ERROR: no such wheel'); sys.exit(3)"
    step = Step("Installing", 1.0, lambda: Errand([sys.executable, "-c", code]))
    with pytest.raises(WorkerError, match=r"Installing failed:\nERROR: no such wheel"):
        Session([], before=[step]).run(quiet)


def test_sessions_take_turns_in_one_worker_and_a_waiting_one_can_be_stopped(
    make_worker: MakeWorker, take: MakeJob
) -> None:
    heard: list[tuple[int, str]] = []

    class Ear(Listener):
        def __init__(self, number: int) -> None:
            self.number = number

        def began(self, session: Session) -> None:
            heard.append((self.number, "began"))

        def ended(self, session: Session) -> None:
            heard.append((self.number, type(session.error).__name__))

    turns = Turns(lambda _: make_worker())
    numbers = [turns.submit(Session([take(f"good-{n}")], fresh=True), ["engine"], Ear(n)) for n in range(3)]
    turns.cancel(numbers[2])
    while turns.busy:
        time.sleep(0.02)
    turns.close()
    assert heard == [(0, "began"), (0, "NoneType"), (1, "began"), (1, "NoneType"), (2, "Cancelled")]
