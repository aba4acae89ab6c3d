"""Interleaved measuring: A B A B, so that a busy machine is unfair to nobody."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Timing", "interleave"]


@dataclass
class Timing:
    """Seconds of every round: by the wall's clock, and of processor time over all threads."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median_wall(self) -> float:
        """Median over the rounds."""
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        """Median over the rounds."""
        return statistics.median(self.cpu)


def interleave(
    contenders: Mapping[str, Callable[[], object]], rounds: int, wait: Callable[[], None] = lambda: None
) -> dict[str, Timing]:
    """Every contender ``rounds`` times in turn. ``wait`` waits for the device to be done."""
    timings = {name: Timing() for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            wait()
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            wait()
            timings[name].wall.append(time.perf_counter() - wall)
            timings[name].cpu.append(time.process_time() - cpu)
    return timings
