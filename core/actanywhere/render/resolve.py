"""Resolves the settings that were left out to numbers, from the facts of the engine."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..contract.errors import JobError
from ..contract.settings import Settings
from ..engines.protocol import EngineFacts

_ENGINE_SETTINGS = (
    "actor",
    "alive",
    "guidance",
    "guided_share",
    "life",
    "memory",
    "merge",
    "negative_prompt",
    "overlap",
    "prompt",
    "quality",
    "reference",
    "reuse",
    "second_pass",
    "shading",
    "shift",
    "solver",
    "unknown",
    "variation",
)
"""Settings that not every engine reads."""


@dataclass(frozen=True)
class Resolved:
    """What a job is rendered with: ``area`` pixels at work, ``window`` frames at once (None: the whole shot)."""

    settings: Settings
    area: int
    window: int | None
    overlap: int
    steps: int
    """0 where the engine has its own ways to say it."""
    shading: float

    def for_engine(self) -> dict[str, object]:
        """The settings as an engine is given them: every field, none of these left out."""
        filled = {"overlap": self.overlap, "steps": self.steps or None, "shading": self.shading}
        return {**dataclasses.asdict(self.settings), **filled}


def resolve(settings: Settings, facts: EngineFacts) -> Resolved:
    """As asked for, else as the engine recommends. Raises ``JobError`` where the two do not go together."""
    overlap = facts.overlap if settings.overlap is None else settings.overlap
    if settings.overlap is not None and facts.window is not None and overlap >= facts.window:
        raise JobError(
            f"An overlap of {overlap} frames leaves nothing of the model's window of {facts.window}.",
            f"Choose an overlap below {facts.window}.",
        )
    recommended = facts.preview_steps if settings.preview else facts.steps
    return Resolved(
        settings=settings,
        area=facts.area if settings.size is None else settings.size**2,
        window=facts.window,
        overlap=overlap,
        steps=settings.steps or recommended,
        shading=facts.shading if settings.shading is None else settings.shading,
    )


def unread_settings(settings: Settings, facts: EngineFacts) -> list[str]:
    """A warning for each setting that was changed and that this engine, or this camera, has no use for."""
    plain = Settings()
    changed = [
        name
        for name in _ENGINE_SETTINGS
        if getattr(settings, name) != getattr(plain, name) and name not in facts.reads
    ]
    found = [f"The setting '{name}' has no effect: the engine of {facts.name} has none." for name in changed]
    if settings.focal is not None and settings.camera in ("plate", "ground", "subject", "still"):
        found.append(
            f"--focal has no effect: the camera is '{settings.camera}'. It is for 3d, and for a camera's file."
        )
    return found
