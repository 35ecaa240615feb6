"""Commands that look at criteria: preview, counts, explain, diff, lint. Nothing is saved."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from segment_engine.command_line.evaluating import read_document
from segment_engine.command_line.opening import Opened, add_organization, moment, opened_engine, segment_named
from segment_engine.command_line.output import Output
from segment_engine.domain.explanation import EvidenceRow, NodeExplanation
from segment_engine.domain.lint.findings import Level
from segment_engine.domain.preview import NodeCounts
from segment_engine.domain.preview.edits import Difference
from segment_engine.errors import InputError, LimitExceeded, Unresolved
from segment_engine.settings import Settings

FOUND_ERRORS = 1
BUDGET_SECONDS = 5.0


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:  # noqa: ANN401 - argparse keeps this type private
    """Add preview, counts, explain, diff and lint."""
    for name, act, help_text in (
        ("preview", _preview, "how many members criteria would have, exactly or estimated"),
        ("counts", _counts, "for every node of criteria: for how many it holds, does not, or a value is missing"),
    ):
        parser = _on_criteria(commands, shared, name, help_text)
        parser.add_argument("--exact", action="store_true", help="count to the end instead of estimating")
        parser.add_argument(
            "--budget",
            type=float,
            default=BUDGET_SECONDS,
            metavar="SECONDS",
            help="estimate when counting takes longer",
        )
        parser.add_argument("--as-of", metavar="MOMENT", help="a day, or an instant with Z or an offset (default: now)")
        parser.set_defaults(act=act)
    explain = commands.add_parser("explain", parents=[shared], help="why a contact is a member or not")
    explain.add_argument("contact", help="the contact's own key")
    explain.add_argument("--segment", metavar="SEGMENT", help="id or name")
    explain.add_argument("--criteria", metavar="CRITERIA.json", help="a file, or - for standard input")
    explain.add_argument("--at-run", metavar="RUN", help="by the criteria and the instant of this past run")
    explain.add_argument("--as-of", metavar="MOMENT", help="a day, or an instant with Z or an offset (default: now)")
    add_organization(explain)
    explain.set_defaults(act=_explain)
    diff = commands.add_parser("diff", parents=[shared], help="whom new criteria would add to a segment, and remove")
    diff.add_argument("segment", help="id or name")
    diff.add_argument("criteria", metavar="CRITERIA.json", help="a file, or - for standard input")
    add_organization(diff)
    diff.set_defaults(act=_diff)
    lint = _on_criteria(commands, shared, "lint", "what is odd about criteria; exit code 1 when there are errors")
    lint.set_defaults(act=_lint)


def _on_criteria(
    commands: Any,  # noqa: ANN401 - argparse keeps this type private
    shared: argparse.ArgumentParser,
    name: str,
    help_text: str,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, parents=[shared], help=help_text)
    parser.add_argument("criteria", metavar="CRITERIA.json", help="a file, or - for standard input")
    parser.add_argument("--segment", metavar="SEGMENT", help="id or name: its members by hand count, too")
    add_organization(parser)
    return parser


def _segment(opened: Opened, arguments: argparse.Namespace) -> UUID | None:
    return segment_named(opened, arguments.segment) if arguments.segment else None


def _as_of(opened: Opened, arguments: argparse.Namespace) -> datetime | None:
    return moment(arguments.as_of, opened.context) if arguments.as_of else None


def _preview(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    document = read_document(arguments.criteria)
    with opened_engine(settings, arguments.organization) as opened:
        found = opened.engine.analysis.preview(
            opened.context, document, segment_id=_segment(opened, arguments), budget_seconds=arguments.budget,
            exact=arguments.exact, as_of=_as_of(opened, arguments),
        )  # fmt: skip
    if output.as_json:
        output.document(found)
        return 0
    output.record(
        {
            "kind": found.kind,
            "members": found.member_count,
            "at least": found.low,
            "at most": found.high,
            "of": found.base_count,
            "as of": found.as_of,
            "seconds": round(found.seconds, 3),
            "note": found.note or None,
            "for example": [member.external_key for member in found.sample],
        }
    )
    return 0


def _counts(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    document = read_document(arguments.criteria)
    with opened_engine(settings, arguments.organization) as opened:
        found = opened.engine.analysis.counts(
            opened.context, document, segment_id=_segment(opened, arguments), budget_seconds=arguments.budget,
            exact=arguments.exact, as_of=_as_of(opened, arguments),
        )  # fmt: skip
    if output.as_json:
        output.document(found)
        return 0
    left = {step.path: step.remaining for step in found.funnel}
    output.table(
        [
            {
                "node": node.path,
                "holds for": node.matched,
                "true": node.true,
                "false": node.false,
                "unknown": node.unknown,
                "left so far": left.get(node.path),
            }
            for node in found.nodes
        ]
    )
    output.line(
        f"{found.member_count} members of {found.base_count} contacts, {found.kind.value}. {found.note}".rstrip()
    )
    return 0


# One contact -----------------------------------------------------------------------------------------------------


def _explain(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    document = read_document(arguments.criteria) if arguments.criteria else None
    with opened_engine(settings, arguments.organization) as opened:
        told = opened.engine.analysis.explain(
            opened.context, arguments.contact, segment_id=_segment(opened, arguments), document=document,
            at_run=_run(arguments.at_run), as_of=_as_of(opened, arguments),
        )  # fmt: skip
    if output.as_json:
        output.document(told)
        return 0
    output.line(told.sentence)
    if told.past_run is not None:
        stored = "a member" if told.past_run.stored else "not a member"
        output.line(f"The run stored: {stored}. {told.past_run.note}".rstrip())
    if told.changes_text:
        output.line(told.changes_text)
    for line in _node_lines(told.root, 0):
        output.line(line)
    return 0


def _run(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise InputError(f"“{text}” is no run. List the runs of a segment to see their ids.") from error


def _node_lines(node: NodeExplanation, level: int) -> Iterator[str]:
    indent = "  " * level
    first, *others = node.text.splitlines()
    yield f"{indent}{'✓' if node.holds else '✗'} {first} ({node.truth.value})"
    yield from (f"{indent}  {line}" for line in others)
    for fact in node.facts:
        yield f"{indent}    {fact.label}: {fact.text or 'not known'}"
    for rows in node.rows:
        more = f"at least {rows.total}" if rows.at_least else str(rows.total)
        yield f"{indent}    {rows.name}: {more}"
        yield from (f"{indent}      {_row(row)}" for row in rows.rows)
    for flip in node.flips:
        yield f"{indent}    → {flip}"
    for child in node.children:
        yield from _node_lines(child, level + 1)


def _row(row: EvidenceRow) -> str:
    when = "–" if row.happened_at is None else row.happened_at.isoformat(sep=" ", timespec="seconds")
    return "  ".join((when, *(f"{fact.label}: {fact.text or '–'}" for fact in row.values)))


# Edits and findings ----------------------------------------------------------------------------------------------


def _diff(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    document = read_document(arguments.criteria)
    with opened_engine(settings, arguments.organization) as opened:
        found = opened.engine.analysis.edit_diff(opened.context, segment_named(opened, arguments.segment), document)
    if output.as_json:
        output.document(found)
        return 0
    output.record(
        {
            "members now": found.published_count,
            "calculated": found.published_at,
            "members then": found.new_count,
            "added": _difference(found.added),
            "removed": _difference(found.removed),
            "kept": _difference(found.kept),
            "added by the edit": _difference(found.added_by_edit),
            "removed by the edit": _difference(found.removed_by_edit),
            "added by time and data": _difference(found.added_by_time),
            "removed by time and data": _difference(found.removed_by_time),
            "stored criteria": found.old_problem or "can be evaluated",
            "campaigns": list(found.campaigns),
            "sequences": list(found.sequences),
            "segments": list(found.segments),
        }
    )
    return 0


def _difference(difference: Difference | None) -> str | None:
    if difference is None:
        return None
    keys = ", ".join(member.external_key for member in difference.sample)
    return f"{difference.count} ({keys})" if keys else str(difference.count)


def _lint(arguments: argparse.Namespace, settings: Settings, output: Output) -> int:
    document = read_document(arguments.criteria)
    with opened_engine(settings, arguments.organization) as opened:
        segment_id = _segment(opened, arguments)
        found = opened.engine.segments.lint(
            opened.context, document, segment_id=segment_id, counts=_counts_if_possible(opened, document, segment_id)
        )
    output.table(
        [
            {"level": finding.level, "code": finding.code, "node": finding.path, "sentence": finding.sentence}
            for finding in found
        ]
    )
    return FOUND_ERRORS if any(finding.level is Level.ERROR for finding in found) else 0


def _counts_if_possible(opened: Opened, document: bytes, segment_id: UUID | None) -> NodeCounts | None:
    """Count the nodes for the linter; where the criteria cannot be evaluated, the linter itself says why."""
    try:
        return opened.engine.analysis.counts(opened.context, document, segment_id=segment_id)
    except (Unresolved, LimitExceeded):
        return None
