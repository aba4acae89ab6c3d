"""Frames are read ahead and written behind, in order, and no error is lost."""

from __future__ import annotations

import threading

import pytest

from actanywhere.render.overlap import WriteBehind, read_ahead


def test_the_next_item_is_read_while_one_is_worked_on() -> None:
    second = threading.Event()

    def read(item: int) -> int:
        if item == 2:
            second.set()
        return 10 * item

    found = []
    for item, value in read_ahead([1, 2, 3], read):
        assert second.wait(10)  # of the first too: nobody waits for it
        found.append((item, value))
    assert found == [(1, 10), (2, 20), (3, 30)]
    assert list(read_ahead([], read)) == []


def test_an_item_that_cannot_be_read_stops_at_itself() -> None:
    ahead = read_ahead([2, 0], lambda item: 1 / item)
    assert next(ahead) == (2, 0.5)
    with pytest.raises(ZeroDivisionError):
        next(ahead)


def test_what_is_given_is_written_in_order_and_told_when_it_is_done() -> None:
    wrote: list[int] = []
    told: list[tuple[int, list[int]]] = []
    with WriteBehind[int](lambda item: told.append((item, list(wrote)))) as writer:
        for item in range(3):
            writer.give(item, lambda item=item: wrote.append(item))
    assert [item for item, _ in told] == [0, 1, 2]
    assert all(item in done for item, done in told)


def test_a_write_that_fails_is_raised_and_not_told() -> None:
    told: list[int] = []
    with pytest.raises(ZeroDivisionError), WriteBehind[int](told.append) as writer:
        writer.give(1, lambda: 1 / 0)
    assert told == []
