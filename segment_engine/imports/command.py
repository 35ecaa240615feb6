"""The arguments of the commands `import …`, one for each kind of file, and the request they make."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from segment_engine.db.session import Database
from segment_engine.domain.operators import CHANNELS, INTERACTIONS
from segment_engine.errors import InputError
from segment_engine.imports.conduct import PLAINLY, Conduct
from segment_engine.imports.dispatch import import_file
from segment_engine.imports.read import open_file
from segment_engine.imports.report import ImportReport
from segment_engine.imports.request import (
    ChannelImport,
    ConsentImport,
    ContactImport,
    EventImport,
    ImportRequest,
    RelatedImport,
    parse_type,
)

# The kinds of files, with what the command line says about each.
KINDS: Mapping[str, str] = {
    "contacts": "contacts with their fields",
    "events": "events of one type, or one kind of campaign history",
    "related": "rows of a related table, such as orders and their lines",
    "consents": "what contacts allowed or took back on which channel",
    "channels": "addresses, whether they are valid, and suppression",
}


def add_arguments(parser: argparse.ArgumentParser, kind: str) -> None:
    """Add the arguments of one kind of import: a key of KINDS."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV (also .csv.gz) or Parquet file")
    parser.add_argument("--source", required=True, metavar="NAME", help="the data source it belongs to; made if new")
    parser.add_argument("--key", required=kind != "related", metavar="COLUMN", help="the column with the contact's key")
    adding = {
        "events": _add_events, "related": _add_related, "consents": _add_consents, "channels": _add_channels
    }  # fmt: skip
    if kind in adding:
        adding[kind](parser)
    _add_repeatable(
        parser, "--type", "COLUMN=TYPE", "such as total=money:EUR:2, day=date:%%d.%%m.%%Y, size=ordered:S|M|L, tags=set"
    )
    if kind not in {"consents", "channels"}:
        _add_repeatable(parser, "--rename", "COLUMN=NAME", "the name of the field, if not that of the column")
        parser.add_argument(
            "--separator", default=";", metavar="TEXT", help="between the elements of a set; JSON arrays need none"
        )
    _add_repeatable(parser, "--skip", "COLUMN", "leave a column out")
    _add_repeatable(parser, "--missing", "[COLUMN=]TEXT", "a text that stands for a missing value")
    parser.add_argument("--time-zone", default="UTC", metavar="ZONE", help="where times without a zone were written")
    parser.add_argument("--delimiter", metavar="CHARACTER", help="of a CSV file; found from its first line if left out")
    parser.add_argument(
        "--retention-days", type=int, metavar="DAYS", help="how long the source keeps its rows; 0 for ever"
    )


def _add_events(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--event",
        metavar="KEY",
        help="the event type, such as order_placed; of campaign history campaign_… if left out",
    )
    parser.add_argument("--time", required=True, metavar="COLUMN", help="the column with the time or the date")
    parser.add_argument("--id", metavar="COLUMN", help="the source's own id; known ids are updated")
    parser.add_argument("--create-contacts", action="store_true", help="make contacts for keys nobody has")
    parser.add_argument("--interaction", metavar="KIND", help=f"campaign history: {', '.join(INTERACTIONS)}")
    parser.add_argument("--campaign", metavar="COLUMN", help="the column with the name or the id of the campaign")
    parser.add_argument("--channel", default="email", choices=CHANNELS, help="of campaigns that are new")


def _add_related(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--relation", required=True, metavar="KEY", help="the related table, such as orders")
    parser.add_argument("--id", required=True, metavar="COLUMN", help="the source's own id of the row")
    parser.add_argument("--time", metavar="COLUMN", help="the column with the time or the date, where rows have one")
    parser.add_argument("--parent-relation", metavar="KEY", help="the related table whose rows these belong to")
    parser.add_argument("--parent", metavar="COLUMN", help="the column with the id of that row, in place of --key")


def _add_consents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", default="channel", metavar="COLUMN", help="channel if left out")
    parser.add_argument("--state", default="state", metavar="COLUMN", help="state if left out")
    parser.add_argument("--time", default="recorded_at", metavar="COLUMN", help="recorded_at if left out")
    parser.add_argument("--topic", metavar="COLUMN", help="topic if left out and there; none means the whole channel")


def _add_channels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--channel", default="channel", metavar="COLUMN", help="channel if left out")
    for part in ("address", "valid", "suppressed-at", "suppression"):
        name = part.replace("-", "_")
        parser.add_argument(f"--{part}", metavar="COLUMN", help=f"{name} if left out and there")


def _add_repeatable(parser: argparse.ArgumentParser, name: str, shown: str, help_text: str) -> None:
    parser.add_argument(name, action="append", default=[], metavar=shown, help=f"{help_text}; may be repeated")


def run(
    arguments: argparse.Namespace, database: Database, organization_id: int, kind: str, conduct: Conduct = PLAINLY
) -> ImportReport:
    """Import the file the arguments of this kind name.

    Raises: InputError when the arguments or the file cannot be used.
    """
    return import_file(database, organization_id, read_request(arguments, kind), conduct)


def read_request(arguments: argparse.Namespace, kind: str) -> ImportRequest:
    """Read the arguments of one kind as a request.

    Raises: InputError when they, or the file they name, cannot be used.
    """
    delimiter = _delimiter(arguments.delimiter)
    columns = {column.name for column in open_file(arguments.file, delimiter=delimiter).columns}
    missing, missing_in = _markers(arguments.missing, columns)
    shared: dict[str, Any] = {
        "path": arguments.file,
        "source": arguments.source,
        "key": arguments.key,
        "types": {column: parse_type(text) for column, text in _pairs(arguments.type, "--type", columns)},
        "renames": dict(_pairs(getattr(arguments, "rename", []), "--rename", columns)),
        "skip": frozenset(arguments.skip),
        "missing": missing,
        "missing_in": missing_in,
        "time_zone": arguments.time_zone,
        "delimiter": delimiter,
        "separator": getattr(arguments, "separator", ";"),
        "retention_days": arguments.retention_days,
    }
    return _REQUESTS[kind](shared, arguments)


def _contacts(shared: dict[str, Any], _words: argparse.Namespace) -> ImportRequest:
    return ContactImport(**shared)


def _events(shared: dict[str, Any], words: argparse.Namespace) -> ImportRequest:
    if words.event is None and words.interaction is None:
        raise InputError("Events need a key. Write for example --event order_placed.")
    return EventImport(
        **shared, event=words.event or f"campaign_{words.interaction}", time=words.time, identifier=words.id,
        create_contacts=words.create_contacts, interaction=words.interaction, campaign=words.campaign,
        channel=words.channel,
    )  # fmt: skip


def _related(shared: dict[str, Any], words: argparse.Namespace) -> ImportRequest:
    nested = words.parent_relation is not None
    if nested != (words.parent is not None) or nested == (words.key is not None):
        raise InputError(
            "Rows belong either to contacts, with --key COLUMN, or to rows of another related table, with "
            "--parent-relation KEY and --parent COLUMN."
        )
    return RelatedImport(
        **shared | {"key": words.parent if nested else words.key}, relation=words.relation, identifier=words.id,
        time=words.time, parent_relation=words.parent_relation,
    )  # fmt: skip


def _consents(shared: dict[str, Any], words: argparse.Namespace) -> ImportRequest:
    return ConsentImport(**shared, channel=words.channel, state=words.state, time=words.time, topic=words.topic)


def _channels(shared: dict[str, Any], words: argparse.Namespace) -> ImportRequest:
    return ChannelImport(
        **shared, channel=words.channel, address=words.address, valid=words.valid, suppressed_at=words.suppressed_at,
        suppression=words.suppression,
    )  # fmt: skip


_REQUESTS: Mapping[str, Callable[[dict[str, Any], argparse.Namespace], ImportRequest]] = {
    "contacts": _contacts,
    "events": _events,
    "related": _related,
    "consents": _consents,
    "channels": _channels,
}


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
