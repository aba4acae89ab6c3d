"""The engine of a model, found from the model's folder without loading torch.

``engine`` in a folder's ``model.json`` names it (left out: ``unet``); a folder of diffusers names its pipeline in
``model_index.json``. An engine is a package with one function, ``engine_of(folder) -> Engine``: one in this folder, or
one of your own in a folder that ACTANYWHERE_ENGINES lists. Code never comes out of a model's folder.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock, Thread
from types import ModuleType
from typing import Any, cast

from ..contract.errors import ActAnywhereError, ModelError
from ..contract.settings import Settings
from ..models.folder import INDEX, model_folder
from .protocol import Engine

_OWN = ("unet", "vace")
_PIPELINES = {"WanVACEPipeline": "vace"}


def find_engine(folder: Path) -> Engine:
    """The engine that paints with the model in ``folder``. Raises ``ModelError``."""
    name = _engine_name(folder)
    module = importlib.import_module(f"{__package__}.{name}") if name in _OWN else _own_engine(name, folder)
    return cast(Engine, module.engine_of(folder))


class Engines:
    """The engine of the last job, with the weights that it loaded, so that many jobs load them once."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._key: tuple[Path, str] | None = None
        self._turn = Lock()

    def find(self, model: str) -> Engine:
        """The engine of the model that an artist named; the same one as before as long as its files are the same."""
        folder = model_folder(model)
        fresh = find_engine(folder)
        key = (folder, fresh.digest())
        with self._turn:
            if self._engine is None or key != self._key:
                self._engine, self._key = fresh, key
            return self._engine

    def load_beside(self, settings: Settings) -> None:
        """Begin to load the model in a thread, where its engine has a ``load``; what is wrong ``open`` tells."""

        def load() -> None:
            with suppress(ActAnywhereError):
                engine = self.find(settings.model)
                if (begin := getattr(engine, "load", None)) is not None:
                    begin(asdict(settings))

        Thread(target=load, name="load").start()


def _engine_name(folder: Path) -> str:
    entry = _entry(folder / "model.json", "engine")
    if entry:
        return entry
    if (folder / "model.json").is_file() or not (folder / INDEX).is_file():
        return "unet"
    pipeline = _entry(folder / INDEX, "_class_name")
    if pipeline not in _PIPELINES:
        raise ModelError(
            f"{folder / INDEX} is of the pipeline '{pipeline}', which no engine here runs.",
            f"Use a model of {' or '.join(_PIPELINES)}, or one with a model.json.",
        )
    return _PIPELINES[pipeline]


def _entry(path: Path, key: str) -> str:
    """What a JSON file says under ``key``; nothing where it cannot be read: who reads all of it tells that."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        return str(data.get(key, ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _own_engine(name: str, folder: Path) -> ModuleType:
    """The user's own engine of that name."""
    module = f"actanywhere_engine_{name}"
    if module in sys.modules:
        return sys.modules[module]
    for engines in filter(None, os.environ.get("ACTANYWHERE_ENGINES", "").split(os.pathsep)):
        for path in (Path(engines) / name / "__init__.py", Path(engines) / f"{name}.py"):
            if name.isidentifier() and path.is_file():
                return _load(module, path)
    raise ModelError(
        f"The model in {folder} is for the engine '{name}', and there is none of that name.",
        f"Known are {' and '.join(_OWN)}; name the folder of your own engines in ACTANYWHERE_ENGINES.",
    )


def _load(module: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(module, path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[module] = loaded  # before it runs: dataclasses look there
    try:
        spec.loader.exec_module(loaded)
    except BaseException:
        del sys.modules[module]
        raise
    return loaded
