"""Checksums of model files: computed once for a file that does not change, and remembered between processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..contract.errors import ModelError, OutputError
from ..contract.files import write_text
from ..onnx_runner import file_digest
from ..user_folders import cache_folder
from .record import FileFacts


def _memory() -> Path:
    return cache_folder() / "model_checksums.json"


def facts_of(path: Path, read: Callable[[int], None] = lambda count: None) -> FileFacts:
    """Size and sha256 of ``path``; ``read`` hears the bytes of each piece. Raises ``ModelError``."""
    found = FileFacts(path.stat().st_size, file_digest(path, read)) if path.is_file() else None
    if found is None:
        raise ModelError(f"{path} is not there.", "Get the file again.")
    return found


def check_against(
    folder: Path,
    files: dict[str, FileFacts],
    remedy: str,
    anew: bool = False,
    read: Callable[[int], None] = lambda count: None,
) -> None:
    """Refuse files in ``folder`` that are missing, of another size, or not what their sha256 says.

    A file that was found right, and has the same size and time since, is not read again unless ``anew``; ``read`` hears
    the bytes of each piece that is.
    Raises ``ModelError``, with ``remedy``, naming the first that is wrong.
    """
    known = {} if anew else _recall()
    fresh: dict[str, list[Any]] = {}
    for name, facts in files.items():
        path = folder / name
        try:
            stat = path.stat()
        except OSError as error:
            raise ModelError(f"{folder} lacks {name}.", remedy) from error
        if stat.st_size != facts.size:
            raise ModelError(f"{path} has {stat.st_size} bytes and should have {facts.size}.", remedy)
        stamp = [stat.st_size, stat.st_mtime_ns, facts.sha256]
        if known.get(str(path)) == stamp:
            continue
        if file_digest(path, read) != facts.sha256:
            raise ModelError(f"{path} is not the file that it was: it was changed or damaged.", remedy)
        fresh[str(path)] = stamp
    if fresh:
        _keep({**_recall(), **fresh})


def remember(folder: Path, files: dict[str, FileFacts]) -> None:
    """Note that these files were just found right."""
    stats = {folder / name: ((folder / name).stat(), facts.sha256) for name, facts in files.items()}
    _keep({**_recall(), **{str(p): [s.st_size, s.st_mtime_ns, sha] for p, (s, sha) in stats.items()}})


def forget(folder: Path) -> None:
    """Forget what lay in ``folder``."""
    _keep({path: stamp for path, stamp in _recall().items() if not Path(path).is_relative_to(folder)})


def _recall() -> dict[str, list[Any]]:
    try:
        data = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _keep(stamps: dict[str, list[Any]]) -> None:
    """Written as well as it goes: without it, a file is read once more."""
    try:
        _memory().parent.mkdir(parents=True, exist_ok=True)
        write_text(str(_memory()), json.dumps(stamps, indent=1) + "\n")
    except (OSError, OutputError):
        return
