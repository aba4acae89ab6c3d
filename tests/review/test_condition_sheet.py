"""The sheet of a condition: its sentences use the sheet's whole width, and are cut by none of its borders."""

from __future__ import annotations

from actanywhere.review.condition_sheet import _broken
from actanywhere.review.contact_sheet import written


def test_a_long_sentence_is_broken_between_words_where_the_sheet_ends() -> None:
    sentence = " ".join(["placement:", *["word"] * 40])
    lines = _broken(sentence, 400)
    assert " ".join(lines) == sentence
    assert all(written(line) <= 400 for line in lines)
    assert all(written(f"{line} word") > 400 for line in lines[:-1])
    assert _broken("a/very/long/path", 20) == ["a/very/long/path"]
