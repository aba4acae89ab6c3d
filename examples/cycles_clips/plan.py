"""What a clip shows: drawn from its seed alone, and handed to Blender as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

__all__ = ["ClipPlan", "draw_plans", "read_plan", "write_plan"]

BUILT_SETS = ("street", "woods", "plaza", "room", "desert")
PANORAMAS = ("city", "courtyard", "forest", "sunset", "night")
CLOSE = ("panorama:courtyard", "panorama:forest")
"""What stands near their camera would be laid on the floor: ours only turns there, which shows it undistorted."""
HELD_OUT_PANORAMA = "sunrise"
FIGURES = ("person", "suzanne", "dog", "car", "ball")
_ODDS = (0.45, 0.2, 0.15, 0.12, 0.08)
MOVES = ("handheld", "pan", "truck", "dolly", "orbit", "crane")


@dataclass(frozen=True)
class ClipPlan:
    """``set`` is a built set's name, or ``panorama:`` and the name of one of Blender's own pictures.

    ``frames`` at 24 a second, ``side`` pixels square, ``samples`` rays a pixel.
    """

    name: str
    seed: int
    set: str
    figure: str
    move: str
    frames: int
    side: int
    samples: int


def draw_plans(seed: int, count: int, frames: int, side: int, samples: int, held_out: bool) -> list[ClipPlan]:
    """``count`` different clips; every set and camera move comes up before any does twice.

    Held-out clips share no seed with the others, and no panorama.
    """
    rng = np.random.default_rng([seed, int(held_out)])
    pictures = (HELD_OUT_PANORAMA,) if held_out else PANORAMAS
    sets = [*(f"panorama:{name}" for name in rng.permutation(pictures)), *rng.permutation(BUILT_SETS)]
    order = rng.permutation(len(sets)) if not held_out else np.arange(len(sets))
    moves = rng.permutation(MOVES)
    plans = []
    for number in range(count):
        figure = str(rng.choice(FIGURES, p=_ODDS))
        chosen = str(sets[order[number % len(sets)]])
        if figure == "car" and chosen in ("room", "woods"):
            figure = "person"
        move = "pan" if chosen in CLOSE else str(moves[number % len(moves)])
        name = f"{'held' if held_out else 'clip'}_{number:02d}_{chosen.split(':')[-1]}_{figure}_{move}"
        own = int(rng.integers(2**31))
        plans.append(ClipPlan(name, own, chosen, figure, move, frames, side, samples))
    return plans


def write_plan(plan: ClipPlan, path: Path) -> None:
    """The plan as JSON."""
    path.write_text(json.dumps(asdict(plan)))


def read_plan(path: Path) -> ClipPlan:
    """The plan that ``write_plan`` wrote."""
    return ClipPlan(**json.loads(path.read_text()))
