"""Finds installed models by name and networks by role, and checks that each is complete."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import ModelError
from .digests import check_against
from .libraries import libraries
from .record import RECORD, FileFacts, Record, read_record
from .registry import Entry, all_entries, find_entry
from .whole import check_file, check_kind

#: Endings of what libraries load from a model's folder; such a file must be one of the model's own.
_LOADED = (".json", ".safetensors", ".onnx", ".onnx_data", ".gguf", ".bin", ".pt", ".pth", ".ckpt", ".py")


@dataclass(frozen=True)
class State:
    """What a glance shows: ``word`` is here, damaged, coming (half pulled) or absent; ``found`` says more."""

    word: str
    folder: Path | None = None
    found: str = ""


@dataclass(frozen=True)
class Found:
    """A model that is here, checked: its entry, its folder, and its files by their names in the repository."""

    entry: Entry
    folder: Path
    files: tuple[str, ...]
    record: Record | None

    @property
    def path(self) -> Path:
        """The file of a model that is one file (an ONNX network, a LoRA); else its folder."""
        weights = [name for name in self.files if not name.endswith((".onnx_data", ".data"))]
        return self.folder / weights[0] if len(weights) == 1 else self.folder

    def file(self, ending: str) -> Path:
        """The one file whose name ends so. Raises ``ModelError`` for none or several."""
        names = [name for name in self.files if name.endswith(ending)]
        if len(names) != 1:
            raise ModelError(f"{self.folder} has {len(names)} files {ending}, not one.", self.entry.command)
        return self.folder / names[0]


def find_model(name: str, anew: bool = False, read: Callable[[int], None] = lambda count: None) -> Found:
    """The model of that name in the registry, whole and unchanged; ``anew`` reads every byte of it again, as ``read``
    hears.

    Raises ``ModelError`` that names the command which gets it, or the file that is wrong. Never goes online.
    """
    entry = find_entry(name)
    folder = folder_of(entry)
    if folder is None:
        raise ModelError(f"The model '{name}' ({entry.title}) is not here.", f"Get it: {entry.command}")
    return _checked(entry, folder, anew, read)


def find_network(role: str) -> Found | None:
    """The network that answers ``role`` best of those here that can run, or None (``missing_network`` says why).

    Raises ``ModelError`` where one is here and damaged: it is never passed over silently.
    """
    for entry in all_entries():
        folder = folder_of(entry) if entry.role == role and _can_run(entry) else None
        if folder is not None:
            return _checked(entry, folder, anew=False)
    return None


def missing_network(role: str) -> str:
    """A sentence for an artist: which network would answer ``role``, and the command that gets it."""
    entries = [entry for entry in all_entries() if entry.role == role]
    for entry in entries:
        if folder_of(entry) is not None and not _can_run(entry):
            what, extra = ("ONNX Runtime", "cpu") if entry.runs_on == "onnx" else ("PyTorch", "torch")
            return (
                f"{entry.title} is here, and runs on {what}, which is not: pip install 'actanywhere[{extra}]'"
            )
    entry = entries[0]
    return f"{entry.title} {entry.does}: {entry.command} ({entry.disk / 1e9:.2f} GB, {entry.licence})"


def _can_run(entry: Entry) -> bool:
    """Whether what runs it is installed; looked for, not imported."""
    needed = "onnxruntime" if entry.runs_on == "onnx" else "torch"
    return importlib.util.find_spec(needed) is not None


def models_here() -> dict[str, Path]:
    """The folder of each model of the registry that is here, unchecked."""
    return {entry.name: folder for entry in all_entries() if (folder := folder_of(entry)) is not None}


def folder_of(entry: Entry) -> Path | None:
    """The first library's folder of the model's name that holds anything."""
    for library in libraries():
        folder = library / entry.name
        if folder.is_dir() and any(folder.iterdir()):
            return folder
    return None


def state_of(entry: Entry) -> State:
    """A glance at the model: names and sizes alone, nothing read."""
    folder = folder_of(entry)
    if folder is None:
        coming = [library / ".coming" / entry.name for library in libraries()]
        bytes_there = sum(p.stat().st_size for c in coming if c.is_dir() for p in c.rglob("*") if p.is_file())
        return (
            State("coming", found=f"{bytes_there / 1e9:.2f} GB have come") if bytes_there else State("absent")
        )
    try:
        record = read_record(folder)
        own = _own_files(entry, folder, record)
        for name, facts in (record.files if record else _known_facts(entry, own)).items():
            if (folder / name).stat().st_size != facts.size:
                return State("damaged", folder, f"{name} has another size than it had")
    except ModelError as error:
        return State("damaged", folder, error.message)
    return State("here", folder)


def _own_files(entry: Entry, folder: Path, record: Record | None) -> tuple[str, ...]:
    """The names of the model's files in ``folder``. Raises ``ModelError`` for one that is missing, or was added."""
    names = files_in(folder)
    if record is not None:
        _refuse_additions(entry, folder, names, record)
    own = tuple(name for name in names if (name in record.files if record else entry.rule_of(name)))
    lacking = [name for name in (record.files if record else ()) if name not in own]
    lacking += [rule.path for rule in entry.files if not rule.optional and not any(map(rule.matches, own))]
    if lacking:
        raise ModelError(f"{folder} lacks {lacking[0]}.", get_again(entry.name))
    return own


def get_again(where: str | Path) -> str:
    """How a damaged model is got again; ``where`` is its name or a path in its folder, known to the registry or not.

    Pulling alone would leave alone what is here.
    """
    for entry in all_entries():
        if entry.name in Path(where).parts:
            return f"Get it again: actanywhere models remove {entry.name}, then {entry.command}"
    return f"Copy {where} again from where it came."


def _checked(
    entry: Entry, folder: Path, anew: bool, read: Callable[[int], None] = lambda count: None
) -> Found:
    """The model in ``folder``, once every file of it is there and is what it should be."""
    record = read_record(folder)
    own = _own_files(entry, folder, record)
    if record is None:  # copied here by hand: looked at, and held against what the registry knows
        for name in own:
            check_file(folder / name)
    check_kind(entry, folder, get_again(entry.name))
    known = record.files if record is not None else _known_facts(entry, own)
    check_against(folder, known, get_again(entry.name), anew, read)
    return Found(entry, folder, own, record)


def _refuse_additions(entry: Entry, folder: Path, names: list[str], record: Record) -> None:
    """Refuse what was put beside a model's files since, and what a library would load with them unchecked."""
    for name in names:
        if name not in record.files and name.endswith(_LOADED):
            raise ModelError(
                f"{folder / name} does not belong to {entry.title}.",
                "Move that file out of the model's folder.",
            )


def _known_facts(entry: Entry, names: tuple[str, ...]) -> dict[str, FileFacts]:
    """What the registry itself says of these files."""
    rules = {name: entry.rule_of(name) for name in names}
    return {n: FileFacts(r.size, r.sha256) for n, r in rules.items() if r and r.size and r.sha256}


def files_in(folder: Path) -> list[str]:
    """The names of the files in a model's folder, without the record and what is hidden."""
    paths = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    return sorted(
        p.as_posix() for p in paths if p.name != RECORD and not any(s.startswith(".") for s in p.parts)
    )
