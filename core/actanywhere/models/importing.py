"""Imports a model from files on disk; verifies and removes models."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from ..contract.errors import ModelError, OutputError
from ..onnx_runner import read_facts
from .digests import facts_of, forget
from .find import Found, files_in, find_model, folder_of
from .libraries import BUNDLED, libraries, library_to_write
from .pull import link_or_copy, staging, take_over
from .record import RECORD, FileFacts, Record, write_record
from .registry import Entry, FileRule, refuse_if_not_for_paid_work
from .whole import check_file, check_kind, refuse_pickle


def import_model(
    source: Path,
    entry: Entry,
    say: Callable[[str], None],
    read: Callable[[int, int], None] = lambda count, total: None,
) -> Found:
    """The model that lies in ``source``, a file or a folder in the hub's layout, under the entry's name.

    The files get a second name where the disk allows it, and are copied else. ``read`` hears the bytes of each piece
    that is read, and of all files. Raises ``ModelError``, ``OutputError``.
    """
    present = folder_of(entry)
    if present is not None:
        raise ModelError(
            f"{entry.name} is here already: {present}.", f"actanywhere models remove {entry.name}"
        )
    for name in (source.name, source.parent.name):
        try:
            refuse_if_not_for_paid_work(name)
        except ModelError as error:
            say(f"warning: {error.message} {error.remedy}")
    say(f"{entry.name}: {entry.licence}. {entry.terms}".strip())
    chosen = _from_folder(_snapshot(source), entry) if source.is_dir() else _from_file(source, entry)
    library, note = library_to_write()
    if note:
        say(note)
    _check_space(entry, library, list(chosen.values()))
    # What lies on another disk is read twice: copied, then summed.
    total = sum(path.stat().st_size * _readings(path, library) for path in chosen.values())

    def heard(count: int) -> None:
        read(count, total)

    with staging(library, entry.name) as folder:
        shutil.rmtree(folder)
        facts: dict[str, FileFacts] = {}
        for name, path in chosen.items():
            link_or_copy(path, folder / name, heard)
            facts[name] = _expected(entry, name, folder / name, heard)
        for name in facts:
            check_file(folder / name)
        check_kind(entry, folder)
        write_record(folder, Record(entry.name, entry.repository, "imported", entry.licence, facts))
        return take_over(folder, library, entry, facts)


def size_of(entry: Entry) -> int:
    """Bytes of the files in the model's folder; 0 where it is not here."""
    folder = folder_of(entry)
    return 0 if folder is None else sum((folder / name).stat().st_size for name in files_in(folder))


def verify_model(entry: Entry, read: Callable[[int], None] = lambda count: None) -> Found:
    """The model, every byte of it read and held against its record; one without a record gets it, where that can be.

    ``read`` hears the bytes of each piece that is read.
    Raises ``ModelError`` naming the first file that is wrong.
    """
    found = find_model(entry.name, anew=True, read=read)
    if found.record is None:
        facts = {name: facts_of(found.folder / name, read) for name in found.files}
        try:
            write_record(found.folder, Record(entry.name, entry.repository, "found", entry.licence, facts))
        except OutputError:  # a studio's folder: its keeper writes the record
            return found
    return found


def remove_model(entry: Entry) -> list[Path]:
    """Remove the model's files, and what of it has half come; gives what else lies in its folder and stays.

    Raises ``ModelError`` where it is not here, ``OutputError`` where it may not be removed.
    """
    folder = folder_of(entry)
    half = [
        library / ".coming" / entry.name
        for library in libraries()
        if (library / ".coming" / entry.name).is_dir()
    ]
    if folder is None and not half:
        raise ModelError(f"{entry.name} is not here.", "'actanywhere models list' shows what is.")
    try:
        for coming in half:
            shutil.rmtree(coming)
        if folder is None:
            return []
        if folder.is_relative_to(BUNDLED):
            raise OutputError(f"{entry.name} comes with the software.", "Leave it.")
        left = []
        for name in files_in(folder):
            if entry.rule_of(name) is not None or _beside_a_network(folder, name):
                (folder / name).unlink()
            else:
                left.append(folder / name)
        (folder / RECORD).unlink(missing_ok=True)
        for path in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
            if not any(path.iterdir()):
                path.rmdir()
        if not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise OutputError(
            f"{error.filename} cannot be removed: {error.strerror or error}.",
            "Ask whoever keeps that folder.",
        ) from error
    forget(folder)
    return left


def _beside_a_network(folder: Path, name: str) -> bool:
    """Whether a file holds the weights of an ONNX file beside it."""
    return (folder / name).suffix in (".onnx_data", ".data")


def _from_file(source: Path, entry: Entry) -> dict[str, Path]:
    """The files of a model that is one file, and those that belong to it, by their names in the repository."""
    if not source.is_file():
        raise ModelError(f"{source} is not there.", "Give a file or a folder.")
    refuse_pickle(source)
    rules = [rule for rule in entry.files if not rule.optional]
    if len(rules) != 1:
        raise ModelError(
            f"{entry.title} is a folder of {len(rules)} kinds of files, and {source} is one file.",
            "Give the folder, as the hub has it.",
        )
    name = Path(rules[0].path)
    if source.suffix != name.suffix:
        raise ModelError(f"{entry.title} is a {name.suffix} file, and {source} is none.", "Give that file.")
    chosen = {rules[0].path: source}
    if source.suffix == ".onnx":
        chosen |= {
            (name.parent / beside).as_posix(): source.parent / beside
            for beside in read_facts(source).external
        }
    return chosen


def _from_folder(source: Path, entry: Entry) -> dict[str, Path]:
    """The entry's files in a folder, by their names in the repository. Raises ``ModelError`` for what it lacks."""
    names = files_in(source)
    chosen = {name: source / name for name in names if entry.rule_of(name) is not None}
    for rule in entry.files:
        if rule.optional or any(map(rule.matches, chosen)):
            continue
        flat = [name for name in names if Path(name).name == Path(rule.path).name]
        if len(flat) != 1 or "*" in rule.path:
            raise _lacking(source, entry, rule, names)
        chosen[rule.path] = source / flat[0]
    for name, path in list(chosen.items()):
        if path.suffix == ".onnx":
            beside = read_facts(path).external
            chosen |= {(Path(name).parent / other).as_posix(): path.parent / other for other in beside}
    return chosen


def _lacking(source: Path, entry: Entry, rule: FileRule, names: list[str]) -> ModelError:
    """The error of a folder without one of the entry's files; pickles in its place are named."""
    for name in names:
        if name.endswith((".bin", ".pt", ".pth", ".ckpt")) and rule.path.endswith(".safetensors"):
            return ModelError(
                f"{source} has {name}, a pickle, in place of {rule.path}: a pickle can run anything when it is loaded.",
                f"Get the weights as safetensors: {entry.command}",
            )
    return ModelError(f"{source} lacks {rule.path}, which {entry.title} needs.", "Give the whole folder.")


def _snapshot(source: Path) -> Path:
    """The files' own folder, where ``source`` is a repository's folder in the hub's cache."""
    snapshots = sorted(p for p in (source / "snapshots").glob("*") if p.is_dir())
    if len(snapshots) > 1:
        raise ModelError(f"{source} holds {len(snapshots)} snapshots.", f"Give one of them: {snapshots[-1]}")
    return snapshots[0] if snapshots else source


def _expected(entry: Entry, name: str, path: Path, read: Callable[[int], None]) -> FileFacts:
    """What the file is; refused where the registry knows that it should be another."""
    facts = facts_of(path, read)
    rule = entry.rule_of(name)
    if rule is not None and rule.sha256 and facts.sha256 != rule.sha256:
        raise ModelError(
            f"{path.name} is not the file that {entry.title} is known by: its checksum is {facts.sha256[:12]}…, "
            f"not {rule.sha256[:12]}….",
            f"Get that file: {entry.command}",
        )
    return facts


def _check_space(entry: Entry, library: Path, sources: list[Path]) -> None:
    needed = sum(path.stat().st_size for path in sources if _readings(path, library) == 2)
    free = shutil.disk_usage(library).free
    if needed > free:
        raise OutputError(
            f"{entry.name} needs {needed / 1e9:.1f} GB, and {library} has {free / 1e9:.1f} GB free.",
            "Free some space, or set ACTANYWHERE_MODELS to a folder that is there, on a larger disk.",
        )


def _readings(path: Path, library: Path) -> int:
    return 1 if path.stat().st_dev == library.stat().st_dev else 2
