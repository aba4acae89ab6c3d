"""Reads CSV as spreadsheets save it: their encodings, separators, headers and numbers."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from .contract.errors import JobError

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Excel's and LibreOffice's own files, and those of old Excel.
_TRUE = ("WAHR", "VRAI", "VERO", "VERDADERO", "VERDADEIRO", "WAAR", "SANT", "SAND", "PRAWDA", "PRAVDA")
_FALSE = ("FALSCH", "FAUX", "FALSO", "ONWAAR", "FALSKT", "FALSK", "FAŁSZ", "NEPRAVDA")
"""TRUE and FALSE as a spreadsheet of another language saves them, even where it was typed in English."""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AS = "Save it as 'CSV UTF-8' from the spreadsheet."


def read_text(path: Path) -> str:
    """A list's text: UTF-8, or UTF-16 that says so. Raises ``JobError`` for workbooks and other encodings."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise JobError(
            f"{path} cannot be read: {error.strerror}.", "Give a SHOTS.json or SHOTS.csv."
        ) from error
    if raw.startswith(_WORKBOOKS):
        raise JobError(f"{path} is a workbook, not a list in plain text.", _SAVE_AS)
    if 0 in raw[:2] and not raw.startswith(_UTF16):
        raise JobError(f"{path} is not plain text in UTF-8: it holds zero bytes, as UTF-16 does.", _SAVE_AS)
    try:
        return raw.decode("utf-16" if raw.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise JobError(
            f"{path} is not in UTF-8: line {line} holds the byte 0x{raw[error.start]:02x}.", _SAVE_AS
        ) from error


def rows_of(
    path: Path, text: str, known: Collection[str], numbers: Mapping[str, bool]
) -> list[dict[str, str]]:
    """The rows of a table by column. Empty rows, empty columns and columns whose name begins with # are left out.

    Column names are compared without regard to capitals, spaces and dashes; those that are not ``known`` stay in, to be
    refused. ``numbers`` says which columns hold numbers, and whether whole ones: these may have a decimal comma, or
    ``.0`` behind them. Raises ``JobError``.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    said = re.match(r'"?sep=(.)"?\n', lines, re.IGNORECASE)
    lines = lines[said.end() :] if said else lines
    separator = said.group(1) if said else _separator(path, lines.partition("\n")[0], known)
    try:
        table = list(csv.reader(io.StringIO(lines, newline=""), delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise JobError(f"{path} is not a table: {error}.", _SAVE_AS) from error
    header = [_column(name) for name in table[0]] if table else []
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise JobError(f"{path}: the column {twice[0]} is there twice.", "Rename or remove one of them.")
    rows: list[dict[str, str]] = []
    for cells in table[1:]:
        values = [cell.strip() for cell in cells]
        if any(values):
            rows.append(_row(path, len(rows) + 1, header, values, separator, numbers))
    return rows


def _column(name: str) -> str:
    """``matte_channel`` for ``Matte Channel`` and ``--matte-channel``."""
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower()).strip("_")
    return re.sub(r"(^|_)color(_|$)", r"\1colour\2", plain)


def _separator(path: Path, header: str, known: Collection[str]) -> str:
    """The one that makes most of the header known columns."""

    def found(separator: str) -> int:
        return sum(_column(name.strip('" ')) in known for name in header.split(separator))

    best = max(_SEPARATORS, key=found)
    if not found(best):
        raise JobError(
            f"{path}: its first line names no column that is known, whichever of commas, semicolons, tabs and bars "
            f"separates them: {header[:80]!r}.",
            "Write a first line such as plate,matte,condition,output.",
        )
    return best


def _row(
    path: Path, number: int, header: list[str], values: list[str], separator: str, numbers: Mapping[str, bool]
) -> dict[str, str]:
    beyond = [value for value in values[len(header) :] if value]
    nameless = [value for name, value in zip(header, values, strict=False) if value and not name]
    if beyond or nameless:
        raise JobError(
            f"{path}: shot {number} has more values than the header: {(beyond or nameless)[0]!r} has no column.",
            f"Put values that hold {_SEPARATORS.get(separator, separator)} in quotes, or name the column.",
        )
    pairs = zip(header, values, strict=False)
    row = {name: value for name, value in pairs if name and not name.startswith("#")}
    return {
        name: _number(value, numbers[name]) if name in numbers else _word(value)
        for name, value in row.items()
    }


def _word(value: str) -> str:
    return "true" if value in _TRUE else "false" if value in _FALSE else value


def _number(value: str, whole: bool) -> str:
    if whole:
        return re.sub(r"^(-?[0-9]+)[.,]0+$", r"\1", value)
    return re.sub(r"^(-?[0-9]*),([0-9]+)$", r"\1.\2", value)
