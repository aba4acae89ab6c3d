"""The U-Net as an engine: its facts without torch, its weights kept from shot to shot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...models.manifest import check_manifest
from ..protocol import EngineFacts, EngineRequest
from .model.configuration import ModelConfiguration, read_configuration

if TYPE_CHECKING:
    from .model.checkpoint import Model
    from .painter import UNetPainter

__all__ = ["UNetEngine", "facts_of"]

_OVERLAP = 4
_READS = frozenset({"solver", "guidance", "variation", "overlap", "shading", "preview"})


class UNetEngine:
    """A model of the paper's kind, full size or small, in a folder with a manifest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digest = check_manifest(folder)
        self.facts = facts_of(read_configuration(folder))
        self._loaded: tuple[str, Model] | None = None

    def digest(self) -> str:
        """The sha256 of the manifest, which names every file's."""
        return self._digest

    def check(self, settings: Mapping[str, object], frames: int, size: tuple[int, int]) -> Sequence[str]:
        """Nothing to say; raises ``ModelError`` where the device that was asked for is not there."""
        device = str(settings.get("device", "auto"))
        if device not in ("auto", "cpu"):
            from .model.device import choose_device  # loads torch: only where a device has to be there

            choose_device(device)
        return ()

    def open(self, request: EngineRequest) -> UNetPainter:
        """The network on its device, ready for a shot. Raises ``ModelError``."""
        from .painter import Sampling, UNetPainter

        model = self._model(str(request.settings["device"]), str(request.settings["precision"]))
        sampling = Sampling.of(request.settings, model.configuration)
        return UNetPainter(model, sampling, request.condition, request.guided)

    def _model(self, device_name: str, precision: str) -> Model:
        """The model on that device in that precision; it stays loaded until another is asked for."""
        from .model.checkpoint import load_model
        from .model.device import choose_device, choose_precision

        device = choose_device(device_name)
        dtype = choose_precision(precision, device)
        key = f"{device} {dtype}"
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None  # free the old one first
            self._loaded = (key, load_model(self._folder, device, dtype))
        return self._loaded[1]


def facts_of(configuration: ModelConfiguration) -> EngineFacts:
    """What the rest has to know of a model. A small one neither invents places nor infers the camera."""
    lowered = ["steps"] if configuration.steps != configuration.preview_steps else []
    lowered += ["guidance"] if configuration.guidance != 1.0 else []
    return EngineFacts(
        name=configuration.name,
        window=configuration.frames,
        overlap=min(_OVERLAP, max(1, configuration.frames // 4)),
        area=configuration.area,
        multiple=configuration.side_multiple,
        steps=configuration.steps,
        preview_steps=configuration.preview_steps,
        preview_lowers=frozenset(lowered),
        shading=configuration.shading,
        invents=not configuration.assisted,
        infers_camera=not configuration.assisted,
        untrained=configuration.untrained,
        reads=_READS,
    )
