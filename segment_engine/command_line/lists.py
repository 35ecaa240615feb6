"""Commands around static lists: lists, import-list, delete-list."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from uuid import UUID

from segment_engine.command_line.opening import Opened, add_organization, opened_engine
from segment_engine.command_line.output import Output
from segment_engine.domain.lists import StaticList
from segment_engine.errors import NotFound
from segment_engine.imports.key_lists import read_key_list
from segment_engine.settings import Settings


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add lists, import-list and delete-list."""
    listing = commands.add_parser("lists", parents=[shared], help="the static lists")
    listing.set_defaults(act=_lists)
    importing = commands.add_parser("import-list", parents=[shared], help="make a static list of the keys in a file")
    importing.add_argument("file", type=Path, help="CSV or Parquet with a header")
    importing.add_argument("--name", required=True, help="what the list is called")
    importing.add_argument("--key", metavar="COLUMN", help="the column with the keys of contacts; default: the first")
    importing.add_argument("--delimiter", help="what separates the columns of a CSV file; default: found out")
    importing.add_argument("--replace", action="store_true", help="put these contacts in place of those in the list")
    importing.set_defaults(act=_import)
    delete = commands.add_parser("delete-list", parents=[shared], help="delete a list that no segment names")
    delete.add_argument("list", help="id or name")
    delete.set_defaults(act=_delete)
    for parser in (listing, importing, delete):
        add_organization(parser)


def _lists(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        found = opened.engine.lists.find(opened.context)
    output.table([_row(each) for each in found])
    return 0


def _import(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    keys = read_key_list(arguments.file, column=arguments.key, delimiter=arguments.delimiter)
    with opened_engine(settings, arguments.organization) as opened:
        lists = opened.engine.lists
        known = _known(opened, arguments.name) if arguments.replace else None
        if known is None:
            made = lists.create(opened.context, arguments.name, keys)
        else:
            made = lists.replace(opened.context, known, keys)
    output.record(_row(made))
    return 0


def _known(opened: Opened, name: str) -> UUID | None:
    try:
        return opened.engine.lists.id_by_name(opened.context, name)
    except NotFound:
        return None


def _delete(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        try:
            list_id = UUID(arguments.list)
        except ValueError:
            list_id = opened.engine.lists.id_by_name(opened.context, arguments.list)
        verdicts = opened.engine.lists.delete(opened.context, [list_id])
    output.table([{"list": verdict.name, "deleted": verdict.done, "reason": verdict.reason} for verdict in verdicts])
    return 0 if all(verdict.done for verdict in verdicts) else 1


def _row(each: StaticList) -> dict[str, object]:
    return {
        "list": each.list_id,
        "name": each.name,
        "members": each.member_count,
        "read": each.report.read,
        "matched": each.report.matched,
        "duplicate": each.report.duplicate,
        "unknown": each.report.unknown,
        "invalid": each.report.invalid,
        "created_at": each.created_at,
    }
