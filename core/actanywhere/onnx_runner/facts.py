"""The facts of an ONNX file: inputs, outputs, opset, operators, weights. Needs no ONNX Runtime."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..contract.errors import ModelError
from .walk import Slot, Walk

__all__ = ["NetworkFacts", "Slot", "file_digest", "network_digest", "read_facts"]

_PIECE = 2**24
# By path, time and size.
_digests: dict[tuple[Path, int, int], str] = {}

#: Operator domains that ONNX Runtime brings itself; an operator of any other needs a library of its own.
_BUILT_IN = {
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.training",
    "ai.onnx.preview.training",
    "com.microsoft",
    "com.microsoft.nchwc",
    "com.ms.internal.nhwc",
}


@dataclass(frozen=True)
class NetworkFacts:
    """What a file holds. ``precision`` is the type that most of its weights have, ``weights`` their size in bytes.

    ``external`` names the files of weights beside it, with the bytes that each must have at least; ``custom`` are
    domains of operators that ONNX Runtime does not bring; ``metadata`` is what the exporter wrote down.
    """

    path: Path
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    opset: int
    custom: tuple[str, ...]
    precision: str
    weights: int
    producer: str = ""
    external: dict[str, int] = field(default_factory=dict, hash=False)
    metadata: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def files(self) -> tuple[Path, ...]:
        """The file and those beside it that hold its weights."""
        return (self.path, *(self.path.parent / name for name in sorted(self.external)))

    def input(self, name: str) -> Slot:
        """The input of that name. Raises ``ModelError``."""
        return self._named(name, self.inputs, "input")

    def output(self, name: str) -> Slot:
        """The output of that name. Raises ``ModelError``."""
        return self._named(name, self.outputs, "output")

    def _named(self, name: str, slots: tuple[Slot, ...], kind: str) -> Slot:
        for slot in slots:
            if slot.name == name:
                return slot
        raise ModelError(
            f"{self.path} has no {kind} '{name}'; it has {', '.join(slot.name for slot in slots)}.",
            "This is another network than the one that is asked for: get the right file.",
        )


def read_facts(path: str | Path) -> NetworkFacts:
    """What ``path`` says of itself, its weights not read.

    Raises ``ModelError`` for what is no ONNX file, one that is cut short, or whose weights beside it are not all there.
    """
    path = Path(path)
    try:
        stat = path.stat()
        facts = _read(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror or error}.", "Get the file again."
        ) from error
    for name, size in facts.external.items():
        _check_external(path, name, size)
    return facts


def network_digest(path: str | Path) -> str:
    """The sha256 of a network: its file's, or of its files' where weights lie beside it. Raises ``ModelError``."""
    files = read_facts(path).files
    digests = [file_digest(file) for file in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def file_digest(path: Path, read: Callable[[int], None] = lambda count: None) -> str:
    """The sha256 of a file; of a file that did not change it is computed once. Raises ``ModelError``.

    ``read`` hears the number of bytes of each piece that is read.
    """
    try:
        stat = path.stat()
        key = path, stat.st_mtime_ns, stat.st_size
        if key not in _digests:
            total = hashlib.sha256()
            with path.open("rb") as stream:
                while piece := stream.read(_PIECE):
                    total.update(piece)
                    read(len(piece))
            _digests[key] = total.hexdigest()
        return _digests[key]
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror or error}.", "Get the file again."
        ) from error


@lru_cache(maxsize=64)
def _read(path: Path, changed: int, size: int) -> NetworkFacts:
    """The facts of the file as it is now: keyed by its time and size."""
    if size == 0:
        raise ModelError(f"{path} is empty.", "Get the file again.")
    walk, fault = Walk(), ""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        whole = memoryview(mapped)
        _refuse_other_kinds(path, bytes(whole[:512]), whole)
        try:
            walk.model(whole)
        except (ValueError, RecursionError) as error:
            fault = str(error)  # raised below, when nothing points into the mapped file any more
        whole.release()
    if fault or not walk.outputs or not walk.opset:
        fault = fault or ("it has no outputs" if walk.opset else "it names no opset")
        raise ModelError(
            f"{path} is no whole ONNX file: {fault}.", "It is damaged or only half downloaded: get it again."
        )
    floats = [(amount, name) for name, amount in walk.bytes_of.items() if "float" in name]
    return NetworkFacts(
        path=path,
        inputs=tuple(slot for slot in walk.inputs if slot.name not in walk.initializers),
        outputs=tuple(walk.outputs),
        opset=walk.opset,
        custom=tuple(sorted(walk.domains - walk.functions - _BUILT_IN)),
        precision=max(floats)[1] if floats else "none",
        weights=sum(walk.bytes_of.values()),
        producer=" ".join(walk.producer),
        external=walk.external,
        metadata=walk.metadata,
    )


class _Other(NamedTuple):
    """Whether it was ``found``, what it is, and what is to be done."""

    found: bool
    what: str
    remedy: str = "Get the network as ONNX."


def _refuse_other_kinds(path: Path, head: bytes, whole: memoryview) -> None:
    """Refuse files that often lie where an ONNX file should, each by its name."""
    text = head.lstrip().lower()
    kinds = (
        _Other(
            text.startswith(b"version https://git-lfs"),
            "a Git LFS pointer, not the file itself",
            remedy="Run 'git lfs pull', or get the file itself.",
        ),
        _Other(
            text.startswith((b"<!doctype", b"<html", b"<?xml")),
            "a web page",
            remedy="Get the file itself again.",
        ),
        _Other(head.startswith(b"PK\x03\x04"), "a zip archive or a PyTorch pickle"),
        _Other(head[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04"), "a pickle"),
        _Other(head[4:8] == b"ORTM", "of ONNX Runtime's own format (.ort)"),
        _Other(head[8:10] == b'{"', "a safetensors file"),
    )
    for kind in kinds:
        if kind.found:
            whole.release()
            raise ModelError(f"{path} is {kind.what}, no ONNX file.", kind.remedy)


def _check_external(path: Path, name: str, size: int) -> None:
    """Refuse weights beside the file that are missing, cut short, or elsewhere than beside it."""
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise ModelError(
            f"{path} asks for weights in '{name}', outside of its folder.", "Do not use this file."
        )
    file = path.parent / name
    if not file.is_file():
        raise ModelError(
            f"{path} has its weights in {name}, which is not beside it.", f"Put {name} into {path.parent}."
        )
    found = file.stat().st_size
    if found < size:
        raise ModelError(
            f"{file} is cut short: {found} of at least {size} bytes are there.", "Get that file again."
        )
