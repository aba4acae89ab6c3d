"""The selftest of a model on this machine: renders, measures, and writes a report to send.

The shipped example is rendered once. Three procedural clips with known truth are rendered in each mode that decides
something for the model's engine: one setting changed from its default at a time. The figures are those of ``truth``.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..contract.files import write_text
from ..contract.job import Job, Progress
from ..contract.schema import Upgrade, numbered
from ..contract.settings import Settings
from ..engines.find import Engines
from ..engines.protocol import Engine
from ..models.folder import model_folder
from ..render.preflight import model_size
from ..render.resolve import resolve
from .figures import Figures, means, to_markdown
from .sheet import Block, write_sheet
from .truth import TrueShot, backdrop_frames, measure_true_shot, render_ours, true_shots

Frames = NDArray[np.uint8]

BASE = "as it comes"
_ALONE = "moved picture alone"
_CLIPS = 3
_SAYS = 0.3
_UPGRADES: tuple[Upgrade, ...] = ()
"""Decibels from which on a difference is called one."""


@dataclass(frozen=True)
class Mode:
    """One way to render: the settings that differ from the base's."""

    name: str
    changes: dict[str, Any]


def modes_of(engine: Engine, height: int, quick: bool = False) -> list[Mode]:
    """The modes that decide something for an engine, at that working height: only settings that it reads."""
    all_modes = [
        Mode(BASE, {}),
        Mode("actor out", {"actor": "out"}),
        Mode("band of 16 pixels", {"band": min(0.5, 16 / height)}),
        Mode("band of 32 pixels", {"band": min(0.5, 32 / height)}),
        Mode("expected picture in the unknown", {"unknown": "picture"}),
        Mode("shift 1", {"shift": 1.0}),
        Mode("shift 8", {"shift": 8.0}),
        Mode("draft", {"quality": "draft"}),
        Mode("preview", {"preview": True, "quality": None}),
        Mode("keep-first windows", {"merge": "keep-first"}),
        Mode("life 0.4", {"life": 0.4}),
    ]
    known = {*engine.facts.reads, "band"}
    fit = [mode for mode in all_modes if set(mode.changes) - {"quality"} <= known]
    return fit[:2] if quick else fit


def selftest(
    settings: Settings,
    example: Job,
    output: Path,
    frames: int,
    quick: bool,
    render: Callable[[Job], Any],
    report: Callable[[Progress], None],
) -> dict[str, Any]:
    """Render, measure, and write ``report.json``, ``report.md`` and ``sheet.png`` into ``output``; gives the report.

    ``example`` is rendered by ``render``. Raises the engine's ``ModelError`` before anything is rendered.
    """
    engine = Engines().find(settings.model)
    resolved = resolve(settings, engine.facts)
    size = model_size(resolved.area, 1.0, engine.facts.multiple)
    plan = list(engine.check(resolved.for_engine(), frames, size))
    output.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    render(example)
    seconds = {"example": round(time.monotonic() - begun, 1)}
    modes, rows, blocks = modes_of(engine, size[0], quick), [], []
    total = _CLIPS * len(modes)
    report(Progress("rendering clips", 0, total, "renders"))
    for number, shot in enumerate(true_shots(_CLIPS, frames, resolved.area, engine.facts.multiple)):
        made = {_ALONE: backdrop_frames(shot, settings)}
        for at, mode in enumerate(modes):
            done = number * len(modes) + at
            report(Progress("rendering clips", done, total, "renders", fraction=done / total))
            made[mode.name], took = _render(engine, shot, replace(settings, **mode.changes), output / "work")
            seconds[mode.name] = round(seconds.get(mode.name, 0) + took, 1)
        rows += measure_true_shot(shot, made)
        blocks.append(Block(f"{shot.name}   {shot.digest}", {"truth": shot.clip.rgb, **made}))
    write_sheet(output / "sheet.png", blocks)
    mean = means(rows)
    facts = {
        "model": model_folder(settings.model).name,
        "digest": engine.digest(),
        "settings": asdict(settings),
        "plan": plan,
        "machine": machine(),
        "versions": versions(),
        "size": list(size),
        "frames": frames,
        "seconds": seconds,
        "clips": [{"shot": row.shot, "mode": row.method, **row.values} for row in rows],
        "means": {row.method: row.values for row in mean},
        "verdict": list(verdict(mean, seconds, frames)),
    }
    write_text(str(output / "report.json"), json.dumps(numbered(facts, _UPGRADES), indent=2) + "\n")
    write_text(str(output / "report.md"), _page(facts, mean))
    shutil.rmtree(output / "work", ignore_errors=True)
    return facts


def _render(engine: Engine, shot: TrueShot, settings: Settings, scratch: Path) -> tuple[Frames, float]:
    shutil.rmtree(scratch, ignore_errors=True)
    begun = time.monotonic()
    made = render_ours(engine, shot.scene, settings, scratch)
    return made, time.monotonic() - begun


def verdict(mean: list[Figures], seconds: dict[str, float], frames: int) -> Iterator[str]:
    """What the figures say, a sentence each."""
    by_name = {row.method: row.values for row in mean}
    base = by_name[BASE]
    per_frame = seconds[BASE] / (_CLIPS * frames)
    yield f"{per_frame:.2f} seconds a frame as it comes; the example took {seconds['example']:.0f} seconds."
    for region in ("borders", "contact", "background"):
        ours, alone = base.get(f"{region}_db"), by_name[_ALONE].get(f"{region}_db")
        if ours is not None and alone is not None:
            yield f"{region}: {ours:.1f} dB, {_compared(ours - alone)} the moved picture alone."
    for name, values in by_name.items():
        ours, other = base.get("background_db"), values.get("background_db")
        if name not in (BASE, _ALONE) and ours is not None and other is not None:
            times = seconds[name] / max(seconds[BASE], 1e-3)
            yield f"{name}: {_compared(other - ours)} as it comes, in {times:.1f} times its time."


def _compared(gain: float) -> str:
    if abs(gain) < _SAYS:
        return "no better and no worse than"
    return f"{abs(gain):.1f} dB {'better' if gain > 0 else 'worse'} than"


def machine() -> dict[str, Any]:
    """The computer, in words: system, processor threads, GPU with its memory at the peak."""
    import torch

    facts: dict[str, Any] = {"system": platform.platform(), "threads": torch.get_num_threads(), "gpu": None}
    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        facts |= {"gpu": card.name, "gpu_gib": round(card.total_memory / 2**30, 1)}
        facts["gpu_peak_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
    return facts


def versions() -> dict[str, str]:
    """Of this software, Python and the libraries that a model runs in."""
    names = ("torch", "diffusers", "transformers", "accelerate", "peft", "gguf", "numpy")
    found = {"actanywhere": __version__, "python": platform.python_version()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _page(facts: dict[str, Any], mean: list[Figures]) -> str:
    card = facts["machine"]["gpu"] or "no GPU"
    lines = [
        f"# {facts['model']} on {card}",
        "",
        *(f"- {line}" for line in facts["verdict"]),
        "",
        "## Plan",
        "",
    ]
    lines += [f"- {line}" for line in facts["plan"]]
    lines += [
        "",
        f"## Mean of {_CLIPS} clips of {facts['frames']} frames at {facts['size'][1]}x{facts['size'][0]}",
        "",
    ]
    return "\n".join([*lines, to_markdown(mean, "clips"), ""])
