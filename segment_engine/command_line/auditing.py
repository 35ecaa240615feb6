"""Commands around the audit log: audit list and audit export."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from segment_engine.audit_file import make_audit_file
from segment_engine.command_line.opening import Opened, add_organization, moment, opened_engine
from segment_engine.command_line.output import Output
from segment_engine.domain.audit import LINES_AT_ONCE, MOST_EXPORTED, AuditLine, AuditQuery, AuditResult
from segment_engine.domain.audit_sentences import audit_sentence
from segment_engine.errors import InputError, NotFound
from segment_engine.settings import Settings


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add audit list and export."""
    audit = commands.add_parser("audit", help="who did what").add_subparsers(dest="action", required=True)
    listed = audit.add_parser("list", parents=[shared], help="lines of the audit log, the newest first")
    listed.add_argument("--limit", type=int, default=LINES_AT_ONCE, help=f"at most so many lines; {LINES_AT_ONCE}")
    listed.set_defaults(act=_list)
    export = audit.add_parser("export", parents=[shared], help="write lines of the audit log as CSV")
    export.add_argument("--output", type=Path, help="the file; default: standard output")
    export.set_defaults(act=_export)
    for one in (listed, export):
        one.add_argument("--person", metavar="NAME", help="only what this person did")
        one.add_argument("--what", metavar="ACTION", action="append", default=[], help="only this, as in docs/audit.md")
        one.add_argument("--about", metavar="ID", help="only what was done to the thing with this id")
        one.add_argument("--result", choices=[each.value for each in AuditResult])
        one.add_argument("--since", metavar="MOMENT", help="a day, or an instant with Z or an offset")
        one.add_argument("--until", metavar="MOMENT", help="before this")
        one.add_argument("--text", default="", help="found anywhere in a line")
        add_organization(one)


def _query(arguments: argparse.Namespace, opened: Opened) -> AuditQuery:
    return AuditQuery(
        actions=tuple(arguments.what), object_id=arguments.about, text=arguments.text,
        result=AuditResult(arguments.result) if arguments.result else None,
        since=moment(arguments.since, opened.context) if arguments.since else None,
        until=moment(arguments.until, opened.context) if arguments.until else None,
        person_id=_person(arguments.person, opened) if arguments.person else None,
    )  # fmt: skip


def _person(name: str, opened: Opened) -> Any:  # noqa: ANN401 - an id of a person
    known = opened.engine.audit.choices(opened.context).people
    for person_id, known_name in known:
        if name in {known_name, str(person_id)}:
            return person_id
    names = ", ".join(f"“{known_name}”" for _, known_name in known) or "nobody yet"
    raise NotFound(f"“{name}” does not stand in the log. There is: {names}.")


def _list(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        query, lines, left = _query(arguments, opened), list[AuditLine](), max(arguments.limit, 0)
        while left > 0:
            page = opened.engine.audit.find(opened.context, query, limit=min(left, 1_000))
            lines += page.lines
            left -= len(page.lines)
            if page.next_before is None:
                break
            query = replace(query, before=page.next_before)
    output.table([_row(line) for line in lines])
    return 0


def _row(line: AuditLine) -> dict[str, object]:
    return {
        "number": line.number,
        "happened_at": line.happened_at,
        "person": line.person_name,
        "sentence": audit_sentence(line),
        "result": line.result.value,
        "action": line.action,
        "object": line.object_id,
    }


def _export(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    with opened_engine(settings, arguments.organization) as opened:
        made = make_audit_file(opened.engine, opened.context, _query(arguments, opened))
    if arguments.output is None:
        sys.stdout.write(made.data.decode())
        return 0
    try:
        arguments.output.write_bytes(made.data)
    except OSError as error:
        raise InputError(f"The file {arguments.output} cannot be written: {error.strerror}. Choose another.") from error
    output.record({"file": str(arguments.output), "lines": made.lines, "cut_at": MOST_EXPORTED if made.cut else None})
    return 0
