"""The arguments of `import contacts` and `import events`, and the request they make."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from segment_engine.db.session import Database
from segment_engine.errors import InputError
from segment_engine.imports.contacts import import_contacts
from segment_engine.imports.events import import_events
from segment_engine.imports.read import open_file
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import ContactImport, EventImport, parse_type


def add_arguments(parser: argparse.ArgumentParser, kind: str) -> None:
    """Add the arguments of one kind of import: `contacts` or `events`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV (also .csv.gz) or Parquet file")
    parser.add_argument("--source", required=True, metavar="NAME", help="the data source it belongs to; made if new")
    parser.add_argument("--key", required=True, metavar="COLUMN", help="the column with the contact's key")
    if kind == "events":
        parser.add_argument("--event", required=True, metavar="KEY", help="the event type, such as order_placed")
        parser.add_argument("--time", required=True, metavar="COLUMN", help="the column with the time or the date")
        parser.add_argument("--id", metavar="COLUMN", help="the source's own id; known ids are updated")
        parser.add_argument("--create-contacts", action="store_true", help="make contacts for keys nobody has")
    _add_repeatable(
        parser, "--type", "COLUMN=TYPE", "such as total=money:EUR:2, day=date:%%d.%%m.%%Y, size=ordered:S|M|L"
    )
    _add_repeatable(parser, "--rename", "COLUMN=NAME", "the name of the field, if not that of the column")
    _add_repeatable(parser, "--skip", "COLUMN", "leave a column out")
    _add_repeatable(parser, "--missing", "[COLUMN=]TEXT", "a text that stands for a missing value")
    parser.add_argument("--time-zone", default="UTC", metavar="ZONE", help="where times without a zone were written")
    parser.add_argument("--delimiter", metavar="CHARACTER", help="of a CSV file; found from its first line if left out")


def _add_repeatable(parser: argparse.ArgumentParser, name: str, shown: str, help_text: str) -> None:
    parser.add_argument(name, action="append", default=[], metavar=shown, help=f"{help_text}; may be repeated")


def run(arguments: argparse.Namespace, database: Database, organization_id: int) -> ImportReport:
    """Import the file the arguments name.

    Raises: InputError when the arguments or the file cannot be used.
    """
    delimiter = _delimiter(arguments.delimiter)
    columns = {column.name for column in open_file(arguments.file, delimiter=delimiter).columns}
    missing, missing_in = _markers(arguments.missing, columns)
    shared: dict[str, Any] = {
        "path": arguments.file,
        "source": arguments.source,
        "key": arguments.key,
        "types": {column: parse_type(text) for column, text in _pairs(arguments.type, "--type", columns)},
        "renames": dict(_pairs(arguments.rename, "--rename", columns)),
        "skip": frozenset(arguments.skip),
        "missing": missing,
        "missing_in": missing_in,
        "time_zone": arguments.time_zone,
        "delimiter": delimiter,
    }
    if getattr(arguments, "event", None) is None:
        return import_contacts(database, organization_id, ContactImport(**shared))
    request = EventImport(
        **shared, event=arguments.event, time=arguments.time, identifier=arguments.id,
        create_contacts=arguments.create_contacts,
    )  # fmt: skip
    return import_events(database, organization_id, request)


def lines(report: ImportReport) -> tuple[str, ...]:
    """Say what happened, one thought a line."""
    return report.sentences()


def _delimiter(text: str | None) -> str | None:
    delimiter = "\t" if text == "\\t" else text
    if delimiter is not None and len(delimiter) != 1:
        raise InputError(f"The delimiter “{text}” is not one character. Write for example --delimiter ';'.")
    return delimiter


def _pairs(texts: Sequence[str], option: str, columns: Iterable[str]) -> list[tuple[str, str]]:
    """Split `column=value`; where a column's own name has an equals sign, the longest name wins."""
    pairs: list[tuple[str, str]] = []
    for text in texts:
        names = [name for name in columns if text.startswith(f"{name}=")]
        column = max(names, key=len) if names else text.partition("=")[0]
        value = text[len(column) + 1 :]
        if not value:
            raise InputError(f"{option} {text} is not complete. Write {option} column=value.")
        pairs.append((column, value))
    return pairs


def _markers(texts: Sequence[str], columns: set[str]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    everywhere: list[str] = []
    single: dict[str, tuple[str, ...]] = {}
    for text in texts:
        if any(text.startswith(f"{name}=") for name in columns):
            [(column, marker)] = _pairs([text], "--missing", columns)
            single[column] = (*single.get(column, ()), marker)
        else:
            everywhere.append(text)
    return tuple(everywhere), single
