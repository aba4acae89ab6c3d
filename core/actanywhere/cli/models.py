"""``actanywhere models``: lists, downloads, imports, verifies and removes networks and engines."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

from ..contract.errors import ActAnywhereError, ModelError
from ..contract.job import Progress
from ..models.find import State, state_of
from ..models.registry import Entry, all_entries, find_entry, names_of
from .screen import Screen, begin, timed

DONE, BAD_INPUT = 0, 2


def manage_models(args: argparse.Namespace, screen: Screen) -> int:
    """Run one of the subcommands; gives the exit status."""
    if args.what == "list":
        return _list(args)
    if args.what == "pull":
        return _pull(args, screen)
    if args.what == "import":
        return _import(args, screen)
    return _verify(args, screen) if args.what == "verify" else _remove(args)


def _list(args: argparse.Namespace) -> int:
    if args.json:
        for entry in all_entries():
            _say("model", model=_described(entry, state_of(entry)))
        return DONE
    for title, entries in _groups():
        print(title)
        for entry in entries:
            print("  " + _row(entry, state_of(entry)))
            if args.long:
                print(f"      {entry.title}: {entry.does}. {entry.terms}".rstrip())
    print(
        "Get some: actanywhere models pull NAME...   or the recommended networks: actanywhere models pull vision"
    )
    return DONE


def _groups() -> list[tuple[str, list[Entry]]]:
    networks = [entry for entry in all_entries() if entry.role]
    engines = [entry for entry in all_entries() if entry.engine]
    return [
        ("networks that read pictures (* in the set 'vision', + in 'matte')", networks),
        ("engines that paint, and their parts", engines),
    ]


def _row(entry: Entry, state: State) -> str:
    star = "*" if "vision" in entry.sets else "+" if "matte" in entry.sets else " "
    needs = f"{entry.disk / 1e9:6.2f} GB"
    needs += f"  RAM {entry.memory:3.0f} GB" if entry.memory >= 10 else f"  RAM {entry.memory:3.1f} GB"
    needs += f"  GPU {entry.gpu_memory:.0f} GB" if entry.gpu_memory else ""
    where = {"here": f"here: {state.folder}", "absent": f"{entry.role or entry.engine}"}
    said = where.get(state.word, f"{state.word}: {state.found}")
    return f"{entry.name + star:24} {needs:34} {entry.licence:22} {said}"


def _described(entry: Entry, state: State) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "does": entry.does,
        "role": entry.role,
        "engine": entry.engine,
        "sets": list(entry.sets),
        "extends": list(entry.extends),
        "is_model": entry.is_model,
        "repository": entry.repository,
        "licence": entry.licence,
        "terms": entry.terms,
        "disk": entry.disk,
        "memory": entry.memory,
        "gpu_memory": entry.gpu_memory,
        "state": state.word,
        "found": state.found,
        "folder": str(state.folder or ""),
        "command": entry.command,
    }


def _pull(args: argparse.Namespace, screen: Screen) -> int:
    """Get each model in turn; one that cannot be had does not keep the others."""
    from ..models.pull import PullProgress, pull_model

    entries = [find_entry(name) for name in names_of(args.names)]
    sizes = {entry.name: max(entry.disk, 1) for entry in entries}
    failed = 0
    for number, entry in enumerate(entries):
        before = sum(sizes[other.name] for other in entries[:number])
        after = sum(sizes[other.name] for other in entries[number + 1 :])

        def progress(now: PullProgress, before: int = before, after: int = after) -> None:
            left = now.seconds_left
            if left is not None and now.total > now.done:
                left *= 1 + after / (now.total - now.done)
            share = (before + now.done) / max(before + now.total + after, 1)
            text = Progress("downloading", now.done // 1_000_000, now.total // 1_000_000, "MB", share, left)
            screen.progress(now.name, text)

        try:
            found = pull_model(entry, progress, screen.note)
        except ModelError as error:
            screen.error(entry.name, error)
            failed += 1
            continue
        finally:
            screen.clear()
        _report(args, "pulled", entry, found.folder)
    return BAD_INPUT if failed else DONE


def _import(args: argparse.Namespace, screen: Screen) -> int:
    from ..models.importing import import_model

    entry = find_entry(args.name)
    begin(screen, "import", "reading the files")
    read = _Read(screen, "import")
    source = Path(args.source).expanduser()
    found = import_model(
        source, entry, screen.note, lambda count, total: read.more("reading the files", count, total)
    )
    screen.clear()
    _report(args, "imported", entry, found.folder)
    return DONE


class _Read:
    """How many bytes were read of all, on the screen."""

    def __init__(self, screen: Screen, name: str) -> None:
        self._show, self._done = timed(screen, name), 0

    def more(self, stage: str, count: int, total: int) -> None:
        """``count`` more were read."""
        self._done += count
        share = min(1.0, self._done / max(1, total))
        self._show(Progress(stage, self._done // 1_000_000, total // 1_000_000, "MB", share))


def _verify(args: argparse.Namespace, screen: Screen) -> int:
    """Read every byte of the models named, or of all that are here."""
    from ..models.find import models_here
    from ..models.importing import size_of, verify_model

    names = names_of(args.names) if args.names else list(models_here())
    entries = [find_entry(name) for name in names]
    total, failed, read = sum(map(size_of, entries)), 0, _Read(screen, "verify")
    for entry in entries:
        name = entry.name
        tell = partial(read.more, f"reading {name}", total=total)
        tell(0)
        try:
            found = verify_model(entry, tell)
        except ActAnywhereError as error:
            screen.error(name, error)
            failed += 1
        else:
            screen.clear()
            _report(args, "verified", entry, found.folder)
    if not names and not (args.json or args.quiet):
        print("No model of the registry is here.")
    return BAD_INPUT if failed else DONE


def _remove(args: argparse.Namespace) -> int:
    from ..models.importing import remove_model

    for name in names_of(args.names):
        entry = find_entry(name)
        left = remove_model(entry)
        if args.json:
            _say("removed", name=name, left=[str(path) for path in left])
        elif not args.quiet:
            print(
                f"{name} is removed" + (f", but for {len(left)} files that are not its own" if left else "")
            )
    return DONE


def _report(args: argparse.Namespace, event: str, entry: Entry, folder: Path) -> None:
    if args.json:
        _say(event, name=entry.name, folder=str(folder))
    elif not args.quiet:
        print(f"{entry.name} is {event}: {folder}", flush=True)


def _say(event: str, **what: Any) -> None:
    print(json.dumps({"event": event, **what}), flush=True)
