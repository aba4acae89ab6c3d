"""A host and its worker: the protocol, and every way in which it can end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from actanywhere.contract import launch
from actanywhere.contract.errors import Cancelled, FootageError, WorkerError
from actanywhere.contract.interpreter import worker_command
from actanywhere.contract.job import Job, Progress, Result
from actanywhere.contract.launch import Event, Worker, run

from .conftest import CORE, DOUBLE, gone

MakeWorker = Callable[..., Worker]
MakeJob = Callable[[str], Job]


def finish(worker: Worker, job_id: str) -> Event:
    """The last event of a job, by polling as a host's timer does."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for event in worker.poll():
            if event.job_id == job_id and event.progress is None:
                return event
        time.sleep(0.02)
    raise AssertionError("no last event")


def wait_for_progress(worker: Worker) -> None:
    until = time.monotonic() + 20
    while not worker.poll(wait=0.1):
        assert time.monotonic() < until


def test_a_job_gives_progress_then_its_result(make_worker: MakeWorker, make_job: MakeJob) -> None:
    worker, job = make_worker(), make_job("good")
    events = list(worker.events(worker.submit(job)))
    assert [e.done for e in events[:-1] if isinstance(e, Progress)] == [1, 2, 3, 4]
    assert isinstance(events[-1], Result) and events[-1].job == job
    assert not worker.busy


def test_one_worker_serves_many_jobs(make_worker: MakeWorker, make_job: MakeJob) -> None:
    worker = make_worker()
    first, second = worker.submit(make_job("good-1")), worker.submit(make_job("good-2"))
    later = next(e for e in worker.events(second) if isinstance(e, Result))
    earlier = next(e for e in worker.events(first) if isinstance(e, Result))
    assert (earlier.versions["served"], later.versions["served"]) == ("1", "2")
    assert earlier.versions["pid"] == later.versions["pid"] == str(worker.pid)
    assert worker.hello["protocol"] == launch.PROTOCOL


def test_run_blocks_until_the_result(make_worker: MakeWorker, make_job: MakeJob, double_python: Path) -> None:
    seen: list[Progress] = []
    result = run(make_job("good"), seen.append)
    assert len(seen) == 4 and result.camera == "still"
    assert gone(int(result.versions["pid"]))


def test_the_workers_error_comes_with_its_kind_and_remedy(make_worker: MakeWorker, make_job: MakeJob) -> None:
    with pytest.raises(FootageError) as caught:
        run(make_job("bad"), lambda _: None, make_worker())
    assert caught.value.message == "frame 1003 is missing" and caught.value.remedy == "Copy it again."


def test_a_bug_keeps_its_traceback_and_the_worker(make_worker: MakeWorker, make_job: MakeJob) -> None:
    worker = make_worker()
    with pytest.raises(WorkerError, match=r"(?s)bug.*double\.py.*KeyError: 'latents'"):
        run(make_job("bug"), lambda _: None, worker)
    assert run(make_job("good"), lambda _: None, worker).versions["served"] == "2"


@pytest.mark.parametrize("whose", ["python", "cuda", "torch", "windows", "opencv"])
def test_too_little_memory_is_told_with_a_remedy_and_never_as_a_bug(
    make_worker: MakeWorker, make_job: MakeJob, whose: str
) -> None:
    with pytest.raises(WorkerError, match="memory did not suffice") as caught:
        run(make_job(f"memory-{whose}"), lambda _: None, make_worker())
    assert "bug" not in caught.value.message
    assert "--size" in caught.value.remedy and "--frames" in caught.value.remedy


def test_poll_returns_at_once(make_worker: MakeWorker, make_job: MakeJob) -> None:
    worker = make_worker()
    worker.submit(make_job("hang"))
    began = time.monotonic()
    worker.poll()
    assert time.monotonic() - began < 0.5


def test_cancel_ends_the_job_between_steps_and_keeps_the_worker(
    make_worker: MakeWorker, make_job: MakeJob
) -> None:
    worker = make_worker()
    job_id = worker.submit(make_job("slow"))
    wait_for_progress(worker)
    began = time.monotonic()
    worker.cancel(job_id)
    error = finish(worker, job_id).error
    assert isinstance(error, Cancelled) and "step" in error.message and time.monotonic() - began < 2
    pid = worker.pid
    assert run(make_job("good"), lambda _: None, worker).versions["pid"] == str(pid)


def test_a_waiting_job_is_cancelled_at_once_and_the_running_one_goes_on_to_its_end(
    make_worker: MakeWorker, make_job: MakeJob
) -> None:
    worker = make_worker(grace=0.5)
    running, waiting = worker.submit(make_job("steady")), worker.submit(make_job("good"))
    wait_for_progress(worker)
    worker.cancel(waiting)
    began = time.monotonic()
    with pytest.raises(Cancelled, match="before it began"):
        list(worker.events(waiting))
    assert time.monotonic() - began < 1
    last = finish(worker, running)
    assert last.result is not None and time.monotonic() - began > 1, "it ran on, beyond the grace"


def test_a_waiting_jobs_cancel_that_the_worker_cannot_hear_yet_leaves_the_running_one_alone(
    make_worker: MakeWorker, make_job: MakeJob
) -> None:
    worker = make_worker(grace=0.3)
    running, waiting = worker.submit(make_job("greedy")), worker.submit(make_job("good"))
    wait_for_progress(worker)
    worker.cancel(waiting)
    assert finish(worker, running).result is not None


def test_a_job_that_does_not_hear_the_cancel_is_stopped_in_time(
    make_worker: MakeWorker, make_job: MakeJob
) -> None:
    worker = make_worker(grace=0.5)
    job_id = worker.submit(make_job("deaf"))
    wait_for_progress(worker)
    pid = worker.pid
    worker.cancel(job_id)
    assert isinstance(finish(worker, job_id).error, Cancelled)
    assert pid is not None and gone(pid)
    assert run(make_job("good"), lambda _: None, worker).versions["served"] == "1"


def test_a_killed_worker_is_told_with_its_last_words_and_replaced(
    make_worker: MakeWorker, make_job: MakeJob
) -> None:
    worker = make_worker()
    with pytest.raises(WorkerError, match=r"(?s)killed by signal 9.*the last words of a library") as caught:
        run(make_job("die"), lambda _: None, worker)
    assert "kept" in caught.value.remedy
    assert run(make_job("good"), lambda _: None, worker).versions["served"] == "1"


@pytest.mark.parametrize("how", ["hang", "freeze"])
def test_a_hung_worker_is_killed_and_the_error_says_so(
    make_worker: MakeWorker, make_job: MakeJob, how: str
) -> None:
    worker = make_worker(silence=1.5, stall=1.0)
    job_id = worker.submit(make_job(how))
    pid = worker.pid
    error = finish(worker, job_id).error
    assert isinstance(error, WorkerError) and "hung" in error.message
    assert pid is not None and gone(pid)


def test_a_long_step_is_not_taken_for_a_hang(make_worker: MakeWorker, make_job: MakeJob) -> None:
    worker = make_worker(silence=2.0, stall=60.0)
    job_id = worker.submit(make_job("hang"))
    until = time.monotonic() + 4
    while time.monotonic() < until:
        assert worker.poll(wait=0.1) == []
    worker.cancel(job_id)


def test_a_host_that_stood_still_does_not_take_the_worker_for_hung(
    make_job: MakeJob, double_python: Path
) -> None:
    code = (
        "import sys\nfrom actanywhere.contract.launch import Worker\nfrom actanywhere.contract.job import Job\n"
        "w = Worker(silence=2); w.submit(Job.from_json(sys.argv[1])); print('started', flush=True)\n"
        "while w.busy:\n    last = w.poll()\n"
        "print(type(last[-1].error or last[-1].result).__name__); w.close()"
    )
    command = [sys.executable, "-c", code, make_job("steady").to_json()]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as host:
        assert host.stdout is not None and host.stdout.readline()
        time.sleep(0.5)
        host.send_signal(signal.SIGSTOP)
        time.sleep(3)
        host.send_signal(signal.SIGCONT)
        assert host.communicate(timeout=20)[0].strip() == b"Result"


def test_what_libraries_print_goes_to_the_log(make_worker: MakeWorker, make_job: MakeJob) -> None:
    worker = make_worker()
    assert isinstance(list(worker.events(worker.submit(make_job("noisy"))))[-1], Result)
    worker.close()
    for line in ("a library says hello", "a tool says hello", '{"event": "result", "id": "nonsense"'):
        assert line in worker.log


def test_paths_of_any_alphabet_arrive_unchanged(make_worker: MakeWorker, make_job: MakeJob) -> None:
    name = "good-Zürich 橋 'q' \"d\" $(x) \udcff"
    result = run(make_job(name), lambda _: None, make_worker())
    assert result.job == make_job(name)


@pytest.mark.parametrize("how", ["slow", "hang"])
def test_the_worker_ends_when_its_input_does(make_job: MakeJob, how: str) -> None:
    process = subprocess.Popen([sys.executable, DOUBLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    with process, process.stdin as requests:
        requests.write(
            json.dumps({"op": "render", "id": "1", "job": make_job(how).to_dict()}).encode() + b"\n"
        )
        requests.flush()
        assert b"event" in process.stdout.readline()
        requests.close()
        began = time.monotonic()
        assert process.wait(5) == 0 and time.monotonic() - began < 4


def test_a_killed_host_leaves_no_worker(make_job: MakeJob, double_python: Path) -> None:
    code = (
        "import sys, time\n"
        "from actanywhere.contract.launch import Worker\nfrom actanywhere.contract.job import Job\n"
        "w = Worker(); w.submit(Job.from_json(sys.argv[1])); print(w.pid, flush=True); time.sleep(60)"
    )
    host = subprocess.Popen([sys.executable, "-c", code, make_job("hang").to_json()], stdout=subprocess.PIPE)
    assert host.stdout is not None
    with host:
        pid = int(host.stdout.readline())
        host.kill()
    assert gone(pid)


def test_close_takes_the_workers_own_children_along(
    make_worker: MakeWorker, make_job: MakeJob, tmp_path: Path
) -> None:
    worker = make_worker()
    worker.submit(make_job("child"))
    wait_for_progress(worker)
    child, pid = int((tmp_path / "child").read_text()), worker.pid
    worker.close()
    assert pid is not None and gone(pid) and gone(child)


def test_ctrl_c_in_the_terminal_does_not_reach_the_worker(make_worker: MakeWorker, make_job: MakeJob) -> None:
    worker = make_worker()
    job_id = worker.submit(make_job("slow"))
    wait_for_progress(worker)
    assert worker.pid is not None and os.getpgid(worker.pid) != os.getpgid(0)
    os.kill(worker.pid, signal.SIGINT)
    time.sleep(0.3)
    assert all(event.progress is not None for event in worker.poll())
    worker.cancel(job_id)
    assert isinstance(finish(worker, job_id).error, Cancelled)


def test_an_interpreter_that_is_not_there_is_named(make_job: MakeJob) -> None:
    with pytest.raises(WorkerError, match="no-such-python"):
        Worker(worker_command("/no-such-python")).submit(make_job("good"))


def test_a_python_without_the_package_is_told_with_what_it_said(make_job: MakeJob) -> None:
    worker = Worker([sys.executable, "-c", "raise SystemExit('No module named actanywhere')"])
    with pytest.raises(WorkerError, match=r"(?s)ended with status 1.*No module named actanywhere"):
        run(make_job("good"), lambda _: None, worker)
    other = Worker([sys.executable, "-c", "raise SystemExit(1)"], remedy="Choose another in the preferences.")
    with pytest.raises(WorkerError) as told:
        run(make_job("good"), lambda _: None, other)
    assert told.value.remedy == "Choose another in the preferences."


def test_a_worker_of_another_protocol_is_refused(make_job: MakeJob) -> None:
    hello = json.dumps({"event": "hello", "protocol": 99, "version": "9", "pid": 1})
    worker = Worker([sys.executable, "-c", f"print({hello!r}, flush=True); input(); input(); input()"])
    with pytest.raises(WorkerError, match="protocol 99") as refused:
        run(make_job("good"), lambda _: None, worker)
    assert "same version" in refused.value.remedy


def test_an_unknown_job_has_no_events(make_worker: MakeWorker) -> None:
    with pytest.raises(WorkerError, match="no job"):
        next(make_worker().events("nothing"))


def test_host_side_modules_work_as_a_copy_inside_another_package(tmp_path: Path, double_python: Path) -> None:
    package = tmp_path / "someaddon"
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copytree(CORE / "actanywhere" / "contract", package / "contract")
    code = (
        "from someaddon.contract import job, launch, shot\n"
        "s = shot.Shot('good', shot.ImageSequence('a'), shot.Matte(), shot.Condition('c'))\n"
        "print(launch.run(job.Job(s, '/tmp'), lambda p: None).camera)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "still", done.stderr


def test_a_file_in_the_current_folder_is_not_what_the_worker_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('taken over')")
    monkeypatch.chdir(tmp_path)
    with Worker() as worker:
        until = time.monotonic() + 20
        while not worker.hello and time.monotonic() < until:
            worker.poll(wait=0.05)
        assert worker.hello["pid"] == worker.pid


def test_the_real_worker_says_hello_before_it_loads_the_network() -> None:
    began = time.monotonic()
    with Worker([sys.executable, "-X", "importtime", "-m", "actanywhere", "worker"]) as worker:
        while not worker.hello and time.monotonic() - began < 20:
            worker.poll(wait=0.05)
        assert worker.hello["pid"] == worker.pid
    imported = [line.rsplit("|", 1)[-1].strip() for line in worker.log if line.startswith("import time:")]
    assert "json" in imported and not {"torch", "numpy", "cv2"} & set(imported)
