"""Quality against seconds: an engine at several counts of steps, or qualities, on clips whose truth is known.

The measures are those of ``actanywhere evaluate --procedural``, beside the processor's time for a window's painting.
All settings paint the same clips. What is chosen for draft, preview and final has to lie on the curve: none other may
be as good in less time. The moved picture alone, which takes the engine no time, stands at 0.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from actanywhere.contract.settings import Settings
from actanywhere.engines.find import Engines
from actanywhere.evaluation.figures import Figures, means
from actanywhere.evaluation.truth import backdrop_frames, measure_true_shot, render_ours, true_shots

from .machine import describe
from .records import Figure, Record

__all__ = ["measure_curve", "measure_fast"]

_SHOWN = {
    "background_db": ("background", "dB"),
    "contact_db": ("contact", "dB"),
    "shadow_db": ("shadow", "dB"),
    "background_ssim": ("background SSIM", ""),
}
_FRAMES = 16
_GUIDANCE = 2.0


def measure_fast(model: str, steps: int, clips: int, command: str) -> Iterator[Record]:
    """A record for each way to take less time over so many steps, and for what the model recommends beside it."""
    each = partial(Settings, model=model, steps=steps, backend="torch")
    yield from _measured(
        "fast",
        model,
        {
            "as recommended": Settings(model=model, backend="torch"),
            f"{steps} steps": each(),
            f"{steps // 2} steps": each(steps=steps // 2),
            f"{steps} steps, every 2nd whole": each(reuse=2),
            f"{steps} steps, every 3rd whole": each(reuse=3),
            f"{steps} steps, guidance {_GUIDANCE:g}": each(guidance=_GUIDANCE),
            f"{steps} steps, guidance {_GUIDANCE:g} of a half": each(guidance=_GUIDANCE, guided_share=0.5),
            f"{steps} steps, guidance {_GUIDANCE:g} of a half, every 2nd whole": each(
                guidance=_GUIDANCE, guided_share=0.5, reuse=2
            ),
        },
        {},
        clips,
        command,
    )


def measure_curve(model: str, steps: list[int], clips: int, command: str) -> Iterator[Record]:
    """A record for each setting: ``steps``, or the qualities of an engine that has its own."""
    facts = Engines().find(model).facts
    if "quality" in facts.reads:
        settings = {name: Settings(model=model, quality=name) for name in ("draft", "preview", "final")}
        chosen = dict.fromkeys(settings, "")
    else:
        settings = {_steps(count): Settings(model=model, steps=count) for count in steps}
        chosen = {_steps(facts.steps): " (final)"}
        name = _steps(facts.preview_steps)
        chosen[name] = " (preview, final)" if name in chosen else " (preview)"
    yield from _measured("curve", model, settings, chosen, clips, command)


def _measured(
    part: str, model: str, settings: dict[str, Settings], chosen: dict[str, str], clips: int, command: str
) -> Iterator[Record]:
    """A record for each of the ``settings``; ``chosen`` is added to their names."""
    engine = Engines().find(model)
    facts = engine.facts
    rows: list[Figures] = []
    seconds: dict[str, list[float]] = {name: [] for name in settings}
    shots = true_shots(clips, facts.window or _FRAMES, facts.area, facts.multiple, gone_on=not facts.invents)
    for shot in shots:
        made = {"the moved picture alone": backdrop_frames(shot, Settings(model=model))}
        for name, each in settings.items():
            with tempfile.TemporaryDirectory() as scratch:
                if not seconds[name]:
                    render_ours(engine, shot.scene, each, Path(scratch))  # loading is not painting
                start = time.process_time()
                made[name] = render_ours(engine, shot.scene, each, Path(scratch))
                seconds[name].append(time.process_time() - start)
        rows += measure_true_shot(shot, made)
    for row in means(rows):
        took = seconds.get(row.method, [0.0])
        measures = [
            Figure(title, row.values[key], unit, plotted=key == "contact_db")
            for key, (title, unit) in _SHOWN.items()
        ]
        yield Record(
            part,
            row.method + chosen.get(row.method, ""),
            (Figure("a window, processor", float(np.median(took)), "s", plotted=True), *measures),
            command,
            describe(),
        )


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"
