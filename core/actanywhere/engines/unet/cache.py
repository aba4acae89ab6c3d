"""Loaded models, kept from job to job. PyTorch comes in with the first one, and not with this module."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...contract.settings import Settings

if TYPE_CHECKING:
    from .model.checkpoint import Model

__all__ = ["ModelCache"]


class ModelCache:
    """The last loaded model, so that many jobs load it once."""

    def __init__(self) -> None:
        self._key: tuple[str, str, str] | None = None
        self._model: Model | None = None

    def load(self, folder: Path, digest: str, settings: Settings) -> Model:
        """The model in ``folder`` on the device and in the precision that the settings ask for."""
        from .model.checkpoint import load_model
        from .model.device import choose_device, choose_precision

        device = choose_device(settings.device)
        dtype = choose_precision(settings.precision, device)
        key = (digest, str(device), str(dtype))
        if self._model is None or key != self._key:
            self._model = None  # free the old one first
            self._model = load_model(folder, device, dtype)
            self._key = key
        return self._model
