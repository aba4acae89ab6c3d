"""The qualities ``draft``, ``preview`` and ``final`` of a VACE model: steps, guidance, shift, few-step LoRA.

A LoRA lies in the model's folder ``loras/`` under the name that it was published with. Where none is, fewer steps are
all that a draft saves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

QUALITIES = ("draft", "preview", "final")
_LARGE = 720 * 1280 * 3 // 4
"""From this area on the model's shift for large pictures is taken."""


@dataclass(frozen=True)
class FewSteps:
    """A published LoRA by which few steps are enough, told by its file's name."""

    part: str
    """What the name holds, in small letters."""
    steps: int
    shift: float
    strength: float = 1.0
    source: str = ""


KNOWN = (
    FewSteps("causvid_bidirect2_t2v_1_3b", 6, 8.0, 0.95, "Kijai/WanVideo_comfy"),
    FewSteps("fastwan_t2v_14b", 6, 5.0, 1.0, "Kijai/WanVideo_comfy"),
    FewSteps("wan2.1_t2v_14b_lora_rank64_lightx2v_4step", 4, 5.0, 1.0, "lightx2v/Wan2.1-Distill-Loras"),
    FewSteps("wan21_t2v_14b_lightx2v_cfg_step_distill", 4, 5.0, 1.0, "lightx2v"),
    FewSteps("lightx2v_t2v_14b_cfg_step_distill", 4, 5.0, 1.0, "Kijai/WanVideo_comfy"),
    FewSteps(
        "wan2.2_t2v_a14b_high_noise_lora_rank64_lightx2v_4step", 4, 5.0, 1.0, "lightx2v/Wan2.2-Distill-Loras"
    ),
    FewSteps(
        "wan2.2_t2v_a14b_low_noise_lora_rank64_lightx2v_4step", 4, 5.0, 1.0, "lightx2v/Wan2.2-Distill-Loras"
    ),
)
"""Steps, strength and guidance 1 are the publishers'. The shift of the lightx2v files was published nowhere that we
saw: 5 is the usual one for them."""


@dataclass(frozen=True)
class Quality:
    """How a take is denoised. ``loras`` are files with their strength, for the first and the second expert."""

    name: str
    steps: int
    guidance: float
    shift: float
    loras: tuple[tuple[Path, float], ...] = ()

    def __str__(self) -> str:
        lora = f", {' and '.join(file.name for file, _ in self.loras)}" if self.loras else ""
        return f"{self.name}: {self.steps} steps, guidance {self.guidance:g}, shift {self.shift:g}{lora}"


FINAL = Quality("final", 50, 5.0, 3.0)
"""As the model's authors render it."""


def few_step_lora(file: Path) -> FewSteps | None:
    """What is known of a LoRA's file, by its name."""
    name = file.name.lower()
    return next((known for known in KNOWN if known.part in name), None)


def quality_of(
    name: str, loras: tuple[Path, ...], experts: int, area: int, shift: float | None = None
) -> Quality:
    """The quality of that name for a model with these ``loras`` and 1 or 2 ``experts``, at ``area`` pixels.

    ``shift`` is what the model's own scheduler has, where it was made for one.
    """
    usual = shift if shift is not None else (5.0 if area >= _LARGE else 3.0)
    final = replace(FINAL, shift=usual)
    if name == "final":
        return final
    known = _matching(loras, experts)
    if not known:
        return replace(final, name=name, steps=30 if name == "preview" else 15)
    first = known[0][1]
    steps = first.steps if name == "draft" else 2 * first.steps
    chosen = tuple((file, few.strength) for file, few in known)
    return Quality(name, steps, 1.0, first.shift, chosen)


def _matching(loras: tuple[Path, ...], experts: int) -> list[tuple[Path, FewSteps]]:
    """One known LoRA for each expert, in their order; for two, the files for high and for low noise, or none."""
    found = [(file, few) for file in sorted(loras) if (few := few_step_lora(file)) is not None]
    noisy = [pair for pair in found if "high_noise" in pair[1].part]
    clean = [pair for pair in found if "low_noise" in pair[1].part]
    if experts == 2:
        return [noisy[0], clean[0]] if noisy and clean else []
    plain = [pair for pair in found if pair not in noisy + clean]
    return plain[:1]
