"""How far a job is, as its host hears it."""

from __future__ import annotations

from actanywhere.contract.job import Progress
from actanywhere.render.progress import JobProgress, Stage


def test_the_time_left_is_told_as_soon_as_the_costliest_stage_has_been_measured() -> None:
    heard: list[Progress] = []
    progress = JobProgress(
        heard.append, lambda: False, [Stage("reading", 4, 0.1), Stage("painting", 2, 3.0, "steps")]
    )
    progress.reach("reading", 4)
    progress.reach("painting", 1)
    progress.reach("painting", 2)

    first, second, last = heard
    assert first.seconds_left is None, "a guess, in the job's first moment"
    assert second.seconds_left is not None and 0 < second.seconds_left < 3.0, (
        "the measured cost, not the guess"
    )
    assert last.seconds_left == 0
    assert [one.fraction for one in heard] == sorted(one.fraction for one in heard)
    assert last.fraction == 1
