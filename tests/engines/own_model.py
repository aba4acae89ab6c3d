"""The engine of a dozen lines (``own/prefill.py``) as a model's folder that a job may name."""

from __future__ import annotations

import json
from pathlib import Path

from actanywhere.models.manifest import write_manifest

#: What ACTANYWHERE_ENGINES names.
OWN = Path(__file__).resolve().parent / "own"


def prefill_model(folder: Path) -> Path:
    """Makes a model's folder that names the engine, and gives it."""
    folder.mkdir()
    (folder / "model.json").write_text(json.dumps({"engine": "prefill"}))
    write_manifest(folder)
    return folder
