"""Job files that artists and farms keep stay readable, and stay the same."""

from __future__ import annotations

import pytest

from actanywhere.contract.job import Job
from tests.golden.make import FOLDER, JOBS


@pytest.mark.parametrize("name", JOBS)
def test_a_job_is_written_as_it_always_was(name: str) -> None:
    golden = (FOLDER / name).read_text()
    assert JOBS[name].to_json() + "\n" == golden, "meant? python -m tests.golden.make"


@pytest.mark.parametrize("name", JOBS)
def test_a_job_that_was_kept_is_the_job_that_it_was(name: str) -> None:
    assert Job.from_json((FOLDER / name).read_text()) == JOBS[name]


@pytest.mark.parametrize("name", JOBS)
def test_a_job_from_before_layouts_were_numbered_is_the_job_that_it_was(name: str) -> None:
    assert Job.from_json((FOLDER / "unnumbered" / name).read_text()) == JOBS[name]
