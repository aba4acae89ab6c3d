"""Golden jobs of the hosts: a scene or a node graph, and what its job says beyond the defaults.

``ACTANYWHERE_GOLDEN=write pytest tests/blender/test_sources.py tests/nuke/test_node.py``
writes them anew, when that is meant.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from actanywhere.contract.fields import RECORD, fields_of
from actanywhere.contract.job import Job

FOLDER = Path(__file__).resolve().parent


def check_golden(name: str, job: dict[str, Any], folders: dict[str, str]) -> None:
    """Compares a job with ``tests/golden/NAME.json``; ``folders`` maps a word to the folder that it stands for.

    Digests in file names are of paths and times: any of them will do, and so does any take.
    """
    text = json.dumps(_said(Job, job), indent=1, sort_keys=True, ensure_ascii=False)
    for word, folder in sorted(folders.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(folder, word)
    text = re.sub(r"_[0-9a-f]{12}(?=[/.])", "_DIGEST", text)
    text = re.sub(r"take_\d{3}", "take_001", text) + "\n"
    path = FOLDER / (name + ".json")
    if os.environ.get("ACTANYWHERE_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "meant? see tests/golden/hosts.py"


def _said(kind: Any, data: dict[str, Any]) -> dict[str, Any]:
    """A record's data without what is at its default."""
    fields = {f.name: f for f in fields_of(kind)}
    found = {}
    for name, value in data.items():
        f = fields.get(name)
        if f is not None and f.kind == RECORD and isinstance(value, dict):
            found[name] = _said(f.of, value)
        elif f is None or f.required or (tuple(value) if isinstance(value, list) else value) != f.default:
            found[name] = value
    return found
