"""The file mode of weights, so that everybody can read them on a shared disk."""

from __future__ import annotations

import os
from pathlib import Path


def give_usual_mode(path: Path) -> None:
    """Give a file of weights, or all those below a folder, the mode that the umask gives to any new file.

    safetensors writes them for their owner alone, so that colleagues could not read a model on shared storage.
    """
    umask = os.umask(0o077)  # it can only be read by setting it
    os.umask(umask)
    for file in path.rglob("*.safetensors") if path.is_dir() else [path]:
        file.chmod(0o666 & ~umask)
