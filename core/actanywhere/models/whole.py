"""Checks that a model's files are complete and of the right kind, without loading them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..contract.errors import ModelError
from ..onnx_runner import NetworkFacts, read_facts
from .registry import Entry

_PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".pt2", ".joblib")
_CODE = (".py", ".so", ".dll", ".dylib", ".pyc")


def refuse_pickle(path: Path) -> None:
    """Refuse a file that would run code when it is loaded, by its ending or its first bytes. Raises ``ModelError``."""
    if path.suffix.lower() in _CODE:
        raise ModelError(f"{path} is code, and a model is made of weights.", "Leave it out.")
    head = b""
    if path.is_file():
        with path.open("rb") as stream:
            head = stream.read(4)
    if path.suffix.lower() in _PICKLES or head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        raise ModelError(
            f"{path} is a pickle, which can run anything when it is loaded: it is never loaded here.",
            "Get the same weights as .safetensors, or as .onnx; the hub converts a repository's own on request.",
        )


def check_file(path: Path) -> None:
    """Refuse a file that is cut short, or something else than its ending says. Raises ``ModelError``."""
    refuse_pickle(path)
    suffix = path.suffix.lower()
    if suffix == ".onnx":
        read_facts(path)
    elif suffix == ".safetensors":
        _check_safetensors(path)
    elif suffix == ".json":
        _read_json(path)
    elif suffix == ".gguf" and path.open("rb").read(4) != b"GGUF":
        raise ModelError(f"{path} is no GGUF file.", "Get the file again.")
    elif not path.is_file():
        raise ModelError(f"{path} is not there.", "Get the file again.")


def check_kind(entry: Entry, folder: Path, remedy: str = "") -> None:
    """Refuse a folder that holds another model than ``entry``, or not all of its parts.

    Raises ``ModelError``; ``remedy`` is what is to be done, or else to get the right one.
    """
    remedy = remedy or f"Get {entry.name} itself: {entry.command}"
    for name, values in entry.expects.items():
        found = _read_json(folder / name)
        for key, allowed in values.items():
            if found.get(key) not in allowed:
                raise ModelError(
                    f"{folder / name} says {key} = {found.get(key)!r}, where {entry.title} has {_either(allowed)}: "
                    "it is another model.",
                    remedy,
                )
    for index in sorted(folder.rglob("*.safetensors.index.json")):
        for part in sorted(set(dict(_read_json(index).get("weight_map", {})).values())):
            if not (index.parent / part).is_file():
                raise ModelError(
                    f"{index.parent} lacks {part}, which {index.name} names.",
                    remedy,
                )
    if entry.runs_on == "onnx":
        for path in sorted(folder.rglob("*.onnx")):
            _check_role(entry, read_facts(path), remedy)


def _check_role(entry: Entry, facts: NetworkFacts, remedy: str) -> None:
    """Refuse a network whose inputs are not those of its role."""
    pictures = [slot for slot in facts.inputs if slot.shape is None or len(slot.shape) == 4]
    wanted = 2 if entry.role == "fill" else 1
    if len(pictures) != wanted or len(facts.inputs) != wanted:
        found = ", ".join(str(slot) for slot in facts.inputs) or "nothing"
        takes = "a picture and a mask" if wanted == 2 else "one picture"
        raise ModelError(
            f"{facts.path} takes {found}, where {entry.title} takes {takes}: it is another network.",
            remedy,
        )


def _check_safetensors(path: Path) -> None:
    """Eight bytes with the header's length, the header, and as many bytes as it says."""
    size = path.stat().st_size if path.is_file() else 0
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 0 < length <= min(size, 100_000_000):
                raise ValueError("it has no header")
            header = json.loads(stream.read(length))
        ends = [int(item["data_offsets"][1]) for name, item in header.items() if name != "__metadata__"]
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.", "Get the file again.") from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ModelError(f"{path} is no safetensors file: {error}.", "Get the file again.") from error
    needed = 8 + length + max(ends, default=0)
    if size != needed:
        raise ModelError(
            f"{path} has {size} bytes and should have {needed}: it is cut short.", "Get the file again."
        )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.", "Get the file again.") from error
    except ValueError as error:
        raise ModelError(f"{path} is no JSON: {error}.", "Get the file again.") from error
    return data if isinstance(data, dict) else {}


def _either(values: Iterable[Any]) -> str:
    return " or ".join(repr(value) for value in values)
