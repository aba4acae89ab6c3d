"""The model card: what a model was trained on, how, and its held-out losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from ..contract.errors import FootageError

_CREDITS = ("CREDITS.txt", "CREDITS.md")
_VISIBLE = 0.5
"""Codes of an 8-bit display below which nobody sees a difference."""
_ANONYMOUS = "no %s in that folder: ask whoever gave the material, before the model leaves the house"


@dataclass(frozen=True)
class Material:
    """A folder that was learned from: its name, what was in it, and whom to credit."""

    name: str
    content: str
    credits: str


def describe_folder(folder: Path, content: str) -> Material:
    """A folder with the credits that lie in it (``CREDITS.txt`` or ``CREDITS.md``). Raises ``FootageError``."""
    for name in _CREDITS:
        if (folder / name).is_file():
            try:
                return Material(folder.name, content, (folder / name).read_text(encoding="utf-8").strip())
            except (OSError, ValueError) as error:
                raise FootageError(
                    f"{folder / name} cannot be read: {error}.", "Save it as UTF-8 text."
                ) from error
    return Material(folder.name, content, _ANONYMOUS % _CREDITS[0])


@dataclass(frozen=True)
class Change:
    """How far what is painted of the held-out clips has moved from what the run began with."""

    codes: float
    """Mean difference where something is to be painted, in 8-bit display codes."""

    @property
    def sentence(self) -> str:
        """It in words."""
        if self.codes < _VISIBLE:
            return f"It changed nothing that can be seen: {self.codes:.2f} of 255 in the mean."
        return f"What it paints has changed by {self.codes:.1f} of 255 in the mean."


@dataclass(frozen=True)
class Card:
    """What is known of a model before it is trained. ``base`` is the name of the model it went on from."""

    name: str = "model"
    base: str = ""
    material: Sequence[Material] = ()
    settings: Mapping[str, object] = field(default_factory=dict)

    def text(
        self,
        step: int,
        seconds: float,
        processes: int,
        began: Mapping[str, float],
        held_out: Mapping[str, float],
        change: Change | None,
    ) -> str:
        """The card as Markdown, after ``step`` steps and ``seconds`` of training; ``began``: the losses at step 0."""
        begun = f"It goes on from the model *{self.base}*." if self.base else "It was trained from nothing."
        lines = [
            f"# {self.name}",
            "",
            f"A background generator for ActAnywhere, after {step} steps. {begun} Use it with `--model FOLDER`.",
            "",
            "## Data and credits",
            "",
            "Procedural clips, made while it trained." if not self.material else "",
            *(f"- **{one.name}**: {one.content}. {_indented(one.credits)}" for one in self.material),
            "",
            "Whoever passes this model on has to know that the rights in that material allow it.",
            "",
            "## Training",
            "",
            f"- {step} steps in {_spell(seconds)} of training time, {processes} process"
            f"{'es' if processes > 1 else ''} at the end.",
            *(f"- {key}: {value}" for key, value in self.settings.items()),
            *(f"- {name} {version(name)}" for name in ("torch", "diffusers", "accelerate")),
            "",
            "## Held-out loss",
            "",
            *_held_out(began, held_out),
            "",
            *_what_changed(change),
        ]
        return "\n".join(lines).replace("\n\n\n", "\n\n")


def _held_out(began: Mapping[str, float], losses: Mapping[str, float]) -> list[str]:
    if not losses:
        return ["Not measured yet."]
    intro = (
        "Mean squared error of the prediction on clips that it never learned from, at four levels of noise."
    )
    if began.keys() != losses.keys():
        head = ["| region | loss |", "|---|---|"]
        return [intro, "", *head, *(f"| {region} | {loss:.4f} |" for region, loss in losses.items())]
    head = ["| region | it began with | now | change |", "|---|---|---|---|"]
    rows = [
        f"| {region} | {began[region]:.4f} | {loss:.4f} | {_change(began[region], loss)} |"
        for region, loss in losses.items()
    ]
    return [intro, "", *head, *rows]


def _change(before: float, now: float) -> str:
    share = round(now / before - 1, 3)
    return f"{share:+.1%}" if share else "none"


def _what_changed(change: Change | None) -> list[str]:
    if change is None:
        return []
    seen = change.codes >= _VISIBLE
    advice = (
        "`samples/changed.png` in the run shows both." if seen else "Train longer, or with a higher --rate."
    )
    return ["## What it changed", "", f"{change.sentence} {advice}", ""]


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _spell(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
