"""The engine Wan VACE: public weights that paint what a moved picture does not show.

``layout``, ``qualities``, ``memory``, ``options`` and ``control`` need NumPy alone; torch and diffusers come in with
``opening``, after everything that can be wrong was checked.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...contract.errors import ModelError
from ...models.find import folder_of
from ...models.memory import free_memory
from ...models.registry import all_entries
from ..protocol import EngineFacts, EngineRequest, Painter
from .control import frame_count
from .layout import Layout, read_layout
from .memory import GIB, Plan, choose_plan, needs, plans
from .options import READS, Options, prompt_hints, read_options

if TYPE_CHECKING:
    from .parts import Parts


_480P, _720P = 480 * 832, 720 * 1280
_WINDOW = 21
_TINY = 0.2e9
"""Numbers in a transformer below which a processor is enough."""


@dataclass(frozen=True)
class _Machine:
    """The device that a job would run on, and what is free there, in bytes."""

    device: str
    free_gpu: int
    free_host: int
    bytes_per_number: int


class VaceEngine:
    """A VACE model in a folder; what was loaded for a shot is there for the next one.

    Raises ``ModelError`` when the folder lacks something or holds something else.
    """

    def __init__(self, folder: Path) -> None:
        own = read_layout(folder)
        self.layout: Layout = replace(own, loras=(*own.loras, *_pulled_loras(folder.name)))
        self._parts: Parts | None = None
        large = self.layout.is_large
        self.facts = EngineFacts(
            name=folder.name,
            window=None,
            overlap=0,
            area=_720P if large else _480P,
            multiple=2,
            steps=0,
            preview_steps=0,
            shading=1.0,
            invents=True,
            infers_camera=False,
            despills=True,
            reads=READS,
            preview_lowers=frozenset({"quality"}),
        )

    def digest(self) -> str:
        """What tells this model from another, by names, sizes and configurations; weights are not read for it."""
        return self.layout.digest()

    def check(self, settings: Mapping[str, object], frames: int, size: tuple[int, int]) -> Sequence[str]:
        """The memory plan and its estimate, hints on the prompt. Raises ``ModelError`` and ``JobError``."""
        options = read_options(settings, self.layout, size[0] * size[1])
        self._check_extras(options)
        machine = _machine(options)
        plan = self._plans(options, frames, size, machine)[0]
        quality = options.quality
        lines = [f"quality {quality}", f"memory plan {plan}"]
        if quality.name != "final" and not quality.loras:
            lines.append(
                f"No few-step LoRA for this model lies in {self.layout.folder / 'loras'}: '{quality.name}' saves steps "
                "alone, and looks it."
            )
        return [*lines, *prompt_hints(options)]

    def open(self, request: EngineRequest) -> Painter:
        """The model, its prompts encoded, ready for a shot. Raises ``ModelError``."""
        from .opening import open_painter

        options = read_options(request.settings, self.layout, request.size[0] * request.size[1])
        self._check_extras(options)
        machine = _machine(options)
        made = self._plans(options, request.frames, request.size, machine)
        painter = open_painter(self.layout, options, request, made, machine.device, self._parts)
        self._parts = painter.predictor.parts
        return painter

    def _plans(self, options: Options, frames: int, size: tuple[int, int], machine: _Machine) -> list[Plan]:
        """The plan for a shot, and those that need less after it."""
        latents = min(_WINDOW, (frame_count(frames) - 1) // 4 + 1)
        need = needs(self.layout, size, latents, 1, machine.bytes_per_number)
        whole = need.expert + need.vae + need.window + need.frame
        if machine.device == "cpu":
            plan = Plan("cpu", 0, max(whole, need.text))
            if self.layout.parameters > _TINY and options.device == "auto":
                raise ModelError(
                    f"There is no GPU here, and {self.layout.folder.name} has {self.layout.parameters / 1e9:.1f} "
                    f"billion numbers: on a processor a shot takes days and {plan.host / GIB:.0f} GiB of memory.",
                    "Run it on a machine with a GPU, use 'starter', or force it with --device cpu.",
                )
            return [plan]
        made = plans(need, machine.free_gpu)
        first = choose_plan(options.memory, made, machine.free_gpu, machine.free_host)
        return made[made.index(first) :]

    def _check_extras(self, options: Options) -> None:
        wanted = ["torch", "diffusers", "transformers", "accelerate", "ftfy"]
        wanted += ["peft"] if options.quality.loras else []
        wanted += ["gguf"] if any(w.kind == "gguf" for w in self.layout.experts.values()) else []
        lacking = [name for name in wanted if importlib.util.find_spec(name) is None]
        if lacking:
            raise ModelError(
                f"A VACE model needs {', '.join(lacking)}, which {'is' if len(lacking) == 1 else 'are'} not installed.",
                "pip install 'actanywhere[vace]'",
            )


def _pulled_loras(model: str) -> list[Path]:
    """The LoRAs that were pulled for the model of that name."""
    folders = [folder_of(entry) for entry in all_entries() if model in entry.extends]
    return [file for folder in folders if folder is not None for file in sorted(folder.glob("*.safetensors"))]


def _machine(options: Options) -> _Machine:
    import torch

    from ..device import choose_device

    place = choose_device(options.device)
    free = host = int(free_memory())
    if place.type == "cuda":  # what this process holds of an earlier shot is taken over, or let go
        free = torch.cuda.mem_get_info(place)[0] + torch.cuda.memory_reserved(place)
    single = options.precision == "fp32" or (options.precision == "auto" and place.type == "cpu")
    return _Machine(str(place), free, host, 4 if single else 2)


def engine_of(folder: Path) -> VaceEngine:
    """The engine in ``folder``, its files looked at. Raises ``ModelError``."""
    return VaceEngine(folder)
