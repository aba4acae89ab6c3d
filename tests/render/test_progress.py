"""How far a job is, as its host hears it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from actanywhere.contract.job import Progress
from actanywhere.render.progress import JobProgress, Stage
from tests.render.stage import Staged, render


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


def test_loading_is_no_measure_of_the_pieces_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("actanywhere.render.progress.time.monotonic", lambda: clock[0])
    heard: list[Progress] = []
    progress = JobProgress(
        heard.append, lambda: False, [Stage("following", 10, 2.0), Stage("edges", 10, 1.0)]
    )
    progress.plan("edges", 5, 0.4)
    for now, done in ((30.0, 1), (34.0, 2), (38.0, 3)):
        clock[0] = now
        if done == 1:
            progress.warm("following", 1)
        progress.reach("following", done)
    # Four seconds a frame, not thirty for the first: seven frames and the edges' guess are left.
    assert heard[0].seconds_left is None, "what was loading is no measure, and the next frame will be"
    assert heard[-1].seconds_left == pytest.approx(7 * 4 + 5 * 0.4)
    assert heard[-1].fraction == pytest.approx(1 - 30 / (10 * 4 + 5 * 0.4))


def test_what_comes_with_the_first_piece_alone_is_not_said_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, heard = [0.0], list[Progress]()
    monkeypatch.setattr("actanywhere.render.progress.time.monotonic", lambda: clock[0])
    stages = [Stage("painting", 1, 30.0), Stage("searching", 86, 0.02)]
    progress = JobProgress(heard.append, lambda: False, stages)
    watch = progress.watch("searching", prepares=True)
    for clock[0], step in ((30.0, lambda: progress.reach("painting", 1)), (31.5, lambda: watch.step(1))):
        step()
    assert heard[-1].seconds_left == pytest.approx(85 * 0.02), "and not 85 times 1.5 seconds"


def test_every_unit_of_work_is_told_and_every_stage_as_it_begins(shot: Staged, model: Path) -> None:
    """By what is counted and not by the clock: no stage begins in silence, no frame is passed over."""
    told: list[Progress] = []
    render(shot.job(model), told.append)
    counted = [one for one in told if not one.message]
    first: dict[str, int] = {}
    for one in counted:
        first.setdefault(one.stage, one.done)
    began = ("checking footage", "reading footage", "filling the place", "loading the model")
    assert counted[0].stage == "checking footage" and all(first[name] == 0 for name in began)
    done = {name: [one.done for one in counted if one.stage == name] for name in first}
    for name in ("checking footage", "reading footage", "preparing frames", "decoding frames"):
        assert set(done[name]) >= set(range(1, 7)), name
    assert set(done["painting"]) == set(range(5))  # two windows of two steps
    order = [name for name, _ in groupby(counted, lambda one: one.stage)]
    window = ["preparing frames", "painting", "decoding frames"]
    begins = [place for place, name in enumerate(order) if name == "preparing frames"]
    assert [order[place : place + 3] for place in begins] == [window] * 2
    events = [(one.stage, one.done) for one in counted]
    written, decoded = events.index(("writing the layer", 1)), events.index(("decoding frames", 3))
    assert written < decoded, "a frame is on disk before the next but one is a picture"
    looked, searched = events.index(("looking at the matte", 100)), events.index(("looking for slits", 1))
    assert looked < searched, "the time of both is not told as that of the first piece of many"
    assert [one.fraction for one in told] == sorted(one.fraction for one in told)
