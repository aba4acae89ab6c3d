"""The method of the paper: a video U-Net that paints windows of latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ...models.manifest import check_manifest
from ..protocol import EngineFacts, EngineRequest
from .model.configuration import ModelConfiguration, read_configuration
from .networks import Networks, choose_backend, open_networks, surely_onnx

if TYPE_CHECKING:
    from .painter import UNetPainter


_OVERLAP = 4
_READS = frozenset(
    {"solver", "guidance", "guided_share", "reuse", "variation", "overlap", "shading", "preview"}
)


class UNetEngine:
    """A model of the paper's kind, full size or small, in a folder with a manifest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digest = check_manifest(folder)
        self._configuration = read_configuration(folder)
        self.facts = facts_of(self._configuration)
        self._loaded: tuple[str, Networks] | None = None
        self._turn = Lock()

    def digest(self) -> str:
        """The sha256 of the manifest, which names every file's."""
        return self._digest

    def check(self, settings: Mapping[str, object], frames: int, size: tuple[int, int]) -> Sequence[str]:
        """Says which precision is not used; raises ``ModelError`` where the backend or the device is not there."""
        backend = choose_backend(settings, self._folder)
        device = str(settings.get("device", "auto"))
        if backend == "torch" and device not in ("auto", "cpu"):
            from ..device import choose_device  # loads torch: only where a device has to be there

            choose_device(device)
        warnings, precision = [], settings.get("precision", "auto")
        if backend == "onnx" and precision != "auto":
            warnings.append(
                f"Precision {precision} is not used: ONNX Runtime runs a network in that of its export."
            )
        from .painter import Sampling

        sampling = Sampling.of(settings, self._configuration)
        if sampling.reuse > 1 and (backend == "onnx" or sampling.steps == 1):
            why = "ONNX Runtime runs all layers" if backend == "onnx" else "there is one step"
            warnings.append(f"--reuse {sampling.reuse} is not used: {why}.")
        if sampling.guided_share < 1 and sampling.guidance == 1:
            warnings.append(f"--guided-share {sampling.guided_share:g} does nothing: the guidance is 1.")
        return tuple(warnings)

    def load(self, settings: Mapping[str, object]) -> None:
        """Open ONNX Runtime's sessions, a second of one core; PyTorch loads gigabytes, and waits for its turn."""
        if surely_onnx(settings, self._folder):
            self._networks(settings)

    def open(self, request: EngineRequest) -> UNetPainter:
        """The network on its device, ready for a shot. Raises ``ModelError``."""
        from .painter import Sampling, UNetPainter

        networks = self._networks(request.settings)
        for notice in networks.notices:
            request.say(notice)
        sampling = Sampling.of(request.settings, networks.configuration)
        return UNetPainter(networks, sampling, request.condition, request.guided)

    def _networks(self, settings: Mapping[str, object]) -> Networks:
        """The networks as the settings ask for them; they stay loaded until others are asked for."""
        chosen = (str(settings.get(name, "auto")) for name in ("device", "precision"))
        key = " ".join([choose_backend(settings, self._folder), *chosen])
        with self._turn:
            if self._loaded is None or self._loaded[0] != key:
                self._loaded = None  # free the old ones first
                self._loaded = (key, open_networks(self._folder, self._configuration, settings))
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


def engine_of(folder: Path) -> UNetEngine:
    """The engine of the model in ``folder``. Raises ``ModelError``."""
    return UNetEngine(folder)
