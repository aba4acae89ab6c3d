"""What holds for several shots of a batch is said once, with the shots."""

from __future__ import annotations

import pytest

from actanywhere.cli.screen import LineScreen
from actanywhere.cli.shared_warnings import SharedWarnings
from actanywhere.contract.job import Progress


def test_a_warning_names_all_its_shots_and_no_file_where_each_has_its_own() -> None:
    warnings = SharedWarnings()
    for shot in "ab":
        warnings.hear(shot, f"/show/{shot}/plate.avi: the movie is interlaced.")
        warnings.hear(shot, "/show/place.png: the first of 2 pictures is taken.")
    warnings.hear("b", "the matte looks inverted")
    assert warnings.untold() == [
        "a, b: warning: the movie is interlaced.",
        "a, b: warning: /show/place.png: the first of 2 pictures is taken.",
        "b: warning: the matte looks inverted",
    ]
    assert warnings.untold() == []


def test_many_shots_are_counted() -> None:
    warnings = SharedWarnings()
    for number in range(9):
        warnings.hear(f"s{number}", "it is odd")
    assert warnings.untold() == ["s0, s1, s2, s3, s4, s5 and 3 more: warning: it is odd"]


def test_what_a_render_finds_is_told_at_once_and_of_the_other_shots_in_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    screen = LineScreen()
    screen.warn("a", "known before")
    screen.tell_warnings()
    for shot in "abc":
        for text in ("known before", "no network is here"):
            screen.progress(shot, Progress("reading footage", message=f"warning: {text}"))
    screen.tell_warnings()
    told = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert told == [
        "a: warning: known before",
        "a: warning: no network is here",
        "a, b, c: warning: known before",
        "a, b, c: warning: no network is here",
    ]
