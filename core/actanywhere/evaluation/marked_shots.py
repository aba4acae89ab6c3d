"""Shots measured against hand-made marks, with and without the installed networks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.job import Job, Progress
from ..engines.find import Engines
from ..engines.protocol import Watch
from ..models import Found
from ..render.feet import with_shadow
from ..render.folder import OutputFolder
from ..render.preflight import open_inputs
from ..render.render import render
from ..render.scene import Scene, read_scene
from ..seeing.cache import Answers
from ..seeing.readers import Readers, find_networks
from ..shadow.pulled import PulledShadow
from .against_marks import ShadowCount, left_standing, looks_of, overlap, shadow_count
from .bench import read_comp, read_result
from .cases import Case
from .feet import feet_sliding
from .figures import Figures
from .marks import Marks
from .sheet import Block
from .shots import Report, ShouldStop, render_job

Frames = NDArray[np.uint8]

_STANDING = 0.25
"""Share of the marked subject from which on they count as left standing."""
_TINT = (255, 40, 40)


@dataclass(frozen=True)
class _Done:
    figures: dict[str, float | None]
    found: Frames
    comp: Frames


def with_networks(asked: str) -> dict[str, Mapping[str, Found]]:
    """The networks of each method, by its name in the table. Raises ``ModelError`` for a damaged one."""
    methods: dict[str, Mapping[str, Found]] = {}
    if asked != "none":
        methods["ours"] = find_networks()
    if asked != "here":
        methods["ours without networks"] = {}
    return methods


def evaluate_marked_shot(
    case: Case,
    marks: Marks,
    methods: Mapping[str, Mapping[str, Found]],
    output: Path,
    engines: Engines,
    report: Report,
    cancelled: ShouldStop,
) -> tuple[list[Figures], Block]:
    """Render a case by every method and hold it to its marks: a row for each, and the sheet's block."""
    rows: list[Figures] = []
    columns: dict[str, Frames] = {}
    for method, networks in methods.items():
        done = _render(case, marks, networks, output / method.replace(" ", "_"), engines, report, cancelled)
        rows.append(Figures(case.name, method, done.figures))
        columns |= {f"found, {method}": done.found, method: done.comp}
    with open_inputs(case.job, engines) as inputs:
        marked = _tinted(_codes(inputs.condition.pixels), marks.subject)
        for name, movie in case.references.items():
            columns[name] = read_result(case.job, movie, range(len(inputs.frames)), inputs.size)
    return rows, Block(case.name, {"marked": marked[None], **columns})


def _render(
    case: Case,
    marks: Marks,
    networks: Mapping[str, Found],
    output: Path,
    engines: Engines,
    report: Report,
    cancelled: ShouldStop,
) -> _Done:
    job = render_job(replace(case, job=_as_marked(case.job, marks)), output, engines)
    result = render(job, lambda progress: report(case.name, progress), cancelled, engines, networks)
    report(case.name, Progress("measuring", fraction=1.0))
    with open_inputs(job, engines, networks) as inputs:
        folder = OutputFolder(job, inputs.frames)
        readers = Readers(dict(networks), Answers(folder.answers))
        scene = read_scene(inputs, Watch(cancelled=cancelled), readers)
        first, pixels = inputs.plate.frames.first, inputs.plate.info.height
        original = _codes(inputs.condition.pixels)
    comp = read_comp(result, list(range(len(scene.clip.frames))), scene.clip.size)
    mask = None if scene.place is None else scene.place.other.mask
    found = np.zeros(original.shape[:2], bool) if mask is None else mask > 0.5
    shadow = _shadow(scene, marks, first)
    clip = scene.clip
    moving = np.stack([with_shadow(clip, scene.shadow.value, index) for index in clip.indices()])
    slide = feet_sliding(comp, clip.rgb, clip.matte, moving)
    left = _left(scene, marks, original, comp)
    figures = {
        "overlap": overlap(found, marks.subject),
        "left": left,
        "left_standing": left if math.isnan(left) else float(left > _STANDING),
        "shadow_precision": shadow.precision,
        "shadow_recall": shadow.recall,
        "feet_slide": slide.median * pixels / comp.shape[1],
        "feet_slide_worst": slide.worst * pixels / comp.shape[1],
        "feet_measured": slide.measured,
    }
    known = {name: None if math.isnan(value) else float(value) for name, value in figures.items()}
    return _Done(known, _tinted(original, found)[None], comp)


def _as_marked(job: Job, marks: Marks) -> Job:
    """The job as an artist gives it who knows that somebody is in the picture, but has no matte of them."""
    asked = job.shot.condition
    kind = "composite" if marks.subject.any() and asked.kind == "auto" else asked.kind
    return replace(job, shot=replace(job.shot, condition=replace(asked, matte="", kind=kind)))


def _left(scene: Scene, marks: Marks, original: Frames, comp: Frames) -> float:
    backdrop = scene.backdrop.value
    if backdrop is None or not marks.subject.any():
        return float("nan")
    looks = looks_of(backdrop, len(comp), scene.clip.size)
    return left_standing(comp, scene.clip.matte, original, marks.subject, looks)


def _shadow(scene: Scene, marks: Marks, first: int) -> ShadowCount:
    """The shadow that is pulled, in the marked frames of the plate, whose first one is ``first``."""
    taken, marked, actors = [], [], []
    for place, mark in marks.shadows.items():
        index = place + first - scene.clip.frames.first
        if not 0 <= index < len(scene.clip.frames):
            continue
        shadow, (height, width) = scene.pulled, mark.shape
        none = np.zeros(mark.shape, np.float32)
        taken.append(shadow.at(index, height, width) if isinstance(shadow, PulledShadow) else none)
        marked.append(mark)
        actors.append(np.asarray(cv2.resize(scene.clip.matte[index], (width, height))) > 60)
    return shadow_count(taken, marked, actors)


def _codes(picture: NDArray[np.float32]) -> Frames:
    return np.asarray(np.round(np.clip(picture[..., :3], 0, 1) * 255), np.uint8)


def _tinted(picture: Frames, mask: NDArray[np.bool_]) -> Frames:
    half = (picture // 2 + np.array(_TINT, np.uint8) // 2).astype(np.uint8)
    return np.where(mask[..., None], half, picture)
