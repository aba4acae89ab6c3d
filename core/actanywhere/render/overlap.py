"""Reads, finishes and writes three neighbouring frames in parallel threads."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")


def read_ahead(
    items: Sequence[Item], read: Callable[[Item], Read]
) -> Generator[tuple[Item, Read], None, None]:
    """Each of ``items`` with what was read of it; the next one is read meanwhile, in a thread."""
    with ThreadPoolExecutor(1, "read") as pool:
        ahead = [pool.submit(read, item) for item in items[:1]]
        for number, item in enumerate(items, 1):
            found = ahead.pop().result()
            ahead += [pool.submit(read, following) for following in items[number : number + 1]]
            yield item, found


class WriteBehind(Generic[Item]):
    """Writes one after another in a thread, one at a time: who gives a second waits for the first.

    ``written`` hears of each, in the giver's thread, when it is done. Use it with ``with``, at whose end all is
    written; an error of a write comes out of the next ``give``, or of the end.
    """

    def __init__(self, written: Callable[[Item], None]) -> None:
        self._written = written
        self._pool = ThreadPoolExecutor(1, "write")
        self._pending: tuple[Item, Future[object]] | None = None

    def give(self, item: Item, write: Callable[[], object]) -> None:
        """Have ``item`` written."""
        self._finish()
        self._pending = item, self._pool.submit(write)

    def _finish(self) -> None:
        if self._pending is not None:
            (item, future), self._pending = self._pending, None
            future.result()
            self._written(item)

    def __enter__(self) -> WriteBehind[Item]:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._pool.shutdown()
