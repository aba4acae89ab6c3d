"""The warm-up of a run, and its plan in words."""

from __future__ import annotations

import math

#: Steps after which the length of a run that ends by the clock is known.
MEASURED_STEPS = 3

_LONGEST_WARMUP = 200
_SHARE = 10
"""A tenth of the run is spent on the rise."""


def planned_warmup(steps: float) -> int:
    """Steps over which the rate rises in a run of ``steps``: a tenth of them, at least 1 and at most 200."""
    return max(1, min(_LONGEST_WARMUP, int(steps) // _SHARE if math.isfinite(steps) else _LONGEST_WARMUP))


def spoken_plan(step: int, last: float, warmup: int, rate: float, seconds_a_step: float | None) -> list[str]:
    """What a run from ``step`` to about ``last`` will do; a second line where it ends before it reaches its rate."""
    pace = f" ({seconds_a_step:.1f} s a step)" if seconds_a_step is not None else ""
    about = "about step" if seconds_a_step is not None else "step"
    reached = (
        f"the learning rate {rate:.2g} is reached at step {warmup}"
        if step < warmup
        else f"the learning rate {rate:.2g} is reached already"
    )
    lines = [f"plan: from step {step} to {about} {last:.0f}{pace}; {reached}"]
    if last < warmup:
        lines.append(
            f"warning: {last:.0f} steps of the {warmup} needed to reach the learning rate, so this run learns "
            f"at {last / warmup:.0%} of it at most. Leave out --warmup, and it follows the length of the run."
        )
    return lines
